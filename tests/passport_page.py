"""A release as its passport is tested on: as it is, hostile, and made from thousands of corpora."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

from assets.fakes import FakeLake
from assets.lineage.audit import ArtifactGraph
from assets.lineage.manifest import InputRecord, Manifest
from assets.releases.evidence.facts import Facts
from assets.releases.evidence.pack import ancestry, earlier_releases
from assets.releases.evidence.passport.page import passport
from assets.releases.evidence.passport.proof import Proof
from assets.releases.evidence.signing import SigningKey
from tests.evidence_lake import make_release

HOSTILE = "</script><script>document.title='owned'</script><img src=x onerror=alert(1)>\"'&"


def gathered(folder: Path) -> tuple[FakeLake, Facts, Proof]:
    """Make a release and return the lake, what is known of it, and who signs."""
    lake = FakeLake(folder / "lake")
    release = make_release(lake, skipped=[2])
    graph = ArtifactGraph.of(lake)
    key = SigningKey.create(folder / "release.pem")
    facts = Facts.gathered(lake, release, ancestry(graph, release), key.fingerprint)
    return lake, facts, Proof.of(release, earlier_releases(graph, release), key)


def written(lake: FakeLake, facts: Facts, proof: Proof) -> str:
    return passport(lake, facts, proof)


def hostile(facts: Facts) -> Facts:
    """Put markup wherever a name, a title or a value from outside can stand."""
    sources = [
        {**entry, "title": HOSTILE, "description": HOSTILE, "domain": HOSTILE, "language": HOSTILE}
        for entry in facts.sources
    ]
    config = {**facts.release.config, "title": HOSTILE, "recipe": HOSTILE, "sources": sources}
    chain = [_hostile(m, config) for m in facts.chain]
    return replace(
        facts,
        release=next(m for m in chain if m.family == "releases"),
        chain=tuple(chain),
        shares=tuple(replace(s, licence=HOSTILE, source=s.source + HOSTILE) for s in facts.shares),
        scores=tuple({**row, "title": HOSTILE, "model": HOSTILE} for row in facts.scores),
    )


def _hostile(manifest: Manifest, release_config: dict[str, Any]) -> Manifest:
    return replace(
        manifest,
        partition=HOSTILE,
        code_version=HOSTILE,
        git_commit=HOSTILE,
        mlflow_run_id=HOSTILE,
        counts={**manifest.counts, HOSTILE: 1},
        config=release_config
        if manifest.family == "releases"
        else {**manifest.config, "note": HOSTILE},
    )


def with_many_sources(facts: Facts, number: int) -> Facts:
    """Return the facts of a release that came from so many more corpora, two artifacts each."""
    raw, documents = (facts.all(f"corpora/{name}")[0] for name in ("raw", "documents"))
    more: list[Manifest] = []
    for index in range(number):
        own = replace(raw, partition=f"source{index}", fingerprint=f"{index:064x}")
        made = replace(
            documents,
            partition=f"source{index}",
            fingerprint=f"{number + index:064x}",
            inputs=(_read(own),),
        )
        more += [own, made]
    deduped = facts.all("mixtures/deduped")[0]
    reads = (*deduped.inputs, *[_read(m) for m in more if m.name == "documents"])
    chain = [replace(m, inputs=reads) if m == deduped else m for m in facts.chain]
    return replace(facts, chain=(*chain, *more))


def _read(manifest: Manifest) -> InputRecord:
    return InputRecord(
        family=manifest.family,
        name=manifest.name,
        partition=manifest.partition,
        fingerprint=manifest.fingerprint,
        digest=manifest.digest,
        files_read=manifest.files,
    )


def records(page: str) -> list[dict[str, Any]]:
    """Return what the page's program is given."""
    (text,) = re.findall(r'<script type="application/json" id="records">(.*?)</script>', page)
    found: list[dict[str, Any]] = json.loads(text)["artifacts"]
    return found


def section(page: str, name: str) -> str:
    """Return the text of one section, without its tags."""
    (found,) = re.findall(rf'<section id="{name}".*?</section>', page, re.DOTALL)
    return plain(found)


def plain(markup: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def rows(page: str, caption: str) -> Sequence[list[str]]:
    """Return the rows of the table with a caption, cell by cell."""
    (body,) = re.findall(
        rf"<caption>{re.escape(caption)}</caption>.*?<tbody>(.*?)</tbody>", page, re.DOTALL
    )
    lines = re.findall(r"<tr.*?>(.*?)</tr>", body, re.DOTALL)
    return [
        [plain(cell) for cell in re.findall(r"<t[dh].*?>(.*?)</t[dh]>", line, re.DOTALL)]
        for line in lines
    ]

"""The language of what people drop into their inbox, code and prose, stated or not."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.compute import InlineCompute
from assets.corpora.checks import DOCUMENT_CHECKS
from assets.corpora.documents import make_documents
from assets.corpora.raw import make_raw
from assets.corpora.snapshot import resolve
from assets.corpora.sources import source
from assets.expectations.documents import LANGUAGE
from assets.fakes import FakeLake, FakeTracker, RecordingJobRunner
from assets.lineage.build import Work, build
from assets.lineage.manifest import Manifest
from assets.lineage.provenance import Provenance
from assets.lineage.step import Step
from assets.recipes.graph import documents_step, raw_step
from tests.assets.corpora.cleaning.texts import CHINESE, CODE, GOOD, JAPANESE

NOBODY = Provenance(git_commit="", git_dirty=False, packages={}, host="", dagster_run_id="")
MIXED = {
    "code": {"text": CODE, "domain": "code"},
    "code_en": {"text": CODE, "domain": "code", "language": "en"},
    "code_zh": {"text": f"# {CHINESE}\n{CODE}", "domain": "code", "language": "zh-CN"},
    "code_python": {"text": CODE, "domain": "code", "language": "Python"},
    "prose": {"text": GOOD, "domain": "medical"},
    "prose_english": {"text": GOOD, "language": "English"},
    "prose_chinese": {"text": CHINESE},
    "prose_japanese": {"text": JAPANESE, "language": "jpn"},
}
"""Native id -> record. The Chinese and Japanese texts are shorter than detection is sure of."""
LANGUAGES = {
    "code": "en", "code_en": "en", "code_zh": "zh", "code_python": "en", "prose": "en",
    "prose_english": "en", "prose_chinese": "zh", "prose_japanese": "ja",
}  # fmt: skip


class Installation:
    """A lake that real work fills from an inbox."""

    def __init__(self, home: Path) -> None:
        self.home, self.lake = home, FakeLake(home / "lake")

    def drop(self, records: dict[str, dict[str, str]], name: str = "inbox") -> Manifest:
        """Drop records into a folder and return the documents made of it."""
        folder = self.home / name
        folder.mkdir(parents=True)
        lines = [json.dumps({"id": key, **record}) for key, record in records.items()]
        (folder / "records.jsonl").write_text("\n".join(lines))
        snapshot = resolve(source(name), self.home)
        raw = raw_step(source(name).to_dict(), snapshot.to_dict())
        self._make(raw, make_raw(snapshot.paths))
        return self._make(documents_step(raw), make_documents)

    def _make(self, step: Step, work: Work) -> Manifest:
        return build(
            step,
            work,
            lake=self.lake,
            tracker=FakeTracker(),
            compute=InlineCompute(),
            provenance=NOBODY,
            job_root=self.home / "jobs",
            run_job=lambda run_log: RecordingJobRunner(),
            progress=lambda message: None,
        ).manifest

    def languages(self, documents: Manifest) -> dict[str, str]:
        table = pl.read_parquet(f"{self.lake.uri(documents)}/documents/*.parquet")
        return dict(table.select("native_id", "language").rows())

    def report(self, documents: Manifest) -> dict[str, Any]:
        report: dict[str, Any] = json.loads(
            Path(f"{self.lake.uri(documents)}/counts.json").read_text()
        )
        return report


@pytest.mark.parametrize("name", MIXED)
def test_each_kind_of_record_is_in_one_language(tmp_path: Path, name: str) -> None:
    here = Installation(tmp_path)
    found = here.languages(here.drop({name: MIXED[name]}, "inbox_public"))
    assert found == {name: LANGUAGES[name]}
    assert re.fullmatch(LANGUAGE, found[name])


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["inbox", "inbox_public"])
def test_a_mixed_inbox_passes_every_check_of_documents(tmp_path: Path, folder: str) -> None:
    here = Installation(tmp_path)
    documents = here.drop(MIXED, folder)
    # The private folder gives records names of its own.
    assert sorted(here.languages(documents).values()) == sorted(LANGUAGES.values())
    for check in DOCUMENT_CHECKS:
        verdict = check.run(documents, here.lake)
        assert verdict.passed, f"{check.name}: {verdict.reason}"


def test_labels_that_say_nothing_are_counted(tmp_path: Path) -> None:
    here = Installation(tmp_path)
    documents = here.drop(MIXED, "inbox_public")
    assert here.languages(documents) == LANGUAGES
    assert here.report(documents)["taken_out"] == {"ignored/language": 3}
    assert here.report(documents)["languages"] == {"en": 5, "ja": 1, "zh": 2}

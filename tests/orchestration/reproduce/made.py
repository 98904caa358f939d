"""An installation with two artifacts of one source, made by the real works, to be rebuilt."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import orchestration.definitions  # noqa: F401  (says what makes the nodes)
from assets.compute import InlineCompute
from assets.corpora.documents import make_documents
from assets.corpora.places import Places
from assets.corpora.raw import make_raw
from assets.corpora.snapshot import resolve
from assets.corpora.sources import SOURCES, source
from assets.fakes import FakeTracker, RecordingJobRunner
from assets.lineage.build import Work, build
from assets.lineage.manifest import Manifest
from assets.lineage.step import Step
from assets.recipes.graph import documents_step, raw_step
from assets.resources import LAPTOP
from orchestration.lake import ObjectLake
from orchestration.launchers.local import LocalLauncher
from orchestration.provenance import gather
from orchestration.reproduce.compare import Tolerances
from orchestration.reproduce.outcome import Result
from orchestration.reproduce.overlay import OverlayLake
from orchestration.reproduce.rebuild import Bench, Rebuilder
from orchestration.stores import FileStore
from tests.end_to_end.installation import PLANTED


class Made:
    """An installation with corpora/raw[inbox] and corpora/documents[inbox] in its lake."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.lake = ObjectLake(FileStore(home / "lake"), home / "cache")
        self.places = Places(inbox=home / "inbox", fetched=home / "fetched")
        self.note = home / "inbox" / "inbox" / "notes.jsonl"
        self.note.parent.mkdir(parents=True)
        self.note.write_text(json.dumps({"id": "a", "title": "Organs", "text": PLANTED}) + "\n")
        snapshot = resolve(source("inbox"), self.places)
        step = raw_step(SOURCES["inbox"].to_dict(), snapshot.to_dict())
        self.raw = self._make(step, make_raw(snapshot.paths, snapshot.dataset))
        self.documents = self._make(documents_step(step), make_documents)
        assert self.documents.counts["kept"] == 1

    def _make(self, step: Step, work: Work) -> Manifest:
        return build(
            step, work, lake=self.lake, tracker=FakeTracker(), provenance=gather(""),
            job_root=self.home / "jobs", compute=InlineCompute(),
            run_job=lambda run_log: RecordingJobRunner(), progress=lambda message: None,
        ).manifest  # fmt: skip

    def bench(self, folder: Path) -> Bench:
        clean = ObjectLake(FileStore(folder / "lake"), folder / "cache")
        return Bench(
            folder=folder, clean=OverlayLake(clean, self.lake), launcher=LocalLauncher(environ={}),
            poll_s=0.1, compute=InlineCompute(), training=LAPTOP, places=self.places,
            provenance=gather(""), tell=lambda text: None,
        )  # fmt: skip

    def rebuild(
        self, folder: Path, wanted: Sequence[Manifest], behind: Sequence[Manifest] = ()
    ) -> tuple[list[Result], tuple[str, ...]]:
        rebuilder = Rebuilder(lake=self.lake, bench=self.bench(folder), tolerances=Tolerances())
        found = rebuilder.reproduce(wanted, behind)
        assert found.is_equal is (
            all(result.is_equal for result in found.results) and not found.damaged
        )
        return list(found.results), found.damaged

    def damage(self, manifest: Manifest, path: str, content: bytes = b"tampered") -> None:
        file = self.lake.fetch(manifest, manifest.file(path))
        file.chmod(0o644)
        file.write_bytes(content)

    def rewrite(self, manifest: Manifest, **changes: object) -> Manifest:
        """Put an edited record in the place of another."""
        edited = replace(manifest, **changes)  # type: ignore[arg-type]
        path = Path(self.lake.manifest_uri(manifest))
        path.unlink()
        path.write_text(edited.to_json())
        return edited

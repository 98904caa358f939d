"""Makes artifacts again from their records, in a clean lake, and compares them with the records.

Config, code version and inputs are the record's, not today's recipe's, so that what is made has
the same fingerprint. Nothing is told to MLflow or Dagster, and the lake is only read.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assets.corpora.places import Places
from assets.corpora.raw import make_raw
from assets.corpora.snapshot import Snapshot, resolve
from assets.corpora.sources import SOURCES, source
from assets.corpora.withdrawn import make_withdrawn, resolve_withdrawn
from assets.lineage.build import Work, build
from assets.lineage.defs import work_of
from assets.lineage.manifest import Manifest
from assets.lineage.provenance import Provenance
from assets.lineage.step import Step
from assets.ports import Compute, JobRequest, JobSpec, Launcher, RunLog
from assets.resources import TrainingResources
from orchestration.lake import ObjectLake
from orchestration.launchers.wait import run_and_wait
from orchestration.reproduce.compare import Tolerances
from orchestration.reproduce.outcome import Reproduction, Result, Verdict, outcome_of
from orchestration.reproduce.overlay import OverlayLake
from orchestration.verify import verify

logger = logging.getLogger(__name__)

_FORESEEN = (ValueError, OSError, RuntimeError, LookupError)
"""What a work raises when its inputs, its code or its job are not what they should be."""


class SourceGone(RuntimeError):
    """What an artifact was made from is not to be had again: files of a source that have changed,
    or a person's word."""


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Where rebuilding happens, and with what."""

    folder: Path
    clean: OverlayLake
    launcher: Launcher
    poll_s: float
    compute: Compute
    training: TrainingResources
    max_preemptions: int = 0
    places: Places
    """Those of the installation: its sources are read, never written."""
    provenance: Provenance
    tell: Callable[[str], None]


@dataclass(kw_only=True)
class Rebuilder:
    """One reproduction."""

    lake: ObjectLake
    bench: Bench
    tolerances: Tolerances
    _steps: dict[str, Step] = field(default_factory=dict)
    _results: dict[str, Result] = field(default_factory=dict)
    _damaged: dict[str, list[str]] = field(default_factory=dict)

    def reproduce(self, wanted: Sequence[Manifest], behind: Sequence[Manifest]) -> Reproduction:
        """Rebuild some artifacts, inputs first; `behind` are all ancestors, to compute steps."""
        records = {manifest.fingerprint: manifest for manifest in (*behind, *wanted)}
        rebuilding = {manifest.fingerprint for manifest in wanted}
        for record in wanted:
            self.bench.tell(record.key)
            self._results[record.fingerprint] = self._one(record, records, rebuilding)
        return Reproduction(
            results=tuple(self._results.values()),
            damaged=tuple(
                sentence
                for fingerprint, sentences in self._damaged.items()
                if fingerprint in rebuilding
                for sentence in sentences
            ),
        )

    def _one(
        self, record: Manifest, records: Mapping[str, Manifest], rebuilding: set[str]
    ) -> Result:
        damage = self._check(record)
        if problem := self._inputs(record, records, rebuilding):
            return _not_rebuilt(record, problem)
        try:
            work = self._work(record)
        except SourceGone as gone:
            if damage:
                return _not_rebuilt(record, f"{gone}; and its recorded copy: {damage[0]}")
            self.bench.clean.taken.add(record.fingerprint)
            return Result(
                key=record.key, fingerprint=record.fingerprint, verdict=Verdict.TAKEN,
                digest=record.digest, reason=str(gone),
            )  # fmt: skip
        except _FORESEEN as error:
            return _not_rebuilt(record, str(error))
        try:
            rebuilt = self._build(self._step(record, records), work)
        except _FORESEEN as error:
            logger.debug("%s was not rebuilt", record.key, exc_info=True)
            return _not_rebuilt(record, f"{type(error).__name__}: {error}")
        return self._compare(record, rebuilt, damage)

    def _compare(self, record: Manifest, rebuilt: Manifest, damage: list[str]) -> Result:
        if damage and rebuilt.digest != record.digest:
            # Its recorded bytes are not to be had, so there is no telling how far they are apart.
            reason = f"and its recorded files cannot be compared: {damage[0]}"
            return Result(
                key=record.key, fingerprint=record.fingerprint, verdict=Verdict.DIFFERENT,
                digest=rebuilt.digest, reason=reason,
            )  # fmt: skip
        changed = [
            i.fingerprint
            for i in record.inputs
            if (result := self._results.get(i.fingerprint)) and result.digest != i.digest
        ]
        return outcome_of(
            record, rebuilt, lake=self.lake, clean=self.bench.clean, tolerances=self.tolerances,
            changed=changed,
        )  # fmt: skip

    def _check(self, record: Manifest) -> list[str]:
        """Return what of an artifact and its record is not what it was, hashing its files once."""
        if record.fingerprint not in self._damaged:
            self._damaged[record.fingerprint] = verify(self.lake, [record], [])
        return self._damaged[record.fingerprint]

    def _inputs(
        self, record: Manifest, records: Mapping[str, Manifest], rebuilding: set[str]
    ) -> str:
        """Let the inputs be read, rebuilt ones as they came out; return why one cannot be."""
        for each in record.inputs:
            above = records.get(each.fingerprint)
            if above is None:
                name = f"{each.family}/{each.name}[{each.partition}]"
                return f"its input {name}@{each.fingerprint[:12]} is not in the lake"
            if each.fingerprint in rebuilding:
                if self._results[each.fingerprint].verdict is Verdict.NOT_REBUILT:
                    return f"its input {above.key}@{above.short} was not rebuilt"
                continue
            if damage := self._check(above):
                return f"its input was tampered with or damaged: {damage[0]}"
            if above.digest != each.digest:
                return (
                    f"its input {above.key}@{above.short} has digest {above.digest[:12]}, read was "
                    f"{each.digest[:12]}"
                )
            self.bench.clean.taken.add(each.fingerprint)
        return ""

    def _step(self, record: Manifest, records: Mapping[str, Manifest]) -> Step:
        """Return the step of a record: what it was asked to be, with all above it."""
        if record.fingerprint not in self._steps:
            self._steps[record.fingerprint] = Step(
                family=record.family,
                name=record.name,
                partition=record.partition,
                code_version=record.code_version,
                config=record.config,
                inputs=tuple(self._step(records[i.fingerprint], records) for i in record.inputs),
            )
        step = self._steps[record.fingerprint]
        if step.fingerprint != record.fingerprint:
            raise ValueError(
                f"the record of {record.key}@{record.short} was edited: config, code version and "
                f"inputs give fingerprint {step.short}"
            )
        return step

    def _work(self, record: Manifest) -> Work:
        node = f"{record.family}/{record.name}"
        if node == "corpora/raw":
            if record.partition not in SOURCES:
                raise SourceGone(f"source {record.partition} is no longer in the catalogue")
            snapshot = _as_recorded(
                record, lambda: resolve(source(record.partition), self.bench.places)
            )
            return make_raw(snapshot.paths, snapshot.dataset)
        if node == "corpora/withdrawn":
            lists = _as_recorded(record, lambda: resolve_withdrawn(self.bench.places.inbox))
            return make_withdrawn(lists.paths)
        work = work_of(node)
        if work is None:
            raise SourceGone(f"{node} was written down by a person, not computed")
        return work

    def _build(self, step: Step, work: Work) -> Manifest:
        bench = self.bench
        return build(
            step,
            work,
            lake=bench.clean,
            tracker=_Untold(),
            provenance=bench.provenance,
            job_root=bench.folder / "jobs",
            compute=bench.compute,
            run_job=lambda run_log: self._run_job,
            training=bench.training,
            progress=lambda message: bench.tell(f"{step.key}: {message}"),
        ).manifest

    def _run_job(self, request: JobRequest) -> None:
        request.work_dir.mkdir(parents=True, exist_ok=True)
        spec = JobSpec(
            name=request.name,
            module=request.module,
            spec_path=str(request.spec_path),
            work_dir=str(request.work_dir),
            world_size=request.world_size,
            max_preemptions=self.bench.max_preemptions,
        )
        run_and_wait(self.bench.launcher, spec, poll_s=self.bench.poll_s)


def _as_recorded(record: Manifest, look: Callable[[], Snapshot]) -> Snapshot:
    """Return the snapshot of a source if it is still the recorded one; raises SourceGone."""
    try:
        snapshot = look()
    except (ValueError, OSError) as problem:
        raise SourceGone(f"its source is not to be had any more: {problem}") from problem
    then, now = record.config["snapshot"], snapshot.to_dict()
    if now == then:
        return snapshot
    before = {file["path"]: file["sha256"] for file in then["files"]}
    after = {file["path"]: file["sha256"] for file in now["files"]}
    paths = sorted(p for p in before.keys() | after.keys() if before.get(p) != after.get(p))
    what = f"{', '.join(paths[:3])} changed" if paths else f"version {then['version']} is gone"
    raise SourceGone(f"its source is no longer what it was: {what}")


def _not_rebuilt(record: Manifest, reason: str) -> Result:
    return Result(
        key=record.key, fingerprint=record.fingerprint, verdict=Verdict.NOT_REBUILT, reason=reason
    )


class _Untold:
    """A tracker for work that nobody is told of; and its runs."""

    run_id = ""
    url = ""

    def prepare(self) -> None:
        pass

    def start_run(
        self, *, family: str, name: str, partition: str, fingerprint: str, dagster_run_id: str
    ) -> RunLog:
        return self

    def register_model(self, *, recipe: str, manifest: Manifest, uri: str, alias: str) -> str:
        return ""

    def tag_run(self, run_id: str, tags: Mapping[str, str]) -> None:
        pass

    def run_url(self, run_id: str) -> str:
        return ""

    def log_metrics(self, step: int, metrics: Mapping[str, float]) -> None:
        pass

    def finish(self, manifest: Manifest, uri: str) -> None:
        pass

    def fail(self, reason: str) -> None:
        pass

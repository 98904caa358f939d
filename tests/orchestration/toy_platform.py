"""The whole graph with small work: real identities, a real lake, real Dagster and MLflow databases.

Every node writes a few bytes that follow from its fingerprint, so the views over it are complete
in seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg

from assets.compute import InlineCompute
from assets.corpora.benchmarks import benchmark_package
from assets.corpora.places import Places
from assets.corpora.sources import source
from assets.fakes import FakeTracker
from assets.lineage.build import Work
from assets.lineage.defs import artifact_asset
from assets.lineage.provenance import Provenance
from assets.lineage.step import Step
from assets.lineage.workspace import Outcome, Workspace
from assets.platform import Platform
from assets.ports import Tracker
from assets.recipes.catalogue import recipe
from assets.recipes.graph import RecipeGraph, documents_step, raw_step, signatures_step
from assets.recipes.recipe import Recipe
from assets.recipes.resolve import newest_raw
from orchestration.dagster_instance import prepare_instance
from orchestration.definitions import ASSETS
from orchestration.lake import ObjectLake
from orchestration.launchers.local import LocalLauncher
from orchestration.mlflow_origins import origins_in
from orchestration.stores import FileStore
from orchestration.tracker import MlflowTracker

_CURVE = b"".join(b'{"kind": "metrics", "step": %d, "train/loss": 3.5}\n' % s for s in range(5))
_OF_SOURCES = ("corpora/raw", "corpora/documents", "mixtures/signatures")


def work(ws: Workspace) -> Outcome:
    """Read everything, write little."""
    for given in ws.all_inputs():
        given.directory()
    ws.out("a.txt").write_text(ws.step.fingerprint)
    trained = ws.step.family in ("checkpoints", "models")
    if trained:
        ws.out("journal.jsonl").write_bytes(_CURVE)
    return Outcome(
        counts={"rows": 12, **({"steps": 5} if trained else {})},
        metrics={"final_loss": 3.25} if trained else {},
        summary=f"**{ws.step.node}** in a few bytes",
    )


@dataclass
class Toy:
    """One installation; `changed` recipes stand for others than those of the catalogue."""

    home: Path
    tracker: Tracker
    changed: dict[str, Recipe] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    """Of sources: another version is another snapshot."""

    def __post_init__(self) -> None:
        self.lake = ObjectLake(FileStore(self.home / "lake"), self.home / "cache")

    @classmethod
    def with_mlflow(cls, home: Path, *, database: str = "mlflow.db") -> Toy:
        self = cls(home=home, tracker=FakeTracker())
        self.tracker = MlflowTracker(
            f"sqlite:///{home / database}",
            home,
            dagster_url="http://127.0.0.1:3000",
            mlflow_url="http://127.0.0.1:5000",
            origins=origins_in(self.lake),
        )
        return self

    @property
    def platform(self) -> Platform:
        return Platform(
            lake=self.lake,
            tracker=self.tracker,
            launcher=LocalLauncher(environ={}),
            compute=InlineCompute(),
            job_root=self.home / "jobs",
            places=Places(inbox=self.home / "inbox", fetched=self.home / "fetched"),
            gather_provenance=lambda run_id: Provenance(
                git_commit="abc", git_dirty=False, packages={}, host="h", dagster_run_id=run_id
            ),
            run_and_wait=lambda launcher, spec, on_tick, say: None,
            project_journal=lambda path, run_log: None,
            on_progress=lambda key, message: None,
        )

    def open_dagster(self) -> dg.DagsterInstance:
        prepare_instance(self.home / "dagster")
        return dg.DagsterInstance.from_config(str(self.home / "dagster"))

    def recipe(self, name: str) -> Recipe:
        return self.changed.get(name) or recipe(name)

    def graph(self, name: str) -> RecipeGraph:
        return RecipeGraph(self.recipe(name), newest_raw(self.lake), benchmark_package())

    def step(self, node: str, partition: str) -> Step:
        if node in _OF_SOURCES:
            files = [{"path": "a", "size_bytes": 1, "sha256": "0" * 64}]
            version = self.versions.get(partition, "1")
            snapshot = {"source": partition, "version": version, "files": files}
            raw = raw_step(source(partition).to_dict(), snapshot)
            if node != "corpora/raw":
                raw = newest_raw(self.lake)[partition]
            documents = documents_step(raw)
            steps = (raw, documents, signatures_step(documents))
            return next(step for step in steps if step.node == node)
        return self.graph(partition).step(node)

    def definitions(self) -> dg.Definitions:
        """Return every real asset with its edges and partitions, and toy work."""

        def toy(asset: dg.AssetsDefinition) -> dg.AssetsDefinition:
            spec = next(iter(asset.specs))
            node = "/".join(spec.key.path)

            def prepare(platform: Platform, partition: str) -> tuple[Step, Work]:
                return self.step(node, partition), work

            return artifact_asset(
                node,
                None,
                description="toy",
                partitions=asset.partitions_def,
                deps=list(spec.deps),
                kinds={"file"},
                owner="team:data",
                prepare=prepare,
            )

        return dg.Definitions(
            assets=[toy(asset) for asset in ASSETS], resources={"platform": self.platform}
        )

    def materialize(self, instance: dg.DagsterInstance, partition: str, *nodes: str) -> None:
        job = self.definitions().resolve_implicit_global_asset_job_def()
        result = job.execute_in_process(
            instance=instance,
            partition_key=partition,
            asset_selection=[dg.AssetKey(node.split("/")) for node in nodes],
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
        assert result.success

    def make(self, instance: dg.DagsterInstance, recipes: Sequence[str]) -> None:
        """Materialize recipes with all their sources."""
        self.make_sources(instance, recipes)
        for name in recipes:
            self.materialize(instance, name, *self.graph(name).steps)

    def make_sources(self, instance: dg.DagsterInstance, recipes: Sequence[str]) -> None:
        known = {manifest.partition for manifest in self.lake.manifests("corpora", "raw")}
        wanted = {source for name in recipes for source in self.recipe(name).source_names}
        for name in sorted(wanted - known):
            self.materialize(instance, name, *_OF_SOURCES)

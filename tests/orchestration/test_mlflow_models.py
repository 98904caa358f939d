"""Weights, versions and origins in MLflow, and every search that docs/mlflow.md promises."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assets.fakes import FakeLake, commit_folder
from assets.lineage.manifest import Manifest
from orchestration.mlflow_models import version_tags
from orchestration.mlflow_origins import licence_names, licence_tag, origins_in
from orchestration.settings import PROJECT_ROOT
from orchestration.tracker import MlflowTracker
from tests.orchestration.mlflow_server import Server
from tests.orchestration.runs import make_manifest, read, record_of

SOURCES = [
    {"name": "hpo", "licence": "LicenseRef-HPO"},
    {"name": "wikipedia", "licence": "CC-BY-SA-3.0 OR (GFDL-1.2-or-later AND MIT)"},
]
PROMISES = re.findall(
    r"^\| (runs|models|versions) \| `` (.+?) `` \|",
    (PROJECT_ROOT / "docs" / "mlflow.md").read_text(),
    re.MULTILINE,
)


class Story:
    """Two corpora, a mixture of both, a checkpoint, a release and a report on it."""

    def __init__(self, folder: Path) -> None:
        self.lake = FakeLake(folder / "lake")
        raw = [
            commit_folder(self.lake, "corpora/raw", {"a": b"1"}, partition=s["name"], source=s)
            for s in SOURCES
        ]
        self.mixture = self._make("mixtures/stage1", raw, policy="research")
        self.checkpoint = self._make(
            "checkpoints/stage1", [self.mixture], schedule={"peak_lr": 0.001}
        )
        self.release = self._make(
            "releases/release",
            [self.checkpoint],
            recipe="tiny",
            policy="research",
            sources=SOURCES,
        )
        self.report = self._make("reports/medical", [self.checkpoint, self.release])

    def _make(self, node: str, inputs: list[Manifest], **config: Any) -> Manifest:
        made = make_manifest(
            self.lake,
            node,
            f"story of {node}",
            config=config,
            files={"model.bin": node.encode()},
            inputs=tuple(record_of(manifest) for manifest in inputs),
            metrics={"final_loss": 2.0},
            counts={"steps": 48},
        )
        return made

    def tell(self, tracker: MlflowTracker) -> dict[str, str]:
        """Write all of it; returns the run of each node."""
        tracker.writer.origins = origins_in(self.lake)
        runs = {}
        for manifest in (self.mixture, self.checkpoint, self.release, self.report):
            uri = self.lake.uri(manifest)
            runs[manifest.name] = tracker.writer.record(manifest, uri)
        tracker.register_model(
            recipe="tiny",
            manifest=self.release,
            uri=self.lake.uri(self.release),
            alias="candidate",
        )
        return runs


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return Story(tmp_path)


def test_checkpoints_and_releases_are_logged_models_linked_both_ways(
    tracker: MlflowTracker, story: Story
) -> None:
    runs = story.tell(tracker)
    story.tell(tracker)
    release = tracker.writer.models.of_run(story.release, runs["release"])
    checkpoint = tracker.writer.models.of_run(story.checkpoint, runs["stage1"])
    assert release is not None and checkpoint is not None
    assert str(release.status) == "READY"
    assert (release.model_type, checkpoint.model_type) == ("release", "checkpoint")
    assert release.name == f"release-tiny-{story.release.fingerprint[:8]}"
    assert release.tags["materia.digest"] == story.release.digest
    assert checkpoint.params["schedule.peak_lr"] == "0.001"
    assert {metric.key: metric.value for metric in checkpoint.metrics}["final_loss"] == 2.0
    made = read(tracker, runs["stage1"]).outputs.model_outputs
    assert [(output.model_id, output.step) for output in made] == [(checkpoint.model_id, 48)]
    judged = read(tracker, runs["medical"]).inputs.model_inputs
    assert {item.model_id for item in judged} == {checkpoint.model_id, release.model_id}


def test_a_version_comes_from_the_logged_model_and_bears_policy_licences_and_origins(
    tracker: MlflowTracker, story: Story
) -> None:
    runs = story.tell(tracker)
    version = tracker.writer.models.version_of(story.release, "tiny")
    model = tracker.writer.models.of_run(story.release, runs["release"])
    assert version is not None and model is not None
    assert version.tags["materia.model_id"] == model.model_id
    assert version.run_id == runs["release"]
    assert version.tags["materia.policy"] == "research"
    assert version.tags["materia.licences"] == (
        "CC-BY-SA-3.0, GFDL-1.2-or-later, LicenseRef-HPO, MIT"
    )
    assert version.tags["materia.source.hpo"] == "true"
    assert version.tags["materia.licence.MIT"] == "true"
    assert version.tags["materia.digest"] == story.release.digest


def test_a_version_of_an_earlier_release_of_ours_gets_the_tags_it_lacks(
    tracker: MlflowTracker, story: Story
) -> None:
    story.tell(tracker)
    version = tracker.writer.models.version_of(story.release, "tiny")
    assert version is not None
    tracker.connection.request(
        "edit",
        lambda client: client.delete_model_version_tag(
            "materia-tiny", version.version, "materia.policy"
        ),
    )
    story.tell(tracker)
    again = tracker.writer.models.version_of(story.release, "tiny")
    assert again is not None and again.version == version.version
    assert again.tags == version.tags


def test_origins_are_those_of_all_corpora_above(story: Story) -> None:
    find = origins_in(story.lake)
    assert find(story.report) == {
        "materia.licence.CC-BY-SA-3.0": "true",
        "materia.licence.GFDL-1.2-or-later": "true",
        "materia.licence.LicenseRef-HPO": "true",
        "materia.licence.MIT": "true",
        "materia.source.hpo": "true",
        "materia.source.wikipedia": "true",
    }
    alone = commit_folder(story.lake, "corpora/benchmarks", {"a": b"1"})
    assert find(alone) == {}
    orphan = replace(alone, inputs=(replace(story.release.inputs[0], fingerprint="0" * 64),))
    assert origins_in(story.lake)(orphan) == {}


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("MIT", ["MIT"]),
        ("(MIT AND PSF-2.0) OR MIT", ["MIT", "PSF-2.0"]),
        ("GPL-2.0+ WITH Classpath-exception-2.0", ["GPL-2.0+", "Classpath-exception-2.0"]),
        ("", []),
    ],
)
def test_licences_are_read_from_an_expression(expression: str, names: list[str]) -> None:
    assert licence_names(expression) == names


def test_a_plus_sign_is_written_out() -> None:
    assert licence_tag("GPL-2.0+") == "materia.licence.GPL-2.0-or-later"


def test_tags_of_a_version_without_policy_and_sources_are_empty(story: Story) -> None:
    tags = version_tags(story.mixture, "/x", {})
    assert (tags["materia.policy"], tags["materia.licences"]) == ("research", "")


def search(client: Any, where: str, query: str, experiments: list[str]) -> list[str]:
    """Return the fingerprints that a query finds."""
    if where == "runs":
        return [r.data.tags["materia.fingerprint"] for r in client.search_runs(experiments, query)]
    if where == "models":
        found = client.search_logged_models(experiments, query)
        return [model.tags["materia.fingerprint"] for model in found]
    return [v.tags["materia.fingerprint"] for v in client.search_model_versions(query)]


@pytest.fixture(scope="module")
def server(mlflow_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(mlflow_home, tmp_path_factory.mktemp("search") / "server.log")
    server.start()
    yield server
    server.kill()


@pytest.mark.slow
def test_every_documented_search_finds_what_it_promises_on_a_server(
    server: Server, tmp_path: Path
) -> None:
    story = Story(tmp_path)
    tracker = MlflowTracker(server.url, tmp_path)
    runs = story.tell(tracker)
    tracker.tag_run(runs["stage1"], {"materia.tainted": "trained_on"})
    experiments = [
        tracker.connection.experiment_id(f"materia/{family}")
        for family in ("mixtures", "checkpoints", "models", "reports", "releases")
    ]
    told = (story.mixture, story.checkpoint, story.release, story.report)
    expected = [
        told,
        told,
        (story.release,),
        told,
        (story.release,),
        (story.checkpoint,),
        (story.checkpoint,),
        told,
        (story.checkpoint,),
        (story.checkpoint, story.release),
        (story.release,),
        (story.release,),
    ]
    for (where, promised), wanted in zip(PROMISES, expected, strict=True):
        of_bytes = promised.startswith("dataset.digest")
        beginning = (story.mixture.digest if of_bytes else story.release.fingerprint)[:8]
        query = promised.replace("0f3a", beginning)
        found = tracker.connection.request(
            f"search for {query}",
            lambda client, w=where, q=query: search(client, w, q, experiments),
        )
        ours = {manifest.fingerprint for manifest in told} & set(found)
        assert ours == {manifest.fingerprint for manifest in wanted}, query

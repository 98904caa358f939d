"""`materia verify --all` over a whole installation names each thing that somebody has touched, and
nothing else: one test for each kind of tampering.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from assets.lineage.manifest import Manifest
from assets.recipes.catalogue import recipe
from orchestration.cli import app
from orchestration.tracker import MlflowTracker
from orchestration.tracker_sync import rebuild
from tests.orchestration.toy_platform import Toy

pytestmark = pytest.mark.slow

RECIPE = "smoke"


@dataclass(frozen=True, kw_only=True)
class Installation:
    """A home with two releases of a recipe, which every test may damage."""

    home: Path
    before: Path
    """A copy of the home from when there was only the old release."""
    old: Manifest
    new: Manifest

    def problems(self, *arguments: str) -> list[str]:
        env = {"MATERIA_HOME": str(self.home)}
        done = CliRunner().invoke(app, ["verify", *(arguments or ("--all",)), "--json"], env=env)
        assert done.exit_code in (0, 1), done.exception
        found: list[str] = json.loads(done.stdout)["problems"]
        assert done.exit_code == (1 if found else 0)
        return found

    def folder(self, manifest: Manifest) -> Path:
        return self.home / "lake" / manifest.family / manifest.name / manifest.short

    def file(self, manifest: Manifest) -> Path:
        path = self.folder(manifest) / manifest.data_dir / manifest.files[0].path
        path.chmod(0o644)
        return path

    def manifest(self, node: str) -> Manifest:
        """Return the artifact of a node that stands behind the new release."""
        family, name = node.split("/")
        toy = Toy.with_mlflow(self.home)
        return next(reversed(list(toy.lake.manifests(family, name))))

    def edit(self, database: str, statement: str, *values: Any) -> None:
        """Write into a database as whoever holds its file can."""
        found = 0
        for path in sorted(self.home.rglob(database)):
            with closing(sqlite3.connect(path)) as connection, connection:
                found += connection.execute(statement, values).rowcount
        assert found, f"nothing to edit in {database}"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    toy = Toy.with_mlflow(tmp_path_factory.mktemp("toy"))
    with toy.open_dagster() as instance:
        toy.make(instance, [RECIPE])
        assert isinstance(toy.tracker, MlflowTracker)
        rebuild(toy.tracker, toy.lake)
        before = shutil.copytree(toy.home, tmp_path_factory.mktemp("copy") / "before")
        toy.changed[RECIPE] = replace(recipe(RECIPE), title="Smoke, a second time")
        toy.materialize(instance, RECIPE, "releases/release")
    rebuild(toy.tracker, toy.lake)
    old, new = toy.lake.manifests("releases", "release")
    return Installation(home=toy.home, before=before, old=old, new=new)


@pytest.fixture
def installation(made: Installation, tmp_path: Path) -> Iterator[Installation]:
    """The same home for every test, since records name it, and as it was when the test is over."""
    kept = shutil.copytree(made.home, tmp_path / "kept")
    yield made
    set_back(made.home, kept)


def set_back(home: Path, kept: Path) -> None:
    """Make lake and databases what they were when a home was copied."""
    shutil.rmtree(home / "lake")
    shutil.copytree(kept / "lake", home / "lake")
    for path in kept.rglob("*.db"):
        # Into the file that is there: connections to it are open.
        there = home / path.relative_to(kept)
        with closing(sqlite3.connect(path)) as before, closing(sqlite3.connect(there)) as now:
            before.backup(now)


def test_an_untouched_installation_has_no_problem(installation: Installation) -> None:
    assert installation.problems() == []


def test_a_flipped_byte(installation: Installation) -> None:
    weights = installation.manifest("checkpoints/stage1")
    path = installation.file(weights)
    content = bytearray(path.read_bytes())
    content[3] ^= 1
    path.write_bytes(content)
    (problem,) = installation.problems()
    assert problem.startswith(f"{weights.key}@{weights.short}: a.txt has changed (sha256 ")


def test_an_added_file(installation: Installation) -> None:
    installation.file(installation.new).with_name("extra.py").write_text("print()")
    assert installation.problems() == [
        f"{installation.new.key}@{installation.new.short}: extra.py is not in the manifest"
    ]


def test_a_removed_file(installation: Installation) -> None:
    installation.file(installation.new).unlink()
    assert installation.problems() == [
        f"{installation.new.key}@{installation.new.short}: a.txt is missing"
    ]


def test_two_files_swapped(installation: Installation) -> None:
    one, two = (installation.manifest(f"checkpoints/stage{n}") for n in (1, 2))
    first, second = installation.file(one), installation.file(two)
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)
    found = installation.problems()
    assert len(found) == 2
    for here, there in ((one, two), (two, one)):
        (problem,) = [p for p in found if p.startswith(f"{here.key}@{here.short}: a.txt has chang")]
        assert problem.endswith(f": it holds the bytes of {there.key}@{there.short}: a.txt")


def test_two_artifacts_swapped(installation: Installation) -> None:
    one, two = (installation.manifest(f"checkpoints/stage{n}") for n in (1, 2))
    first, second = installation.folder(one), installation.folder(two)
    spare = first.with_name("spare")
    first.rename(spare)
    second.rename(first)
    spare.rename(second)
    found = installation.problems()
    for here, there in ((one, two), (two, one)):
        place = f"{here.family}/{here.name}/{here.short}/manifest.json"
        told = f"{place} holds the record of {there.key}@{there.short}, made "
        assert any(problem.startswith(told) for problem in found), found


def test_an_old_release_replayed_as_the_new_one(installation: Installation) -> None:
    """The old one is whole: its hashes, its fingerprint and its chain hold."""
    old, new = installation.old, installation.new
    shutil.rmtree(installation.folder(new))
    shutil.copytree(installation.folder(old), installation.folder(new))
    told = (
        f"releases/release/{new.short}/manifest.json holds the record of {old.key}@{old.short}, "
        f"made {old.finished_at[:19]}: what belongs there was replaced by another artifact"
    )
    found = installation.problems()
    assert found[0] == told
    assert any("MLflow run" in p and f"digest {new.digest[:12]}" in p for p in found)
    assert any("in Dagster" in p and f"has {new.short}, which is not in the lake" in p
               for p in found)  # fmt: skip
    # Whoever asks about the release alone gets the old one, and is told.
    assert told in installation.problems(f"releases/release[{RECIPE}]")


def test_the_bytes_of_an_old_release_under_the_record_of_the_new_one(
    installation: Installation,
) -> None:
    old, new = installation.old, installation.new
    installation.file(new).write_bytes(installation.file(old).read_bytes())
    (problem,) = installation.problems()
    assert problem.startswith(f"{new.key}@{new.short}: a.txt has changed (sha256 ")
    assert problem.endswith(f": it holds the bytes of {old.key}@{old.short}: a.txt")


def test_an_old_release_offered_as_the_candidate(installation: Installation) -> None:
    installation.edit(
        "mlflow.db", "UPDATE registered_model_aliases SET version = 1 WHERE alias = 'candidate'"
    )
    assert installation.problems() == [
        f"materia-{RECIPE}: alias candidate is at version 1, the lake says 2"
    ]


def test_a_record_that_is_none_any_more(installation: Installation) -> None:
    path = installation.folder(installation.new) / "manifest.json"
    path.chmod(0o644)
    path.write_text("{")
    env = {"MATERIA_HOME": str(installation.home)}
    done = CliRunner().invoke(app, ["verify", "--all"], env=env)
    assert isinstance(done.exception, ValueError)
    where = f"releases/release/{installation.new.short}/manifest.json"
    assert str(done.exception).startswith(f"{where} is no manifest, or was damaged")


def test_an_edited_mlflow_tag(installation: Installation) -> None:
    tracker = MlflowTracker(f"sqlite:///{installation.home / 'mlflow.db'}", installation.home)
    run_id = tracker.writer.run_of(installation.new)
    tracker.connection.request("edit", lambda c: c.set_tag(run_id, "materia.policy", "commercial"))
    assert installation.problems() == [
        f"{installation.new.key}: MLflow run {run_id}: tag materia.policy is 'commercial', "
        "the manifest says 'research'"
    ]


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (
            "UPDATE params SET value = '9.9' WHERE key = 'schedule.peak_lr'",
            "param schedule.peak_lr is '9.9', the manifest says",
        ),
        (
            "UPDATE latest_metrics SET value = 0.1 WHERE key = 'final_loss'",
            "metric final_loss is 0.1, the manifest says 3.25",
        ),
        (
            "UPDATE datasets SET digest = 'forged' WHERE name = 'corpora/raw[hpo]'",
            "input corpora/raw[hpo] is shown with digest forged, not",
        ),
        (
            "UPDATE logged_model_params SET param_value = '9.9' WHERE param_key = 'init_seed'",
            "param init_seed is '9.9', the manifest says",
        ),
        (
            "UPDATE logged_model_tags SET tag_value = 'x' WHERE tag_key = 'materia.digest'",
            "it has no logged model of these weights",
        ),
        (
            "UPDATE model_versions SET source = 's3://elsewhere/model'",
            "has source s3://elsewhere/model, not",
        ),
        (
            "UPDATE model_version_tags SET value = 'commercial' WHERE key = 'materia.policy'",
            "tag materia.policy is 'commercial', the manifest says 'research'",
        ),
    ],
)
def test_an_edited_row_of_mlflow_s_database(
    installation: Installation, statement: str, told: str
) -> None:
    installation.edit("mlflow.db", statement)
    found = installation.problems()
    assert found and all(
        told in problem or "not linked to the model" in problem for problem in found
    )


@pytest.mark.parametrize(
    ("database", "statement", "told"),
    [
        (
            "index.db",
            """UPDATE event_logs SET event = REPLACE(event, '"value": 12', '"value": 13')""",
            "says count/rows is 13, the lake says 12",
        ),
        (
            "index.db",
            "UPDATE asset_keys SET last_materialization = REPLACE(last_materialization, "
            "'dagster/data_version\": \"', 'dagster/data_version\": \"forged')",
            "Dagster's page shows data version forged",
        ),
        (
            "index.db",
            "UPDATE event_logs SET partition = 'tiny' WHERE partition = 'smoke'",
            "in Dagster know this partition",
        ),
    ],
)
def test_an_edited_row_of_dagster_s_database(
    installation: Installation, database: str, statement: str, told: str
) -> None:
    installation.edit(database, statement)
    found = installation.problems()
    assert found and all("Dagster" in problem for problem in found)
    assert any(told in problem for problem in found), found[:3]


def test_everything_set_back_to_an_older_day(installation: Installation, tmp_path: Path) -> None:
    env = {"MATERIA_HOME": str(installation.home)}
    out = tmp_path / "elsewhere.json"
    done = CliRunner().invoke(app, ["witness", "--out", str(out), "--json"], env=env)
    assert done.exit_code == 0, done.output
    with_witness = ("--all", "--witness", str(out), "--trust", json.loads(done.stdout)["signer"])
    assert installation.problems(*with_witness) == []
    set_back(installation.home, installation.before)
    assert installation.problems() == []
    found = installation.problems(*with_witness)
    new = installation.new
    assert any(
        problem.startswith(f"{new.key}@{new.short} was in the lake on ")
        and problem.endswith("and is not any more: it was removed, or the lake was set back")
        for problem in found
    )
    assert not any(installation.old.short in problem for problem in found)

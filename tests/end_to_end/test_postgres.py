"""Dagster's instance and MLflow's store on a real PostgreSQL server, through the commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from orchestration.settings import PROJECT_ROOT
from tests.end_to_end.dagster_page import dagster_page
from tests.end_to_end.installation import OTHER, Installation
from tests.postgres import Postgres, postgres_server, why_not

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(why_not()), reason=why_not() or "PostgreSQL is here"),
]
NODE = "corpora/raw[inbox]"


@dataclass(frozen=True, kw_only=True)
class OnPostgres(Installation):
    server: Postgres
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def env(self) -> dict[str, str]:
        return {**super().env, **self.variables}


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with postgres_server() as running:
        yield running


@pytest.fixture(scope="module")
def installation(server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> OnPostgres:
    made = OnPostgres(
        home=tmp_path_factory.mktemp("postgres") / "home",
        server=server,
        variables={
            "MATERIA_DAGSTER_DB": server.create("dagster"),
            "MATERIA_TRACKING_URI": server.create("mlflow"),
        },
    )
    inbox = made.home / "inbox" / "inbox"
    inbox.mkdir(parents=True)
    (inbox / "notes.jsonl").write_text(json.dumps({"id": "other", "text": OTHER}) + "\n")
    done = made.run("materialize", NODE)
    assert done.returncode == 0, done.stdout + done.stderr
    return made


def test_runs_and_curves_are_in_the_databases_and_nowhere_else(installation: OnPostgres) -> None:
    server = installation.server
    assert server.count("dagster", "runs") == 1
    assert server.count("dagster", "event_logs") > 5
    assert server.count("dagster", "asset_keys") == 1
    assert server.count("mlflow", "runs") == 1
    assert not list(installation.home.rglob("*.db"))


def test_the_lake_agrees_with_both_and_both_can_be_written_anew(installation: OnPostgres) -> None:
    assert installation.json("verify", "--all")["problems"] == []
    installation.run("materialize", NODE)
    assert installation.server.count("mlflow", "runs") == 1  # reused: no second run
    done = installation.run("rebuild")
    assert done.returncode == 0, done.stdout + done.stderr
    assert installation.json("verify", "--all")["problems"] == []


def test_the_password_is_in_no_file_of_the_installation(installation: OnPostgres) -> None:
    password = installation.server.password.encode()
    files = [path for path in installation.home.rglob("*") if path.is_file()]
    assert files and not [path for path in files if password in path.read_bytes()]


def test_the_pages_serve_from_it_and_show_no_password_to_the_machine(
    installation: OnPostgres,
) -> None:
    with dagster_page(installation) as page:
        lines = [
            " ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])
        ]
        assert not [line for line in lines if installation.server.password in line]
        assert page.wait(page.launch("corpora/raw", "inbox")) == "SUCCESS"
    assert installation.server.count("dagster", "runs") == 3


def test_processes_that_meet_an_empty_database_at_once_all_open_it(
    server: Postgres, tmp_path: Path
) -> None:
    program = (
        "import sys; from pathlib import Path; from orchestration.settings import *; "
        "from orchestration.dagster_instance import prepare_instance; "
        "settings = Settings.from_env(); prepare_environment(settings); "
        "sys.stdin.read(); prepare_instance(settings.dagster_home, settings.dagster_db)"
    )
    env = {
        **os.environ,
        "MATERIA_HOME": str(tmp_path),
        "MATERIA_DAGSTER_DB": server.create("empty"),
    }
    openers = [
        subprocess.Popen(
            [sys.executable, "-c", program], cwd=PROJECT_ROOT, env=env, stdin=subprocess.PIPE
        )
        for _ in range(3)
    ]
    for opener in openers:
        assert opener.stdin is not None
        opener.stdin.close()
    assert [opener.wait(120) for opener in openers] == [0, 0, 0]


def test_a_server_that_is_away_is_told_without_the_password(
    installation: OnPostgres, tmp_path: Path
) -> None:
    away = "postgresql://materia:correct-horse@127.0.0.1:9/dagster"
    lost = OnPostgres(
        home=tmp_path, server=installation.server, variables={"MATERIA_DAGSTER_DB": away}
    )
    done = lost.run("materialize", NODE)
    assert done.returncode == 1
    assert "database postgresql+psycopg2://materia:***@127.0.0.1:9/dagster cannot be opened" in (
        done.stderr
    )
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert files and not any(b"correct-horse" in content for content in files)
    assert "correct-horse" not in done.stdout + done.stderr

"""The documentation is complete: every recipe, setting, command, job and check is in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner

from assets.recipes.catalogue import RECIPES
from orchestration.automation import SENSORS, build_schedules
from orchestration.cli import app
from orchestration.jobs import JOBS
from orchestration.settings import PROJECT_ROOT, Settings

DOCS = PROJECT_ROOT / "docs"
README = (PROJECT_ROOT / "README.md").read_text()
COMMANDS = sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


def read(name: str) -> str:
    return (DOCS / name).read_text()


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_every_recipe_is_documented(name: str) -> None:
    assert f"`{name}`" in read("recipes.md")


def test_every_setting_is_documented_and_exists() -> None:
    files = [*(PROJECT_ROOT / "orchestration").rglob("*settings.py")]
    code = "".join(path.read_text() for path in files)
    read_ones = set(re.findall(r'env\.get\("(MATERIA_\w+)"', code))
    told = set(re.findall(r"^\| `(MATERIA_\w+)`", read("settings.md"), re.MULTILINE))
    assert read_ones == told


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented_and_its_help_has_an_example(name: str) -> None:
    assert f"## `materia {name}`" in read("commands.md")
    done = CliRunner().invoke(app, [name, "--help"])
    assert done.exit_code == 0
    assert "Example:" in done.stdout


@pytest.mark.parametrize(
    "name", [item.name for item in (*JOBS, *build_schedules(Settings.from_env({})), *SENSORS)]
)
def test_every_job_schedule_and_sensor_is_documented(name: str) -> None:
    assert f"`{name}`" in read("operations.md")


@pytest.mark.parametrize("target", ["demo", "ablation", "ui", "test", "check"])
def test_the_make_targets_people_rely_on_are_in_the_readme_and_the_makefile(target: str) -> None:
    assert f"make {target}" in README
    assert re.search(rf"^{target}:", (PROJECT_ROOT / "Makefile").read_text(), re.MULTILINE)


def test_the_readme_is_short_and_its_first_command_comes_early() -> None:
    lines = README.splitlines()
    assert len(lines) <= 150
    assert any("make demo" in line for line in lines[:15])


def test_every_relative_link_in_the_documentation_leads_somewhere() -> None:
    pages = [*PROJECT_ROOT.glob("*.md"), *DOCS.rglob("*.md")]
    broken = []
    for page in pages:
        for target in re.findall(r"\]\((?!https?://|#)([^)#\s]+)", page.read_text()):
            if not (page.parent / target).exists():
                broken.append(f"{page.relative_to(PROJECT_ROOT)} -> {target}")
    assert not broken


@pytest.mark.parametrize("page", sorted((DOCS / "adr").glob("*.md")), ids=lambda p: p.name)
def test_a_decision_record_fits_on_a_page(page: Path) -> None:
    assert len(page.read_text().splitlines()) <= 40


def test_no_source_file_is_longer_than_400_lines_and_none_is_a_drawer() -> None:
    packages = ("assets", "deploy", "evaluation", "model", "orchestration", "training", "tests")
    for package in (*packages, "benchmarks"):
        for path in (PROJECT_ROOT / package).rglob("*.py"):
            assert len(path.read_text().splitlines()) <= 400, path
            assert path.stem not in ("utils", "common", "helpers", "misc"), path

"""`materia cost` through the command: its JSON, its table, its page; and the settings behind it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from assets.lineage.manifest import Manifest
from assets.lineage.usage import Usage
from orchestration.cli import app
from orchestration.cost_settings import Limit, factors_from, limit_from
from orchestration.lake import ObjectLake, open_lake
from orchestration.settings import PROJECT_ROOT, Settings
from tests.evidence_lake import make_release
from training.planning.hardware import HARDWARE

JOBS = ("checkpoints", "models")


class Measured(ObjectLake):
    """Commits what it is given as if it had been measured."""

    def commit(self, attempt: Any, manifest: Manifest) -> None:
        job = manifest.family in JOBS
        usage = Usage(
            cpu_s=3600.0, device="NVIDIA H200" if job else "", ranks=int(job),
            device_s=1800.0 if job else 0.0, energy_j=720_000.0 if job else None, attempts=int(job),
        )  # fmt: skip
        super().commit(attempt, replace(manifest, usage=usage))


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("MATERIA_HOME", str(tmp_path / "home"))
    return Settings.from_env()


@pytest.fixture
def release(settings: Settings) -> Manifest:
    lake = open_lake(settings)
    lake.__class__ = Measured
    return make_release(lake)


def run(release: Manifest, *options: str) -> str:
    reference = f"releases/release@{release.short}"
    done = CliRunner().invoke(app, ["cost", reference, *options], env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    return done.stdout


def test_own_and_inherited_add_up_and_each_ancestor_counts_once(release: Manifest) -> None:
    told = json.loads(run(release, "--json"))
    assert told["artifact"] == "releases/release[toy]"
    assert len(told["artifacts"]) == 24
    assert told["own"]["cpu_hours"] == {"value": 1.0, "basis": "measured", "num_unknown": 0}
    assert told["inherited"]["cpu_hours"]["value"] == 23.0
    assert told["total"]["cpu_hours"]["value"] == 24.0
    # Three stages and two fine-tunings, half an hour each.
    assert told["total"]["device_hours"]["value"] == pytest.approx(2.5)
    assert told["total"]["device_energy_kwh"] == {
        "value": pytest.approx(1.0), "basis": "measured", "num_unknown": 0,
    }  # fmt: skip
    by_node = {node["node"]: node["own"] for node in told["nodes"]}
    assert list(by_node)[-1] == "releases/release"
    row = HARDWARE["h200"]
    price = by_node["checkpoints/stage1"]["price"]
    assert price == {"value": 0.5 * row.price_per_hour, "basis": "estimated", "num_unknown": 0}
    energy = 1.56 * (0.2 + 0.5 * row.host_watts / 1000)
    assert by_node["checkpoints/stage1"]["energy_kwh"]["value"] == pytest.approx(energy)
    assert told["factors"]["carbon"]["source"].startswith("IEA")
    assert set(told["factors"]["devices"]) == {"h200"}


def test_the_fields_of_the_json_are_those_that_scripts_rely_on(release: Manifest) -> None:
    told = json.loads(run(release, "--json"))
    assert set(told) == {
        "artifact", "artifacts", "currency", "factors", "fingerprint", "inherited", "nodes",
        "num_gone", "own", "total",
    }  # fmt: skip
    fields = {
        "co2_kg", "cpu_hours", "device_energy_kwh", "device_hours", "energy_kwh", "flops", "price",
        "tokens", "wall_s",
    }  # fmt: skip
    assert set(told["own"]) == set(told["total"]) == fields
    assert set(told["artifacts"][0]) == {
        "device", "finished_at", "fingerprint", "key", "node", "own",
    }  # fmt: skip


def test_people_see_marks_and_where_every_factor_comes_from(release: Manifest) -> None:
    told = run(release)
    assert "What releases/release[toy]@" in told
    assert "No mark: measured. ~: estimated" in told
    assert "data centre over machines (PUE): 1.56 (Uptime Institute" in told
    assert "one h200: USD" not in told
    assert "one h200: 3.8 USD an hour (our choice (docs/planning.md))" in told


def test_what_older_manifests_do_not_tell_is_unknown_and_said(settings: Settings) -> None:
    told = json.loads(run(make_release(open_lake(settings)), "--json"))
    assert told["own"]["cpu_hours"] == {"value": None, "basis": "unknown", "num_unknown": 1}
    assert told["total"]["price"] == {"value": None, "basis": "unknown", "num_unknown": 24}


def test_the_page_has_bars_and_needs_nothing_beside_it(release: Manifest, tmp_path: Path) -> None:
    page = tmp_path / "cost.html"
    assert str(page) in run(release, "--html", str(page))
    html = page.read_text()
    assert "What releases/release[toy]@" in html
    assert html.count("class='bar estimated'") >= 20
    assert "<script" not in html
    assert "src=" not in html


def test_an_installation_says_what_it_pays(
    release: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATERIA_COST_DEVICE_PRICE", "2.5")
    monkeypatch.setenv("MATERIA_COST_CURRENCY", "EUR")
    told = json.loads(run(release, "--json"))
    by_node = {node["node"]: node["own"] for node in told["nodes"]}
    assert by_node["checkpoints/stage1"]["price"]["value"] == 1.25
    assert told["currency"] == "EUR"
    assert told["factors"]["devices"]["h200"]["price"]["source"] == "MATERIA_COST_DEVICE_PRICE"


@pytest.mark.parametrize(
    ("env", "says"),
    [
        ({"MATERIA_COST_PUE": "0.9"}, "MATERIA_COST_PUE=0.9 is below 1"),
        ({"MATERIA_COST_CARBON": "-1"}, "MATERIA_COST_CARBON='-1' is not a number of 0 or more"),
        ({"MATERIA_COST_CORE_PRICE": "cheap"}, "MATERIA_COST_CORE_PRICE='cheap' is not a number"),
        ({"MATERIA_COST_CORE_WATTS": "inf"}, "MATERIA_COST_CORE_WATTS='inf' is not a number"),
        ({"MATERIA_COST_DEVICE_WATTS": "x"}, "MATERIA_COST_DEVICE_WATTS='x' is not a number"),
        ({"MATERIA_COST_DEVICE": "tpu"}, "MATERIA_COST_DEVICE='tpu' is not in the table: use h100"),
    ],
)
def test_a_wrong_factor_is_refused_by_name(env: Mapping[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        factors_from(env)


def test_watts_that_are_given_are_those_of_the_device_with_all_around_it() -> None:
    rate = factors_from({"MATERIA_COST_DEVICE_WATTS": "900"}).devices["h200"]
    assert (rate.watts.value, rate.host_watts.value) == (900.0, 0.0)


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ("NVIDIA H200", "h200"), ("NVIDIA A100-SXM4-80GB", "a100"), ("NVIDIA L40S", "l40s"),
        ("cpu", "cpu"), ("Tesla T4", ""), ("", "h100"),
    ],
)  # fmt: skip
def test_a_drivers_name_leads_to_a_row_of_the_table(told: str, kind: str) -> None:
    assert factors_from({"MATERIA_COST_DEVICE": "h100"}).device_of(told) == kind


def test_the_documentation_states_the_factors_that_are_used() -> None:
    page = " ".join((PROJECT_ROOT / "docs" / "cost.md").read_text().split())
    rows = (PROJECT_ROOT / "docs" / "settings.md").read_text()
    used = factors_from({})
    for name, factor, told in (
        ("CORE_WATTS", used.core_watts, "8 W for a busy core"),
        ("CORE_PRICE", used.core_price, "0.05 an hour"),
        ("PUE", used.pue, "PUE 1.56"),
        ("CARBON", used.carbon, "445 g a kWh"),
    ):
        assert told in page
        assert f"{factor.value:g}" in told
        assert f"| `MATERIA_COST_{name}` | `{factor.value:g}` |" in rows


def test_a_limit_is_money_or_hours_or_none() -> None:
    assert not limit_from({}).is_set
    given = {"MATERIA_MAX_COST": "10", "MATERIA_MAX_DEVICE_HOURS": "2.5"}
    assert limit_from(given) == Limit(price=10.0, device_hours=2.5)
    with pytest.raises(ValueError, match="MATERIA_MAX_COST='much' is not a number of 0 or more"):
        limit_from({"MATERIA_MAX_COST": "much"})

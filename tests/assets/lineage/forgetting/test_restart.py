"""The cheapest clean start of a recipe, and the cost of the re-run, from what the lake records."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assets.fakes import FakeLake, fake_manifest
from assets.lineage.forgetting.exposure import Exposure
from assets.lineage.forgetting.restart import Restart, plan_restart, step_checkpoints
from assets.lineage.manifest import Cost
from assets.lineage.step import Step
from assets.recipes.forgotten import Forgotten
from assets.recipes.graph import RecipeGraph
from assets.recipes.tiny import tiny
from tests.assets.recipes.test_forgotten import PACKAGE, RAW, SOURCES, request

NOW = RecipeGraph(tiny(), RAW, PACKAGE)
COST = Cost(tokens=1000, flops=100.0, wall_s=10.0, device_s=8.0)
STEPS = 200


def after(mode: str, *packed: str) -> RecipeGraph:
    made = request(mode, SOURCES[:1], packed)
    return RecipeGraph(tiny(), RAW, PACKAGE, None, Forgotten(requests=(made,)))


@pytest.fixture
def lake(tmp_path: Path) -> FakeLake:
    """Everything of recipe `tiny`, made."""
    lake = FakeLake(tmp_path / "lake")
    empty = tmp_path / "empty"
    empty.mkdir()
    for step in [*NOW.steps.values(), *NOW.step("mixtures/deduped").inputs]:
        manifest = replace(fake_manifest(step, empty), cost=COST, counts={"steps": STEPS})
        lake.committed[step.family, step.name, step.fingerprint] = manifest
    return lake


def exposure(step: Step, first: int | None) -> Exposure:
    read = () if first is None else (first,)
    return Exposure(
        model=step.key, fingerprint=step.fingerprint, partition="tiny", stage=step.node,
        shards="s", shards_fingerprint="f", documents=1, packed_tokens=5, read_tokens=5,
        readings=len(read), max_epochs=len(read), first_step=first, last_step=first,
        num_steps=len(read), steps=read, steps_without_update=(),
    )  # fmt: skip


def planned(
    lake: FakeLake, folder: Path, stage: str, first: int | None, *kept: int, strict: bool = False
) -> Restart:
    step = NOW.step(f"checkpoints/{stage}")
    for at in kept:
        name = f"checkpoints.{stage}.{step.short}"
        path = folder / name / "resume" / f"step-{at:06d}" / "manifest.json"
        path.parent.mkdir(parents=True)
        path.touch()
    mode = "strict" if strict else "restart"
    changed = after(mode, f"tokenizers/shards_{stage}")
    return plan_restart(lake, NOW, changed, [exposure(step, first)], folder, strict=strict)


def test_the_last_step_checkpoint_before_the_first_reading_is_taken(
    lake: FakeLake, tmp_path: Path
) -> None:
    found = planned(lake, tmp_path, "stage2", 150, 50, 100, 150, 200)
    assert found.start is not None
    assert (found.start.stage, found.start.first_step) == ("checkpoints/stage2", 150)
    # A checkpoint of step 150 has done the steps before it, and not yet step 150 itself.
    assert found.start.from_step == 150
    assert found.start.checkpoint.endswith("step-000150")
    assert "goes on from the step checkpoint 150" in found.start.told
    (stage,) = [each for each in found.remade if each.node == "checkpoints/stage2"]
    assert (stage.steps, stage.cost.flops, stage.cost.tokens) == (50, 25.0, 250)
    (later,) = [each for each in found.remade if each.node == "checkpoints/stage3"]
    assert (later.steps, later.cost) == (STEPS, COST)
    assert "checkpoints/stage1" in found.reused


@pytest.mark.parametrize(
    ("stage", "kept", "told"),
    [
        ("stage2", (), "no step checkpoint of it is kept, so it starts from the weights of "
         "checkpoints/stage1"),
        ("stage1", (100,), "none of its 1 step checkpoints is earlier, so it starts from the "
         "beginning: random weights"),
    ],
)  # fmt: skip
def test_it_is_said_when_there_is_nothing_to_go_on_from(
    lake: FakeLake, tmp_path: Path, stage: str, kept: tuple[int, ...], told: str
) -> None:
    found = planned(lake, tmp_path, stage, 30, *kept)
    assert found.start is not None and found.start.from_step == 0
    assert told in found.start.told
    assert found.num_steps == sum(each.steps for each in found.remade)
    assert (found.cost.flops, found.trained_tokens) == (
        100.0 * len(found.remade),
        1000 * sum(each.node.startswith(("checkpoints", "models")) for each in found.remade),
    )


def test_what_was_packed_and_never_read_goes_on_from_the_last_checkpoint(
    lake: FakeLake, tmp_path: Path
) -> None:
    found = planned(lake, tmp_path, "stage3", None, 100)
    assert found.start is not None and found.start.from_step == 100
    assert "was packed for it but never read" in found.start.told


def test_strict_uses_no_step_checkpoint_and_makes_the_corpus_again(
    lake: FakeLake, tmp_path: Path
) -> None:
    found = planned(lake, tmp_path, "stage2", 150, 100, strict=True)
    nodes = {each.node for each in found.remade}
    assert {f"corpora/documents[{SOURCES[0]}]", "tokenizers/tokenizer"} <= nodes
    (stage,) = [each for each in found.remade if each.node == "checkpoints/stage2"]
    assert stage.cost == COST
    assert set(found.reused) >= {f"corpora/documents[{SOURCES[1]}]", "corpora/benchmarks"}


def test_a_document_that_was_never_packed_needs_no_restart(lake: FakeLake, tmp_path: Path) -> None:
    found = plan_restart(lake, NOW, after("restart"), [], tmp_path, strict=False)
    assert found.start is None and found.remade == ()
    assert found.cost == Cost()


def test_a_cost_that_nobody_recorded_is_said_to_be_unknown(lake: FakeLake, tmp_path: Path) -> None:
    for key in [key for key in lake.committed if key[:2] == ("releases", "release")]:
        del lake.committed[key]
    found = planned(lake, tmp_path, "stage2", 150)
    assert [each.node for each in found.remade if not each.is_recorded] == ["releases/release"]


def test_step_checkpoints_without_a_manifest_do_not_count(tmp_path: Path) -> None:
    step = NOW.step("checkpoints/stage1")
    (tmp_path / f"checkpoints.stage1.{step.short}" / "resume" / "step-000003").mkdir(parents=True)
    assert step_checkpoints(tmp_path, step) == {}

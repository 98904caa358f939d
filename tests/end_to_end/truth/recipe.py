"""The recipe of the planted documents: `smoke` on two watched folders and two ontologies."""

from __future__ import annotations

from dataclasses import replace

from assets.recipes.data import SourceUse
from assets.recipes.recipe import Recipe, SynthesisSpec
from assets.recipes.smoke import smoke
from tests.end_to_end.truth.groups import make_plan
from tests.end_to_end.truth.plan import HELDOUT_SHARE, LICENCES, NOTES, PUBLIC

NAME = "truth"
_STEPS = (110, 40, 12)


def truth() -> Recipe:
    """Return it with the cap that the plan asks for, and with two epochs of fine-tuning."""
    base = smoke()
    assert base.decontamination.heldout_share == HELDOUT_SHARE
    stages = tuple(
        replace(stage, tokens=steps * stage.context_tokens * stage.batch_samples)
        for stage, steps in zip(base.stages, _STEPS, strict=True)
    )
    return replace(
        base,
        name=NAME,
        title="Documents whose fates are known",
        sources=(
            SourceUse(source=PUBLIC, max_text_bytes=make_plan().cap_bytes, licences=LICENCES),
            SourceUse(source=NOTES, max_text_bytes=500_000),
            SourceUse(source="icd10cm", max_text_bytes=15_000),
            SourceUse(source="hpo", max_text_bytes=15_000),
        ),
        stages=stages,  # type: ignore[arg-type]
        synthesis=SynthesisSpec(max_general=400, max_medical=60, seed=3),
        sft=tuple(replace(stage, epochs=2) for stage in base.sft),
        evaluation=replace(base.evaluation, max_items=4),
    )

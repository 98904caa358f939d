"""What `materia plan` says of fine-tuning and evaluation: estimates, beside the plan itself.

Fine-tuning is as long as the questions that synthesis will find, so its tokens are a bound by the
recipe's limits; a stage takes as many of the devices as share its batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from assets.recipes.recipe import Recipe
from assets.recipes.workload import FineTuning, fine_tuning, judged, num_judged_models
from training.planning.cost import Assumptions, Cost, scoring_cost, stage_cost, total_cost
from training.planning.hardware import Hardware
from training.planning.plan import cost_dict
from training.planning.search import Choice, StageJob, Wishes, choose_layout


def estimate_facts(
    recipe: Recipe, device: Hardware, gpus: int, wishes: Wishes, assumed: Assumptions
) -> Mapping[str, Any]:
    """Return the field `estimates` of --json."""
    # What fits a batch of pre-training need not divide a smaller one.
    own = replace(wishes, micro_batch_samples=None, sequence_parallel=None)
    tuned = [_tuning(recipe, stage, device, gpus, own, assumed) for stage in fine_tuning(recipe)]
    texts, models = judged(recipe), num_judged_models(recipe)
    scoring = scoring_cost(
        recipe.model,
        [(text.tokens, text.row_tokens) for text in texts],
        device,
        assumed,
        precision=recipe.precision,
        models=models,
    )
    return {
        "fine_tuning": [facts for facts, _ in tuned],
        "evaluation": {
            "models": models,
            "devices": 1,
            "items": sum(text.items for text in texts),
            "parts": [asdict(text) for text in texts],
            "cost": cost_dict(scoring),
        },
        "total": cost_dict(total_cost([*[cost for _, cost in tuned], scoring])),
    }


def _tuning(
    recipe: Recipe,
    stage: FineTuning,
    device: Hardware,
    gpus: int,
    wishes: Wishes,
    assumed: Assumptions,
) -> tuple[dict[str, Any], Cost]:
    job = StageJob(
        name=stage.name,
        tokens=stage.tokens,
        steps=stage.steps,
        context_tokens=stage.context_tokens,
        batch_samples=stage.batch_samples,
    )
    choice = _choice(recipe, job, device, gpus, wishes)
    cost = stage_cost(recipe.model, job, choice.layout, device, assumed)
    facts = {
        **asdict(job),
        "questions": stage.questions,
        "layout": asdict(choice.layout),
        "fits": choice.fits,
        "total_bytes": choice.memory.total,
        "cost": cost_dict(cost),
    }
    return facts, cost


def _choice(recipe: Recipe, job: StageJob, device: Hardware, gpus: int, wishes: Wishes) -> Choice:
    """Lay the job out on the most devices that share its batch equally, as a job does."""
    devices = next(n for n in range(min(gpus, job.batch_samples), 0, -1) if not _rest(job, n))
    return choose_layout(
        recipe.model, job, device, devices=devices, precision=recipe.precision, wishes=wishes
    )


def _rest(job: StageJob, devices: int) -> int:
    return job.batch_samples % devices

"""How much fine-tuning and judging a recipe asks for, as estimates; pure, no lake.

What synthesis makes is known once it has run, and so is how many tokens a text becomes. Lengths
here were measured in recipe `small` (16,384 entries): a larger vocabulary needs fewer tokens, so
for larger recipes they err upwards. Haystacks have the lengths that the recipe states.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from assets.corpora.benchmarks import BENCHMARKS
from assets.recipes.recipe import Recipe, SftStageSpec
from assets.reports.needle import TRIALS
from assets.reports.perplexity import HELDOUT_SETS

QUESTION_TOKENS = {"sft_general": 83, "sft_medical": 67}
"""Of one question with its answer and chat marks: 66,172 / 794 and 159,901 / 2,400."""

ITEM_TOKENS = {
    "piqa": 91, "hellaswag": 384, "winogrande": 58, "arc_easy": 148, "arc_challenge": 172,
    "siqa": 115, "boolq": 189, "lambada": 101, "medqa": 258, "medmcqa": 64, "mmlu_medical": 125,
}  # fmt: skip
"""Fed to score one item, all its choices together, where rows that are a prefix of another are
read off it (evaluation/loglikelihood.py); means over 300 items each."""

DOCUMENT_TOKENS = {"wikipedia_heldout": 5177, "pubmed_heldout": 343}
"""Of one held-out document; means over 5 articles and 200 abstracts."""


@dataclass(frozen=True, kw_only=True)
class FineTuning:
    """One stage of supervised fine-tuning, at most."""

    name: str
    questions: int
    """As many as the recipe allows; synthesis may find fewer."""
    tokens: int
    """Over all epochs, as steps of whole batches."""
    steps: int
    context_tokens: int
    batch_samples: int


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One set of texts that a model is judged on."""

    name: str
    items: int
    tokens: int
    row_tokens: int
    """Of one row at a time: attention costs by it."""


def fine_tuning(recipe: Recipe) -> list[FineTuning]:
    """Return the fine-tuning stages of a recipe."""
    most = {
        "sft_general": recipe.synthesis.max_general,
        "sft_medical": recipe.synthesis.max_medical,
    }
    return [_stage(stage, most[stage.name]) for stage in recipe.sft]


def judged(recipe: Recipe) -> list[Judged]:
    """Return what one model of a recipe is judged on: items, held-out texts, haystacks."""
    choice = recipe.evaluation
    found = []
    for name in choice.benchmarks:
        items, length = min(choice.max_items, BENCHMARKS[name].num_items), ITEM_TOKENS[name]
        found.append(_judged(name, items, length))
    for name, prefix in HELDOUT_SETS.items():
        if any(source.startswith(prefix) for source in recipe.source_names):
            documents = _judged(name, choice.heldout_documents, DOCUMENT_TOKENS[name])
            # Longer ones are read in windows of the last stage's context.
            window = min(documents.row_tokens, recipe.stages[-1].context_tokens)
            found.append(replace(documents, row_tokens=window))
    for length in choice.needle_lengths:
        needles = TRIALS * len(choice.needle_depths)
        found.append(_judged(f"needle at {length:,}", needles, length))
    return found


def num_judged_models(recipe: Recipe) -> int:
    """Return how many models the reports judge: the base, and the final one if there is one."""
    return 2 if recipe.sft else 1


def _stage(stage: SftStageSpec, questions: int) -> FineTuning:
    samples = -(-questions * QUESTION_TOKENS[stage.name] // stage.context_tokens)
    steps = -(-stage.epochs * samples // stage.batch_samples)
    return FineTuning(
        name=stage.name,
        questions=questions,
        tokens=steps * stage.batch_samples * stage.context_tokens,
        steps=steps,
        context_tokens=stage.context_tokens,
        batch_samples=stage.batch_samples,
    )


def _judged(name: str, items: int, length: int) -> Judged:
    return Judged(name=name, items=items, tokens=items * length, row_tokens=length)

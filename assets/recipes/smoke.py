"""`smoke`: every node of the graph in about a minute, and a folder of your own files among the
sources; for tests, new installations and new clusters. Its model has learned nothing.
"""

from __future__ import annotations

from dataclasses import replace

from assets.recipes.data import SourceUse, StageMixture
from assets.recipes.recipe import EvaluationChoice, Recipe, SynthesisSpec
from assets.recipes.tiny import tiny

_STEPS = (48, 16, 8)


def smoke() -> Recipe:
    """Return `tiny` with little text, few steps and few items, reading the inbox as well.

    The medical budget exceeds the medical text, so that every file of the inbox is trained on.
    """
    base = tiny()
    model = replace(
        base.model,
        vocab_size=2048,
        hidden_size=64,
        intermediate_size=216,
        num_layers=2,
        sliding_window=32,
        sliding_window_layers=(1,),
    )
    first, second, third = (
        replace(
            stage,
            tokens=steps * stage.context_tokens * 4,
            batch_samples=4,
            medical_share=0.6,
            warmup_steps=2,
        )
        for stage, steps in zip(base.stages, _STEPS, strict=True)
    )
    return replace(
        base,
        name="smoke",
        title="Smoke: every node in a minute, your own files included",
        sources=(
            SourceUse(source="inbox", max_text_bytes=500_000),
            SourceUse(source="icd10cm", max_text_bytes=40_000),
            SourceUse(source="hpo", max_text_bytes=40_000),
            SourceUse(source="wikipedia_gensim106", max_text_bytes=400_000),
            SourceUse(source="python_stdlib", max_text_bytes=200_000),
        ),
        # Budgets are so small that a single document may be a whole share, in any language.
        mixture=replace(
            base.mixture,
            max_document_share=1.0,
            multilingual_max_share=1.0,
            stages=_without_groups(base.mixture.stages),
        ),
        tokenizer=replace(base.tokenizer, vocab_size=2048, train_text_bytes=400_000),
        model=model,
        stages=(first, second, third),
        synthesis=SynthesisSpec(max_general=40, max_medical=80, seed=3),
        sft=tuple(replace(stage, batch_samples=4, warmup_steps=1) for stage in base.sft),
        evaluation=EvaluationChoice(
            benchmarks=("arc_easy", "lambada", "medqa"),
            max_items=10,
            heldout_documents=5,
            needle_lengths=(128,),
            needle_depths=(0.5,),
            seed=11,
        ),
    )


def _without_groups(
    stages: tuple[StageMixture, StageMixture, StageMixture],
) -> tuple[StageMixture, StageMixture, StageMixture]:
    first, second, third = (replace(stage, groups=()) for stage in stages)
    return first, second, third

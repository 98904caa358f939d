"""What the recipes share of the data plane: scorers, contamination caps, and the easy-to-hard mix.

Figures without a source are our choice; the paper publishes neither its mixture ratios nor the
weights of its scores (arXiv 2502.12671 section 2.1).
"""

from __future__ import annotations

from assets.recipes.data import (
    BenchmarkCap,
    ContaminationCaps,
    GroupShare,
    MixtureSpec,
    ScoringSpec,
    StageMixture,
)

SCORING = ScoringSpec(
    seed=17,
    train_bytes_per_source=2_000_000,
    reference_bytes_per_source=1_000_000,
    chunk_words=40,
    epochs=5,
    topic_temperature=0.05,
    quality_weights=(
        ("educational", 0.30),
        ("knowledge_density", 0.25),
        ("reasoning_density", 0.20),
        ("bits_per_byte", 0.25),
    ),
)

CONTAMINATION_CAPS = ContaminationCaps(
    caps=(
        BenchmarkCap(
            benchmark="",
            # In the eleven benchmarks of `tiny` passages are shared by up to 10 items; what more
            # share are stems ("which of the following is the most appropriate next step").
            max_items_per_ngram=10,
            max_documents_per_ngram=20,
            alarm_removed_share=0.02,
            max_removed_share=0.25,
            min_removed_documents=20,
        ),
    )
)

LESS_OF = (("entertainment", 0.5), ("e_commerce", 0.5), ("news", 0.5), ("social_media", 0.5))
MORE_OF = tuple(
    (name, 2.0)
    for name in ("mathematics", "physics", "chemistry", "biology", "engineering", "computing")
)
"""Which classes weigh less and more is the paper's (section 2.1); by how much is our choice."""


def _stage(name: str, centre: float, quality_low: float) -> StageMixture:
    return StageMixture(
        name=name,  # type: ignore[arg-type]
        # Code is 2T of the 20T tokens (table 1); without a target it is a third of what is at hand.
        groups=(GroupShare(name="code", medical=False, share=0.15, domains=("code",)),),
        hardness_centre=centre,
        hardness_width=0.3,
        hardness_floor=0.1,
        quality_low=quality_low,
        quality_top=3.0,
        # The top third, up to three times: the arm of Fig. 3 that needs least repetition.
        quality_from=0.67,
        quality_softness=0.05,
    )


MIXTURE = MixtureSpec(
    main_languages=("en", "zh"),
    # Beyond English and Chinese only the best, as a tenth: Fig. 5.
    multilingual_max_share=0.10,
    topic_weights=(*LESS_OF, *MORE_OF),
    source_max_repeats=(),
    max_document_share=0.03,
    perplexity_share=0.5,
    # Easy text first, the hardest and best last (section 4.2).
    stages=(_stage("stage1", 0.2, 1.0), _stage("stage2", 0.55, 0.7), _stage("stage3", 0.9, 0.4)),
)

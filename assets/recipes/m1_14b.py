"""`m1_14b`: Baichuan-M1 14B as published (arXiv 2502.12671): to plan with, to start a cluster from.

What the paper does not give says that it is our choice. The catalogue's corpora are no substitute
for 20T tokens: name your own in `sources` before you run it.
"""

from __future__ import annotations

from dataclasses import replace

from assets.recipes.data import SourceUse
from assets.recipes.recipe import (
    EvaluationChoice,
    Recipe,
    SftStageSpec,
    StageSpec,
    SynthesisSpec,
    TokenizerSpec,
)
from assets.recipes.small import SOURCES
from assets.recipes.tiny import BENCHMARKS, tiny
from model.config import ModelConfig

_VOCABULARY = 133_120  # section 4.1
_BATCH_TOKENS = 1 << 24
"""16M, section 4.2. Its unit is not stated: tokens are taken, and a power of two, so that the batch
can be shared out among 2, 4, ... 512 devices (16,000,000 would be 1,953 samples of 8,192)."""
_ALL = 1 << 60


def m1_14b() -> Recipe:
    """Return the recipe of the 14B model: 20T tokens in three stages."""
    return replace(
        tiny(),
        name="m1_14b",
        title="Baichuan-M1 14B as published",
        # Weights are given to anyone: only licences that allow it. Ours; theirs are not stated.
        policy="weights-public",
        sources=tuple(
            SourceUse(source=name, max_text_bytes=_ALL, licences=_OPEN.get(name))
            for name in SOURCES
            if name not in _CLOSED
        ),
        # Sizes of the two parts are not stated: our choice. Text: what half a day's training on
        # one machine takes (docs/tokenizer.md), also ours.
        tokenizer=TokenizerSpec(
            vocab_size=_VOCABULARY, general_share=0.75, train_text_bytes=20_000_000_000
        ),
        model=ModelConfig(
            vocab_size=_VOCABULARY,
            hidden_size=5120,
            intermediate_size=17408,
            num_layers=40,
            num_global_heads=20,
            num_global_kv_heads=2,
            num_swa_heads=40,
            num_swa_kv_heads=8,
            sliding_window=8192,
            sliding_window_layers=tuple(range(1, 40, 2)),
            conv_window=2,
            rope_theta=1e6,
            max_position_embeddings=32768,
        ),
        stages=(
            _stage("stage1", tokens=12_000_000_000_000, medical_share=0.10),
            _stage("stage2", tokens=6_000_000_000_000, medical_share=0.30),
            replace(
                _stage("stage3", tokens=2_000_000_000_000, medical_share=0.50),
                context_tokens=32768,
                batch_samples=_BATCH_TOKENS // 32768,
                rope_theta=1e6,
                final_lr=2e-5,
                decay="cosine",
            ),
        ),
        precision="bf16",
        synthesis=SynthesisSpec(max_general=1_000_000, max_medical=3_000_000, seed=3),
        sft=(_sft("sft_general"), _sft("sft_medical")),
        evaluation=EvaluationChoice(
            benchmarks=BENCHMARKS,
            max_items=1000,  # section 6
            heldout_documents=1000,
            needle_lengths=(2048, 8192, 32768),
            needle_depths=(0.1, 0.3, 0.5, 0.7, 0.9),
            seed=11,
        ),
    )


_OPEN: dict[str, tuple[str, ...]] = {"pubmed_2020_2021": ("LicenseRef-NLM-PubMed-Terms",)}
_CLOSED = frozenset({"lee_background"})
"""Licences that the policy refuses: the first source has others beside, the second no other."""


def _stage(name: str, *, tokens: int, medical_share: float) -> StageSpec:
    """Section 4.2. Medical shares are our choice: the paper says only that they rise."""
    return StageSpec(
        name=name,  # type: ignore[arg-type]
        tokens=tokens,
        context_tokens=8192,
        batch_samples=_BATCH_TOKENS // 8192,
        medical_share=medical_share,
        rope_theta=1e5,
        peak_lr=4e-4,
        final_lr=4e-4,
        warmup_steps=2000 if name == "stage1" else 0,
        decay="constant",
    )


def _sft(name: str) -> SftStageSpec:
    """Section 5.1: five rounds from 2e-5 by a cosine; the rest is our choice."""
    return SftStageSpec(
        name=name,  # type: ignore[arg-type]
        epochs=5,
        context_tokens=8192,
        batch_samples=64,
        peak_lr=2e-5,
        final_lr=2e-6,
        warmup_steps=100,
    )

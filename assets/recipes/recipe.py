"""The shape of a recipe: every decision that makes a model what it is, and nothing else.

A recipe is one Python file returning a frozen `Recipe`. Literals here are identity: they enter
fingerprints. Paths, hardware and secrets are execution and never stand in a recipe.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from assets.recipes.data import (
    DecontaminationSpec,
    DedupSpec,
    LicencePolicy,
    MixtureSpec,
    ScoringSpec,
    SourceUse,
    UpsamplingSpec,
)
from model.config import ModelConfig
from training.spec import SpikeSpec

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,127}")


@dataclass(frozen=True, kw_only=True)
class TokenizerSpec:
    vocab_size: int
    """Final size, special and byte tokens included."""
    general_share: float
    """Share of the learned entries that the general BPE gives; the medical BPE gives the rest."""
    train_text_bytes: int
    """Text sampled for training, per part."""


@dataclass(frozen=True, kw_only=True)
class StageSpec:
    """One pre-training stage: data, context and learning rate (arXiv 2502.12671 section 4.2)."""

    name: Literal["stage1", "stage2", "stage3"]
    tokens: int
    """Training budget, repetition included."""
    context_tokens: int
    batch_samples: int
    medical_share: float
    rope_theta: float
    peak_lr: float
    final_lr: float
    warmup_steps: int
    decay: Literal["constant", "cosine"]
    z_loss: float = 0.0
    """Weight of the z-loss (model/loss.py); the paper mentions none, so 0, which is off."""
    spikes: SpikeSpec | None = None
    """What to do at a loss spike; None, and no part of the fingerprint: stop at one that is NaN."""

    @property
    def steps(self) -> int:
        return max(1, self.tokens // (self.context_tokens * self.batch_samples))


@dataclass(frozen=True, kw_only=True)
class SynthesisSpec:
    """Questions made from ontology facts and real documents."""

    max_general: int
    max_medical: int
    seed: int


@dataclass(frozen=True, kw_only=True)
class SftStageSpec:
    """One supervised fine-tuning stage (section 5.1): cosine, packed, masks per sample."""

    name: Literal["sft_general", "sft_medical"]
    epochs: int
    context_tokens: int
    batch_samples: int
    peak_lr: float
    final_lr: float
    warmup_steps: int


@dataclass(frozen=True, kw_only=True)
class EvaluationChoice:
    """Which benchmarks judge the models, on how many items."""

    benchmarks: tuple[str, ...]
    """Names in assets/corpora/benchmarks.py."""
    max_items: int
    """Random items per benchmark (the paper uses at most 1,000)."""
    heldout_documents: int
    """Held-out documents per perplexity set."""
    needle_lengths: tuple[int, ...]
    """Haystack lengths, tokens."""
    needle_depths: tuple[float, ...]
    seed: int


@dataclass(frozen=True, kw_only=True)
class Recipe:
    name: str
    """Partition key; a view, never part of a fingerprint."""
    title: str
    policy: LicencePolicy
    """What the model may be used for; a document whose licence forbids it stops the mixture."""
    sources: tuple[SourceUse, ...]
    dedup: DedupSpec
    decontamination: DecontaminationSpec
    scoring: ScoringSpec
    upsampling: UpsamplingSpec
    mixture: MixtureSpec
    tokenizer: TokenizerSpec
    model: ModelConfig
    """Architecture; the stage sets rope_theta and the context."""
    stages: tuple[StageSpec, StageSpec, StageSpec]
    precision: Literal["fp32", "bf16"]
    synthesis: SynthesisSpec
    sft: tuple[SftStageSpec, ...]
    """Empty for a recipe that is only judged as a base model (the ablations)."""
    evaluation: EvaluationChoice
    seed: int
    tags: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"recipe name {self.name!r} must match {_NAME.pattern}")
        if self.tokenizer.vocab_size != self.model.vocab_size:
            raise ValueError(
                f"recipe {self.name}: tokenizer has {self.tokenizer.vocab_size} entries, the model "
                f"{self.model.vocab_size}: make them equal"
            )
        longest = max(stage.context_tokens for stage in self.stages)
        if self.model.max_position_embeddings < longest:
            raise ValueError(
                f"recipe {self.name}: max_position_embeddings {self.model.max_position_embeddings} "
                f"is below the longest stage context {longest}"
            )
        for stage in self.stages:
            if not 0 <= stage.medical_share <= 1:
                raise ValueError(f"{stage.name}: medical_share {stage.medical_share} not in 0..1")

    @property
    def source_names(self) -> tuple[str, ...]:
        return tuple(use.source for use in self.sources)

    def stage(self, name: str) -> StageSpec:
        return next(stage for stage in self.stages if stage.name == name)

    def sft_stage(self, name: str) -> SftStageSpec:
        return next(stage for stage in self.sft if stage.name == name)

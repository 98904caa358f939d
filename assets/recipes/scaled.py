"""Smaller models in the shape of the 14B: what follows from a width, a depth and a vocabulary.

The rules, each from the 14B's published numbers (arXiv 2502.12671) unless it says otherwise:

- global heads have 256 channels, sliding heads 128; a kv head serves at most 10 and 5 query heads;
- the feed-forward width is 3.4 times the hidden size, to the nearest 128;
- layers alternate, global first; a sliding layer sees a quarter of the context, as in the paper's
  1.5B ablations (2k of 8k, table 2); stage 3 has four times the context and RoPE base 1e6;
- 20 tokens per parameter (Chinchilla, arXiv 2203.15556), in the paper's proportion of 12 : 6 : 2;
- learning rate and batch follow the fits of DeepSeek LLM (arXiv 2401.02954, equation 1), the batch
  rounded to a power of two of samples; for the 14B they would say 2.9e-4 and 25M tokens, where the
  paper has 4e-4 and 16M.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import log2

from assets.recipes.data import SourceUse
from assets.recipes.recipe import Recipe, SftStageSpec, StageSpec, SynthesisSpec, TokenizerSpec
from assets.recipes.small import SOURCES
from assets.recipes.tiny import tiny
from model.config import ModelConfig

INBOX = "inbox_public"
"""Where a team's own corpora come in: a folder, or a prefix of the object store."""
_ALL = 1 << 60
_TOKENS_PER_PARAMETER = 20
_STAGE_SHARES = (0.6, 0.3, 0.1)
_MEDICAL_SHARES = (0.10, 0.30, 0.50)
"""Those of `m1_14b`: our choice."""


@dataclass(frozen=True, kw_only=True)
class Size:
    hidden_size: int
    num_layers: int
    vocab_size: int
    context_tokens: int
    """Of stages 1 and 2."""


def scaled(name: str, title: str, size: Size) -> Recipe:
    """Return the recipe of a size; its tokenizer, data and judges are those of `small`."""
    model = scaled_model(size)
    tokens = _TOKENS_PER_PARAMETER * model.num_parameters()
    base = tiny()
    return replace(
        base,
        name=name,
        title=title,
        sources=tuple(
            SourceUse(source=source, max_text_bytes=_ALL) for source in (INBOX, *SOURCES)
        ),
        tokenizer=TokenizerSpec(
            vocab_size=size.vocab_size,
            general_share=0.75,
            # What an hour of training on one machine takes (docs/tokenizer.md): our choice.
            train_text_bytes=1_000_000_000,
        ),
        model=model,
        stages=_stages(size, model, tokens),
        precision="bf16",
        synthesis=SynthesisSpec(max_general=20_000, max_medical=60_000, seed=3),
        sft=(_sft("sft_general", size), _sft("sft_medical", size)),
        evaluation=replace(
            base.evaluation,
            max_items=1000,  # The paper's number (section 6).
            heldout_documents=500,
            needle_lengths=(size.context_tokens // 4, size.context_tokens),
        ),
    )


def scaled_model(size: Size) -> ModelConfig:
    """Return the architecture of a size."""
    global_heads, swa_heads = size.hidden_size // 256, size.hidden_size // 128
    return ModelConfig(
        vocab_size=size.vocab_size,
        hidden_size=size.hidden_size,
        intermediate_size=round(3.4 * size.hidden_size / 128) * 128,
        num_layers=size.num_layers,
        num_global_heads=global_heads,
        num_global_kv_heads=_kv_heads(global_heads, group=10),
        num_swa_heads=swa_heads,
        num_swa_kv_heads=_kv_heads(swa_heads, group=5),
        sliding_window=size.context_tokens // 4,
        sliding_window_layers=tuple(range(1, size.num_layers, 2)),
        conv_window=2,
        rope_theta=1e6,
        max_position_embeddings=4 * size.context_tokens,
    )


def fitted_lr(compute_flops: float) -> float:
    return float(0.3118 * compute_flops**-0.1250)


def fitted_batch_tokens(compute_flops: float) -> float:
    return float(0.2920 * compute_flops**0.3271)


def compute_flops(model: ModelConfig, tokens: float) -> float:
    """Return 6 x parameters x tokens, the input embedding left out, as DeepSeek's fit has it."""
    return 6 * (model.num_parameters() - model.vocab_size * model.hidden_size) * tokens


def _stages(size: Size, model: ModelConfig, tokens: int) -> tuple[StageSpec, StageSpec, StageSpec]:
    compute = compute_flops(model, tokens)
    peak_lr = float(f"{fitted_lr(compute):.1e}")
    samples = 2 ** round(log2(fitted_batch_tokens(compute) / size.context_tokens))
    batch_tokens = samples * size.context_tokens
    first = StageSpec(
        name="stage1",
        tokens=_whole_steps(tokens * _STAGE_SHARES[0], batch_tokens),
        context_tokens=size.context_tokens,
        batch_samples=samples,
        medical_share=_MEDICAL_SHARES[0],
        rope_theta=1e5,
        peak_lr=peak_lr,
        final_lr=peak_lr,
        # The paper warms up for 2,000 of 1.25M steps; a twentieth of the stage is our choice.
        warmup_steps=min(2000, int(tokens * _STAGE_SHARES[0] / batch_tokens / 20)),
        decay="constant",
    )
    second = replace(
        first,
        name="stage2",
        tokens=_whole_steps(tokens * _STAGE_SHARES[1], batch_tokens),
        medical_share=_MEDICAL_SHARES[1],
        warmup_steps=0,
    )
    third = replace(
        second,
        name="stage3",
        tokens=_whole_steps(tokens * _STAGE_SHARES[2], batch_tokens),
        context_tokens=4 * size.context_tokens,
        batch_samples=samples // 4,
        medical_share=_MEDICAL_SHARES[2],
        rope_theta=1e6,
        final_lr=peak_lr / 20,  # 4e-4 to 2e-5, section 4.2.
        decay="cosine",
    )
    return first, second, third


def _sft(name: str, size: Size) -> SftStageSpec:
    """Section 5.1: rounds by a cosine; two of them, rates and batch are our choice at this size."""
    return SftStageSpec(
        name=name,  # type: ignore[arg-type]
        epochs=2,
        context_tokens=size.context_tokens,
        batch_samples=32,
        peak_lr=1e-4,
        final_lr=1e-5,
        warmup_steps=20,
    )


def _kv_heads(heads: int, *, group: int) -> int:
    """Return the fewest kv heads that divide the heads and serve at most `group` each."""
    return next(kv for kv in range(1, heads + 1) if heads % kv == 0 and heads // kv <= group)


def _whole_steps(tokens: float, batch_tokens: int) -> int:
    return round(tokens / batch_tokens) * batch_tokens

"""Bytes one device holds at its fullest moment of a training step, by component; torch-free.

A step has a few moments that can be the fullest: the loss, the backward of the head, the backward
of the last layer, the reduction of the gradients, the update. Each is added up from the tensors
that the network, the engine and DeepSpeed 0.19.8 hold then; the largest counts. Measured by
benchmarks/planner.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from model.config import ModelConfig
from training.planning.activations import (
    Pass,
    boundary_bytes,
    layer_bytes,
    peak_in_layer_bytes,
    shared_bytes,
)
from training.planning.layout import Layout, Runtime

BUCKET_ELEMENTS = 500_000_000
"""DeepSpeed's default reduce_bucket_size: one buffer of so many gradients, allocated whole."""
LIVE_ELEMENTS = 1_000_000_000
"""DeepSpeed's default stage3_max_live_parameters: whole weights that stage 3 keeps gathered."""
_CHUNK_LOGITS, _MIN_CHUNK_TOKENS = 1 << 22, 512
"""Of model/loss.py, which needs torch; a test holds the two together."""


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Bytes on one device at the fullest moment of a step."""

    moment: str
    weights: float
    gradients: float
    optimizer: float
    """The fp32 weights that are updated, where the network has others, and AdamW's two moments."""
    activations: float
    head: float
    """Logits of a chunk, and the output embedding's gradients while they are computed."""
    buffers: float
    """Buckets of the reduction and their copies, gathered weights."""
    host: float
    """Bytes in the host's memory (offload); not part of the total."""

    @property
    def total(self) -> float:
        return (
            self.weights + self.gradients + self.optimizer
            + self.activations + self.head + self.buffers
        )  # fmt: skip


def step_memory(
    config: ModelConfig, layout: Layout, *, context_tokens: int, runtime: Runtime
) -> Memory:
    """Return the fullest moment of a step."""
    moments = step_moments(config, layout, context_tokens=context_tokens, runtime=runtime)
    return max(moments, key=lambda moment: moment.total)


def step_moments(
    config: ModelConfig, layout: Layout, *, context_tokens: int, runtime: Runtime
) -> list[Memory]:
    """Return every moment that can be the fullest, in the order of a step."""
    run = Pass(
        samples=layout.micro_batch_samples,
        context_tokens=context_tokens,
        sequence_parallel=layout.sequence_parallel,
        element_bytes=layout.element_bytes,
        runtime=runtime,
    )
    always = _always(config, layout, runtime)
    return [
        Memory(
            moment=name,
            weights=always["weights"],
            optimizer=always["optimizer"],
            host=always["host"],
            gradients=parts.get("gradients", 0.0),
            activations=parts.get("activations", 0.0),
            head=parts.get("head", 0.0),
            buffers=always["buffers"] + parts.get("buffers", 0.0),
        )
        for name, parts in {
            **_forward_moments(config, layout, run),
            **_late_moments(config, layout, runtime),
        }.items()
    ]


def _always(config: ModelConfig, layout: Layout, runtime: Runtime) -> dict[str, float]:
    """Return what is there at every moment."""
    whole, size = config.num_parameters(), layout.element_bytes
    part = whole / layout.devices
    if layout.zero_stage == 0:
        return {"weights": 4.0 * whole, "optimizer": 8.0 * whole, "buffers": 0.0, "host": 0.0}
    states = 12 * part
    offloaded = layout.offload == "optimizer"
    buffers = 0.0
    if layout.zero_stage == 3:
        bucket = _bucket_elements(config, runtime) * size
        buffers = min(whole, LIVE_ELEMENTS) * size + bucket
    if offloaded:
        # A buffer for the largest gradient on its way out (temp_grad_buffer_for_gpu_offload).
        buffers += config.vocab_size * config.hidden_size * size
    return {
        "weights": float(part if layout.zero_stage == 3 else whole) * size,
        "optimizer": 0.0 if offloaded else states,
        "buffers": buffers,
        # The same states, fp32 gradients, and the rounded weights on their way back.
        "host": states + (4 + size) * part if offloaded else 0.0,
    }


def _forward_moments(config: ModelConfig, layout: Layout, run: Pass) -> dict[str, dict[str, float]]:
    """Return the moments at which all activations are there."""
    size, vocabulary = run.element_bytes, config.vocab_size * config.hidden_size
    kept, in_layer = _kept(config, layout, run)
    hidden = boundary_bytes(config, run)
    stays = layout.accumulation > 1 or layout.zero_stage == 3  # Stage 3 keeps its buffer.
    before = _accumulated(config, layout) if stays else 0.0
    whole = 0.0
    if run.runtime.takes_buckets_whole and layout.zero_stage in (1, 2):
        whole = float(BUCKET_ELEMENTS) * size
    first_gradient = vocabulary * size if layout.zero_stage < 2 or not whole else 0.0
    return {
        "loss": {
            "gradients": before,
            "activations": kept + 2 * hidden,
            # The unit rows of the head, their gradient in fp32, and (rounded) one more product.
            "head": vocabulary * (size + 4 + (size if size == 2 else 0))
            + hidden
            + _logits(config, run),
        },
        "backward of the head": {
            "gradients": before,
            "activations": kept + hidden,
            # Gradients of rows and unit rows, and three more of their size within the division.
            "head": 5.0 * vocabulary * size,
            "buffers": whole,
        },
        "backward of the last layer": {
            "gradients": max(before, first_gradient),
            "activations": kept + in_layer,
            "buffers": whole,
        },
    }


def _late_moments(
    config: ModelConfig, layout: Layout, runtime: Runtime
) -> dict[str, dict[str, float]]:
    """Return the moments after the activations are gone."""
    size, largest = layout.element_bytes, config.vocab_size * config.hidden_size
    after = _accumulated(config, layout)
    filled = min(config.num_parameters(), BUCKET_ELEMENTS) * size
    bucket = _bucket_elements(config, runtime) * size
    # What is larger than a bucket is reduced alone, beside it; gradients travel in fp32.
    sent = 4 / size if layout.devices > 1 else 1.0
    copied = max(filled, largest * size) * sent
    alone = largest * size if largest > BUCKET_ELEMENTS else 0.0
    norm = 8.0 * largest  # The norm is taken in fp64, gradient by gradient.
    if layout.zero_stage < 2:
        # Gradients lie in the bucket, or beside it where it is taken whole.
        beside = bucket if layout.zero_stage and runtime.takes_buckets_whole else 0.0
        reduction = {"gradients": after, "buffers": copied + beside}
        flat = 4.0 * config.num_parameters() / layout.devices if layout.zero_stage else 0.0
        update = {"gradients": after, "buffers": flat + (norm if layout.zero_stage else 0.0)}
    elif layout.zero_stage == 2:
        held = after if layout.accumulation > 1 or size == 2 else 0.0
        reduction = {"gradients": held, "buffers": bucket + copied + alone}
        update = {"gradients": after, "buffers": norm + (bucket if size == 4 else 0.0)}
    else:
        reduction = {"gradients": after, "buffers": copied + alone}
        update = {"gradients": 2 * after, "buffers": norm}
    if layout.offload == "optimizer":
        update = {"gradients": 0.0, "buffers": 0.0}
    return {"reduction of the gradients": reduction, "update": update}


def _kept(config: ModelConfig, layout: Layout, run: Pass) -> tuple[float, float]:
    """Return what the forward keeps, and what the backward of the widest layer adds to it."""
    layers = [layer_bytes(config, layer, run) for layer in range(config.num_layers)]
    in_layer = peak_in_layer_bytes(config, run)
    hidden, shared = boundary_bytes(config, run), shared_bytes(config, run)
    if layout.activation_checkpointing:
        return hidden * (config.num_layers + 1) + shared, in_layer + max(layers)
    return sum(layers) + hidden + shared, in_layer


def _logits(config: ModelConfig, run: Pass) -> float:
    """Return the bytes of the logits at hand: a chunk, and the one before while it is replaced."""
    at_once = chunk_tokens(config.vocab_size)
    chunk = min(at_once, run.tokens) * config.vocab_size
    before = chunk if run.tokens > at_once else 0.0
    size = run.element_bytes
    if size == 4:
        return 4 * (chunk + before)
    packed = 6 * chunk if run.runtime.packs_bf16 else 0.0
    return (4 + size) * chunk + size * before + packed


def chunk_tokens(vocab_size: int) -> int:
    """Return how many tokens' logits are computed at once."""
    return max(_MIN_CHUNK_TOKENS, _CHUNK_LOGITS // vocab_size)


def _bucket_elements(config: ModelConfig, runtime: Runtime) -> int:
    whole = config.num_parameters()
    return BUCKET_ELEMENTS if runtime.takes_buckets_whole else min(whole, BUCKET_ELEMENTS)


def _accumulated(config: ModelConfig, layout: Layout) -> float:
    """Return the fp32 gradients that stay from one micro-batch to the next."""
    if layout.offload == "optimizer":
        return 0.0
    whole = config.num_parameters()
    return 4.0 * whole if layout.zero_stage < 2 else 4.0 * whole / layout.devices

"""What a stage costs on given devices: time, device hours, energy, CO2, money; torch-free.

Arithmetic from a stated share of the peak; what it leaves out stands in docs/planning.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from model.config import ModelConfig
from training.planning.flops import recomputed_flops, train_flops
from training.planning.hardware import Hardware
from training.planning.layout import Layout, Precision
from training.planning.search import StageJob

CARBON_G_PER_KWH = 445.0
"""World average of electricity in 2024: IEA, Electricity 2025, chapter on emissions."""
PUE = 1.56
"""Energy of a data centre over that of its machines: the average of the Uptime Institute's survey
of 2024."""


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """What turns operations into time and time into costs."""

    mfu: float
    """Share of the peak that the model's own operations reach, without recomputation."""
    price_per_hour: float
    pue: float = PUE
    carbon_g_per_kwh: float = CARBON_G_PER_KWH

    def __post_init__(self) -> None:
        if not 0 < self.mfu <= 1:
            raise ValueError(f"--mfu {self.mfu} is not in (0, 1]: give a share, for example 0.35")
        for name in ("price_per_hour", "carbon_g_per_kwh"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} {getattr(self, name)} is below 0")
        if self.pue < 1:
            raise ValueError(f"--pue {self.pue} is below 1: no data centre draws less than it runs")


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Of one stage, or of all together."""

    tokens: int
    steps: int
    flops: float
    """Of the model: what training records as `flops`."""
    seconds: float
    device_hours: float
    energy_kwh: float
    co2_kg: float
    price_usd: float

    @property
    def days(self) -> float:
        return self.seconds / 86400

    @property
    def tokens_per_s(self) -> float:
        return self.tokens / self.seconds


def stage_cost(
    config: ModelConfig, job: StageJob, layout: Layout, device: Hardware, assumed: Assumptions
) -> Cost:
    """Return the cost of a stage; the tokens are those of its whole steps."""
    tokens = job.steps * job.batch_samples * job.context_tokens
    flops = train_flops(config, context_tokens=job.context_tokens, tokens=tokens)
    done = flops
    if layout.activation_checkpointing:
        done += recomputed_flops(config, context_tokens=job.context_tokens, tokens=tokens)
    seconds = done / (device.peak_flops(layout.precision) * assumed.mfu * layout.devices)
    return _cost(
        device, assumed, tokens=tokens, steps=job.steps, flops=flops, seconds=seconds,
        devices=layout.devices,
    )  # fmt: skip


def scoring_cost(
    config: ModelConfig,
    texts: Sequence[tuple[int, int]],
    device: Hardware,
    assumed: Assumptions,
    *,
    precision: Precision,
    models: int,
) -> Cost:
    """Return the cost of scoring texts, each (tokens, tokens of one row), forward, on one device.

    The head is counted for every token, though it runs for the scored ones alone.
    """
    forward = sum(train_flops(config, context_tokens=row, tokens=n) / 3 for n, row in texts)
    flops = models * forward
    return _cost(
        device, assumed, tokens=models * sum(tokens for tokens, _ in texts), steps=0, flops=flops,
        seconds=flops / (device.peak_flops(precision) * assumed.mfu), devices=1,
    )  # fmt: skip


def _cost(
    device: Hardware,
    assumed: Assumptions,
    *,
    tokens: int,
    steps: int,
    flops: float,
    seconds: float,
    devices: int,
) -> Cost:
    hours = seconds * devices / 3600
    energy = hours * (device.device_watts + device.host_watts) / 1000 * assumed.pue
    return Cost(
        tokens=tokens,
        steps=steps,
        flops=flops,
        seconds=seconds,
        device_hours=hours,
        energy_kwh=energy,
        co2_kg=energy * assumed.carbon_g_per_kwh / 1000,
        price_usd=hours * assumed.price_per_hour,
    )


def total_cost(costs: list[Cost]) -> Cost:
    return Cost(
        tokens=sum(cost.tokens for cost in costs),
        steps=sum(cost.steps for cost in costs),
        flops=sum(cost.flops for cost in costs),
        seconds=sum(cost.seconds for cost in costs),
        device_hours=sum(cost.device_hours for cost in costs),
        energy_kwh=sum(cost.energy_kwh for cost in costs),
        co2_kg=sum(cost.co2_kg for cost in costs),
        price_usd=sum(cost.price_usd for cost in costs),
    )


def communication_seconds(
    config: ModelConfig, layout: Layout, device: Hardware, *, context_tokens: int
) -> float:
    """Return what one step's exchanges take where nothing overlaps them: a bound, not in the time.

    Bytes that a device sends: an all-reduce counts twice its tensor, a gather or scatter once.
    """
    size, whole = layout.element_bytes, config.num_parameters()
    micro_batches = layout.accumulation
    if layout.zero_stage == 0:
        sent = 2.0 * 4 * whole
    elif layout.zero_stage == 3:
        # Weights are gathered for the forward and for the backward, gradients scattered.
        sent = 3.0 * size * whole * micro_batches
    else:
        # DeepSpeed reduces a bucket on all ranks, then each keeps its part.
        sent = 2.0 * size * whole * (micro_batches if layout.zero_stage == 2 else 1) + size * whole
    sent *= (layout.devices - 1) / layout.devices
    sent += micro_batches * _exchanged(config, layout, context_tokens)
    within = layout.devices <= device.devices_per_node
    return sent / (device.link_bytes_per_s if within else device.network_bytes_per_s)


def _exchanged(config: ModelConfig, layout: Layout, context_tokens: int) -> float:
    """Bytes of Ulysses' all-to-alls: q, k, v and the output, forward, backward, recomputed."""
    degree = layout.sequence_parallel
    tokens = layout.micro_batch_samples * context_tokens / degree
    width = 0
    for layer in range(config.num_layers):
        heads, kv_heads, dim = config.heads(layer)
        width += 2 * heads * dim + 2 * max(kv_heads, degree) * dim
    passes = 3 if layout.activation_checkpointing else 2
    return passes * tokens * width * layout.element_bytes * (degree - 1) / degree

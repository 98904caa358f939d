"""Devices to plan for: what their makers state, and what an hour of one costs.

Dense figures, no sparsity. Prices are our choice: round figures of what clouds ask for one device
on demand, to be replaced by your own (`materia plan --price`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from training.planning.layout import CPU, CUDA, ROCM, Precision, Runtime

_TERA, _GIGA = 1e12, 1e9


@dataclass(frozen=True, kw_only=True)
class Hardware:
    """One device, and its share of the node around it."""

    name: str
    title: str
    bf16_flops: float
    """Peak per second, dense."""
    fp32_flops: float
    """Peak per second; the engine does not round fp32 to TF32."""
    memory_bytes: float
    memory_bytes_per_s: float
    link_bytes_per_s: float
    """To the other devices of its node, one direction."""
    network_bytes_per_s: float
    """To other nodes, per device: our choice."""
    devices_per_node: int
    device_watts: float
    """Thermal design power."""
    host_watts: float
    """Share of the node's other power: our choice."""
    price_per_hour: float
    """US dollars: our choice."""
    default_mfu: float
    """Share of the peak that the model's own operations reach."""
    mfu_source: str
    reserved_share: float
    """Memory that a step may not count on: our choice."""
    runtime: Runtime
    source: str

    def peak_flops(self, precision: Precision) -> float:
        return self.bf16_flops if precision == "bf16" else self.fp32_flops

    @property
    def usable_bytes(self) -> float:
        return self.memory_bytes * (1 - self.reserved_share)


_GPU_MFU = 0.35
_GPU_MFU_SOURCE = (
    "torchtitan states 33 to 39 % for Llama 3.1 8B in bf16 on H100, llm-foundry 40 to 46 %; "
    "this network has not been timed on a GPU"
)


def _gpu(
    name: str, title: str, *, bf16: float, fp32: float, memory: float, bandwidth: float,
    link: float, watts: float, price: float, source: str, runtime: Runtime = CUDA,
) -> Hardware:  # fmt: skip
    """Return a GPU of a node of eight: teraFLOP/s, gigabytes, gigabytes per second, watts."""
    return Hardware(
        name=name,
        title=title,
        bf16_flops=bf16 * _TERA,
        fp32_flops=fp32 * _TERA,
        memory_bytes=memory * _GIGA,
        memory_bytes_per_s=bandwidth * _GIGA,
        link_bytes_per_s=link * _GIGA,
        network_bytes_per_s=50 * _GIGA,  # One port of 400 Gbit/s per device.
        devices_per_node=8,
        device_watts=watts,
        # Half of what a DGX H100 may draw beside its GPUs (10.2 kW at most, data sheet), by eight.
        host_watts=290,
        price_per_hour=price,
        default_mfu=_GPU_MFU,
        mfu_source=_GPU_MFU_SOURCE,
        # Driver context, communication buffers, fragmentation.
        reserved_share=0.08,
        runtime=runtime,
        source=source,
    )


HARDWARE: Mapping[str, Hardware] = {
    item.name: item
    for item in (
        _gpu(
            "h100", "NVIDIA H100 SXM, 80 GB", bf16=989.4, fp32=67, memory=80, bandwidth=3350,
            link=450, watts=700, price=3.0, source="NVIDIA H100 data sheet",
        ),
        _gpu(
            "h200", "NVIDIA H200 SXM, 141 GB", bf16=989.4, fp32=67, memory=141, bandwidth=4800,
            link=450, watts=700, price=3.8, source="NVIDIA H200 data sheet",
        ),
        _gpu(
            "a100", "NVIDIA A100 SXM, 80 GB", bf16=312, fp32=19.5, memory=80, bandwidth=2039,
            link=300, watts=400, price=1.8, source="NVIDIA A100 data sheet",
        ),
        _gpu(
            "b200", "NVIDIA B200 in an HGX, 180 GB", bf16=2250, fp32=75, memory=180,
            bandwidth=7700, link=900, watts=1000, price=6.0, source="NVIDIA HGX B200 data sheet",
        ),
        _gpu(
            "mi300x", "AMD Instinct MI300X, 192 GB", bf16=1307.4, fp32=163.4, memory=192,
            bandwidth=5300, link=448, watts=750, price=3.0, runtime=ROCM,
            source="AMD Instinct MI300X data sheet",
        ),
        _gpu(
            "l40s", "NVIDIA L40S, 48 GB", bf16=362, fp32=91.6, memory=48, bandwidth=864, link=32,
            watts=350, price=1.2, source="NVIDIA L40S data sheet",
        ),
        Hardware(
            name="cpu",
            title="two cores of a server, 16 GB",
            bf16_flops=0.41 * _TERA,
            fp32_flops=0.16 * _TERA,
            memory_bytes=16 * _GIGA,
            memory_bytes_per_s=20 * _GIGA,
            link_bytes_per_s=2 * _GIGA,
            network_bytes_per_s=1.25 * _GIGA,
            devices_per_node=1,
            device_watts=8,
            host_watts=8,
            price_per_hour=0.10,
            default_mfu=0.30,
            mfu_source=(
                "our choice: steps of benchmarks/planner.py reach 19 to 72 %, the smaller matrices "
                "of tiny and small less"
            ),
            # The operating system, the orchestrator, torch and DeepSpeed themselves.
            reserved_share=0.20,
            runtime=CPU,
            source="our choice: matrix products timed on two Zen 4 cores, EPYC 9654's 360 W by 96",
        ),
    )
}  # fmt: skip


def hardware(name: str) -> Hardware:
    """Return a device; raises ValueError with the names there are."""
    if name not in HARDWARE:
        raise ValueError(f"no GPU {name!r} in the table: choose from {', '.join(HARDWARE)}")
    return HARDWARE[name]

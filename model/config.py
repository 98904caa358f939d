"""The architecture of one network: every number that fixes a tensor shape or a mask.

Torch-free: the control plane reads it too. It never holds training settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """Shape of a Baichuan-M1 network (arXiv 2502.12671, section 3)."""

    vocab_size: int
    hidden_size: int
    intermediate_size: int
    """Width of the SwiGLU feed-forward layer."""
    num_layers: int
    num_global_heads: int
    num_global_kv_heads: int
    num_swa_heads: int
    num_swa_kv_heads: int
    sliding_window: int
    """Tokens a sliding layer sees, the query itself included."""
    sliding_window_layers: tuple[int, ...]
    """Indices of the sliding layers; all others are global."""
    conv_window: int
    """Taps of the short convolution on k and v: 2, or 0 for the ablation without it."""
    rope_theta: float
    """RoPE base; a training stage may set its own."""
    max_position_embeddings: int
    rms_norm_eps: float = 1e-6
    initializer_range: float = 0.02
    """Standard deviation of the normal initialisation (NOT FOUND in the paper: our choice)."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "sliding_window_layers", tuple(self.sliding_window_layers))
        for heads, kv, kind in (
            (self.num_global_heads, self.num_global_kv_heads, "global"),
            (self.num_swa_heads, self.num_swa_kv_heads, "swa"),
        ):
            if self.hidden_size % heads or (self.hidden_size // heads) % 2:
                raise ValueError(
                    f"hidden_size {self.hidden_size} over {heads} {kind} heads is not an even "
                    "head dimension: change num_heads or hidden_size"
                )
            if heads % kv:
                raise ValueError(f"{heads} {kind} heads are not a multiple of {kv} kv heads")
        bad = [i for i in self.sliding_window_layers if not 0 <= i < self.num_layers]
        if bad:
            raise ValueError(f"sliding_window_layers {bad} outside 0..{self.num_layers - 1}")
        if self.conv_window not in (0, 2):
            raise ValueError(f"conv_window {self.conv_window} is neither 2 nor 0 (none)")

    def is_sliding(self, layer: int) -> bool:
        return layer in self.sliding_window_layers

    def heads(self, layer: int) -> tuple[int, int, int]:
        """Return (query heads, kv heads, head dimension) of a layer."""
        if self.is_sliding(layer):
            return self.num_swa_heads, self.num_swa_kv_heads, self.hidden_size // self.num_swa_heads
        return (
            self.num_global_heads,
            self.num_global_kv_heads,
            self.hidden_size // self.num_global_heads,
        )

    def num_parameters(self) -> int:
        """Count all parameters, both embeddings and the convolution scalars included."""
        total = 2 * self.vocab_size * self.hidden_size + self.hidden_size
        for layer in range(self.num_layers):
            heads, kv, dim = self.heads(layer)
            total += self.hidden_size * (heads + 2 * kv) * dim + heads * dim * self.hidden_size
            total += 3 * self.hidden_size * self.intermediate_size + 2 * self.hidden_size
            total += 2 * kv * self.conv_window
        return total

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "sliding_window_layers": list(self.sliding_window_layers)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ModelConfig:
        unknown = set(data) - {f.name for f in fields(cls)}
        if unknown:
            raise ValueError(f"unknown model fields {sorted(unknown)}: check the spec")
        return cls(**data)

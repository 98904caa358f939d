"""Safetensors files as names, shapes and byte ranges: checked and copied without torch.

Works on the header and streams bytes, so bfloat16 needs no support and memory stays small.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from model.config import ModelConfig

FILE_NAME = "model.safetensors"
INDEX_NAME = "model.safetensors.index.json"
MAX_SHARD_BYTES = 5_000_000_000
"""Above this the weights are split, as Hugging Face tools do by default (5 GB)."""
_MAX_HEADER_BYTES = 100_000_000
"""Limit of the safetensors format itself."""
_COPY_BYTES = 1 << 22


class WeightsError(ValueError):
    """A weights file is not what the architecture asks for."""


@dataclass(frozen=True, kw_only=True)
class TensorEntry:
    """One tensor of a file; offsets count from the start of the file."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int

    @property
    def num_bytes(self) -> int:
        return self.end - self.start


def expected_shapes(config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """Return the published tensor names and shapes (arXiv 2502.12671 release) of a model."""
    hidden, wide = config.hidden_size, config.intermediate_size
    shapes: dict[str, tuple[int, ...]] = {
        "model.embed_tokens.weight": (config.vocab_size, hidden),
        "model.norm.weight": (hidden,),
        "lm_head.weight": (config.vocab_size, hidden),
    }
    for layer in range(config.num_layers):
        heads, kv_heads, dim = config.heads(layer)
        prefix = f"model.layers.{layer}"
        shapes |= {
            f"{prefix}.self_attn.W_pack.weight": ((heads + 2 * kv_heads) * dim, hidden),
            f"{prefix}.self_attn.o_proj.weight": (hidden, heads * dim),
            f"{prefix}.mlp.gate_proj.weight": (wide, hidden),
            f"{prefix}.mlp.up_proj.weight": (wide, hidden),
            f"{prefix}.mlp.down_proj.weight": (hidden, wide),
            f"{prefix}.input_layernorm.weight": (hidden,),
            f"{prefix}.post_attention_layernorm.weight": (hidden,),
        }
        if config.conv_window:
            taps = (1, 1, kv_heads, 1, config.conv_window)
            shapes |= {f"{prefix}.self_attn.conv_{side}": taps for side in "kv"}
    return shapes


def read_entries(path: Path) -> dict[str, TensorEntry]:
    """Return the tensors of a safetensors file by name; raises WeightsError when it is not one."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= min(_MAX_HEADER_BYTES, size - 8):
            raise WeightsError(f"{path} is not a safetensors file: its header length is {length}")
        header = json.loads(file.read(length))
    header.pop("__metadata__", None)
    first = 8 + length
    entries = {name: _entry(name, item, first) for name, item in header.items()}
    for entry in entries.values():
        if not first <= entry.start <= entry.end <= size:
            raise WeightsError(
                f"{path}: {entry.name} ends at byte {entry.end} of {size}: the file is cut short"
            )
    return entries


def check_tensors(entries: Mapping[str, TensorEntry], config: ModelConfig) -> None:
    """Raise WeightsError unless names and shapes are exactly those of the architecture."""
    expected = expected_shapes(config)
    missing = sorted(set(expected) - set(entries))
    unknown = sorted(set(entries) - set(expected))
    if missing or unknown:
        raise WeightsError(
            f"weights do not fit the architecture: missing {_few(missing)}, unknown "
            f"{_few(unknown)}; is the model config the one they were trained with?"
        )
    for name, shape in expected.items():
        if entries[name].shape != shape:
            raise WeightsError(
                f"{name} has shape {list(entries[name].shape)}, the architecture asks for "
                f"{list(shape)}: is the model config the one it was trained with?"
            )
    dtypes = sorted({entry.dtype for entry in entries.values()})
    if len(dtypes) != 1:
        raise WeightsError(f"weights mix the types {dtypes}: write one type")


def copy_weights(
    source: Path, folder: Path, config: ModelConfig, *, max_shard_bytes: int = MAX_SHARD_BYTES
) -> str:
    """Check and copy weights into a folder, split and indexed when large; return their type."""
    entries = read_entries(source)
    check_tensors(entries, config)
    shards = list(_shards((entries[name] for name in expected_shapes(config)), max_shard_bytes))
    with source.open("rb") as file:
        if len(shards) == 1:
            _write(file, shards[0], folder / FILE_NAME)
        else:
            _write_indexed(file, shards, folder)
    return next(iter(entries.values())).dtype


def _write_indexed(source: BinaryIO, shards: list[list[TensorEntry]], folder: Path) -> None:
    weight_map: dict[str, str] = {}
    for number, shard in enumerate(shards, start=1):
        name = f"model-{number:05d}-of-{len(shards):05d}.safetensors"
        _write(source, shard, folder / name)
        weight_map |= {entry.name: name for entry in shard}
    total = sum(entry.num_bytes for shard in shards for entry in shard)
    index = {"metadata": {"total_size": total}, "weight_map": weight_map}
    (folder / INDEX_NAME).write_text(json.dumps(index, indent=2, sort_keys=True) + "\n")


def _shards(entries: Iterable[TensorEntry], limit: int) -> Iterator[list[TensorEntry]]:
    shard: list[TensorEntry] = []
    for entry in entries:
        if shard and sum(e.num_bytes for e in shard) + entry.num_bytes > limit:
            yield shard
            shard = []
        shard.append(entry)
    yield shard


def _write(source: BinaryIO, shard: list[TensorEntry], target: Path) -> None:
    # "format": "pt" is what Hugging Face loaders ask for.
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    offset = 0
    for entry in shard:
        header[entry.name] = {
            "dtype": entry.dtype,
            "shape": list(entry.shape),
            "data_offsets": [offset, offset + entry.num_bytes],
        }
        offset += entry.num_bytes
    encoded = json.dumps(header, separators=(",", ":")).encode()
    encoded += b" " * (-len(encoded) % 8)
    with target.open("wb") as file:
        file.write(len(encoded).to_bytes(8, "little") + encoded)
        for entry in shard:
            source.seek(entry.start)
            left = entry.num_bytes
            while left:
                block = source.read(min(left, _COPY_BYTES))
                file.write(block)
                left -= len(block)


def _entry(name: str, item: Mapping[str, Any], first: int) -> TensorEntry:
    start, end = item["data_offsets"]
    return TensorEntry(
        name=name,
        dtype=item["dtype"],
        shape=tuple(item["shape"]),
        start=first + start,
        end=first + end,
    )


def _few(names: list[str]) -> str:
    shown = ", ".join(names[:3]) or "none"
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown

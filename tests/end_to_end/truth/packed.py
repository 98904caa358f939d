"""The lake as its bytes tell it: who lies where in the packed shards, and which step read it when.

Reads manifests, tokens, segments and tables with nothing but numpy, polars and the tokenizer; no
audit, no index and no reader of the project's, so that an audit can be held against it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from model.tokenizer import Tokenizer
from training.shards import SampleOrder


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A run of one document's tokens in one sample."""

    shards: str
    """Node: tokenizers/shards_stage1."""
    sample: int
    start: int
    end: int
    piece: int
    text: str = field(compare=False, default="")


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A model and the order in which it read one shards artifact."""

    node: str
    shards: str
    steps: dict[int, list[int]]
    """Sample -> the steps that read it."""


class PackedLake:
    """One recipe's artifacts, each node once."""

    def __init__(self, folder: Path, recipe: str) -> None:
        self.manifests: dict[str, dict[str, Any]] = {}
        self.folders: dict[str, Path] = {}
        for path in sorted(folder.glob("*/*/*/manifest.json")):
            record = json.loads(path.read_text())
            node = f"{record['family']}/{record['name']}"
            of_source = record["partition"] not in ("", recipe)
            key = f"{node}[{record['partition']}]" if of_source else node
            self.manifests[key] = record
            self.folders[key] = path.parent / record["data_dir"]
        self.tokenizer = Tokenizer.load(self.folders["tokenizers/tokenizer"])
        self.trained = [self._order(node) for node in MODELS]

    def name(self, node: str) -> str:
        """Return the artifact as traces name it: key@fingerprint12."""
        record = self.manifests[node]
        where = f"[{record['partition']}]" if record["partition"] else ""
        family_name = f"{record['family']}/{record['name']}"
        return f"{family_name}{where}@{record['fingerprint'][:12]}"

    def key(self, node: str) -> str:
        return self.name(node).split("@")[0]

    def node_of(self, fingerprint: str) -> str:
        return next(n for n, m in self.manifests.items() if m["fingerprint"] == fingerprint)

    def table(self, node: str, name: str) -> pl.DataFrame:
        folder = self.folders[node]
        parts = sorted((folder / name).glob("*.parquet")) if (folder / name).is_dir() else []
        return pl.concat(pl.read_parquet(path) for path in parts or [folder / f"{name}.parquet"])

    def pieces_of_texts(self, node: str, texts: dict[str, str]) -> dict[str, list[Piece]]:
        """Return where the tokens of texts (by a name) lie in shards of documents.

        Every piece of the shards must be of exactly one of the texts; else the truth is not known.
        """
        context = self.info(node)["context_tokens"]
        owners: dict[bytes, tuple[str, int]] = {}
        for name, text in texts.items():
            ids = [self.tokenizer.bos_id, *self.tokenizer.encode(text), self.tokenizer.eos_id]
            for number in range(0, -(-len(ids) // context)):
                cut = np.array(ids[number * context : (number + 1) * context]).tobytes()
                assert owners.setdefault(cut, (name, number))[0] == name, f"{name} is not alone"
        found: dict[str, list[Piece]] = defaultdict(list)
        for sample, start, ids_N in self._runs(node):
            name, number = owners[ids_N.astype(np.int64).tobytes()]
            found[name].append(
                Piece(shards=node, sample=sample, start=start, end=start + len(ids_N), piece=number)
            )
        return found

    def pieces_of_chats(self, node: str) -> list[Piece]:
        """Return every chat in shards of fine-tuning, with its text."""
        return [
            Piece(
                shards=node, sample=sample, start=start, end=start + len(ids_N), piece=0,
                text=self.tokenizer.decode(ids_N.tolist()),
            )
            for sample, start, ids_N in self._runs(node)
        ]  # fmt: skip

    def info(self, node: str) -> dict[str, Any]:
        info: dict[str, Any] = json.loads((self.folders[node] / "shards.json").read_text())
        return info

    def words_at(self, node: str, sample: int, tokens: list[int]) -> str:
        """Return the text that really lies at a place."""
        info = self.info(node)
        shard, row = divmod(sample, info["samples_per_shard"])
        ids_N = self._tokens(node, shard)[row][tokens[0] : tokens[1]]
        return self.tokenizer.decode(ids_N.tolist())

    def _tokens(self, node: str, shard: int) -> np.ndarray[Any, np.dtype[Any]]:
        info = self.info(node)
        ids = np.fromfile(self.folders[node] / f"tokens/{shard:05d}.bin", dtype=info["dtype"])
        return ids.reshape(-1, info["context_tokens"])

    def _runs(self, node: str) -> list[tuple[int, int, np.ndarray[Any, np.dtype[Any]]]]:
        """Cut every sample where a document begins; what is padding ends the last one."""
        info, found = self.info(node), []
        for shard in range(-(-info["num_samples"] // info["samples_per_shard"])):
            tokens = self._tokens(node, shard)
            path = self.folders[node] / f"segments/{shard:05d}.bin"
            starts = np.fromfile(path, dtype="<u4").reshape(-1, 2)
            for row in range(len(tokens)):
                edges = [*starts[starts[:, 0] == row][:, 1].tolist(), info["context_tokens"]]
                for first, last in pairwise(edges):
                    ids_N = tokens[row][first:last]
                    real = np.flatnonzero(ids_N != info["pad_id"])
                    ids_N = ids_N[: int(real[-1]) + 1 if len(real) else 0]
                    sample = shard * info["samples_per_shard"] + row
                    found.append((sample, int(first), ids_N))
        return found

    def _order(self, node: str) -> Trained:
        """Walk the stream of samples as the trainer does, position by position."""
        record = self.manifests[node]
        (shards,) = [i for i in record["inputs"] if i["family"] == "tokenizers"]
        name = f"tokenizers/{shards['name']}"
        batch, steps = record["config"]["batch_samples"], record["counts"]["steps"]
        order = SampleOrder(self.info(name)["num_samples"], record["config"]["data_seed"])
        read: dict[int, list[int]] = defaultdict(list)
        for position in range(batch * steps):
            read[order.sample_at(position)].append(position // batch)
        return Trained(node=node, shards=name, steps=dict(read))


MODELS = (
    "checkpoints/stage1", "checkpoints/stage2", "checkpoints/stage3", "models/sft_general",
    "models/sft_medical",
)  # fmt: skip
"""In the order in which they are made; each begins where the one before has ended."""
JUDGED = ("checkpoints/stage3", "models/sft_medical")
REPORTS = ("benchmarks", "medical", "needle", "perplexity", "scorecard")

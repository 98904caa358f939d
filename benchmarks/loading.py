"""Random reads of packed samples beside a raw map, torch's DataLoader and mosaicml-streaming.

Every side reads the same random samples in batches; ours also returns the segments and the loss
mask that the network needs, the peers tokens alone. Then the loader's share of a training step of
recipe `tiny` is measured. mosaicml-streaming pins numpy < 2.2, so it runs in an environment of
its own: `python -m venv V && V/bin/pip install mosaicml-streaming`, then `--streaming-python
V/bin/python`.

    python -m benchmarks.loading [--rounds 9] [--batch 64] [--streaming-python V/bin/python]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from benchmarks.engine import make_spec
from benchmarks.speed import CLOCKS, Step, interleaved, ratio, write_result
from model.network import Network
from training.data import Loader
from training.shards import Shards, ShardsInfo

CONTEXT, SAMPLES, VOCAB, PIECE_TOKENS = 512, 65_536, 8192, 300
"""64 MiB of tokens: larger than any cache of the processor."""


def write_shards(folder: Path, *, context: int, samples: int, shards: int = 4) -> Path:
    """Write shards of random tokens; documents end at random, one in 300 tokens."""
    rng = np.random.default_rng(1)
    per_shard = samples // shards
    for kind in ("tokens", "segments"):
        (folder / kind).mkdir(parents=True)
    for number in range(shards):
        name = f"{number:05d}.bin"
        tokens = rng.integers(1, VOCAB, (per_shard, context), dtype=np.uint16)
        begins = rng.random((per_shard, context)) < 1 / PIECE_TOKENS
        begins[:, 0] = True
        (folder / "tokens" / name).write_bytes(tokens.tobytes())
        (folder / "segments" / name).write_bytes(np.argwhere(begins).astype("<u4").tobytes())
    ShardsInfo(
        context_tokens=context,
        vocab_size=VOCAB,
        pad_id=0,
        dtype="uint16",
        num_samples=per_shard * shards,
        samples_per_shard=per_shard,
        num_tokens=per_shard * shards * context,
        has_loss_mask=False,
    ).write(folder)
    return folder


class _MapDataset(torch.utils.data.Dataset[torch.Tensor]):
    """What a training script in plain torch writes: one map, one sample at a time."""

    def __init__(self, tokens: np.memmap) -> None:  # type: ignore[type-arg]
        self._tokens = tokens

    def __len__(self) -> int:
        return len(self._tokens)

    def __getitem__(self, index: int) -> torch.Tensor:
        return torch.from_numpy(self._tokens[index].astype(np.int64))


def make_sides(folder: Path, order: np.ndarray, batch: int) -> dict[str, Step]:  # type: ignore[type-arg]
    """Each side reads the samples of `order` (all in the first shard) in batches."""
    shards = Shards(folder)
    path = folder / "tokens" / "00000.bin"
    tokens = np.memmap(path, dtype="<u2", mode="r").reshape(-1, CONTEXT)
    batches = np.split(order, range(batch, len(order), batch))
    lists = [part.tolist() for part in batches]

    def ours() -> None:
        for part in lists:
            shards.batch(part)

    def raw_rows() -> None:
        for part in lists:
            np.stack([tokens[index] for index in part]).astype(np.int64)

    def raw_batch() -> None:
        for part in batches:
            tokens[part].astype(np.int64)

    def data_loader() -> None:
        sampler = torch.utils.data.BatchSampler(order.tolist(), batch, drop_last=False)
        for _ in torch.utils.data.DataLoader(_MapDataset(tokens), batch_sampler=sampler):
            pass

    return {
        "ours": ours,
        "memmap, row by row": raw_rows,
        "memmap, rows at once": raw_batch,
        "torch DataLoader, in process": data_loader,
    }


def streaming_rates(python: str, order: np.ndarray, scratch: Path, rounds: int) -> list[float]:  # type: ignore[type-arg]
    """Return samples per second of mosaicml-streaming, one per round, in its own environment."""
    code = Path(__file__).with_name("loading_streaming.py")
    request = {"order": order.tolist(), "context": CONTEXT, "vocab": VOCAB, "rounds": rounds}
    done = subprocess.run(
        [python, str(code), str(scratch / "streaming")],
        input=json.dumps(request), capture_output=True, text=True, check=True,
    )  # fmt: skip
    rates: list[float] = json.loads(done.stdout.splitlines()[-1])
    return rates


def share_of_step(scratch: Path, *, steps: int) -> dict[str, float]:
    """Return CPU seconds of loading and of training in a step of `tiny`, and their quotient."""
    spec = make_spec(stage=0, micro=8)
    context = spec.identity.context_tokens
    folder = write_shards(scratch / "tiny", context=context, samples=4096)
    spec = replace(spec, execution=replace(spec.execution, shards_dir=str(folder)))
    loader, network = Loader(spec, rank=0), Network(spec.identity.model)
    network.init_weights(1)
    optimizer = torch.optim.AdamW(network.parameters(), fused=True)
    clock, loading, training = CLOCKS["cpu"], [], []
    for step in range(steps):
        start = clock()
        batch = loader.batch(step)
        read = clock()
        for micro in batch.micro_batches:
            nll, _ = network.loss(micro.tokens_BT, micro.segments_BT, micro.loss_mask_BT)
            (nll / batch.num_predicted).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()
        loading.append(read - start)
        training.append(clock() - read)
    load_s, train_s = statistics.median(loading[1:]), statistics.median(training[1:])
    return {"load_s": load_s, "train_s": train_s, "share": load_s / (load_s + train_s)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--samples", type=int, default=8192, help="read in each round")
    parser.add_argument("--steps", type=int, default=12, help="training steps of `tiny`")
    parser.add_argument("--streaming-python", help="interpreter with mosaicml-streaming")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    order = np.random.default_rng(2).integers(0, SAMPLES // 4, arguments.samples)
    with tempfile.TemporaryDirectory() as scratch:
        folder = write_shards(Path(scratch) / "shards", context=CONTEXT, samples=SAMPLES)
        sides = make_sides(folder, order, arguments.batch)
        interleaved(sides, rounds=1, clock=CLOCKS["cpu"])
        times = interleaved(sides, rounds=arguments.rounds, clock=CLOCKS["cpu"])
        figures = {name: len(order) / statistics.median(t) for name, t in times.items()}
        ratios = {name: ratio(t, times["ours"]) for name, t in times.items() if name != "ours"}
        if arguments.streaming_python:
            rates = streaming_rates(
                arguments.streaming_python, order, Path(scratch), arguments.rounds
            )
            figures["mosaicml-streaming"] = statistics.median(rates)
            ratios["mosaicml-streaming"] = ratio([len(order) / r for r in rates], times["ours"])
        share = share_of_step(Path(scratch), steps=arguments.steps)
    for name, rate in figures.items():
        print(f"{name:30} {rate:10,.0f} samples/s")
    for name, value in ratios.items():
        print(f"ours / {name}: {value}")
    print(
        f"loading in a step of tiny: {share['load_s'] * 1e3:.2f} ms of "
        f"{share['load_s'] + share['train_s']:.3f} s, {share['share']:.2%}"
    )
    written = write_result(
        "loading", vars(arguments) | {"clock": "cpu", "streaming_python": None},
        {"samples_per_s": figures, "ours_over": ratios, "tiny_step": share},
    )  # fmt: skip
    print(f"written: {written}")


if __name__ == "__main__":
    main()

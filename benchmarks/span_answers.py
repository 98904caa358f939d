"""Answers with runs copied from training documents, and whether what is told of them is right.

The steps that read a sample are found by going through the whole training in its order, so the
inverse that the command computes is held against something else.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from benchmarks.span_lake import BATCH_SAMPLES, DATA_SEED, SpanLake
from training.shards import SampleOrder

ANSWER, RUN, RUNS = 400, 60, 4
_FIRST = 20
"""Of the answer's tokens: the runs begin there and every hundred further on."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """Tokens of an answer that were copied from a document."""

    first: int
    """In the answer as it is encoded again."""
    is_kept: bool
    """Whether writing and encoding gave the ids that were copied."""
    document: dict[str, Any]
    start: int
    """In the document's sample."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    text: str
    ids: npt.NDArray[np.int64]
    runs: tuple[Run, ...]


def draw_answers(made: SpanLake, count: int) -> list[Answer]:
    """Return answers of random words with runs out of random documents."""
    rng = np.random.default_rng(7)
    return [_answer(made, rng) for _ in range(count)]


def _answer(made: SpanLake, rng: np.random.Generator) -> Answer:
    drawn = made.words.any(rng, ANSWER)
    chosen: list[tuple[int, dict[str, Any], int]] = []
    for at in range(_FIRST, ANSWER, ANSWER // RUNS):
        document = _document(made.documents, rng)
        # Inside the marks, which no text holds.
        start = int(rng.integers(document["start"] + 1, document["end"] - RUN))
        drawn[at : at + RUN] = _sample(made, document["sample"])[start : start + RUN]
        chosen.append((at, document, start))
    text = made.tokenizer.decode(drawn.tolist()).strip()
    ids = np.array(made.tokenizer.encode(text), dtype=np.int64)
    longer = len(ids) - ANSWER  # the first word has lost its space
    runs = [
        Run(
            first=at + longer,
            is_kept=np.array_equal(ids[at + longer :][:RUN], drawn[at : at + RUN]),
            document=document,
            start=start,
        )
        for at, document, start in chosen
    ]
    return Answer(text=text, ids=ids, runs=tuple(runs))


def _document(documents: pl.DataFrame, rng: np.random.Generator) -> dict[str, Any]:
    """Return a random document that is long enough for a run."""
    while True:
        found: dict[str, Any] = documents.row(int(rng.integers(documents.height)), named=True)
        if found["end"] - found["start"] > RUN + 2:
            return found


def _sample(made: SpanLake, sample: int) -> npt.NDArray[np.uint32]:
    """Read one sample's tokens; nothing stays mapped, so that the file can leave the cache."""
    number, row = divmod(sample, made.info.samples_per_shard)
    path = made.lake.fetch(made.shards, made.shards.file(f"tokens/{number:05d}.bin"))
    size = made.info.context_tokens
    return np.fromfile(path, "<u4", count=size, offset=4 * size * row)


class Judge:
    """Knows what the command must tell of some answers."""

    def __init__(self, made: SpanLake, asked: Iterable[Answer]) -> None:
        self._made = made
        self._steps: dict[int, list[int]] = {
            run.document["sample"]: [] for answer in asked for run in answer.runs
        }
        order = SampleOrder(made.info.num_samples, DATA_SEED)
        for position in range(made.checkpoint.counts["steps"] * BATCH_SAMPLES):
            read = self._steps.get(order.sample_at(position))
            if read is not None:
                read.append(position // BATCH_SAMPLES)

    def told(self, answer: Answer, output: str) -> list[bool]:
        """Return of each run of an answer whether the command told all of it rightly."""
        spans = json.loads(output)["spans"]
        return [self._expected(run) in self._around(run, spans) for run in answer.runs]

    def _around(self, run: Run, spans: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Yield the places of spans that hold a run, cut to what is known of it."""
        for span in spans:
            first, end = span["tokens"]
            if first <= run.first and run.first + RUN <= end:
                for place in span["places"]:
                    start = place["tokens"][0] + run.first - first
                    yield {**place, "tokens": [start, start + RUN]}

    def _expected(self, run: Run) -> dict[str, Any]:
        made, document = self._made, run.document
        steps = self._steps[document["sample"]]
        read = {
            "artifact": made.checkpoint.key,
            "fingerprint": made.checkpoint.fingerprint,
            "steps": steps,
            "times_seen": len(steps),
        }
        return {
            "doc_id": document["doc_id"],
            "source": document["source"],
            "native_id": document["native_id"],
            "title": f"Title of {document['native_id']}",
            "licence": "CC-BY-4.0",
            "artifact": made.shards.key,
            "fingerprint": made.shards.fingerprint,
            "sample": document["sample"],
            "tokens": [run.start, run.start + RUN],
            "training": [read],
        }

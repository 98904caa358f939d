"""Small corpora and benchmarks for the tests of decontamination."""

from __future__ import annotations

import hashlib
import io
import pickle
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from assets.fakes import FakeLake, commit_folder, fake_workspace
from assets.lineage.step import Step
from assets.lineage.workspace import Outcome
from assets.mixtures.decontaminate import make_decontaminated
from assets.ports import Compute
from assets.recipes.data import BenchmarkCap, ContaminationCaps

ITEM = (
    "A 67-year-old man comes to the physician because of a two-day history of ringing in his left "
    "ear; audiometry shows a sensorineural hearing loss of 45 dB."
)


ITEM_WORDS = re.findall(r"\w+", ITEM.lower())


SHORT_ITEM = "Where does the spleen lie in a horse?"


TOO_SHORT = "Name the largest bone."


CAP = BenchmarkCap(
    benchmark="",
    max_items_per_ngram=10,
    max_documents_per_ngram=1000,
    alarm_removed_share=0.1,
    max_removed_share=1.0,
    min_removed_documents=0,
)


FILLER = "the quick brown fox jumps over lazy dogs while seven wizards brew tea for the old king"


def item(benchmark: str, item_id: str, text: str) -> dict[str, Any]:
    return {"benchmark": benchmark, "item_id": item_id, "kind": "choice", "text": text}


def document(source: str, native_id: str, text: str) -> dict[str, Any]:
    doc_id = hashlib.sha256(f"{source}/{native_id}".encode()).hexdigest()[:32]
    return {
        "doc_id": doc_id,
        "source": source,
        "native_id": native_id,
        "text": text,
        "text_hash": hashlib.sha256(text.encode()).hexdigest()[:32],
        "cluster_id": doc_id,
        "duplicate_count": 1,
    }


ITEM_COLUMNS = ("benchmark", "item_id", "kind", "text")


COLUMNS = ("doc_id", "source", "native_id", "text", "text_hash", "cluster_id", "duplicate_count")


def parquet(rows: Sequence[dict[str, Any]], columns: Sequence[str] = COLUMNS) -> bytes:
    buffer = io.BytesIO()
    empty = pl.DataFrame(schema={name: pl.String for name in columns if name != COLUMNS[-1]})
    empty = empty.with_columns(pl.lit(1, dtype=pl.Int64).alias(COLUMNS[-1]))
    (pl.DataFrame(rows) if rows else empty).write_parquet(buffer)
    return buffer.getvalue()


def decontaminated(
    folder: Path,
    documents: Sequence[dict[str, Any]],
    items: Sequence[dict[str, Any]],
    *,
    heldout_share: float = 0.0,
    ngram_words: int = 13,
    caps: Sequence[BenchmarkCap] = (CAP,),
    parts: int = 0,
    compute: Compute | None = None,
) -> tuple[dict[str, pl.DataFrame], Outcome, Path]:
    """Run on one file, or on the documents in so many parts sorted by doc_id."""
    lake = FakeLake(folder / "lake")
    inputs = (
        commit_folder(lake, "mixtures/deduped", files_of(documents, parts)),
        commit_folder(lake, "corpora/benchmarks", {"items.parquet": parquet(items, ITEM_COLUMNS)}),
    )
    step = Step(
        family="mixtures",
        name="decontaminated",
        partition="p",
        code_version="1",
        config={
            "ngram_words": ngram_words,
            "heldout_share": heldout_share,
            "caps": asdict(ContaminationCaps(caps=tuple(caps))),
        },
    )
    ws = fake_workspace(folder, step, inputs, lake=lake, compute=compute)
    outcome = make_decontaminated(ws)
    tables = {
        name: pl.read_parquet(ws.out_dir / f"{name}.parquet")
        for name in ("heldout", "removed", "matrix", "generic")
    }
    where = "documents/*.parquet" if parts else "documents.parquet"
    tables["documents"] = pl.read_parquet(ws.out_dir / where)
    assert sorted(ws.published) == sorted(files_of(documents, parts))
    return tables, outcome, ws.out_dir


def files_of(documents: Sequence[dict[str, Any]], parts: int) -> Mapping[str, bytes]:
    if not parts:
        return {"documents.parquet": parquet(documents)}
    rows = sorted(documents, key=lambda row: str(row["doc_id"]))
    size = -(-len(rows) // parts)
    return {
        f"documents/{number:05d}.parquet": parquet(rows[number * size : (number + 1) * size])
        for number in range(parts)
    }


STEM = "which of the following is the most appropriate next step in management of this patient"


def stems(benchmark: str, number: int) -> list[dict[str, Any]]:
    return [
        item(benchmark, str(n), f"case number {n} has its own words {n}, {STEM}")
        for n in range(number)
    ]


class Elsewhere:
    """An engine at its worst: items travel as bytes, run in reverse, and each runs twice."""

    name = "elsewhere"
    workers = 3

    def map(
        self, function: Callable[[Any], Any], items: Sequence[Any], label: str = ""
    ) -> list[Any]:
        send = pickle.dumps((function, list(items)))
        for _ in range(2):
            run, work = pickle.loads(send)
            results = [run(item) for item in reversed(work)]
        answers: list[Any] = pickle.loads(pickle.dumps(results[::-1]))
        return answers

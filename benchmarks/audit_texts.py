"""Finding a text among many documents: exact, in normal form and near, on signatures as
`mixtures/signatures` makes them. Texts of 120 words from 50,000, Zipf-distributed.

Near copies have three words in a hundred replaced: a similarity of about 0.75, which is proved.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.corpora.document_schema import DOCUMENT_SCHEMA
from assets.corpora.normalise import hash_of_normal_form
from assets.corpora.sources import SOURCES
from assets.fakes import FakeLake, fake_manifest, fake_workspace
from assets.lineage.manifest import Manifest
from assets.lineage.step import Step
from assets.lineage.text_query import trace_text
from assets.lineage.trace import Trace
from assets.mixtures.deduplication.signatures import make_signatures
from assets.recipes.graph import SIGNATURES
from benchmarks.audit_lake import record, write
from benchmarks.processes import evict, run, told
from orchestration.lake import ObjectLake
from orchestration.stores import FileStore

NUM_SOURCES = 4
PART_DOCUMENTS = 25_000
WORDS, VOCABULARY = 120, 50_000
ASKED = 12
CHANGED = 4
"""Words replaced in a near copy."""


def measure(folder: Path, num_documents: int, rounds: int) -> dict[str, Any]:
    root, home = folder / "lake", folder / "home"
    started = time.perf_counter()
    asked = generate(root, num_documents)
    signed_s = time.perf_counter() - started
    lake = ObjectLake(FileStore(root), home / "cache")
    trace_text(lake, "first of all, the index is made, and loops are compiled")
    kept = ("bands/", "sketches/", "signatures/")
    sizes = {name.strip("/"): round(_bytes(root, name) / num_documents * 1e6) for name in kept}
    found: dict[str, Any] = {
        "documents": num_documents,
        "generated_and_signed_s": round(signed_s, 1),
        "bytes_per_million_documents": sizes,
    }
    queries = {name: [_query(name, text) for _, text in asked] for name in ("exact", "normalised")}
    queries["near"] = [_query("near", text) for _, text in asked]
    ids = [doc_id for doc_id, _ in asked]
    for name, texts in queries.items():
        seconds, right = [], 0
        for doc_id, text in zip(ids, texts, strict=True):
            started = time.perf_counter()
            right += _is_found(trace_text(lake, text), doc_id, name)
            seconds.append(time.perf_counter() - started)
        found[f"{name}_in_process_s"] = {
            "median": round(statistics.median(seconds), 3),
            "max": round(max(seconds), 3),
        }
        found[f"{name}_found"] = f"{right} of {len(texts)}"
    env = {"MATERIA_LAKE": str(root), "MATERIA_HOME": str(home)}
    files = [path for path in folder.rglob("*") if path.is_file()]
    warm, cold = [], []
    for number in range(rounds):
        command = ["-m", "orchestration.cli", "trace", "--json", "--text", queries["near"][number]]
        warm.append(run(command, env))
        evict(files)
        cold.append(run(command, env))
    return found | {"process": told(warm), "process_out_of_the_cache": told(cold)}


def generate(root: Path, num_documents: int) -> list[tuple[str, str]]:
    """Write and sign the sources; return (doc_id, text) of some documents."""
    rng = np.random.default_rng(1)
    lake = FakeLake(root)
    names = sorted(SOURCES)[:NUM_SOURCES]
    asked: list[tuple[str, str]] = []
    for name in names:
        config = {"source": SOURCES[name].to_dict(), "snapshot": {"files": []}}
        raw = _committed(lake, Step(
            family="corpora", name="raw", partition=name, code_version="1", config=config
        ))  # fmt: skip
        step = Step(
            family="corpora", name="documents", partition=name, code_version="1",
            config={"source": {"name": name}},
        )  # fmt: skip
        folder = lake.begin("corpora", "documents", step.fingerprint).scratch
        (folder / "documents").mkdir(exist_ok=True)
        parts = max(1, round(num_documents / NUM_SOURCES / PART_DOCUMENTS))
        size = num_documents // NUM_SOURCES // parts
        for part in range(parts):
            frame = _documents(rng, name, size, part, parts)
            frame.write_parquet(folder / f"documents/{part:05d}.parquet", compression="zstd")
            asked += frame.select("doc_id", "text").sample(ASKED, seed=part).rows()
        documents = _committed(lake, step, raw)
        signing = Step(
            family="mixtures", name="signatures", partition=name, code_version=name,
            config=asdict(SIGNATURES),
        )  # fmt: skip
        with tempfile.TemporaryDirectory(dir=root.parent) as work:
            ws = fake_workspace(Path(work), signing, (documents,), lake=lake)
            make_signatures(ws)
        _committed(lake, signing, documents)
    order = np.random.default_rng(2).permutation(len(asked))[:ASKED]
    return [asked[at] for at in order]


def _documents(
    rng: np.random.Generator, source: str, size: int, part: int, parts: int
) -> pl.DataFrame:
    weights = 1 / np.arange(1, VOCABULARY + 1)
    edges = np.cumsum(weights / weights.sum())
    drawn: npt.NDArray[np.int64] = np.searchsorted(edges, rng.random((size, WORDS)))
    words = pl.Series([f"w{number:x}" for number in range(VOCABULARY + 1)])
    texts = pl.DataFrame(
        {"row": np.repeat(np.arange(size), WORDS), "word": words.gather(drawn.ravel())}
    )
    joined = texts.group_by("row", maintain_order=True).agg(pl.col("word").str.join(" "))["word"]
    ids = sorted(
        f"{int(high):016x}{number:016x}"
        for number, high in enumerate((part + rng.random(size)) / parts * float((1 << 64) - 2**12))
    )
    rows = {
        "doc_id": ids,
        "source": [source] * size,
        "native_id": [str(number) for number in range(size)],
        "title": ["A title"] * size,
        "text": joined,
        "text_hash": [hash_of_normal_form(text) for text in joined],
        "language": ["en"] * size,
        "domain": ["medical"] * size,
        "licence": ["CC-BY-4.0"] * size,
        "provenance": ["{}"] * size,
    }
    return pl.DataFrame(rows, schema=DOCUMENT_SCHEMA)


def _committed(lake: FakeLake, step: Step, *inputs: Manifest) -> Manifest:
    attempt = lake.begin(step.family, step.name, step.fingerprint)
    manifest = fake_manifest(step, attempt.scratch)
    manifest = replace(manifest, inputs=tuple(record(each) for each in inputs))
    lake.commit(attempt, manifest)
    return write(lake.folder, manifest)


def _query(how: str, text: str) -> str:
    if how == "exact":
        return text
    if how == "normalised":
        return text.replace(" ", "  ") + "\r\n"
    words = text.split(" ")
    for at in range(CHANGED):
        words[10 + at * (WORDS // CHANGED)] = f"changed{at}"
    return " ".join(words)


def _is_found(result: Trace, doc_id: str, how: str) -> bool:
    return any(match["doc_id"] == doc_id and match["how"] == how for match in result.matches)


def _bytes(root: Path, name: str) -> int:
    files = root.glob(f"mixtures/signatures/*/a1/{name}*")
    return sum(path.stat().st_size for path in files)

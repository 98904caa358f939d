"""Generated lakes for benchmarks/spans.py: one recipe from raw corpora to a release, in the real
formats, with real hashes, a real tokenizer and the real index from answers to documents.

Documents of 200 to 2,000 tokens, `<s>` and `</s>` around each, lie one behind the other in samples
of 8,192. Texts are left short: the way back from an answer reads none.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from assets.compute import InlineCompute
from assets.corpora.sources import SOURCES
from assets.fakes import RecordingJobRunner
from assets.lineage.build import hash_files
from assets.lineage.manifest import Manifest, digest_of
from assets.lineage.step import Step
from assets.lineage.storage import Folder
from assets.lineage.workspace import InputFiles, Workspace, part_name
from assets.recipes.tiny import tiny
from assets.resources import LAPTOP
from assets.tokenizers.shards import samples_per_shard
from assets.tokenizers.spans import make_spans
from benchmarks.audit_documents import PART_DOCUMENTS, hexes
from benchmarks.audit_lake import made
from benchmarks.span_words import Words, tokenizer_json
from benchmarks.tokenizing_memory import peak_during
from model.tokenizer import FILE_NAME, Tokenizer
from orchestration.lake import ObjectLake
from orchestration.stores import FileStore
from training.shards import ShardsInfo

CONTEXT = 8192
BATCH_SAMPLES, DATA_SEED, EPOCHS = 64, 1, 1.5
"""Of the training: after a half of the second epoch some samples were read once, others twice."""
_BLOCK_SAMPLES = 512
_SPANS = {"gram_tokens": 8, "window_grams": 8}
"""As assets/recipes/graph.py has it."""

Write = Callable[[Path], None]


@dataclass(frozen=True, kw_only=True)
class SpanLake:
    """A lake, and what is needed to ask it and to check what it answers."""

    lake: ObjectLake
    tokenizer: Tokenizer
    words: Words
    info: ShardsInfo
    documents: pl.DataFrame
    """doc_id, source, native_id, and sample, start, end of its tokens; by id."""
    shards: Manifest
    spans: Manifest
    checkpoint: Manifest
    release: Manifest
    index_figures: dict[str, Any]


def generate(folder: Path, num_tokens: int, vocab_size: int) -> SpanLake:
    """Write a lake of about so many training tokens below a folder."""
    lake = ObjectLake(FileStore(folder / "lake"), folder / "home" / "cache")
    rng = np.random.default_rng(1)
    info = _geometry(num_tokens, vocab_size)
    documents = _documents(rng, info.num_samples)
    clean = _write_corpora(lake, documents)
    made_tokenizer = _commit(
        lake,
        made("tokenizers/tokenizer", "tiny", [clean], number=4),
        lambda out: _write_text(out / FILE_NAME, tokenizer_json(vocab_size)),
    )
    tokenizer = Tokenizer.load_file(lake.fetch(made_tokenizer, made_tokenizer.file(FILE_NAME)))
    words = Words(tokenizer)
    shards = _commit(
        lake,
        made(
            "tokenizers/shards_stage1",
            "tiny",
            [clean, _select(lake, clean, documents), made_tokenizer],
            number=6,
        ),
        lambda out: _write_shards(out, info, documents, words, rng),
    )
    spans, figures = _index(lake, shards, folder)
    checkpoint, release = _train(lake, shards, info)
    return SpanLake(
        lake=lake,
        tokenizer=tokenizer,
        words=words,
        info=info,
        documents=documents,
        shards=shards,
        spans=spans,
        checkpoint=checkpoint,
        release=release,
        index_figures=figures,
    )


def _select(lake: ObjectLake, clean: Manifest, documents: pl.DataFrame) -> Manifest:
    """Have every document read once in a stage."""
    rows = documents.select("doc_id", num_tokens=pl.col("end") - pl.col("start"), repeats=1)
    return _commit(
        lake,
        made("mixtures/stage1", "tiny", [clean], number=5),
        lambda out: rows.write_parquet(out / "selection.parquet", compression="zstd"),
    )


def _train(lake: ObjectLake, shards: Manifest, info: ShardsInfo) -> tuple[Manifest, Manifest]:
    """Record a training over shards and its release."""
    steps = int(EPOCHS * info.num_samples / BATCH_SAMPLES) + 1
    model = made(
        "checkpoints/stage1",
        "tiny",
        [shards],
        number=8,
        config={"data_seed": DATA_SEED, "batch_samples": BATCH_SAMPLES},
        counts={"steps": steps, "tokens": steps * BATCH_SAMPLES * CONTEXT},
    )
    checkpoint = _commit(lake, model, lambda out: _write_text(out / "journal.jsonl", ""))
    release = made("releases/release", "tiny", [checkpoint], number=9)
    card = "A release of nothing."
    return checkpoint, _commit(lake, release, lambda out: _write_text(out / "card.md", card))


def _geometry(num_tokens: int, vocab_size: int) -> ShardsInfo:
    samples = max(1, num_tokens // CONTEXT)
    return ShardsInfo(
        context_tokens=CONTEXT,
        vocab_size=vocab_size,
        pad_id=Tokenizer.pad_id,
        dtype="uint32",
        num_samples=samples,
        samples_per_shard=samples_per_shard(samples, CONTEXT),
        num_tokens=samples * CONTEXT,
        has_loss_mask=False,
    )


def _documents(rng: np.random.Generator, samples: int) -> pl.DataFrame:
    """Cut samples into documents, and give each an id and a source."""
    lengths = rng.integers(200, 2000, (samples, 12))
    ends = np.minimum(np.cumsum(lengths, axis=1), CONTEXT)
    ends[:, -1] = CONTEXT
    starts = np.concatenate([np.zeros((samples, 1), ends.dtype), ends[:, :-1]], axis=1)
    frame = pl.DataFrame(
        {"sample": np.repeat(np.arange(samples), 12), "start": starts.ravel(), "end": ends.ravel()}
    )
    frame = frame.filter(pl.col("end") > pl.col("start")).cast(pl.UInt32)
    frame = frame.sample(fraction=1.0, shuffle=True, seed=1)  # packing scatters documents
    names = pl.Series(sorted(tiny().source_names))
    return frame.with_columns(
        hexes(rng, frame.height),
        source=names.gather(rng.integers(0, len(names), frame.height)),
        native_id=pl.format("PMID{}", pl.int_range(frame.height)),
    )


def _write_corpora(lake: ObjectLake, documents: pl.DataFrame) -> Manifest:
    """Write raw corpora, documents and the mixtures over them; return the last one."""
    made_corpora = []
    for (name,), own in sorted(documents.partition_by("source", as_dict=True).items()):
        entry = SOURCES[name].to_dict()
        raw = made("corpora/raw", name, number=0, config={"source": entry, "snapshot": {}})
        raw = _commit(lake, raw, lambda out: _write_text(out / "listing.json", "[]"))
        rows = own.select(
            "doc_id",
            "source",
            "native_id",
            title=pl.format("Title of {}", "native_id"),
            text=pl.lit("A text."),
            text_hash=hexes(np.random.default_rng(2), own.height).shuffle(seed=1),
            language=pl.lit("en"),
            domain=pl.lit("medical"),
            licence=pl.lit("CC-BY-4.0"),
            provenance=pl.lit("{}"),
        )
        corpus = made("corpora/documents", name, [raw], number=1)
        made_corpora.append(_commit(lake, corpus, _table(rows)))
    kept = documents.select(
        "doc_id", "source", "native_id", licence=pl.lit("CC-BY-4.0"), domain=pl.lit("medical")
    )
    deduped = _commit(lake, made("mixtures/deduped", "tiny", made_corpora, number=2), _table(kept))
    clean = made("mixtures/decontaminated", "tiny", [deduped], number=3)
    return _commit(lake, clean, _table(kept))


def _table(rows: pl.DataFrame) -> Write:
    """Return what writes a table of documents in parts, as corpora and mixtures have it."""

    def write(out: Path) -> None:
        (out / "documents").mkdir()
        for number, part in enumerate(rows.iter_slices(PART_DOCUMENTS)):
            part.write_parquet(out / part_name("documents", number), compression="zstd")

    return write


def _write_text(path: Path, content: str) -> None:
    path.write_text(content, encoding="utf-8")


def _write_shards(
    out: Path,
    info: ShardsInfo,
    documents: pl.DataFrame,
    words: Words,
    rng: np.random.Generator,
) -> None:
    """Write tokens, segments and index of packed samples, a block of samples at a time."""
    placed = documents.select("sample", "start", "end").sort("sample", "start").to_numpy()
    for kind in ("tokens", "segments"):
        (out / kind).mkdir()
    for number in range(info.num_shards):
        first = number * info.samples_per_shard
        end = min(first + info.samples_per_shard, info.num_samples)
        with (out / f"tokens/{number:05d}.bin").open("wb") as handle:
            for low in range(first, end, _BLOCK_SAMPLES):
                high = min(low + _BLOCK_SAMPLES, end)
                block = words.drawn(rng, (high - low) * CONTEXT).reshape(-1, CONTEXT)
                inside = slice(*np.searchsorted(placed[:, 0], [low, high]))
                rows, starts, ends = placed[inside].T
                block[rows - low, starts] = Tokenizer.bos_id
                block[rows - low, ends - 1] = Tokenizer.eos_id
                block.astype("<u4").tofile(handle)
        own = placed[slice(*np.searchsorted(placed[:, 0], [first, end]))]
        starts = np.stack([own[:, 0] - first, own[:, 1]], axis=1)
        starts.astype("<u4").tofile(out / f"segments/{number:05d}.bin")
    zero = pl.lit(0, pl.UInt32)
    index = documents.select("doc_id", "sample", "start", "end", piece=zero, copy=zero)
    index.write_parquet(out / "index.parquet", compression="zstd")
    info.write(out)


def _index(lake: ObjectLake, shards: Manifest, folder: Path) -> tuple[Manifest, dict[str, Any]]:
    """Make tokenizers/spans as its asset does; return what that took, too."""
    took: dict[str, Any] = {}
    planned = made("tokenizers/spans", "tiny", [shards], number=7, config=_SPANS)

    def write(out: Path) -> None:
        ws = Workspace(
            step=Step(
                family=planned.family,
                name=planned.name,
                partition=planned.partition,
                code_version=planned.code_version,
                config=planned.config,
            ),
            inputs=(InputFiles(lake, shards),),
            out=out,
            out_folder=Folder(uri=str(out)),
            scratch=Folder(uri=str(folder / "scratch"), is_scratch=True),
            compute=InlineCompute(),
            job_dir=folder / "jobs",
            run_job=RecordingJobRunner(),
            training=LAPTOP,
        )
        started, cpu = time.perf_counter(), time.process_time()
        peak = peak_during(lambda: make_spans(ws))
        took["built_wall_s"] = round(time.perf_counter() - started, 1)
        took["built_cpu_s"] = round(time.process_time() - cpu, 1)
        took["built_peak_anonymous_mib"] = round(peak)

    manifest = _commit(lake, planned, write)
    took["index_bytes"] = sum(entry.size_bytes for entry in manifest.files)
    return manifest, took


def _commit(lake: ObjectLake, manifest: Manifest, write: Write) -> Manifest:
    """Write an artifact and commit it, with the hashes of its files."""
    attempt = lake.begin(manifest.family, manifest.name, manifest.fingerprint)
    write(attempt.scratch)
    files = hash_files(attempt.scratch)
    done = replace(
        manifest,
        files=files,
        digest=digest_of(files),
        data_dir=attempt.scratch.name,
        token=attempt.token,
    )
    lake.commit(attempt, done)
    return done

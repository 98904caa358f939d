"""synthesis/questions: ask about facts and documents, check every answer, keep what is true.

Facts come from the raw ontologies, general questions from training documents. Nothing is asked
about a document that is held out or was removed for telling a benchmark's answers.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from assets.corpora.tombstones import NODE as TOMBSTONES
from assets.corpora.tombstones import TABLE
from assets.lineage.workspace import InputFiles, Outcome, Workspace
from assets.mixtures.decontaminate import caps_of
from assets.synthesis import hpo, icd10cm
from assets.synthesis.check import Facts, check
from assets.synthesis.hpo_questions import hpo_kinds
from assets.synthesis.item import Item, Kind
from assets.synthesis.look_up import HpoLookUp, IcdLookUp
from assets.synthesis.python_code import python_kinds
from assets.synthesis.wikipedia import wikipedia_kinds

if TYPE_CHECKING:
    from assets.mixtures.contamination import ItemIndex

NGRAM_WORDS = 13
"""The window that documents are decontaminated with (GPT-3, arXiv 2005.14165, appendix C)."""

_SCHEMA = {
    "item_id": pl.String,
    "domain": pl.String,
    "kind": pl.String,
    "system": pl.String,
    "question": pl.String,
    "answer": pl.String,
    "source": pl.String,
    "seed_native_id": pl.String,
    "seed_doc_id": pl.String,
    "check": pl.String,
    "reason": pl.String,
}


@dataclass(frozen=True, kw_only=True)
class Seeds:
    """Training documents, and what may not be asked about."""

    documents: pl.DataFrame
    barred: frozenset[tuple[str, str]]
    """(source, native id) of documents held out, removed or forgotten."""

    def doc_ids(self) -> dict[tuple[str, str], str]:
        rows = self.documents.select("source", "native_id", "doc_id").iter_rows()
        return {(source, native_id): doc_id for source, native_id, doc_id in rows}


def make_questions(ws: Workspace) -> Outcome:
    """Write questions up to the recipe's number per domain, and those that were rejected."""
    forgotten = [
        pl.read_parquet(files.path(TABLE), columns=["source", "native_id"])
        for files in ws.inputs(TOMBSTONES)
    ]
    seeds = _read_seeds(ws.input("mixtures/decontaminated"), forgotten)
    benchmarks = pl.read_parquet(ws.input("corpora/benchmarks").path("items.parquet"))
    raw = {files.partition: files for files in ws.inputs("corpora/raw")}
    ws.progress(f"reading the facts of {', '.join(raw) or 'no ontology'}")
    medical = _medical_kinds(raw)
    general = _general_kinds(seeds.documents)
    seed = ws.config["seed"]
    items = [
        *draw(medical, seeds, ws.config["max_medical"], seed),
        *draw(general, seeds, ws.config["max_general"], seed),
    ]
    ws.progress(f"checking {len(items):,} answers")
    used = {item.seed_doc_id for item in items}
    texts = seeds.documents.filter(pl.col("doc_id").is_in(used)).select("doc_id", "text")
    from assets.mixtures.contamination import ItemIndex  # its compiled loops load where they run

    caps = caps_of(ws.input("mixtures/decontaminated").manifest.config["caps"])
    index = ItemIndex(benchmarks.sort("benchmark", "item_id"), NGRAM_WORDS, caps)
    judged = judge(items, _look_ups(raw, dict(texts.iter_rows())), index)
    kept = judged.filter(pl.col("reason") == "").drop("reason")
    rejected = judged.filter(pl.col("reason") != "")
    kept.write_parquet(ws.out("questions.parquet"), compression="zstd")
    rejected.write_parquet(ws.out("rejected.parquet"), compression="zstd")
    by_domain = dict(kept.group_by("domain").len().iter_rows())
    return Outcome(
        counts={
            "made": judged.height,
            "kept": kept.height,
            "rejected": rejected.height,
            "kept_medical": by_domain.get("medical", 0),
            "kept_general": by_domain.get("general", 0),
        },
        summary=_summarise(judged),
    )


def draw(kinds: Sequence[Kind], seeds: Seeds, limit: int, seed: int) -> Iterator[Item]:
    """Ask up to `limit` questions, kinds taking turns, subjects in random order."""
    doc_ids = seeds.doc_ids()
    waiting = [_questions(kind, seeds.barred, doc_ids, seed) for kind in kinds]
    while waiting and limit > 0:
        for questions in tuple(waiting):
            item = next(questions, None)
            if item is None:
                waiting.remove(questions)
            elif limit > 0:
                limit -= 1
                yield item


def judge(items: Iterable[Item], facts: Facts, benchmarks: ItemIndex) -> pl.DataFrame:
    """Return all items with the rule that judged them and a reason where one is to be dropped."""
    rows: list[dict[str, str]] = []
    asked: set[str] = set()
    for item in items:
        rule, fault = check(item, facts)
        if not fault and item.question in asked:
            fault = "asked before"
        asked.add(item.question)
        rows.append(_row(item, rule, fault))
    frame = pl.DataFrame(rows, schema=_SCHEMA)
    overlap = _overlap(frame["question"] + "\n" + frame["answer"], benchmarks)
    return (
        frame.with_row_index("row")
        .with_columns(pl.col("row").cast(pl.Int64))
        .join(overlap, on="row", how="left")
        .with_columns(
            pl.when((pl.col("reason") == "") & pl.col("ngram").is_not_null())
            .then("shares with a benchmark: " + pl.col("ngram"))
            .otherwise("reason")
            .alias("reason")
        )
        .select(*_SCHEMA)
        .sort("item_id", "seed_native_id")
    )


def _overlap(texts: pl.Series, benchmarks: ItemIndex) -> pl.DataFrame:
    """Return row and the first words that a text shares with a benchmark item."""
    shared = benchmarks.scan(texts)
    told: dict[int, str] = {}
    for row, item in shared.wholes.select("row", "item").iter_rows():
        told.setdefault(row, benchmarks.whole(item))
    for row, slot in shared.ngrams.sort("position").select("row", "slot").iter_rows():
        told.setdefault(row, benchmarks.phrase(slot))
    schema = {"row": pl.Int64, "ngram": pl.String}
    return pl.DataFrame(list(told.items()), schema=schema, orient="row")


def _questions(
    kind: Kind,
    barred: frozenset[tuple[str, str]],
    doc_ids: Mapping[tuple[str, str], str],
    seed: int,
) -> Iterator[Item]:
    rng = random.Random(f"{seed}:{kind.name}:{kind.source}")
    for subject in rng.sample(kind.subjects, len(kind.subjects)):
        document = kind.source, kind.document(subject)
        draft = None if document in barred else kind.write(subject, rng)
        if draft is not None:
            yield Item(
                domain=kind.domain,
                kind=kind.name,
                question=draft.question,
                answer=draft.answer,
                source=kind.source,
                seed_native_id=subject,
                seed_doc_id=doc_ids.get(document, ""),
            )


def _read_seeds(corpus: InputFiles, forgotten: Sequence[pl.DataFrame]) -> Seeds:
    columns = ["doc_id", "source", "native_id", "title", "text", "domain"]
    documents = corpus.table("documents").select(columns).sort("doc_id").collect()
    barred = [
        corpus.table(name).select("source", "native_id").collect()
        for name in ("heldout", "removed")
    ]
    barred = [*barred, *forgotten]
    return Seeds(documents=documents, barred=frozenset(pl.concat(barred).iter_rows()))


def _medical_kinds(raw: Mapping[str, InputFiles]) -> tuple[Kind, ...]:
    kinds: tuple[Kind, ...] = ()
    if icd10cm.SOURCE in raw:
        kinds += icd10cm.icd10cm_kinds(icd10cm.read_icd10cm(_icd_path(raw)))
    if hpo.SOURCE in raw:
        kinds += hpo_kinds(hpo.read_hpo(*_hpo_paths(raw)))
    return kinds


def _general_kinds(documents: pl.DataFrame) -> tuple[Kind, ...]:
    """Articles are general documents that open with their title; modules are code documents."""
    kinds: tuple[Kind, ...] = ()
    opens_with_title = pl.col("text").str.starts_with(pl.col("title") + "\n")
    articles = documents.filter((pl.col("domain") == "general") & opens_with_title)
    modules = documents.filter(
        (pl.col("domain") == "code") & pl.col("native_id").str.ends_with(".py")
    )
    for (source,), rows in articles.group_by("source", maintain_order=True):
        told = rows.select("native_id", "title", "text").iter_rows()
        kinds += wikipedia_kinds(str(source), told)
    for (source,), rows in modules.group_by("source", maintain_order=True):
        kinds += python_kinds(str(source), rows.select("native_id", "text").iter_rows())
    return kinds


def _look_ups(raw: Mapping[str, InputFiles], texts: Mapping[str, str]) -> Facts:
    icd, terms = None, None
    if icd10cm.SOURCE in raw:
        icd = IcdLookUp(_icd_path(raw).read_text())
    if hpo.SOURCE in raw:
        terms = HpoLookUp(*(path.read_text() for path in _hpo_paths(raw)))
    return Facts(icd10cm=icd, hpo=terms, texts=texts)


def _icd_path(raw: Mapping[str, InputFiles]) -> Path:
    return _by_suffix(raw[icd10cm.SOURCE], ".xml")


def _hpo_paths(raw: Mapping[str, InputFiles]) -> tuple[Path, Path]:
    return _by_suffix(raw[hpo.SOURCE], ".obo"), _by_suffix(raw[hpo.SOURCE], ".hpoa")


def _by_suffix(files: InputFiles, suffix: str) -> Path:
    found = sorted(e.path for e in files.manifest.files if e.path.endswith(suffix))
    if len(found) != 1:
        raise ValueError(
            f"{files.manifest.key} has {len(found)} files ending in {suffix}, not one: its "
            "catalogue entry must keep the file of facts"
        )
    return files.path(found[0])


def _row(item: Item, rule: str, fault: str) -> dict[str, str]:
    fields = {name: str(getattr(item, name)) for name in _SCHEMA if name not in ("check", "reason")}
    return {**fields, "check": rule, "reason": fault}


def _summarise(judged: pl.DataFrame) -> str:
    """Return counts per kind and one example of each, as Markdown."""
    lines = ["| kind | kept | rejected | example | answer |", "| --- | ---: | ---: | --- | --- |"]
    for (kind,), rows in judged.sort("kind", "item_id").group_by("kind", maintain_order=True):
        kept = rows.filter(pl.col("reason") == "")
        first = kept.row(0, named=True) if kept.height else {"question": "", "answer": ""}
        shown = [_cell(first["question"]), _cell(first["answer"])]
        lines.append(
            f"| {kind} | {kept.height} | {rows.height - kept.height} | {' | '.join(shown)} |"
        )
    return "\n".join(lines)


def _cell(text: str, limit: int = 120) -> str:
    line = " ".join(text.split()).replace("|", "\\|")
    return line if len(line) <= limit else line[:limit] + "..."

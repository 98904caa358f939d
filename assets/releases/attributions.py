"""The attributions a release owes, from the documents that were really trained on.

ATTRIBUTIONS.md and attributions.json have a line per source and licence; documents that must be
named one by one are rows of attributed_documents.parquet. Raises when the policy is violated.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from assets.corpora.licence_table import Attribution, Licence
from assets.corpora.licences import decide, enforce
from assets.corpora.tombstones import NODE as TOMBSTONES
from assets.corpora.tombstones import TABLE
from assets.lineage.checks import Check, Verdict
from assets.lineage.manifest import Manifest
from assets.lineage.tables import document, has_file
from assets.lineage.workspace import LineageError, Workspace
from assets.ports import Lake
from assets.recipes.data import LicencePolicy

PAGE = "ATTRIBUTIONS.md"
RECORD = "attributions.json"
DOCUMENTS = "attributed_documents.parquet"
STAGES = ("mixtures/stage1", "mixtures/stage2", "mixtures/stage3")
MAX_LINES = 200
"""Lines of the page; attributions.json has them all (our choice)."""


@dataclass(frozen=True, kw_only=True)
class Credit:
    """What is owed to one source for its documents under one licence."""

    source: str
    title: str
    citation: str
    licence: str
    terms: tuple[str, ...]
    """Licences whose terms are kept; one side of a choice."""
    attribution: Attribution
    share_alike: bool
    basis: str
    documents: int
    tokens: int
    """Tokens trained on, every reading counted."""
    questions: int
    """Fine-tuning questions made from the source's facts or documents; 0 where none were."""


def trained_documents(ws: Workspace) -> pl.LazyFrame:
    """Return the documents of all stages with the tokens read of each, without those that were
    taken out of the shards; raises LineageError."""
    stages = [files for node in STAGES for files in ws.inputs(node)]
    if not stages:
        raise LineageError(
            f"{ws.step.key} needs {', '.join(STAGES)} as inputs to know what was trained on"
        )
    read = pl.concat(
        files.table("selection").select(
            "doc_id",
            (pl.col("num_tokens").cast(pl.Int64) * pl.col("repeats").cast(pl.Int64)).alias(
                "tokens"
            ),
        )
        for files in stages
    )
    corpus = ws.input("mixtures/decontaminated").table("documents")
    for files in ws.inputs(TOMBSTONES):
        gone = pl.scan_parquet(files.path(TABLE)).select("doc_id")
        corpus = corpus.join(gone, on="doc_id", how="anti")
    return corpus.select("doc_id", "source", "native_id", "title", "licence", "provenance").join(
        read.group_by("doc_id").agg(pl.col("tokens").sum()), on="doc_id", how="inner"
    )


def credits_owed(
    trained: pl.LazyFrame,
    sources: Sequence[Mapping[str, Any]],
    questions: Mapping[str, int],
    policy: LicencePolicy,
) -> tuple[Credit, ...]:
    """Return a credit per source and licence, sources sorted by name.

    `sources` are catalogue literals; `questions` counts items per source. Raises LicenceViolation
    when the policy does not allow a document or a source of questions.
    """
    enforce(trained, policy)
    known = {source["name"]: source for source in sources}
    _enforce_questions(known, questions, policy)
    held = (
        trained.group_by("source", "licence")
        .agg(pl.len().alias("documents"), pl.col("tokens").sum())
        .collect(engine="streaming")
    )
    counted = {(row["source"], row["licence"]): row for row in held.iter_rows(named=True)}
    for name in questions:
        counted.setdefault((name, known[name]["licence"]), {"documents": 0, "tokens": 0})
    owed: list[Credit] = []
    for (name, licence), row in sorted(counted.items()):
        declared = known.get(name, {})
        asked = questions.get(name, 0) if licence == declared.get("licence") else 0
        terms = decide(licence, policy).terms
        owed.append(
            Credit(
                source=name,
                title=str(declared.get("title", name)),
                citation=str(declared.get("citation", "")),
                licence=licence,
                terms=tuple(term.id for term in terms),
                attribution=_strictest(terms),
                share_alike=any(term.share_alike for term in terms),
                basis="; ".join(term.basis for term in terms),
                documents=int(row["documents"]),
                tokens=int(row["tokens"]),
                questions=asked,
            )
        )
    return tuple(owed)


def write_attributions(ws: Workspace, sources: Sequence[Mapping[str, Any]]) -> tuple[Credit, ...]:
    """Write the three files into the release; the policy is the release's own literal."""
    trained = trained_documents(ws)
    questions: dict[str, int] = {}
    for files in ws.inputs("synthesis/questions"):
        asked = files.table("questions").group_by("source").len().collect()
        questions = dict(asked.sort("source").iter_rows())
    owed = credits_owed(trained, sources, questions, ws.config["policy"])
    named = named_documents(trained, owed)
    named.write_parquet(ws.out(DOCUMENTS), compression="zstd")
    ws.out(PAGE).write_text(page(owed, named.height), encoding="utf-8")
    record = {"policy": ws.config["policy"], "credits": [asdict(credit) for credit in owed]}
    text = json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False)
    ws.out(RECORD).write_text(text + "\n", encoding="utf-8")
    return owed


def named_documents(trained: pl.LazyFrame, owed: Sequence[Credit]) -> pl.DataFrame:
    """Return the documents whose licence asks for each to be named, sorted."""
    keys = [(c.source, c.licence) for c in owed if c.attribution == "document" and c.documents]
    wanted = pl.LazyFrame(keys, schema={"source": pl.String, "licence": pl.String}, orient="row")
    details = [
        pl.col("provenance").str.json_path_match(f"$.{name}").fill_null("").alias(name)
        for name in ("journal", "year")
    ]
    return (
        trained.join(wanted, on=["source", "licence"], how="semi")
        .select("source", "native_id", "title", *details, "licence", "tokens")
        .sort("source", "native_id", "title")
        .collect(engine="streaming")
    )


def page(owed: Sequence[Credit], num_named: int) -> str:
    """Return ATTRIBUTIONS.md, bounded: names of sources and counts, no text of a document."""
    documents, tokens = (sum(getattr(c, name) for c in owed) for name in ("documents", "tokens"))
    lines = [
        "# Attributions",
        "",
        f"Trained on {documents:,} documents, {tokens:,} tokens with every reading counted. The "
        "counts are of what was read in training, not of what was collected.",
        "",
        *[_line(credit) for credit in owed[:MAX_LINES]],
    ]
    if len(owed) > MAX_LINES:
        lines.append(f"- and {len(owed) - MAX_LINES} more, in `{RECORD}`.")
    if num_named:
        lines += [
            "",
            f"{num_named:,} documents are under licences that ask for each work to be named: "
            f"`{DOCUMENTS}` has a row for each, with its id in the source and its title.",
        ]
    if shared := sorted({term for credit in owed if credit.share_alike for term in credit.terms}):
        lines += [
            "",
            f"Share-alike: some of this text is under {', '.join(shared)}. Whether weights are "
            "an adaptation of text they were trained on is not settled; whoever holds that they "
            "are owes them under those terms.",
        ]
    return "\n".join(lines) + "\n"


def attributions_are_given(manifest: Manifest, lake: Lake) -> Verdict:
    """Every credit of the record has its line on the page, and the policy allows its licence."""
    missing = [name for name in (PAGE, RECORD, DOCUMENTS) if not has_file(manifest, name)]
    if missing:
        return Verdict(passed=False, reason=f"missing {', '.join(missing)}")
    record = document(lake, manifest, RECORD)
    text = lake.fetch(manifest, manifest.file(PAGE)).read_text(encoding="utf-8")
    owed = record["credits"]
    unnamed = [c["source"] for c in owed[:MAX_LINES] if f"(`{c['source']}`)" not in text]
    refused = [c["licence"] for c in owed if not decide(c["licence"], record["policy"]).allowed]
    differs = record["policy"] != manifest.config.get("policy")
    return Verdict(
        passed=bool(owed) and not (unnamed or refused or differs),
        reason=f"{len(owed)} credits under policy {record['policy']}"
        + (", not the release's own" if differs else "")
        + f"; sources not named: {unnamed or 'none'}; licences not allowed: {refused or 'none'}",
        facts={"credits": len(owed), "tokens": sum(c["tokens"] for c in owed)},
    )


ATTRIBUTION_CHECKS = (
    Check(
        name="attributions_are_given",
        description="Every source that was trained on is credited, under a licence that the "
        "recipe's policy allows.",
        run=attributions_are_given,
    ),
)


def _enforce_questions(
    known: Mapping[str, Mapping[str, Any]], questions: Mapping[str, int], policy: LicencePolicy
) -> None:
    if strangers := sorted(set(questions) - set(known)):
        raise ValueError(
            f"questions were made from {', '.join(strangers)}, which the release does not list "
            "among its sources: add them to the recipe"
        )
    licences = [(name, f"{name} facts", known[name]["licence"]) for name in sorted(questions)]
    schema = dict.fromkeys(("source", "doc_id", "licence"), pl.String)
    enforce(pl.DataFrame(licences, schema=schema, orient="row"), policy)


def _strictest(terms: Sequence[Licence]) -> Attribution:
    asked = {term.attribution for term in terms}
    order: tuple[Attribution, ...] = ("document", "source", "none")
    return next(kind for kind in order if kind in asked)


def _line(credit: Credit) -> str:
    parts = [f"{credit.documents:,} documents, {credit.tokens:,} tokens"]
    if credit.questions:
        parts.append(f"{credit.questions:,} questions made from it")
    cited = f" {credit.citation.rstrip('.')}." if credit.citation else ""
    return f"- **{credit.title}** (`{credit.source}`), {credit.licence}: {'; '.join(parts)}.{cited}"

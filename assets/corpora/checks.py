"""Truths that hold for corpora: counts, schema, licences, expectations, withdrawals."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from assets.corpora.deidentify.floors import deidentification_meets_floors, no_identifiers_left
from assets.corpora.licences import decide
from assets.expectations.verdicts import SUITE_CHECKS
from assets.lineage.checks import Check, Verdict
from assets.lineage.manifest import Manifest
from assets.lineage.tables import sums_to, table
from assets.lineage.taint import tainted
from assets.ports import Lake

COLUMNS = (
    "doc_id", "source", "native_id", "title", "text", "text_hash", "language", "domain",
    "licence", "provenance",
)  # fmt: skip


def counts_add_up(manifest: Manifest, lake: Lake) -> Verdict:
    return sums_to(manifest, "read", "kept", "dropped", "quarantined")


def schema_holds(manifest: Manifest, lake: Lake) -> Verdict:
    documents = table(lake, manifest, "documents.parquet")
    missing = [name for name in COLUMNS if name not in documents.columns]
    if missing:
        return Verdict(passed=False, reason=f"columns missing: {', '.join(missing)}")
    empty = {name: documents[name].null_count() for name in COLUMNS}
    repeated = documents.height - documents["doc_id"].n_unique()
    return Verdict(
        passed=not any(empty.values()) and not repeated,
        reason=f"{documents.height} documents, {repeated} repeated ids, "
        f"{sum(empty.values())} missing values",
    )


def licences_allow_use(manifest: Manifest, lake: Lake) -> Verdict:
    licences = table(lake, manifest, "documents.parquet", ["licence"])["licence"].fill_null("")
    unknown = licences.str.strip_chars().is_in(["", "unknown", "NOASSERTION"]).sum()
    distinct = sorted(licences.unique().to_list())
    # A wild file may state anything as its licence: only names we know are repeated.
    known = [name for name in distinct if decide(name, "research").allowed]
    others = f" and {len(distinct) - len(known)} others" if len(distinct) > len(known) else ""
    return Verdict(
        passed=unknown == 0,
        reason=f"{unknown} documents without a licence; {', '.join(known)}{others}",
    )


def licences_are_known(manifest: Manifest, lake: Lake) -> Verdict:
    licences = table(lake, manifest, "documents.parquet", ["licence"])["licence"].fill_null("")
    counted = dict(licences.value_counts().iter_rows())
    unknown = sum(n for name, n in counted.items() if not decide(name, "research").allowed)
    return Verdict(
        passed=unknown == 0,
        reason=f"{unknown} documents under licences that no row of licence_table.py describes: "
        "no recipe can take them",
        facts={"documents_of_unknown_licence": unknown, "licences": len(counted)},
    )


def every_row_is_understood(manifest: Manifest, lake: Lake) -> Verdict:
    bad = table(lake, manifest, "quarantine.parquet").sort("file", "line")
    first = f": {bad['file'][0]} line {bad['line'][0]}, {bad['reason'][0]}" if bad.height else ""
    return Verdict(passed=bad.height == 0, reason=f"{bad.height} rows not understood{first}")


def withdrawals_add_up(manifest: Manifest, lake: Lake) -> Verdict:
    return sums_to(manifest, "read", "withdrawn", "quarantined")


def nothing_made_is_tainted(manifest: Manifest, lake: Lake) -> Verdict:
    found = tainted(lake, table(lake, manifest, "withdrawn.parquet"))
    artifacts = sorted({entry.artifact for entry in found})
    trained = sorted({e.artifact for e in found if e.how in ("trained_on", "descends")})
    return Verdict(
        passed=not found,
        reason=f"{len(artifacts)} artifacts hold withdrawn documents or were trained on them"
        + (f": {', '.join((trained or artifacts)[:10])}" if artifacts else ""),
        facts={"tainted_artifacts": len(artifacts), "tainted_models_and_after": len(trained)},
    )


def snapshot_is_whole(manifest: Manifest, lake: Lake) -> Verdict:
    snapshot = manifest.config["snapshot"]
    listed = {f"files/{f['path']}": (f["size_bytes"], f["sha256"]) for f in snapshot["files"]}
    # A bucket lists no hash: there the size is held against the listing, the hash is ours.
    hashed = {path for path, (_, sha256) in listed.items() if sha256}
    held = {e.path: (e.size_bytes, e.sha256 if e.path in hashed else "") for e in manifest.files}
    is_dataset = manifest.config["source"]["origin"] == "hub"
    return Verdict(
        passed=bool(held) and (is_dataset or held == listed),
        reason=f"{len(held)} files held, {len(listed)} in the snapshot",
    )


def identifiers_are_found(manifest: Manifest, lake: Lake) -> Verdict:
    """Measure the detector of identifiers on generated notes, where a source relies on it."""
    return _where_masked(manifest, deidentification_meets_floors)


def no_identifier_is_left(manifest: Manifest, lake: Lake) -> Verdict:
    return _where_masked(manifest, lambda: no_identifiers_left(manifest, lake))


def _where_masked(manifest: Manifest, check: Callable[[], Verdict]) -> Verdict:
    if manifest.config["source"]["deidentify"] != "safe_harbor":
        return Verdict(passed=True, reason="the source is published text: nothing is masked in it")
    return check()


def items_are_answerable(manifest: Manifest, lake: Lake) -> Verdict:
    items = table(lake, manifest, "items.parquet")
    choice = items.filter(pl.col("kind") == "choice")
    # Lengths are unsigned in polars: for an item without choices, 0 - 1 would be a large number.
    last = pl.col("choices").list.len().cast(pl.Int64) - 1
    outside = choice.filter(~pl.col("answer").is_between(0, last).fill_null(False))
    empty = items.filter(pl.col("text").fill_null("") == "")
    asked = set(manifest.config["benchmarks"])
    missing = asked - set(items["benchmark"].unique().to_list())
    return Verdict(
        passed=not (outside.height or empty.height or missing),
        reason=f"{items.height} items, {outside.height} with an answer that is no choice, "
        f"{empty.height} without text; benchmarks without items: {sorted(missing) or 'none'}",
    )


RAW_CHECKS = (
    Check(
        name="snapshot_is_whole",
        description="The artifact holds exactly the snapshot's files, byte for byte.",
        run=snapshot_is_whole,
    ),
)
BENCHMARK_CHECKS = (
    Check(
        name="items_are_answerable",
        description="Every benchmark has items, every item text and a possible answer.",
        run=items_are_answerable,
    ),
)
DOCUMENT_CHECKS = (
    Check(
        name="identifiers_are_found",
        description="On generated notes, recall and precision of all 18 classes reach their floor.",
        run=identifiers_are_found,
    ),
    Check(
        name="no_identifier_is_left",
        description="Read again, the tables of a masked source show no identifier.",
        run=no_identifier_is_left,
    ),
    Check(
        name="counts_add_up",
        description="Records read = kept + dropped + quarantined.",
        run=counts_add_up,
    ),
    Check(
        name="schema_holds",
        description="Every document has every column, and no id stands twice.",
        run=schema_holds,
    ),
    Check(
        name="licences_allow_use",
        description="Every document carries a licence.",
        run=licences_allow_use,
    ),
    Check(
        name="licences_are_known",
        description="What every document's licence allows is known.",
        run=licences_are_known,
        blocking=False,
    ),
    *SUITE_CHECKS,
)
WITHDRAWN_CHECKS = (
    Check(
        name="counts_add_up",
        description="Rows read = withdrawals + quarantined rows.",
        run=withdrawals_add_up,
    ),
    Check(
        name="every_row_is_understood",
        description="No row of a list is overlooked: each names a document and a reason.",
        run=every_row_is_understood,
    ),
    Check(
        name="nothing_made_is_tainted",
        description="No artifact in the lake holds a withdrawn document or was trained on one.",
        run=nothing_made_is_tainted,
        blocking=False,
    ),
)

"""Truths that hold for corpora: counts, schema, licences."""

from __future__ import annotations

from assets.lineage.checks import Check, Verdict
from assets.lineage.manifest import Manifest
from assets.lineage.tables import sums_to, table
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
    licences = table(lake, manifest, "documents.parquet", ["licence"])["licence"]
    unknown = licences.str.strip_chars().is_in(["", "unknown", "NOASSERTION"]).sum()
    names = ", ".join(sorted(licences.unique().to_list()))
    return Verdict(passed=unknown == 0, reason=f"{unknown} documents without a licence; {names}")


DOCUMENT_CHECKS = (
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
)

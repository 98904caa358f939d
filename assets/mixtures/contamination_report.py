"""What decontamination removed, by source, benchmark and rule; and the budgets it must keep to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from assets.mixtures.contamination import ItemIndex
from assets.mixtures.evidence import RULES, Evidence
from assets.mixtures.pictures import heat_map
from assets.recipes.data import ContaminationCaps

_EXAMPLES = 12
"""Lines of a table in the summary; the whole is in the parquet files."""


@dataclass(frozen=True, kw_only=True)
class Report:
    matrix: pl.DataFrame
    """source, benchmark, num_documents, one column per rule (the strongest of a document), and
    share (of the source's documents); zeros included."""
    totals: Mapping[str, int]
    """Documents per source before removal."""
    shares: Mapping[str, float]
    """Share of each source's documents that was removed."""
    by_rule: Mapping[str, int]
    """Documents by their strongest rule."""
    alarms: tuple[str, ...]
    generic: pl.DataFrame
    whole_only: Mapping[str, int]
    """Items per benchmark that only their whole text can betray."""

    def draw(self, out: Callable[[str], Path]) -> None:
        """Draw removals by source and benchmark, and by benchmark and rule."""
        sources = self.matrix["source"].unique().sort().to_list()
        benchmarks = self.matrix["benchmark"].unique().sort().to_list()
        heat_map(
            np.reshape(self.matrix["num_documents"].to_numpy(), (len(sources), len(benchmarks))),
            rows=sources,
            columns=benchmarks,
            title="Documents removed, by source and benchmark",
            path=out("contamination.png"),
        )
        rules = self.matrix.group_by("benchmark").agg(pl.col(RULES).sum()).sort("benchmark")
        heat_map(
            rules.select(RULES).to_numpy(),
            rows=benchmarks,
            columns=RULES,
            title="Removed, by rule",
            path=out("contamination_rules.png"),
        )

    def summary(self, counts: Mapping[str, int]) -> str:
        """Return the summary of the artifact, in Markdown."""
        lines = [
            f"Removed {counts['removed']:,} of {counts['documents_in']:,} documents that hold a "
            f"benchmark item or a telling part of one ({counts['items_matched']:,} items are "
            f"touched); {counts['heldout']:,} documents are held out.",
            "",
            "| source | benchmark | documents | exact | normalised | n-gram | share of source |",
            "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
        ]
        found = self.matrix.filter(pl.col("num_documents") > 0)
        lines += [
            f"| {row['source']} | {row['benchmark']} | {row['num_documents']:,} "
            f"| {row['exact']:,} | {row['normalised']:,} | {row['ngram']:,} "
            f"| {row['share']:.2%} |"
            for row in found.iter_rows(named=True)
        ]
        return "\n".join([*lines, *self._generic_lines(), *self._alarm_lines()])

    def _generic_lines(self) -> list[str]:
        if not self.generic.height:
            return []
        kinds = self.generic.group_by("benchmark", "reason", "source").agg(
            pl.len().alias("number"),
            pl.col("ngram").sort_by("num_items", "num_documents", "ngram").last(),
            pl.max_horizontal("num_items", "num_documents").max().alias("most"),
        )
        kinds = kinds.sort(
            "number", "benchmark", "reason", "source", descending=[True] + 3 * [False]
        )
        lines = [
            "",
            f"Ignored as phrases: {self.generic.height:,} n-grams (generic.parquet lists all).",
            "",
            "| benchmark | in too many | n-grams | most | example |",
            "| --- | --- | ---: | ---: | --- |",
        ]
        for row in kinds.head(_EXAMPLES).iter_rows(named=True):
            where = "items" if row["reason"] == "items" else f"documents of {row['source']}"
            lines.append(
                f"| {row['benchmark']} | {where} | {row['number']:,} | {row['most']:,} "
                f"| {row['ngram']} |"
            )
        blind = {name: number for name, number in self.whole_only.items() if number}
        listed = ", ".join(f"{name} {number:,}" for name, number in blind.items())
        return [*lines, "", f"Items that only their whole text can betray: {listed or 'none'}."]

    def _alarm_lines(self) -> list[str]:
        return ["", *(f"ALARM: {alarm}" for alarm in self.alarms)] if self.alarms else []


def report_of(
    index: ItemIndex, evidence: Evidence, totals: Mapping[str, int], caps: ContaminationCaps
) -> Report:
    """Count removals; raises ValueError when a benchmark removes more than its budget allows."""
    removed = evidence.removed
    matrix = contamination_matrix(totals, index.benchmarks, removed)
    gone = dict(removed.group_by("source").agg(pl.col("doc_id").n_unique()).iter_rows())
    strongest = removed.group_by("doc_id").agg(pl.col("rule").replace_strict(_ORDER).min())
    by_rule = dict(strongest.group_by("rule").len().iter_rows())
    blind = index.items.filter(pl.Series(index.is_whole_only))["benchmark"].value_counts()
    return Report(
        matrix=matrix,
        totals=totals,
        shares={source: gone.get(source, 0) / number for source, number in totals.items()},
        by_rule={rule: by_rule.get(place, 0) for rule, place in _ORDER.items()},
        alarms=budget_alarms(matrix, evidence, caps),
        generic=evidence.generic,
        whole_only=dict(blind.sort("benchmark").iter_rows()),
    )


def contamination_matrix(
    totals: Mapping[str, int], benchmarks: list[str], removed: pl.DataFrame
) -> pl.DataFrame:
    """Return documents removed per source and benchmark by strongest rule, zeros included."""
    sources = pl.DataFrame(
        {"source": list(totals), "total": list(totals.values())},
        schema={"source": pl.String, "total": pl.Int64},
    )
    names = pl.DataFrame({"benchmark": benchmarks}, schema={"benchmark": pl.String})
    strongest = removed.group_by("source", "benchmark", "doc_id").agg(
        pl.col("rule").replace_strict(_ORDER, return_dtype=pl.Int64).min()
    )
    found = strongest.group_by("source", "benchmark").agg(
        pl.len().cast(pl.UInt32).alias("num_documents"),
        *(
            (pl.col("rule") == place).sum().cast(pl.UInt32).alias(rule)
            for rule, place in _ORDER.items()
        ),
    )
    filled = sources.join(names, how="cross").join(found, on=["source", "benchmark"], how="left")
    return (
        filled.with_columns(pl.col("num_documents", *RULES).fill_null(0))
        .with_columns((pl.col("num_documents") / pl.col("total")).alias("share"))
        .drop("total")
        .sort("source", "benchmark")
    )


def budget_alarms(
    matrix: pl.DataFrame, evidence: Evidence, caps: ContaminationCaps
) -> tuple[str, ...]:
    """Return what a person should read; raises ValueError above a benchmark's budget."""
    alarms = []
    for row in matrix.filter(pl.col("num_documents") > 0).iter_rows(named=True):
        cap = caps.of(row["benchmark"])
        if row["num_documents"] <= cap.min_removed_documents:
            continue
        examples = evidence.removed.filter(
            pl.col("source") == row["source"], pl.col("benchmark") == row["benchmark"]
        )
        said = (
            f"{row['benchmark']} removes {row['num_documents']:,} documents of {row['source']} "
            f"({row['share']:.1%}), most often by "
            f"{examples['ngram'].value_counts().sort(['count', 'ngram'])['ngram'][-1]!r}"
        )
        if row["share"] > cap.max_removed_share:
            raise ValueError(
                f"{said}; its budget is {cap.max_removed_share:.1%}: lower its n-gram caps, raise "
                "max_removed_share, or leave the source out of the recipe"
            )
        if row["share"] > cap.alarm_removed_share:
            alarms.append(f"{said}; read them in removed.parquet.")
    return tuple(alarms)


_ORDER = {rule: place for place, rule in enumerate(RULES)}

"""A backward audit as rows of text: what pages, terminals and Dagster's metadata are made from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assets.releases.backward.ingredients import Ingredients
from assets.releases.evidence.shares import Share

_COMMIT_CHARS = 12


@dataclass(frozen=True, kw_only=True)
class Table:
    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def tables(found: Ingredients) -> tuple[Table, ...]:
    """Return all of a backward audit, empty tables left out."""
    every = (
        shares_table(found.shares),
        _corpora(found),
        _trainings(found),
        _decisions(found),
        _code(found),
        _jobs(found),
        _packages(found),
        _config(found),
        Table(title="No longer in the lake", head=("what",),
              rows=tuple((name,) for name in found.absent)),
    )  # fmt: skip
    return tuple(table for table in every if table.rows)


def shares_table(shares: Sequence[Share]) -> Table:
    """Return the share of every stage's tokens that each source gave under each licence."""
    stages = sorted({share.stage for share in shares})
    cells: dict[tuple[str, str], dict[str, str]] = {}
    for share in shares:
        cell = f"{share.tokens_read:,} ({share.share:.2%})"
        cells.setdefault((share.source, share.licence), {})[share.stage] = cell
    return Table(
        title="Tokens that training read, by source and licence",
        head=("source", "licence", *stages),
        rows=tuple(
            (source, licence, *(row.get(stage, "0") for stage in stages))
            for (source, licence), row in sorted(cells.items())
        ),
        note="Every reading counted; in fine-tuning the tokens of questions made from a source.",
    )


def _corpora(found: Ingredients) -> Table:
    return Table(
        title="Corpora",
        head=("source", "title", "licence stated", "origin", "files", "bytes", "records", "kept",
              "dropped", "quarantined", "snapshot"),
        rows=tuple(
            (c.source, c.title, c.licence, f"{c.origin} {c.version}".strip(), f"{c.files:,}",
             f"{c.bytes:,}", f"{c.read:,}", f"{c.kept:,}", f"{c.dropped:,}",
             f"{c.quarantined:,}", c.raw)
            for c in found.corpora
        ),
    )  # fmt: skip


def _trainings(found: Ingredients) -> Table:
    return Table(
        title="Training",
        head=("artifact", "steps", "samples a step", "context", "peak learning rate", "tokens",
              "final loss", "GFLOP", "time, s", "device time, s"),
        rows=tuple(
            (t.artifact, f"{t.steps:,}", f"{t.batch_samples:,}", f"{t.context_tokens:,}",
             f"{t.peak_lr:g}", f"{t.tokens:,}", f"{t.final_loss:.4f}", f"{t.flops / 1e9:,.0f}",
             f"{t.wall_s:.1f}", f"{t.device_s:.1f}")
            for t in found.trainings
        ),
    )  # fmt: skip


def _decisions(found: Ingredients) -> Table:
    return Table(
        title="Decisions",
        head=("artifact", "by", "what"),
        rows=tuple((d.artifact, d.by, d.what) for d in found.decisions),
    )


def _code(found: Ingredients) -> Table:
    """Return commits and machines, each with how many artifacts it made."""
    counted: dict[tuple[str, str, str], int] = {}
    for job in found.jobs:
        state = "with uncommitted changes" if job.git_dirty else "clean"
        key = (job.git_commit[:_COMMIT_CHARS] or "unknown", state, job.host)
        counted[key] = counted.get(key, 0) + 1
    return Table(
        title="Code and machines",
        head=("commit", "state", "machine", "artifacts"),
        rows=tuple((*key, f"{count:,}") for key, count in sorted(counted.items())),
    )


def _jobs(found: Ingredients) -> Table:
    return Table(
        title="Jobs",
        head=("artifact", "code version", "Dagster run", "MLflow run", "started", "time, s"),
        rows=tuple(
            (j.artifact, j.code_version, j.dagster_run, j.mlflow_run, j.started_at[:19],
             f"{j.wall_s:.1f}")
            for j in found.jobs
        ),
    )  # fmt: skip


def _packages(found: Ingredients) -> Table:
    return Table(
        title="Dependencies",
        head=("package", "version"),
        rows=tuple((name, ", ".join(versions)) for name, versions in found.packages.items()),
    )


def _config(found: Ingredients) -> Table:
    return Table(
        title="Configuration",
        head=("field", "value"),
        rows=tuple((name, str(value)) for name, value in found.config.items()),
        note="The artifact's own; what stands above it has its own in its manifest.",
    )


def markdown(table: Table) -> str:
    """Return a table for Dagster's metadata."""
    lines = [_line(table.head), _line("---" for _ in table.head), *map(_line, table.rows)]
    return "\n".join(lines)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(' '.join(cell.replace('|', chr(92) + '|').split()) for cell in cells)} |"

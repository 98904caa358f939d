"""corpora/documents[source]: raw files -> records -> one document schema, with nothing lost.

Every record that was read is kept, dropped with a reason, or quarantined; the counts add up.
The work on files and parts is document_shards.py's; this file plans it and reports.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

from assets.corpora.document_schema import PART_BYTES
from assets.corpora.document_shards import (
    NUM_SAMPLES,
    MergeItem,
    MergeResult,
    ReadItem,
    ReadResult,
    merge_part,
    read_files,
)
from assets.corpora.raw import FILES_DIR
from assets.corpora.snapshot import matches
from assets.corpora.sources import Source
from assets.corpora.tombstoned import request_files
from assets.corpora.tombstones import NODE as TOMBSTONES
from assets.lineage.manifest import FileEntry
from assets.lineage.workspace import InputFiles, Outcome, Workspace

COMPRESSED_SUFFIXES = (".gz", ".bz2", ".zst", ".parquet")
EXPANSION = 6
"""Text per byte of a compressed file, to plan parts: the catalogue's files have 4 to 11."""

GROUP_BYTES = 64 << 20
"""Raw bytes one worker reads, so that small files go together; our choice."""


def make_documents(ws: Workspace) -> Outcome:
    """Turn one raw corpus into the tables documents, dropped and quarantine, in parts."""
    source = Source.from_dict(ws.config["source"])
    raw = ws.input("corpora/raw")
    entries = _files(raw, source.files)
    extra = tuple((_name(e), raw.stored(e.path)) for e in _files(raw, source.extra_files))
    num_parts = parts_of(entries)
    groups = _groups(entries, source)
    requests = request_files(ws.inputs(TOMBSTONES))
    first_files = [0, *accumulate(len(group) for group in groups)]
    items = [
        ReadItem(
            index=index,
            source=source,
            files=tuple((_name(entry), raw.stored(entry.path)) for entry in group),
            first_file=first_files[index],
            extra_files=extra,
            num_parts=num_parts,
            scratch=ws.scratch,
            out=ws.out_folder,
            requests=requests,
        )
        for index, group in enumerate(groups)
    ]
    ws.progress(f"{source.name}: reading {len(entries)} files in {len(items)} groups")
    read = ws.compute.map(read_files, items, label=f"read {source.name}")
    ws.progress(f"{source.name}: sorting {num_parts} parts")
    merged = ws.compute.map(merge_part, _merges(read, num_parts, ws), label=f"sort {source.name}")
    ws.publish(result.quarantine for result in read)
    ws.publish(stored for part in merged for stored in (part.documents, part.dropped))
    return _outcome(ws, source, read, merged)


def parts_of(entries: Sequence[FileEntry]) -> int:
    """Return how many parts the documents are kept in: by the size of the raw files alone."""
    text_bytes = sum(
        entry.size_bytes * (EXPANSION if entry.path.endswith(COMPRESSED_SUFFIXES) else 1)
        for entry in entries
    )
    return max(1, -(-text_bytes // PART_BYTES))


def _name(entry: FileEntry) -> str:
    return entry.path.removeprefix(f"{FILES_DIR}/")


def _files(raw: InputFiles, patterns: tuple[str, ...]) -> list[FileEntry]:
    return [
        entry
        for entry in raw.manifest.files
        if _name(entry) != entry.path and matches(_name(entry), patterns)
    ]


def _groups(entries: Sequence[FileEntry], source: Source) -> list[list[FileEntry]]:
    """Group files in their order; a source with a cap of records is read by one worker."""
    groups: list[list[FileEntry]] = []
    size = GROUP_BYTES
    for entry in entries:
        if not groups or (source.max_records is None and size >= GROUP_BYTES):
            groups.append([])
            size = 0
        groups[-1].append(entry)
        size += entry.size_bytes
    return groups or [[]]


def _merges(read: Sequence[ReadResult], num_parts: int, ws: Workspace) -> list[MergeItem]:
    fragments = [fragment for result in read for fragment in result.fragments]
    return [
        MergeItem(
            part=part,
            fragments=tuple(fragment for fragment in fragments if fragment.part == part),
            out=ws.out_folder,
        )
        for part in range(num_parts)
    ]


def _outcome(
    ws: Workspace, source: Source, read: Sequence[ReadResult], merged: Sequence[MergeResult]
) -> Outcome:
    dropped = _sum(part.reasons for part in merged)
    quarantined = _sum(result.quarantined for result in read)
    counts = {
        "read": sum(result.read for result in read),
        "kept": sum(part.kept for part in merged),
        "dropped": sum(dropped.values()),
        "quarantined": sum(quarantined.values()),
    }
    assert counts["read"] == counts["kept"] + counts["dropped"] + counts["quarantined"], counts
    reasons = {
        **{f"dropped: {reason}": count for reason, count in dropped.items()},
        **{f"quarantined: {reason}": count for reason, count in quarantined.items()},
    }
    tallies = _sum(result.tallies for result in read)
    text_bytes = sum(part.text_bytes for part in merged)
    samples = _samples(merged)
    report = {
        **counts,
        "reasons": reasons,
        "taken_out": tallies,
        "languages": _sum(part.languages for part in merged),
        "samples": samples,
    }
    ws.out("counts.json").write_text(
        json.dumps(report, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    draw_reasons(ws.out("reasons.png"), source.title, {"kept": counts["kept"], **reasons})
    titles = [title for part in merged for title in part.titles][:NUM_SAMPLES]
    return Outcome(
        counts={**counts, "text_bytes": text_bytes},
        metrics={"kept_share": counts["kept"] / max(1, counts["read"])},
        summary=_summary(source, counts, reasons, tallies, text_bytes, titles),
        pictures=("reasons.png",),
    )


def _sum(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return {name: total[name] for name in sorted(total)}


def _samples(merged: Sequence[MergeResult]) -> dict[str, list[dict[str, str]]]:
    """Parts come in the order of their ids, so the first samples are those of the whole."""
    samples: dict[str, list[dict[str, str]]] = {}
    for part in merged:
        for reason, shown in part.samples.items():
            samples.setdefault(reason, []).extend(shown)
    return {reason: shown[:NUM_SAMPLES] for reason, shown in samples.items()}


def _summary(
    source: Source,
    counts: Mapping[str, int],
    reasons: Mapping[str, int],
    tallies: Mapping[str, int],
    text_bytes: int,
    titles: Sequence[str],
) -> str:
    rows: dict[str, Any] = {**reasons, **tallies}
    return "\n".join(
        [
            f"**{source.title}**: {counts['kept']:,} documents, {text_bytes:,} bytes of text "
            f"({source.licence}), from {counts['read']:,} records.",
            "",
            "| fate | records |",
            "| --- | ---: |",
            f"| kept | {counts['kept']:,} |",
            *[f"| {reason} | {count:,} |" for reason, count in rows.items()],
            "",
            "Samples:",
            *[f"- {title}" for title in titles],
        ]
    )


def draw_reasons(path: Path, title: str, counts: dict[str, int]) -> None:
    """Draw the fates of all records as bars, with their numbers."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 1.2 + 0.35 * len(counts)), layout="constrained")
    axes = figure.add_subplot()
    names = list(counts)[::-1]
    colours = ["#2a7f62" if name == "kept" else "#b5523b" for name in names]
    bars = axes.barh(names, [counts[name] for name in names], color=colours)
    axes.bar_label(bars, labels=[f"{counts[name]:,}" for name in names], padding=3)
    axes.margins(x=0.15)
    axes.set_title(title)
    axes.set_xlabel("records")
    axes.spines[["top", "right"]].set_visible(False)
    # Without the library's version in the file, the same counts give the same bytes.
    figure.savefig(path, metadata={"Software": None})

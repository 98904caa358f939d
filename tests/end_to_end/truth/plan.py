"""A thousand documents whose fates are known before anything runs, and the files that hold them.

What is planned is told by this file alone: ids and the draw of held-out documents are computed
here from their written definitions, not by the code that is audited.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

from tests.end_to_end.truth.writer import Writer

SEED = 20261128
PUBLIC, NOTES = "inbox_public", "inbox"
FILES = {PUBLIC: "records.jsonl", NOTES: "notes.jsonl"}
LICENCES = ("LicenseRef-User-Provided", "CC0-1.0", "CC-BY-4.0")
"""Those that the recipe takes; a document under another one is left out."""
HELDOUT_SHARE = 0.02
BEYOND = "ff"
"""Documents whose id begins so come last, behind the cap of their source."""


@dataclass(kw_only=True)
class Planted:
    """One record of a source and what has to become of it."""

    group: str
    fate: str
    text: str
    source: str = PUBLIC
    native_id: str = ""
    title: str = ""
    domain: str = "general"
    licence: str = LICENCES[0]
    reason: str = ""
    """Why it was dropped, quarantined, excluded; the rule of a merge."""
    base: Planted | None = None
    """The document it repeats, wholly or nearly."""
    item: tuple[str, str] = ("", "")
    """Benchmark and item that it gives away."""
    asked: list[tuple[str, str]] = field(default_factory=list)
    """What questions and answers come of it, by their kinds' definitions."""
    place: str = ""
    """FILE:OFFSET of its record."""
    original: str = ""
    """Its text before identifiers were masked, where they were."""

    @property
    def doc_id(self) -> str:
        return _sha256(json.dumps([self.source, self.native_id, self.text], ensure_ascii=False,
                                  separators=(",", ":")))  # fmt: skip

    @property
    def text_hash(self) -> str:
        return _sha256(self.text)

    @property
    def is_held_out(self) -> bool:
        draw = hashlib.blake2b(self.doc_id.encode(), digest_size=8, key=b"heldout").digest()
        return int.from_bytes(draw, "big") < int(HELDOUT_SHARE * (1 << 64))


@dataclass(kw_only=True)
class Plan:
    planted: list[Planted]
    never: list[str]
    """Texts that are in no file."""
    cap_bytes: int
    """Text that the recipe takes of the public source: all but what lies behind it."""

    def of(self, *fates: str) -> list[Planted]:
        return [each for each in self.planted if each.fate in fates]

    def group(self, *names: str) -> list[Planted]:
        return [each for each in self.planted if each.group in names]


def name_records(planted: list[Planted]) -> None:
    """Give every public record an id under which its fate is the planned one."""
    for number, each in enumerate(planted):
        if each.source != PUBLIC or each.native_id:
            continue
        suffix = ".py" if each.domain == "code" else ""
        for attempt in range(100_000):
            each.native_id = f"{each.group}/{number:04d}-{attempt}{suffix}"
            wanted = each.fate == "held_out", each.fate == "not_taken"
            if (each.is_held_out, each.doc_id.startswith(BEYOND)) == wanted:
                break


def place_records(planted: list[Planted]) -> None:
    """Say where each record lies; a note's own id is taken away, and its place is its id."""
    for source, file in FILES.items():
        offset = 0
        for each in planted:
            if each.source == source:
                each.place = f"{file}:{offset}"
                offset += len(_lines(each))
                if source == NOTES:
                    each.native_id = f"file-00000:{each.place.split(':')[1]}"


def settle_copies(planted: list[Planted]) -> None:
    """Of equal texts the one with the smallest id stays; the others are merged into it."""
    groups: dict[str, list[Planted]] = {}
    for each in planted:
        if each.group in ("exact", "upsampled", "across"):
            groups.setdefault(each.text, []).append(each)
    for copies in groups.values():
        first = min(copies, key=lambda each: each.doc_id)
        first.fate = "held_out" if first.is_held_out else "kept"
        for each in copies:
            if each is not first:
                each.fate, each.base, each.reason = "merged", first, "exact"


def write_files(plan: Plan, inbox: Path) -> None:
    """Write the records into the watched folders, and the list of withdrawn documents."""
    for source, file in FILES.items():
        folder = inbox / source
        folder.mkdir(parents=True)
        own = [each for each in plan.planted if each.source == source]
        (folder / file).write_bytes(b"".join(_lines(each) for each in own))
    rows = ["source,native_id,doc_id,text_hash,reason,date,reference"]
    for number, each in enumerate(plan.group("withdrawn")):
        named = {
            "native_id": f"{each.source},{each.native_id},,",
            "doc_id": f",,{each.doc_id},",
            "text_hash": f",,,{each.text_hash}",
        }
        rows.append(f"{named[each.reason]},objection,2026-01-02,case-{number}")
    (inbox / "withdrawn").mkdir()
    (inbox / "withdrawn" / "list.csv").write_text("\n".join(rows) + "\n")


def _lines(each: Planted) -> bytes:
    """Return a record as it stands in its file: once, or twice where that is the plan."""
    return _line(each) * (2 if each.group == "repeated" else 1)


def _line(each: Planted) -> bytes:
    """Return a record as it stands in its file; broken where that is the plan."""
    record: dict[str, object] = {
        "text": each.text,
        "id": each.native_id if each.source == PUBLIC else "taken away",
        "title": each.title,
        "domain": each.domain,
        "licence": each.licence,
        # Of code nobody detects the language, and the source stands for none.
        **({"language": "en"} if each.domain == "code" else {}),
    }
    if each.reason == "bad_domain_field":
        record["domain"] = "astrology"
    if each.reason == "bad_licence_field":
        record["licence"] = ["CC0-1.0"]
    if each.reason == "no_text_field":
        record = {"body": each.text, **{k: v for k, v in record.items() if k != "text"}}
    line = json.dumps(record, ensure_ascii=False)
    if each.reason == "malformed_json":
        line = line[:-1]
    content = line.encode()
    if each.reason == "not_utf8":
        content = content.replace(b'"id"', b'"\xff"')
    return content + b"\n"


def unplanted(count: int) -> list[str]:
    writer = Writer(SEED + 1)
    return [writer.text() for _ in range(count)]


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]

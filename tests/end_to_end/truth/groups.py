"""The groups of planted documents: how many of which fate, and how each comes about."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

from assets.corpora.benchmark_items import Item
from assets.corpora.benchmarks import BENCHMARKS, PACKAGE
from tests.end_to_end.truth.plan import (
    BEYOND,
    LICENCES,
    NOTES,
    PUBLIC,
    SEED,
    Plan,
    Planted,
    name_records,
    place_records,
    settle_copies,
    unplanted,
)
from tests.end_to_end.truth.writer import Writer

NUM_PLANTED, NUM_NEVER = 1000, 200
DROPPED = {
    "too_few_words": "The garden and the river of that valley.",
    "placeholder_text": "{} And to have lorem ipsum with it is the way of the mill.",
    "too_many_symbols": "{} # # # # # # # # # # # # # # # # # # # #",
    "frequent_phrase": "{} the broad valley road the broad valley road the broad valley road the "
    "broad valley road the broad valley road the broad valley road the broad valley road",
    "odd_word_length": "To have a {} and of that be it with",
    "too_few_alphabetic_words": "{} 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 "
    "25 26 27 28 29 30",
}
"""Rule -> what makes a text break it; sources of the rules: docs/data-quality.md."""
QUARANTINED = (
    "malformed_json", "no_text_field", "bad_domain_field", "not_utf8", "bad_licence_field",
)  # fmt: skip


def make_plan() -> Plan:
    """Return the plan; the same every time."""
    writer = Writer(SEED)
    planted = [
        *_seeds(writer),
        *_copies(writer),
        *_across(writer),
        *_near(writer),
        *_dropped(writer),
        *_plain(writer, "quarantined", "quarantined", 40, reasons=QUARANTINED),
        *_removed(writer),
        *_plain(writer, "held_out", "held_out", 40),
        *_plain(writer, "withdrawn", "excluded", 36, reasons=("native_id", "doc_id", "text_hash")),
        *_plain(writer, "licence", "excluded", 20, reasons=("licence",), licence="MIT"),
        *_plain(writer, "not_taken", "not_taken", 20),
        *_notes(writer),
        *_plain(writer, "repeated", "kept", 10),
    ]
    planted += _of_others(writer, planted)
    planted += _plain(writer, "plain", "kept", NUM_PLANTED - len(planted))
    name_records(planted)
    place_records(planted)
    settle_copies(planted)
    taken = {
        each.doc_id: len(each.text.encode())
        for each in planted
        if each.source == PUBLIC and each.fate not in ("dropped", "quarantined", "excluded")
    }
    cap = sum(size for doc_id, size in taken.items() if not doc_id.startswith(BEYOND))
    return Plan(planted=planted, never=unplanted(NUM_NEVER), cap_bytes=cap)


def _plain(
    writer: Writer,
    group: str,
    fate: str,
    count: int,
    *,
    reasons: tuple[str, ...] = ("",),
    licence: str = "",
) -> list[Planted]:
    """Return documents of their own, medical and general in turn, under the licences in turn."""
    turns = zip(range(count), cycle(("medical", "general", "medical")), cycle(reasons))
    return [
        Planted(
            group=group,
            fate=fate,
            text=writer.text(domain, sentences=60 if group == "plain" and n < 6 else 5),
            domain=domain,
            reason=reason,
            licence=licence or LICENCES[n % 3],
        )
        for n, domain, reason in turns
    ]


def _seeds(writer: Writer) -> Iterator[Planted]:
    """Articles that open with their title, and modules with a documented function."""
    for number in range(66):
        name = writer.name()
        what = writer.choice(["tool", "plant", "stone"])
        lead = f"{name} is a {what} that {writer.text(sentences=1)[:-1].lower()}."
        asked = [
            (f"What is {name}?", lead),
            (f"Fill in the blank: ____{lead.removeprefix(name)}", name),
        ]
        held = number >= 60
        yield Planted(
            group="article",
            fate="held_out" if held else "kept",
            title=name,
            text=f"{name}\n{lead} {writer.text()}",
            asked=[] if held else asked,
        )
    for _ in range(20):
        name = writer.name()
        text, says = writer.module(name)
        lines = text.split("\n")
        header, body = lines[3:5], lines[5:]
        code = "\n".join([header[0], *body])
        asked = [
            (code, says),
            ("Write the body of this Python function.\n\n" + "\n".join(header), "\n".join(body)),
        ]
        yield Planted(group="module", fate="kept", domain="code", text=text, asked=asked)


def _copies(writer: Writer) -> Iterator[Planted]:
    """Two of a text, and six of others, which are read more often for it."""
    for group, clusters, size in (("exact", 30, 2), ("upsampled", 8, 6)):
        for number in range(clusters):
            text = writer.text("medical")
            for _ in range(size):
                yield Planted(
                    group=group, fate="kept", text=text, domain="medical",
                    licence=LICENCES[number % 3],
                )  # fmt: skip


def _across(writer: Writer) -> Iterator[Planted]:
    """The same text in two sources, under two licences."""
    for _ in range(10):
        text = writer.text("medical")
        for source, licence in ((PUBLIC, LICENCES[1]), (NOTES, LICENCES[2])):
            yield Planted(
                group="across", fate="kept", text=text, source=source, domain="medical",
                licence=licence,
            )  # fmt: skip


def _near(writer: Writer) -> Iterator[Planted]:
    """A text, a shorter one that differs in a few words, and one that differs in too many."""
    for number in range(56):
        base = Planted(group="near", fate="kept", text=writer.text("medical"), domain="medical")
        few = writer.changed(base.text, 1 + number % 2)
        yield base
        yield Planted(
            group="near", fate="merged", text=few, domain="medical", base=base, reason="near"
        )
    for _ in range(10):
        base = Planted(group="unlike", fate="kept", text=writer.text("medical"), domain="medical")
        yield base
        yield Planted(
            group="unlike", fate="kept", text=writer.changed(base.text, 5), domain="medical"
        )


def _dropped(writer: Writer) -> Iterator[Planted]:
    for reason, form in DROPPED.items():
        for number in range(10):
            filling = writer.text()
            if reason == "odd_word_length":
                filling = " ".join(f"{writer.name()}{writer.name().lower()}" for _ in range(60))
            text = f"{form} Number {number}." if "{}" not in form else form.format(filling)
            yield Planted(group="dropped", fate="dropped", text=text, reason=reason)


def _removed(writer: Writer) -> Iterator[Planted]:
    for benchmark, item in _items(30):
        text = f"{writer.text(sentences=3)} {' '.join(item.text.split())} {writer.text()}"
        yield Planted(group="removed", fate="removed", text=text, item=(benchmark, item.item_id))


def _notes(writer: Writer) -> Iterator[Planted]:
    """Notes about persons: their names and dates are masked before the text has an identity. Where
    the title names the person, the text says no more than the family name."""
    for number in range(40):
        title = "Patient: Henry Quillbarrow" if number % 4 == 0 else ""
        person = "Quillbarrow" if title else "The patient, Mr. Henry Quillbarrow,"
        text = (
            f"{writer.text('medical', sentences=3)} {person} was seen on "
            f"March {1 + number % 28}, 2019. {writer.text('medical', sentences=3)}"
        )
        yield Planted(
            group="note", fate="kept", source=NOTES, title=title, text=text, domain="medical"
        )


def _of_others(writer: Writer, planted: list[Planted]) -> Iterator[Planted]:
    """Copies of documents that do not stay themselves."""
    withdrawn = [each for each in planted if each.group == "withdrawn"]
    for each in withdrawn[:10]:
        # A list that names a text names its copies as well.
        rule = "text_hash" if each.reason == "text_hash" else "copy"
        yield Planted(group="copy of withdrawn", fate="excluded", text=each.text, reason=rule)
    held = [each for each in planted if each.group == "held_out"]
    for each in held[:10]:
        yield Planted(
            group="copy of held out", fate="merged", text=writer.changed(each.text, 1),
            base=each, reason="near", domain=each.domain,
        )  # fmt: skip
    for each in [each for each in planted if each.group == "removed"][:5]:
        yield Planted(
            group="copy of removed", fate="merged", text=writer.changed(each.text, 1),
            base=each, reason="near",
        )  # fmt: skip


def _items(count: int) -> list[tuple[str, Item]]:
    """Return benchmark items of some length, from each benchmark in turn."""
    package = importlib.metadata.distribution(PACKAGE)
    found: list[list[tuple[str, Item]]] = []
    for name in ("arc_easy", "lambada", "medqa"):
        items = [
            item
            for file in BENCHMARKS[name].files
            for item in BENCHMARKS[name].parse(Path(str(package.locate_file(file))))
            if 25 <= len(item.text.split()) <= 120
        ]
        found.append([(name, item) for item in items[:: max(1, len(items) // count)]])
    return [pair for trio in zip(*found, strict=False) for pair in trio][:count]

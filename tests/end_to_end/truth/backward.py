"""What the backward audits have to say of the release: sources, licences and token shares, counted
from the bytes of the shards; and every artifact and edge, walked over the manifests.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from assets.corpora.sources import SOURCES
from tests.end_to_end.truth.expected import Claim, Expected
from tests.end_to_end.truth.packed import MODELS, Piece
from tests.end_to_end.truth.plan import NOTES, PUBLIC


def share_claims(expected: Expected) -> set[Claim]:
    """Return what every source gave to every stage under every licence."""
    lake, found = expected.lake, set[Claim]()
    asked = lake.table("synthesis/questions", "questions").to_dicts()
    chats = {f"{row['system']}{row['question']}{row['answer']}": row["source"] for row in asked}
    for node in MODELS:
        totals: dict[tuple[str, str], list[tuple[str, int, int]]] = defaultdict(list)

        def add(source: str, licence: str, name: str, pieces: list[Piece]) -> None:
            for piece in pieces:
                if piece.shards.split("_", 1)[1] == node.split("/")[1]:  # noqa: B023
                    size = piece.end - piece.start
                    read = size * len(expected.steps(node, piece))  # noqa: B023
                    totals[source, licence].append((name, size, read))  # noqa: B023

        for doc_id, origin in expected.origins.items():
            add(origin["source"], origin["licence"], doc_id, expected.pieces[doc_id])
        for text, pieces in expected.chats.items():
            add(chats[text], SOURCES[chats[text]].licence, text, pieces)
        whole = sum(read for rows in totals.values() for _, _, read in rows)
        for (source, licence), rows in totals.items():
            read = sum(row[2] for row in rows)
            documents = len({name for name, _, tokens in rows if tokens})
            packed = sum(row[1] for row in rows)
            share = f"{read / whole:.9f}"
            found.add(("share", node, source, licence, documents, packed, read, share))
    return found


def shares_told(answer: dict[str, Any]) -> set[Claim]:
    return {
        ("share", s["stage"], s["source"], s["licence"], s["documents"], s["tokens_packed"],
         s["tokens_read"], f"{s['share']:.9f}")
        for s in answer["shares"]
    }  # fmt: skip


def corpus_claims(expected: Expected) -> set[Claim]:
    """Return what became of the records of the planted sources, from the plan."""
    found: set[Claim] = set()
    for source in (PUBLIC, NOTES):
        own = [each for each in expected.plan.planted if each.source == source]
        twice = [each for each in own if each.group == "repeated"]
        dropped = len([each for each in own if each.fate == "dropped"]) + len(twice)
        bad = len([each for each in own if each.fate == "quarantined"])
        read = len(own) + len(twice)
        licence = SOURCES[source].licence
        found.add(("corpus", source, licence, read, read - dropped - bad, dropped, bad))
    return found


def corpora_told(answer: dict[str, Any]) -> set[Claim]:
    return {
        ("corpus", c["source"], c["licence"], c["read"], c["kept"], c["dropped"],
         c["quarantined"])
        for c in answer["corpora"]
        if c["source"] in (PUBLIC, NOTES)
    }  # fmt: skip


def graph_claims(expected: Expected, start: str, *, forward: bool) -> set[Claim]:
    """Return all artifacts behind, or ahead of, one, and every edge among them."""
    manifests = {m["fingerprint"]: m for m in expected.lake.manifests.values()}
    edges = {(i["fingerprint"], f) for f, m in manifests.items() for i in m["inputs"]}
    reached = {expected.lake.manifests[start]["fingerprint"]}
    while True:
        ends = [(c, i) if forward else (i, c) for i, c in edges]
        more = {far for far, near in ends if near in reached} - reached
        if not more:
            break
        reached |= more
    nodes: set[Claim] = {("node", f, manifests[f]["digest"]) for f in reached}
    inside = {("edge", i, c) for i, c in edges if i in reached and c in reached}
    return nodes | inside


def graph_told(answer: dict[str, Any]) -> set[Claim]:
    nodes: set[Claim] = {("node", n["fingerprint"], n["digest"]) for n in answer["nodes"]}
    return nodes | {("edge", e["input"], e["consumer"]) for e in answer["edges"]}

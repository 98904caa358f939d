"""What a withdrawal of one planted document has to find: all that it has reached, with tokens and
steps, from the plan and the bytes of the shards.
"""

from __future__ import annotations

from collections.abc import Iterable

from assets.lineage.taint import Tainted
from tests.end_to_end.truth.expected import CLEAN, DEDUPED, STAGES, Claim, Expected, holders
from tests.end_to_end.truth.packed import MODELS, Piece
from tests.end_to_end.truth.plan import Planted


def reached_claims(expected: Expected, each: Planted) -> set[Claim]:
    """Return every artifact that a document, or an exact copy of it, has reached."""
    found: set[Claim] = set()
    for one in expected.by_text.get(each.text_hash, ()) if each.fate != "quarantined" else ():
        if one.fate in ("kept", "removed", "held_out"):
            found.add(("holds", expected.lake.key(DEDUPED), 0))
        if one.fate in ("kept", "held_out"):
            found.add(("holds", expected.lake.key(CLEAN), 0))
        if one.fate == "kept":
            found |= _of_kept(expected, one)
    return found


def _of_kept(expected: Expected, one: Planted) -> set[Claim]:
    lake, found = expected.lake, set[Claim]()
    chats = expected.items_of(one)
    if chats:
        found.add(("asks", lake.key("synthesis/questions"), 0))
    pieces = [*expected.pieces[one.doc_id], *[piece for _, said in chats for piece in said]]
    for shards in sorted({piece.shards for piece in pieces}):
        own = [piece for piece in pieces if piece.shards == shards]
        size = sum(piece.end - piece.start for piece in own)
        found.add(("holds", lake.key(shards), size))
        stage = shards.split("_", 1)[1]
        if stage in STAGES:
            found.add(("holds", lake.key(f"mixtures/{stage}"), size))
    trained: set[str] = set()
    for node in MODELS:
        own = [piece for piece in pieces if expected.steps(node, piece)]
        if own:
            trained.add(node)
            found.add(("trained_on", lake.key(node), *_readings(expected, node, own)))
    for node in trained:
        found |= {("descends", lake.key(other), 0) for other in holders([node]) if other != node}
    return found


def _readings(expected: Expected, node: str, pieces: list[Piece]) -> tuple[int, int, int, int]:
    """Return tokens read, samples read with them, the first step and the last."""
    tokens = sum((p.end - p.start) * len(expected.steps(node, p)) for p in pieces)
    by_sample = {p.sample: expected.steps(node, p) for p in pieces}
    steps = sorted(step for seen in by_sample.values() for step in seen)
    return tokens, len(steps), steps[0], steps[-1]


def taint_told(entries: Iterable[Tainted]) -> set[Claim]:
    found: set[Claim] = set()
    for entry in entries:
        how: Claim = (entry.how, entry.artifact, entry.tokens)
        if entry.how == "trained_on":
            assert entry.first_step is not None and entry.last_step is not None
            how = (*how, entry.times_seen, entry.first_step, entry.last_step)
        found.add(how)
    return found

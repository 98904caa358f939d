"""What every audit has to say about a planted document: claims that follow from plan and bytes.

A claim is a tuple; an audit's answer and the truth are sets of them, so what is missing and what
was invented can be counted.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from model.chat import DEFAULT_SYSTEM
from tests.end_to_end.truth.installation import Truth
from tests.end_to_end.truth.packed import JUDGED, MODELS, REPORTS, PackedLake, Piece
from tests.end_to_end.truth.plan import Plan, Planted

Claim = tuple[Any, ...]
DOCUMENTS, DEDUPED, CLEAN = "corpora/documents", "mixtures/deduped", "mixtures/decontaminated"
STAGES = ("stage1", "stage2", "stage3")
ORDER = (
    "unknown", "quarantined", "dropped", "excluded", "not_taken", "merged", "removed", "held_out",
    "kept",
)  # fmt: skip
_STEMS = (
    "What does this Python function do?",
    "Write the first line of this Python function's documentation string.",
)


class Expected:
    """The truth about all planted documents of one lake."""

    def __init__(self, plan: Plan, lake: PackedLake) -> None:
        self.plan, self.lake = plan, lake
        rows = lake.table(CLEAN, "documents").select("doc_id", "text", "source", "licence")
        self.origins = {row["doc_id"]: row for row in rows.to_dicts()}
        texts = {doc_id: row["text"] for doc_id, row in self.origins.items()}
        self.pieces: dict[str, list[Piece]] = defaultdict(list)
        for stage in STAGES:
            found = lake.pieces_of_texts(f"tokenizers/shards_{stage}", texts)
            for doc_id, pieces in found.items():
                self.pieces[doc_id] += pieces
        self.chats: dict[str, list[Piece]] = defaultdict(list)
        for domain in ("general", "medical"):
            for piece in lake.pieces_of_chats(f"tokenizers/shards_sft_{domain}"):
                self.chats[piece.text].append(piece)
        asked = lake.table("synthesis/questions", "questions")
        self.item_ids = {
            (row["question"], row["answer"]): row["item_id"] for row in asked.to_dicts()
        }
        self.by_text: dict[str, list[Planted]] = defaultdict(list)
        for each in plan.planted:
            if each.fate != "quarantined":
                self.by_text[each.text_hash].append(each)

    def items_of(self, standing: Planted) -> list[tuple[str, list[Piece]]]:
        """Return item id and chats of every question that was made of a document."""
        found = []
        for question, answer in standing.asked:
            wordings = [question]
            if standing.group == "module" and not question.startswith("Write the body"):
                wordings = [f"{stem}\n\n{question}" for stem in _STEMS]
            asked = [w for w in wordings if (w, answer) in self.item_ids]
            assert len(asked) == 1, f"of {question!r} there are {len(asked)} items"
            chats = self.chats[f"{DEFAULT_SYSTEM}{asked[0]}{answer}"]
            found.append((self.item_ids[asked[0], answer], chats))
        return found

    def claims(self, asked_about: Iterable[Planted]) -> set[Claim]:
        """Return all that a trace of some documents has to say."""
        chosen = list(asked_about)
        status = max((each.fate for each in chosen), key=ORDER.index, default="unknown")
        found: set[Claim] = {("status", status)}
        for each in chosen:
            found |= set(self._decided(each))
        standing = {id(s): s for each in chosen if (s := _standing(each)) is not None}
        trained: set[str] = set()
        for one in standing.values():
            if one.fate != "kept":
                continue
            for doc_id, pieces in [(one.doc_id, self.pieces[one.doc_id]), *self.items_of(one)]:
                found |= set(self._places(doc_id, pieces, trained))
            found |= {("item", item_id) for item_id, _ in self.items_of(one)}
            found |= set(self._selected(one))
        return found | set(self._holders(trained))

    def _decided(self, each: Planted) -> Iterator[Claim]:
        if each.fate == "quarantined":
            yield "decided", DOCUMENTS, "", "quarantined", each.reason, each.place
            return
        if each.fate == "dropped":
            yield "decided", DOCUMENTS, each.doc_id, "dropped", each.reason, ""
            return
        yield "decided", DOCUMENTS, each.doc_id, "kept", "", ""
        if each.group == "repeated":
            yield "decided", DOCUMENTS, each.doc_id, "dropped", "repeated_record", ""
        if each.fate == "kept":
            yield "decided", CLEAN, each.doc_id, "kept", "", ""
        if each.fate == "excluded":
            yield "decided", DEDUPED, each.doc_id, "excluded", each.reason, ""
        if each.fate == "not_taken":
            yield "decided", DEDUPED, each.doc_id, "not_taken", "", ""
        if each.fate == "held_out":
            yield "decided", CLEAN, each.doc_id, "held_out", "", ""
        if each.fate == "removed":
            yield "decided", CLEAN, each.doc_id, "removed", *each.item
        if each.fate == "merged":
            assert each.base is not None
            into, alike = each.base.doc_id, f"{jaccard(each.text, each.base.text):.6f}"
            yield "decided", DEDUPED, each.doc_id, "merged", each.reason, into, alike
            yield "merged into", into, each.base.fate

    def _places(self, doc_id: str, pieces: list[Piece], trained: set[str]) -> Iterator[Claim]:
        for piece in pieces:
            per_shard = self.lake.info(piece.shards)["samples_per_shard"]
            place = (piece.sample // per_shard, piece.sample, piece.start, piece.end, piece.piece)
            yield "place", self.lake.name(piece.shards), doc_id, *place
            for model in self.lake.trained:
                for epoch, step in enumerate(self.steps(model.node, piece)):
                    trained.add(model.node)
                    where = (piece.shards, piece.sample, piece.start)
                    yield "read", doc_id, *where, self.lake.name(model.node), step, epoch

    def steps(self, node: str, piece: Piece) -> list[int]:
        """Return the steps at which a model read a piece."""
        (model,) = [each for each in self.lake.trained if each.node == node]
        return model.steps.get(piece.sample, []) if model.shards == piece.shards else []

    def _selected(self, one: Planted) -> Iterator[Claim]:
        for stage in STAGES:
            shards = f"tokenizers/shards_{stage}"
            copies = [p for p in self.pieces[one.doc_id] if (p.shards, p.piece) == (shards, 0)]
            if copies:
                node = self.lake.name(f"mixtures/{stage}")
                yield "selected", node, one.doc_id, len(copies)

    def _holders(self, trained: set[str]) -> Iterator[Claim]:
        for node in holders(trained):
            yield "holder", node.split("/")[0], self.lake.name(node)


def holders(trained: Iterable[str]) -> list[str]:
    """Return all that has seen what some models were trained on, those models among it."""
    first = min((MODELS.index(node) for node in trained), default=len(MODELS))
    later = [*MODELS[first:]]
    judged = [f"reports/{name}" for name in REPORTS] if set(later) & set(JUDGED) else []
    return [*later, *judged, *(["releases/release"] if later else [])]


def told(answer: dict[str, Any], truth: Truth) -> set[Claim]:
    """Return a trace's claims in the same words.

    Items beside the planted one that a text gives away as well are no claims, if it really does.
    """
    lake = truth.lake
    planted = {each.doc_id: each for each in truth.plan.of("removed")}
    found: set[Claim] = {("status", answer["status"])}
    for d in answer["decisions"]:
        node, doc_id, status = d["artifact"].split("[")[0], d["doc_id"], d["status"]
        if status == "merged":
            alike = f"{d['similarity']:.6f}"
            found.add(("decided", node, doc_id, status, d["rule"], d["kept_doc_id"], alike))
            continue
        why: tuple[str, str] = ("", "")
        if status in ("dropped", "quarantined"):
            why = (d["reason"], f"{d['file']}:{d['offset']}" if status == "quarantined" else "")
        if status == "excluded":
            why = (d["rule"], "")
        if status == "removed":
            why = (d["benchmark"], d["item_id"])
            if why != planted[doc_id].item and shares_words(d["ngram"], planted[doc_id].text):
                continue
        found.add(("decided", node, doc_id, status, *why))
    found |= {("merged into", *pair) for pair in answer["merged_into"].items()}
    found |= {("item", item["item_id"]) for item in answer["synthetic_items"]}
    for s in answer["selections"]:
        name = f"{s['artifact']}@{s['fingerprint'][:12]}"
        found.add(("selected", name, s["doc_id"], s["repeats"]))
    for o in answer["occurrences"]:
        place = (o["shard"], o["sample"], *o["tokens"], o["piece"])
        found.add(("place", f"{o['artifact']}@{o['fingerprint'][:12]}", o["doc_id"], *place))
        node = lake.node_of(o["fingerprint"])
        for run in o["training"]:
            model = f"{run['artifact']}@{run['fingerprint'][:12]}"
            for step, epoch in zip(run["steps"], run["epochs"], strict=True):
                where = (node, o["sample"], o["tokens"][0])
                found.add(("read", o["doc_id"], *where, model, step, epoch))
    for family in ("checkpoints", "models", "reports", "releases"):
        found |= {("holder", family, name) for name in answer[family]}
    return found


def jaccard(one: str, two: str) -> float:
    """Return how alike two texts are, by their runs of five words."""
    a, b = (_runs(text) for text in (one, two))
    return len(a & b) / len(a | b)


def shares_words(ngram: str, text: str) -> bool:
    """Return whether some words stand in a text one after another, as its words are counted."""
    return f" {ngram} " in f" {' '.join(_words(text))} "


def _runs(text: str) -> set[tuple[str, ...]]:
    words = _words(text)
    return {tuple(words[at : at + 5]) for at in range(len(words) - 4)}


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _standing(each: Planted) -> Planted | None:
    return each.base if each.fate == "merged" else each

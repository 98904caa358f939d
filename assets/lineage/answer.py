"""From an answer of a model back to training: the documents that share its longest runs of tokens,
and the steps at which the model read them.

A shared run is evidence that the text was seen, not that it made the model say so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from assets.lineage.audit import ArtifactGraph
from assets.lineage.document_index import DocumentIndex
from assets.lineage.manifest import Manifest
from assets.lineage.tables import has_file
from assets.lineage.trace import Documents, steps_by_model, trained
from assets.ports import Lake
from assets.tokenizers.span_search import Match, SpanIndex
from model.tokenizer import FILE_NAME, Tokenizer

MAX_SPANS = 20
MAX_PLACES = 20
"""Spans told of an answer, longest first, and places told of each; all are counted."""

_ABOUT = ("source", "native_id", "title", "licence")
_ASKED = ("question", "seed_doc_id")
_TOLD_BY = (
    ("corpora/documents", "documents", "doc_id"),
    ("synthesis/*", "questions", "item_id"),
)


@dataclass(frozen=True, kw_only=True)
class Span:
    """A run of an answer's tokens that training documents have too."""

    tokens: tuple[int, int]
    """First token in the answer, and the one behind the last."""
    text: str
    num_places: int
    """Packed copies of documents that have it."""
    places: tuple[dict[str, Any], ...]


@dataclass(kw_only=True)
class AnswerTrace:
    """Everything known about one answer, ready for JSON."""

    model: str
    num_tokens: int
    covered_tokens: int
    """Tokens of the answer that stand in some shared run."""
    certain_tokens: int
    """A shared run of so many tokens is always found; shorter ones often."""
    places_left_out: int
    not_indexed: list[str] = field(default_factory=list)
    """Shards the model was trained on that no index covers."""
    spans: list[Span] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        return {**vars(self), "spans": [asdict(span) for span in self.spans]}


def trace_answer(lake: Lake, model: Manifest, text: str) -> AnswerTrace:
    """Return what an answer of `model` shares with the documents it was trained on.

    Raises LookupError when no index covers any of its shards, ValueError for an empty answer.
    """
    graph = ArtifactGraph.of(lake)
    ancestors = graph.ancestors(model)
    shards = {m.fingerprint: m for m in ancestors if has_file(m, "shards.json")}
    indexes = _indexes(lake, graph, shards)
    covered = {each.fingerprint for index in indexes for each in index.info.shards}
    if not covered & shards.keys():
        raise LookupError(
            f"no index covers what {model.key} was trained on: materialize tokenizers/spans of its "
            "recipe"
        )
    tokenizer = _tokenizer(lake, ancestors)
    ids = np.array(tokenizer.encode(text), dtype=np.int64)
    if not len(ids):
        raise ValueError("the answer is empty: give the text that the model wrote")
    result = AnswerTrace(
        model=f"{model.key}@{model.short}",
        num_tokens=len(ids),
        covered_tokens=0,
        certain_tokens=max(index.info.certain_tokens for index in indexes),
        places_left_out=0,
        not_indexed=[f"{m.key}@{m.short}" for f, m in shards.items() if f not in covered],
    )
    found = _found(result, indexes, ids, shards)
    models = {m.fingerprint for m in ancestors}
    with DocumentIndex.open(lake) as documents:
        told = _Places(lake, graph, documents, models)
        result.spans = _spans(
            told, shards, _longest(found), lambda a, b: tokenizer.decode(ids[a:b].tolist())
        )
    return result


def _found(
    result: AnswerTrace,
    indexes: Sequence[SpanIndex],
    ids: npt.NDArray[np.int64],
    shards: Mapping[str, Manifest],
) -> list[tuple[SpanIndex, Match]]:
    """Return every shared run; the result is told what of the answer they cover."""
    mask = np.zeros(len(ids), dtype=bool)
    found: list[tuple[SpanIndex, Match]] = []
    for index in indexes:
        searched = index.search(ids, shards)
        result.places_left_out += searched.places_left_out
        found += [(index, match) for match in searched.matches]
    for _, match in found:
        mask[match.first : match.first + match.length] = True
    result.covered_tokens = int(mask.sum())
    return found


def _spans(
    told: _Places,
    shards: Mapping[str, Manifest],
    runs: Sequence[tuple[tuple[int, int], list[tuple[SpanIndex, Match]]]],
    written: Callable[[int, int], str],
) -> list[Span]:
    """Return what is told of runs; `written` gives the text of tokens of the answer."""
    told.look_up([place for _, places in runs for place in places[:MAX_PLACES]])
    return [
        Span(
            tokens=(first, first + length),
            text=written(first, first + length),
            num_places=len(places),
            places=tuple(
                told.told(index, match, shards[match.shards.fingerprint])
                for index, match in places[:MAX_PLACES]
            ),
        )
        for (first, length), places in runs
    ]


def _indexes(lake: Lake, graph: ArtifactGraph, shards: dict[str, Manifest]) -> list[SpanIndex]:
    """Return indexes that together cover the shards as far as possible, the newest first."""
    chosen: list[SpanIndex] = []
    left = set(shards)
    for address in reversed(lake.addresses("tokenizers", "spans")):
        manifest = graph.at(address)
        covers = {record.fingerprint for record in manifest.inputs} & left if manifest else set()
        if manifest is not None and covers:
            chosen.append(SpanIndex(lake, manifest))
            left -= covers
    return chosen


def _tokenizer(lake: Lake, ancestors: list[Manifest]) -> Tokenizer:
    made = next(m for m in ancestors if f"{m.family}/{m.name}" == "tokenizers/tokenizer")
    return Tokenizer.load(lake.fetch(made, made.file(FILE_NAME)).parent)


def _longest(
    found: list[tuple[SpanIndex, Match]],
) -> list[tuple[tuple[int, int], list[tuple[SpanIndex, Match]]]]:
    """Return runs by (first, length), longest first, without those inside a longer one."""
    by_run: dict[tuple[int, int], list[tuple[SpanIndex, Match]]] = {}
    for index, match in found:
        by_run.setdefault((match.first, match.length), []).append((index, match))
    chosen: list[tuple[tuple[int, int], list[tuple[SpanIndex, Match]]]] = []
    for run, places in sorted(by_run.items(), key=lambda item: (-item[0][1], item[0][0])):
        inside = any(
            first <= run[0] and run[0] + run[1] <= first + length for (first, length), _ in chosen
        )
        if not inside and len(chosen) < MAX_SPANS:
            chosen.append((run, places))
    return chosen


class _Places:
    """What there is to tell of a place: its document, and the steps that read it."""

    def __init__(
        self, lake: Lake, graph: ArtifactGraph, documents: DocumentIndex, models: set[str]
    ) -> None:
        self._graph, self._documents, self._models = graph, documents, models
        self._files = Documents(lake)
        self._doc_ids: dict[tuple[str, int], str] = {}
        self._known: dict[tuple[str, str], dict[str, Any]] = {}
        self._behind: dict[str, set[str]] = {}
        self._trained: dict[str, list[Manifest]] = {}

    def look_up(self, places: Sequence[tuple[SpanIndex, Match]]) -> None:
        """Find the documents of places that will be told, those of an index together."""
        for index in {id(index): index for index, _ in places}.values():
            found = index.doc_ids(match.piece for own, match in places if own is index)
            fingerprint = index.manifest.fingerprint
            self._doc_ids |= {(fingerprint, piece): doc_id for piece, doc_id in found.items()}

    def told(self, index: SpanIndex, match: Match, shards: Manifest) -> dict[str, Any]:
        """Return what is told of a place that was looked up."""
        doc_id = self._doc_ids[index.manifest.fingerprint, match.piece]
        models = self._trained_on(shards)
        return {
            "doc_id": doc_id,
            **self._about(shards, doc_id),
            "artifact": shards.key,
            "fingerprint": shards.fingerprint,
            "sample": match.sample,
            "tokens": [match.start, match.start + match.length],
            "training": [
                {
                    "artifact": model.key,
                    "fingerprint": model.fingerprint,
                    "steps": steps,
                    "times_seen": len(steps),
                }
                for model, steps in steps_by_model(self._files, models, shards, match.sample)
            ],
        }

    def _trained_on(self, shards: Manifest) -> list[Manifest]:
        """Return those of the model and what went into it that read some shards."""
        if shards.fingerprint not in self._trained:
            self._trained[shards.fingerprint] = [
                each for each in trained(self._graph, shards) if each.fingerprint in self._models
            ]
        return self._trained[shards.fingerprint]

    def _about(self, shards: Manifest, doc_id: str) -> dict[str, Any]:
        """Return source, id, title and licence of a document, or what a question was made from."""
        key = (shards.fingerprint, doc_id)
        if key not in self._known:
            rows = self._documents.rows([doc_id], _TOLD_BY, [*_ABOUT, *_ASKED])
            behind = self._ancestors(shards)
            told = [row for row in rows if row.manifest.fingerprint in behind]
            names = _ABOUT if told and told[0].table == "documents" else _ASKED
            self._known[key] = {name: told[0].values[name] for name in names} if told else {}
        return self._known[key]

    def _ancestors(self, shards: Manifest) -> set[str]:
        if shards.fingerprint not in self._behind:
            found = {each.fingerprint for each in self._graph.ancestors(shards)}
            self._behind[shards.fingerprint] = found
        return self._behind[shards.fingerprint]

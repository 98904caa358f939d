"""Items of the three kinds: read and checked, turned into requests, and turned into results.

    choice        context, choices, answer    highest log-likelihood wins
    continuation  context, target             log-likelihood, and whether greedy decoding gives it
    text          text                        log-likelihood of all of it, in windows

A context and its continuation are encoded apart, after moving white space at the context's end
to the continuation's start (this vocabulary keeps a space with the word behind it). Joint encoding
may merge across the boundary, and then no token belongs to one side; apart, all choices of an
item also share the very same context tokens.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.loglikelihood import Request, Score

Encode = Callable[[str], Sequence[int]]

_FIELDS: Mapping[str, Mapping[str, type]] = {
    "choice": {"context": str, "choices": list, "answer": int},
    "continuation": {"context": str, "target": str},
    "text": {"text": str},
}
_DECIMALS = 5
"""Nats are written with 5 decimals: beyond that lies the order of fp32 sums, not the model."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One checked item; `data` holds its own fields, `extra` what the result repeats."""

    benchmark: str
    item_id: str
    kind: str
    data: Mapping[str, Any]
    extra: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.benchmark} item {self.item_id}"


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """An item as requests; `is_truncated` when its context lost tokens."""

    item: Item
    requests: tuple[Request, ...]
    is_truncated: bool


def read_items(path: Path) -> list[Item]:
    """Read a JSON-lines file; raises ValueError naming the line or the item that is wrong."""
    items = []
    with path.open() as file:
        for number, line in enumerate(file, start=1):
            try:
                data = json.loads(line)
            except json.JSONDecodeError as error:
                raise ValueError(f"{path.name} line {number} is not JSON: {error}") from error
            items.append(parse_item(data, where=f"{path.name} line {number}"))
    return items


def parse_item(data: Mapping[str, Any], *, where: str) -> Item:
    """Check one item; raises ValueError saying which field is wrong."""
    missing = [name for name in ("benchmark", "item_id", "kind") if name not in data]
    if missing:
        raise ValueError(f"{where} has no {' and no '.join(missing)}: every item needs them")
    kind = data["kind"]
    if kind not in _FIELDS:
        raise ValueError(f"{where} is of kind {kind!r}: use {', '.join(_FIELDS)}")
    own = {"benchmark", "item_id", "kind", *_FIELDS[kind]}
    item = Item(
        benchmark=data["benchmark"],
        item_id=data["item_id"],
        kind=kind,
        data={name: data.get(name) for name in _FIELDS[kind]},
        extra={name: value for name, value in sorted(data.items()) if name not in own},
    )
    for name, type_ in _FIELDS[kind].items():
        if not isinstance(item.data[name], type_):
            raise ValueError(f"{item.name}: {name} is {item.data[name]!r}, not {type_.__name__}")
    if kind == "choice" and not 0 <= item.data["answer"] < len(item.data["choices"]):
        raise ValueError(
            f"{item.name}: answer {item.data['answer']} is no index of its "
            f"{len(item.data['choices'])} choices"
        )
    return item


def prepare(item: Item, encode: Encode, *, prefix_id: int, max_context_tokens: int) -> Prepared:
    """Encode an item; `prefix_id` (the token between documents) stands before everything."""
    if item.kind == "text":
        windows = _windows(item, encode, prefix_id, max_context_tokens)
        return Prepared(item=item, requests=windows, is_truncated=False)
    context, continuations = _boundary(item)
    context_ids = (prefix_id, *encode(context)) if context else (prefix_id,)
    encoded = [tuple(encode(text)) for text in continuations]
    for text, ids in zip(continuations, encoded, strict=True):
        if not text.strip() or not ids:
            raise ValueError(f"{item.name}: a continuation is empty, so there is nothing to score")
    # One cut for all choices: they are compared, so they must be given the same context.
    room = max_context_tokens - max(len(ids) for ids in encoded) + 1
    if room < 1:
        raise ValueError(
            f"{item.name}: a continuation of {max(len(ids) for ids in encoded)} tokens does not "
            f"fit max_context_tokens {max_context_tokens}"
        )
    given = context_ids[-room:]
    return Prepared(
        item=item,
        requests=tuple(Request(context=given, continuation=ids) for ids in encoded),
        is_truncated=len(given) < len(context_ids),
    )


def result_of(prepared: Prepared, scores: Sequence[Score]) -> dict[str, Any]:
    """Return the line of items.jsonl for one item; raises ValueError on a log-likelihood of NaN."""
    item = prepared.item
    if not all(math.isfinite(score.log_likelihood) for score in scores):
        raise ValueError(f"{item.name}: the log-likelihood is not finite: the model has diverged")
    result = {
        "benchmark": item.benchmark,
        "item_id": item.item_id,
        "kind": item.kind,
        "truncated": prepared.is_truncated,
        **item.extra,
    }
    if item.kind == "choice":
        return {**result, **_choice_result(item, scores)}
    if item.kind == "continuation":
        text = _boundary(item)[1][0]
        return {**result, **_nll_result(text, prepared, scores), "greedy": scores[0].is_greedy}
    return {**result, **_nll_result(item.data["text"], prepared, scores)}


def _choice_result(item: Item, scores: Sequence[Score]) -> dict[str, Any]:
    totals = [round(score.log_likelihood, _DECIMALS) for score in scores]
    # Characters without the joining space, as the acc_norm of lm-evaluation-harness counts.
    lengths = [len(choice.strip()) for choice in item.data["choices"]]
    norms = [total / length for total, length in zip(totals, lengths, strict=True)]
    predicted, predicted_norm = totals.index(max(totals)), norms.index(max(norms))
    answer = item.data["answer"]
    return {
        "answer": answer,
        "predicted": predicted,
        "predicted_norm": predicted_norm,
        "correct": predicted == answer,
        "correct_norm": predicted_norm == answer,
        "log_likelihoods": totals,
    }


def _nll_result(text: str, prepared: Prepared, scores: Sequence[Score]) -> dict[str, Any]:
    return {
        "nll": round(-sum(score.log_likelihood for score in scores), _DECIMALS),
        "num_tokens": sum(len(request.continuation) for request in prepared.requests),
        "num_bytes": len(text.encode()),
        "num_words": len(text.split()),
    }


def _boundary(item: Item) -> tuple[str, list[str]]:
    """Return the context without white space at its end, and the continuations with it."""
    context: str = item.data["context"]
    continuations = item.data["choices"] if item.kind == "choice" else [item.data["target"]]
    kept = context.rstrip()
    space = context[len(kept) :]
    for text in continuations:
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"{item.name}: a continuation is empty, so there is nothing to score")
    return kept, [space + text for text in continuations]


def _windows(
    item: Item, encode: Encode, prefix_id: int, max_context_tokens: int
) -> tuple[Request, ...]:
    """Cut a text into disjoint windows; each is given the one token before it."""
    ids = tuple(encode(item.data["text"]))
    if not ids:
        raise ValueError(f"{item.name}: the text is empty, so there is nothing to score")
    before = (prefix_id, *ids)
    return tuple(
        Request(context=(before[start],), continuation=ids[start : start + max_context_tokens])
        for start in range(0, len(ids), max_context_tokens)
    )

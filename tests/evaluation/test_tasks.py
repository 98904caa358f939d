"""Items: what is refused, where a context ends, what is cut, and how choices are compared."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from evaluation.loglikelihood import Score
from evaluation.tasks import Item, parse_item, prepare, read_items, result_of

PREFIX = 1


def letters(text: str) -> list[int]:
    """Encode each character as its code point: boundaries are then easy to see."""
    return [ord(character) for character in text]


def choice(**changes: Any) -> dict[str, Any]:
    return {
        "benchmark": "piqa",
        "item_id": "7",
        "kind": "choice",
        "context": "To cook",
        "choices": [" boil", " freeze it"],
        "answer": 0,
        **changes,
    }


def continuation(**changes: Any) -> dict[str, Any]:
    data = {"benchmark": "lambada", "item_id": "3", "kind": "continuation", "context": "He said"}
    return {**data, "target": " no", **changes}


def text(value: str) -> dict[str, Any]:
    return {"benchmark": "wiki", "item_id": "d", "kind": "text", "text": value}


def parsed(data: dict[str, Any]) -> Item:
    return parse_item(data, where="line 1")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"kind": "choice"}, "line 1 has no benchmark and no item_id"),
        (choice(kind="essay"), "line 1 is of kind 'essay': use choice, continuation, text"),
        (choice(context=None), "piqa item 7: context is None, not str"),
        (choice(choices="ab"), "piqa item 7: choices is 'ab', not list"),
        (choice(answer=2), "piqa item 7: answer 2 is no index of its 2 choices"),
        (choice(answer=-1), "piqa item 7: answer -1 is no index of its 2 choices"),
        (continuation(target=None), "lambada item 3: target is None, not str"),
    ],
)
def test_a_bad_item_is_refused_by_name(data: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parsed(data)


@pytest.mark.parametrize(
    "data",
    [choice(choices=[" boil", ""]), choice(choices=[" ", " boil"]), continuation(target="")],
)
def test_an_empty_continuation_is_refused_by_name(data: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"item \d: a continuation is empty"):
        prepare(parsed(data), letters, prefix_id=PREFIX, max_context_tokens=50)


def test_an_empty_text_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="wiki item d: the text is empty"):
        prepare(parsed(text("")), letters, prefix_id=PREFIX, max_context_tokens=50)


def test_a_line_that_is_no_json_is_named(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    path.write_text(json.dumps(choice()) + "\n{oops\n")
    with pytest.raises(ValueError, match=r"items\.jsonl line 2 is not JSON"):
        read_items(path)


def test_space_at_the_end_of_a_context_moves_to_the_continuation() -> None:
    spaced = prepare(
        parsed(continuation(context="He said ", target="no")),
        letters,
        prefix_id=PREFIX,
        max_context_tokens=50,
    )
    plain = prepare(parsed(continuation()), letters, prefix_id=PREFIX, max_context_tokens=50)
    assert spaced.requests == plain.requests
    assert plain.requests[0].context == (PREFIX, *letters("He said"))
    assert plain.requests[0].continuation == tuple(letters(" no"))


def test_an_empty_context_is_the_mark_that_stands_between_documents() -> None:
    prepared = prepare(
        parsed(continuation(context="")), letters, prefix_id=PREFIX, max_context_tokens=50
    )
    assert prepared.requests[0].context == (PREFIX,)


def test_all_choices_are_given_the_same_cut_context() -> None:
    prepared = prepare(parsed(choice()), letters, prefix_id=PREFIX, max_context_tokens=12)
    assert prepared.is_truncated
    assert {request.context for request in prepared.requests} == {tuple(letters("ook"))}
    assert max(len(request.row) for request in prepared.requests) == 12


def test_a_context_that_just_fits_is_not_cut() -> None:
    prepared = prepare(parsed(choice()), letters, prefix_id=PREFIX, max_context_tokens=17)
    assert not prepared.is_truncated
    assert max(len(request.row) for request in prepared.requests) == 17


def test_a_continuation_longer_than_the_window_is_refused() -> None:
    with pytest.raises(ValueError, match="a continuation of 10 tokens does not fit"):
        prepare(parsed(choice()), letters, prefix_id=PREFIX, max_context_tokens=9)


def test_every_token_of_a_long_text_is_scored_once() -> None:
    value = "abcdefghij"
    prepared = prepare(parsed(text(value)), letters, prefix_id=PREFIX, max_context_tokens=4)
    scored = [token for request in prepared.requests for token in request.continuation]
    assert scored == letters(value)
    assert [request.context for request in prepared.requests] == [
        (PREFIX,),
        (ord("d"),),
        (ord("h"),),
    ]
    assert max(len(request.row) for request in prepared.requests) == 4


def test_acc_takes_the_likeliest_choice_and_acc_norm_the_likeliest_per_character() -> None:
    prepared = prepare(parsed(choice()), letters, prefix_id=PREFIX, max_context_tokens=50)
    scores = [Score(log_likelihood=x, is_greedy=False) for x in (-4.0, -5.0)]
    result = result_of(prepared, scores)
    # -4/4 against -5/9: the joining space is not counted.
    assert (result["predicted"], result["predicted_norm"]) == (0, 1)
    assert (result["correct"], result["correct_norm"]) == (True, False)
    assert result["log_likelihoods"] == [-4.0, -5.0]


def test_a_continuation_reports_its_cost_in_tokens_words_and_bytes() -> None:
    data = continuation(target=" tr\u00e8s bien", depth=0.5)
    prepared = prepare(parsed(data), letters, prefix_id=PREFIX, max_context_tokens=50)
    result = result_of(prepared, [Score(log_likelihood=-1.25, is_greedy=True)])
    assert result["nll"] == 1.25
    assert (result["num_tokens"], result["num_words"], result["num_bytes"]) == (10, 2, 11)
    assert result["greedy"] is True
    assert result["depth"] == 0.5


def test_the_windows_of_a_text_add_up() -> None:
    prepared = prepare(parsed(text("abcdef")), letters, prefix_id=PREFIX, max_context_tokens=4)
    scores = [Score(log_likelihood=x, is_greedy=False) for x in (-3.0, -0.5)]
    assert result_of(prepared, scores)["nll"] == 3.5


def test_a_diverged_model_is_an_error_that_names_the_item() -> None:
    prepared = prepare(parsed(choice()), letters, prefix_id=PREFIX, max_context_tokens=50)
    scores = [Score(log_likelihood=x, is_greedy=False) for x in (-4.0, math.nan)]
    with pytest.raises(ValueError, match="piqa item 7: the log-likelihood is not finite"):
        result_of(prepared, scores)

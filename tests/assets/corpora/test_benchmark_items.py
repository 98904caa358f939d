"""Parsers of benchmark files on small fixtures."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from assets.corpora.benchmark_items import Item, medmcqa, piqa, winogrande


def _requests(tmp_path: Path, *docs: dict[str, Any]) -> Path:
    """Each document twice, for its two choices, and once more without its context."""
    path = tmp_path / "requests.jsonl.gz"
    lines = [{"doc_id": n, "doc": doc} for n, doc in enumerate(docs) for _ in range(2)]
    lines += [{"doc_id": 1_000_000 + n, "doc": doc} for n, doc in enumerate(docs)]
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, lines)).encode()))
    return path


def test_each_document_is_read_once(tmp_path: Path) -> None:
    docs = [{"goal": f"goal {n}", "sol1": "a", "sol2": "b", "label": n % 2} for n in range(3)]
    found = list(piqa(_requests(tmp_path, *docs)))
    assert [item.item_id for item in found] == ["0", "1", "2"]
    assert found[1] == Item(
        item_id="1",
        context="Question: goal 1\nAnswer:",
        choices=(" a", " b"),
        answer=1,
        text="goal 1\na\nb",
    )


def test_a_blank_keeps_the_space_before_it_in_the_choices(tmp_path: Path) -> None:
    doc = {"sentence": "He said _'s dog ran.", "option1": "Al", "option2": "Bo", "answer": "2"}
    [item] = winogrande(_requests(tmp_path, doc))
    assert item.context == "He said"
    assert item.choices == (" Al's dog ran.", " Bo's dog ran.")
    assert item.text == "He said Al's dog ran.\nHe said Bo's dog ran."


def test_a_sentence_without_a_blank_is_an_error(tmp_path: Path) -> None:
    doc = {"sentence": "No blank.", "option1": "a", "option2": "b", "answer": "1"}
    with pytest.raises(ValueError, match=r"item 0 has no blank: 'No blank\.'"):
        list(winogrande(_requests(tmp_path, doc)))


def test_an_answer_that_is_no_choice_is_an_error(tmp_path: Path) -> None:
    doc = {"goal": "g", "sol1": "a", "sol2": "b", "label": -1}
    with pytest.raises(ValueError, match="item 0: answer -1 is not one of its choices"):
        list(piqa(_requests(tmp_path, doc)))


def test_an_examination_question_lists_its_options(tmp_path: Path) -> None:
    doc = {
        "id": "x", "question": "Which?", "opa": "one", "opb": "two", "opc": "three", "opd": "four",
        "cop": 2, "subject_name": "Anatomy",
    }  # fmt: skip
    [item] = medmcqa(_requests(tmp_path, doc))
    assert item.context == "Question: Which?\nA. one\nB. two\nC. three\nD. four\nAnswer:"
    assert item.choices == (" A", " B", " C", " D")
    assert (item.answer, item.subject, item.text) == (2, "Anatomy", "Which?\none\ntwo\nthree\nfour")

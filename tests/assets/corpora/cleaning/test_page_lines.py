"""C4's rules for the lines of a page."""

from __future__ import annotations

import polars as pl

from assets.corpora.cleaning.page_lines import PAGE_LINES, remove_page_lines


def left(text: str, *, page: bool = True) -> tuple[str, dict[str, int]]:
    row = remove_page_lines(pl.Series([text]), pl.Series([page])).row(0, named=True)
    return row["text"], {n: row[f"removed_{n}"] for n in PAGE_LINES if row[f"removed_{n}"]}


def test_a_line_without_an_end_goes() -> None:
    assert left("This line ends here.\nThis one never does") == (
        "This line ends here.",
        {"no_sentence_end": 1},
    )


def test_a_line_of_two_words_goes() -> None:
    assert left("This line ends here.\nGo on.") == ("This line ends here.", {"few_words": 1})


def test_an_ellipsis_is_no_end() -> None:
    assert left("This line is cut off ...")[1] == {"no_sentence_end": 1}


def test_a_heading_directly_above_a_sentence_stays() -> None:
    text = "Symptoms\n\nFever and cough are common.\nTreatment\nRest is enough for most."
    assert left(text) == (text, {})


def test_of_a_list_of_links_only_the_last_can_be_a_heading() -> None:
    text, counts = left("Shop\nNews\nSymptoms\nFever and cough are common.")
    assert text == "Symptoms\nFever and cough are common."
    assert counts == {"few_words": 2}


def test_a_heading_is_no_heading_of_the_next_text() -> None:
    frame = remove_page_lines(
        pl.Series(["A line that ends here.\nDangling heading", "Fever and cough are common."]),
        pl.Series([True, True]),
    )
    assert frame["text"].to_list() == ["A line that ends here.", "Fever and cough are common."]


def test_lines_on_javascript_and_policies_go() -> None:
    text = (
        "Please use JavaScript on this page.\nWe changed our terms of use today.\nIt is open now."
    )
    assert left(text) == ("It is open now.", {"javascript": 1, "policy": 1})


def test_chinese_lines_count_words_by_characters() -> None:
    text = "\u60a3\u8005\u53d1\u70ed\u4e09\u5929\u3002\n\u9996\u9875"
    assert left(text) == ("\u60a3\u8005\u53d1\u70ed\u4e09\u5929\u3002", {"few_words": 1})


def test_what_is_no_page_is_not_touched() -> None:
    assert left("Anything goes", page=False) == ("Anything goes", {})

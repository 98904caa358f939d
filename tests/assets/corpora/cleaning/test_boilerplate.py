"""Boilerplate: lines that go, lines that stay, and the counts of both."""

from __future__ import annotations

import polars as pl
import pytest

from assets.corpora.cleaning.boilerplate import BOILERPLATE, remove_boilerplate
from assets.corpora.cleaning.judge import judge_frame
from tests.assets.corpora.cleaning.texts import GOOD


def removed(text: str, *, prose: bool = True) -> tuple[str, dict[str, int]]:
    row = remove_boilerplate(pl.Series([text]), pl.Series([prose])).row(0, named=True)
    counts = {name: row[f"removed_{name}"] for name in BOILERPLATE if row[f"removed_{name}"]}
    return row["text"], counts


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("This site uses cookies to improve your experience.", "cookie_notice"),
        ("Read our Privacy Policy", "privacy_notice"),
        ("Please enable JavaScript to view this page.", "javascript_notice"),
        ("Copyright (c) 2019 The Hospital. All rights reserved.", "copyright"),
        ("\u00a9 2020 Elsevier Ltd.", "copyright"),
        ("Published by Elsevier B.V.", "publisher_notice"),
        ("Subscribe to our newsletter", "subscribe"),
        ("Home | About | News | Contact", "navigation"),
        ("Skip to main content", "navigation"),
        ("Page 3 of 12", "page_number"),
    ],
)
def test_each_pattern_takes_its_line_and_counts_it(line: str, name: str) -> None:
    assert removed(f"{GOOD}\n{line}") == (GOOD, {name: 1})


@pytest.mark.parametrize(
    "line",
    [
        "Cookies are baked goods, and patients with diabetes should avoid them.",
        "Home care was offered to all patients after discharge from the hospital.",
        "RESULTS",
        "The search was made in three data bases. " * 8 + "The privacy policy was read.",
        "A ratio of 3 of 12 was seen.",
    ],
)
def test_lines_of_the_text_stay(line: str) -> None:
    text = f"{GOOD}\n{line}".strip()
    assert removed(text) == (text, {})


def test_a_notice_behind_the_last_sentence_is_cut_off() -> None:
    for notice in (
        "\u00a9 2021 Wiley Periodicals LLC.",
        "This article is protected by copyright. All rights reserved.",
        "(PsycInfo Database Record (c) 2020 APA, all rights reserved).",
    ):
        assert removed(f"{GOOD} {notice}") == (GOOD, {"copyright_tail": 1})


def test_a_running_header_is_kept_once() -> None:
    header = "Journal of Clinical Cases 2019"
    parts = [header, "First part of it.", header, "Second part of it.", header, "Third part."]
    text, counts = removed("\n".join(parts))
    assert text == "\n".join([parts[0], parts[1], parts[3], parts[5]])
    assert counts == {"repeated_header": 2}


def test_repeated_short_headings_stay() -> None:
    text = "\n".join(f"Symptoms\nDisease {i} has its own ones." for i in range(4))
    assert removed(text) == (text, {})


def test_only_prose_is_touched() -> None:
    text = "# Copyright (c) 2019 Someone. All rights reserved.\nprint('home')"
    assert removed(text, prose=False) == (text, {})


def test_nothing_but_boilerplate_is_a_reason_and_not_an_empty_document() -> None:
    text = "Home\nAbout us\nPrivacy policy\nAll rights reserved"
    frame = pl.DataFrame({"text": [text], "kind": ["prose"], "language": ["en"]})
    row = judge_frame(frame, allowed_language="en").row(0, named=True)
    assert (row["reason"], row["text"]) == ("only_boilerplate", text)
    assert row["removed_navigation"] == 2
    assert row["removed_sample"] == "Home"


def test_paragraphs_close_up_where_a_line_went() -> None:
    text, _ = removed(f"First paragraph.\n\nRead more\n\n{GOOD}")
    assert text == f"First paragraph.\n\n{GOOD}"

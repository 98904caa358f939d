"""The measurement itself: notes are what they claim, and scores count what was masked."""

from __future__ import annotations

import polars as pl
import pytest

from assets.corpora.deidentify import checksums, evaluation
from assets.corpora.deidentify.classes import CLASSES, NAME
from assets.corpora.deidentify.evaluation import evaluate
from assets.corpora.deidentify.notes.layouts import FORMATS
from assets.corpora.deidentify.notes.note import generate_notes
from assets.corpora.deidentify.report import report


def test_the_same_seed_gives_the_same_notes_and_another_gives_others() -> None:
    assert generate_notes(5, 22) == generate_notes(5, 22)
    assert generate_notes(5, 22) != generate_notes(6, 22)
    assert generate_notes(5, 11) == generate_notes(5, 22)[:11]


def test_every_format_and_every_class_is_generated() -> None:
    notes = generate_notes(1, 330)
    assert {note.format for note in notes} == set(FORMATS)
    assert {gold.kind for note in notes for gold in note.gold} == set(CLASSES)


def test_labels_stand_where_the_values_stand_and_never_overlap() -> None:
    for note in generate_notes(2, 110):
        at = 0
        for gold in note.gold:
            assert at <= gold.start < gold.end <= len(note.text)
            assert note.text[gold.start : gold.end].strip()
            at = gold.end


def test_no_notes_cannot_be_generated() -> None:
    with pytest.raises(ValueError, match="0 notes cannot be generated"):
        generate_notes(1, 0)


def test_most_names_are_in_no_list_of_the_detector() -> None:
    assert evaluate(1, 110).unseen_names > 0.5


def test_recall_counts_whole_identifiers_and_precision_touched_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from assets.corpora.deidentify.notes.note import Gold, Note

    text = "Jane Roe was here with Parkes"
    gold = (Gold(start=0, end=8, kind=NAME), Gold(start=23, end=29, kind=NAME))
    note = Note(text=text, format="letter", gold=gold)
    spans = [(0, 4, 0, b""), (9, 12, 0, b""), (23, 29, 0, b"")]
    monkeypatch.setattr(evaluation, "generate_notes", lambda seed, num, layouts: [note])
    monkeypatch.setattr(evaluation, "find_spans", lambda data, bounds: [spans])
    monkeypatch.setattr(evaluation, "repeated_names", lambda data, bounds, groups, found: found)
    scores = evaluate(1, 1)
    assert scores.score(NAME, "recall") == 0.5
    assert scores.score(NAME, "precision") == pytest.approx(2 / 3)
    assert scores.score(NAME, "recall", "csv") is None


def test_counts_of_all_formats_are_the_sum_of_each() -> None:
    cells = evaluate(1, 110).cells.filter(pl.col("class") == NAME)
    total = cells.filter(pl.col("format") == "all")["identifiers"][0]
    assert cells.filter(pl.col("format") != "all")["identifiers"].sum() == total


def test_the_report_has_a_row_for_each_class_and_no_values() -> None:
    text = report(evaluate(1, 22))
    assert all(f"| {name} |" in text for name in CLASSES)
    assert "notes; " in text


@pytest.mark.parametrize(
    ("check", "good"),
    [
        (checksums.luhn, "4111111111111111"), (checksums.npi, "1234567893"),
        (checksums.dea, "AB1234563"), (checksums.nhs, "9434765919"),
        (checksums.cn_resident_id, "11010519491231002X"), (checksums.my_number, "123456789018"),
        (checksums.iban, "GB29 NWBK 6016 1331 9268 19"), (checksums.vin, "1HGCM82633A004352"),
    ],
)  # fmt: skip
def test_a_check_digit_tells_a_number_from_the_same_with_one_digit_changed(check, good) -> None:  # type: ignore[no-untyped-def]
    assert check(good)
    index = next(i for i in range(5, len(good)) if good[i].isdigit())
    changed = str((int(good[index]) + 1) % 10)
    assert not check(good[:index] + changed + good[index + 1 :])

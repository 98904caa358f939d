"""Every audit, asked about a thousand planted documents whose fates are known: nothing may be
missing from an answer, and nothing invented.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.end_to_end.truth.expected import CLEAN, DEDUPED, Expected, told
from tests.end_to_end.truth.groups import NUM_NEVER, NUM_PLANTED
from tests.end_to_end.truth.installation import Truth
from tests.end_to_end.truth.plan import NOTES, Planted
from tests.end_to_end.truth.score import Score

pytestmark = pytest.mark.slow


def test_the_plan_has_every_fate_and_the_lake_is_as_planned(truth: Truth) -> None:
    plan, lake = truth.plan, truth.lake
    assert len(plan.planted) == NUM_PLANTED
    fates = Counter(each.fate for each in plan.planted)
    print(f"\nplanted: {', '.join(f'{fate} {count}' for fate, count in sorted(fates.items()))}")
    assert min(fates.values()) >= 20 and len(fates) == 8
    tables = {
        "kept": (CLEAN, "documents"),
        "held_out": (CLEAN, "heldout"),
        "removed": (CLEAN, "removed"),
        "merged": (DEDUPED, "merged"),
        "excluded": (DEDUPED, "excluded"),
    }
    for fate, (node, table) in tables.items():
        rows = lake.table(node, table)
        ours = rows.filter(rows["source"].str.starts_with("inbox"))["doc_id"].unique()
        assert set(ours) == {each.doc_id for each in plan.of(fate)}, fate


def test_upsampled_unread_and_seeding_documents_are_among_them(expected: Expected) -> None:
    kept = expected.plan.of("kept")
    copies = [len(expected.pieces[each.doc_id]) for each in kept]
    unread = [
        piece
        for each in kept
        for piece in expected.pieces[each.doc_id]
        if not any(expected.steps(model.node, piece) for model in expected.lake.trained)
    ]
    rounds = [len(steps) for model in expected.lake.trained for steps in model.steps.values()]
    assert sum(count > 3 for count in copies) >= 40, "documents that are read repeatedly"
    assert copies.count(0) >= 20, "documents that no stage has chosen"
    assert len(unread) >= 20, "places that were packed, and never read"
    assert sum(bool(expected.items_of(each)) for each in kept) == 80
    assert max(rounds) >= 2, "samples that are read in several epochs"


def test_traces_by_id(truth: Truth, expected: Expected) -> None:
    score = Score("trace --doc")
    for each in truth.plan.planted:
        if each.fate != "quarantined":
            answer = truth.ask("trace", "--doc", each.doc_id)
            score.add(each.native_id, told(answer, truth), expected.claims([each]))
            assert answer["doc_ids"] == [each.doc_id]
    score.settle()


def test_traces_by_text(truth: Truth, expected: Expected, tmp_path: Path) -> None:
    score, file = Score("trace --text-file"), tmp_path / "text.txt"
    for each in truth.plan.planted:
        same = expected.by_text[each.text_hash] if each.fate != "quarantined" else [each]
        file.write_text(each.original or each.text)
        answer = truth.ask("trace", "--text-file", str(file))
        score.add(each.native_id, told(answer, truth), expected.claims(same))
    score.settle()


def test_traces_by_record(truth: Truth, expected: Expected) -> None:
    score = Score("trace --record")
    chosen = [each for each in truth.plan.planted if each.fate != "kept" or each.source == NOTES]
    names = [(each, each.native_id) for each in chosen if each.fate != "quarantined"]
    names += [(each, each.place) for each in truth.plan.of("quarantined")]
    names += [(each, each.place) for each in truth.plan.of("kept")[:20] if each.source != NOTES]
    for each, name in names:
        answer = truth.ask("trace", "--record", f"{each.source}:{name}")
        score.add(name, told(answer, truth), expected.claims([each]))
    score.settle()


def test_documents_that_were_never_there_are_unknown(truth: Truth, tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    never = [Planted(group="never", fate="unknown", text=text) for text in truth.plan.never]
    assert len(never) == NUM_NEVER
    for number, each in enumerate(never):
        file.write_text(each.text)
        for query in (
            ("--text-file", str(file)),
            ("--doc", each.doc_id),
            ("--record", f"inbox_public:never/{number}"),
        ):
            answer = truth.ask("trace", *query, code=1)
            assert answer.pop("status") == "unknown", query
            assert not any(value for key, value in answer.items() if key != "query"), answer
    print(f"\nnever planted: {len(never)} texts, ids and records, all unknown")

"""Every audit, asked about a thousand planted documents whose fates are known: nothing may be
missing from an answer, and nothing invented.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.corpora.withdrawn import WITHDRAWN_SCHEMA
from assets.lineage.taint import tainted
from orchestration.lake import open_lake
from orchestration.settings import Settings
from tests.end_to_end.truth.answers import (
    MIN_CHARS,
    PER_ANSWER,
    as_many_as_told,
    passage,
    said,
    wanted,
)
from tests.end_to_end.truth.backward import (
    corpora_told,
    corpus_claims,
    graph_claims,
    graph_told,
    share_claims,
    shares_told,
)
from tests.end_to_end.truth.expected import CLEAN, DEDUPED, Expected, told
from tests.end_to_end.truth.groups import NUM_NEVER, NUM_PLANTED
from tests.end_to_end.truth.installation import RELEASE, Truth, run
from tests.end_to_end.truth.plan import NOTES, PUBLIC, Planted
from tests.end_to_end.truth.reached import reached_claims, taint_told
from tests.end_to_end.truth.recipe import NAME
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


def test_a_wrong_answer_is_noticed(truth: Truth, expected: Expected) -> None:
    """A step too late, a place left out, a model too many: the score must not forgive one."""
    each = next(e for e in truth.plan.of("kept") if len(expected.pieces[e.doc_id]) > 1)
    true = expected.claims([each])

    def judged(change: Callable[[dict[str, Any]], object]) -> tuple[int, int]:
        answer = truth.ask("trace", "--doc", each.doc_id)
        change(answer)
        score = Score("control")
        score.add(each.native_id, told(answer, truth), true)
        return len(score.invented), len(score.missing)

    def later(answer: dict[str, Any]) -> None:
        run = next(r for o in answer["occurrences"] for r in o["training"] if r["steps"])
        run["steps"][0] += 1

    assert judged(lambda answer: None) == (0, 0)
    assert judged(later) == (1, 1)
    assert judged(lambda answer: answer["occurrences"].pop())[1] >= 1
    assert judged(lambda answer: answer["models"].append("models/other@0")) == (1, 0)
    assert judged(lambda answer: answer.update(status="dropped")) == (1, 1)


def test_traces_by_text(truth: Truth, expected: Expected, tmp_path: Path) -> None:
    score, file = Score("trace --text-file"), tmp_path / "text.txt"
    for each in truth.plan.planted:
        same = expected.by_text[each.text_hash] if each.fate != "quarantined" else [each]
        file.write_text(each.original or each.text)
        answer = truth.ask("trace", "--text-file", str(file), "--title", each.title)
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
            assert not any(
                value for key, value in answer.items() if key not in ("query", "searched")
            ), answer
    print(f"\nnever planted: {len(never)} texts, ids and records, all unknown")


def test_answers_lead_back_to_every_place_and_to_no_other(
    truth: Truth, expected: Expected, tmp_path: Path
) -> None:
    score, file = Score("trace --answer-file"), tmp_path / "answer.txt"
    texts = [*(each.text for each in truth.plan.planted), *truth.plan.never]
    passages = [passage(text) for text in texts if len(passage(text)) >= MIN_CHARS]
    for first in range(0, len(passages), PER_ANSWER):
        batch = passages[first : first + PER_ANSWER]
        file.write_text(" ".join(batch))
        query = ("--answer-file", str(file), "--model", RELEASE)
        answer = truth.ask("trace", *query, code=None)
        for words in batch:
            claims, true = said(expected, answer, words), wanted(expected, words)
            score.add(words, claims, as_many_as_told(claims, true))
    score.settle()


def test_the_release_tells_sources_licences_and_token_shares(
    truth: Truth, expected: Expected
) -> None:
    answer, score = truth.ask("audit", RELEASE), Score("audit")
    score.add("shares", shares_told(answer), share_claims(expected))
    score.add("corpora", corpora_told(answer), corpus_claims(expected))
    planted = {each.doc_id: each for each in truth.plan.of("kept")}
    for doc_id, origin in expected.origins.items():
        assert doc_id not in planted or origin["licence"] == planted[doc_id].licence
    score.settle()


def test_the_graph_is_told_backward_and_forward(truth: Truth, expected: Expected) -> None:
    score = Score("lineage")
    for start, option in ((RELEASE, ()), (f"corpora/raw[{PUBLIC}]", ("--forward",))):
        answer = truth.ask("lineage", start, *option)
        node = start if option else "releases/release"
        true = graph_claims(expected, node, forward=bool(option))
        score.add(start, graph_told(answer), true)
    score.settle()


def test_a_withdrawal_finds_all_that_a_document_has_reached(
    truth: Truth, expected: Expected
) -> None:
    score, lake = Score("taint"), open_lake(Settings.from_env({"MATERIA_HOME": str(truth.home)}))
    blank = dict.fromkeys(WITHDRAWN_SCHEMA, "") | {"file": "a.csv", "line": 2, "reason": "test"}
    never = [Planted(group="never", fate="unknown", text=text) for text in truth.plan.never]
    for each in [*truth.plan.planted, *never]:
        rows = pl.DataFrame([blank | {"doc_id": each.doc_id}], WITHDRAWN_SCHEMA)
        score.add(each.native_id, taint_told(tainted(lake, rows)), reached_claims(expected, each))
    score.settle()


def test_an_untouched_lake_verifies(truth: Truth) -> None:
    found = truth.ask("verify", "--all")
    assert found["problems"] == []
    print(f"\nverify --all: {found['artifacts']} artifacts, no false alarm")


def test_a_changed_source_makes_exactly_what_descends_from_it_stale_and_says_why(
    truth: Truth, expected: Expected
) -> None:
    """The last test: it adds to the source."""
    old = expected.lake.manifests[f"corpora/raw[{PUBLIC}]"]
    below = graph_claims(expected, f"corpora/raw[{PUBLIC}]", forward=True)
    more = [{"id": f"later-{n}", "text": text} for n, text in enumerate(truth.plan.never[:3])]
    path = truth.home / "inbox" / PUBLIC / "later.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in more))
    done = run(truth.home, "materialize", f"corpora/raw[{PUBLIC}]", f"corpora/documents[{PUBLIC}]")
    assert done.returncode == 0, done.stdout + done.stderr
    stale = json.loads(run(truth.home, "stale", "--recipe", NAME, "--json").stdout)
    made = {
        old["fingerprint"],
        expected.lake.manifests[f"corpora/documents[{PUBLIC}]"]["fingerprint"],
    }
    true = {claim[1] for claim in below if claim[0] == "node"} - made
    score = Score("stale")
    score.add(
        PUBLIC,
        {("stale", entry["last"]) for entry in stale},
        {("stale", fingerprint) for fingerprint in true},
    )
    score.settle()
    why = truth.ask("why", f"corpora/documents[{PUBLIC}]")
    told = {entry["field"]: (entry["before"], entry["after"]) for entry in why}
    counts = {name: expected.lake.manifests[f"corpora/documents[{PUBLIC}]"]["counts"][name]
              for name in ("read", "kept", "dropped", "quarantined")}  # fmt: skip
    assert told["counts.read"] == (counts["read"], counts["read"] + 3)
    assert told["counts.kept"] == (counts["kept"], counts["kept"] + 3)
    assert "counts.dropped" not in told and "counts.quarantined" not in told
    assert told["input corpora/raw[0]"][0].startswith(old["fingerprint"][:12])
    # Who works on the project while its tests run commits in between.
    assert set(told) - {"git_commit"} == {
        "counts.kept", "counts.read", "counts.text_bytes", "digest", "input corpora/raw[0]",
    }  # fmt: skip
    print(f"\nwhy: {len(told)} fields differ, as many as were changed: {sorted(told)}")

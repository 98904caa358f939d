"""A request to forget changes the identities it must, and no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from assets.corpora.tombstones import Searched, request_config, request_step
from assets.lineage.step import Step
from assets.recipes.catalogue import RECIPES, recipe
from assets.recipes.forgotten import NOTHING, Forgotten
from assets.recipes.graph import RecipeGraph, documents_step, raw_step
from assets.recipes.tiny import tiny

RAW: Mapping[str, Step] = {
    source: raw_step({"name": source}, {"files": []})
    for name in RECIPES
    for source in recipe(name).source_names
}
PACKAGE = {"package": "benchmarks", "version": "1"}
SOURCES = tiny().source_names
BEFORE = RecipeGraph(tiny(), RAW, PACKAGE).steps
DOCUMENTS = {name: documents_step(RAW[name]).fingerprint for name in SOURCES}
SHARDS = {node: s.fingerprint for node, s in BEFORE.items() if "/shards_" in node}


def request(mode: str, holding: Sequence[str], packed: Sequence[str] = (), **changes: Any) -> Step:
    """Return a request that found its document in some sources and in some shards."""

    def searched(found: Mapping[str, str], held: Sequence[str]) -> Searched:
        return Searched(
            holding=tuple(f for name, f in found.items() if name in held),
            free=tuple(f for name, f in found.items() if name not in held),
        )

    literals: dict[str, Any] = {
        "previous": [], "reason": "asked", "by": "ada", "date": "2026-01-02", "near": "drop",
        "sources": [], "tables": {},
    }  # fmt: skip
    literals |= changes
    config = request_config(
        mode=mode,  # type: ignore[arg-type]
        documents=searched(DOCUMENTS, holding),
        shards=searched(SHARDS, packed),
        **literals,
    )
    return request_step(config)


def changed(*requests: Step) -> set[str]:
    after = RecipeGraph(tiny(), RAW, PACKAGE, None, Forgotten(requests=requests)).steps
    return {node for node in BEFORE if after[node].fingerprint != BEFORE[node].fingerprint}


def test_no_request_is_no_change() -> None:
    assert changed() == set()
    assert documents_step(RAW[SOURCES[0]], NOTHING).fingerprint == DOCUMENTS[SOURCES[0]]


def test_a_restart_makes_the_first_stage_that_holds_the_document_and_what_follows() -> None:
    found = changed(request("restart", SOURCES[:1], ["tokenizers/shards_stage2"]))
    assert {"tokenizers/shards_stage2", "checkpoints/stage2", "checkpoints/stage3"} <= found
    assert {"models/sft_general", "releases/release", "tokenizers/spans"} <= found
    kept = {"checkpoints/stage1", "tokenizers/shards_stage1", "tokenizers/shards_stage3"}
    assert not found & kept
    assert not any(node.startswith(("mixtures", "corpora", "synthesis")) for node in found)
    assert "tokenizers/tokenizer" not in found


def test_a_document_that_was_never_packed_costs_nothing_to_forget() -> None:
    assert changed(request("restart", SOURCES[:1])) == set()


def test_strict_makes_everything_after_the_corpus_that_holds_it() -> None:
    found = changed(request("strict", SOURCES[:1], ["tokenizers/shards_stage2"]))
    assert {"mixtures/deduped", "tokenizers/tokenizer", "checkpoints/stage1"} <= found
    assert set(BEFORE) - found == {"corpora/benchmarks"}


def test_only_the_corpora_that_hold_it_are_read_again() -> None:
    forgotten = Forgotten(requests=(request("strict", SOURCES[:1]),))
    after = {name: documents_step(RAW[name], forgotten).fingerprint for name in SOURCES}
    assert [name for name in SOURCES if after[name] != DOCUMENTS[name]] == [SOURCES[0]]


def test_a_corpus_that_no_request_has_searched_is_read_with_every_request() -> None:
    for mode in ("restart", "strict"):
        made = request(mode, [])
        later = documents_step(
            raw_step({"name": SOURCES[0]}, {"files": ["new"]}), Forgotten(requests=(made,))
        )
        assert [step.node for step in later.inputs] == ["corpora/raw", "corpora/tombstones"]


def test_shards_that_no_request_has_searched_are_packed_with_a_restart_request() -> None:
    made = request("restart", SOURCES[:1])
    step = Step(family="tokenizers", name="shards_stage1", partition="p", code_version="1",
                config={})  # fmt: skip
    assert Forgotten(requests=(made,)).out_of_shards(step).inputs == (made,)
    strict = Forgotten(requests=(request("strict", SOURCES[:1]),))
    assert strict.out_of_shards(step) is step


def test_requests_join_in_one_order_whoever_lists_them() -> None:
    one = request("restart", SOURCES[:1], ["tokenizers/shards_stage1"])
    two = request("restart", SOURCES[:1], ["tokenizers/shards_stage1"], reason="another")
    steps = [
        RecipeGraph(tiny(), RAW, PACKAGE, None, Forgotten(requests=order)).steps
        for order in ((one, two), (two, one))
    ]
    assert {n: s.fingerprint for n, s in steps[0].items()} == {
        n: s.fingerprint for n, s in steps[1].items()
    }
    assert len(steps[0]["tokenizers/shards_stage1"].inputs) == 5


def test_a_release_knows_what_was_taken_out_and_questions_what_was_dropped() -> None:
    packed = request("restart", SOURCES[:1], ["tokenizers/shards_stage1"])
    after = RecipeGraph(tiny(), RAW, PACKAGE, None, Forgotten(requests=(packed,))).steps
    assert packed in after["releases/release"].inputs
    assert packed not in after["synthesis/questions"].inputs
    strict = request("strict", SOURCES[:1])
    after = RecipeGraph(tiny(), RAW, PACKAGE, None, Forgotten(requests=(strict,))).steps
    assert strict in after["synthesis/questions"].inputs
    assert strict not in after["releases/release"].inputs

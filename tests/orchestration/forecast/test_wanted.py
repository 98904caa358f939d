"""What a run would make: sources as they are now, the rest by fingerprint."""

from __future__ import annotations

from pathlib import Path

from assets.corpora.tombstones import Searched, request_config, request_step
from assets.recipes.catalogue import recipe
from assets.recipes.graph import documents_step
from orchestration.forecast.wanted import wanted
from orchestration.jobs import targets_of
from tests.orchestration.forecast.recorded import SOURCE_NODES, Recorded

ALL = [
    *[(node, name) for name in recipe("smoke").source_names for node in SOURCE_NODES],
    *targets_of("train_recipe", "smoke"),
]


def test_on_an_empty_lake_everything_is_wanted_and_nothing_before_its_inputs(
    tmp_path: Path,
) -> None:
    here = Recorded(tmp_path)
    found = wanted(ALL, here.lake, here.places)
    assert found.unresolved == ()
    assert len(found.missing) == 3 * 5 + len(here.graph().steps)
    seen: set[str] = set()
    for step in found.missing:
        assert all(above.fingerprint in seen for above in step.inputs)
        seen.add(step.fingerprint)
    assert not list(here.lake.manifests())


def test_what_the_lake_has_is_not_wanted(tmp_path: Path) -> None:
    here = Recorded(tmp_path)
    here.make_all()
    found = wanted(ALL, here.lake, here.places)
    assert found.missing == ()
    assert found.num_present == 3 * 5 + len(here.graph().steps)


def test_a_changed_source_makes_its_descendants_wanted_if_the_run_reads_it_anew(
    tmp_path: Path,
) -> None:
    here = Recorded(tmp_path)
    here.make_all()
    here.note.write_text('{"id": "b", "title": "B", "text": "changed"}\n')
    only_recipe = targets_of("train_recipe", "smoke")
    assert wanted(only_recipe, here.lake, here.places).missing == ()
    nodes = {step.node for step in wanted(ALL, here.lake, here.places).missing}
    assert {"corpora/raw", "mixtures/deduped", "releases/release"} <= nodes


def test_a_source_that_is_not_to_be_had_is_told_once(tmp_path: Path) -> None:
    here = Recorded(tmp_path)
    targets = [("corpora/raw", "gcide"), ("corpora/documents", "gcide")]
    found = wanted(targets, here.lake, here.places)
    assert found.missing == ()
    (problem,) = found.unresolved
    assert "gcide" in problem
    assert "materia fetch gcide" in problem


def test_a_recipe_whose_corpora_were_never_read_is_told_and_not_guessed(tmp_path: Path) -> None:
    here = Recorded(tmp_path)
    found = wanted(targets_of("train_recipe", "tiny"), here.lake, here.places)
    assert found.missing == ()
    (problem,) = found.unresolved
    assert "recipe tiny needs corpora that are not materialized" in problem


def test_targets_that_share_an_artifact_want_it_once(tmp_path: Path) -> None:
    here = Recorded(tmp_path)
    here.make_sources()
    nodes = ["mixtures/deduped", "mixtures/decontaminated"]
    targets = [(node, name) for node in nodes for name in ("smoke", "smoke")]
    assert len(wanted(targets, here.lake, here.places).missing) == 2


def test_a_list_of_withdrawn_documents_is_wanted_with_what_it_changes(tmp_path: Path) -> None:
    here = Recorded(tmp_path)
    here.make_all()
    lists = here.places.inbox / "withdrawn"
    lists.mkdir()
    (lists / "a.csv").write_text("source,native_id,reason\ninbox,a,asked\n")
    found = wanted([("corpora/withdrawn", ""), *ALL], here.lake, here.places)
    nodes = {step.node for step in found.missing}
    assert {"corpora/withdrawn", "mixtures/deduped", "checkpoints/stage1"} <= nodes
    assert "corpora/documents" not in nodes


def test_a_request_to_forget_makes_wanted_what_it_changes_and_no_more(tmp_path: Path) -> None:
    here = Recorded(tmp_path)
    here.make_all()
    made = {name: documents_step(raw).fingerprint for name, raw in here.raw.items()}
    config = request_config(
        previous=[], reason="asked", by="ada", date="2026-01-02", mode="strict", near="drop",
        sources=["inbox"], tables={},
        documents=Searched(
            holding=(made["inbox"],), free=tuple(f for n, f in made.items() if n != "inbox")
        ),
        shards=Searched(holding=(), free=()),
    )  # fmt: skip
    here.make([request_step(config)])
    missing = wanted(ALL, here.lake, here.places).missing
    documents = [step.partition for step in missing if step.node == "corpora/documents"]
    assert documents == ["inbox"]
    assert {"mixtures/deduped", "releases/release"} <= {step.node for step in missing}

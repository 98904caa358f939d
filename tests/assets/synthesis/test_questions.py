"""synthesis/questions end to end on small inputs: limits, barred documents, overlap, sameness."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import polars as pl
import pytest

from assets.fakes import FakeLake, commit_folder, fake_workspace
from assets.lineage.build import hash_files
from assets.lineage.manifest import Manifest
from assets.lineage.step import Step
from assets.lineage.workspace import Outcome, Workspace
from assets.synthesis.check import RULES
from assets.synthesis.item import Draft, Kind
from assets.synthesis.questions import Seeds, draw, make_questions

CAP = {
    "benchmark": "",
    "max_items_per_ngram": 10,
    "max_documents_per_ngram": 1000,
    "alarm_removed_share": 0.1,
    "max_removed_share": 1.0,
    "min_removed_documents": 0,
}
"""As the corpus was cleared with."""

CONFIG = {"max_general": 20, "max_medical": 150, "seed": 3}

LEAD = (
    "Altruism or selflessness is the principle or practice of concern for the welfare of others "
    "in many cultures."
)

ECHO = "An echo is what comes back of a sound when it meets something hard, by and by."

MODULE = '''class Stack:
    def pop(self):
        """Take the last thing off and return it."""
        return self._things.pop()

    def peek(self):
        """Return the last thing but leave it there."""
        return self._things[-1]
'''

DOCUMENTS = [
    ("icd10cm", "A00", "Disease A00", "Disease A00 (ICD-10-CM category A00)", "medical"),
    ("hpo", "HP:0200010", "Large limb", "Large limb (HP:0200010)", "medical"),
    ("wiki", "1", "Altruism", f"Altruism\n\n{LEAD} More follows.", "general"),
    ("wiki", "2", "Echo", f"Echo\n\n{ECHO} More follows.", "general"),
    ("stdlib", "stack.py", "stack.py", MODULE, "code"),
]

SCHEMA = {"source": pl.String, "native_id": pl.String}


def parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def _documents() -> pl.DataFrame:
    columns = ["source", "native_id", "title", "text", "domain"]
    ids = [hashlib.sha256(repr(row).encode()).hexdigest()[:32] for row in DOCUMENTS]
    frame = pl.DataFrame(DOCUMENTS, schema=columns, orient="row")
    return frame.with_columns(pl.Series("doc_id", ids))


@pytest.fixture
def raw(icd_xml: str, obo: str, annotations: str) -> dict[str, dict[str, bytes]]:
    return {
        "icd10cm": {"files/package/list.xml": icd_xml.encode()},
        "hpo": {"files/hp.obo": obo.encode(), "files/phenotype.hpoa": annotations.encode()},
    }


def workspace(
    folder: Path,
    raw: dict[str, dict[str, bytes]],
    *,
    heldout: tuple[tuple[str, str], ...] = (),
    removed: tuple[tuple[str, str], ...] = (),
    benchmark: str = "nothing in common with any question that is asked here at all",
    num_items: int = 1,
    max_items_per_ngram: int = 10,
    forgotten: tuple[tuple[str, str], ...] = (),
    **changes: int,
) -> Workspace:
    lake = FakeLake(folder / "lake")
    inputs: list[Manifest] = [
        commit_folder(lake, "corpora/raw", files, partition=source, source=source)
        for source, files in raw.items()
    ]
    files = {"documents": _documents()}
    items = [
        {"benchmark": "medqa", "item_id": str(n), "kind": "choice", "text": f"{benchmark} {n}"}
        for n in range(num_items)
    ]
    for name, keys in (("heldout", heldout), ("removed", removed)):
        files[name] = pl.DataFrame(keys, schema=SCHEMA, orient="row")
    inputs += [
        commit_folder(
            lake,
            "mixtures/decontaminated",
            {f"{name}.parquet": parquet(frame) for name, frame in files.items()},
            caps={"caps": [{**CAP, "max_items_per_ngram": max_items_per_ngram}]},
        ),
        commit_folder(
            lake,
            "corpora/benchmarks",
            {"items.parquet": parquet(pl.DataFrame(items))},
        ),
    ]
    if forgotten:
        rows = parquet(pl.DataFrame(forgotten, schema=SCHEMA, orient="row"))
        request = {"tombstones.parquet": rows}
        inputs.append(commit_folder(lake, "corpora/tombstones", request, partition=""))
    step = Step(
        family="synthesis",
        name="questions",
        partition="p",
        code_version="1",
        config={**CONFIG, **changes},
    )
    return fake_workspace(folder, step, tuple(inputs), lake=lake)


@pytest.fixture
def made(tmp_path: Path, raw: dict[str, dict[str, bytes]]) -> tuple[Workspace, Outcome]:
    ws = workspace(tmp_path / "made", raw)
    return ws, make_questions(ws)


def test_both_domains_are_asked_up_to_their_number(made: tuple[Workspace, Outcome]) -> None:
    ws, outcome = made
    questions = pl.read_parquet(ws.out("questions.parquet"))
    assert outcome.counts == {
        "made": 158,
        "kept": 158,
        "rejected": 0,
        "kept_medical": 150,
        "kept_general": 8,
    }
    assert dict(questions.group_by("domain").len().iter_rows()) == {"medical": 150, "general": 8}
    assert set(questions["kind"]) == set(RULES)
    assert questions["item_id"].n_unique() == 158
    assert questions["item_id"].is_sorted()
    assert set(questions["check"]) <= {rule.name for rule in RULES.values()}
    for row in questions.iter_rows(named=True):
        assert row["question"] and row["answer"] and row["system"] and row["seed_native_id"]


def test_nothing_is_asked_about_a_forgotten_document_though_its_facts_are_at_hand(
    tmp_path: Path, raw: dict[str, dict[str, bytes]]
) -> None:
    ws = workspace(tmp_path, raw, forgotten=(("hpo", "HP:0200010"),))
    make_questions(ws)
    asked = set(pl.read_parquet(ws.out("questions.parquet"))["seed_native_id"])
    other = workspace(tmp_path / "all", raw)
    make_questions(other)
    every = set(pl.read_parquet(other.out("questions.parquet"))["seed_native_id"])
    assert every - asked >= {"HP:0200010"} and asked


def test_kinds_take_turns_until_the_number_is_reached() -> None:
    def kind(name: str, num_subjects: int) -> Kind:
        return Kind(
            name=name,
            domain="medical",
            source="toy",
            subjects=[f"{name}{index}" for index in range(num_subjects)],
            write=lambda subject, rng: Draft(question=f"{subject}?", answer=subject),
            document=lambda subject: subject,
        )

    seeds = Seeds(documents=_documents(), barred=frozenset({("toy", "b1")}))
    items = list(draw([kind("a", 1), kind("b", 5)], seeds, 4, seed=0))
    assert [item.kind for item in items] == ["a", "b", "b", "b"]
    assert len({item.seed_native_id for item in items}) == 4
    assert "b1" not in {item.seed_native_id for item in items}


def test_an_item_names_the_training_document_it_came_from(made: tuple[Workspace, Outcome]) -> None:
    questions = pl.read_parquet(made[0].out("questions.parquet"))
    documents = {row["native_id"]: row["doc_id"] for row in _documents().iter_rows(named=True)}
    pop = questions.filter(pl.col("seed_native_id") == "stack.py::Stack.pop")
    assert set(pop["seed_doc_id"]) == {documents["stack.py"]}
    cholera = questions.filter(pl.col("seed_native_id").str.starts_with("A00"))
    assert set(cholera["seed_doc_id"]) == {documents["A00"]}
    other = questions.filter(pl.col("seed_native_id").str.starts_with("OMIM"))
    assert set(other["seed_doc_id"]) == {""}


def test_two_runs_write_the_same_bytes(
    tmp_path: Path, raw: dict[str, dict[str, bytes]], made: tuple[Workspace, Outcome]
) -> None:
    again = workspace(tmp_path / "again", raw)
    make_questions(again)
    assert hash_files(again.out_dir) == hash_files(made[0].out_dir)


def test_another_seed_asks_other_questions(
    tmp_path: Path, raw: dict[str, dict[str, bytes]], made: tuple[Workspace, Outcome]
) -> None:
    other = workspace(tmp_path / "other", raw, seed=4)
    make_questions(other)
    first, second = (
        set(pl.read_parquet(ws.out("questions.parquet"))["item_id"]) for ws in (made[0], other)
    )
    assert first != second


def test_held_out_and_removed_documents_are_not_asked_about(
    tmp_path: Path, raw: dict[str, dict[str, bytes]]
) -> None:
    ws = workspace(
        tmp_path,
        raw,
        heldout=(("icd10cm", "A00"), ("wiki", "1")),
        removed=(("hpo", "HP:0200010"),),
        max_medical=10_000,
    )
    make_questions(ws)
    questions = pl.read_parquet(ws.out("questions.parquet"))
    asked = set(questions["seed_native_id"])
    assert {"A01", "A01.3", "HP:0200011", "2"} <= asked
    assert not any(name.startswith("A00") or name in ("HP:0200010", "1") for name in asked)


def test_what_a_benchmark_tells_is_rejected_with_the_words(
    tmp_path: Path, raw: dict[str, dict[str, bytes]]
) -> None:
    ws = workspace(tmp_path, raw, benchmark=f"Which word fits? {LEAD.upper()}")
    counts = make_questions(ws).counts
    rejected = pl.read_parquet(ws.out("rejected.parquet"))
    assert counts["made"] == counts["kept"] + counts["rejected"]
    assert sorted(rejected["kind"]) == ["wikipedia_lead", "wikipedia_subject"]
    assert all(
        reason.startswith("shares with a benchmark: ") for reason in rejected["reason"].to_list()
    )
    assert not set(rejected["item_id"]) & set(
        pl.read_parquet(ws.out("questions.parquet"))["item_id"]
    )


@pytest.mark.parametrize(("max_items", "rejected"), [(3, 2), (2, 0)])
def test_a_phrase_of_many_items_is_no_trace_by_the_caps_of_the_corpus(
    tmp_path: Path, raw: dict[str, dict[str, bytes]], max_items: int, rejected: int
) -> None:
    ws = workspace(
        tmp_path, raw, benchmark=f"Fits? {LEAD}", num_items=3, max_items_per_ngram=max_items
    )
    assert make_questions(ws).counts["rejected"] == rejected


def test_an_ontology_that_contradicts_itself_gives_rejected_items(
    tmp_path: Path, raw: dict[str, dict[str, bytes]]
) -> None:
    """A chapter's stated range no longer holds its codes: the two readings disagree."""
    xml = raw["icd10cm"]["files/package/list.xml"].replace(b"(A00-B99)", b"(A50-B99)")
    ws = workspace(tmp_path, {**raw, "icd10cm": {"files/package/list.xml": xml}}, max_medical=900)
    make_questions(ws)
    rejected = pl.read_parquet(ws.out("rejected.parquet"))
    assert set(rejected["kind"]) == {"icd10cm_chapter_choice"}
    assert set(rejected["reason"]) == {"the true options are none"}


def test_a_recipe_without_ontologies_asks_about_its_documents(tmp_path: Path) -> None:
    counts = make_questions(workspace(tmp_path, {})).counts
    assert (counts["kept_medical"], counts["kept_general"]) == (0, 8)


def test_a_raw_source_without_its_file_of_facts_is_a_clear_error(
    tmp_path: Path, raw: dict[str, dict[str, bytes]]
) -> None:
    del raw["hpo"]["files/phenotype.hpoa"]
    with pytest.raises(ValueError, match=r"raw\[hpo\] has 0 files ending in \.hpoa, not one"):
        make_questions(workspace(tmp_path, raw))


def test_the_summary_has_a_line_for_every_kind(made: tuple[Workspace, Outcome]) -> None:
    lines = made[1].summary.splitlines()
    assert [line.split(" | ")[0][2:] for line in lines[2:]] == sorted(RULES)

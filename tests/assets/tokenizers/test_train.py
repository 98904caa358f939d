"""tokenizers/tokenizer end to end on a small corpus: exact size, reachability, determinism."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path

import polars as pl
import pytest

from assets.fakes import FakeLake, commit_folder, fake_workspace
from assets.lineage.build import hash_files
from assets.lineage.step import Step
from assets.lineage.workspace import Outcome, Workspace
from assets.tokenizers.bpe import CUT_PATTERN, alphabet_of, learn_pieces
from assets.tokenizers.merge import VocabularyTooSmall
from assets.tokenizers.parts import NotLossless
from assets.tokenizers.train import check_reachable, make_tokenizer, training_text
from model.tokenizer import Tokenizer

VOCAB_SIZE = 530
STEMS = ("hepat", "nephr", "gastr", "cardi", "neur", "arthr", "derm", "oste")
ENDINGS = ("itis", "opathy", "omegaly", "ectomy", "ology", "algia")


def _documents() -> pl.DataFrame:
    terms = [stem + ending for stem in STEMS for ending in ENDINGS]
    rows = []
    for index, term in enumerate(terms):
        rows.append(("medical", f"{term.capitalize()} with {terms[-index]}: dose {index} mg."))
        rows.append(("general", f"The town of number {index} lies on the river, they say.\n\n"))
        rows.append(("code", f"def walk_{index}(tree):\n    return tree[{index}]\n"))
    return pl.DataFrame(
        {
            "doc_id": [hashlib.sha256(text.encode()).hexdigest()[:32] for _, text in rows],
            "source": [f"{domain}_source" for domain, _ in rows],
            "domain": [domain for domain, _ in rows],
            "language": ["en"] * len(rows),
            "text": [text for _, text in rows],
        }
    ).sort("doc_id")


def _workspace(
    folder: Path,
    documents: pl.DataFrame,
    parts: dict[str, pl.DataFrame] | None = None,
    **changes: object,
) -> Workspace:
    lake = FakeLake(folder / "lake")
    files = {}
    heldout = documents.sort("doc_id").gather_every(10)
    tables = {**(parts or {"documents": documents}), "heldout": heldout}
    for name, frame in tables.items():
        buffer = io.BytesIO()
        frame.write_parquet(buffer)
        files[f"{name}.parquet"] = buffer.getvalue()
    corpus = commit_folder(lake, "mixtures/decontaminated", files)
    config = {"vocab_size": VOCAB_SIZE, "general_share": 0.5, "train_text_bytes": 100_000}
    step = Step(
        family="tokenizers",
        name="tokenizer",
        partition="p",
        code_version="1",
        config={**config, **changes},
    )
    return fake_workspace(folder, step, (corpus,), lake=lake)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Outcome]:
    ws = _workspace(tmp_path_factory.mktemp("made"), _documents())
    return ws, make_tokenizer(ws)


def test_the_vocabulary_has_exactly_the_recipes_size(made: tuple[Workspace, Outcome]) -> None:
    ws, outcome = made
    entries = json.loads(ws.out("tokenizer.json").read_text())["model"]["vocab"]
    assert sorted(entries.values()) == list(range(VOCAB_SIZE))
    assert outcome.counts["entries"] == VOCAB_SIZE
    kinds = ("special", "byte", "character", "general", "medical")
    assert sum(outcome.counts[f"{kind}_entries"] for kind in kinds) == VOCAB_SIZE


def test_every_learned_piece_is_its_own_encoding(made: tuple[Workspace, Outcome]) -> None:
    tokenizer = Tokenizer.load(made[0].out_dir)
    learned = range(131 + 256, VOCAB_SIZE)
    assert all(tokenizer.encode(tokenizer.token(index)) == [index] for index in learned)


def test_medical_endings_are_whole_pieces(made: tuple[Workspace, Outcome]) -> None:
    report = json.loads(made[0].out("report.json").read_text())
    tokenizer = Tokenizer.load(made[0].out_dir)
    assert any(tokenizer.token(i).endswith("opathy") for i in tokenizer.encode("nephropathy"))
    assert report["vocab_size"] == VOCAB_SIZE
    assert report["general_only_vocab_size"] <= VOCAB_SIZE
    row = report["fertility"]["medical"]
    assert row["merged"]["tokens_per_character"] < row["general_only"]["tokens_per_character"]


def test_every_document_is_counted_as_it_will_be_packed(made: tuple[Workspace, Outcome]) -> None:
    ws, outcome = made
    counts = pl.read_parquet(ws.out("token_counts.parquet"))
    documents = _documents()
    tokenizer = Tokenizer.load(ws.out_dir)
    assert counts.columns == ["doc_id", "source", "domain", "num_tokens"]
    assert counts["doc_id"].to_list() == documents["doc_id"].to_list()
    expected = [len(tokenizer.encode(text)) + 2 for text in documents["text"]]
    assert counts["num_tokens"].to_list() == expected
    assert outcome.counts["tokens"] == sum(expected)


def test_two_runs_write_the_same_bytes(tmp_path: Path, made: tuple[Workspace, Outcome]) -> None:
    again = _workspace(tmp_path, _documents().sample(fraction=1.0, shuffle=True, seed=3))
    make_tokenizer(again)
    assert hash_files(again.out_dir) == hash_files(made[0].out_dir)


def test_the_summary_shows_fertility_and_splits(made: tuple[Workspace, Outcome]) -> None:
    summary = made[1].summary
    assert "| medical | 0." in summary
    assert "| pheochromocytoma |" in summary
    assert made[0].out("fertility.png").read_bytes().startswith(b"\x89PNG")


def test_a_corpus_too_small_for_the_size_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(VocabularyTooSmall, match="raise train_text_bytes or add corpora"):
        make_tokenizer(_workspace(tmp_path, _documents(), vocab_size=5000))


def test_a_size_without_room_for_pieces_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(VocabularyTooSmall, match="vocab_size 400 has no room for pieces"):
        make_tokenizer(_workspace(tmp_path, _documents(), vocab_size=400))


def test_a_corpus_without_medical_text_is_a_clear_error(tmp_path: Path) -> None:
    documents = _documents().filter(pl.col("domain") != "medical")
    with pytest.raises(VocabularyTooSmall, match="no training document of domain medical"):
        make_tokenizer(_workspace(tmp_path, documents))


def test_training_text_stops_at_its_size(tmp_path: Path) -> None:
    documents = _documents()
    documents.write_parquet(tmp_path / "documents.parquet")
    chosen = training_text([tmp_path / "documents.parquet"], ("general", "code"), 200)
    inside = documents.filter(
        (pl.col("domain") != "medical") & (pl.col("doc_id") <= chosen.last_doc_id)
    )
    sizes = [len(text.encode()) for text in inside["text"]]
    assert sum(sizes[:-1]) < 200 <= sum(sizes)
    assert (chosen.documents, chosen.num_bytes) == (len(sizes), sum(sizes))


def test_parts_of_a_table_are_one_corpus(tmp_path: Path, made: tuple[Workspace, Outcome]) -> None:
    documents = _documents()
    parts = {
        f"documents/{index:05d}": documents[first : first + 50]
        for index, first in enumerate(range(0, documents.height, 50))
    }
    again = _workspace(tmp_path, documents, parts=parts)
    make_tokenizer(again)
    assert hash_files(again.out_dir) == hash_files(made[0].out_dir)


def test_a_piece_that_is_not_reached_is_refused(made: tuple[Workspace, Outcome]) -> None:
    with pytest.raises(NotLossless, match="piece 'zqzq' is encoded as"):
        check_reachable(Tokenizer.load(made[0].out_dir), ["zqzq"])


def test_the_alphabet_covers_its_share_and_no_more() -> None:
    assert alphabet_of(["aaaaaabbbc"], coverage=0.9) == ("a", "b")
    assert alphabet_of(["ba"], coverage=1.0) == ("a", "b")


def test_no_piece_crosses_a_cut() -> None:
    text = "dose 12 mg\n\n    return x  # ok\n" * 20
    pieces = learn_pieces([text], 200)
    assert " mg" in pieces
    assert not any(any(char.isdigit() for char in piece) for piece in pieces)
    assert all(set(piece) <= {"\n"} for piece in pieces if "\n" in piece)
    assert not any(" " in piece.strip() for piece in pieces)
    assert r"\p{N}" in CUT_PATTERN

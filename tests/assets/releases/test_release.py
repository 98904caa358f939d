"""A release from fake inputs with real weights: layout, card, checksums, refusals."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import torch
from safetensors.torch import save

from assets.corpora.licences import LicenceViolation
from assets.fakes import FakeLake, commit_folder, fake_workspace
from assets.lineage.build import hash_files
from assets.lineage.manifest import Manifest
from assets.lineage.step import Step
from assets.lineage.workspace import LineageError
from assets.releases.release import make_release
from assets.tokenizers.bpe import assemble
from evaluation.load import load_model
from model.config import ModelConfig
from model.export import read_config
from model.network import Network
from model.weights import WeightsError
from tests.artifacts import parquet

BACKEND = assemble(sorted(set("abcdefgh ")), [("a", "b")])
CONFIG = ModelConfig(
    vocab_size=BACKEND.get_vocab_size(),
    hidden_size=16,
    intermediate_size=20,
    num_layers=2,
    num_global_heads=1,
    num_global_kv_heads=1,
    num_swa_heads=2,
    num_swa_kv_heads=1,
    sliding_window=4,
    sliding_window_layers=(1,),
    conv_window=2,
    rope_theta=1e6,
    max_position_embeddings=32,
)
SOURCES = [
    {
        "name": "hpo",
        "title": "Human Phenotype Ontology",
        "licence": "LicenseRef-HPO",
        "citation": "A citation with | a bar\nand a line break",
        "domain": "medical",
        "language": "en",
    },
    {
        "name": "python_stdlib",
        "title": "Python standard library",
        "licence": "PSF-2.0",
        "citation": "Python Software Foundation",
        "domain": "code",
        "language": "mul",
    },
]


SCORES = [
    {"benchmark": "piqa", "title": 'PIQA: "two" ways', "metric": "acc", "model": model,
     "value": value, "ci_low": 0.4, "ci_high": 0.625, "n": 100}
    for model, value in (("base", 0.25), ("final", 0.5))
]  # fmt: skip
RESULTS = b'[{"key": "mixtures/deduped[x]", "report": {"findings": []}}]\n'


def document(doc_id: str, licence: str) -> dict[str, Any]:
    names = {"native_id": doc_id, "title": doc_id, "provenance": "{}"}
    return {"doc_id": doc_id, "source": "hpo", "licence": licence, **names}


def data(lake: FakeLake, partition: str, licence: str) -> tuple[Manifest, ...]:
    """What the release is told about its data: findings, corpus, selections and questions."""
    rows = [document("a", licence), document("b", licence), document("unread", "MIT")]
    chosen = {"stage1": "a", "stage2": "a", "stage3": "b"}
    asked = [{"item_id": "i", "source": "python_stdlib"}]
    files = {
        "reports/data_docs": {"index.html": b"<html>", "results.json": RESULTS},
        "mixtures/decontaminated": {"documents.parquet": parquet(rows)},
        **{
            f"mixtures/{stage}": {
                "selection.parquet": parquet(
                    [{"doc_id": doc_id, "num_tokens": 10, "repeats": 2}], repeats=pl.UInt32
                )
            }
            for stage, doc_id in chosen.items()
        },
        "synthesis/questions": {"questions.parquet": parquet(asked)},
    }
    return tuple(
        commit_folder(lake, node, held, partition=partition) for node, held in files.items()
    )


def weights(config: ModelConfig = CONFIG) -> bytes:
    net = Network(config)
    net.init_weights(1)
    return save(net.state_dict())


def inputs(
    lake: FakeLake,
    *,
    model: bytes | None = None,
    trained: ModelConfig = CONFIG,
    partition: str = "x",
    licence: str = "LicenseRef-HPO",
) -> tuple[Manifest, ...]:
    files = {
        "model.safetensors": model if model is not None else weights(trained),
        "config.json": json.dumps(trained.to_dict()).encode(),
    }
    return (
        commit_folder(lake, "models/sft_medical", files, partition=partition),
        commit_folder(
            lake,
            "tokenizers/tokenizer",
            {"tokenizer.json": BACKEND.to_str().encode()},
            partition=partition,
        ),
        commit_folder(
            lake,
            "reports/scorecard",
            {
                "scorecard.json": json.dumps({"scores": SCORES}).encode(),
                "scorecard.md": b"# Scores\n\npiqa 51.0 (chance 50.0)\n",
                "scorecard.png": b"png",
            },
            partition=partition,
        ),
        *data(lake, partition, licence),
    )


def step(config: ModelConfig = CONFIG) -> Step:
    literals: dict[str, Any] = {
        "recipe": "tiny",
        "title": "Tiny model",
        "policy": "weights-public",
        "model": config.to_dict(),
        "sources": SOURCES,
    }
    return Step(
        family="releases", name="release", partition="tiny", code_version="1", config=literals
    )


def make(folder: Path, lake: FakeLake, given: tuple[Manifest, ...], **kwargs: Any) -> Path:
    ws = fake_workspace(folder, step(**kwargs), given, lake=lake)
    make_release(ws)
    assert all(files.record().files_read for files in ws.all_inputs())
    return ws.out_dir


def test_a_release_loads_as_the_model_that_went_in(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    out = make(tmp_path, lake, inputs(lake))
    net, tokenizer = load_model(out)
    expected = Network(CONFIG)
    expected.init_weights(1)
    state = net.state_dict()
    assert all(torch.equal(state[name], value) for name, value in expected.state_dict().items())
    assert read_config(out) == CONFIG
    assert tokenizer.decode(tokenizer.encode("abcab")) == "abcab"


def test_the_card_names_sources_scores_limits_and_digests(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    given = inputs(lake)
    card = (make(tmp_path, lake, given) / "README.md").read_text()
    for expected in (
        "# Tiny model",
        f"{CONFIG.num_parameters():,} parameters",
        "| hpo | Human Phenotype Ontology | medical | LicenseRef-HPO | A citation with \\| a bar "
        "and a line break |",
        "| python_stdlib | Python standard library | code | PSF-2.0 |",
        "### Scores\n\npiqa 51.0 (chance 50.0)",
        "This is a toy",
        "Do not use it for diagnosis",
        "`ATTRIBUTIONS.md` credits what was trained on; `data_docs.json` says what was expected",
        step().fingerprint,
        *(manifest.digest for manifest in given),
    ):
        assert expected in card, expected
    assert "[x]" not in card


def test_the_same_inputs_give_the_same_bytes_whoever_made_them(tmp_path: Path) -> None:
    digests = []
    for name in ("tiny", "tiny-default"):
        lake = FakeLake(tmp_path / name)
        given = inputs(lake, partition=name)
        digests.append(hash_files(make(tmp_path / name, lake, given)))
    assert digests[0] == digests[1]


def test_checksums_hold_for_every_file(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    out = make(tmp_path, lake, inputs(lake))
    lines = (out / "SHA256SUMS").read_text().splitlines()
    summed = {line.split("  ")[1] for line in lines}
    assert summed == {path.name for path in out.iterdir() if path.name != "SHA256SUMS"}
    assert {
        "ATTRIBUTIONS.md",
        "README.md",
        "attributed_documents.parquet",
        "attributions.json",
        "data_docs.json",
        "model.safetensors",
        "scorecard.json",
    } <= summed
    entries = {entry.path: entry.sha256 for entry in hash_files(out)}
    assert all(entries[line.split("  ")[1]] == line.split("  ")[0] for line in lines)


def test_what_was_expected_of_the_data_comes_with_a_release(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    out = make(tmp_path, lake, inputs(lake))
    assert (out / "data_docs.json").read_bytes() == RESULTS


def test_what_was_trained_on_and_asked_about_is_credited(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    ws = fake_workspace(tmp_path, step(), inputs(lake), lake=lake)
    outcome = make_release(ws)
    page = (ws.out_dir / "ATTRIBUTIONS.md").read_text()
    assert "(`hpo`), LicenseRef-HPO: 2 documents, 60 tokens." in page
    assert "(`python_stdlib`), PSF-2.0: 0 documents, 0 tokens; 1 questions made" in page
    assert outcome.counts["credits"] == 2


def test_a_release_of_data_that_its_policy_refuses_is_not_made(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    ws = fake_workspace(tmp_path, step(), inputs(lake, licence="CC-BY-NC-4.0"), lake=lake)
    with pytest.raises(LicenceViolation, match="for example a of hpo under CC-BY-NC"):
        make_release(ws)
    assert not (ws.out_dir / "SHA256SUMS").exists()


def test_a_release_without_findings_on_its_data_is_refused(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    given = tuple(each for each in inputs(lake) if each.name != "data_docs")
    with pytest.raises(LineageError, match="reports/data_docs"):
        make(tmp_path, lake, given)


def test_weights_that_do_not_fit_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    other = weights(replace(CONFIG, intermediate_size=24))
    ws = fake_workspace(tmp_path, step(), inputs(lake, model=other), lake=lake)
    with pytest.raises(
        WeightsError, match=r"up_proj\.weight has shape|gate_proj\.weight has shape"
    ):
        make_release(ws)
    assert list(ws.out_dir.iterdir()) == []


def test_a_model_trained_with_another_config_is_refused(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    given = inputs(lake, trained=replace(CONFIG, rope_theta=1e5))
    with pytest.raises(ValueError, match="trained with another rope_theta than this release"):
        make(tmp_path, lake, given)


def test_a_tokenizer_of_another_size_is_refused(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    larger = replace(CONFIG, vocab_size=CONFIG.vocab_size + 1)
    with pytest.raises(ValueError, match="they come from different recipes"):
        make(tmp_path, lake, inputs(lake, trained=larger), config=larger)


def test_a_release_without_a_model_is_refused(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    with pytest.raises(LineageError, match=r"needs one input with model\.safetensors, but has 0"):
        make(tmp_path, lake, inputs(lake)[1:])


def test_making_a_release_reaches_no_torch() -> None:
    code = "import sys, assets.releases.release; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)

"""Scores of a text against a plain softmax over the network's logits."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from assets.tokenizers.bpe import assemble
from evaluation import score as module
from evaluation.load import load_model
from evaluation.score import main, score_text
from model.config import ModelConfig
from model.network import Network

TEXT = "the cab fed\nthe bed <s> 7"


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    backend = assemble(sorted(set("abcdefth \n<s>7")), [("t", "h"), ("th", "e")])
    backend.save(str(tmp_path / "tokenizer.json"))
    config = ModelConfig(
        vocab_size=backend.get_vocab_size(),
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
        rope_theta=1e4,
        max_position_embeddings=16,
        initializer_range=0.5,
    )
    net = Network(config)
    net.init_weights(2)
    save_file(net.state_dict(), tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text(json.dumps(config.to_dict()))
    return tmp_path


def test_each_token_has_the_probability_of_the_plain_softmax(checkpoint: Path) -> None:
    net, tokenizer = load_model(checkpoint)
    ids = tokenizer.encode(TEXT)
    with torch.no_grad():
        logits = net(torch.tensor([[1, *ids]]))[0].double().log_softmax(dim=-1)
    expected = [float(logits[t, token]) for t, token in enumerate(ids)]
    got = score_text(checkpoint, TEXT)
    assert [token.id for token in got.tokens] == ids
    assert [token.logprob for token in got.tokens] == pytest.approx(expected, abs=1e-5)
    assert got.total_logprob == pytest.approx(sum(expected), abs=1e-4)
    assert got.perplexity == pytest.approx(math.exp(-sum(expected) / len(ids)), rel=1e-5)
    assert got.num_beyond_context == len(ids) + 1 - 16 > 0


def test_pieces_are_plain_text_even_where_it_spells_a_mark(checkpoint: Path) -> None:
    got = score_text(checkpoint, TEXT)
    assert "".join(token.piece for token in got.tokens) == TEXT
    assert min(token.id for token in got.tokens) > 130


def test_scores_do_not_depend_on_the_chunk_size(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = score_text(checkpoint, TEXT)
    monkeypatch.setattr(module, "_CHUNK_TOKENS", 3)
    parts = score_text(checkpoint, TEXT)
    assert [t.logprob for t in parts.tokens] == pytest.approx(
        [t.logprob for t in whole.tokens], abs=1e-5
    )


def test_an_empty_text_has_no_tokens_and_no_perplexity(
    checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--model", str(checkpoint), "--text", "", "--json"])
    assert json.loads(capsys.readouterr().out) == {
        "tokens": [],
        "num_tokens": 0,
        "total_logprob": 0,
        "perplexity": None,
        "num_beyond_context": 0,
    }


def test_the_command_prints_json_or_lines(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "text.txt"
    file.write_bytes(b"the cab\r\n")
    main(["--model", str(checkpoint), "--text-file", str(file), "--json"])
    data = json.loads(capsys.readouterr().out)
    expected = score_text(checkpoint, "the cab\r\n")
    assert [t["id"] for t in data["tokens"]] == [t.id for t in expected.tokens]
    assert data["total_logprob"] == expected.total_logprob
    main(["--model", str(checkpoint), "--text", TEXT])
    lines = capsys.readouterr().out.splitlines()
    assert "'the'" in lines[0]
    assert lines[-2].startswith(f"{len(lines) - 2} tokens after <s>, log-probability -")
    assert "beyond the model's context" in lines[-1]


def test_text_or_file_is_required(checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--model", str(checkpoint)])
    assert "one of the arguments --text --text-file is required" in capsys.readouterr().err

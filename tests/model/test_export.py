"""The official layout: what it says, and that runtimes which know the architecture agree."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from assets.tokenizers.bpe import assemble
from evaluation.load import load_model
from model.chat import CHAT_TEMPLATE, Message, render
from model.config import ModelConfig
from model.export import config_from_official, official_config, read_config, write_layout
from model.generate import generate
from model.network import Network
from model.tokenizer import Tokenizer

CONFIG = ModelConfig(
    vocab_size=418,
    hidden_size=32,
    intermediate_size=40,
    num_layers=4,
    num_global_heads=2,
    num_global_kv_heads=1,
    num_swa_heads=4,
    num_swa_kv_heads=2,
    sliding_window=5,
    sliding_window_layers=(1, 3),
    conv_window=2,
    rope_theta=1e4,
    max_position_embeddings=64,
    initializer_range=0.2,
)
TEXT = "the quick brown fox, the lazy dog."


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    inputs = tmp_path_factory.mktemp("inputs")
    backend = assemble(sorted(set(TEXT)) + list("ABCDEF"), [("t", "h"), ("th", "e")])
    backend.save(str(inputs / "tokenizer.json"))
    net = Network(replace(CONFIG, vocab_size=backend.get_vocab_size()))
    net.init_weights(5)
    save_file(net.state_dict(), inputs / "model.safetensors")
    write_layout(
        folder,
        config=net.config,
        weights=inputs / "model.safetensors",
        tokenizer=inputs / "tokenizer.json",
    )
    return folder


def rows(release: Path, count: int = 40) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, read_config(release).vocab_size, (2, count), generator=generator)


def test_config_has_the_published_names(release: Path) -> None:
    data = json.loads((release / "config.json").read_text())
    assert data["architectures"] == ["BaichuanM1ForCausalLM"]
    assert data["model_type"] == "baichuan_m1"
    assert (data["num_attention_heads"], data["num_key_value_heads"]) == (2, 1)
    assert (data["num_swa_attention_heads"], data["num_swa_key_value_heads"]) == (4, 2)
    assert (data["sliding_window"], data["sliding_window_layers"]) == (5, [1, 3])
    assert data["max_position_embeddings"] == data["model_max_length"] == 64
    assert (data["bos_token_id"], data["eos_token_id"], data["pad_token_id"]) == (1, 2, 0)
    assert data["tie_word_embeddings"] is False and data["torch_dtype"] == "float32"


def test_official_config_reads_back_as_the_architecture() -> None:
    config = replace(CONFIG, rms_norm_eps=1e-5, rope_theta=1e6, sliding_window_layers=())
    assert config_from_official(official_config(config, dtype="bfloat16")) == config


def test_our_own_config_reads_back_too(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(CONFIG.to_dict()))
    assert read_config(tmp_path) == CONFIG


def test_a_variant_without_convolution_has_no_official_layout() -> None:
    with pytest.raises(ValueError, match="conv_window 0 has no place in the official layout"):
        official_config(replace(CONFIG, conv_window=0), dtype="float32")


def test_configs_of_other_models_are_refused() -> None:
    with pytest.raises(ValueError, match="model_type 'llama' is not 'baichuan_m1'"):
        config_from_official({"model_type": "llama"})
    with pytest.raises(ValueError, match="lacks conv_window, hidden_size"):
        config_from_official({"model_type": "baichuan_m1"})


def test_nothing_in_a_release_is_pickled_or_names_our_packages(release: Path) -> None:
    names = {path.name for path in release.iterdir()}
    assert {Path(name).suffix for name in names} == {".json", ".py", ".safetensors"}
    for path in release.glob("*.py"):
        assert "from model." not in path.read_text(), path.name


def test_both_layouts_load_as_the_same_network(release: Path, tmp_path: Path) -> None:
    net, tokenizer = load_model(release)
    (tmp_path / "config.json").write_text(json.dumps(net.config.to_dict()))
    for name in ("model.safetensors", "tokenizer.json"):
        (tmp_path / name).write_bytes((release / name).read_bytes())
    other, _ = load_model(tmp_path)
    with torch.no_grad():
        assert torch.equal(net(rows(release)), other(rows(release)))
    assert tokenizer.decode(tokenizer.encode(TEXT)) == TEXT


def test_split_weights_load_as_the_same_network(release: Path, tmp_path: Path) -> None:
    net, _ = load_model(release)
    write_layout(
        tmp_path,
        config=net.config,
        weights=release / "model.safetensors",
        tokenizer=release / "tokenizer.json",
        max_shard_bytes=20_000,
    )
    assert not (tmp_path / "model.safetensors").exists()
    other, _ = load_model(tmp_path)
    with torch.no_grad():
        assert torch.equal(net(rows(release)), other(rows(release)))


def test_a_folder_without_weights_is_named(release: Path, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes((release / "config.json").read_bytes())
    with pytest.raises(FileNotFoundError, match=r"neither model\.safetensors nor"):
        load_model(tmp_path)


@pytest.fixture
def hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what transformers copies out of the home folder."""
    transformers = pytest.importorskip("transformers")
    monkeypatch.setattr(
        transformers.dynamic_module_utils, "HF_MODULES_CACHE", str(tmp_path / "modules")
    )


@pytest.mark.usefixtures("hub_cache")
def test_transformers_gives_our_logits_and_our_continuation(release: Path) -> None:
    transformers = pytest.importorskip("transformers")
    theirs = transformers.AutoModelForCausalLM.from_pretrained(release, trust_remote_code=True)
    ours, _ = load_model(release)
    tokens = rows(release)
    with torch.no_grad():
        torch.testing.assert_close(theirs(tokens).logits, ours(tokens), atol=1e-6, rtol=0)
    new = theirs.generate(tokens[:1], max_new_tokens=12, do_sample=False, eos_token_id=None)
    assert torch.equal(new[:, 40:], generate(ours, tokens[:1], max_new_tokens=12))


@pytest.mark.usefixtures("hub_cache")
def test_transformers_ignores_padding_on_either_side(release: Path) -> None:
    transformers = pytest.importorskip("transformers")
    theirs = transformers.AutoModelForCausalLM.from_pretrained(release, trust_remote_code=True)
    tokens = rows(release, 12)[:1]
    pad, mask = torch.zeros(1, 5, dtype=torch.long), torch.ones(1, 12, dtype=torch.long)
    with torch.no_grad():
        alone = theirs(tokens).logits
        left = theirs(torch.cat((pad, tokens), 1), attention_mask=torch.cat((pad, mask), 1)).logits
        right = theirs(torch.cat((tokens, pad), 1), attention_mask=torch.cat((mask, pad), 1)).logits
    torch.testing.assert_close(left[:, 5:], alone, atol=1e-5, rtol=0)
    torch.testing.assert_close(right[:, :12], alone, atol=1e-5, rtol=0)


@pytest.mark.usefixtures("hub_cache")
def test_transformers_tokenizes_and_formats_chats_as_we_do(release: Path) -> None:
    transformers = pytest.importorskip("transformers")
    theirs = transformers.AutoTokenizer.from_pretrained(release, trust_remote_code=True)
    ours = Tokenizer.load(release)
    assert theirs(TEXT)["input_ids"] == ours.encode(TEXT)
    assert theirs.chat_template == CHAT_TEMPLATE
    chat = [{"role": "user", "content": "the fox"}]
    text = theirs.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
    rendered = render([Message(role="user", content="the fox")], ours, add_generation_prompt=True)
    assert theirs(text, add_special_tokens=False)["input_ids"] == list(rendered.ids)


def test_a_runtime_that_knows_the_architecture_loads_it_unchanged(release: Path) -> None:
    """mlx-lm has its own Baichuan-M1 network, written from the official release."""
    mlx = pytest.importorskip("mlx.core")
    runtime = pytest.importorskip("mlx_lm.utils")
    cache = pytest.importorskip("mlx_lm.models.cache")
    theirs, _ = runtime.load_model(release)
    ours, _ = load_model(release)
    tokens = rows(release)
    with torch.no_grad():
        expected = ours(tokens).numpy()
    np.testing.assert_allclose(
        np.array(theirs(mlx.array(tokens.numpy()))), expected, atol=2e-5, rtol=0
    )
    for prompt in (1, 4, 5, 6, 30):
        state = cache.make_prompt_cache(theirs)
        cuts = [0, prompt, *range(prompt + 1, 41)]
        parts = [
            np.array(theirs(mlx.array(tokens[:, a:b].numpy()), cache=state))
            for a, b in pairwise(cuts)
        ]
        np.testing.assert_allclose(np.concatenate(parts, axis=1), expected, atol=2e-5, rtol=0)

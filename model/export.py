"""The official Baichuan-M1 Hugging Face layout of one model: written here, and read back.

Torch-free: it writes JSON, copies weights by byte ranges and ships the network's own source as
the layout's remote code.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from model.chat import CHAT_TEMPLATE
from model.config import ModelConfig
from model.tokenizer import BOS, EOS, FILE_NAME, UNK, Tokenizer
from model.weights import MAX_SHARD_BYTES, copy_weights

MODEL_TYPE = "baichuan_m1"
_DTYPES = {"F32": "float32", "BF16": "bfloat16", "F16": "float16"}
_REMOTE_CODE = (
    "remote/configuration_baichuan_m1.py",
    "remote/modeling_baichuan_m1.py",
    "attention.py",
    "cache.py",
    "config.py",
    "flex.py",
    "kernels.py",
    "loss.py",
    "network.py",
    "plan.py",
    "products.py",
)
_CONFIG_NAMES = {
    "vocab_size": "vocab_size",
    "hidden_size": "hidden_size",
    "intermediate_size": "intermediate_size",
    "num_hidden_layers": "num_layers",
    "num_attention_heads": "num_global_heads",
    "num_key_value_heads": "num_global_kv_heads",
    "num_swa_attention_heads": "num_swa_heads",
    "num_swa_key_value_heads": "num_swa_kv_heads",
    "sliding_window": "sliding_window",
    "sliding_window_layers": "sliding_window_layers",
    "conv_window": "conv_window",
    "rope_theta": "rope_theta",
    "max_position_embeddings": "max_position_embeddings",
    "rms_norm_eps": "rms_norm_eps",
    "initializer_range": "initializer_range",
}
"""Official name -> ours; every field of ModelConfig stands here once."""


def write_layout(
    folder: Path,
    *,
    config: ModelConfig,
    weights: Path,
    tokenizer: Path,
    max_shard_bytes: int = MAX_SHARD_BYTES,
) -> None:
    """Write all files of the layout; `weights` and `tokenizer` are the files to take over."""
    official = official_config(config, dtype="")
    stored = copy_weights(weights, folder, config, max_shard_bytes=max_shard_bytes)
    if stored not in _DTYPES:
        raise ValueError(f"weights of type {stored} cannot be released: write one of {_DTYPES}")
    _write_json(folder / "config.json", official | {"torch_dtype": _DTYPES[stored]})
    _write_json(folder / "generation_config.json", _generation_config())
    _write_json(folder / "tokenizer_config.json", _tokenizer_config(config))
    _write_json(folder / "special_tokens_map.json", _special_tokens())
    shutil.copyfile(tokenizer, folder / FILE_NAME)
    for name, text in remote_code().items():
        (folder / name).write_text(text)


def official_config(config: ModelConfig, *, dtype: str) -> dict[str, Any]:
    """Return config.json of the official layout; raises ValueError where it has no word for it."""
    if config.conv_window != 2:
        raise ValueError(
            f"conv_window {config.conv_window} has no place in the official layout, whose code "
            "asserts 2: variants without the convolution cannot be released"
        )
    ours = config.to_dict()
    return {
        "architectures": ["BaichuanM1ForCausalLM"],
        "auto_map": {
            "AutoConfig": "configuration_baichuan_m1.BaichuanM1Config",
            "AutoModelForCausalLM": "modeling_baichuan_m1.BaichuanM1ForCausalLM",
        },
        "model_type": MODEL_TYPE,
        **{official: ours[name] for official, name in _CONFIG_NAMES.items()},
        "model_max_length": config.max_position_embeddings,
        "attention_dropout": 0.0,
        "hidden_act": "silu",
        "tie_word_embeddings": False,
        "torch_dtype": dtype,
        "use_cache": True,
        **_token_ids(),
    }


def read_config(folder: Path) -> ModelConfig:
    """Read config.json of the official layout, or of a checkpoint of ours."""
    data: dict[str, Any] = json.loads((folder / "config.json").read_text())
    if "model_type" not in data:
        return ModelConfig.from_dict(data)
    return config_from_official(data)


def config_from_official(data: Mapping[str, Any]) -> ModelConfig:
    """Return the architecture that an official config.json describes."""
    if data.get("model_type") != MODEL_TYPE:
        raise ValueError(f"model_type {data.get('model_type')!r} is not {MODEL_TYPE!r}")
    missing = sorted(set(_CONFIG_NAMES) - set(data))
    if missing:
        raise ValueError(f"config.json lacks {', '.join(missing)}: is it a {MODEL_TYPE} release?")
    return ModelConfig(**{ours: data[official] for official, ours in _CONFIG_NAMES.items()})


def remote_code() -> dict[str, str]:
    """Return file name -> source of the code that transformers loads from a release.

    It is the network's own source, with imports of `model.x` turned into `.x`.
    """
    root = Path(__file__).parent
    sources = {Path(name).name: (root / name).read_text() for name in _REMOTE_CODE}
    return {
        name: text.replace("from model.remote.", "from .").replace("from model.", "from .")
        for name, text in sources.items()
    }


def _generation_config() -> dict[str, Any]:
    return {"_from_model_config": True, "do_sample": False, **_token_ids()}


def _tokenizer_config(config: ModelConfig) -> dict[str, Any]:
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": config.max_position_embeddings,
        "clean_up_tokenization_spaces": False,
        "padding_side": "right",
        "chat_template": CHAT_TEMPLATE,
        **_special_tokens(),
    }


def _special_tokens() -> dict[str, str]:
    return {"bos_token": BOS, "eos_token": EOS, "unk_token": UNK, "pad_token": UNK}


def _token_ids() -> dict[str, int]:
    return {
        "bos_token_id": Tokenizer.bos_id,
        "eos_token_id": Tokenizer.eos_id,
        "pad_token_id": Tokenizer.pad_id,
    }


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n")

"""A micro model folder for tests: a random network of some 20,000 parameters and a real tokenizer.

Its scores mean nothing; that they are the same however they are computed is what tests ask.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from safetensors.torch import save_file

from assets.tokenizers.bpe import alphabet_of, assemble, learn_pieces, merge_vocabulary
from model.config import ModelConfig
from model.network import Network
from model.tokenizer import FILE_NAME, NUM_BYTES, NUM_SPECIAL, Tokenizer

TEXT = [
    "The liver makes bile, and the kidneys filter blood.  Aspirin thins the blood; 12 mg a day.\n",
    "Which organ makes bile? Answer: the liver. The patient reports pain in the left arm.\n",
    "A house stood by the river; children played there until the evening came.\n",
] * 3


@cache
def micro_tokenizer_json() -> str:
    """Return the content of a tokenizer.json trained on TEXT."""
    alphabet = alphabet_of(TEXT)
    pieces = learn_pieces(TEXT, 100)
    merged = merge_vocabulary(
        pieces,
        pieces,
        alphabet=alphabet,
        vocab_size=NUM_SPECIAL + NUM_BYTES + len(alphabet) + 60,
        general_share=0.5,
    )
    content: str = assemble(alphabet, merged.merges).to_str()
    return content


def micro_config(folder: Path) -> ModelConfig:
    """Return the architecture that fits the tokenizer in a folder."""
    return ModelConfig(
        vocab_size=Tokenizer.load(folder).vocab_size,
        hidden_size=16,
        intermediate_size=24,
        num_layers=2,
        num_global_heads=2,
        num_global_kv_heads=1,
        num_swa_heads=4,
        num_swa_kv_heads=2,
        sliding_window=8,
        sliding_window_layers=(1,),
        conv_window=2,
        rope_theta=1e4,
        max_position_embeddings=64,
    )


def write_micro_model(folder: Path, *, seed: int = 0) -> ModelConfig:
    """Write tokenizer.json, config.json and model.safetensors; return the architecture."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE_NAME).write_text(micro_tokenizer_json())
    config = micro_config(folder)
    (folder / "config.json").write_text(json.dumps(config.to_dict()))
    network = Network(config)
    network.init_weights(seed)
    # Ten times the usual spread, so that log-likelihoods differ by more than rounding.
    weights = {name: value * 10 for name, value in network.state_dict().items()}
    save_file(weights, folder / "model.safetensors")
    return config

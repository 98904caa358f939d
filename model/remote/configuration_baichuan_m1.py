"""The configuration that transformers reads from a release (shipped with it as remote code)."""

from __future__ import annotations

from typing import Any

from transformers import PretrainedConfig

from model.config import ModelConfig


class BaichuanM1Config(PretrainedConfig):  # type: ignore[misc]
    """Official field names; `architecture` gives the network's own view of them."""

    model_type = "baichuan_m1"
    keys_to_ignore_at_inference = ("past_key_values",)

    def architecture(self) -> ModelConfig:
        values: dict[str, Any] = self.to_dict()
        return ModelConfig(
            vocab_size=values["vocab_size"],
            hidden_size=values["hidden_size"],
            intermediate_size=values["intermediate_size"],
            num_layers=values["num_hidden_layers"],
            num_global_heads=values["num_attention_heads"],
            num_global_kv_heads=values["num_key_value_heads"],
            num_swa_heads=values["num_swa_attention_heads"],
            num_swa_kv_heads=values["num_swa_key_value_heads"],
            sliding_window=values["sliding_window"],
            sliding_window_layers=tuple(values["sliding_window_layers"]),
            conv_window=values["conv_window"],
            rope_theta=values["rope_theta"],
            max_position_embeddings=values["max_position_embeddings"],
            rms_norm_eps=values["rms_norm_eps"],
        )

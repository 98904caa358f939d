"""The network as a transformers model (shipped with a release as remote code).

Only an adapter: all arithmetic is in network.py and the files beside it.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from transformers import GenerationMixin, PreTrainedModel
from transformers.modeling_outputs import CausalLMOutputWithPast

from model.cache import Cache
from model.network import Network
from model.remote.configuration_baichuan_m1 import BaichuanM1Config


class BaichuanM1ForCausalLM(PreTrainedModel, GenerationMixin):  # type: ignore[misc]
    """Same tensor names as the release: `model.*` and `lm_head.weight`."""

    config_class = BaichuanM1Config
    base_model_prefix = "model"
    _supports_cache_class = False

    def __init__(self, config: BaichuanM1Config) -> None:
        super().__init__(config)
        network = Network(config.architecture())
        # Registered as a submodule it would prefix every tensor name with its own.
        object.__setattr__(self, "_network", network)
        self.model = network.model
        self.lm_head = network.lm_head
        self.post_init()

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        past_key_values: Cache | None = None,
        use_cache: bool = False,
        labels: Tensor | None = None,
        **_: Any,
    ) -> CausalLMOutputWithPast:
        """Return logits, the cache when asked for, and the mean loss of labels other than -100."""
        segments_BT = None
        if attention_mask is not None and not attention_mask.all():
            if past_key_values is not None:
                raise ValueError("decoding with a cache takes rows without padding")
            segments_BT, use_cache = attention_mask.long() - 1, False
        if use_cache and past_key_values is None:
            past_key_values = Cache(self._network.config)
        hidden_BTD = self._network.hidden(input_ids, segments_BT, past_key_values)
        logits_BTV = self.lm_head(hidden_BTD)
        loss = None
        if labels is not None:
            loss = nn.functional.cross_entropy(
                logits_BTV[:, :-1].float().flatten(0, 1), labels[:, 1:].flatten()
            )
        return CausalLMOutputWithPast(
            loss=loss, logits=logits_BTV, past_key_values=past_key_values if use_cache else None
        )

    def prepare_inputs_for_generation(
        self,
        input_ids: Tensor,
        past_key_values: Cache | None = None,
        attention_mask: Tensor | None = None,
        use_cache: bool = True,
        **_: Any,
    ) -> dict[str, Any]:
        """Give the network only the tokens its cache has not seen."""
        if past_key_values is not None:
            input_ids, attention_mask = input_ids[:, past_key_values.num_tokens :], None
        return {
            "input_ids": input_ids,
            "past_key_values": past_key_values,
            "attention_mask": attention_mask,
            "use_cache": use_cache,
        }

    @classmethod
    def _supports_default_dynamic_cache(cls) -> bool:
        return False

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        """Leave weights alone: a release always carries all of them."""

"""Text continuation, one token at a time, with the hybrid cache."""

from __future__ import annotations

import torch
from torch import Tensor

from model.cache import Cache
from model.network import Network
from model.products import project


@torch.inference_mode()
def generate(
    network: Network,
    prompt_BT: Tensor,
    *,
    max_new_tokens: int,
    stop_id: int | None = None,
    temperature: float = 0.0,
    seed: int = 0,
) -> Tensor:
    """Return the new tokens [B, <= max_new_tokens]; temperature 0 takes the likeliest.

    A row that has met `stop_id` is filled up with it while others go on.
    """
    if temperature < 0:
        raise ValueError(f"temperature {temperature} is negative: use 0 for the likeliest token")
    generator = torch.Generator(device=prompt_BT.device).manual_seed(seed)
    cache, tokens_BT, new = Cache(network.config), prompt_BT, []
    done_B1 = torch.zeros_like(prompt_BT[:, :1], dtype=torch.bool)
    head_VD = network.lm_head.normalized_weight()  # Once, not at every token.
    for _ in range(max_new_tokens):
        hidden_BD = network.hidden(tokens_BT, cache=cache)[:, -1]
        tokens_BT = _choose(project(hidden_BD, head_VD).float(), temperature, generator)
        if stop_id is not None:
            tokens_BT = tokens_BT.masked_fill(done_B1, stop_id)
            done_B1 |= tokens_BT == stop_id
        new.append(tokens_BT)
        if done_B1.all():
            break
    return torch.cat(new, dim=1) if new else prompt_BT[:, :0]


def _choose(logits_BV: Tensor, temperature: float, generator: torch.Generator) -> Tensor:
    if temperature == 0:
        return logits_BV.argmax(dim=-1, keepdim=True)
    probabilities_BV = (logits_BV / temperature).softmax(dim=-1)
    return torch.multinomial(probabilities_BV, 1, generator=generator)

"""The Baichuan-M1 network (arXiv 2502.12671, section 3), with the published tensor names.

Shape suffixes: B batch, T new tokens, S keys (past and new), D hidden, H query heads, K kv heads,
J = 2K (k heads, then v heads), C channels of a head, F feed-forward, V vocabulary, N predictions.
It never trains, reads or writes anything.
"""

from __future__ import annotations

import hashlib
import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from model.attention import attend
from model.cache import Cache, LayerCache
from model.config import ModelConfig
from model.kernels import rms_norm, rotate, swiglu
from model.loss import head_loss_with_z
from model.plan import Plan, Slices, make_plan
from model.products import Projection, project


class Network(nn.Module):
    """Tokens in, logits out. Weights are undefined until init_weights or load_state_dict."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.model = Body(config)
        self.lm_head = NormHead(config)
        self.activation_checkpointing = False
        self.slices: Slices | None = None
        """Set when ranks share each sample: inputs stay whole, what comes out is our slice's."""

    def forward(
        self, tokens_BT: Tensor, segments_BT: Tensor | None = None, cache: Cache | None = None
    ) -> Tensor:
        """Return logits_BTV. `segments_BT` numbers the packed documents of a row, -1 = padding."""
        return self.lm_head(self.hidden(tokens_BT, segments_BT, cache))  # type: ignore[no-any-return]

    def hidden(
        self, tokens_BT: Tensor, segments_BT: Tensor | None = None, cache: Cache | None = None
    ) -> Tensor:
        """Return the normalised hidden_BTD that the head reads; extends the cache."""
        past_tokens = cache.num_tokens if cache else 0
        plan = make_plan(self.config, tokens_BT, segments_BT, past_tokens, self.slices)
        if self.slices:
            tokens_BT = self.slices.share(tokens_BT)
        x_BTD = self.model.embed_tokens(tokens_BT)
        for index, layer in enumerate(self.model.layers):
            past = cache.layers[index] if cache else None
            if self.activation_checkpointing and self.training:
                x_BTD = checkpoint(layer, x_BTD, plan, past, use_reentrant=False)
            else:
                x_BTD = layer(x_BTD, plan, past)
        if cache:
            cache.num_tokens += tokens_BT.shape[1]
        return self.model.norm(x_BTD)  # type: ignore[no-any-return]

    def loss(
        self, tokens_BT: Tensor, segments_BT: Tensor, loss_mask_BT: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return (summed negative log-likelihood, number of predicted tokens).

        Position t predicts t+1 of the same document; the mask refers to the predicted token.
        """
        nll, _, num_predicted = self.objective(tokens_BT, segments_BT, loss_mask_BT, z_weight=0.0)
        return nll, num_predicted

    def objective(
        self, tokens_BT: Tensor, segments_BT: Tensor, loss_mask_BT: Tensor, *, z_weight: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return (summed loss with the z-loss in it, that part alone, predicted tokens)."""
        hidden_BTD = self.hidden(tokens_BT, segments_BT)
        predicts_BT = (
            (segments_BT[:, :-1] == segments_BT[:, 1:])
            & (segments_BT[:, 1:] >= 0)
            & loss_mask_BT[:, 1:].bool()
        )
        target_BT = tokens_BT[:, 1:]
        if self.slices:
            # The target of a slice's last token is the first of the next slice.
            predicts_BT = self.slices.share(F.pad(predicts_BT, (0, 1)))
            target_BT = self.slices.share(F.pad(target_BT, (0, 1)))
        hidden_ND = hidden_BTD[:, : predicts_BT.shape[1]][predicts_BT]
        weight_VD = self.lm_head.normalized_weight()
        total, z_loss = head_loss_with_z(hidden_ND, weight_VD, target_BT[predicts_BT], z_weight)
        return total, z_loss, predicts_BT.sum()

    def num_parameters(self) -> int:
        return sum(p.numel() for p in self.parameters())

    @torch.no_grad()
    def init_weights(self, seed: int) -> None:
        """Draw every tensor from its own stream, so device, order and size do not matter.

        embeddings, projections  N(0, initializer_range)
        lm_head                  Kaiming uniform with a = sqrt(5): U(-1, 1) / sqrt(hidden_size)
        conv_k, conv_v           softmax over the two taps of N(0, 1)
        norms                    1
        """
        for name, parameter in self.named_parameters():
            # torch's CPU generator takes 32 bits of its seed and drops the rest without a word.
            word = hashlib.sha256(f"{seed}:{name}".encode()).digest()[:4]
            generator = torch.Generator().manual_seed(int.from_bytes(word, "little"))
            value = torch.empty(parameter.shape)
            if name.endswith("norm.weight"):
                value.fill_(1.0)
            elif name.endswith(("conv_k", "conv_v")):
                value = value.normal_(generator=generator).softmax(dim=-1)
            elif name == "lm_head.weight":
                bound = 1 / math.sqrt(self.config.hidden_size)
                value.uniform_(-bound, bound, generator=generator)
            else:
                value.normal_(0.0, self.config.initializer_range, generator=generator)
            parameter.copy_(value)


class Body(nn.Module):
    """Everything below the head; its name `model` is part of the published layout."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(Layer(config, index) for index in range(config.num_layers))
        self.norm = RMSNorm(config)


class Layer(nn.Module):
    """Pre-norm block: x += attention(norm(x)); x += feed_forward(norm(x))."""

    def __init__(self, config: ModelConfig, index: int) -> None:
        super().__init__()
        self.self_attn = Attention(config, index)
        self.mlp = FeedForward(config)
        self.input_layernorm = RMSNorm(config)
        self.post_attention_layernorm = RMSNorm(config)

    def forward(self, x_BTD: Tensor, plan: Plan, past: LayerCache | None) -> Tensor:
        x_BTD = x_BTD + self.self_attn(self.input_layernorm(x_BTD), plan, past)
        return x_BTD + self.mlp(self.post_attention_layernorm(x_BTD))  # type: ignore[no-any-return]


class Attention(nn.Module):
    """Grouped-query attention whose k and v pass a two-tap causal convolution per kv head."""

    def __init__(self, config: ModelConfig, index: int) -> None:
        super().__init__()
        self.sliding = config.is_sliding(index)
        self.num_heads, self.num_kv_heads, self.head_dim = config.heads(index)
        width = self.num_heads * self.head_dim
        packed = width + 2 * self.num_kv_heads * self.head_dim
        self.W_pack = Projection(config.hidden_size, packed)
        self.o_proj = Projection(width, config.hidden_size)
        self.has_conv = config.conv_window > 0
        if self.has_conv:
            shape = (1, 1, self.num_kv_heads, 1, config.conv_window)
            self.conv_k = nn.Parameter(torch.empty(shape))
            self.conv_v = nn.Parameter(torch.empty(shape))

    def forward(self, x_BTD: Tensor, plan: Plan, past: LayerCache | None) -> Tensor:
        packed_BTXC = self.W_pack(x_BTD).unflatten(-1, (-1, self.head_dim))
        q_BTHC, raw_BTJC = packed_BTXC.split((self.num_heads, 2 * self.num_kv_heads), dim=2)
        kv_BTJC = self._convolve(raw_BTJC, plan, past) if self.has_conv else raw_BTJC
        k_BTKC, v_BTKC = kv_BTJC.chunk(2, dim=2)
        table = plan.rotary[self.head_dim]
        q_BTHC, k_BTKC = rotate(q_BTHC, table), rotate(k_BTKC, table)
        if plan.slices:
            q_BTHC, k_BTKC, v_BTKC = plan.slices.to_heads(q_BTHC, k_BTKC, v_BTKC)
        k_BKSC, v_BKSC = k_BTKC.transpose(1, 2), v_BTKC.transpose(1, 2)
        if past is not None:
            k_BKSC, v_BKSC = past.append(k_BKSC, v_BKSC, raw_BTJC[:, -1:])
        out_BHTC = attend(q_BTHC.transpose(1, 2), k_BKSC, v_BKSC, plan.masks[self.sliding])
        out_BTHC = out_BHTC.transpose(1, 2)
        if plan.slices:
            out_BTHC = plan.slices.to_tokens(out_BTHC)
        return self.o_proj(out_BTHC.flatten(2))  # type: ignore[no-any-return]

    def _convolve(self, raw_BTJC: Tensor, plan: Plan, past: LayerCache | None) -> Tensor:
        """Mix each raw k and v with the previous token's: tap 0 previous, tap 1 current."""
        tap_J1 = torch.cat((self.conv_k, self.conv_v), dim=2)[0, 0]
        first_B1JC = past.raw_B1JC if past is not None else None
        if plan.slices:
            first_B1JC = plan.slices.last_of_previous(raw_BTJC)
        elif first_B1JC is None:
            first_B1JC = torch.zeros_like(raw_BTJC[:, :1])
        previous_BTJC = torch.cat((first_B1JC, raw_BTJC[:, :-1]), dim=1)
        tap_previous = tap_J1[..., 0]
        if plan.keep_BT11 is not None:
            tap_previous = tap_previous * plan.keep_BT11
        return torch.addcmul(raw_BTJC * tap_J1[..., 1], previous_BTJC, tap_previous)


class FeedForward(nn.Module):
    """SwiGLU: down(silu(gate) * up)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.gate_proj = Projection(config.hidden_size, config.intermediate_size)
        self.up_proj = Projection(config.hidden_size, config.intermediate_size)
        self.down_proj = Projection(config.intermediate_size, config.hidden_size)

    def forward(self, x_BTD: Tensor) -> Tensor:
        return self.down_proj(swiglu(self.gate_proj(x_BTD), self.up_proj(x_BTD)))  # type: ignore[no-any-return]


class RMSNorm(nn.Module):
    """Root-mean-square norm: statistics in fp32, cast to the weight's type, then scaled."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(config.hidden_size))
        self.eps = config.rms_norm_eps

    def forward(self, x_BTD: Tensor) -> Tensor:
        return rms_norm(x_BTD, self.weight, self.eps)


class NormHead(nn.Module):
    """Logits against vocabulary rows of unit length; the stored weight is not normalised."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(config.vocab_size, config.hidden_size))

    def normalized_weight(self) -> Tensor:
        return F.normalize(self.weight, dim=-1)

    def forward(self, hidden_BTD: Tensor) -> Tensor:
        return project(hidden_BTD, self.normalized_weight())

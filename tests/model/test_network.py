"""The network against a plain-numpy forward written from the published description."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
import torch

from model import attention
from model.cache import Cache
from model.config import ModelConfig
from model.generate import generate
from model.network import Network
from model.weights import expected_shapes

SMALL = ModelConfig(
    vocab_size=61,
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
)

SHALLOW = replace(SMALL, num_layers=2, sliding_window_layers=(1,))

M1_14B = ModelConfig(
    vocab_size=133_120,
    hidden_size=5120,
    intermediate_size=17_408,
    num_layers=40,
    num_global_heads=20,
    num_global_kv_heads=2,
    num_swa_heads=40,
    num_swa_kv_heads=8,
    sliding_window=8192,
    sliding_window_layers=tuple(range(1, 40, 2)),
    conv_window=2,
    rope_theta=1e6,
    max_position_embeddings=32_768,
)

Floats = npt.NDArray[np.float64]


def reference_logits(
    config: ModelConfig, weights: dict[str, Floats], tokens: list[int]
) -> npt.NDArray[np.float64]:
    """Forward of one document in float64, one query at a time."""

    def norm(x: Floats, scale: Floats) -> Floats:
        return x / np.sqrt((x**2).mean() + config.rms_norm_eps) * scale

    def rope(x: Floats, position: int) -> Floats:
        dim, half = len(x), len(x) // 2
        out = np.empty(dim)
        for i in range(half):
            angle = position * config.rope_theta ** (-2 * i / dim)
            out[i] = x[i] * np.cos(angle) - x[i + half] * np.sin(angle)
            out[i + half] = x[i + half] * np.cos(angle) + x[i] * np.sin(angle)
        return out

    xs = [weights["model.embed_tokens.weight"][token] for token in tokens]
    for layer in range(config.num_layers):
        p = f"model.layers.{layer}"
        heads, kv_heads, dim = config.heads(layer)
        window = config.sliding_window if config.is_sliding(layer) else len(tokens)
        packed = [
            weights[f"{p}.self_attn.W_pack.weight"]
            @ norm(x, weights[f"{p}.input_layernorm.weight"])
            for x in xs
        ]
        q = [row[: heads * dim].reshape(heads, dim) for row in packed]
        k = [row[heads * dim : (heads + kv_heads) * dim].reshape(kv_heads, dim) for row in packed]
        v = [row[(heads + kv_heads) * dim :].reshape(kv_heads, dim) for row in packed]
        if config.conv_window:
            zero = np.zeros((kv_heads, dim))
            ck = weights[f"{p}.self_attn.conv_k"].reshape(kv_heads, 2)
            cv = weights[f"{p}.self_attn.conv_v"].reshape(kv_heads, 2)
            k = [ck[:, :1] * before + ck[:, 1:] * now for before, now in zip([zero, *k], k)]  # noqa: B905
            v = [cv[:, :1] * before + cv[:, 1:] * now for before, now in zip([zero, *v], v)]  # noqa: B905
        for t in range(len(tokens)):
            visible = range(max(0, t - window + 1), t + 1)
            out = []
            for h in range(heads):
                g = h // (heads // kv_heads)
                query = rope(q[t][h], t)
                scores = np.array([query @ rope(k[s][g], s) for s in visible]) / np.sqrt(dim)
                share = np.exp(scores - scores.max())
                share /= share.sum()
                out.append(sum(w * v[s][g] for w, s in zip(share, visible, strict=True)))
            xs[t] = xs[t] + weights[f"{p}.self_attn.o_proj.weight"] @ np.concatenate(out)
            y = norm(xs[t], weights[f"{p}.post_attention_layernorm.weight"])
            gate = weights[f"{p}.mlp.gate_proj.weight"] @ y
            up = weights[f"{p}.mlp.up_proj.weight"] @ y
            xs[t] = xs[t] + weights[f"{p}.mlp.down_proj.weight"] @ (gate / (1 + np.exp(-gate)) * up)
    head = weights["lm_head.weight"]
    head = head / np.linalg.norm(head, axis=1, keepdims=True)
    return np.stack([head @ norm(x, weights["model.norm.weight"]) for x in xs])


def network(config: ModelConfig = SMALL, *, seed: int = 7) -> Network:
    """A network with weights large enough that every part matters."""
    net = Network(config)
    net.init_weights(seed)
    with torch.no_grad():
        generator = torch.Generator().manual_seed(seed)
        for name, parameter in net.named_parameters():
            if "norm" in name:
                parameter.normal_(1.0, 0.3, generator=generator)
            elif "conv" not in name:
                parameter.mul_(8.0)
    return net.eval()


def tokens(count: int, *, rows: int = 1, seed: int = 3) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, SMALL.vocab_size, (rows, count), generator=generator)


@pytest.fixture(params=[1, 64], ids=["blocks_of_a_window", "one_block"])
def block_tokens(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Layers take their queries in several blocks, or all at once."""
    monkeypatch.setattr(attention, "MIN_BLOCK_TOKENS", request.param)
    monkeypatch.setattr(attention, "GLOBAL_BLOCK_TOKENS", 3 * request.param)


VARIANTS = {
    "default": SMALL,
    "no_conv": replace(SMALL, conv_window=0),
    "no_swa": replace(SMALL, sliding_window_layers=()),
    "all_swa": replace(SMALL, sliding_window_layers=(0, 1, 2, 3)),
    "rope_1e6": replace(SMALL, rope_theta=1e6),
}


@pytest.mark.usefixtures("block_tokens")
@pytest.mark.parametrize("config", VARIANTS.values(), ids=VARIANTS)
def test_logits_are_those_of_the_plain_numpy_forward(config: ModelConfig) -> None:
    net, row = network(config), tokens(21)
    weights = {name: p.detach().double().numpy() for name, p in net.named_parameters()}
    expected = reference_logits(config, weights, row[0].tolist())
    with torch.no_grad():
        got = net(row)[0].double().numpy()
    # Measured: at most 4e-6 on logits up to 3.6, in fp32 against float64.
    np.testing.assert_allclose(got, expected, atol=2e-5, rtol=0)


def test_parameters_have_the_published_names_and_shapes() -> None:
    with torch.device("meta"):
        net = Network(M1_14B)
    shapes = {name: tuple(p.shape) for name, p in net.named_parameters()}
    assert shapes == expected_shapes(M1_14B)
    assert shapes["model.layers.0.self_attn.W_pack.weight"] == (6144, 5120)
    assert shapes["model.layers.39.self_attn.W_pack.weight"] == (7168, 5120)
    assert shapes["model.layers.0.self_attn.conv_k"] == (1, 1, 2, 1, 2)
    assert shapes["model.layers.1.self_attn.conv_v"] == (1, 1, 8, 1, 2)
    assert shapes["model.layers.7.mlp.down_proj.weight"] == (5120, 17_408)
    assert set(net.state_dict()) == set(shapes)


def test_the_14b_model_has_the_published_number_of_parameters() -> None:
    with torch.device("meta"):
        net = Network(M1_14B)
    # chatllm.cpp counts 14,470,763,520 without the 800 convolution scalars.
    assert net.num_parameters() == M1_14B.num_parameters() == 14_470_764_320


@pytest.mark.usefixtures("block_tokens")
@pytest.mark.parametrize("config", VARIANTS.values(), ids=VARIANTS)
def test_cached_decoding_equals_the_full_forward_at_every_split(config: ModelConfig) -> None:
    net, rows = network(config), tokens(17, rows=2)
    with torch.no_grad():
        full = net(rows)
        for split in range(18):
            cache = Cache(config)
            parts = [net(part, cache=cache) for part in (rows[:, :split], rows[:, split:])
                     if part.shape[1]]  # fmt: skip
            torch.testing.assert_close(torch.cat(parts, dim=1), full, atol=2e-5, rtol=0)
            assert cache.num_tokens == 17


def test_decoding_token_by_token_equals_the_full_forward_and_keeps_one_window() -> None:
    net, rows = network(), tokens(17, rows=2)
    cache = Cache(SMALL)
    with torch.no_grad():
        parts = [net(rows[:, t : t + 1], cache=cache) for t in range(17)]
        torch.testing.assert_close(torch.cat(parts, dim=1), net(rows), atol=2e-5, rtol=0)
    assert [layer.num_tokens for layer in cache.layers] == [17, 4, 17, 4]


@pytest.mark.usefixtures("block_tokens")
def test_packed_documents_equal_the_documents_apart() -> None:
    net = network()
    parts = [tokens(n, seed=n) for n in (6, 1, 9, 4)]
    packed = torch.cat(parts, dim=1)
    segments = torch.repeat_interleave(torch.tensor([0, 1, 2, -1]), torch.tensor([6, 1, 9, 4]))
    with torch.no_grad():
        together = net(packed, segments[None])
        apart = torch.cat([net(part) for part in parts], dim=1)
    torch.testing.assert_close(together, apart, atol=2e-5, rtol=0)


def test_one_document_with_segments_equals_none() -> None:
    net, rows = network(), tokens(12, rows=2)
    with torch.no_grad():
        given = net(rows, torch.zeros_like(rows))
        torch.testing.assert_close(given, net(rows), atol=2e-5, rtol=0)


@pytest.mark.parametrize("changed", [0, 5, 11])
def test_a_token_changes_nothing_before_itself(changed: int) -> None:
    net, rows = network(), tokens(12)
    other = rows.clone()
    other[0, changed] = (other[0, changed] + 1) % SMALL.vocab_size
    with torch.no_grad():
        before, after = net(rows), net(other)
    torch.testing.assert_close(before[:, :changed], after[:, :changed], atol=1e-6, rtol=0)
    assert (before[:, changed:] - after[:, changed:]).abs().amax(dim=-1).min() > 1e-4


def test_a_sliding_layer_sees_exactly_its_window() -> None:
    config = replace(SMALL, num_layers=1, sliding_window_layers=(0,), conv_window=0)
    net, rows = network(config), tokens(12)
    with torch.no_grad():
        before = net(rows)
        for changed in range(12):
            other = rows.clone()
            other[0, changed] = (other[0, changed] + 1) % SMALL.vocab_size
            moved = (net(other) - before).abs().amax(dim=-1)[0] > 1e-6
            assert moved.nonzero()[:, 0].tolist() == list(range(changed, min(12, changed + 5)))


def test_a_convolved_value_reaches_one_token_further() -> None:
    config = replace(SMALL, num_layers=1, sliding_window_layers=(0,))
    net, rows = network(config), tokens(12)
    other = rows.clone()
    other[0, 2] = (other[0, 2] + 1) % SMALL.vocab_size
    with torch.no_grad():
        moved = (net(other) - net(rows)).abs().amax(dim=-1)[0] > 1e-6
    assert moved.nonzero()[:, 0].tolist() == [2, 3, 4, 5, 6, 7]


def test_loss_and_gradients_are_those_of_plain_cross_entropy() -> None:
    net, rows = network().train(), tokens(10, rows=2)
    segments = torch.tensor([[0] * 4 + [1] * 6, [0] * 7 + [-1] * 3])
    mask = torch.ones_like(rows, dtype=torch.bool)
    mask[0, 5:7] = False
    total, count = net.loss(rows, segments, mask)
    total.backward()
    gradients = {name: p.grad.clone() for name, p in net.named_parameters() if p.grad is not None}
    net.zero_grad()
    # Row 0 predicts 1-3, then 7-9 (5 and 6 are masked, 4 begins a document); row 1 predicts 1-6.
    logits = net(rows, segments).log_softmax(dim=-1)
    pairs = [(0, t) for t in (1, 2, 3, 7, 8, 9)] + [(1, t) for t in range(1, 7)]
    plain = -torch.stack([logits[b, t - 1, rows[b, t]] for b, t in pairs]).sum()
    plain.backward()
    assert int(count) == len(pairs) == 12
    torch.testing.assert_close(total, plain, atol=1e-4, rtol=1e-6)
    for name, parameter in net.named_parameters():
        torch.testing.assert_close(gradients[name], parameter.grad, atol=2e-5, rtol=2e-4, msg=name)


def test_activation_checkpointing_changes_no_gradient() -> None:
    net, rows = network().train(), tokens(10, rows=2)
    segments, mask = torch.zeros_like(rows), torch.ones_like(rows)
    net.loss(rows, segments, mask)[0].backward()
    plain = {name: p.grad.clone() for name, p in net.named_parameters() if p.grad is not None}
    net.zero_grad()
    net.activation_checkpointing = True
    net.loss(rows, segments, mask)[0].backward()
    assert all(torch.equal(p.grad, plain[name]) for name, p in net.named_parameters()
               if p.grad is not None)  # fmt: skip


def test_a_batch_without_predictions_has_zero_loss() -> None:
    net, rows = network().train(), tokens(6)
    total, count = net.loss(rows, torch.zeros_like(rows), torch.zeros_like(rows))
    total.backward()
    assert total.item() == 0.0 and int(count) == 0


def test_initial_weights_depend_on_the_seed_alone() -> None:
    first, again, other = Network(SMALL), Network(SHALLOW), Network(SMALL)
    first.init_weights(1)
    again.init_weights(1)
    other.init_weights(2)
    state = first.state_dict()
    assert all(torch.equal(state[name], value) for name, value in again.state_dict().items())
    assert not torch.equal(state["lm_head.weight"], other.state_dict()["lm_head.weight"])
    taps = state["model.layers.0.self_attn.conv_k"]
    torch.testing.assert_close(taps.sum(dim=-1), torch.ones(1, 1, 1, 1))
    assert state["lm_head.weight"].abs().max() <= 1 / 32**0.5
    assert 0.018 < state["model.layers.0.mlp.up_proj.weight"].std() < 0.022
    # Golden: first embedding values of seed 1.
    expected = torch.tensor([0.024415977, -0.020552177, 0.008472858])
    torch.testing.assert_close(state["model.embed_tokens.weight"][0, :3], expected)


def test_greedy_generation_takes_the_likeliest_token_each_time() -> None:
    net, rows = network(), tokens(8, rows=2)
    got = generate(net, rows, max_new_tokens=9)
    text = rows
    with torch.no_grad():
        for _ in range(9):
            text = torch.cat((text, net(text)[:, -1].argmax(dim=-1, keepdim=True)), dim=1)
    assert torch.equal(got, text[:, 8:])


def test_generation_stops_at_the_stop_token_and_sampling_follows_its_seed() -> None:
    net, rows = network(), tokens(8)
    first = generate(net, rows, max_new_tokens=9)
    stop = int(first[0, 3])
    cut = first[0].tolist().index(stop) + 1
    assert generate(net, rows, max_new_tokens=9, stop_id=stop).tolist() == first[:, :cut].tolist()
    hot = [generate(net, rows, max_new_tokens=9, temperature=3.0, seed=s) for s in (1, 1, 2)]
    assert torch.equal(hot[0], hot[1]) and not torch.equal(hot[0], hot[2])
    with pytest.raises(ValueError, match="temperature -1 is negative"):
        generate(net, rows, max_new_tokens=1, temperature=-1)


def test_packed_documents_cannot_be_decoded_with_a_cache() -> None:
    net, rows = network(), tokens(4)
    cache = Cache(SMALL)
    net(rows, cache=cache)
    with pytest.raises(ValueError, match="leave segments out when decoding"):
        net(rows, torch.zeros_like(rows), cache)

"""Memory of a step: components by hand, and what must grow or shrink with what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from training_jobs import MODEL

from model.config import ModelConfig
from model.network import Network
from training.planning.activations import Pass, layer_bytes
from training.planning.layout import CPU, CUDA, ROCM, Layout, Runtime
from training.planning.memory import Memory, step_memory, step_moments

M1_14B = ModelConfig(
    vocab_size=133_120,
    hidden_size=5120,
    intermediate_size=17408,
    num_layers=40,
    num_global_heads=20,
    num_global_kv_heads=2,
    num_swa_heads=40,
    num_swa_kv_heads=8,
    sliding_window=8192,
    sliding_window_layers=tuple(range(1, 40, 2)),
    conv_window=2,
    rope_theta=1e6,
    max_position_embeddings=32768,
)
PARAMETERS = 14_470_764_320


def layout(**changes: Any) -> Layout:
    start: dict[str, Any] = {
        "devices": 8,
        "zero_stage": 2,
        "sequence_parallel": 1,
        "micro_batch_samples": 1,
        "accumulation": 2,
        "activation_checkpointing": True,
        "precision": "bf16",
    }
    return Layout(**{**start, **changes})


def memory(runtime: Runtime = CUDA, context_tokens: int = 8192, **changes: Any) -> Memory:
    return step_memory(M1_14B, layout(**changes), context_tokens=context_tokens, runtime=runtime)


def test_the_states_of_the_14b_are_those_of_the_zero_paper() -> None:
    # arXiv 1910.02054 figure 1: 2 bytes of weights, 12 of fp32 weights and moments; our gradients
    # are kept in fp32, which are 4 instead of its 2.
    second, third = memory(zero_stage=2), memory(zero_stage=3)
    assert second.weights == 2 * PARAMETERS
    assert second.optimizer == 12 * PARAMETERS / 8
    assert second.gradients == 4 * PARAMETERS / 8
    assert third.weights == 2 * PARAMETERS / 8


def test_without_zero_every_device_holds_sixteen_bytes_a_parameter() -> None:
    found = step_memory(
        MODEL,
        layout(zero_stage=0, precision="fp32", devices=4),
        context_tokens=32,
        runtime=CUDA,
    )
    assert found.weights + found.optimizer == 12 * MODEL.num_parameters()
    assert found.gradients == 4 * MODEL.num_parameters()


def test_what_a_layer_keeps_is_what_autograd_keeps() -> None:
    """One layer's saved tensors, counted by autograd itself: shared storages once."""
    config = replace(
        MODEL, vocab_size=64, hidden_size=64, intermediate_size=224, num_global_heads=2,
        num_swa_heads=4, num_swa_kv_heads=2, sliding_window=64, max_position_embeddings=192,
    )  # fmt: skip
    network = Network(config)
    network.init_weights(1)
    tokens_BT = torch.randint(1, 64, (2, 192))
    segments_BT = (torch.arange(192) // 50).expand(2, 192)
    weights = {p.untyped_storage().data_ptr() for p in network.parameters()}
    run = Pass(samples=2, context_tokens=192, sequence_parallel=1, element_bytes=4, runtime=CPU)
    for index in range(config.num_layers):
        kept = _kept_by(network, index, tokens_BT, segments_BT, weights)
        assert layer_bytes(config, index, run) == pytest.approx(kept, rel=0.06), index


def _kept_by(
    network: Network,
    index: int,
    tokens_BT: torch.Tensor,
    segments_BT: torch.Tensor,
    weights: set[int],
) -> int:
    from model.plan import make_plan

    plan = make_plan(network.config, tokens_BT, segments_BT, 0)
    shared = {
        t.untyped_storage().data_ptr()
        for table in plan.rotary.values()
        for t in table
    }  # fmt: skip
    x_BTD = network.model.embed_tokens(tokens_BT).detach().requires_grad_()
    saved: dict[int, torch.Tensor] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        saved[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        out = network.model.layers[index](x_BTD, plan, None)
    assert out.requires_grad
    return sum(
        tensor.untyped_storage().nbytes()
        for pointer, tensor in saved.items()
        if pointer not in weights | shared
    )


def test_checkpointing_keeps_one_hidden_state_a_layer() -> None:
    plain, recomputed = (memory(activation_checkpointing=on) for on in (False, True))
    assert recomputed.activations < plain.activations / 3
    hidden = 8192 * 5120 * 2
    assert recomputed.activations > 40 * hidden


def test_activations_grow_with_context_and_shrink_with_sequence_parallelism() -> None:
    one = memory(context_tokens=8192, activation_checkpointing=False).activations
    four = memory(context_tokens=32768, activation_checkpointing=False).activations
    shared = memory(
        context_tokens=32768, activation_checkpointing=False, sequence_parallel=4
    ).activations
    assert four == pytest.approx(4 * one, rel=0.05)
    # Two kv heads of the global layers are given to four devices twice.
    assert shared == pytest.approx(one, rel=0.1)
    assert shared > one


def test_explicit_masks_are_what_a_device_without_flex_attention_pays() -> None:
    flex = memory(CUDA, activation_checkpointing=False)
    sdpa = memory(ROCM, activation_checkpointing=False)
    # Small blocks on global layers, half a window (4,096 tokens) on sliding ones.
    masks = (20 * 0.5 + 20 * 0.75) * 8192 * 8192 * 2
    assert sdpa.activations - flex.activations == pytest.approx(masks, rel=0.1)


def test_offload_moves_the_states_to_the_host() -> None:
    here, away = memory(), memory(offload="optimizer")
    assert away.optimizer == away.gradients == 0
    assert away.host == (12 + 4 + 2) * PARAMETERS / 8
    assert here.host == 0


def test_a_bucket_is_taken_whole_by_a_gpu_and_by_touch_on_a_cpu() -> None:
    def buffers(runtime: Runtime) -> float:
        moments = step_moments(
            MODEL, layout(zero_stage=1, precision="fp32"), context_tokens=32, runtime=runtime
        )
        return max(moment.buffers for moment in moments)

    assert buffers(CUDA) > 4 * 500_000_000
    assert buffers(CPU) < 16 * MODEL.num_parameters()


def test_the_fullest_moment_is_the_largest_of_all() -> None:
    moments = step_moments(M1_14B, layout(), context_tokens=8192, runtime=CUDA)
    assert len(moments) == 5
    assert memory().total == max(moment.total for moment in moments)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"devices": 0}, "at least 1"),
        ({"micro_batch_samples": 0}, "at least 1"),
        ({"sequence_parallel": 3}, "does not divide 8 devices"),
        ({"zero_stage": 0}, "does not run in bf16"),
        ({"zero_stage": 4, "precision": "fp32"}, "does not run in fp32"),
    ],
)
def test_a_layout_that_cannot_be_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        layout(**changes)

"""DeepSpeed's configuration: what a spec becomes, and what is refused before anything runs."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from training_jobs import MODEL, make_spec

from training.ds_config import accumulation_steps, ds_config
from training.spec import OptimizerSpec


def _config(**changes: Any) -> dict[str, Any]:
    return ds_config(make_spec(Path("job"), Path("shards"), **changes))


def test_batch_sizes_multiply_out() -> None:
    config = _config(batch_samples=24, world_size=3, micro_batch_samples=2)
    assert config["gradient_accumulation_steps"] == 4
    assert config["train_batch_size"] == 24
    assert config["train_micro_batch_size_per_gpu"] == 2


def test_adam_is_torchs_own_because_deepspeeds_compiles() -> None:
    assert _config()["optimizer"]["params"]["torch_adam"] is True


def test_ranks_that_share_a_sample_are_samples_to_deepspeed() -> None:
    model = replace(MODEL, num_global_heads=2)
    config = _config(model=model, world_size=4, sequence_parallel=2, micro_batch_samples=1)
    assert config["gradient_accumulation_steps"] == 2
    assert config["train_batch_size"] == 8


def test_offload_goes_to_the_host_and_nothing_else_changes() -> None:
    plain, offloaded = _config(zero_stage=2), _config(zero_stage=2, offload_optimizer=True)
    told = offloaded["zero_optimization"].pop("offload_optimizer")
    assert told == {"device": "cpu", "pin_memory": False}
    assert offloaded == plain


def test_gradients_travel_and_add_up_in_fp32() -> None:
    config = _config(precision="bf16", zero_stage=2)
    assert config["communication_data_type"] == "fp32"
    assert config["data_types"] == {"grad_accum_dtype": "fp32"}


def test_precision_and_stage_are_passed_on() -> None:
    config = _config(precision="bf16", zero_stage=3)
    assert config["bf16"] == {"enabled": True, "check_grad_overflow": True}
    assert config["zero_optimization"]["stage"] == 3


@pytest.mark.parametrize("micro", [3, 8])
def test_a_batch_that_does_not_divide_is_refused(micro: int) -> None:
    spec = make_spec(Path("job"), Path("shards"), micro_batch_samples=micro)
    with pytest.raises(ValueError, match=rf"batch_samples 4 is no multiple of .* {micro}"):
        accumulation_steps(spec)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"zero_stage": 4}, "zero_stage 4 is not 0, 1, 2 or 3"),
        (
            {"zero_stage": 0, "precision": "bf16"},
            "bf16 needs zero_stage 1, 2 or 3, not 0: there DeepSpeed adds gradients up in bf16",
        ),
        (
            {"zero_stage": 0, "offload_optimizer": True},
            "offload_optimizer needs zero_stage 1, 2 or 3, not 0",
        ),
        (
            {"zero_stage": 2, "precision": "bf16", "offload_optimizer": True},
            "offload_optimizer needs zero_stage 3 in bf16, not 2",
        ),
        ({"z_loss": -1e-4}, "z_loss -0.0001 is below 0"),
        ({"optimizer": OptimizerSpec(max_grad_norm=0)}, "max_grad_norm 0 is not above 0"),
    ],
)
def test_what_cannot_run_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        _config(**changes)

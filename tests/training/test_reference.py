"""The engine against the same training written in plain torch, at every ZeRO stage."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load
from training_jobs import finish, journal, make_spec, write_shards

from model.network import Network
from training.clipping import StepSkipper
from training.schedule import learning_rate
from training.shards import SampleOrder, Shards
from training.spec import TrainSpec


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shards(tmp_path_factory.mktemp("data") / "shards")


@pytest.fixture(scope="module")
def reference(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[list, Network]:
    return _train_plainly(make_spec(tmp_path_factory.mktemp("reference"), shards))


def _train_plainly(spec: TrainSpec) -> tuple[list[tuple[float, float, bool]], Network]:
    """Return (loss, norm before clipping, taken) of every step, and the trained network."""
    identity, choice = spec.identity, spec.identity.optimizer
    network = Network(identity.model)
    network.init_weights(identity.init_seed)
    matrices = [p for p in network.parameters() if p.dim() == 2]
    others = [p for p in network.parameters() if p.dim() != 2]
    optimizer = torch.optim.AdamW(
        [
            {"params": matrices, "weight_decay": choice.weight_decay},
            {"params": others, "weight_decay": 0.0},
        ],
        betas=(choice.beta1, choice.beta2),
        eps=choice.eps,
    )
    skipper, shards = StepSkipper(choice), Shards(Path(spec.execution.shards_dir))
    order = SampleOrder(shards.info.num_samples, identity.data_seed)
    steps = []
    for step in range(identity.steps):
        first = step * identity.batch_samples
        samples = [shards.sample(order.sample_at(first + i)) for i in range(identity.batch_samples)]
        total, count = network.loss(
            torch.tensor([s.tokens_C.tolist() for s in samples]),
            torch.tensor([s.segment_C.tolist() for s in samples]),
            torch.tensor([s.loss_mask_C.tolist() for s in samples]),
        )
        optimizer.zero_grad()
        loss = total / count
        loss.backward()
        norm = float(torch.nn.utils.clip_grad_norm_(network.parameters(), choice.max_grad_norm))
        taken = skipper.accept(norm)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(identity.schedule, step, steps=identity.steps)
        if taken:
            optimizer.step()
        steps.append((loss.item(), norm, taken))
    return steps, network


@pytest.mark.parametrize(
    ("stage", "size"),
    [
        (0, 1),
        (1, 1),
        (2, 2),
        pytest.param(0, 2, marks=pytest.mark.slow),
        pytest.param(1, 2, marks=pytest.mark.slow),
        pytest.param(3, 2, marks=pytest.mark.slow),
    ],
)
def test_losses_norms_skips_and_weights_are_those_of_plain_torch(
    stage: int, size: int, reference: tuple[list, Network], shards: Path, tmp_path: Path
) -> None:
    steps, network = reference
    spec = make_spec(
        tmp_path, shards, zero_stage=stage, world_size=size, micro_batch_samples=2 // size
    )
    files = finish(spec)
    lines = [line for line in journal(spec) if line["kind"] == "metrics"]
    skipped = {line["step"] for line in journal(spec) if line.get("name") == "step_skipped"}
    assert [line["train/loss"] for line in lines] == pytest.approx([s[0] for s in steps], rel=1e-4)
    assert [line["train/grad_norm"] for line in lines] == pytest.approx(
        [s[1] for s in steps], rel=1e-3
    )
    assert skipped == {i for i, s in enumerate(steps) if not s[2]} != set()
    assert int(load(files["optimizer.safetensors"])["num_updates"]) == 12 - len(skipped)
    for name, tensor in load(files["model.safetensors"]).items():
        torch.testing.assert_close(tensor, network.get_parameter(name).detach(), rtol=0, atol=1e-4)


def test_norms_above_the_limit_are_seen_before_they_are_clipped(
    reference: tuple[list, Network], shards: Path
) -> None:
    assert max(norm for _, norm, _ in reference[0]) > 1.5


def test_bf16_skips_without_an_update_and_stays_near_fp32(
    reference: tuple[list, Network], shards: Path, tmp_path: Path
) -> None:
    spec = make_spec(tmp_path, shards, precision="bf16", zero_stage=2)
    moments = load(finish(spec)["optimizer.safetensors"])
    lines = [line for line in journal(spec) if line["kind"] == "metrics"]
    skipped = [line for line in journal(spec) if line.get("name") == "step_skipped"]
    assert skipped
    assert int(moments["num_updates"]) == 12 - len(skipped)
    losses = [loss for loss, _, _ in reference[0]]
    assert [line["train/loss"] for line in lines[:4]] == pytest.approx(losses[:4], rel=2e-2)

"""The command itself: arguments, output files, errors, and what Dagster hears (Pipes)."""

import json
import logging
from pathlib import Path

import pytest
from training_jobs import MODEL, finish, journal, make_spec, run, write_shards

from model.config import ModelConfig
from model.network import Network
from training.main import is_lost_rank, main
from training.progress import duration, open_progress


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shards(tmp_path_factory.mktemp("data") / "shards")


def test_a_job_leaves_weights_under_the_published_names(shards: Path, tmp_path: Path) -> None:
    from safetensors.torch import load

    files = finish(make_spec(tmp_path, shards))
    assert sorted(files) == [
        "config.json",
        "journal.jsonl",
        "model.safetensors",
        "optimizer.safetensors",
        "result.json",
    ]
    weights = load(files["model.safetensors"])
    Network(MODEL).load_state_dict(weights, strict=True)
    assert ModelConfig.from_dict(json.loads(files["config.json"])) == MODEL
    moments = load(files["optimizer.safetensors"])
    assert {k.removeprefix("exp_avg/") for k in moments if k.startswith("exp_avg/")} == set(weights)
    timing = json.loads((tmp_path / "output" / "timing.json").read_text())
    assert timing["tokens_per_s"] > 0
    assert timing["checkpoint_stall_s"]["count"] == 3
    assert 0 < timing["checkpoint_stall_s"]["p50"] <= timing["checkpoint_stall_s"]["p99"]
    assert (tmp_path / "output" / "journal.jsonl").read_bytes() == files["journal.jsonl"]


def test_the_journal_follows_the_schedule_and_the_loss_falls(shards: Path, tmp_path: Path) -> None:
    spec = make_spec(tmp_path, shards)
    finish(spec)
    lines = [line for line in journal(spec) if line["kind"] == "metrics"]
    assert lines[0]["train/lr"] == pytest.approx(5e-3)
    assert lines[-1]["train/lr"] == pytest.approx(1e-3)
    assert lines[-1]["train/loss"] < lines[0]["train/loss"] - 0.5
    result = json.loads((tmp_path / "output" / "result.json").read_text())
    assert lines[-1]["train/tokens"] == result["tokens"]


def test_bf16_weights_are_written_as_trained(shards: Path, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load

    files = finish(make_spec(tmp_path, shards, precision="bf16", zero_stage=2))
    weights, moments = load(files["model.safetensors"]), load(files["optimizer.safetensors"])
    assert {tensor.dtype for tensor in weights.values()} == {torch.bfloat16}
    for name, tensor in weights.items():
        assert moments[f"master/{name}"].dtype == torch.float32
        assert torch.equal(moments[f"master/{name}"].bfloat16(), tensor)


def test_a_loss_that_is_no_number_stops_the_job(shards: Path, tmp_path: Path) -> None:
    import torch

    from training.state import save_weights

    network = Network(MODEL)
    network.init_weights(0)
    weights = {name: p.detach().clone() for name, p in network.named_parameters()}
    weights["model.norm.weight"][0] = torch.nan
    save_weights(weights, tmp_path / "model.safetensors", precision="fp32")
    spec = make_spec(tmp_path, shards, init="weights", init_dir=str(tmp_path))
    ended = run(spec)
    assert ended.exit_codes == [1]
    assert "error: the loss of step 0 is nan or its gradient is not finite" in ended.log
    last = journal(spec)[-1]
    assert (last["name"], last["action"], last["loss"]) == ("loss_spike", "stop", "nan")
    assert not (tmp_path / "output").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"world_size": 2, "only_rank": True}, "2 ranks, but 1 were started"),
        ({"init": "weights"}, "init is 'weights' but init_dir is null"),
        ({"init": "weights", "carry_optimizer": True, "init_dir": "/nowhere"}, "is missing, but"),
        ({"micro_batch_samples": 3}, "batch_samples 4 is no multiple"),
        ({"shards_dir": "/nowhere"}, "No such file or directory: '/nowhere/shards.json'"),
    ],
)
def test_a_job_that_cannot_run_says_why(
    changes: dict[str, object], message: str, shards: Path, tmp_path: Path
) -> None:
    alone = changes.pop("only_rank", False)
    spec = make_spec(tmp_path, shards, **changes)
    if alone:
        spec.write(tmp_path / "spec.json")
        ended = run(
            make_spec(tmp_path, shards), spec_of_rank={0: {"world_size": spec.execution.world_size}}
        )
    else:
        ended = run(spec)
    assert ended.exit_codes == [1]
    assert message in ended.log.rsplit("error: ", 1)[1]


def test_weights_of_another_architecture_are_refused(shards: Path, tmp_path: Path) -> None:
    from dataclasses import replace

    other = Network(replace(MODEL, intermediate_size=32))
    other.init_weights(0)
    from training.state import save_weights

    weights = {name: p.detach() for name, p in other.named_parameters()}
    save_weights(weights, tmp_path / "model.safetensors", precision="fp32")
    ended = run(make_spec(tmp_path, shards, init="weights", init_dir=str(tmp_path)))
    assert "mlp.gate_proj.weight is [32, 16], the model's is [24, 16]" in ended.log


def test_a_command_without_a_spec_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 2
    assert "usage: python -m training.main" in capsys.readouterr().err


def test_without_dagster_progress_goes_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), open_progress({}, is_first=True) as say:
        say("step 1/2")
    assert caplog.messages == ["step 1/2"]


def test_only_the_first_rank_speaks(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), open_progress({}, is_first=False) as say:
        say("step 1/2")
    assert caplog.messages == []


def test_dagster_hears_the_lines_through_pipes(shards: Path, tmp_path: Path) -> None:
    """A real job under the variables that Dagster's launcher sets, messages read from its file."""
    from dagster_pipes import DAGSTER_PIPES_CONTEXT_ENV_VAR as CONTEXT
    from dagster_pipes import DAGSTER_PIPES_MESSAGES_ENV_VAR as MESSAGES
    from dagster_pipes import encode_param

    context = {
        "asset_keys": None,
        "code_version_by_asset_key": None,
        "provenance_by_asset_key": None,
        "partition_key": None,
        "partition_key_range": None,
        "partition_time_window": None,
        "run_id": "run",
        "job_name": None,
        "retry_number": 0,
        "extras": {},
    }
    messages = tmp_path / "messages"
    messages.touch()
    env = {
        CONTEXT: encode_param({"data": context}),
        MESSAGES: encode_param({"path": str(messages)}),
    }
    ended = run(make_spec(tmp_path / "job", shards), env=env)
    assert ended.exit_codes == [0], ended.log
    sent = [json.loads(line) for line in messages.read_text().splitlines()]
    logged = [m["params"]["message"] for m in sent if m["method"] == "log"]
    assert any(line.startswith("step 12/12  loss ") for line in logged), logged
    assert sent[-1]["method"] == "closed"


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0s"), (185, "3m05s"), (7620, "2h07m")])
def test_durations_are_short(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_failed_collective_is_known_by_its_text() -> None:
    assert is_lost_rank(RuntimeError("[x/gloo/transport/tcp/pair.cc:537] Read error"))
    assert not is_lost_rank(RuntimeError("the gradient norm is not finite"))

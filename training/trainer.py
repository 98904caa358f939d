"""The training loop of one job: resume or start, step, journal, checkpoint, finish."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from model.network import Network
from training.checkpoints import (
    ResumeError,
    StepCheckpoint,
    commit_checkpoint,
    exclusive,
    find_checkpoint,
    keep_newest,
    refuse_drift,
    set_aside_above,
)
from training.clipping import StepSkipper
from training.crashpoints import crashpoint
from training.data import Loader, RankBatch, data_fingerprint
from training.ds_config import ds_config
from training.engine import Engine, NonFiniteError
from training.history import History
from training.journal import Journal
from training.progress import Say, duration
from training.ranks import Ranks
from training.result import write_output
from training.schedule import learning_rate
from training.spec import TrainSpec
from training.state import (
    EngineState,
    get_state,
    load_state,
    load_weights,
    prepare_moments,
    put_weights,
    save_weights,
    set_masters,
    set_moments,
)


class Preempted(Exception):
    """The job was asked to stop and has saved what it had done."""


def train(spec: TrainSpec, ranks: Ranks, say: Say, should_stop: Callable[[], bool]) -> None:
    """Run the job to its end; raises Preempted when `should_stop` said so on any rank."""
    if ranks.size != spec.execution.world_size:
        raise ValueError(
            f"the spec is for {spec.execution.world_size} ranks, but {ranks.size} were started: "
            "set WORLD_SIZE or execution.world_size"
        )
    ds_config(spec)  # A bad spec fails here, before anything is loaded or written.
    resume_dir = Path(spec.execution.resume_dir)
    with exclusive(resume_dir) if ranks.is_first else nullcontext():
        ranks.barrier()
        _Trainer(spec, ranks, say, should_stop).run()


class _Trainer:
    def __init__(
        self, spec: TrainSpec, ranks: Ranks, say: Say, should_stop: Callable[[], bool]
    ) -> None:
        self._spec, self._ranks, self._say, self._should_stop = spec, ranks, say, should_stop
        self._root = Path(spec.execution.resume_dir)
        self._loader = Loader(spec, rank=ranks.rank)
        self._skipper = StepSkipper(spec.identity.optimizer)
        self._history = History()
        self._train_s = 0.0
        self._saved_step = 0
        self._literals: dict[str, Any] = {
            "identity": spec.to_dict()["identity"],
            "data": data_fingerprint(Path(spec.execution.shards_dir)),
        }
        torch.manual_seed(spec.identity.init_seed)
        checkpoint = self._agreed_checkpoint()
        self._engine = self._start_engine(checkpoint)
        self._journal = self._open_journal(checkpoint)
        if checkpoint:
            self._restore(checkpoint)

    def run(self) -> None:
        steps = self._spec.identity.steps
        try:
            for step in range(len(self._history), steps):
                batch = self._loader.batch(step)
                stop = self._ranks.sum(float(self._should_stop()))[0]
                if stop:
                    self._preempt(step)
                self._step(step, batch)
                self._after_step(step + 1, steps)
            self._finish()
        finally:
            if self._journal:
                self._journal.close()

    def _step(self, step: int, batch: RankBatch) -> None:
        started = time.monotonic()
        lr = learning_rate(self._spec.identity.schedule, step, steps=self._spec.identity.steps)
        predicted, tokens = self._ranks.sum(batch.num_predicted, batch.num_tokens)
        loss, z_loss = self._backward(step, batch, int(predicted))
        crashpoint("step.after_backward")
        outcome = self._engine.step(lr)
        crashpoint("step.after_update")
        self._history.append(
            loss=loss,
            lr=lr,
            grad_norm=outcome.grad_norm,
            num_tokens=tokens,
            num_predicted=predicted,
            accepted=outcome.accepted,
            z_loss=z_loss,
        )
        seconds = time.monotonic() - started
        self._train_s += seconds
        if self._journal:
            metrics = {
                "train/loss": loss,
                "train/lr": lr,
                "train/grad_norm": outcome.grad_norm,
                "train/tokens": self._history.tokens,
                "train/tokens_per_s": tokens / seconds,
            }
            if self._spec.identity.z_loss:
                metrics["train/z_loss"] = z_loss
            self._journal.metrics(step, metrics)
            if not outcome.accepted:
                self._journal.event("step_skipped", step, grad_norm=outcome.grad_norm)

    def _backward(self, step: int, batch: RankBatch, num_predicted: int) -> tuple[float, float]:
        """Return (loss, z-loss) over the global batch, gradients of their sum on all ranks."""
        if num_predicted == 0:
            raise ValueError(f"step {step} has no token to predict: check the shards' loss mask")
        parts = [
            self._engine.backward(micro, num_predicted=num_predicted)
            for micro in batch.micro_batches
        ]
        columns = zip(*parts, strict=True)
        nll, z_loss, counted = self._ranks.sum(*(sum(map(float, column)) for column in columns))
        assert counted == num_predicted, f"network counts {counted}, loader {num_predicted}"
        loss = nll / num_predicted
        if not math.isfinite(loss):
            self._event("loss_not_finite", step, loss=str(loss))
            raise NonFiniteError(
                f"the loss of step {step} is {loss}: lower the learning rate or look at samples "
                f"{self._loader.sample_indices(step)}"
            )
        return loss, z_loss / num_predicted

    def _after_step(self, done: int, steps: int) -> None:
        execution = self._spec.execution
        if done % execution.log_every_steps == 0 or done == steps:
            per_step = self._train_s / done
            rate = self._history.tokens / self._train_s
            self._say(
                f"step {done}/{steps}  loss {self._history.loss[-1]:.4f}  {rate:,.0f} tokens/s  "
                f"ETA {duration(per_step * (steps - done))}"
            )
            if self._journal:
                self._journal.sync()
        if done % execution.checkpoint_every_steps == 0 and done < steps:
            self._checkpoint(done)

    def _preempt(self, step: int) -> None:
        self._event("preempted", step)
        if step > self._saved_step:
            self._checkpoint(step)
        self._say(f"stopped on request after {step} steps; a new attempt goes on from here")
        raise Preempted

    def _finish(self) -> None:
        state = get_state(self._engine)
        if self._ranks.is_first:
            folder = Path(self._spec.execution.output_dir)
            write_output(folder, self._spec, state, self._history, train_s=self._train_s)
        self._ranks.barrier()

    def _event(self, name: str, step: int, **facts: Any) -> None:
        if self._journal:
            self._journal.event(name, step, **facts)

    # Checkpoints

    def _checkpoint(self, step: int) -> None:
        """Collect the state of all ranks; the first commits it."""
        state = get_state(self._engine)
        rng = self._ranks.gather(torch.get_rng_state())
        if self._journal:
            self._journal.event("checkpoint", step)
            facts = {
                **self._literals,
                "world_size": self._ranks.size,
                "journal_bytes": self._journal.sync(),
                "skipper": self._skipper.state(),
                "train_s": self._train_s,
            }

            def write(folder: Path) -> None:
                save_weights(state.weights, folder / "weights.safetensors", precision="fp32")
                state.save_optimizer(folder / "optimizer.safetensors", with_weights=False)
                self._history.save(folder / "history.safetensors")
                by_rank = {f"cpu/{rank:05d}": tensor for rank, tensor in enumerate(rng)}
                save_file(by_rank, folder / "rng.safetensors")
                _write_json(folder / "state.json", facts)

            commit_checkpoint(self._root, step, write)
            keep_newest(self._root, self._spec.execution.keep_checkpoints)
        self._saved_step = step
        self._ranks.barrier()

    def _agreed_checkpoint(self) -> StepCheckpoint | None:
        """Find the checkpoint to resume from; raises ResumeError unless all ranks see the same."""
        checkpoint = find_checkpoint(self._root, self._say)
        if not self._ranks.agree(checkpoint.manifest_sha256 if checkpoint else "none"):
            raise ResumeError(
                f"the ranks see different checkpoints in {self._root} (this one: "
                f"{checkpoint.folder.name if checkpoint else 'none'}): is it a shared folder?"
            )
        if checkpoint:
            state = checkpoint.state()
            refuse_drift({key: state[key] for key in self._literals}, self._literals)
            if self._ranks.is_first:
                set_aside_above(self._root, checkpoint.step)
        return checkpoint

    def _start_engine(self, checkpoint: StepCheckpoint | None) -> Engine:
        identity = self._spec.identity
        network = Network(identity.model)
        state, weights = self._start_state(checkpoint)
        if weights is None:
            network.init_weights(identity.init_seed)
            weights = {n: p.detach().clone() for n, p in network.named_parameters()}
        put_weights(network, weights, str(checkpoint.folder if checkpoint else identity.init))
        engine = Engine(self._spec, self._ranks, network, self._skipper.accept)
        prepare_moments(engine)
        set_masters(engine, weights)
        if state:
            set_moments(engine, state)
        return engine

    def _start_state(
        self, checkpoint: StepCheckpoint | None
    ) -> tuple[EngineState | None, Mapping[str, torch.Tensor] | None]:
        """Return (moments or None for zero, weights or None for random)."""
        identity, execution = self._spec.identity, self._spec.execution
        if checkpoint:
            folder = checkpoint.folder
            state = load_state(folder / "weights.safetensors", folder / "optimizer.safetensors")
            return state, state.weights
        if identity.init == "random":
            return None, None
        if execution.init_dir is None:
            raise ValueError("init is 'weights' but init_dir is null: name a folder to start from")
        folder = Path(execution.init_dir)
        if identity.carry_optimizer:
            state = load_state(folder / "model.safetensors", folder / "optimizer.safetensors")
            return state, state.weights
        return None, load_weights(folder / "model.safetensors")

    def _open_journal(self, checkpoint: StepCheckpoint | None) -> Journal | None:
        if not self._ranks.is_first:
            return None
        length = checkpoint.state()["journal_bytes"] if checkpoint else 0
        return Journal(Path(self._spec.execution.journal_path), resume_at_bytes=length)

    def _restore(self, checkpoint: StepCheckpoint) -> None:
        state = checkpoint.state()
        self._history = History.load(checkpoint.folder / "history.safetensors")
        self._skipper.restore(state["skipper"])
        self._train_s = state["train_s"]
        self._saved_step = checkpoint.step
        if len(self._history) != checkpoint.step:
            raise ResumeError(
                f"{checkpoint.folder.name} has a history of {len(self._history)} steps: it is not "
                "of this program's making"
            )
        if state["world_size"] == self._ranks.size:
            rng = load_file(checkpoint.folder / "rng.safetensors")
            torch.set_rng_state(rng[f"cpu/{self._ranks.rank:05d}"])
        self._event(
            "resumed", checkpoint.step, ranks_before=state["world_size"], ranks=self._ranks.size
        )
        self._say(f"resumed at step {checkpoint.step} of {self._spec.identity.steps}")


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1, sort_keys=True, allow_nan=False) + "\n")

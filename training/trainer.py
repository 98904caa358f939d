"""The training loop of one job: resume or start, step, journal, checkpoint, finish."""

from __future__ import annotations

import gc
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch

from training.branching import take_branch
from training.checkpoints import ResumeError, StepCheckpoint, exclusive, set_aside_above
from training.clipping import StepSkipper
from training.crashpoints import crashpoint
from training.data import Loader, RankBatch
from training.ds_config import ds_config
from training.engine import NonFiniteError, StepOutcome
from training.history import History, finite
from training.journal import Journal
from training.mirror import Mirror, open_mirror
from training.progress import Say, duration
from training.ranks import Ranks
from training.result import Run, write_output
from training.resuming import (
    agreed_checkpoint,
    anchor_checkpoint,
    drift_since,
    job_facts,
    start_engine,
)
from training.saving import Saver
from training.schedule import learning_rate
from training.snapshots import Snapshot, restore_rng
from training.spec import TrainSpec
from training.spikes import Action, SpikePolicy
from training.state import get_state
from training.stopping import StopRequest
from training.watchdog import Watchdog


class Preempted(Exception):
    """The job was asked to stop; what its grace allowed to save is saved."""


def train(spec: TrainSpec, ranks: Ranks, say: Say, stop: StopRequest) -> None:
    """Run the job to its end; raises Preempted when any rank was asked to stop."""
    if ranks.size != spec.execution.world_size:
        raise ValueError(
            f"the spec is for {spec.execution.world_size} ranks, but {ranks.size} were started: "
            "set WORLD_SIZE or execution.world_size"
        )
    ds_config(spec)  # A bad spec fails here, before anything is loaded or written.
    resume_dir = Path(spec.execution.resume_dir)
    watchdog = Watchdog(spec.execution.hang_after_s)
    with watchdog.watching(), exclusive(resume_dir) if ranks.is_first else nullcontext():
        mirror = open_mirror(spec.execution, say) if ranks.is_first else None
        if ranks.is_first:
            take_branch(spec, say)
        ranks.barrier()
        _Trainer(spec, ranks, say, stop, watchdog, mirror).run()


class _Trainer:
    def __init__(
        self,
        spec: TrainSpec,
        ranks: Ranks,
        say: Say,
        stop: StopRequest,
        watchdog: Watchdog,
        mirror: Mirror | None,
    ) -> None:
        self._spec, self._ranks, self._say = spec, ranks, say
        self._stop, self._watchdog = stop, watchdog
        self._root = Path(spec.execution.resume_dir)
        self._loader = Loader(spec, rank=ranks.rank)
        self._skipper = StepSkipper(spec.identity.optimizer)
        self._spikes = SpikePolicy(spec.identity.spikes)
        self._history = History()
        self._drift: list[dict[str, Any]] = []
        self._train_s = 0.0
        self._literals = job_facts(spec)
        torch.manual_seed(spec.identity.init_seed)
        checkpoint = agreed_checkpoint(self._root, ranks, say)
        accept = spec.execution.accept_drift
        drift = drift_since(checkpoint, self._literals, accept) if checkpoint else []
        if checkpoint and ranks.is_first:
            set_aside_above(self._root, checkpoint.step)
        self._engine = start_engine(spec, ranks, self._skipper.accept, checkpoint)
        self._journal = self._open_journal(checkpoint)
        self._saver = Saver(spec, self._journal, self._spikes, say, mirror)
        if checkpoint:
            self._restore(checkpoint, drift)

    def run(self) -> None:
        steps = self._spec.identity.steps
        stall_s = 0.0
        try:
            for step in range(len(self._history), steps):
                batch = self._loader.batch(step)
                if self._ranks.sum(float(self._stop.asked))[0]:
                    self._preempt(step)
                self._step(step, batch, stall_s)
                self._saver.collect()
                stall_s = self._after_step(step + 1, steps)
            self._finish()
        finally:
            self._saver.close()
            if self._journal:
                self._journal.close()

    def _step(self, step: int, batch: RankBatch, stall_s: float) -> None:
        self._watchdog.beat(f"step {step}")
        started = time.monotonic()
        lr = learning_rate(self._spec.identity.schedule, step, steps=self._spec.identity.steps)
        predicted, tokens = self._ranks.sum(batch.num_predicted, batch.num_tokens)
        loss, z_loss = self._backward(step, batch, int(predicted))
        crashpoint("step.after_backward")
        action, outcome = self._update(step, loss, lr)
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
        self._watchdog.beat(f"after step {step}", step_s=seconds)
        if self._journal:
            metrics = {
                "train/loss": loss,
                "train/lr": lr,
                "train/grad_norm": outcome.grad_norm,
                "train/tokens": self._history.tokens,
                "train/tokens_per_s": tokens / seconds,
                **({"train/checkpoint_stall_s": stall_s} if stall_s else {}),
            }
            if self._spec.identity.z_loss:
                metrics["train/z_loss"] = z_loss
            self._journal.metrics(step, finite(metrics))
        self._account(step, action, outcome)

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
        return nll / num_predicted, z_loss / num_predicted

    def _update(self, step: int, loss: float, lr: float) -> tuple[Action, StepOutcome]:
        """Take the step or leave weights and moments alone, as the policy says of its loss."""
        action = self._spikes.decide(step, loss)
        if action == "take":
            try:
                outcome = self._engine.step(lr)
            except NonFiniteError:
                action = self._spikes.refuse(step, loss)
            else:
                if outcome.accepted:
                    self._spikes.took(loss)
                return action, outcome
        elif action != "stop":
            self._engine.drop()
        if action == "stop":
            self._event("loss_spike", step, **self._spikes.spikes[-1].facts())
            raise self._spikes.error(self._loader.sample_indices(step))
        return action, StepOutcome(grad_norm=float("nan"), accepted=False)

    def _account(self, step: int, action: Action, outcome: StepOutcome) -> None:
        """Write down a step that left no update, and go back where the policy says so."""
        if action == "take":
            if not outcome.accepted:
                self._event("step_skipped", step, grad_norm=outcome.grad_norm)
            return
        spike = self._spikes.spikes[-1]
        self._event("loss_spike", step, **spike.facts())
        self._say(f"loss spike at step {step}: {action}")
        if spike.back_to is not None:
            self._roll_back(spike.back_to)

    def _roll_back(self, anchor: int) -> None:
        """Take up the state of an anchor, and go on behind the spike: no batch is read twice."""
        self._saver.finish()
        self._ranks.barrier()
        crashpoint("rollback.before_load")
        checkpoint = anchor_checkpoint(self._root, anchor, self._ranks)
        self._engine.close()
        del self._engine
        gc.collect()
        self._engine = start_engine(self._spec, self._ranks, self._skipper.accept, checkpoint)
        state = checkpoint.state()
        self._skipper.restore(state["skipper"])
        self._spikes.restore_losses(state["spikes"])
        restore_rng(checkpoint.folder, self._ranks, ranks_before=state["world_size"])
        self._history.undo(anchor)
        crashpoint("rollback.after_load")

    def _after_step(self, done: int, steps: int) -> float:
        """Report and save what is due; return how long saving held the training up."""
        if done % self._spec.execution.log_every_steps == 0 or done == steps:
            per_step = self._train_s / done
            rate = self._history.tokens / self._train_s
            self._say(
                f"step {done}/{steps}  loss {self._history.loss[-1]:.4f}  {rate:,.0f} tokens/s  "
                f"ETA {duration(per_step * (steps - done))}"
            )
            if self._journal:
                self._journal.sync()
        if self._saver.is_due(done) and done < steps:
            return self._saver.save(done, lambda: self._snapshot(done))
        return 0.0

    def _preempt(self, step: int) -> None:
        """Save this step if the rest of the grace is enough; else the last one stands."""
        self._saver.finish(must_succeed=False)
        waited_s = self._ranks.max(self._stop.waited_s)
        num_bytes = 12 * self._spec.identity.model.num_parameters()
        left_s = self._spec.execution.grace_s - waited_s
        is_new = step > self._saver.saved_step
        wanted = self._ranks.is_first and is_new and self._saver.fits(num_bytes, left_s)
        saves = bool(self._ranks.sum(float(wanted))[0])
        # Told first: a resume cuts the journal where its checkpoint was made.
        saved = step if saves else self._saver.saved_step
        self._event("preempted", step, saved_step=saved, grace_left_s=left_s)
        if saves:
            self._saver.save(step, lambda: self._snapshot(step))
            self._saver.finish(must_succeed=False)
        saved = self._saver.saved_step
        self._say(f"preempted at step {step}; a new attempt goes on from {saved}")
        raise Preempted

    def _finish(self) -> None:
        self._watchdog.beat("writing the result")
        self._saver.finish(must_succeed=False)
        state = get_state(self._engine)
        if self._ranks.is_first:
            run = Run(
                history=self._history,
                train_s=self._train_s,
                spikes=self._spikes.spikes,
                accepted_drift=self._drift,
                stalls_s=self._saver.stalls_s,
                writes_s=self._saver.writes_s,
            )
            write_output(Path(self._spec.execution.output_dir), self._spec, state, run)
        self._ranks.barrier()

    def _event(self, name: str, step: int, **facts: Any) -> None:
        if self._journal:
            self._journal.event(name, step, **facts)

    def _snapshot(self, step: int) -> Snapshot:
        """Copy the state of all ranks; every rank has to call this."""
        self._watchdog.beat(f"copying the state of step {step}")
        state = get_state(self._engine)
        rng = self._ranks.gather(torch.get_rng_state())
        facts = {
            **self._literals,
            "world_size": self._ranks.size,
            "journal_bytes": self._journal.sync() if self._journal else 0,
            "skipper": self._skipper.state(),
            "spikes": self._spikes.state(),
            "accepted_drift": self._drift,
            "train_s": self._train_s,
            "stalls_s": list(self._saver.stalls_s),
            "writes_s": list(self._saver.writes_s),
        }
        history = self._history.copy()
        crashpoint("checkpoint.copied")
        return Snapshot(step=step, state=state, rng=rng, history=history, facts=facts)

    def _open_journal(self, checkpoint: StepCheckpoint | None) -> Journal | None:
        if not self._ranks.is_first:
            return None
        length = checkpoint.state()["journal_bytes"] if checkpoint else 0
        return Journal(Path(self._spec.execution.journal_path), resume_at_bytes=length)

    def _restore(self, checkpoint: StepCheckpoint, drift: list[dict[str, Any]]) -> None:
        state, step = checkpoint.state(), checkpoint.step
        self._history = History.load(checkpoint.folder / "history.safetensors")
        if len(self._history) != step:
            raise ResumeError(
                f"{checkpoint.folder.name} has a history of {len(self._history)} steps: it is not "
                "of this program's making"
            )
        self._skipper.restore(state["skipper"])
        self._spikes.restore(state["spikes"])
        self._drift = [*state["accepted_drift"], *drift]
        self._train_s = state["train_s"]
        self._saver.saved_step = step
        self._saver.stalls_s, self._saver.writes_s = state["stalls_s"], state["writes_s"]
        restore_rng(checkpoint.folder, self._ranks, ranks_before=state["world_size"])
        for change in drift:
            self._event("drift_accepted", step, **{k: v for k, v in change.items() if k != "step"})
        self._event("resumed", step, ranks_before=state["world_size"], ranks=self._ranks.size)
        self._say(f"resumed at step {step} of {self._spec.identity.steps}")

"""What a run will cost, before it starts: from what earlier artifacts of the same nodes took.

A training that has no earlier one is planned (training/planning). What has neither is unknown, and
is said. All figures are estimates, however well the earlier ones were measured.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from assets.corpora.places import Places
from assets.lineage.cost import ArtifactCost, cost_of, figures_of, job_was_run
from assets.lineage.factors import Factors
from assets.lineage.figures import (
    ALL_UNKNOWN,
    NOTHING,
    UNKNOWN,
    Figures,
    estimated,
    total,
)
from assets.lineage.step import Step
from assets.lineage.usage import CPU
from assets.ports import Lake
from assets.resources import TrainingResources
from orchestration.forecast.growth import Growth, growth_of_job
from orchestration.forecast.history import History, Like
from orchestration.forecast.planned import PlannedJob, busy_cores, plan_job, plan_judging
from orchestration.forecast.scaled import forecast_figure, on_idle_cores, scaled
from orchestration.forecast.size import (
    has_job,
    is_training,
    judged_tokens,
    parameters_of,
    train_tokens,
    train_work,
    tuned_samples,
    volume_of,
    work_of,
)
from orchestration.forecast.wanted import Target, Wanted, wanted
from training.planning.hardware import HARDWARE


@dataclass(frozen=True, kw_only=True)
class Expected:
    """One artifact to come."""

    key: str
    node: str
    fingerprint: str
    has_job: bool
    device: str
    figures: Figures
    basis: str
    """What the figures rest on, for people."""

    def to_dict(self) -> dict[str, Any]:
        return {**vars(self), "figures": self.figures.to_dict()}


@dataclass(frozen=True, kw_only=True)
class Forecast:
    artifacts: tuple[Expected, ...]
    """What would be made, inputs first."""
    num_present: int
    """What would be reused."""
    unresolved: tuple[str, ...]
    total: Figures

    @property
    def unknown(self) -> list[Expected]:
        """Return the artifacts of which no time is known."""
        return [each for each in self.artifacts if each.figures.wall_s.value is None]

    def to_dict(self) -> dict[str, Any]:
        return {
            "artifacts": [each.to_dict() for each in self.artifacts],
            "num_present": self.num_present,
            "unresolved": list(self.unresolved),
            "total": self.total.to_dict(),
        }


@dataclass(frozen=True, kw_only=True)
class Forecaster:
    """What a forecast needs to know of an installation."""

    lake: Lake
    places: Places
    factors: Factors
    training: TrainingResources
    device_here: str
    """What jobs run on where neither a setting nor an earlier job tells; "" is not known."""

    def forecast(self, targets: Iterable[Target]) -> Forecast:
        """Return the forecast of a run that makes these targets."""
        return self.of(wanted(targets, self.lake, self.places))

    def of(self, asked: Wanted) -> Forecast:
        work = _Work(self, History(self.lake)) if asked.missing else None
        artifacts = tuple(work.expect(step) for step in asked.missing) if work else ()
        return Forecast(
            artifacts=artifacts,
            num_present=asked.num_present,
            unresolved=asked.unresolved,
            total=total(each.figures for each in artifacts),
        )


class _Work:
    """One forecast; remembers how large the artifacts to come will be."""

    def __init__(self, installation: Forecaster, history: History) -> None:
        self._of, self._history = installation, history
        self._volumes: dict[str, float] = {}
        self._samples: dict[str, float] = {}

    def expect(self, step: Step) -> Expected:
        work = self._work(step)
        like = self._history.like(step, work)
        self._remember(step, like)
        if like is None:
            return self._planned(step)
        before = cost_of(like.manifest, self._of.factors)
        unlike = (
            has_job(step) and self._device() and (self._device() != before.device or like.is_far)
        )
        return self._planned(step, like) if unlike else self._as_before(step, like, before)

    def _as_before(self, step: Step, like: Like, before: ArtifactCost) -> Expected:
        times = f"{like.scale:.3g} x" if like.is_scaled else "size not known, as"
        far = ", far from it" if like.is_far else ""
        return Expected(
            key=step.key,
            node=step.node,
            fingerprint=step.fingerprint,
            has_job=job_was_run(like.manifest),
            device=before.device,
            figures=on_idle_cores(
                scaled(before.own, like.scale, self._growth(step, like, before.device)),
                before.device,
            ),
            basis=f"{times} [{like.manifest.partition}]@{like.manifest.short[:8]}{far}",
        )

    def _planned(self, step: Step, like: Like | None = None) -> Expected:
        """Plan a job that no earlier one is like, or say that nothing is known."""
        kind = self._device() if has_job(step) else ""
        figures, basis = ALL_UNKNOWN, "never made before"
        tokens = self._tokens_to_come(step, like)
        if tokens is not None and not kind:
            basis = "never made before, and what it will run on is not known"
        elif tokens is not None:
            try:
                plan = self._plan(step, kind, tokens, like)
            except ValueError as problem:  # The job itself will be refused with the same words.
                basis = f"cannot be planned: {problem}"
            else:
                figures, basis = self._figures(plan, kind, tokens), plan.basis
        return Expected(
            key=step.key,
            node=step.node,
            fingerprint=step.fingerprint,
            has_job=has_job(step),
            device=kind,
            figures=figures,
            basis=basis,
        )

    def _plan(self, step: Step, kind: str, tokens: float, like: Like | None) -> PlannedJob:
        if is_training(step):
            return plan_job(step.config, tokens, kind, self._of.training)
        if like is not None and like.manifest.cost.flops:
            return plan_judging(like.manifest.cost.flops * like.scale, kind)
        models = max(1, sum(map(is_training, step.inputs)))
        # As a report counts them: two operations for a parameter and a token (assets/reports).
        return plan_judging(2 * parameters_of(step) / models * tokens, kind)

    def _figures(self, plan: PlannedJob, kind: str, tokens: float) -> Figures:
        held = plan.held(self._history.job_start_s(self._of.factors.device_of, kind))
        cores = busy_cores(self._history.cores_of_a_rank())
        busy = Growth(
            low=held.low * cores.low,
            likely=held.likely * cores.likely,
            high=held.high * cores.high,
        )
        in_hours = plan.devices / 3600
        return figures_of(
            self._of.factors,
            device=kind,
            has_job=True,
            wall_s=forecast_figure(held),
            # On accelerators the processors' share is in the node's price and watts.
            cpu_hours=forecast_figure(busy, in_hours) if kind == CPU else NOTHING,
            device_hours=forecast_figure(held, in_hours),
            drawn=NOTHING if kind == CPU else UNKNOWN,
            tokens=estimated(tokens),
            flops=estimated(plan.flops),
        )

    def _growth(self, step: Step, like: Like, device: str) -> Growth:
        """Return how many times what an earlier artifact took a step will take."""
        if like.growth is not None:
            return like.growth
        made, row = like.manifest, HARDWARE.get(device)
        tokens = self._token_growth(step, like)
        peak = row.peak_flops(step.config.get("precision", "fp32")) if row else 0.0
        steps_s = made.cost.device_s
        return growth_of_job(
            held_s=made.usage.device_s or made.cost.device_s or made.cost.wall_s,
            steps_s=steps_s,
            tokens=tokens,
            operations=like.scale / tokens,
            reached=made.cost.flops / (steps_s * peak) if steps_s and peak else 0.0,
            device=device,
        )

    def _token_growth(self, step: Step, like: Like) -> float:
        """Return how many times the tokens a job has."""
        if not is_training(step):
            return self._history.output_growth(step, like)
        to_come, before = self._tokens(step), self._history.tokens_of(like.manifest)
        return to_come / before if to_come and before else like.scale

    def _tokens_to_come(self, step: Step, like: Like | None) -> float | None:
        """Return the tokens of a job; None for other work."""
        if is_training(step):
            return self._tokens(step)
        if not has_job(step):
            return None
        if like is not None and like.manifest.cost.flops:
            return like.manifest.cost.tokens * self._history.output_growth(step, like)
        return judged_tokens(step)

    def _device(self) -> str:
        told = self._of.factors.default_device or self._history.newest_device()
        return self._of.factors.device_of(told or self._of.device_here)

    def _work(self, step: Step) -> float | None:
        if is_training(step):
            tokens = self._tokens(step)
            return None if tokens is None else train_work(step.config, tokens)
        return work_of(step, self._volume)

    def _tokens(self, step: Step) -> float | None:
        shards = next((i for i in step.inputs if i.family == "tokenizers"), None)
        return train_tokens(step.config, self._num_samples(shards) if shards else None)

    def _num_samples(self, shards: Step) -> float | None:
        made = self._history.find(shards)
        if made is not None:
            return made.counts.get("samples")
        return self._samples.get(shards.fingerprint) or tuned_samples(shards)

    def _volume(self, step: Step) -> float | None:
        made = self._history.find(step)
        return volume_of(made) if made is not None else self._volumes.get(step.fingerprint)

    def _remember(self, step: Step, like: Like | None) -> None:
        if like is None:
            return
        self._volumes[step.fingerprint] = self._history.volume_to_come(step, like)
        if "samples" in like.manifest.counts:
            self._samples[step.fingerprint] = like.manifest.counts["samples"] * like.scale

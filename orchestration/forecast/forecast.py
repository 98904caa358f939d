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
from orchestration.forecast.history import History, Like
from orchestration.forecast.planned import PlannedJob, plan_job, plan_judging
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
            figures=_scaled(before.own, like),
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
        return figures_of(
            self._of.factors,
            device=kind,
            has_job=True,
            wall_s=estimated(plan.seconds),
            cpu_hours=NOTHING if plan.cpu_hours is None else estimated(plan.cpu_hours),
            device_hours=estimated(plan.device_hours),
            drawn=NOTHING if kind == CPU else UNKNOWN,
            tokens=estimated(tokens),
            flops=estimated(plan.flops),
        )

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


def _scaled(before: Figures, like: Like) -> Figures:
    """Return figures of so many times the work; of a job, its start does not grow with it."""
    held, steps = like.manifest.usage.device_s, like.manifest.cost.device_s
    growth = like.growth
    if held and 0 < steps < held:
        growth = (held - steps + steps * like.growth) / held
    times = {name: growth for name in ("wall_s", "cpu_hours", "device_hours")}
    times |= {name: growth for name in ("device_energy_kwh", "energy_kwh", "co2_kg", "price")}
    return Figures(
        **{name: figure.times(times.get(name, like.scale)) for name, figure in before.items()}
    )

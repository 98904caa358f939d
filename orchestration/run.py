"""Run jobs of the code location in this process, against the installation's Dagster instance.

Every run is an ordinary Dagster run: it stands in the event log and in the UI.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import dagster as dg

IMPLICIT_JOB = "__ASSET_JOB"
"""Dagster's own job over all assets, used for a selection of them."""


@dataclass(frozen=True, kw_only=True)
class RunOutcome:
    run_id: str
    job: str
    partition: str
    succeeded: bool
    problems: tuple[str, ...]
    """One sentence per failed asset or blocking check."""


def run_job(
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    *,
    job: str,
    partition: str,
    assets: Sequence[str] = (),
    tags: dict[str, str] | None = None,
) -> RunOutcome:
    """Execute one job for one partition ("" for none), or only some of its assets."""
    definition = (
        definitions.resolve_implicit_global_asset_job_def()
        if job == IMPLICIT_JOB
        else definitions.resolve_job_def(job)
    )
    result = definition.execute_in_process(
        instance=instance,
        partition_key=partition or None,
        asset_selection=[dg.AssetKey(name.split("/")) for name in assets] or None,
        raise_on_error=False,
        tags=tags,
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
    )
    return RunOutcome(
        run_id=result.run_id,
        job=job,
        partition=partition,
        succeeded=result.success,
        problems=tuple(_problems(result)),
    )


def _problems(result: dg.ExecuteInProcessResult) -> list[str]:
    problems = []
    for event in result.all_events:
        if event.is_step_failure:
            error = event.step_failure_data.error
            while error is not None and error.cause is not None:
                error = error.cause
            told = error.message.strip() if error is not None else "unknown error"
            problems.append(f"{event.step_key}: {told}")
    for evaluation in result.get_asset_check_evaluations():
        if not evaluation.passed and evaluation.severity == dg.AssetCheckSeverity.ERROR:
            name = evaluation.asset_check_key
            problems.append(
                f"{name.asset_key.to_user_string()}: check {name.name} failed: "
                f"{evaluation.description}"
            )
    return problems

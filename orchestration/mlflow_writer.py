"""Writes records to MLflow so that writing them twice changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from assets.lineage.manifest import Manifest
from orchestration.journal_projection import Point, batches
from orchestration.mlflow_connection import Connection, TrackerRefused
from orchestration.mlflow_records import (
    DIGEST,
    FINGERPRINT,
    URI,
    datasets_of,
    experiment_name,
    metrics_of,
    milliseconds,
    params_of,
    run_name,
    tags_of,
)
from orchestration.pending import Buffered

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import DatasetInput, Metric, Param, RunTag
    from mlflow.entities.model_registry import ModelVersion

_MAX_ROWS = 100
"""MLflow takes at most 100 params and 100 tags in one request."""


class MlflowWriter:
    """All that we ever write to MLflow; raises TrackerError."""

    def __init__(self, connection: Connection, *, dagster_url: str = "") -> None:
        self._connection = connection
        self._dagster_url = dagster_url

    def create_run(self, family: str, name: str, started_at: str, tags: Mapping[str, str]) -> str:
        experiment = self._connection.experiment_id(experiment_name(family))
        run = self._connection.request(
            f"create run {name}",
            lambda client: client.create_run(
                experiment,
                start_time=milliseconds(started_at),
                run_name=name,
                tags={"mlflow.source.name": name, "mlflow.source.type": "JOB", **tags},
            ),
        )
        return str(run.info.run_id)

    def find_run(self, family: str, tags: Mapping[str, str]) -> str:
        """Return the newest run of a family that bears all these tags, or ""."""
        experiment = self._connection.experiment_id(experiment_name(family))
        query = " and ".join(f"tags.`{name}` = '{value}'" for name, value in tags.items())
        runs = self._connection.request(
            f"search runs of {family}",
            lambda client: client.search_runs([experiment], query, max_results=1),
        )
        return str(runs[0].info.run_id) if runs else ""

    def record(
        self, manifest: Manifest, uri: str, *, run_id: str = "", journal: Sequence[Point] = ()
    ) -> str:
        """Make the run of a committed artifact complete and return its id."""
        known = (
            run_id
            or self._existing(manifest.mlflow_run_id)
            or self.find_run(
                manifest.family, {FINGERPRINT: manifest.fingerprint, DIGEST: manifest.digest}
            )
        )
        run_id = known or self.create_run(
            manifest.family,
            run_name(manifest.name, manifest.partition, manifest.fingerprint),
            manifest.started_at,
            {FINGERPRINT: manifest.fingerprint, DIGEST: manifest.digest},
        )
        self.log_points(run_id, self._missing(run_id if known else "", manifest, journal))
        self._log_texts(run_id, manifest, uri)
        self._connection.request(
            "log dataset inputs",
            lambda client: client.log_inputs(run_id, datasets=_dataset_inputs(manifest)),
        )
        finished = milliseconds(manifest.finished_at)
        self._connection.request(
            "finish the run",
            lambda client: client.set_terminated(run_id, "FINISHED", end_time=finished),
        )
        self._end_abandoned(manifest, run_id)
        return run_id

    def end_failed(self, run_id: str, reason: str, *, status: str = "FAILED") -> None:
        def end(client: MlflowClient) -> None:
            client.set_tag(run_id, "materia.reason", reason[:5000])
            client.set_terminated(run_id, status)

        self._connection.request("end the run", end)

    def log_points(self, run_id: str, rows: Sequence[Buffered]) -> None:
        """Send metrics; the same point (time included) sent twice is stored once."""
        from mlflow.entities import Metric

        for batch in batches(rows):
            metrics = [Metric(key, value, at, step) for key, value, at, step in batch]
            self._log_batch(run_id, metrics=metrics)

    def logged_steps(self, run_id: str, keys: Collection[str]) -> dict[str, set[int]]:
        """Return the steps that a run has of each key."""
        return {key: {int(m.step) for m in self._history(run_id, key)} for key in keys}

    def register(self, *, recipe: str, manifest: Manifest, uri: str, alias: str) -> str:
        """Return the model version of a release; the same release has one version for ever."""
        model = f"materia-{recipe}"
        # Refused when it exists; were it for another reason, the next request says so.
        with suppress(TrackerRefused):
            self._connection.request(
                f"create model {model}", lambda client: client.create_registered_model(model)
            )
        found = [
            v for v in self.versions(recipe) if v.tags.get(FINGERPRINT) == manifest.fingerprint
        ]
        version = found[0] if found else self._create_version(model, manifest, uri)
        self._connection.request(
            f"set alias {alias} of {model}",
            lambda client: client.set_registered_model_alias(model, alias, version.version),
        )
        return str(version.version)

    def versions(self, recipe: str) -> list[ModelVersion]:
        return list(
            self._connection.request(
                f"list versions of materia-{recipe}",
                lambda client: client.search_model_versions(f"name='materia-{recipe}'"),
            )
        )

    def _create_version(self, model: str, manifest: Manifest, uri: str) -> ModelVersion:
        # A server refuses local folders as sources (they would be a way to read its disk).
        is_local = "://" not in uri or uri.startswith("file:")
        source = (
            f"materia://lake/{manifest.family}/{manifest.name}/{manifest.short}"
            if is_local and self._connection.is_server
            else uri
        )
        tags = {FINGERPRINT: manifest.fingerprint, DIGEST: manifest.digest, URI: uri}
        run_id = self._existing(manifest.mlflow_run_id) or self.find_run(
            manifest.family, {FINGERPRINT: manifest.fingerprint, DIGEST: manifest.digest}
        )
        return self._connection.request(
            f"create a version of {model}",
            lambda client: client.create_model_version(
                model, source=source, run_id=run_id or None, tags=tags, description=manifest.summary
            ),
        )

    def _existing(self, run_id: str) -> str:
        if not run_id:
            return ""
        try:
            run = self._connection.request("read a run", lambda client: client.get_run(run_id))
        except TrackerRefused:
            return ""
        return run_id if run.info.lifecycle_stage == "active" else ""

    def _missing(
        self, known_run: str, manifest: Manifest, journal: Sequence[Point]
    ) -> list[Buffered]:
        """Return the points of the journal that the run has not yet, and the final metrics."""
        final = metrics_of(manifest)
        steps = self._steps_of(known_run, final.keys() | {point.key for point in journal})
        start, end = milliseconds(manifest.started_at), milliseconds(manifest.finished_at)
        rows: list[Buffered] = []
        for number, point in enumerate(journal):
            seen = steps.setdefault(point.key, set())
            if point.step not in seen:
                # Times of past points are not known; spread them over the run in order.
                at = start + (end - start) * number // len(journal)
                rows.append((point.key, point.value, at, point.step))
                seen.add(point.step)
        # A final value ends the curve of its name, if there is one.
        rows += [(key, value, end, max(steps.get(key) or {0})) for key, value in final.items()]
        return rows

    def _steps_of(self, run_id: str, keys: Collection[str]) -> dict[str, set[int]]:
        if not run_id:
            return {}
        run = self._connection.request("read a run", lambda client: client.get_run(run_id))
        return self.logged_steps(run_id, sorted(set(keys) & run.data.metrics.keys()))

    def _log_texts(self, run_id: str, manifest: Manifest, uri: str) -> None:
        from mlflow.entities import Param, RunTag

        params = [Param(key, value) for key, value in params_of(manifest.config).items()]
        tags = [
            RunTag(key, value) for key, value in tags_of(manifest, uri, self._dagster_url).items()
        ]
        for start in range(0, max(len(params), len(tags)), _MAX_ROWS):
            rows = slice(start, start + _MAX_ROWS)
            self._log_batch(run_id, params=params[rows], tags=tags[rows])

    def _log_batch(
        self,
        run_id: str,
        *,
        metrics: Sequence[Metric] = (),
        params: Sequence[Param] = (),
        tags: Sequence[RunTag] = (),
    ) -> None:
        self._connection.request(
            "log metrics, params and tags",
            lambda client: client.log_batch(run_id, metrics=metrics, params=params, tags=tags),
        )

    def _history(self, run_id: str, key: str) -> list[Metric]:
        return list(
            self._connection.request(
                f"read {key}", lambda client: client.get_metric_history(run_id, key)
            )
        )

    def _end_abandoned(self, manifest: Manifest, run_id: str) -> None:
        """Close runs of earlier attempts that were killed before they could say so."""
        experiment = self._connection.experiment_id(experiment_name(manifest.family))
        query = f"tags.`{FINGERPRINT}` = '{manifest.fingerprint}' and attributes.status = 'RUNNING'"
        runs = self._connection.request(
            "search abandoned runs", lambda client: client.search_runs([experiment], query)
        )
        for run in runs:
            if run.info.run_id != run_id:
                self.end_failed(run.info.run_id, "another attempt committed", status="KILLED")


def _dataset_inputs(manifest: Manifest) -> list[DatasetInput]:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    return [
        DatasetInput(
            dataset=Dataset(
                name=record.name,
                digest=record.digest,
                source_type="materia",
                source=record.source,
                profile=record.profile,
            ),
            tags=[
                InputTag(key="mlflow.data.context", value="input"),
                InputTag(key=DIGEST, value=record.full_digest),
            ],
        )
        for record in datasets_of(manifest)
    ]

"""Writes records to MLflow so that writing them twice changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from assets.lineage.manifest import Manifest
from orchestration.journal_projection import Point
from orchestration.mlflow_connection import Connection, TrackerRefused
from orchestration.mlflow_delivery import Delivery, SetAside
from orchestration.mlflow_models import MlflowModels, version_tags
from orchestration.mlflow_origins import Origins, no_origins
from orchestration.mlflow_records import (
    DIGEST,
    FINGERPRINT,
    DatasetRecord,
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
    from mlflow.entities import DatasetInput, Metric
    from mlflow.entities.model_registry import ModelVersion


class MlflowWriter:
    """All that we ever write to MLflow; raises TrackerError."""

    def __init__(
        self,
        connection: Connection,
        *,
        dagster_url: str = "",
        origins: Origins = no_origins,
        set_aside: SetAside = lambda run, record, reason: None,
    ) -> None:
        self._connection = connection
        self._dagster_url = dagster_url
        self._delivery = Delivery(connection, set_aside)
        self.origins = origins
        self.models = MlflowModels(connection)

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

    def run_of(self, manifest: Manifest) -> str:
        """Return the run of a committed artifact, also after MLflow was written anew, or ""."""
        known = manifest.mlflow_run_id
        if known and self._delivery.is_open(known):
            return known
        return self.find_run(
            manifest.family, {FINGERPRINT: manifest.fingerprint, DIGEST: manifest.digest}
        )

    def record(
        self, manifest: Manifest, uri: str, *, run_id: str = "", journal: Sequence[Point] = ()
    ) -> str:
        """Make the run of a committed artifact complete and return its id."""
        known = run_id if run_id and self._delivery.is_open(run_id) else self.run_of(manifest)
        run_id = known or self.create_run(
            manifest.family,
            run_name(manifest.name, manifest.partition, manifest.fingerprint),
            manifest.started_at,
            {FINGERPRINT: manifest.fingerprint, DIGEST: manifest.digest},
        )
        origins = self.origins(manifest)
        model_id = self.models.log(manifest, uri, run_id, origins)
        curve, final = self._missing(run_id if known else "", manifest, journal)
        self._delivery.metrics(run_id, curve)
        self._delivery.metrics(run_id, final, model_id=model_id)
        self._delivery.texts(
            run_id,
            params_of(manifest.config),
            {**tags_of(manifest, uri, self._dagster_url), **origins},
        )
        self._log_inputs(run_id, datasets_of(manifest))
        self.models.link(manifest, run_id, model_id)
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
        self._delivery.metrics(run_id, rows)

    def tag(self, run_id: str, tags: Mapping[str, str]) -> None:
        self._delivery.texts(run_id, {}, dict(tags))

    def logged_steps(self, run_id: str, keys: Collection[str]) -> dict[str, set[int]]:
        """Return the steps that a run has of each key."""
        return {key: {int(m.step) for m in self._history(run_id, key)} for key in keys}

    def points(self, run_id: str, key: str) -> list[tuple[int, float]]:
        """Return (step, value) of a metric's whole history, by step."""
        return sorted((int(m.step), float(m.value)) for m in self._history(run_id, key))

    def register(self, *, recipe: str, manifest: Manifest, uri: str, alias: str) -> str:
        """Return the model version of a release, with its tags, and point an alias at it."""
        return self.models.register(
            manifest,
            recipe=recipe,
            alias=alias,
            run_id=self.run_of(manifest),
            source=self.source_of(manifest, uri),
            tags=version_tags(manifest, uri, self.origins(manifest)),
        )

    def versions(self, recipe: str) -> list[ModelVersion]:
        return self.models.versions(recipe)

    def source_of(self, manifest: Manifest, uri: str) -> str:
        """Return the address that a version of a release bears."""
        # A server refuses local folders as sources (they would be a way to read its disk).
        is_local = "://" not in uri or uri.startswith("file:")
        if is_local and self._connection.is_server:
            return f"materia://lake/{manifest.family}/{manifest.name}/{manifest.short}"
        return uri

    def _missing(
        self, known_run: str, manifest: Manifest, journal: Sequence[Point]
    ) -> tuple[list[Buffered], list[Buffered]]:
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
        return rows, [(key, value, end, max(steps.get(key) or {0})) for key, value in final.items()]

    def _steps_of(self, run_id: str, keys: Collection[str]) -> dict[str, set[int]]:
        if not run_id:
            return {}
        run = self._connection.request("read a run", lambda client: client.get_run(run_id))
        return self.logged_steps(run_id, sorted(set(keys) & run.data.metrics.keys()))

    def _history(self, run_id: str, key: str) -> list[Metric]:
        return list(
            self._connection.request(
                f"read {key}", lambda client: client.get_metric_history(run_id, key)
            )
        )

    def _log_inputs(self, run_id: str, records: Sequence[DatasetRecord]) -> None:
        """Say which artifacts a run read; one that MLflow refuses is set aside."""
        try:
            self._connection.request(
                "log dataset inputs",
                lambda client: client.log_inputs(run_id, datasets=_dataset_inputs(records)),
            )
        except TrackerRefused as refusal:
            if len(records) <= 1:
                name = records[0].name if records else "none"
                self._delivery.set_aside(run_id, f"input {name}", str(refusal))
                return
            for record in records:
                self._log_inputs(run_id, [record])

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


def _dataset_inputs(records: Sequence[DatasetRecord]) -> list[DatasetInput]:
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
        for record in records
    ]

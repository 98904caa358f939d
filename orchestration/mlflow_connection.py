"""One connection to MLflow: imported late, asked briefly, left alone for a while when it is down.

Nothing here decides what a tracker's trouble means; callers get a TrackerError.

    TrackerError
      TrackerUnavailable   no answer, or a server error: ask again later
        TrackerLeftAlone   not even asked, because it was down a moment ago
      TrackerRefused       an answer, and it is no: asking again changes nothing
        RunGone            because the run was deleted
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from orchestration.settings import without_password

if TYPE_CHECKING:
    from mlflow import MlflowClient

T = TypeVar("T")

_REFUSALS = frozenset(
    {
        "BAD_REQUEST",
        "INVALID_PARAMETER_VALUE",
        "INVALID_STATE",
        "PERMISSION_DENIED",
        "RESOURCE_ALREADY_EXISTS",
        "RESOURCE_DOES_NOT_EXIST",
        "UNAUTHENTICATED",
    }
)


class TrackerError(RuntimeError):
    """MLflow did not do what it was asked to."""


class TrackerUnavailable(TrackerError):
    """No answer now; the same request may succeed later."""


class TrackerLeftAlone(TrackerUnavailable):
    """Said once already; not worth a second warning."""


class TrackerRefused(TrackerError):
    """MLflow understood and declined."""


class RunGone(TrackerRefused):
    """The run that was written to is not there any more."""


class Connection:
    """Requests to one tracking server or database."""

    def __init__(
        self,
        tracking_uri: str,
        *,
        artifact_root: Path,
        timeout_s: int = 5,
        retry_after_s: float = 30.0,
    ) -> None:
        self.tracking_uri = tracking_uri
        self.is_server = tracking_uri.startswith(("http://", "https://"))
        self._artifact_root = artifact_root
        self._timeout_s = timeout_s
        self._retry_after_s = retry_after_s
        self._silent_until = 0.0
        self._loaded: MlflowClient | None = None
        self._experiments: dict[str, str] = {}

    def request(self, what: str, call: Callable[[MlflowClient], T]) -> T:
        """Return the answer; raises TrackerUnavailable or TrackerRefused.

        After a failure the next requests fail at once, so that an outage costs a build one
        time-out every `retry_after_s` and not one for each request.
        """
        if time.monotonic() < self._silent_until:
            raise TrackerLeftAlone(f"cannot {what}: MLflow was down a moment ago")
        try:
            return call(self._client())
        except Exception as error:
            code = getattr(error, "error_code", "INTERNAL_ERROR")
            if code in _REFUSALS:
                raise TrackerRefused(f"MLflow refused to {what}: {error}") from error
            self._silent_until = time.monotonic() + self._retry_after_s
            where = without_password(self.tracking_uri)
            raise TrackerUnavailable(
                f"cannot {what}: MLflow at {where} failed with {error}"
            ) from error

    def experiment_id(self, name: str) -> str:
        """Return the id of an experiment, making or restoring it when needed."""
        if name not in self._experiments:
            try:
                self._experiments[name] = self.request(
                    f"open experiment {name}", lambda client: self._open(client, name)
                )
            except TrackerRefused:
                # Another process made it between our two requests.
                self._experiments[name] = self.request(
                    f"open experiment {name}", lambda client: self._open(client, name)
                )
        return self._experiments[name]

    def _open(self, client: MlflowClient, name: str) -> str:
        found = client.get_experiment_by_name(name)
        if found is None:
            # A server has its own place for files; the embedded database must be told ours.
            place = None if self.is_server else (self._artifact_root / name).absolute().as_uri()
            return str(client.create_experiment(name, artifact_location=place))
        if found.lifecycle_stage == "deleted":
            client.restore_experiment(found.experiment_id)
        return str(found.experiment_id)

    def _client(self) -> MlflowClient:
        if self._loaded is None:
            self._loaded = self._load()
        return self._loaded

    def _load(self) -> MlflowClient:
        from mlflow import MlflowClient, environment_variables

        environment_variables.MLFLOW_DISABLE_TELEMETRY.set(True)
        environment_variables.MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT.set(True)
        # The defaults (7 tries, back-off, 120 s each) hold a caller for minutes.
        environment_variables.MLFLOW_HTTP_REQUEST_TIMEOUT.set(self._timeout_s)
        environment_variables.MLFLOW_HTTP_REQUEST_MAX_RETRIES.set(0)
        for noisy in ("mlflow", "alembic"):
            logging.getLogger(noisy).setLevel(logging.WARNING)
        client = MlflowClient(tracking_uri=self.tracking_uri, registry_uri=self.tracking_uri)
        if not self.is_server:
            # Creates or opens the database.
            client.search_experiments(max_results=1)
        return client

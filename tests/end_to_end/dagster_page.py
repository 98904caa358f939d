"""A running `materia ui`, and the questions a page asks of it over GraphQL."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from orchestration.settings import PROJECT_ROOT
from tests.end_to_end.installation import Installation

START_S, PATIENCE_S = 180.0, 240.0
T = TypeVar("T")
_ENDED = ("SUCCESS", "FAILURE", "CANCELED")


@dataclass(frozen=True, kw_only=True)
class DagsterPage:
    url: str
    mlflow_url: str

    def ask(self, query: str, **variables: Any) -> Any:
        """Return the data of one GraphQL request; its errors are the test's failure."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(
            f"{self.url}/graphql", data=body, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            answer = json.load(response)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def repository(self) -> dict[str, str]:
        found = self.ask(
            "{ repositoriesOrError { ... on RepositoryConnection "
            "{ nodes { name location { name } } } } }"
        )["repositoriesOrError"]["nodes"][0]
        return {
            "repositoryName": found["name"],
            "repositoryLocationName": found["location"]["name"],
        }

    def launch(self, node: str, partition: str) -> str:
        """Materialize one asset as the page's button does; return the run's id."""
        params = {
            "selector": {
                **self.repository(),
                "pipelineName": "__ASSET_JOB",
                "assetSelection": [{"path": node.split("/")}],
            },
            "mode": "default",
            "executionMetadata": {"tags": [{"key": "dagster/partition", "value": partition}]},
        }
        launched = self.ask(
            "mutation ($params: ExecutionParams!) { launchPipelineExecution"
            "(executionParams: $params) { __typename ... on LaunchRunSuccess { run { runId } } "
            "... on PythonError { message } } }",
            params=params,
        )["launchPipelineExecution"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        return str(launched["run"]["runId"])

    def status(self, run_id: str) -> str:
        found = self.ask(
            "query ($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }", id=run_id
        )
        return str(found["runOrError"]["status"])

    def wait(self, run_id: str) -> str:
        return wait_for(lambda: s if (s := self.status(run_id)) in _ENDED else None, PATIENCE_S)

    def launch_and_wait(self, node: str, partition: str) -> str:
        run_id = self.launch(node, partition)
        assert self.wait(run_id) == "SUCCESS"
        return run_id

    def materialization(self, node: str, partition: str) -> dict[str, Any]:
        """Return run and metadata of the newest materialization, as the asset's page has them."""
        found = self.ask(
            "query ($key: AssetKeyInput!, $partitions: [String!]) { assetNodeOrError"
            "(assetKey: $key) { ... on AssetNode { assetMaterializations(partitions: $partitions, "
            "limit: 1) { runId metadataEntries { label ... on TextMetadataEntry { text } "
            "... on UrlMetadataEntry { url } ... on MarkdownMetadataEntry { mdStr } } } } } }",
            key={"path": node.split("/")},
            partitions=[partition],
        )["assetNodeOrError"]["assetMaterializations"][0]
        metadata = {
            entry["label"]: entry.get("text") or entry.get("url") or entry.get("mdStr")
            for entry in found["metadataEntries"]
        }
        return {"runId": found["runId"], "metadata": metadata}

    def ask_mlflow(self, path: str, **parameters: str) -> Any:
        """Return what the MLflow server says, over its own interface."""
        query = urllib.parse.urlencode(parameters)
        url = f"{self.mlflow_url}/api/2.0/mlflow/{path}{f'?{query}' if query else ''}"
        with urllib.request.urlopen(url, timeout=60) as response:
            return json.load(response)

    def search_mlflow(self, family: str, query: str) -> list[dict[str, Any]]:
        name = f"materia/{family}"
        experiment = self.ask_mlflow("experiments/get-by-name", experiment_name=name)["experiment"]
        body = {"experiment_ids": [experiment["experiment_id"]], "filter": query}
        request = urllib.request.Request(
            f"{self.mlflow_url}/api/2.0/mlflow/runs/search",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            return list(json.load(response).get("runs", ()))

    def terminate(self, run_id: str) -> None:
        done = self.ask(
            "mutation ($id: String!) { terminateRun(runId: $id) { __typename } }", id=run_id
        )
        assert done["terminateRun"]["__typename"] == "TerminateRunSuccess", done

    def start_sensor(self, name: str) -> None:
        selector = {**self.repository(), "sensorName": name}
        started = self.ask(
            "mutation ($s: SensorSelector!) { startSensor(sensorSelector: $s) { __typename } }",
            s=selector,
        )
        assert started["startSensor"]["__typename"] == "Sensor", started

    def start_schedule(self, name: str) -> None:
        selector = {**self.repository(), "scheduleName": name}
        started = self.ask(
            "mutation ($s: ScheduleSelector!) { startSchedule(scheduleSelector: $s) "
            "{ __typename } }",
            s=selector,
        )
        assert started["startSchedule"]["__typename"] == "ScheduleStateResult", started

    def ticks(self, name: str) -> list[dict[str, Any]]:
        """Return the ticks of a sensor or schedule, newest first."""
        selector = {**self.repository(), "name": name}
        state = self.ask(
            "query ($s: InstigationSelector!) { instigationStateOrError(instigationSelector: $s) "
            "{ ... on InstigationState { ticks(limit: 10) { status runIds skipReason } } } }",
            s=selector,
        )["instigationStateOrError"]
        return list(state["ticks"])


@contextmanager
def dagster_page(installation: Installation, **extra_env: str) -> Iterator[DagsterPage]:
    """Run `materia ui` on free ports until the block ends; everything it started ends with it."""
    port, mlflow_port = free_port(), free_port()
    page = DagsterPage(url=f"http://127.0.0.1:{port}", mlflow_url=f"http://127.0.0.1:{mlflow_port}")
    log = installation.home / "ui-test.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "orchestration.cli", "ui", "--port", str(port),
             "--mlflow-port", str(mlflow_port)],
            cwd=PROJECT_ROOT, env={**installation.env, **extra_env}, stdout=output, stderr=output,
            start_new_session=True,
        )  # fmt: skip
        try:
            wait_for(lambda: _answers(page.url, process, log), START_S)
            wait_for(lambda: _answers(page.mlflow_url, process, log), START_S)
            yield page
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                raise


def wait_for(look: Callable[[], T | None], patience_s: float) -> T:
    """Look until there is something; raises TimeoutError after `patience_s`."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.2)
    raise TimeoutError(f"nothing came within {patience_s} s")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str, process: subprocess.Popen[bytes], log: Path) -> bool:
    assert process.poll() is None, log.read_text()
    try:
        urllib.request.urlopen(url, timeout=2).close()
    except OSError:
        return False
    return True

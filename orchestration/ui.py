"""`materia ui`: the Dagster webserver and daemon and the MLflow server, on loopback only."""

from __future__ import annotations

import ipaddress
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from orchestration.dagster_instance import prepare_instance
from orchestration.services import Service, Services
from orchestration.settings import OFF_SWITCHES, PROJECT_ROOT

DEFINITIONS = "orchestration.definitions"


class PortTaken(OSError):
    """Another program listens where one of our servers should."""


def run_ui(
    home: Path,
    *,
    environ: Mapping[str, str],
    tracking_uri: str = "",
    dagster_db: str = "",
    host: str = "127.0.0.1",
    dagster_port: int = 3000,
    mlflow_port: int = 5000,
    module: str = DEFINITIONS,
    working_directory: Path = PROJECT_ROOT,
    ready_timeout_s: float = 300.0,
    console: Console | None = None,
) -> int:
    """Serve until Ctrl-C or SIGTERM (returns 0), or until one of the servers ends (1).

    With a tracking server of its own (http), the installation needs none from us.
    Raises ValueError for an address that others can reach, and PortTaken.
    """
    _require_loopback(host)
    home = home.absolute()
    dagster_home = home / "dagster"
    env = _environment(environ, home)
    services = _dagster(host, dagster_port, module, working_directory, home / "logs", env)
    ports = {"Dagster": dagster_port}
    if tracking_uri.startswith(("http://", "https://")):
        (console or Console()).print(f"[bold]MLflow[/bold]  {tracking_uri}")
    else:
        database = tracking_uri or f"sqlite:///{home / 'mlflow.db'}"
        services.append(_mlflow(host, mlflow_port, database, home, env))
        ports["MLflow"] = mlflow_port
    for name, port in ports.items():
        _require_free(host, port, name)
    prepare_instance(dagster_home, dagster_db)
    return Services(services).run(console or Console(), ready_timeout_s=ready_timeout_s)


def _environment(environ: Mapping[str, str], home: Path) -> dict[str, str]:
    return {
        **environ,
        **OFF_SWITCHES,
        "DAGSTER_HOME": str(home / "dagster"),
        "MATERIA_HOME": str(home),
        # Runs code for its callers; we have no use for it (CVE-2026-0545).
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }


def _dagster(
    host: str, port: int, module: str, cwd: Path, logs: Path, env: Mapping[str, str]
) -> list[Service]:
    location = ("-m", module, "-d", str(cwd))
    url = f"http://{host}:{port}"
    return [
        Service(
            name="Dagster",
            command=(
                *(sys.executable, "-m", "dagster_webserver"),
                *("-h", host, "-p", str(port), *location),
            ),
            log=logs / "dagster-webserver.log",
            url=url,
            health_url=f"{url}/server_info",
            cwd=cwd,
            env=env,
        ),
        Service(
            name="Dagster daemon",
            command=(sys.executable, "-m", "dagster._daemon", "run", *location),
            log=logs / "dagster-daemon.log",
            cwd=cwd,
            env=env,
        ),
    ]


def _mlflow(host: str, port: int, database: str, home: Path, env: Mapping[str, str]) -> Service:
    artifacts = (home / "mlflow-artifacts").as_uri()
    url = f"http://{host}:{port}"
    return Service(
        name="MLflow",
        command=(
            *(sys.executable, "-m", "mlflow", "server"),
            *("--host", host, "--port", str(port), "--workers", "1"),
            *("--default-artifact-root", artifacts, "--artifacts-destination", artifacts),
        ),
        log=home / "logs" / "mlflow.log",
        url=url,
        health_url=f"{url}/health",
        cwd=home,
        # Not on the command line, which everybody on the machine can read: it may hold a password.
        env={**env, "MLFLOW_BACKEND_STORE_URI": database},
    )


def _require_loopback(host: str) -> None:
    try:
        is_loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = host == "localhost"
    if not is_loopback:
        raise ValueError(
            f"host {host} can be reached by others, and neither page asks who they are: "
            "serve on 127.0.0.1 and put a proxy that authenticates in front"
        )


def _require_free(host: str, port: int, name: str) -> None:
    with socket.socket() as probe:
        # As servers do: a port that only waits for its last connections to fade is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(
                f"port {port} on {host} is taken ({error.strerror}), {name} cannot use it: "
                "stop what listens there or choose another port"
            ) from error

"""`materia ui`: the Dagster and MLflow pages of this installation, on loopback."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.settings import Settings, job_environment, prepare_environment
from orchestration.ui import run_ui


def ui(
    port: Annotated[int, typer.Option(help="Port of the Dagster page.")] = 3000,
    mlflow_port: Annotated[int, typer.Option(help="Port of the MLflow page.")] = 5000,
) -> None:
    """Start the Dagster webserver and daemon and the MLflow server; stop with Ctrl-C.

    Example: `materia ui --port 3000`
    """
    settings = Settings.from_env()
    prepare_environment(settings)
    raise typer.Exit(
        run_ui(
            settings.home,
            # Links between the two pages lead to where they really are.
            environ={
                "MATERIA_DAGSTER_URL": f"http://127.0.0.1:{port}",
                "MATERIA_MLFLOW_URL": f"http://127.0.0.1:{mlflow_port}",
                **job_environment(settings),
            },
            tracking_uri=settings.tracking_uri,
            dagster_db=settings.dagster_db,
            dagster_port=port,
            mlflow_port=mlflow_port,
        )
    )

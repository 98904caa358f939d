"""Where and how this installation runs; the only file that reads the environment.

Execution only: nothing here enters a fingerprint.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from assets.lineage.factors import Factors
from assets.resources import AutoLayout, TrainingResources
from orchestration.cost_settings import Limit, factors_from, limit_from
from orchestration.launchers.kubernetes_settings import KubernetesSettings
from orchestration.launchers.slurm_settings import SlurmSettings
from training.planning.hardware import HARDWARE

LAUNCHERS = ("local", "slurm", "kubernetes")

_RAY = re.compile(r"ray://[A-Za-z0-9.-]{1,253}:[0-9]{1,5}")

_OBJECT_STORE = (
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION",
    "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_CA_BUNDLE",
    "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)  # fmt: skip
"""What botocore reads to find credentials, region and endpoint."""

_MAX_PREEMPTIONS = 10
"""Our choice: enough for a busy queue, and few enough to end what is always stopped at once."""

PROJECT_ROOT = Path(__file__).resolve().parents[1]

OFF_SWITCHES: Mapping[str, str] = {
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "true",
    "GX_ANALYTICS_ENABLED": "false",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "RAY_USAGE_STATS_ENABLED": "0",
}
"""Telemetry of every dependency, off."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One installation; see docs/settings.md for each variable."""

    home: Path
    """MATERIA_HOME: databases, scratch and, by default, the lake."""
    lake: str
    """MATERIA_LAKE: a folder or s3://bucket/prefix."""
    s3_endpoint: str | None
    """MATERIA_S3_ENDPOINT: address of an S3 server other than AWS."""
    tracking_uri: str
    """MATERIA_TRACKING_URI: MLflow; by default SQLite under the home folder."""
    dagster_db: str
    """MATERIA_DAGSTER_DB: PostgreSQL for Dagster's runs and events; "" for SQLite at home."""
    launcher: str
    """MATERIA_LAUNCHER: local, slurm or kubernetes."""
    slurm: SlurmSettings
    """MATERIA_SLURM_*: what jobs ask of a Slurm cluster (orchestration/launchers/)."""
    kubernetes: KubernetesSettings
    """MATERIA_KUBERNETES_*: what jobs ask of a Kubernetes cluster."""
    compute: str
    """MATERIA_COMPUTE: local, or ray://host:port, the client port of a Ray cluster."""
    workers: int | None
    """MATERIA_WORKERS: processes that work on shards of data; by default one per core."""
    threads: int | None
    """MATERIA_THREADS: most CPU threads of one job rank; by default the cores are shared out."""
    max_preemptions: int
    """MATERIA_MAX_PREEMPTIONS: how often a preempted job is started again from its checkpoint."""
    training: TrainingResources
    """MATERIA_RANKS and the others that docs/settings.md lists under training."""
    inbox: Path
    """MATERIA_INBOX: folder with one sub-folder per watched source."""
    corpora_cron: str
    """MATERIA_CORPORA_CRON: when stale corpora are read again, in cron's five fields."""
    recipes_cron: str
    """MATERIA_RECIPES_CRON: when stale recipes are made again."""
    dagster_url: str
    """MATERIA_DAGSTER_URL: base address for links from MLflow to Dagster."""
    mlflow_url: str
    """MATERIA_MLFLOW_URL: base address for links from Dagster to MLflow."""
    signing_key: Path | None
    """MATERIA_SIGNING_KEY: private key that signs evidence; by default one under the home."""
    factors: Factors
    """MATERIA_COST_*: what turns hours into energy, CO2 and money."""
    limit: Limit
    """MATERIA_MAX_COST and MATERIA_MAX_DEVICE_HOURS: above them somebody has to agree."""

    @property
    def dagster_home(self) -> Path:
        return self.home / "dagster"

    @property
    def job_root(self) -> Path:
        return self.home / "jobs"

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read the environment; raises ValueError naming the variable that is wrong."""
        env = os.environ if env is None else env
        home = Path(env.get("MATERIA_HOME", ".materia")).expanduser().resolve()
        lake = env.get("MATERIA_LAKE", str(home / "lake"))
        launcher = env.get("MATERIA_LAUNCHER", "local")
        compute = env.get("MATERIA_COMPUTE", "local")
        if compute != "local" and not _RAY.fullmatch(compute):
            raise ValueError(
                f"MATERIA_COMPUTE={compute!r} is not known: use local or ray://host:port"
            )
        if launcher not in LAUNCHERS:
            raise ValueError(
                f"MATERIA_LAUNCHER={launcher!r} is not known: use {' or '.join(LAUNCHERS)}"
            )
        return cls(
            home=home,
            lake=lake if "://" in lake else str(Path(lake).expanduser().resolve()),
            s3_endpoint=env.get("MATERIA_S3_ENDPOINT"),
            tracking_uri=with_driver(
                env.get("MATERIA_TRACKING_URI", f"sqlite:///{home / 'mlflow.db'}")
            ),
            dagster_db=_postgres(env.get("MATERIA_DAGSTER_DB", "")),
            launcher=launcher,
            slurm=SlurmSettings.from_mapping(env),
            kubernetes=KubernetesSettings.from_mapping(env),
            compute=compute,
            workers=_positive("MATERIA_WORKERS", env.get("MATERIA_WORKERS")),
            threads=_positive("MATERIA_THREADS", env.get("MATERIA_THREADS")),
            max_preemptions=_whole(
                "MATERIA_MAX_PREEMPTIONS", env.get("MATERIA_MAX_PREEMPTIONS"), _MAX_PREEMPTIONS
            ),
            training=_training(env, mirror=_step_mirror(env, lake, launcher)),
            inbox=Path(env.get("MATERIA_INBOX", str(home / "inbox"))).expanduser().resolve(),
            corpora_cron=env.get("MATERIA_CORPORA_CRON", "0 2 * * *"),
            recipes_cron=env.get("MATERIA_RECIPES_CRON", "0 4 * * *"),
            dagster_url=env.get("MATERIA_DAGSTER_URL", "http://127.0.0.1:3000").rstrip("/"),
            mlflow_url=env.get("MATERIA_MLFLOW_URL", "http://127.0.0.1:5000").rstrip("/"),
            signing_key=_path(env.get("MATERIA_SIGNING_KEY")),
            factors=factors_from(env),
            limit=limit_from(env),
        )


def prepare_environment(settings: Settings) -> None:
    """Set what libraries read themselves: telemetry switches and Dagster's home."""
    for name, value in OFF_SWITCHES.items():
        os.environ.setdefault(name, value)
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)
    os.environ["MATERIA_HOME"] = str(settings.home)
    if settings.dagster_db:
        # dagster.yaml names this variable, with the driver that is installed.
        os.environ["MATERIA_DAGSTER_DB"] = settings.dagster_db


def job_environment(settings: Settings) -> dict[str, str]:
    """Return what a launcher may pass on to jobs, with the limit of threads if there is one."""
    limit = {} if settings.threads is None else {"OMP_NUM_THREADS": str(settings.threads)}
    return {**os.environ, **limit}


def object_store_environment(settings: Settings) -> dict[str, str]:
    """Return what the jobs of the local launcher need to reach the lake; nothing for a folder."""
    if not _is_s3(settings.lake):
        return {}
    found = {name: os.environ[name] for name in _OBJECT_STORE if name in os.environ}
    endpoint = {"AWS_ENDPOINT_URL": settings.s3_endpoint} if settings.s3_endpoint else {}
    return {**found, **endpoint}


def _step_mirror(env: Mapping[str, str], lake: str, launcher: str) -> str | None:
    told = env.get("MATERIA_STEP_MIRROR", "auto")
    if told == "auto":
        # Only the local launcher is sure to give its jobs the credentials of the lake.
        return f"{lake.rstrip('/')}/.steps" if _is_s3(lake) and launcher == "local" else None
    if told == "off":
        return None
    if not _is_s3(told) and not told.startswith("/"):
        raise ValueError(
            f"MATERIA_STEP_MIRROR={told!r} is not known: use auto, off, s3://bucket/prefix or an "
            "absolute folder"
        )
    return told.rstrip("/")


def _is_s3(place: str) -> bool:
    return place.startswith("s3://")


def _training(env: Mapping[str, str], *, mirror: str | None) -> TrainingResources:
    stage = env.get("MATERIA_ZERO_STAGE")
    if stage not in (None, "0", "1", "2", "3"):
        raise ValueError(f"MATERIA_ZERO_STAGE={stage!r} is not 0, 1, 2 or 3")
    micro = _positive("MATERIA_MICRO_BATCH_TOKENS", env.get("MATERIA_MICRO_BATCH_TOKENS"))
    ranks = _positive("MATERIA_RANKS", env.get("MATERIA_RANKS")) or 1
    shared = _positive("MATERIA_SEQUENCE_PARALLEL", env.get("MATERIA_SEQUENCE_PARALLEL")) or 1
    if shared > ranks:
        raise ValueError(
            f"MATERIA_SEQUENCE_PARALLEL={shared} is more than MATERIA_RANKS={ranks}: as many ranks "
            "cannot share a sample"
        )
    return TrainingResources(
        ranks=ranks,
        sequence_parallel=shared,
        micro_batch_tokens=micro or TrainingResources.micro_batch_tokens,
        auto=_auto_layout(env),
        step_mirror=mirror,
        zero_stage=None if stage is None else int(stage),
        offload_optimizer=_switch(
            "MATERIA_OFFLOAD_OPTIMIZER", env.get("MATERIA_OFFLOAD_OPTIMIZER")
        ),
        activation_checkpointing=_switch(
            "MATERIA_ACTIVATION_CHECKPOINTING", env.get("MATERIA_ACTIVATION_CHECKPOINTING")
        ),
    )


def _auto_layout(env: Mapping[str, str]) -> AutoLayout | None:
    """Return what the planner may decide; a variable that is set is decided already."""
    layout, device = env.get("MATERIA_LAYOUT", "given"), env.get("MATERIA_DEVICE", "")
    if layout not in ("given", "auto"):
        raise ValueError(f"MATERIA_LAYOUT={layout!r} is not known: use given or auto")
    if device and device not in HARDWARE:
        raise ValueError(
            f"MATERIA_DEVICE={device!r} is not in the table: use {', '.join(HARDWARE)}"
        )
    if layout == "given":
        return None
    if not device:
        raise ValueError(f"MATERIA_LAYOUT=auto needs MATERIA_DEVICE: one of {', '.join(HARDWARE)}")
    stage, recompute = env.get("MATERIA_ZERO_STAGE"), env.get("MATERIA_ACTIVATION_CHECKPOINTING")
    micro = env.get("MATERIA_MICRO_BATCH_TOKENS")
    shared = env.get("MATERIA_SEQUENCE_PARALLEL")
    return AutoLayout(
        device=device,
        zero_stage=None if stage is None else int(stage),
        sequence_parallel=_positive("MATERIA_SEQUENCE_PARALLEL", shared),
        micro_batch_tokens=_positive("MATERIA_MICRO_BATCH_TOKENS", micro),
        activation_checkpointing=None
        if recompute is None
        else _switch("MATERIA_ACTIVATION_CHECKPOINTING", recompute),
    )


def with_driver(url: str) -> str:
    """Name the driver that we install: SQLAlchemy 2.1 would take another for postgresql://."""
    scheme, separator, rest = url.partition("://")
    plain = separator and scheme in ("postgresql", "postgres")
    return f"postgresql+psycopg2://{rest}" if plain else url


def without_password(url: str) -> str:
    """Return an address as it may be logged."""
    return re.sub(r"(://[^/@:]*):[^/@]*@", r"\1:***@", url)


def _postgres(url: str) -> str:
    if url and not with_driver(url).startswith("postgresql+psycopg2://"):
        raise ValueError(
            f"MATERIA_DAGSTER_DB={without_password(url)!r} is no PostgreSQL address: use "
            "postgresql://user:password@host:5432/database, or leave it out for SQLite"
        )
    return with_driver(url)


def _path(text: str | None) -> Path | None:
    return Path(text).expanduser().resolve() if text else None


def _switch(name: str, text: str | None) -> bool:
    if text not in (None, "0", "1"):
        raise ValueError(f"{name}={text!r} is neither 0 (off) nor 1 (on)")
    return text == "1"


def _positive(name: str, text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdigit() or int(text) < 1:
        raise ValueError(f"{name}={text!r} is not a whole number above 0")
    return int(text)


def _whole(name: str, text: str | None, default: int) -> int:
    if text is None:
        return default
    if not text.isdigit():
        raise ValueError(f"{name}={text!r} is not a whole number of 0 or more")
    return int(text)

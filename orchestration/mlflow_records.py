"""What a manifest says in MLflow's terms: params, metrics, tags, dataset inputs. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from assets.lineage.canonical import canonical_json, sha256_of
from assets.lineage.manifest import Manifest

KEY = "materia.key"
PARTITION = "materia.partition"
POLICY = "materia.policy"
FINGERPRINT = "materia.fingerprint"
DIGEST = "materia.digest"
ATTEMPT = "materia.attempt"
URI = "materia.uri"
DAGSTER_URL = "materia.dagster_url"
NOTE = "mlflow.note.content"
"""A run's description; people may add to it."""

_MAX_PARAMS = 200
"""Our choice: a page a person can still read; the whole config is in the manifest."""
_MAX_PARAM_CHARS = 250
"""Our choice (MLflow cuts silently at 6,000); longer values are named by their hash."""
MAX_TAG_CHARS = 5_000
"""MLflow cuts a tag at 8,000 characters without a word."""
_MLFLOW_DIGEST_CHARS = 32
"""MLflow refuses dataset digests above 36."""
_NOT_IN_KEYS = re.compile(r"[^\w\-./ ]")


@dataclass(frozen=True, kw_only=True)
class DatasetRecord:
    """One input of an artifact as a dataset of its run."""

    name: str
    digest: str
    source: str
    profile: str
    full_digest: str


def experiment_name(family: str) -> str:
    return f"materia/{family}"


def run_name(name: str, partition: str, fingerprint: str) -> str:
    return "-".join(part for part in (name, partition, fingerprint[:8]) if part)


def params_of(config: Mapping[str, Any]) -> dict[str, str]:
    """Return the flattened config, bounded in count and length."""
    flat = sorted(_flatten(config).items()) if config else []
    params = {_key(name): _param(value) for name, value in flat[:_MAX_PARAMS]}
    if len(flat) > _MAX_PARAMS:
        params["config.num_params_left_out"] = str(len(flat) - _MAX_PARAMS)
    return params


def metrics_of(manifest: Manifest) -> dict[str, float]:
    """Return metrics, counts and own cost under one name each."""
    return {
        **{_key(name): float(value) for name, value in manifest.metrics.items()},
        **{f"counts/{_key(name)}": float(n) for name, n in manifest.counts.items()},
        **{f"cost/{name}": float(value) for name, value in asdict(manifest.cost).items()},
        **{f"cost/{name}": float(value) for name, value in _used(manifest) if value is not None},
    }


def _used(manifest: Manifest) -> tuple[tuple[str, float | None], ...]:
    """What was measured around the work and its jobs; what was not is left out."""
    usage = manifest.usage
    return (
        ("cpu_s", usage.cpu_s),
        ("device_held_s", usage.device_s),
        ("device_energy_j", usage.energy_j),
    )


def tags_of(manifest: Manifest, uri: str, dagster_url: str) -> dict[str, str]:
    """Return the tags of a completed run; `check_run` holds MLflow to them."""
    config = canonical_json(manifest.config).decode()
    tags = {
        KEY: f"{manifest.family}/{manifest.name}",
        PARTITION: manifest.partition,
        FINGERPRINT: manifest.fingerprint,
        DIGEST: manifest.digest,
        URI: uri,
        "materia.code_version": manifest.code_version,
        "materia.config_sha256": sha256_of(manifest.config),
        "materia.started_at": manifest.started_at,
        "materia.finished_at": manifest.finished_at,
        "mlflow.source.git.commit": manifest.git_commit,
        NOTE: note_of(manifest, dagster_url),
        **dagster_tags(manifest.dagster_run_id, dagster_url),
    }
    if len(config) <= MAX_TAG_CHARS:
        tags["materia.config"] = config
    if policy := manifest.config.get("policy"):
        tags[POLICY] = str(policy)
    return tags


def note_of(manifest: Manifest, dagster_url: str = "") -> str:
    """Return the summary and a link to the Dagster run: a tag's address cannot be clicked."""
    summary = manifest.summary[:MAX_TAG_CHARS]
    url = dagster_tags(manifest.dagster_run_id, dagster_url).get(DAGSTER_URL)
    link = f"[Dagster run {manifest.dagster_run_id[:8]}]({url})" if url else ""
    return "\n\n".join(part for part in (summary, link) if part)


def dagster_tags(dagster_run_id: str, dagster_url: str) -> dict[str, str]:
    tags = {"materia.dagster_run_id": dagster_run_id}
    if dagster_url and dagster_run_id:
        tags[DAGSTER_URL] = f"{dagster_url.rstrip('/')}/runs/{dagster_run_id}"
    return tags


def datasets_of(manifest: Manifest) -> tuple[DatasetRecord, ...]:
    return tuple(
        DatasetRecord(
            name=f"{record.family}/{record.name}[{record.partition}]",
            digest=record.digest[:_MLFLOW_DIGEST_CHARS],
            source=json.dumps({"fingerprint": record.fingerprint, "digest": record.digest}),
            profile=json.dumps(
                {
                    "num_files_read": len(record.files_read),
                    "bytes_read": sum(entry.size_bytes for entry in record.files_read),
                }
            ),
            full_digest=record.digest,
        )
        for record in manifest.inputs
    )


def milliseconds(timestamp: str) -> int:
    return int(datetime.fromisoformat(timestamp).timestamp() * 1000)


def _flatten(value: Any, prefix: str = "") -> dict[str, Any]:
    """Flatten mappings with dots; a list of mappings gets its positions as names."""
    if isinstance(value, Mapping) and value:
        parts = {str(name): item for name, item in value.items()}
    elif isinstance(value, list | tuple) and any(isinstance(item, Mapping) for item in value):
        parts = {str(number): item for number, item in enumerate(value)}
    else:
        return {prefix: value}
    flat: dict[str, Any] = {}
    for name, item in parts.items():
        flat |= _flatten(item, f"{prefix}.{name}" if prefix else name)
    return flat


def _key(name: str) -> str:
    return _NOT_IN_KEYS.sub("_", name)[:250]


def _param(value: Any) -> str:
    text = value if isinstance(value, str) and value else json.dumps(value, sort_keys=True)
    return text if len(text) <= _MAX_PARAM_CHARS else f"sha256:{sha256_of(value)}"

"""A CycloneDX 1.6 ML-BOM: the model with its card, a data component per source with its shares."""

from __future__ import annotations

import uuid
from typing import Any

from assets.releases.evidence.facts import Facts, share_properties, tokens_of
from assets.releases.evidence.statements import reference, timestamp

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:materia:cyclonedx:1")


def cyclonedx(facts: Facts) -> dict[str, Any]:
    """Return the document; the same facts give the same serial number."""
    release = facts.release
    serial = uuid.uuid5(_NAMESPACE, release.fingerprint + facts.signer)
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            "timestamp": timestamp(release.finished_at),
            "tools": {"components": [{"type": "application", "name": "materia"}]},
            "component": _model(facts),
        },
        "components": [_data(facts, entry) for entry in facts.sources],
        "dependencies": [
            {"ref": reference(release), "dependsOn": [_ref(e["name"]) for e in facts.sources]},
            *[{"ref": _ref(entry["name"])} for entry in facts.sources],
        ],
    }


def licence_entry(licence: str) -> dict[str, Any]:
    """Return a licence as CycloneDX has it: an SPDX id, or a name for all that is none."""
    plain = " " not in licence and not licence.startswith("LicenseRef-") and licence != "unknown"
    return {"license": {"id": licence} if plain else {"name": licence}}


def _model(facts: Facts) -> dict[str, Any]:
    release, config = facts.release, facts.model
    weights = [entry for entry in release.files if entry.path.endswith(".safetensors")]
    return {
        "type": "machine-learning-model",
        "bom-ref": reference(release),
        "name": f"materia-{release.config['recipe']}",
        "version": release.short,
        "description": str(release.config["title"]),
        "hashes": [{"alg": "SHA-256", "content": w.sha256} for w in weights if len(weights) == 1],
        "modelCard": {
            "modelParameters": {
                "approach": {"type": "self-supervised"},
                "task": "text-generation",
                "architectureFamily": "transformer",
                "modelArchitecture": "Baichuan-M1",
                "datasets": [
                    {"ref": _ref(entry["name"])}
                    for entry in facts.sources
                    if tokens_of(facts.of_source(entry["name"]))
                ],
                "inputs": [{"format": "text"}],
                "outputs": [{"format": "text"}],
            },
            "quantitativeAnalysis": {"performanceMetrics": [_metric(row) for row in facts.scores]},
            "considerations": {
                "technicalLimitations": ["Answers are checked by nobody: not for medical use."]
            },
        },
        "properties": _properties(
            [
                ("materia:fingerprint", release.fingerprint),
                ("materia:digest", release.digest),
                ("materia:parameters", str(config.num_parameters())),
                ("materia:policy", str(release.config["policy"])),
                ("materia:tokens_read", str(tokens_of(facts.shares))),
                ("materia:signing_key", facts.signer),
            ]
        ),
    }


def _metric(row: dict[str, Any]) -> dict[str, Any]:
    metric: dict[str, Any] = {
        "type": str(row["metric"]),
        "value": str(row["value"]),
        "slice": f"{row['benchmark']}, model {row['model']}, {row['n']} items",
    }
    if row["ci_low"] is not None and row["ci_high"] is not None:
        metric["confidenceInterval"] = {
            "lowerBound": str(row["ci_low"]),
            "upperBound": str(row["ci_high"]),
        }
    return metric


def _data(facts: Facts, entry: dict[str, Any]) -> dict[str, Any]:
    name, shares = entry["name"], facts.of_source(entry["name"])
    raw = facts.raw.get(name)
    identity = [] if raw is None else [
        ("materia:raw", reference(raw)),
        ("materia:raw:digest", raw.digest),
    ]  # fmt: skip
    return {
        "type": "data",
        "bom-ref": _ref(name),
        "name": name,
        "version": entry["version"] or entry["revision"] or (raw.short if raw else "unknown"),
        "description": f"{entry['title']}. {entry['citation']}.",
        "licenses": [licence_entry(licence) for licence in facts.licences(entry)],
        "data": [
            {
                "type": "dataset",
                "name": entry["title"],
                "description": entry["description"],
                "sensitiveData": _sensitive(entry),
            }
        ],
        "properties": _properties(
            [
                *identity,
                ("materia:tokens_read", str(tokens_of(shares))),
                *share_properties(shares),
            ]
        ),
    }


def _sensitive(entry: dict[str, Any]) -> list[str]:
    if entry["deidentify"] == "none":
        return []
    return [f"may tell of persons; identifiers were masked by {entry['deidentify']}"]


def _properties(rows: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in rows]


def _ref(source: str) -> str:
    return f"source:{source}"

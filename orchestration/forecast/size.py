"""How much work a step is, as one number that may be compared with that of an earlier one.

Training: its operations. Judging: parameters times items. A mixture and its shards: the tokens
that are asked for. All else: the bytes it reads.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from assets.lineage.manifest import Manifest
from assets.lineage.step import Step
from assets.ports import Lake
from model.config import ModelConfig
from training.planning.flops import train_flops

JUDGES = ("reports/benchmarks", "reports/medical", "reports/needle", "reports/perplexity")
"""Reports that a job makes."""


def has_job(step: Step) -> bool:
    return is_training(step) or step.node in JUDGES


def is_training(step: Step) -> bool:
    return step.family in ("checkpoints", "models")


def train_tokens(config: Mapping[str, Any], num_samples: float | None) -> float | None:
    """Return the tokens of a training's whole steps; an epoch is as long as its shards."""
    if "epochs" not in config:
        steps = config["steps"]
    elif num_samples is None:
        return None
    else:
        steps = math.ceil(config["epochs"] * num_samples / config["batch_samples"])
    return float(steps * config["batch_samples"] * config["context_tokens"])


def train_work(config: Mapping[str, Any], tokens: float) -> float:
    """Return the operations of a training of so many tokens."""
    model = ModelConfig.from_dict(config["model"])
    return train_flops(model, context_tokens=config["context_tokens"], tokens=round(tokens))


def parameters_of(step: Step) -> int:
    """Return those of a training, or of all models that a report judges."""
    models = [step] if is_training(step) else [i for i in step.inputs if is_training(i)]
    return sum(ModelConfig.from_dict(each.config["model"]).num_parameters() for each in models)


def num_items(config: Mapping[str, Any]) -> int:
    """Return about how many items are judged; lengths count where texts are made to length."""
    if "lengths" in config:
        return int(sum(config["lengths"]) * len(config["depths"]))
    items = config["max_items"] * max(1, len(config.get("benchmarks", ())))
    return int(items + config.get("heldout_documents", 0))


def asked_size(step: Step) -> float | None:
    """Return what the literals themselves say of a step's size, or None where they say nothing."""
    if step.node in JUDGES:
        return float(parameters_of(step) * num_items(step.config))
    if step.node == "mixtures/deduped":
        most = [use["max_text_bytes"] for use in step.config["sources"].values()]
        return None if any(size is None for size in most) else float(sum(most))
    if "tokens" in step.config:
        return float(step.config["tokens"])
    if step.node.startswith("tokenizers/shards_stage"):
        return next((asked_size(i) for i in step.inputs if i.node.startswith("mixtures/s")), None)
    return snapshot_bytes(step.config) if not step.inputs else None


def written_size(step: Step) -> float | None:
    """Return what its output grows with, where that is not its work: weights, judged items."""
    if is_training(step):
        return float(parameters_of(step))
    return float(num_items(step.config)) if step.node in JUDGES else None


def bytes_of(manifest: Manifest) -> int:
    return sum(entry.size_bytes for entry in manifest.files)


def bytes_read(manifest: Manifest, lake: Lake) -> float | None:
    """Return the bytes of a made artifact's inputs; None when one is gone, or there is none."""
    found = [lake.find(i.family, i.name, i.fingerprint) for i in manifest.inputs]
    if not found or any(each is None for each in found):
        return None
    return float(sum(bytes_of(each) for each in found if each is not None))


def snapshot_bytes(config: Mapping[str, Any]) -> float | None:
    """Return the bytes of the files a source has; None for what is no source, or lists none."""
    files = config.get("snapshot", {}).get("files", ())
    return float(sum(file["size_bytes"] for file in files)) or None

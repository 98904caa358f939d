"""How much work a step is, as one number that may be compared with that of an earlier one.

Training: its operations. Judging: parameters times items. Mixtures, questions and their shards:
what is asked for. All else: what it reads, as far as the recipe lets it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from assets.corpora.benchmarks import BENCHMARKS
from assets.lineage.manifest import Manifest
from assets.lineage.step import Step
from assets.recipes.workload import DOCUMENT_TOKENS, ITEM_TOKENS, QUESTION_TOKENS
from assets.reports.needle import TRIALS
from model.config import ModelConfig
from training.planning.flops import train_flops

JUDGES = ("reports/benchmarks", "reports/medical", "reports/needle", "reports/perplexity")
"""Reports that a job makes."""

Volume = Callable[[Step], float | None]
"""How much an input holds, or will hold."""


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


def judged_tokens(step: Step) -> float:
    """Return about how many tokens a report that judges will read, before one was ever made."""
    config, models = step.config, sum(is_training(above) for above in step.inputs)
    if "lengths" in config:
        return float(models * TRIALS * len(config["depths"]) * sum(config["lengths"]))
    names = config.get("benchmarks", ("lambada",))
    tokens = config["max_items"] * sum(ITEM_TOKENS[name] for name in names)
    # Both held-out sets, though a recipe may have the sources of one alone.
    tokens += config.get("heldout_documents", 0) * sum(DOCUMENT_TOKENS.values())
    return float(models * tokens)


def tuned_samples(shards: Step) -> float | None:
    """Return about how many samples questions will fill; None for shards of anything else."""
    questions = next((i for i in shards.inputs if i.node == "synthesis/questions"), None)
    if questions is None:
        return None
    domain = shards.config["domain"]
    most, length = questions.config[f"max_{domain}"], QUESTION_TOKENS[f"sft_{domain}"]
    return float(math.ceil(most * length / shards.config["context_tokens"]))


def work_of(step: Step, volume: Volume) -> float | None:
    """Return the work of a step that is no training, or None where a size is not known."""
    config = step.config
    if step.node in JUDGES:
        return float(parameters_of(step) * num_items(config))
    if step.node == "mixtures/deduped":
        caps = {name: use["max_text_bytes"] for name, use in config["sources"].items()}
        documents = [i for i in step.inputs if i.node == "corpora/documents"]
        return _sum(_at_most(caps[i.partition], volume(i)) for i in documents)
    if step.node == "corpora/benchmarks":
        known = [BENCHMARKS[name] for name in config["benchmarks"] if name in BENCHMARKS]
        return float(sum(benchmark.num_items for benchmark in known)) or None
    if step.node == "tokenizers/tokenizer":
        return _at_most(config["train_text_bytes"], _sum(map(volume, step.inputs)))
    if (asked := _asked(step)) is not None:
        return asked
    return _sum(map(volume, step.inputs)) if step.inputs else _snapshot_bytes(config)


def _asked(step: Step) -> float | None:
    """Return what a recipe asks for in tokens or questions, and the shards of them."""
    if step.node.startswith("mixtures/stage"):
        return float(step.config["tokens"])
    if step.node == "synthesis/questions":
        return float(step.config["max_general"] + step.config["max_medical"])
    if step.node.startswith("tokenizers/shards_"):
        return next((asked for i in step.inputs if (asked := _asked(i)) is not None), None)
    return None


def written_size(step: Step) -> float | None:
    """Return what its output grows with, where that is not its work: weights, judged items."""
    if is_training(step):
        return float(parameters_of(step))
    return float(num_items(step.config)) if step.node in JUDGES else None


def volume_of(manifest: Manifest) -> float:
    """Return how much an artifact holds, in what its consumers work on: text, else bytes."""
    for count in ("text_bytes", "text_bytes_in"):
        if count in manifest.counts:
            return float(manifest.counts[count])
    return float(sum(entry.size_bytes for entry in manifest.files))


def _snapshot_bytes(config: Mapping[str, Any]) -> float | None:
    """Return the bytes of the files a source has; None for what is no source, or lists none."""
    files = config.get("snapshot", {}).get("files", ())
    return float(sum(file["size_bytes"] for file in files)) or None


def _at_most(cap: float | None, value: float | None) -> float | None:
    if value is None or cap is None:
        return value
    return min(float(cap), value)


def _sum(values: Iterable[float | None]) -> float | None:
    taken = list(values)
    if not taken or any(value is None for value in taken):
        return None
    return float(sum(value for value in taken if value is not None))

"""releases/release: the final model in the official layout, with a card that says what is in it.

Torch-free: weights are copied as bytes after every name and shape has been checked.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from typing import Any

from assets.expectations.data_docs import RESULTS
from assets.lineage.canonical import sha256_of_file
from assets.lineage.workspace import InputFiles, LineageError, Outcome, Workspace
from assets.releases.attributions import write_attributions
from assets.releases.card import Ingredient, write_card
from model.config import ModelConfig
from model.export import write_layout
from model.tokenizer import Tokenizer
from model.weights import expected_shapes

WEIGHTS = "model.safetensors"
SUMS = "SHA256SUMS"
SCORECARD_FILES = ("scorecard.json", "scorecard.md", "scorecard.png")
DATA_DOCS = "data_docs.json"
"""What was expected of the recipe's data and what was found: results.json of reports/data_docs."""


def make_release(ws: Workspace) -> Outcome:
    """Write layout, scorecard, findings on the data, model card, attributions and checksums."""
    model = final_model(ws)
    config = ModelConfig.from_dict(ws.config["model"])
    tokenizer = ws.input("tokenizers/tokenizer").path("tokenizer.json")
    check_agreement(config, model, Tokenizer.load(tokenizer.parent).vocab_size)
    ws.progress(f"checking and copying {config.num_parameters():,} parameters")
    write_layout(ws.out_dir, config=config, weights=model.path(WEIGHTS), tokenizer=tokenizer)
    scorecard = ws.input("reports/scorecard")
    for name in SCORECARD_FILES:
        shutil.copyfile(scorecard.path(name), ws.out(name))
    shutil.copyfile(ws.input("reports/data_docs").path(RESULTS), ws.out(DATA_DOCS))
    card = write_card(
        title=ws.config["title"],
        recipe=ws.config["recipe"],
        config=config,
        sources=ws.config["sources"],
        scorecard=scorecard.path("scorecard.md").read_text(),
        scores=json.loads(scorecard.path("scorecard.json").read_text())["scores"],
        ingredients=[ingredient(files) for files in ws.all_inputs()],
        release_fingerprint=ws.step.fingerprint,
    )
    ws.out("README.md").write_text(card)
    owed = write_attributions(ws, ws.config["sources"])
    ws.out(SUMS).write_text(checksums(ws))
    return Outcome(
        counts={
            "parameters": config.num_parameters(),
            "tensors": len(expected_shapes(config)),
            "sources": len(ws.config["sources"]),
            "credits": len(owed),
            "bytes": sum(path.stat().st_size for path in ws.out_dir.iterdir()),
        },
        summary=summary(ws.config, config),
        pictures=("scorecard.png",),
    )


def final_model(ws: Workspace) -> InputFiles:
    """Return the one input that holds weights; raises LineageError for none or several."""
    found = [
        files
        for files in ws.all_inputs()
        if any(entry.path == WEIGHTS for entry in files.manifest.files)
    ]
    if len(found) != 1:
        raise LineageError(
            f"{ws.step.key} needs one input with {WEIGHTS}, but has {len(found)}: "
            f"{', '.join(files.manifest.key for files in found) or 'none'}"
        )
    return found[0]


def check_agreement(config: ModelConfig, model: InputFiles, vocab_size: int) -> None:
    """Refuse a model that was trained with another config, or another tokenizer's size."""
    trained = ModelConfig.from_dict(json.loads(model.path("config.json").read_text()))
    if trained != config:
        changed = [k for k, v in config.to_dict().items() if trained.to_dict()[k] != v]
        raise ValueError(
            f"{model.manifest.key} was trained with another {', '.join(changed)} than this "
            "release states: materialize the model again"
        )
    if vocab_size != config.vocab_size:
        raise ValueError(
            f"the tokenizer has {vocab_size} entries, the model {config.vocab_size}: they come "
            "from different recipes"
        )


def ingredient(files: InputFiles) -> Ingredient:
    # The partition is left out: it is the name of whoever made the artifact first.
    manifest = files.manifest
    return Ingredient(
        node=f"{manifest.family}/{manifest.name}",
        fingerprint=manifest.fingerprint,
        digest=manifest.digest,
    )


def checksums(ws: Workspace) -> str:
    """Return the lines that `sha256sum --check` reads, for everyone without the platform."""
    files = sorted(path for path in ws.out_dir.iterdir() if path.name != SUMS)
    return "".join(f"{sha256_of_file(path)}  {path.name}\n" for path in files)


def summary(literals: Mapping[str, Any], config: ModelConfig) -> str:
    licences = sorted({source["licence"] for source in literals["sources"]})
    return (
        f"**{literals['title']}**: {config.num_parameters():,} parameters, "
        f"{config.num_layers} layers, {config.vocab_size:,} tokens, official Baichuan-M1 layout.\n"
        f"\n{len(literals['sources'])} sources under {', '.join(licences)}.\n"
    )

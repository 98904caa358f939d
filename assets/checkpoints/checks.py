"""Truths that hold for trained weights: finite and falling loss, shapes of the architecture."""

from __future__ import annotations

import json
import math

from assets.lineage.checks import Check, Verdict
from assets.lineage.manifest import Manifest
from assets.ports import Lake
from model.config import ModelConfig

_HEADER_LENGTH_BYTES = 8
"""A safetensors file begins with its header's length as a little-endian 64-bit integer."""


def loss_is_finite(manifest: Manifest, lake: Lake) -> Verdict:
    loss = manifest.metrics["final_loss"]
    return Verdict(passed=math.isfinite(loss), reason=f"final loss {loss:.4f}")


def loss_fell(manifest: Manifest, lake: Lake) -> Verdict:
    first, last = manifest.metrics["first_loss"], manifest.metrics["final_loss"]
    return Verdict(passed=last < first, reason=f"loss {first:.4f} -> {last:.4f}")


def weights_match_config(manifest: Manifest, lake: Lake) -> Verdict:
    path = lake.fetch(manifest, manifest.file("model.safetensors"))
    with path.open("rb") as file:
        length = int.from_bytes(file.read(_HEADER_LENGTH_BYTES), "little")
        header = json.loads(file.read(length))
    header.pop("__metadata__", None)
    held = sum(math.prod(tensor["shape"]) for tensor in header.values())
    asked = ModelConfig.from_dict(manifest.config["model"]).num_parameters()
    return Verdict(passed=held == asked, reason=f"{held} parameters; the recipe asks for {asked}")


WEIGHT_CHECKS = (
    Check(name="loss_is_finite", description="Training ended with a number.", run=loss_is_finite),
    Check(
        name="weights_match_config",
        description="The file holds exactly the recipe's parameters.",
        run=weights_match_config,
    ),
    Check(
        name="loss_fell",
        description="The last losses are below the first.",
        run=loss_fell,
        blocking=False,
    ),
)

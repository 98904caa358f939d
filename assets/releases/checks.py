"""Truths that hold for a release: the official layout is complete, every source is named."""

from __future__ import annotations

from assets.lineage.checks import Check, Verdict
from assets.lineage.manifest import Manifest
from assets.lineage.tables import document, has_file
from assets.lineage.taint import NO_WITHDRAWN_DOCUMENT
from assets.ports import Lake
from assets.releases.attributions import ATTRIBUTION_CHECKS

FILES = ("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json")


def layout_is_official(manifest: Manifest, lake: Lake) -> Verdict:
    missing = [name for name in FILES if not has_file(manifest, name)]
    if missing:
        return Verdict(passed=False, reason=f"missing {', '.join(missing)}")
    config = document(lake, manifest, "config.json")
    weights = [entry.path for entry in manifest.files if entry.path.endswith(".safetensors")]
    return Verdict(
        passed=config["model_type"] == "baichuan_m1" and bool(weights),
        reason=f"model_type {config['model_type']}, weights in {', '.join(weights)}",
    )


def card_names_every_source(manifest: Manifest, lake: Lake) -> Verdict:
    card = lake.fetch(manifest, manifest.file("README.md")).read_text()
    sources = [source["name"] for source in manifest.config["sources"]]
    missing = [name for name in sources if name not in card]
    return Verdict(
        passed=not missing, reason=f"{len(sources)} sources, not named: {missing or 'none'}"
    )


RELEASE_CHECKS = (
    *ATTRIBUTION_CHECKS,
    NO_WITHDRAWN_DOCUMENT,
    Check(
        name="layout_is_official",
        description="Files and model type are those of the published Baichuan-M1 layout.",
        run=layout_is_official,
    ),
    Check(
        name="card_names_every_source",
        description="The model card names every corpus that went in.",
        run=card_names_every_source,
    ),
)

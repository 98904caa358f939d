"""Dagster's view of releases: the official layout, registered as a candidate."""

from __future__ import annotations

import dagster as dg

from assets.lineage.build import Built
from assets.lineage.defs import artifact_asset
from assets.lineage.manifest import Manifest
from assets.partitions import RECIPE_PARTITIONS
from assets.platform import Platform
from assets.ports import Lake
from assets.releases.backward.ingredients import shares_of
from assets.releases.backward.tables import markdown, shares_table
from assets.releases.checks import RELEASE_CHECKS
from assets.releases.release import make_release

ALIAS = "candidate"


def _register(platform: Platform, built: Built) -> dict[str, str]:
    recipe = built.manifest.config["recipe"]
    version = platform.tracker.register_model(
        recipe=recipe, manifest=built.manifest, uri=built.uri, alias=ALIAS
    )
    return {"registered_model": f"materia-{recipe}", "version": version, "alias": ALIAS}


def tell_passport(built: Built) -> dict[str, dg.MetadataValue[str]]:
    """Say how to get the release's page: it is a view of the lake, signed with a key we lack."""
    manifest = built.manifest
    name = f"{manifest.family}/{manifest.name}@{manifest.short}"
    told = (
        f"`materia passport '{name}' --out passport.html` writes this release on one page for "
        "people who have only a browser; `materia evidence` writes it too, with all that proves it."
    )
    return {"passport": dg.MetadataValue.md(told)}


def _tell_shares(lake: Lake, manifest: Manifest) -> dict[str, dg.MarkdownMetadataValue]:
    """Show which source gave which share of the tokens of every stage."""
    shares = shares_of(lake, manifest)
    return {"went_in": dg.MetadataValue.md(markdown(shares_table(shares)))} if shares else {}


release = artifact_asset(
    "releases/release",
    make_release,
    description="The final model in the official Baichuan-M1 layout with tokenizer, configuration "
    "and model card; registered in MLflow with the alias `candidate`.",
    partitions=RECIPE_PARTITIONS,
    deps=[
        "models/sft_medical",
        "tokenizers/tokenizer",
        "reports/scorecard",
        "reports/data_docs",
        "mixtures/decontaminated",
        "mixtures/stage1",
        "mixtures/stage2",
        "mixtures/stage3",
        "synthesis/questions",
    ],
    kinds={"huggingface", "safetensors"},
    owner="team:releases",
    checks=RELEASE_CHECKS,
    publish=_register,
    show=tell_passport,
    tell=_tell_shares,
)

ASSETS = [release]

"""`materia materialize --dry-run`: prints what would run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from assets.lineage.find import parse_reference
from assets.recipes.resolve import resolve_step
from orchestration.commands.console import console, print_json
from orchestration.dry_run import DryRun, dry_run
from orchestration.platform import build_platform
from orchestration.settings import Settings


def show_dry_run(artifacts: Sequence[str], settings: Settings, *, as_json: bool) -> None:
    """Print the job of every artifact, as JSON or for people."""
    if not artifacts:
        raise ValueError(
            "--dry-run shows single artifacts: name them, for example 'checkpoints/stage1[tiny]'"
        )
    platform = build_platform(settings)
    found = []
    for text in artifacts:
        node, partition, _ = parse_reference(text)
        found.append(dry_run(resolve_step(node, partition, platform.lake), platform))
    if as_json:
        print_json([asdict(each) for each in found])
        return
    for each in found:
        _show(each)


def _show(found: DryRun) -> None:
    state = "is in the lake: nothing would run" if found.in_lake else "is not in the lake"
    console.print(f"{found.key} {found.fingerprint[:12]} {state}", style="bold")
    console.print(f"\n# {found.module}: its spec\n" + _text(found.spec), soft_wrap=True)
    if found.ds_config is not None:
        console.print("\n# DeepSpeed's configuration\n" + _text(found.ds_config), soft_wrap=True)
    console.print(
        f"\n# launcher {found.launcher}, {found.world_size} ranks\n{found.job}", soft_wrap=True
    )


def _text(value: object) -> str:
    return json.dumps(value, indent=1, sort_keys=True)

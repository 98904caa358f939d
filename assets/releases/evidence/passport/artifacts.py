"""What the page tells of each artifact, and the picture of how they hang together.

Names of machines, and of files in raw corpora, stay out: the page is made to be handed on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from assets.lineage.manifest import Manifest
from assets.releases.evidence.passport.layout import Picture, depths, lay_out

MAX_CONFIG_CHARS = 4_000
"""A longer config is in the manifest only (our choice: thousands of artifacts stay a few MB)."""
MAX_NAME_CHARS = 15
"""Letters that a chip of the picture has room for."""
_UNTOLD = frozenset({"snapshot"})
"""Literals that list the files of a corpus."""


@dataclass(frozen=True, kw_only=True)
class Lineage:
    """The release's artifacts in the order of the page, inputs before what they went into."""

    artifacts: tuple[Manifest, ...]
    inputs: tuple[tuple[int, ...], ...]
    picture: Picture

    @classmethod
    def of(cls, chain: Sequence[Manifest]) -> Lineage:
        """Order a chain that is whole, whatever order it comes in."""
        ordered = _inputs_first(chain)
        place = _places(ordered)
        inputs = [tuple(place[record.fingerprint] for record in m.inputs) for m in ordered]
        return cls(
            artifacts=tuple(ordered),
            inputs=tuple(inputs),
            picture=lay_out([node_of(manifest) for manifest in ordered], inputs),
        )

    @cached_property
    def places(self) -> dict[str, int]:
        """Fingerprint -> place in the order."""
        return _places(self.artifacts)

    def records(self) -> list[dict[str, Any]]:
        """Return what the page's program knows of each artifact; short names, for thousands."""
        return [
            {**_record(manifest), "inputs": list(given), "box": box}
            for manifest, given, box in zip(
                self.artifacts, self.inputs, self.picture.box_of, strict=True
            )
        ]

    def name(self, artifact: int) -> str:
        """Return what tells an artifact from others of its node: partition or fingerprint."""
        manifest = self.artifacts[artifact]
        return manifest.partition or manifest.short

    def chip(self, artifact: int) -> str:
        name = self.name(artifact)
        return name if len(name) <= MAX_NAME_CHARS else f"{name[: MAX_NAME_CHARS - 3]}..."

    def says(self, artifact: int) -> str:
        """Return the second line of a box with one artifact: its family and a telling count."""
        manifest = self.artifacts[artifact]
        known = next((name for name in _TELLING if name in manifest.counts), "")
        if not known:
            return f"{manifest.family}, {manifest.short}"
        count, unit = manifest.counts[known], _TELLING[known]
        return (
            f"{manifest.family}, {compact(count)} {unit.removesuffix('s') if count == 1 else unit}"
        )

    def misread(self) -> list[str]:
        """Return inputs whose digest, as read, is not that of the artifact in the lake."""
        return [
            f"{manifest.key} read {record.family}/{record.name} with another digest than it has"
            for manifest, given in zip(self.artifacts, self.inputs, strict=True)
            for record, source in zip(manifest.inputs, given, strict=True)
            if record.digest != self.artifacts[source].digest
        ]


_TELLING = {
    "parameters": "params",
    "tokens": "tokens",
    "tokens_achieved": "tokens",
    "documents_kept": "documents",
    "documents": "documents",
    "kept": "questions",
    "files": "files",
    "expectations": "rules",
    "benchmarks": "benchmarks",
    "items": "items",
}
"""Counts that say most about an artifact, the best first."""


def _places(artifacts: Sequence[Manifest]) -> dict[str, int]:
    return {manifest.fingerprint: index for index, manifest in enumerate(artifacts)}


def _inputs_first(chain: Sequence[Manifest]) -> list[Manifest]:
    """Return the artifacts by their distance from the corpora, then by name."""
    place = _places(chain)
    depth = depths([[place[record.fingerprint] for record in m.inputs] for m in chain])
    order = sorted(
        range(len(chain)),
        key=lambda i: (depth[i], chain[i].family, chain[i].name, chain[i].partition, i),
    )
    return [chain[index] for index in order]


def node_of(manifest: Manifest) -> str:
    return f"{manifest.family}/{manifest.name}"


def compact(number: float) -> str:
    """Return a number as people say it: 1,234, 12.1 thousand as 12.1 k, then M, B and T."""
    if abs(number) < 10_000:
        return f"{number:,.0f}"
    for limit, unit in ((1e6, "k"), (1e9, "M"), (1e12, "B")):
        if abs(number) < limit:
            return f"{number / limit * 1e3:.3g} {unit}"
    return f"{number / 1e12:,.3g} T"


def operations(flops: float) -> str:
    """Return a number of floating-point operations with the prefix people use."""
    if flops < 1e9:
        return f"{flops:,.0f} FLOP" if flops else "0"
    for limit, unit in ((1e12, "G"), (1e15, "T"), (1e18, "P"), (1e21, "E"), (1e24, "Z")):
        if flops < limit:
            return f"{flops / limit * 1e3:.3g} {unit}FLOP"
    return f"{flops / 1e24:,.3g} YFLOP"


def _record(manifest: Manifest) -> dict[str, Any]:
    cost = manifest.cost
    return {
        "key": manifest.key,
        "fingerprint": manifest.fingerprint,
        "digest": manifest.digest,
        "code": manifest.code_version,
        "commit": manifest.git_commit + (" (with changes)" if manifest.git_dirty else ""),
        "started": manifest.started_at,
        "finished": manifest.finished_at,
        "took_s": _seconds(manifest),
        "counts": dict(manifest.counts),
        "files": len(manifest.files),
        "bytes": sum(entry.size_bytes for entry in manifest.files),
        "tokens": cost.tokens,
        "operations": operations(cost.flops),
        "device_s": cost.device_s,
        "mlflow": manifest.mlflow_run_id,
        "dagster": manifest.dagster_run_id,
        "config": _config(manifest.config),
    }


def _seconds(manifest: Manifest) -> float:
    began = datetime.fromisoformat(manifest.started_at)
    return round((datetime.fromisoformat(manifest.finished_at) - began).total_seconds(), 2)


def _config(config: Mapping[str, Any]) -> str:
    told = {key: value for key, value in config.items() if key not in _UNTOLD}
    text = json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False)
    return text if len(text) <= MAX_CONFIG_CHARS else ""

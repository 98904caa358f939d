"""What differs between two artifacts: code, config fields, inputs, packages. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from assets.lineage.manifest import Manifest

_ABSENT = "(absent)"


@dataclass(frozen=True, kw_only=True)
class Difference:
    field: str
    before: Any
    after: Any


def differences(old: Manifest, new: Manifest) -> list[Difference]:
    """Return every field that differs, identity first, then results, then circumstances."""
    return list(_compare(_flat(old), _flat(new)))


def flatten(value: Any, prefix: str = "") -> dict[str, Any]:
    """Return nested dicts and lists as dotted paths to scalars."""
    if isinstance(value, Mapping):
        items = value.items()
    elif isinstance(value, list | tuple):
        items = dict(enumerate(value)).items()  # type: ignore[assignment]
    else:
        return {prefix: value}
    flat: dict[str, Any] = {}
    for key, inner in items:
        flat |= flatten(inner, f"{prefix}.{key}" if prefix else str(key))
    return flat


def _flat(manifest: Manifest) -> dict[str, Any]:
    return {
        "code_version": manifest.code_version,
        **flatten(manifest.config, "config"),
        **{
            f"input {i.family}/{i.name}[{position}]": f"{i.fingerprint[:12]} {i.digest[:12]}"
            for position, i in enumerate(manifest.inputs)
        },
        "digest": manifest.digest,
        **flatten(manifest.counts, "counts"),
        "git_commit": manifest.git_commit,
        "code_digest": manifest.code_digest[:12],
        **flatten(manifest.packages, "package"),
        "host": manifest.host,
        "machine": manifest.machine,
        "device": manifest.usage.device,
        "ranks": manifest.usage.ranks,
    }


def _compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    for field in dict.fromkeys([*old, *new]):
        before, after = old.get(field, _ABSENT), new.get(field, _ABSENT)
        if before != after:
            yield Difference(field=field, before=before, after=after)

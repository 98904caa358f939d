"""What a checkpoint was made for, beside what the job asks for now: refused, unless accepted.

Torch-free. A difference that is accepted is remembered for good: in the journal, in every later
checkpoint and in result.json.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from training.checkpoints import ResumeError

_ROOT = Path(__file__).parents[1]
_PROGRAM = ("model", "training")
"""Folders whose code makes the numbers."""
_DATA_ORDER = ("data", "identity.data_seed", "identity.batch_samples", "identity.context_tokens")
"""Never acceptable: which samples the steps before have read could no longer be computed."""


def accepted_drift(
    saved: Mapping[str, Any], asked: Mapping[str, Any], accept: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the differences, all of them accepted; raises ResumeError for one that is not.

    Raises ValueError for a name in `accept` that is no field, or one that cannot be accepted.
    """
    before, now = dict(_flat("", saved)), dict(_flat("", asked))
    fields = sorted(before.keys() | now.keys())
    _check_names(accept, fields)
    changed = [field for field in fields if before.get(field) != now.get(field)]
    refused = [field for field in changed if field not in accept]
    if refused:
        lines = [
            f"  {field}: checkpoint {before.get(field)!r}, spec {now.get(field)!r}"
            for field in refused
        ]
        raise ResumeError(
            "the checkpoint belongs to another job:\n" + "\n".join(lines) + "\n"
            "restore these fields, or give the job a resume_dir of its own, or accept each by "
            "--accept-drift FIELD, which the result will say"
        )
    return [
        {"field": field, "checkpoint": before.get(field), "spec": now.get(field)}
        for field in changed
    ]


@cache
def program_facts() -> dict[str, str]:
    """Return what computes the numbers: the versions of the engines, a hash of our code."""
    digest = hashlib.sha256()
    for folder in _PROGRAM:
        for path in sorted((_ROOT / folder).rglob("*.py")):
            digest.update(f"{path.relative_to(_ROOT).as_posix()}\n".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return {
        "code": digest.hexdigest(),
        "torch": version("torch"),
        "deepspeed": version("deepspeed"),
    }


def _check_names(accept: Sequence[str], fields: Sequence[str]) -> None:
    for name in accept:
        if name in _DATA_ORDER:
            raise ValueError(
                f"--accept-drift {name}: it decides which samples each step reads, and an audit "
                "of this model could no longer tell them: give the job a resume_dir of its own"
            )
        if name not in fields:
            known = "\n".join(f"  {field}" for field in fields if field not in _DATA_ORDER)
            raise ValueError(f"--accept-drift {name}: there is no such field, only\n{known}")


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key in value:
            yield from _flat(f"{prefix}.{key}" if prefix else str(key), value[key])
    else:
        yield prefix, list(value) if isinstance(value, tuple) else value

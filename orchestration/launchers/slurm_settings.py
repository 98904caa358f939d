"""How jobs are asked for on a Slurm cluster; every value is checked before a script is written."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass

_NAMES = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}(,[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}){0,7}")
_GRES = re.compile(r"[a-z][a-z0-9_]{0,31}(:[A-Za-z][A-Za-z0-9_.-]{0,31})?")
_MEMORY = re.compile(r"[1-9][0-9]{0,8}[KMGT]?")
_CONSTRAINT = re.compile(r"[A-Za-z0-9_.&|*,()\[\]-]{1,128}")
_OPTION = re.compile(r"--([a-z]+(?:-[a-z]+)*)(=[A-Za-z0-9_.,:@+/\[\]-]{1,256})?")
SAFE_PATH = re.compile(r"/[A-Za-z0-9._/+=@,-]{0,1023}")
"""No blanks, quotes or dollars (bash), no percent sign (Slurm puts numbers in its place)."""
EXTRA_OPTIONS = frozenset(
    {"exclude", "exclusive", "hint", "licenses", "nice", "nodelist", "reservation", "switches"}
)
"""Placement and nothing else: what a job runs, as whom and where it writes stays ours."""


@dataclass(frozen=True, kw_only=True)
class SlurmSettings:
    """One cluster; see docs/settings.md for each variable."""

    partition: str = ""
    """MATERIA_SLURM_PARTITION; by default the cluster's."""
    account: str = ""
    """MATERIA_SLURM_ACCOUNT."""
    qos: str = ""
    """MATERIA_SLURM_QOS."""
    gres: str = ""
    """MATERIA_SLURM_GRES: what each rank gets one of, such as gpu or gpu:h200."""
    ranks_per_node: int = 1
    """MATERIA_SLURM_RANKS_PER_NODE: as many as a node has GPUs."""
    cpus_per_task: int = 1
    """MATERIA_SLURM_CPUS_PER_TASK: cores of one rank."""
    memory: str = ""
    """MATERIA_SLURM_MEMORY: of a node, such as 64G; by default the cluster's."""
    time_minutes: int | None = None
    """MATERIA_SLURM_TIME_MINUTES: limit of one run; by default the partition's."""
    warn_seconds: int = 0
    """MATERIA_SLURM_WARN_SECONDS: so long before the limit the ranks are told to save."""
    max_restarts: int = 0
    """MATERIA_SLURM_MAX_RESTARTS: how often a job that saved at its limit is queued again."""
    constraint: str = ""
    """MATERIA_SLURM_CONSTRAINT: features a node must have."""
    options: tuple[str, ...] = ()
    """MATERIA_SLURM_OPTIONS: further options of placement."""
    python: str = sys.executable
    """MATERIA_SLURM_PYTHON: interpreter on the nodes, with the engine installed."""
    grace_s: int = 30
    """MATERIA_SLURM_GRACE_SECONDS: from a request to stop until a rank is killed."""

    def __post_init__(self) -> None:
        for name, value, pattern in (
            ("PARTITION", self.partition, _NAMES),
            ("ACCOUNT", self.account, _NAMES),
            ("QOS", self.qos, _NAMES),
            ("GRES", self.gres, _GRES),
            ("MEMORY", self.memory, _MEMORY),
            ("CONSTRAINT", self.constraint, _CONSTRAINT),
            ("PYTHON", self.python, SAFE_PATH),
        ):
            if value and not pattern.fullmatch(value):
                raise ValueError(
                    f"MATERIA_SLURM_{name}={value!r} does not match {pattern.pattern}: change it"
                )
        for option in self.options:
            match = _OPTION.fullmatch(option)
            if match is None or match[1] not in EXTRA_OPTIONS:
                raise ValueError(
                    f"MATERIA_SLURM_OPTIONS={option!r} is not one of "
                    f"{', '.join(f'--{name}' for name in sorted(EXTRA_OPTIONS))}: leave it out"
                )
        if self.warn_seconds and self.time_minutes is None:
            raise ValueError(
                f"MATERIA_SLURM_WARN_SECONDS={self.warn_seconds} needs a limit to be before: "
                "set MATERIA_SLURM_TIME_MINUTES"
            )
        if self.max_restarts and not self.warn_seconds:
            raise ValueError(
                f"MATERIA_SLURM_MAX_RESTARTS={self.max_restarts} needs a warning before the limit: "
                "set MATERIA_SLURM_WARN_SECONDS"
            )

    @classmethod
    def from_mapping(cls, env: Mapping[str, str]) -> SlurmSettings:
        """Read what orchestration/settings.py hands over; raises ValueError by variable."""
        time_text = env.get("MATERIA_SLURM_TIME_MINUTES")
        return cls(
            partition=env.get("MATERIA_SLURM_PARTITION", ""),
            account=env.get("MATERIA_SLURM_ACCOUNT", ""),
            qos=env.get("MATERIA_SLURM_QOS", ""),
            gres=env.get("MATERIA_SLURM_GRES", ""),
            ranks_per_node=_whole("RANKS_PER_NODE", env.get("MATERIA_SLURM_RANKS_PER_NODE"), 1, 1),
            cpus_per_task=_whole("CPUS_PER_TASK", env.get("MATERIA_SLURM_CPUS_PER_TASK"), 1, 1),
            memory=env.get("MATERIA_SLURM_MEMORY", ""),
            time_minutes=_whole("TIME_MINUTES", time_text, 1, 1) if time_text else None,
            warn_seconds=_whole("WARN_SECONDS", env.get("MATERIA_SLURM_WARN_SECONDS"), 0, 0),
            max_restarts=_whole("MAX_RESTARTS", env.get("MATERIA_SLURM_MAX_RESTARTS"), 0, 0),
            constraint=env.get("MATERIA_SLURM_CONSTRAINT", ""),
            options=tuple(env.get("MATERIA_SLURM_OPTIONS", "").split()),
            python=env.get("MATERIA_SLURM_PYTHON", sys.executable),
            grace_s=_whole("GRACE_SECONDS", env.get("MATERIA_SLURM_GRACE_SECONDS"), 30, 1),
        )


def _whole(name: str, text: str | None, default: int, least: int) -> int:
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,8}", text) or int(text) < least:
        raise ValueError(f"MATERIA_SLURM_{name}={text!r} is not a whole number of {least} or more")
    return int(text)

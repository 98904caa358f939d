"""What a person sees while a job runs: log lines, and the same lines live in Dagster (Pipes)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

logger = logging.getLogger(__name__)

Say = Callable[[str], None]

_PIPES_VARIABLE = "DAGSTER_PIPES_CONTEXT"
"""Set by whoever launches an external process for Dagster."""


@contextmanager
def open_progress(env: Mapping[str, str], *, is_first: bool) -> Iterator[Say]:
    """Yield a function that says a line; only the first rank speaks."""
    if not is_first:
        yield lambda message: None
    elif _PIPES_VARIABLE not in env:
        yield logger.info
    else:
        from dagster_pipes import open_dagster_pipes

        with open_dagster_pipes() as pipes:

            def say(message: str) -> None:
                logger.info(message)
                pipes.log.info(message)

            yield say


def duration(seconds: float) -> str:
    """Return 42s, 3m05s or 2h07m."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}m"

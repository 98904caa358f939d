"""A clean place to rebuild in: its own home, its own lake, the installation's launcher."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import orchestration.definitions  # noqa: F401  (defining the assets says what makes them)
from orchestration.compute.open import open_compute
from orchestration.lake import ObjectLake
from orchestration.launchers.open import POLL_S, open_launcher
from orchestration.platform import places_of
from orchestration.provenance import gather
from orchestration.reproduce.overlay import OverlayLake
from orchestration.reproduce.rebuild import Bench
from orchestration.settings import Settings
from orchestration.stores import FileStore


@contextmanager
def open_bench(
    settings: Settings, lake: ObjectLake, into: Path | None, tell: Callable[[str], None]
) -> Iterator[Bench]:
    """Yield a bench in `into`, which stays; or in a folder below the home, which goes.

    Raises ValueError when `into` holds anything. Below the home, because a cluster's nodes see it.
    """
    if into is not None:
        if into.exists() and (not into.is_dir() or any(into.iterdir())):
            raise ValueError(f"--into {into} is not empty: name a folder that does not exist yet")
        into.mkdir(parents=True, exist_ok=True)
        yield _bench(settings, lake, into.resolve(), tell)
        return
    parent = settings.home / "reproduced"
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent) as folder:
        yield _bench(settings, lake, Path(folder), tell)


def _bench(
    settings: Settings, lake: ObjectLake, folder: Path, tell: Callable[[str], None]
) -> Bench:
    clean = ObjectLake(FileStore(folder / "lake"), folder / "cache")
    launcher = open_launcher(replace(settings, home=folder))
    return Bench(
        folder=folder,
        clean=OverlayLake(clean, lake),
        launcher=launcher,
        poll_s=POLL_S[launcher.name],
        compute=open_compute(settings),
        training=settings.training,
        max_preemptions=settings.max_preemptions,
        places=places_of(settings),
        provenance=gather(""),
        tell=tell,
    )

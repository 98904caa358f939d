"""`materia sync` and `materia rebuild`: bring the tracker level with the lake."""

from __future__ import annotations

from orchestration.commands.console import console
from orchestration.platform import build_platform
from orchestration.settings import Settings, prepare_environment
from orchestration.tracker import MlflowTracker


def sync() -> None:
    """Complete tracker runs that could not be written while the tracker was away.

    Example: `materia sync`
    """
    tracker, manifests = _open()
    done = tracker.sync(manifests)
    console.print(f"{done} runs completed")


def rebuild() -> None:
    """Write every artifact's run and every registered release into an empty tracker again.

    Example: `materia rebuild`
    """
    tracker, manifests = _open()
    made = tracker.rebuild(manifests)
    console.print(f"{made} runs rebuilt from the lake")


def _open():  # type: ignore[no-untyped-def]
    settings = Settings.from_env()
    prepare_environment(settings)
    platform = build_platform(settings)
    assert isinstance(platform.tracker, MlflowTracker)
    return platform.tracker, list(platform.lake.manifests())

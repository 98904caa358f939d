"""Opens the forecaster and the gate that an installation's settings ask for."""

from __future__ import annotations

from assets.corpora.places import Places
from assets.ports import Lake
from orchestration.forecast.forecast import Forecaster
from orchestration.forecast.gate import ForecastGate
from orchestration.launchers.nvml import Nvml, device_of
from orchestration.settings import Settings


def open_forecaster(settings: Settings, lake: Lake, places: Places) -> Forecaster:
    return Forecaster(
        lake=lake,
        places=places,
        factors=settings.factors,
        training=settings.training,
        device_here=device_here(settings),
    )


def open_gate(settings: Settings, lake: Lake, places: Places) -> ForecastGate:
    return ForecastGate(open_forecaster(settings, lake, places), settings.limit)


def device_here(settings: Settings) -> str:
    """Return what a job on this machine would run on; "" where jobs run elsewhere."""
    if settings.launcher != "local":
        return ""
    found = device_of(Nvml.open(), {}, 0)
    return found.name if found else ""

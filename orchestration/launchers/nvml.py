"""Which accelerator a rank runs on and the energy it has drawn, asked of NVIDIA's own library.

Through ctypes, so that neither torch nor another package is needed. Energy is a counter of the
device (NVML, nvmlDeviceGetTotalEnergyConsumption; Volta and later), not of a process.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assets.lineage.usage import CPU

_LIBRARY = "libnvidia-ml.so.1"
_OTHER_ACCELERATORS = (Path("/dev/kfd"), Path("/dev/accel"))
"""AMD's and the kernel's device nodes: something is there that we cannot name or measure."""
_SUCCESS = 0
_NAME_BYTES = 96


@dataclass(frozen=True, kw_only=True)
class Device:
    """One accelerator; energy is counted from its driver's start."""

    name: str
    uuid: str
    energy_j: float | None


class Nvml:
    """The library, opened; `library` is what ctypes has loaded."""

    def __init__(self, library: Any) -> None:
        self._library = library
        if library.nvmlInit_v2() != _SUCCESS:
            raise OSError("NVML does not start: is the driver loaded?")

    @classmethod
    def open(cls) -> Nvml | None:
        """Return None on a machine without NVIDIA's driver."""
        try:
            return cls(ctypes.CDLL(_LIBRARY))
        except OSError:
            return None

    def device(self, place: str) -> Device | None:
        """Return a device by its index or by its UUID; None when there is no such one."""
        handle = ctypes.c_void_p()
        if place.isdigit():
            found = self._library.nvmlDeviceGetHandleByIndex_v2(int(place), ctypes.byref(handle))
        else:
            found = self._library.nvmlDeviceGetHandleByUUID(place.encode(), ctypes.byref(handle))
        if found != _SUCCESS:
            return None
        name = self._text(self._library.nvmlDeviceGetName, handle)
        uuid = self._text(self._library.nvmlDeviceGetUUID, handle)
        millijoules = ctypes.c_ulonglong()
        read = self._library.nvmlDeviceGetTotalEnergyConsumption(handle, ctypes.byref(millijoules))
        # Part of a GPU has no counter of its own, and the whole one's is not its.
        known = read == _SUCCESS and not place.startswith("MIG")
        return Device(
            name=name, uuid=uuid or place, energy_j=millijoules.value / 1000 if known else None
        )

    def _text(self, function: Any, handle: ctypes.c_void_p) -> str:
        buffer = ctypes.create_string_buffer(_NAME_BYTES)
        done = function(handle, buffer, ctypes.c_uint(_NAME_BYTES))
        return buffer.value.decode(errors="replace") if done == _SUCCESS else ""


def device_of(nvml: Nvml | None, env: Mapping[str, str], local_rank: int) -> Device | None:
    """Return the device that CUDA gives a rank, or None when nobody can tell.

    Indices are NVML's, which are CUDA's on a node of equal devices. A rank that sees no device
    runs on the processor.
    """
    if nvml is None:
        others = any(path.exists() for path in _OTHER_ACCELERATORS)
        return None if others else Device(name=CPU, uuid="", energy_j=None)
    visible = env.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return nvml.device(str(local_rank)) or Device(name=CPU, uuid="", energy_j=None)
    places = [place.strip() for place in visible.split(",") if place.strip()]
    if not places or places[0] == "-1":
        return Device(name=CPU, uuid="", energy_j=None)
    return nvml.device(places[local_rank]) if local_rank < len(places) else None

"""How the loops of this folder are compiled: no GIL, kept on disk, exact arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from assets.compiler import njit

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

compiled: Callable[[Kernel], Kernel] = njit(cache=True, nogil=True)
"""The cache is by file: when a kernel of another file changes, callers are compiled again only if
their own file changes too, so delete the cache while editing."""

part: Callable[[Kernel], Kernel] = njit(cache=True, nogil=True, forceinline=True)
"""For a small function that is called for every word or character: it becomes part of its caller,
since a call of its own passes seven numbers for each array, at some twenty nanoseconds."""

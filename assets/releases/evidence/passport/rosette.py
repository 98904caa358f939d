"""The ornament of a passport: a guilloche drawn from the digest of its release.

For the eye only: two pages of one release look alike, those of two releases hardly. The digest is
what proves it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

NUM_BANDS, POINTS = 4, 300
SIZE = 320.0
_OUTER, _STEP = 0.44, 0.095
"""Radius of the outermost band and distance of the bands, as shares of SIZE (our choice)."""


@dataclass(frozen=True, kw_only=True)
class Band:
    """One closed curve, drawn again at each of the angles."""

    path: str
    turns: tuple[float, ...]
    """Degrees."""


def rosette(digest: str) -> Iterator[Band]:
    """Yield the bands from the outside in; `digest` is 64 hex digits."""
    seed = bytes.fromhex(digest)
    for number in range(NUM_BANDS):
        petals, depth, ripple, copies = seed[number * 4 : number * 4 + 4]
        waves = 7 + petals % 12
        lines = 6 + copies % 5
        yield Band(
            path=_curve(
                waves,
                radius=SIZE * (_OUTER - number * _STEP) * 0.9,
                depth=0.07 + 0.10 * depth / 255,
                ripple=0.15 + 0.35 * ripple / 255,
            ),
            turns=tuple(round(360 / waves / lines * line, 3) for line in range(lines)),
        )


def _curve(waves: int, *, radius: float, depth: float, ripple: float) -> str:
    points = []
    for step in range(POINTS):
        angle = 2 * math.pi * step / POINTS
        wave = math.sin(waves * angle) + ripple * math.sin(3 * waves * angle)
        far = radius * (1 + depth * wave)
        points.append(
            f"{SIZE / 2 + far * math.cos(angle):.1f} {SIZE / 2 + far * math.sin(angle):.1f}"
        )
    return f"M{'L'.join(points)}Z"

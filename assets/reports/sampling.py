"""A fair sample of items that depends on their ids and a seed, never on their order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def sample(ids: Iterable[str], *, limit: int, seed: int) -> list[str]:
    """Return at most `limit` ids, sorted: those whose keyed hash is smallest.

    A larger limit keeps every id of a smaller one, and an id that is added or removed changes
    at most one other.
    """
    if limit < 1:
        raise ValueError(f"a sample of {limit} items shows nothing: set max_items to 1 or more")
    key = seed.to_bytes(16, "little", signed=True)
    ranked = sorted(
        ids, key=lambda i: (hashlib.blake2b(i.encode(), digest_size=16, key=key).digest(), i)
    )
    return sorted(ranked[:limit])

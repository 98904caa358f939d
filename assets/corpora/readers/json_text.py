"""JSON from strangers: how deep it nests, before a parser sees it; and how to parse it safely."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

_OPEN, _CLOSE = b"[{", b"]}"
_NOT_BRACKETS = bytes(set(range(256)) - set(_OPEN + _CLOSE))


class BadJson(Exception):
    """JSON that is not parsed; `reason` goes to quarantine."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def nesting(text: bytes) -> int:
    """Return how deep brackets nest outside of strings; linear in time, whatever the text is.

    For JSON with a backslash outside of a string it may be wrong, but only behind the backslash,
    where parsing has failed.
    """
    plain = text.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in text else text
    outside = b"".join(plain.split(b'"')[::2])
    brackets = np.frombuffer(outside.translate(None, _NOT_BRACKETS), np.uint8)
    if not brackets.size:
        return 0
    opening = (brackets == _OPEN[0]) | (brackets == _OPEN[1])
    return int(np.cumsum(np.where(opening, 1, -1), dtype=np.int64).max())


def parse_json(content: bytes, max_nesting: int) -> Any:
    """Return the value; raises BadJson: not_utf8, nested_too_deep or malformed_json."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise BadJson("not_utf8") from None
    # Text without that many brackets cannot nest so deep; that is nearly all of it.
    brackets = content.count(b"[") + content.count(b"{")
    if brackets > max_nesting and nesting(content) > max_nesting:
        raise BadJson("nested_too_deep")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise BadJson("malformed_json") from None

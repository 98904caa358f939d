"""Bring text to one canonical form: NFC, one newline, no invisible characters, tidy spaces.

Idempotent and total: any str goes in, the same text comes out of a second pass. Documents are
identified by the hash of this form, so a change here is a change of every doc_id.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

HASH_CHARS = 32
"""128 bits of SHA-256: no two of 10^12 texts meet by chance."""

_NEWLINE = re.compile("\r\n?|[\v\f\x85\u2028\u2029]")
_CODE_NEWLINE = re.compile("\r\n?|[\x85\u2028\u2029]")

_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 and C1 controls, without tab and newline
    "\u00ad\u200b\u2060\ufeff"  # soft hyphen, zero-width space, word joiner, BOM
    "\u202a-\u202e\u2066-\u2069"  # bidirectional controls: they can hide what text says
    "\ufff9-\ufffb]"  # interlinear annotation
)
# Kept: zero-width joiner and non-joiner (U+200C, U+200D) change words in many scripts.

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACES = re.compile("[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_LINE_END = re.compile(" *\n *")
_BLANK_LINES = re.compile("\n{3,}")
_CODE_LINE_END = re.compile("[ \t]++\n")
_CODE_BLANK_LINES = re.compile("\n{4,}")


def normalise(text: str, *, keep_layout: bool) -> str:
    """Return the canonical form; `keep_layout` keeps indentation and tabs, for program text."""
    text = (_CODE_NEWLINE if keep_layout else _NEWLINE).sub("\n", text)
    text = _INVISIBLE.sub("", text)
    # A lone surrogate has no UTF-8: hashing or writing it would fail later.
    text = _LONE_SURROGATE.sub("\ufffd", text)
    text = unicodedata.normalize("NFC", text)
    if keep_layout:
        text = _CODE_LINE_END.sub("\n", text).rstrip(" \t\n").lstrip("\n")
        # Two blank lines are the most that PEP 8 uses.
        return _CODE_BLANK_LINES.sub("\n\n\n", text)
    text = _LINE_END.sub("\n", _SPACES.sub(" ", text))
    return _BLANK_LINES.sub("\n\n", text).strip(" \n")


def normalise_line(text: str) -> str:
    """Return the canonical form of a title or a name: one line."""
    return normalise(text, keep_layout=False).replace("\n", " ").replace("  ", " ")


def text_hash_of(text: str, *, keep_layout: bool = False) -> str:
    """Return the identity of a text, whichever document it stands in and however it is spaced."""
    return hash_of_normal_form(normalise(text, keep_layout=keep_layout))


def hash_of_normal_form(text: str) -> str:
    """Return the same of a text that is in its normal form already."""
    return hashlib.sha256(text.encode()).hexdigest()[:HASH_CHARS]

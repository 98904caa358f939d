"""Bring text to one canonical form: NFC, one newline, no invisible characters, tidy spaces.

Idempotent and total: any str goes in, the same text comes out of a second pass. Documents are
identified by the hash of this form, so a change here is a change of every doc_id. Columnar: one
text is a column of length one, so that there is only one definition.
"""

from __future__ import annotations

import hashlib
import re

import polars as pl

HASH_CHARS = 32
"""128 bits of SHA-256: no two of 10^12 texts meet by chance."""

_NEWLINE = r"\r\n?|[\x0b\x0c\x{85}\x{2028}\x{2029}]"
_CODE_NEWLINE = r"\r\n?|[\x{85}\x{2028}\x{2029}]"

_INVISIBLE = (
    r"[\x00-\x08\x0b-\x1f\x7f-\x{9f}"  # C0 and C1 controls, without tab and newline
    r"\x{ad}\x{200b}\x{2060}\x{feff}"  # soft hyphen, zero-width space, word joiner, BOM
    r"\x{202a}-\x{202e}\x{2066}-\x{2069}"  # bidirectional controls: they can hide what text says
    r"\x{fff9}-\x{fffb}]"  # interlinear annotation
)
# Kept: zero-width joiner and non-joiner (U+200C, U+200D) change words in many scripts.

_SPACES = r"[ \t\x{a0}\x{1680}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}]+"
_LINE_END = r" *\n *"
_BLANK_LINES = r"\n{3,}"
_CODE_LINE_END = r"[ \t]+\n"
_CODE_BLANK_LINES = r"\n{4,}"

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def normalised(text: pl.Expr, *, keep_layout: bool) -> pl.Expr:
    """Return the canonical form of a column; `keep_layout` keeps indentation, for program text."""
    newline = _CODE_NEWLINE if keep_layout else _NEWLINE
    text = text.str.replace_all(newline, "\n").str.replace_all(_INVISIBLE, "").str.normalize("NFC")
    if keep_layout:
        text = text.str.replace_all(_CODE_LINE_END, "\n")
        text = text.str.strip_chars_end(" \t\n").str.strip_chars_start("\n")
        # Two blank lines are the most that PEP 8 uses.
        return text.str.replace_all(_CODE_BLANK_LINES, "\n\n\n")
    text = text.str.replace_all(_SPACES, " ").str.replace_all(_LINE_END, "\n")
    return text.str.replace_all(_BLANK_LINES, "\n\n").str.strip_chars(" \n")


def normalised_line(text: pl.Expr) -> pl.Expr:
    """Return the canonical form of titles or names: one line each."""
    return normalised(text, keep_layout=False).str.replace_all(r"\n+", " ")


def unicode_text(text: str) -> str:
    """Replace lone surrogates: they have no UTF-8, so hashing or writing them would fail later."""
    return text if text.isascii() else _LONE_SURROGATE.sub("\ufffd", text)


def normalise(text: str, *, keep_layout: bool) -> str:
    """Return the canonical form of one text."""
    column = pl.select(normalised(pl.lit(unicode_text(text)), keep_layout=keep_layout))
    return str(column.item())


def text_hash_of(text: str, *, keep_layout: bool = False) -> str:
    """Return the identity of a text, whichever document it stands in and however it is spaced."""
    return hash_of_normal_form(normalise(text, keep_layout=keep_layout))


def hash_of_normal_form(text: str) -> str:
    """Return the same of a text that is in its normal form already."""
    return hashlib.sha256(text.encode()).hexdigest()[:HASH_CHARS]

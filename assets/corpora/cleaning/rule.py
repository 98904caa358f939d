"""What a rule of the cleaning step is: its name, its threshold, where that comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import polars as pl

Kind = Literal["prose", "term", "code"]
KINDS: tuple[Kind, ...] = ("prose", "term", "code")

OURS = "our choice"
GOPHER = "MassiveText, arXiv 2112.11446, appendix A.1.1"
GOPHER_TABLE = "MassiveText, arXiv 2112.11446, table A1"
C4 = "C4, arXiv 1910.10683, section 2.2"
FINEWEB = "FineWeb, arXiv 2406.17557, section 3.6"
FINEWEB_LANGUAGE = "FineWeb, arXiv 2406.17557, section 3.2"
CODEX = "Codex, arXiv 2107.03374, section 3.1"
STARCODER = "StarCoder, arXiv 2305.06161, section 3"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One reason to drop a document of some kind."""

    name: str
    """The reason that is written down and counted."""
    kind: Kind
    """Documents it judges."""
    layout_only: bool = False
    """It judges pages: prose of web sources of at least MIN_LAYOUT_LINES lines (layout.py)."""
    measures: str
    """What is counted, in words."""
    threshold: str
    """When the document is dropped."""
    source: str
    """Where the threshold comes from."""
    fails: pl.Expr = field(compare=False, repr=False)
    """The same as an expression over text, language and the columns of measures.py."""


def share(part: str, whole: str) -> pl.Expr:
    """Return the ratio of two measures, 0 where there is nothing."""
    return pl.col(part) / pl.max_horizontal(pl.col(whole), 1)

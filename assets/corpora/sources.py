"""The catalogue of corpora: what each is, whose it is, where it comes from.

Adding one is one entry in catalogue/ (and a reader in readers/ for a new format).
"""

from __future__ import annotations

from collections.abc import Mapping

from assets.corpora.catalogue.code import CODE
from assets.corpora.catalogue.entry import ANY_LANGUAGE, Source
from assets.corpora.catalogue.folders import FOLDERS
from assets.corpora.catalogue.general import GENERAL
from assets.corpora.catalogue.medical import MEDICAL
from assets.corpora.catalogue.multilingual import MULTILINGUAL

__all__ = ["ANY_LANGUAGE", "SOURCES", "Source", "source"]

SOURCES: Mapping[str, Source] = {
    entry.name: entry for entry in (*MEDICAL, *GENERAL, *CODE, *MULTILINGUAL, *FOLDERS)
}


def source(name: str) -> Source:
    """Return a catalogue entry; raises ValueError with the names there are."""
    if name not in SOURCES:
        raise ValueError(f"no source {name!r}: choose from {', '.join(SOURCES)}")
    return SOURCES[name]

"""What the installed packages hold, counted: a reader that loses records is seen here."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from assets.corpora.readers.catalogue import read_file
from assets.corpora.readers.record import Bad
from assets.corpora.snapshot import matches, resolve
from assets.corpora.sources import source


def _count(name: str) -> dict[str, int]:
    entry = source(name)
    paths = {k: p for k, p in resolve(entry, Path("none")).paths.items() if isinstance(p, Path)}
    extra = {k: p for k, p in paths.items() if matches(k, entry.extra_files)}
    found: Counter[str] = Counter()
    for file in sorted(paths):
        if matches(file, entry.files):
            for item in read_file(entry.reader, paths[file], file, entry.reading, extra):
                found[item.reason if isinstance(item, Bad) else item.unusable or "usable"] += 1
    return dict(found)


COUNTS = {
    "cl": {"usable": 3221, "obsolete_term": 272, "no_definition": 103},
    "efo": {"usable": 12314, "obsolete_term": 4930, "no_definition": 1138},
    "hpoa": {"usable": 12685, "no_phenotypes": 2},
    "lee_background": {"usable": 300},
    "mondo": {"usable": 19315, "obsolete_term": 3968, "no_definition": 8675},
    "open_medicine": {"usable": 145},
    "radiology_dict": {"usable": 4480, "no_definition": 90},
    "uberon": {"usable": 12239, "obsolete_term": 1387, "no_definition": 2732},
}


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.slow] if n == "hpoa" else []) for n in COUNTS]
)
def test_a_small_source_is_read_whole(name: str) -> None:
    assert _count(name) == COUNTS[name]


@pytest.mark.slow
def test_the_chemistry_is_read_whole() -> None:
    found = _count("chebi")
    assert sum(found.values()) == 224_691
    assert found["usable"] == 55_195
    assert set(found) == {"usable", "no_definition", "obsolete_term"}


@pytest.mark.slow
def test_retractions_of_the_newer_pubmed_file_are_found() -> None:
    assert _count("pubmed_2020_2021") == {
        "usable": 18_438, "no_abstract": 2337, "retracted": 4, "retraction_notice": 9,
    }  # fmt: skip

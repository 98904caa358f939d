"""The catalogue: names, literals, and what recipes ask for."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from assets.corpora.readers.catalogue import READERS
from assets.corpora.sources import SOURCES, Source, source
from assets.recipes.tiny import tiny

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,127}")
LICENCE = re.compile(r"LicenseRef-[A-Za-z0-9.-]+|[A-Za-z0-9.-]+")


def test_every_source_of_recipe_tiny_is_in_the_catalogue() -> None:
    assert set(tiny().source_names) <= set(SOURCES)


@pytest.mark.parametrize("entry", SOURCES.values(), ids=lambda entry: entry.name)
def test_every_entry_is_complete(entry: Source) -> None:
    assert NAME.fullmatch(entry.name)
    assert LICENCE.fullmatch(entry.licence)
    assert entry.reader in READERS
    assert entry.files and entry.title and entry.citation and entry.description
    assert "://" not in entry.description + entry.citation


@pytest.mark.parametrize("entry", SOURCES.values(), ids=lambda entry: entry.name)
def test_literals_survive_json_and_come_back(entry: Source) -> None:
    literals = json.loads(json.dumps(entry.to_dict()))
    assert literals["name"] == entry.name
    assert Source.from_dict(literals) == entry


def test_an_unknown_source_is_named_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"no source 'pubmet': choose from pubmed_1976_1980, "):
        source("pubmet")


def test_a_package_source_needs_its_version() -> None:
    with pytest.raises(ValueError, match="package and version are for origin 'package'"):
        replace(source("hpo"), version="")

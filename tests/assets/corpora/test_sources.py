"""The catalogue: names, literals, and what recipes ask for."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from assets.corpora.benchmarks import PACKAGE
from assets.corpora.readers.catalogue import READERS
from assets.corpora.readers.limits import ReadLimits
from assets.corpora.readers.record import Fields
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


@pytest.mark.parametrize("entry", SOURCES.values(), ids=lambda entry: entry.name)
def test_no_source_reads_the_package_of_the_benchmarks(entry: Source) -> None:
    assert PACKAGE not in (entry.package, entry.package.removeprefix("pypi:"))


def test_only_the_owners_own_files_are_deidentified() -> None:
    marked = {name for name, entry in SOURCES.items() if entry.deidentify != "none"}
    assert marked == {"inbox"}


def test_text_that_a_program_wrote_is_marked() -> None:
    marked = {name for name, entry in SOURCES.items() if entry.templated}
    assert marked == {"hpoa", "radiology_dict"}


def test_chinese_and_japanese_are_in_the_catalogue() -> None:
    languages = {entry.language for entry in SOURCES.values()}
    assert {"en", "ja", "zh"} <= languages


def test_every_installed_package_is_listed_for_installation() -> None:
    listed = (Path(__file__).parents[3] / "data-packages.txt").read_text().split()
    for entry in SOURCES.values():
        if entry.origin == "package":
            assert f"{entry.package}=={entry.version}" in listed


def test_a_sources_own_limits_and_columns_are_how_it_is_read() -> None:
    limits, fields = ReadLimits(max_rows=5), Fields(text="body")
    entry = replace(source("inbox"), limits=limits, fields=fields)
    assert Source.from_dict(json.loads(json.dumps(entry.to_dict()))) == entry
    assert (entry.reading.limits, entry.reading.fields) == (limits, fields)


def test_a_source_of_terms_declares_their_language() -> None:
    with pytest.raises(ValueError, match=r"source hpo: terms are too short .* instead of 'mul'"):
        replace(source("hpo"), language="mul")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"package": "dict-gcide"}, "is none of deb:NAME, npm:NAME, pypi:NAME"),
        ({"package": "deb:--option"}, "is none of deb:NAME"),
        ({"package": "npm:some-data"}, "npm:some-data needs its exact version"),
        ({"version": "-rf"}, "version '-rf' is no version"),
        ({"location": "s3://bucket/x"}, "location is for origins s3 and hub"),
    ],
)
def test_a_fetched_source_names_a_package_of_a_registry(
    change: dict[str, str], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        replace(source("gcide"), **change)  # type: ignore[arg-type]

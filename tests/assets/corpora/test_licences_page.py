"""docs/licences.md tells every licence and policy as the code decides them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assets.corpora.licence_table import LICENCES, Licence
from assets.corpora.licences import POLICIES
from assets.corpora.withdrawal_lists import COLUMNS

PAGE = (Path(__file__).parents[3] / "docs" / "licences.md").read_text()


@pytest.mark.parametrize("licence", LICENCES.values(), ids=lambda licence: licence.id)
def test_every_licence_stands_in_the_table_as_it_is_decided(licence: Licence) -> None:
    answers = (licence.share_alike, licence.commercial, licence.weights_public)
    told = " | ".join("yes" if answer else "no" for answer in answers)
    row = f"| `{licence.id}` | {licence.attribution} | {told} | {licence.basis} |"
    assert row in PAGE.splitlines()


def test_no_licence_is_told_that_is_not_in_the_code() -> None:
    told = set(re.findall(r"^\| `([A-Za-z0-9.-]+)` \| (?:none|source|document) ", PAGE, re.M))
    assert told == set(LICENCES)


@pytest.mark.parametrize("policy", POLICIES)
def test_every_policy_is_explained(policy: str) -> None:
    assert f"| `{policy}` |" in PAGE


@pytest.mark.parametrize("column", COLUMNS)
def test_every_column_of_a_withdrawal_list_is_explained(column: str) -> None:
    assert f"`{column}`" in PAGE

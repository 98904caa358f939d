"""One installation with the planted documents, made once for all audits."""

from __future__ import annotations

import pytest

from tests.end_to_end.truth.expected import Expected
from tests.end_to_end.truth.installation import Truth


@pytest.fixture(scope="session")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Truth:
    return Truth.made(tmp_path_factory.mktemp("truth"))


@pytest.fixture(scope="session")
def expected(truth: Truth) -> Expected:
    return Expected(truth.plan, truth.lake)

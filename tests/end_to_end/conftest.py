"""One installation with recipe `smoke` materialized through the command, shared by these tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.installation import Installation


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return Installation.made(tmp_path_factory.mktemp("installation"))


@pytest.fixture(scope="session")
def second_installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The same request in another folder, from scratch."""
    return Installation.made(tmp_path_factory.mktemp("second"))


@pytest.fixture
def note(tmp_path: Path) -> Path:
    path = tmp_path / "note.txt"
    path.write_text("The patient received 0.5 mg of atropine.")
    return path

"""What a release's page in Dagster shows beside what every artifact shows."""

from __future__ import annotations

from pathlib import Path

from assets.fakes import FakeLake
from assets.lineage.build import Built
from assets.releases.defs import tell_passport
from tests.evidence_lake import make_release


def test_the_page_of_a_release_says_how_to_get_its_passport(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path)
    release = make_release(lake)
    built = Built(manifest=release, uri=lake.uri(release), reused=True, mlflow_url="")
    told = str(tell_passport(built)["passport"].value)
    assert f"materia passport 'releases/release@{release.short}' --out passport.html" in told

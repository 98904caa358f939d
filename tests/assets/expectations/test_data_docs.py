"""The data docs: a site that stands alone, names every suite and shows no text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assets.expectations.data_docs import (
    DATA_DOCS_CHECKS,
    index_url,
    make_data_docs,
    read_results,
)
from assets.fakes import FakeLake, commit_folder, fake_workspace
from assets.lineage.manifest import Manifest
from assets.lineage.step import Step
from assets.lineage.workspace import LineageError, Outcome
from tests.assets.expectations.tables import (
    corpus_document,
    document,
    files,
    merge,
    question,
    selected,
)

SECRET = "Jane Roe, born 3 May"


def committed(lake: FakeLake) -> tuple[Manifest, ...]:
    shady = document("b", text=f"{SECRET}\x07", title=SECRET, licence="?", native_id=SECRET)
    return (
        commit_folder(
            lake,
            "corpora/documents",
            files(documents=[document("a"), shady]),
            partition="notes",
            source={"name": "notes", "language": "en"},
        ),
        commit_folder(
            lake,
            "mixtures/deduped",
            files(documents=[corpus_document("a")], merged=[merge("b")]),
            partition="tiny",
            dedup={"threshold": 0.7},
        ),
        commit_folder(lake, "mixtures/stage1", files(selection=[selected("a")]), partition="tiny"),
        commit_folder(
            lake, "synthesis/questions", files(questions=[question("a")]), partition="tiny"
        ),
    )


def made(folder: Path) -> tuple[Path, Outcome]:
    lake = FakeLake(folder / "lake")
    step = Step(family="reports", name="data_docs", partition="tiny", code_version="1", config={})
    ws = fake_workspace(folder, step, committed(lake), lake=lake)
    return ws.out_dir, make_data_docs(ws)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    return made(tmp_path_factory.mktemp("site"))


def test_every_suite_has_a_page_and_the_index_leads_to_it(site: tuple[Path, Outcome]) -> None:
    folder, outcome = site
    index = (folder / "index.html").read_text()
    links = re.findall(r'<td><a href="([^"]+)"', index)
    assert len(links) == outcome.counts["suites"] == 5
    assert all((folder / link).is_file() for link in links)


def test_nothing_is_fetched_and_nothing_runs(site: tuple[Path, Outcome]) -> None:
    for page in site[0].glob("*.html"):
        assert not re.search(r"https?:|//|<script|<link|@import|url\(", page.read_text())


def test_no_text_of_a_document_is_shown(site: tuple[Path, Outcome]) -> None:
    written = "".join(path.read_text() for path in site[0].iterdir())
    assert SECRET not in written + site[1].summary
    assert "Jane" not in written


def test_what_does_not_hold_is_counted_and_named(site: tuple[Path, Outcome]) -> None:
    folder, outcome = site
    results = read_results((folder / "results.json").read_text())
    failed = [f for r in results for f in r["report"]["findings"] if not f["success"]]
    critical = [f["name"] for f in failed if f["severity"] == "critical"]
    assert len(critical) == outcome.counts["unsuccessful_critical"] == 2
    assert "column_values_to_match_regex(licence)" in critical
    page = (folder / results[0]["page"]).read_text()
    assert page.index("not held") < page.index(">held<")


def test_the_site_is_the_same_every_time(site: tuple[Path, Outcome], tmp_path: Path) -> None:
    again, _ = made(tmp_path)
    for path in site[0].iterdir():
        assert (again / path.name).read_bytes() == path.read_bytes()


def test_a_site_about_nothing_is_refused(tmp_path: Path) -> None:
    step = Step(family="reports", name="data_docs", partition="tiny", code_version="1", config={})
    with pytest.raises(LineageError, match="has no input with a suite"):
        make_data_docs(fake_workspace(tmp_path, step))


def test_results_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"results\.json does not hold suites"):
        read_results('[{"suite": 1}]')


@pytest.mark.parametrize(
    ("uri", "url"),
    [
        ("/lake/reports/data_docs/ab/a1", "file:///lake/reports/data_docs/ab/a1/index.html"),
        ("file:///lake/a1", "file:///lake/a1/index.html"),
        ("s3://bucket/a1", "s3://bucket/a1/index.html"),
    ],
)
def test_the_site_has_an_address(uri: str, url: str) -> None:
    assert index_url(uri) == url


def judged(site: Path, folder: Path, **changes: bytes | None) -> dict[str, bool]:
    """Commit the site, with files changed or left out, and return what each check says."""
    files = {path.name: path.read_bytes() for path in site.iterdir()}
    for name, content in changes.items():
        (path,) = [entry for entry in files if entry.startswith(name)]
        files[path] = content or b""
        if content is None:
            del files[path]
    lake = FakeLake(folder / "lake")
    manifest = commit_folder(lake, "reports/data_docs", files)
    return {check.name: check.run(manifest, lake).passed for check in DATA_DOCS_CHECKS}


def test_a_whole_site_passes_and_says_what_does_not_hold(
    site: tuple[Path, Outcome], tmp_path: Path
) -> None:
    assert judged(site[0], tmp_path) == {"site_is_whole": True, "every_suite_holds": False}


@pytest.mark.parametrize(
    "change",
    [{"synthesis": None}, {"index": None}, {"index": b"<html></html>"}, {"results": b"[]"}],
)
def test_a_site_with_a_page_lost_is_not_whole(
    site: tuple[Path, Outcome], tmp_path: Path, change: dict[str, bytes | None]
) -> None:
    assert not judged(site[0], tmp_path, **change)["site_is_whole"]


def test_a_site_without_a_critical_finding_holds(
    site: tuple[Path, Outcome], tmp_path: Path
) -> None:
    results = (site[0] / "results.json").read_text().replace('"success": false', '"success": true')
    assert judged(site[0], tmp_path, results=results.encode())["every_suite_holds"]

"""The page in a real browser, opened from disk: quiet, usable by keyboard, readable by all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.end_to_end.test_page import BROWSER_FLAGS
from tests.passport_page import gathered, hostile, with_many_sources, written

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs the chromium program"),
]
DESKTOP, PHONE = {"width": 1400, "height": 1000}, {"width": 390, "height": 844}
MIN_CONTRAST = 4.5
"""WCAG 2.2, 1.4.3, for text of ordinary size."""
AUDITS = Path(__file__).with_name("audits.js").read_text(encoding="utf-8")
MAX_CLICK_MS = 5_000
"""A third of a second on a quiet machine; tests share theirs with others."""
NUM_SOURCES = 2_500
"""Two artifacts each: thousands, as a corpus of many parts has."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pages: a release, a hostile one, and one of thousands of artifacts."""
    folder = tmp_path_factory.mktemp("pages")
    lake, facts, proof = gathered(folder)
    for name, told in (
        ("release", facts),
        ("hostile", hostile(facts)),
        ("thousands", with_many_sources(facts, NUM_SOURCES)),
    ):
        (folder / f"{name}.html").write_text(written(lake, told, proof))
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=list(BROWSER_FLAGS))
        yield running
        running.close()


def audit(page: Page, name: str) -> Any:
    """Run one function of audits.js in the page, by the debugger and not by the page's program."""
    return page.evaluate(f"({AUDITS})().{name}()")


class Opened:
    """A page with all that it said and asked for."""

    def __init__(self, browser: Browser, path: Path, **context: Any) -> None:
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page: Page = browser.new_context(**context).new_page()
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", lambda dialog: self.said.append(dialog.message))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(path.as_uri())
        self.asked.remove(path.as_uri())

    def choose(self, key: str) -> None:
        self.page.locator(f'[aria-label="{key}"]').first.click()

    def marked(self, kind: str) -> set[str]:
        found = self.page.locator(f"#graph .cell.{kind}").evaluate_all(
            "cells => cells.map(cell => cell.getAttribute('aria-label'))"
        )
        return {name.split("[")[0] for name in found}


@pytest.fixture
def opened(browser: Browser, folder: Path) -> Iterator[Opened]:
    opened = Opened(browser, folder / "release.html", viewport=DESKTOP)
    yield opened
    assert opened.said == [] and opened.asked == []
    opened.page.context.close()


def test_a_click_opens_the_record_and_marks_what_is_before_and_after(opened: Opened) -> None:
    opened.choose("checkpoints/stage2[toy]")
    details = opened.page.locator("#details")
    details.locator("h3", has_text="checkpoints/stage2[toy]").wait_for()
    told = details.inner_text()
    for part in ("fingerprint", "digest", "code version", "c0ffee", "steps", "Made from (2)"):
        assert part in told
    up, down = opened.marked("up"), opened.marked("down")
    assert {"corpora/raw", "checkpoints/stage1", "tokenizers/shards_stage2"} <= up
    assert {"checkpoints/stage3", "models/sft_medical", "releases/release"} <= down
    assert "tokenizers/shards_stage3" not in up | down
    assert opened.marked("here") == {"checkpoints/stage2"}
    assert opened.page.url.split("#")[1].startswith("artifact=")


def test_links_of_a_record_lead_along_the_chain(opened: Opened) -> None:
    opened.choose("checkpoints/stage2[toy]")
    opened.page.get_by_role("button", name="checkpoints/stage1[toy]").last.click()
    _shows(opened.page, "#details-title", "checkpoints/stage1[toy]")
    opened.page.get_by_role("button", name="Close").click()
    assert opened.marked("up") == set()
    _shows(opened.page, "#details-title", "No artifact chosen")


def test_the_keyboard_alone_reaches_every_artifact(opened: Opened) -> None:
    page = opened.page
    page.locator("#find").focus()
    page.keyboard.press("Tab")
    focused = "document.activeElement.getAttribute('aria-label')"
    assert page.evaluate(focused) == "releases/release[toy]"
    page.keyboard.press("ArrowUp")
    assert page.evaluate(focused) == "reports/scorecard[toy]"
    page.keyboard.press("Enter")
    _shows(page, "#details-title", "reports/scorecard[toy]")
    assert page.evaluate("document.activeElement.getAttribute('aria-pressed')") == "true"
    page.keyboard.press("Escape")
    assert opened.marked("here") == set()
    assert page.evaluate(focused) == "reports/scorecard[toy]"
    page.keyboard.press("Home")
    assert str(page.evaluate(focused)).startswith("corpora/")
    seen = set()
    for _ in range(60):
        seen.add(page.evaluate(focused))
        page.keyboard.press("ArrowDown")
    assert "releases/release[toy]" in seen


def test_focus_is_seen_wherever_it_is(opened: Opened) -> None:
    for _ in range(40):
        opened.page.keyboard.press("Tab")
        style = opened.page.evaluate(
            "(() => { const e = document.activeElement; const cell = e.closest('.cell');"
            "const s = getComputedStyle(cell ? cell.querySelector('rect') || cell : e);"
            "return cell ? parseFloat(s.strokeWidth) : parseFloat(s.outlineWidth); })()"
        )
        assert style >= 2


def test_search_finds_by_name_and_by_digest(opened: Opened) -> None:
    page = opened.page
    page.locator("#find").fill("shards_sft")
    _shows(page, "#find-status", "2 found")
    page.keyboard.press("Enter")
    _shows(page, "#details-title", "tokenizers/shards_sft_general[toy]")
    digest = page.locator("#record dd code").nth(1).inner_text()
    page.locator("#find").fill(digest[:20])
    _shows(page, "#find-status", "1 found")
    page.locator("#find").fill("no such thing")
    _shows(page, "#find-status", "0 found")
    assert page.locator("#hits").is_hidden()


def test_other_sections_and_addresses_lead_to_an_artifact(opened: Opened, browser: Browser) -> None:
    opened.page.locator("#curriculum").get_by_role("link", name="models/sft_medical").click()
    _shows(opened.page, "#details-title", "models/sft_medical[toy]")
    again = browser.new_page()
    again.goto(opened.page.url)
    _shows(again, "#details-title", "models/sft_medical[toy]")
    again.close()


def test_the_table_lists_all_artifacts(opened: Opened) -> None:
    opened.page.locator("#all summary").click()
    opened.page.locator("#rows tr").first.wait_for()
    assert opened.page.locator("#rows tr").count() == 24
    assert opened.page.locator("#more").is_hidden()


def test_a_file_is_compared_with_the_page_in_the_browser(opened: Opened, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    status = opened.page.locator("#file-status")
    for content, says in (
        (b"weights", "weights.bin are those of model.safetensors"),
        (b"changed", "changed.bin is no file of this release"),
    ):
        copy = tmp_path / f"{content.decode()}.bin"
        copy.write_bytes(content)
        opened.page.locator("#file").set_input_files(copy)
        expect(status).to_contain_text(says)


@pytest.mark.parametrize("name", ["release", "hostile", "thousands"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_no_page_scrolls_sideways_says_a_word_or_asks_for_anything(
    browser: Browser, folder: Path, name: str, viewport: dict[str, int]
) -> None:
    opened = Opened(browser, folder / f"{name}.html", viewport=viewport)
    width = "document.documentElement.scrollWidth"
    assert opened.page.evaluate(width) <= viewport["width"]
    opened.page.locator("#graph .cell").first.click()
    opened.page.locator("#all summary").click()
    assert opened.page.evaluate(width) <= viewport["width"]
    assert "owned" not in opened.page.title()[:5]
    assert (opened.said, opened.asked) == ([], [])
    opened.page.context.close()


def test_on_a_phone_a_record_is_a_sheet_that_can_be_closed(browser: Browser, folder: Path) -> None:
    opened = Opened(
        browser, folder / "release.html", viewport=PHONE, has_touch=True, reduced_motion="reduce"
    )
    opened.page.locator('[aria-label="mixtures/deduped[toy]"]').tap()
    box = opened.page.locator("#details").bounding_box()
    assert box is not None and box["height"] <= 0.56 * PHONE["height"]
    assert box["y"] + box["height"] == pytest.approx(PHONE["height"], abs=1)
    chosen = opened.page.locator("#graph .cell.here").bounding_box()
    assert chosen is not None and 0 <= chosen["y"] <= box["y"] - chosen["height"]
    opened.page.get_by_role("button", name="Close").tap()
    assert opened.marked("here") == set()
    opened.page.context.close()


def test_thousands_of_artifacts_stay_usable(browser: Browser, folder: Path) -> None:
    opened = Opened(browser, folder / "thousands.html", viewport=DESKTOP)
    page = opened.page
    assert page.locator("#graph .cell").count() == 24 + 2 * NUM_SOURCES
    page.locator("#find").fill("source2499")
    _shows(page, "#find-status", "2 found")
    took = page.evaluate(
        "() => { const cell = document.querySelector('[aria-label=\"releases/release[toy]\"]');"
        "const begun = performance.now();"
        "cell.dispatchEvent(new MouseEvent('click', { bubbles: true }));"
        "cell.getBoundingClientRect(); return performance.now() - begun; }"
    )
    assert took < MAX_CLICK_MS
    assert page.locator("#graph .cell.up").count() == 23 + 2 * NUM_SOURCES
    page.locator("#all summary").click()
    page.locator("#more").click()
    assert page.locator("#rows tr").count() == 400
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_stands_out_from_what_is_behind_it(
    browser: Browser, folder: Path, scheme: str
) -> None:
    opened = Opened(
        browser, folder / "release.html",
        viewport=DESKTOP, color_scheme=scheme, reduced_motion="reduce",
    )  # fmt: skip
    for summary in opened.page.locator("main summary").all():
        summary.click()
    for key in ("", "checkpoints/stage2[toy]"):
        if key:
            opened.choose(key)
        found = audit(opened.page, "contrasts")
        assert len(found) > 300
        poor = [(text, ratio) for text, ratio in found if ratio < MIN_CONTRAST]
        assert poor == []
    opened.page.context.close()


def test_the_page_has_landmarks_ordered_headings_and_named_pictures(opened: Opened) -> None:
    page = opened.page
    for name in ("banner", "navigation", "main", "contentinfo", "complementary"):
        assert page.get_by_role(name).count() == 1, name  # type: ignore[arg-type]
    levels = page.locator("h1, h2, h3, h4").evaluate_all("all => all.map(h => +h.tagName[1])")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert audit(page, "unnamed") == []
    assert page.evaluate("document.documentElement.lang") == "en"


def test_motion_is_left_out_for_those_who_asked_for_it(browser: Browser, folder: Path) -> None:
    moving = "getComputedStyle(document.documentElement).scrollBehavior"
    found = []
    for motion in ("reduce", "no-preference"):
        opened = Opened(browser, folder / "release.html", reduced_motion=motion)
        found.append(opened.page.evaluate(moving))
        opened.page.context.close()
    assert found == ["auto", "smooth"]


def test_the_page_is_complete_without_its_program(browser: Browser, folder: Path) -> None:
    opened = Opened(browser, folder / "release.html", java_script_enabled=False)
    assert opened.page.locator("#graph .cell").count() == 24
    assert opened.page.locator("noscript p").is_visible()
    opened.page.context.close()


def _shows(page: Page, selector: str, text: str) -> None:
    """Wait until an element says so: an address that changes is followed a moment later."""
    from playwright.sync_api import expect

    expect(page.locator(selector)).to_have_text(text)

"""Takes the pictures in docs/images from running pages: `materia ui`, then this script.

    python docs/take_screenshots.py --dagster http://127.0.0.1:3000 --mlflow http://127.0.0.1:5000
    python docs/take_screenshots.py --passport passport.html passport passport-lineage

Needs recipe `tiny` in the lake, playwright and a chromium. The folder of this checkout is shown
as `~/materia`, wherever it lies; nothing else on a page is changed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import FloatRect, Locator, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
WIDTH, HEIGHT = 1600, 1000
MAX_BYTES = 400_000
BROWSER_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
SETTLE_MS = 4_000
"""Animations and late requests of both pages are over by then (seen)."""
TRAINED = "checkpoints/stage1"
RECIPE = "tiny"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dagster", default="http://127.0.0.1:3000")
    parser.add_argument("--mlflow", default="http://127.0.0.1:5000")
    parser.add_argument("--passport", type=Path, default=Path("passport.html"))
    parser.add_argument("names", nargs="*", help="only these pictures")
    arguments = parser.parse_args()
    shots: dict[str, Callable[[Page], None]] = {
        "asset-graph": lambda page: show_graph(page, arguments.dagster),
        "training-run": lambda page: show_training_run(page, arguments.dagster, arguments.mlflow),
        "checkpoint-asset": lambda page: show_checkpoint(page, arguments.dagster),
        "mlflow-run": lambda page: show_mlflow_run(page, arguments.mlflow),
        "scorecard": lambda page: show_scorecard(page, arguments.dagster),
        "passport": lambda page: show_passport(page, arguments.passport),
        "passport-lineage": lambda page: show_lineage(page, arguments.passport),
    }
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(BROWSER_FLAGS)
        )
        for name in arguments.names or shots:
            is_graph = name == "asset-graph"  # its small letters need two pixels for one
            page = browser.new_page(
                viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=1 + is_graph
            )
            page.set_default_timeout(60_000)
            shots[name](page)
            take(page, IMAGES / f"{name}.png", clip=graph_box(page) if is_graph else None)
            page.close()
        browser.close()


def show_graph(page: Page, dagster: str) -> None:
    """Show every asset, not only their groups, from top to bottom."""
    page.set_viewport_size({"width": 1400, "height": 1400})
    page.goto(f"{dagster}/asset-groups")
    page.get_by_text("releases", exact=True).last.wait_for()
    page.get_by_text("Hide navigation").click()
    page.wait_for_timeout(SETTLE_MS)
    page.keyboard.press("Alt+KeyE")  # expand all groups
    page.wait_for_timeout(SETTLE_MS)
    page.mouse.click(1200, 180, button="right")
    page.get_by_text("vertical orientation").click()
    page.wait_for_timeout(SETTLE_MS)
    page.reload()  # the graph is centred anew
    page.wait_for_timeout(SETTLE_MS)
    page.mouse.click(339, 80)  # fold the tree of groups
    page.wait_for_timeout(SETTLE_MS)


def graph_box(page: Page) -> FloatRect:
    """Return the rectangle around all groups of the graph, with a margin."""
    found: FloatRect = page.evaluate(GRAPH_BOX)
    return found


def show_training_run(page: Page, dagster: str, mlflow: str) -> None:
    """Show the log lines that the training job sent while it ran."""
    run_id = tag(training_run(mlflow), "materia.dagster_run_id")
    page.goto(f"{dagster}/runs/{run_id}?logs=step%3Acheckpoints__stage1")
    page.get_by_text("Hide navigation").click()
    page.wait_for_timeout(SETTLE_MS)
    page.mouse.move(WIDTH * 0.6, HEIGHT * 0.8)
    page.mouse.wheel(0, -100_000)  # the page opens at the end of the log
    page.get_by_text("starting: loading torch").wait_for()
    page.mouse.move(WIDTH * 0.4, HEIGHT * 0.25)
    page.mouse.wheel(0, 230)  # to the bars of the training steps


def show_checkpoint(page: Page, dagster: str) -> None:
    """Show the metadata of a checkpoint with its loss curve opened."""
    page.goto(f"{dagster}/assets/{TRAINED}?view=partitions&partition={RECIPE}")
    open_picture(page, "picture/loss")


def show_mlflow_run(page: Page, mlflow: str) -> None:
    """Show the curves of the run that made the checkpoint."""
    info = training_run(mlflow)["info"]
    run = f"experiments/{info['experiment_id']}/runs/{info['run_id']}"
    # The assistant's panel opens itself on a first visit.
    for key, value in (("fab.autoOpenedOnFirstLoad_v1", "true"), ("panelOpen_v1", "false")):
        page.add_init_script(f"localStorage.setItem('mlflow.assistant.{key}', '{value}')")
    page.goto(f"{mlflow}/#/{run}/model-metrics?workflowType=machine_learning")
    page.get_by_placeholder("Search metric charts").fill("train")
    page.get_by_text("grad_norm").first.wait_for()


def show_scorecard(page: Page, dagster: str) -> None:
    page.goto(f"{dagster}/assets/reports/scorecard?view=partitions&partition={RECIPE}")
    open_picture(page, "picture/scorecard")


def show_passport(page: Page, file: Path) -> None:
    """Show the head of a release's passport."""
    page.set_viewport_size({"width": 1300, "height": 1000})
    page.goto(file.resolve().as_uri())


def show_lineage(page: Page, file: Path) -> None:
    """Show the passport's lineage in dark, with the second checkpoint chosen."""
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.set_viewport_size({"width": 1300, "height": 1180})
    page.goto(file.resolve().as_uri())
    page.locator('#graph [aria-label^="checkpoints/stage2"]').click()
    page.evaluate("document.querySelector('.lineage').scrollIntoView({ block: 'end' })")


def open_picture(page: Page, label: str) -> None:
    row: Locator = page.get_by_role("row").filter(has_text=label)
    row.get_by_text("[Show Markdown]").click()
    page.locator("img[src^='data:image/png']").wait_for()


def training_run(mlflow: str) -> dict[str, Any]:
    """Return the newest finished MLflow run of the checkpoint, with its Dagster run in a tag."""
    found = ask(mlflow, "experiments/get-by-name?experiment_name=materia/checkpoints")
    query = {
        "experiment_ids": [found["experiment"]["experiment_id"]],
        "filter": f"tags.`materia.key` = '{TRAINED}' and tags.`materia.partition` = '{RECIPE}' "
        "and attributes.status = 'FINISHED'",
        "max_results": 1,
    }
    run: dict[str, Any] = ask(mlflow, "runs/search", query)["runs"][0]
    return run


def tag(run: dict[str, Any], name: str) -> str:
    return next(str(tag["value"]) for tag in run["data"]["tags"] if tag["key"] == name)


def ask(mlflow: str, path: str, query: dict[str, Any] | None = None) -> Any:
    request = urllib.request.Request(
        f"{mlflow}/api/2.0/mlflow/{path}",
        data=None if query is None else json.dumps(query).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)


def take(page: Page, path: Path, clip: FloatRect | None = None) -> None:
    page.wait_for_timeout(SETTLE_MS)
    page.evaluate(HIDE_FOLDER, str(ROOT))
    page.screenshot(path=path, clip=clip)
    with Image.open(path) as picture:
        small = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    small.save(path, optimize=True)
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ValueError(f"{path.name} has {size:,} bytes, more than {MAX_BYTES:,}: show less")
    print(f"{path.relative_to(ROOT)}: {size:,} bytes")


GRAPH_BOX = """() => {
    const boxes = [...document.querySelectorAll("svg foreignObject")]
        .map((element) => element.getBoundingClientRect())
        .filter((box) => box.width > 0);
    const x = Math.min(...boxes.map((box) => box.left)) - 16;
    const y = Math.min(...boxes.map((box) => box.top)) - 16;
    const right = Math.max(...boxes.map((box) => box.right)) + 16;
    const bottom = Math.max(...boxes.map((box) => box.bottom)) + 16;
    return { x, y, width: right - x, height: bottom - y };
}"""
HIDE_FOLDER = """(folder) => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        if (node.data.includes(folder)) node.data = node.data.replaceAll(folder, "~/materia");
    }
}"""

if __name__ == "__main__":
    main()

"""reports/scorecard: all scores of one recipe in one table and one picture, chance beside them."""

from __future__ import annotations

import json
from typing import Any

from assets.lineage.workspace import Outcome, Workspace
from assets.recipes.graph import JUDGES
from assets.reports.pictures import draw_scores
from assets.reports.scores import is_above_chance, rows_of, score_table, sentences, title_of

SCHEMA = "materia.scorecard/1"


def make_scorecard(ws: Workspace) -> Outcome:
    """Merge the reports of the four judges."""
    reports = {judge: _report(ws, judge) for judge in JUDGES}
    labels = reports[JUDGES[0]]["models"]
    for judge, report in reports.items():
        if report["models"] != labels:
            raise ValueError(
                f"reports/{judge} judged {', '.join(report['models'])}, but reports/{JUDGES[0]} "
                f"{', '.join(labels)}: materialize both again for one recipe"
            )
    scores = [
        {
            **score,
            "report": judge,
            "title": title_of(score["benchmark"]),
            "above_chance": is_above_chance(score),
        }
        for judge in JUDGES
        for score in reports[judge]["scores"]
    ]
    rows = rows_of(scores)
    table, said = score_table(rows, labels), sentences(rows, labels)
    card = {"schema": SCHEMA, "models": labels, "scores": scores, "sentences": said}
    ws.out("scorecard.json").write_text(json.dumps(card, indent=1, sort_keys=True) + "\n")
    summary = "\n\n".join([table, "\n".join(f"- {sentence}" for sentence in said)])
    ws.out("scorecard.md").write_text(f"# Scorecard\n\n{summary}\n\n{_legend(reports)}\n")
    draw_scores(rows, labels, title="Scorecard", path=ws.out("scorecard.png"))
    near = [score for score in scores if score["above_chance"] is False]
    return Outcome(
        counts={"models": len(labels), "benchmarks": len(rows), "near_chance": len(near)},
        metrics={
            f"eval/{score['model']}/{score['benchmark']}/{score['metric']}": score["value"]
            for score in scores
        },
        summary=summary,
        pictures=("scorecard.png",),
    )


def _report(ws: Workspace, judge: str) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(
        ws.input(f"reports/{judge}").path("report.json").read_text()
    )
    return report


def _legend(reports: dict[str, dict[str, Any]]) -> str:
    seeds = sorted({report["seed"] for report in reports.values()})
    truncated = sum(score["truncated"] for r in reports.values() for score in r["scores"])
    return (
        "Zero-shot, on a random sample of items with a fixed seed "
        f"({', '.join(map(str, seeds))}). Brackets hold 95% intervals: Wilson for shares, "
        f"bootstrap over items for perplexities. {truncated} contexts were longer than the model "
        "was trained on and lost their oldest tokens. What each row means: docs/evaluation.md."
    )

"""The plan of a request to forget: all that it would mean, before anything is changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from assets.corpora.tombstones import Mode, request_step, requests_in
from assets.lineage.audit import ArtifactGraph
from assets.lineage.forgetting.exposure import Exposure, affected_by, exposures
from assets.lineage.forgetting.request import Asked, Request, make_request
from assets.lineage.forgetting.residual import Residual, residual_influence
from assets.lineage.forgetting.restart import Restart, plan_restart, standing_recipes
from assets.lineage.forgetting.searching import Held, held_by_id
from assets.lineage.forgetting.selection import Selected
from assets.lineage.manifest import Manifest
from assets.ports import Lake
from assets.recipes.forgotten import Forgotten
from assets.recipes.resolve import resolve_graph

MAX_DOCUMENTS = 100
"""Documents listed by name; all are counted."""
_AFTER = ("reports", "releases")


@dataclass(frozen=True, kw_only=True)
class ForgetPlan:
    """Everything known about a request that has not been made."""

    request: Request
    holding: tuple[Held, ...]
    """Tables with rows of the documents."""
    raw: tuple[str, ...]
    """Raw corpora that the documents were read from; their files still hold the text."""
    exposures: tuple[Exposure, ...]
    affected: tuple[str, ...]
    """Models, reports and releases that descend from weights which learned from them."""
    restarts: tuple[Restart, ...]
    """Per recipe, under the mode of the request."""
    strict: tuple[Restart, ...]
    """The same under mode `strict`."""
    residual: dict[str, list[Residual]]
    """Per recipe, what mode `restart` would leave."""

    @property
    def selected(self) -> Selected:
        return self.request.selected

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as `materia forget --json` prints it."""
        config = self.request.step.config
        rows, near = self.selected.rows, self.selected.near
        return {
            "applied": False,
            "mode": config["mode"],
            "near": config["near"],
            "reason": config["reason"],
            "num_documents": rows.height,
            "documents": _rows(rows.head(MAX_DOCUMENTS).to_dicts()),
            "num_near_copies": near.height,
            "near_copies": _rows(near.head(MAX_DOCUMENTS).to_dicts()),
            "sources": list(self.selected.sources),
            "holding": [asdict(each) for each in self.holding],
            "raw": list(self.raw),
            "exposures": [
                {**asdict(each), "has_learned": each.has_learned} for each in self.exposures
            ],
            "affected": list(self.affected),
            "restarts": [restart_view(each) for each in self.restarts],
            "strict": [restart_view(each) for each in self.strict],
            "residual": {
                name: [asdict(each) for each in found] for name, found in self.residual.items()
            },
        }


def plan_forgetting(lake: Lake, selected: Selected, asked: Asked, job_root: Path) -> ForgetPlan:
    """Compute the plan of a request; raises ValueError when it names nothing."""
    graph = ArtifactGraph.of(lake)
    request = make_request(lake, graph, selected, asked)
    ids, hashes = selected.doc_ids, selected.rows["text_hash"].unique()
    found = exposures(lake, graph, ids)
    holding = [h for m in graph.nodes.values() for h in held_by_id(lake, m, ids, hashes)]
    reached = affected_by(graph, found, ("checkpoints", "models", *_AFTER))
    now = standing_recipes(lake)
    known = [request_step(m.config) for m in requests_in(lake)]

    def restarts(mode: Mode) -> tuple[Restart, ...]:
        step = replace(request.step, config={**request.step.config, "mode": mode})
        then = Forgotten(requests=(*known, step))
        return tuple(
            plan_restart(
                lake,
                graph_now,
                resolve_graph(name, lake, then),
                found,
                job_root,
                strict=mode == "strict",
            )
            for name, graph_now in now.items()
        )

    return ForgetPlan(
        request=request,
        holding=tuple(holding),
        raw=tuple(_raw_of(graph, holding)),
        exposures=tuple(found),
        affected=tuple(_names(graph, reached)),
        restarts=restarts(asked.mode),
        strict=restarts("strict"),
        residual={name: residual_influence(lake, g, ids) for name, g in now.items()},
    )


def restart_view(restart: Restart) -> dict[str, Any]:
    """Return a restart with its sums, ready for JSON."""
    return {
        **asdict(restart),
        "cost": asdict(restart.cost),
        "num_steps": restart.num_steps,
        "trained_tokens": restart.trained_tokens,
        "num_remade": len(restart.remade),
        "num_reused": len(restart.reused),
        "not_recorded": [each.node for each in restart.remade if not each.is_recorded],
    }


def _raw_of(graph: ArtifactGraph, holding: Iterable[Held]) -> list[str]:
    found = {}
    for held in holding:
        for record in graph.nodes[held.fingerprint].inputs:
            if (record.family, record.name) == ("corpora", "raw") and not held.only_names:
                found[record.fingerprint] = f"corpora/raw[{record.partition}]"
    return [f"{key}@{fingerprint[:12]}" for fingerprint, key in sorted(found.items())]


def _names(graph: ArtifactGraph, fingerprints: Iterable[str]) -> list[str]:
    chosen: list[Manifest] = [graph.nodes[fingerprint] for fingerprint in fingerprints]
    return [f"{m.key}@{m.short}" for m in sorted(chosen, key=lambda m: (m.family, m.finished_at))]


def _rows(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if value != ""} for row in rows]

"""What a run would make: the steps of its assets that the lake has not, inputs first.

Sources that the run would read are looked at now, as the run itself will do, so that what follows
from them has its fingerprint before anything is made. Starts nothing and writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from assets.corpora.benchmarks import benchmark_package
from assets.corpora.places import Places
from assets.corpora.snapshot import resolve
from assets.corpora.sources import SOURCES, source
from assets.corpora.withdrawn import resolve_withdrawn
from assets.lineage.step import Step
from assets.ports import Lake
from assets.recipes.ablation import VARIANTS, ablation_name
from assets.recipes.catalogue import RECIPES, recipe
from assets.recipes.forgotten import Forgotten
from assets.recipes.graph import (
    RecipeGraph,
    ablation_step,
    documents_step,
    raw_step,
    signatures_step,
    withdrawn_step,
)
from assets.recipes.resolve import forgotten_in, newest_raw, newest_withdrawn

Target = tuple[str, str]
"""(node, partition), "" for none."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    missing: tuple[Step, ...]
    """Each fingerprint once, inputs first."""
    num_present: int
    unresolved: tuple[str, ...]
    """Why the identity of some targets cannot be known, a sentence each, as the run will say."""


def wanted(targets: Iterable[Target], lake: Lake, places: Places) -> Wanted:
    """Return what making some targets would make."""
    chosen = dict.fromkeys(targets)
    resolver = _Resolver(chosen, lake, places)
    missing: dict[str, Step] = {}
    present: set[str] = set()
    for node, partition in _sources_first(chosen):
        step = resolver.step(node, partition)
        if step is None:
            continue
        if lake.find(step.family, step.name, step.fingerprint) is not None:
            present.add(step.fingerprint)
        else:
            missing[step.fingerprint] = step
    return Wanted(
        missing=tuple(_inputs_first(missing)),
        num_present=len(present),
        unresolved=tuple(dict.fromkeys(resolver.problems)),
    )


class _Resolver:
    """Computes steps as a run would: sources that it reads anew stand for what they are now."""

    def __init__(self, targets: Mapping[Target, None], lake: Lake, places: Places) -> None:
        self._targets, self._lake, self._places = targets, lake, places
        self._graphs: dict[str, RecipeGraph | None] = {}
        self.problems: list[str] = []

    def step(self, node: str, partition: str) -> Step | None:
        """Return a target's step, or None when the recipe has none or it cannot be known."""
        try:
            return self._step(node, partition)
        except (ValueError, OSError) as problem:
            self.problems.append(str(problem))
            return None

    def _step(self, node: str, partition: str) -> Step | None:
        if node == "corpora/withdrawn":
            return withdrawn_step(resolve_withdrawn(self._places.inbox).to_dict())
        if node == "reports/ablation":
            graphs = {variant: self._graph(ablation_name(variant)) for variant in VARIANTS}
            known = {variant: graph for variant, graph in graphs.items() if graph is not None}
            return ablation_step(known) if len(known) == len(graphs) else None
        if node in ("corpora/raw", "corpora/documents", "mixtures/signatures"):
            raw = self._raw.get(partition)
            if raw is None:
                return None
            documents = documents_step(raw, self._forgotten)
            steps = (raw, documents, signatures_step(documents))
            return next(step for step in steps if step.node == node)
        if partition not in RECIPES:
            return None
        graph = self._graph(partition)
        return graph.steps.get(node) if graph is not None else None

    def _graph(self, name: str) -> RecipeGraph | None:
        if name not in self._graphs:
            self._graphs[name] = None  # told once, however many nodes ask
            self._graphs[name] = RecipeGraph(
                recipe(name), self._raw, benchmark_package(), self._withdrawn, self._forgotten
            )
        return self._graphs[name]

    @cached_property
    def _raw(self) -> Mapping[str, Step]:
        found = dict(newest_raw(self._lake))
        for name in SOURCES:
            if ("corpora/raw", name) not in self._targets:
                continue
            try:
                snapshot = resolve(source(name), self._places).to_dict()
            except (ValueError, OSError) as problem:
                self.problems.append(str(problem))
                continue
            found[name] = raw_step(source(name).to_dict(), snapshot)
        return found

    @cached_property
    def _forgotten(self) -> Forgotten:
        return forgotten_in(self._lake)

    @cached_property
    def _withdrawn(self) -> Step | None:
        if ("corpora/withdrawn", "") not in self._targets:
            return newest_withdrawn(self._lake)
        lists = resolve_withdrawn(self._places.inbox)
        return withdrawn_step(lists.to_dict()) if lists.files else None


def _sources_first(targets: Mapping[Target, None]) -> list[Target]:
    return sorted(targets, key=lambda target: target[0] != "corpora/raw")


def _inputs_first(steps: Mapping[str, Step]) -> Iterator[Step]:
    """Yield some steps such that none comes before one that it needs."""
    seen: set[str] = set()

    def visit(step: Step) -> Iterator[Step]:
        if step.fingerprint in seen:
            return
        seen.add(step.fingerprint)
        for above in step.inputs:
            yield from visit(above)
        if step.fingerprint in steps:
            yield step

    for step in steps.values():
        yield from visit(step)

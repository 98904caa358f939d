"""What forgetting means for one recipe: what is made again, from where, and at what cost.

The re-run is not guessed: the graph of identities is computed with the request and compared with
the lake, as `materia materialize` will do it. Costs are those that earlier runs have recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from assets.lineage.forgetting.exposure import Exposure
from assets.lineage.manifest import Cost, Manifest
from assets.lineage.step import Step
from assets.ports import Lake
from assets.recipes.catalogue import RECIPES
from assets.recipes.forgotten import NOTHING
from assets.recipes.graph import RecipeGraph
from assets.recipes.resolve import resolve_graph

TRAINING = ("checkpoints", "models")


@dataclass(frozen=True, kw_only=True)
class Start:
    """From where the first exposed stage can be trained again without the documents."""

    stage: str
    """Node of that stage."""
    first_step: int | None
    """The first step that read them; None where they were packed and never read."""
    from_step: int
    """Step to go on from: 0, or that of a step checkpoint before the first exposure."""
    checkpoint: str
    """That checkpoint's folder, or ""."""
    num_steps: int
    told: str


@dataclass(frozen=True, kw_only=True)
class Remade:
    """One artifact of a recipe that is made again."""

    node: str
    was: str
    """Fingerprint of what stands now, "" where nothing is in the lake."""
    becomes: str
    steps: int
    cost: Cost
    is_recorded: bool
    """Whether the cost was measured when the artifact was made; else nothing is known."""


@dataclass(frozen=True, kw_only=True)
class Restart:
    """The re-run of one recipe under one mode."""

    recipe: str
    start: Start | None
    """None when no stage of the recipe as it stands has packed the documents."""
    reused: tuple[str, ...]
    """Nodes that keep their artifacts."""
    remade: tuple[Remade, ...]

    @property
    def cost(self) -> Cost:
        return sum((each.cost for each in self.remade), Cost())

    @property
    def trained_tokens(self) -> int:
        """Tokens that training reads again; those of tokenizers and shards are in the cost."""
        return sum(each.cost.tokens for each in self.remade if each.node.startswith(TRAINING))

    @property
    def num_steps(self) -> int:
        return sum(each.steps for each in self.remade)


def standing_recipes(lake: Lake) -> dict[str, RecipeGraph]:
    """Return the graphs of the recipes that have ever trained something, as they stand.

    Where the re-run that the newest requests ask for has not begun, that is the graph without
    requests, which was trained; where corpora were read anew since, nothing is trained of it yet.
    """
    made = [m for family in TRAINING for m in lake.manifests(family)]
    fingerprints, partitions = {m.fingerprint for m in made}, {m.partition for m in made}
    found: dict[str, RecipeGraph] = {}
    for name in RECIPES:
        try:
            graphs = [resolve_graph(name, lake), resolve_graph(name, lake, NOTHING)]
        except ValueError:
            continue  # a corpus that it needs was never read: it has trained nothing
        trained = [graph for graph in graphs if _is_trained(graph, fingerprints)]
        if trained or name in partitions:
            found[name] = (trained or graphs)[0]
    return found


def _is_trained(graph: RecipeGraph, made: set[str]) -> bool:
    return any(s.fingerprint in made for s in graph.steps.values() if s.family in TRAINING)


def plan_restart(
    lake: Lake,
    now: RecipeGraph,
    after: RecipeGraph,
    found: Iterable[Exposure],
    job_root: Path,
    *,
    strict: bool,
) -> Restart:
    """Compare a recipe's graph as it stands with the one that a request would leave."""
    start = _start(lake, now, {e.fingerprint: e for e in found}, job_root)
    before, then = _with_corpora(now), _with_corpora(after)
    remade, reused = [], []
    for key, step in then.items():
        if lake.find(step.family, step.name, step.fingerprint) is not None:
            reused.append(key)
            continue
        stands = before.get(key)
        part = 1.0
        if start is not None and not strict and step.node == start.stage:
            part = (start.num_steps - start.from_step) / max(1, start.num_steps)
        remade.append(_remade(lake, key, step, stands, part))
    return Restart(recipe=now.recipe.name, start=start, reused=tuple(reused), remade=tuple(remade))


def step_checkpoints(job_root: Path, step: Step) -> dict[int, Path]:
    """Return the committed step checkpoints that a job's folder still has, by step."""
    folder = job_root / f"{step.family}.{step.name}.{step.short}" / "resume"
    found = (path.parent for path in folder.glob("step-*/manifest.json"))
    return {int(path.name.removeprefix("step-")): path for path in sorted(found)}


def _with_corpora(graph: RecipeGraph) -> dict[str, Step]:
    """Return all steps of a recipe, inputs first, its corpora by partition."""
    found: dict[str, Step] = {}
    for step in graph.steps.values():
        for above in step.inputs:
            if above.node in ("corpora/documents", "mixtures/signatures"):
                for each in (*above.inputs, above):
                    if each.node in ("corpora/documents", "mixtures/signatures"):
                        found.setdefault(each.key, each)
        found[step.node] = step
    return found


def _start(
    lake: Lake, graph: RecipeGraph, found: Mapping[str, Exposure], job_root: Path
) -> Start | None:
    stages = [step for step in graph.steps.values() if step.family in TRAINING]
    for index, step in enumerate(stages):
        exposure = found.get(step.fingerprint)
        if exposure is None:
            continue
        manifest = lake.find(step.family, step.name, step.fingerprint)
        assert manifest is not None, "an exposure is read from a committed model"
        num_steps, first = int(manifest.counts["steps"]), exposure.first_step
        kept = step_checkpoints(job_root, step)
        clean = [at for at in kept if first is None or at <= first]
        at = max(clean, default=0)
        before = stages[index - 1].node if index else ""
        return Start(
            stage=step.node,
            first_step=first,
            from_step=at,
            checkpoint=str(kept[at]) if at else "",
            num_steps=num_steps,
            told=_told(step.node, first, at, before, len(kept)),
        )
    return None


def _told(stage: str, first: int | None, at: int, before: str, num_kept: int) -> str:
    read = (
        "was packed for it but never read" if first is None else f"was first read at step {first}"
    )
    if at:
        return f"{stage} {read}; it goes on from the step checkpoint {at}, which had not read it"
    kept = (
        f"none of its {num_kept} step checkpoints is earlier"
        if num_kept
        else "no step checkpoint of it is kept"
    )
    where = f"from the weights of {before}" if before else "from the beginning: random weights"
    return f"{stage} {read}; {kept}, so it starts {where}"


def _remade(lake: Lake, key: str, step: Step, stands: Step | None, part: float) -> Remade:
    was = None
    if stands is not None:
        was = lake.find(stands.family, stands.name, stands.fingerprint)
    measured = was or _newest(lake, step)
    steps = int(measured.counts.get("steps", 0)) if measured and step.family in TRAINING else 0
    return Remade(
        node=key,
        was=was.fingerprint if was else "",
        becomes=step.fingerprint,
        steps=round(steps * part),
        cost=_scaled(measured.cost, part) if measured else Cost(),
        is_recorded=measured is not None,
    )


def _newest(lake: Lake, step: Step) -> Manifest | None:
    made = [m for m in lake.manifests(step.family, step.name) if m.partition == step.partition]
    return made[-1] if made else None


def _scaled(cost: Cost, part: float) -> Cost:
    return Cost(
        tokens=round(cost.tokens * part),
        flops=cost.flops * part,
        wall_s=cost.wall_s * part,
        device_s=cost.device_s * part,
    )

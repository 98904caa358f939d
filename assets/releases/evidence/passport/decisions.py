"""What was decided on the way to a release, by policy or by people, and what an auditor asks about.

Every line names the artifacts whose record says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from assets.lineage.manifest import Manifest
from assets.lineage.tables import document, has_file
from assets.ports import Lake
from assets.releases.evidence.facts import Facts
from assets.releases.evidence.passport.artifacts import node_of
from training.shards import steps_without_update

RESULT = "result.json"
MAX_LISTED = 20
"""Steps or artifacts named in one line; records hold them all (our choice)."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    level: Literal["fact", "look"]
    """look: a reader should know of it before trusting the release."""
    title: str
    text: str
    artifacts: tuple[int, ...]
    """Places in the lineage."""


def decisions_of(lake: Lake, facts: Facts, places: Mapping[str, int]) -> tuple[Decision, ...]:
    """Return all decisions, those to look at first."""
    found = [
        Decision(
            level=level,
            title=title,
            text=text,
            artifacts=tuple(places[m.fingerprint] for m in about[:MAX_LISTED]),
        )
        for level, title, text, about in (*_trainings(lake, facts), *_data(facts), *_code(facts))
    ]
    return tuple(sorted(found, key=lambda decision: decision.level != "look"))


_Line = tuple[Literal["fact", "look"], str, str, Sequence[Manifest]]


def _trainings(lake: Lake, facts: Facts) -> Iterator[_Line]:
    without = []
    for training in facts.trainings:
        if not has_file(training, RESULT):
            yield "look", "No result", f"{node_of(training)} left no {RESULT}.", [training]
            continue
        result = document(lake, training, RESULT)
        lines = [*_steps(training, result), *_drift(training, result)]
        yield from lines
        if not lines:
            without.append(training)
    if without:
        yield (
            "fact", "Every step left its update",
            f"In {len(without)} of {len(facts.trainings)} stages of training no step was dropped "
            "or undone, and no drift was accepted.", without,
        )  # fmt: skip


def _steps(training: Manifest, result: dict[str, Any]) -> Iterator[_Line]:
    if dropped := sorted(steps_without_update(result)):
        told = _some(dropped)
        yield (
            "fact", "Steps without update",
            f"{node_of(training)}: {len(dropped):,} of {result['steps']:,} steps read their "
            f"samples and left no update: {told}.", [training],
        )  # fmt: skip
    for spike in result.get("spikes", ())[:MAX_LISTED]:
        back = "" if spike["back_to"] is None else f" to the state of step {spike['back_to']:,}"
        limit = "" if spike["limit"] is None else f", above the limit of {spike['limit']:.4g}"
        yield (
            "look", "Loss spike",
            f"{node_of(training)}, step {spike['step']:,}: the loss was {_loss(spike['loss'])}"
            f"{limit}; the policy was to {_ACTIONS[spike['action']]}{back}.", [training],
        )  # fmt: skip


_ACTIONS = {"skip": "drop the update", "rollback": "go back", "stop": "stop"}


def _drift(training: Manifest, result: dict[str, Any]) -> Iterator[_Line]:
    for change in result.get("accepted_drift", ()):
        yield (
            "look", "Accepted drift",
            f"{node_of(training)} went on from a checkpoint of another {change['field']}: "
            f"{change['checkpoint']} there, {change['spec']} now. A person accepted it.",
            [training],
        )  # fmt: skip


def _data(facts: Facts) -> Iterator[_Line]:
    yield (
        "fact", "Licence policy",
        f"The recipe's policy is {facts.release.config['policy']}: a document whose licence it "
        "does not allow is kept out of the mixture.", [facts.release],
    )  # fmt: skip
    for m in facts.all("mixtures/deduped"):
        withdrawn = m.counts.get("documents_withdrawn", 0)
        yield (
            "fact", "Duplicates",
            f"{m.counts['documents_kept']:,} of {m.counts['documents_in']:,} documents were kept; "
            f"{m.counts['merged_exact']:,} exact and {m.counts['merged_near']:,} near copies were "
            f"merged; {withdrawn:,} withdrawn documents were left out.", [m],
        )  # fmt: skip
    for m in facts.all("mixtures/decontaminated"):
        alarms = m.counts.get("alarms", 0)
        yield (
            "look" if alarms else "fact", "Benchmarks kept out",
            f"{m.counts['removed']:,} of {m.counts['documents_in']:,} documents were removed, "
            f"because they hold a benchmark's item; {alarms:,} alarms.", [m],
        )  # fmt: skip
    yield from _cleaning(facts)
    for m in facts.all("reports/data_docs"):
        critical, other = (m.counts[f"unsuccessful_{kind}"] for kind in ("critical", "warning"))
        yield (
            "look" if critical or other else "fact", "Expectations of the data",
            f"Of {m.counts['expectations']:,} expectations {critical:,} critical and {other:,} "
            "other ones did not hold.", [m],
        )  # fmt: skip


def _cleaning(facts: Facts) -> Iterator[_Line]:
    documents = facts.all("corpora/documents")
    read, kept = (sum(m.counts[name] for m in documents) for name in ("read", "kept"))
    dropped = sum(m.counts.get("dropped", 0) for m in documents)
    aside = sum(m.counts.get("quarantined", 0) for m in documents)
    if documents:
        yield (
            "fact", "Cleaning",
            f"{kept:,} of {read:,} records became documents; {dropped:,} were dropped by a rule, "
            f"{aside:,} set aside because they could not be read.", documents,
        )  # fmt: skip
    masked = [m for m in documents if m.config["source"]["deidentify"] != "none"]
    if masked:
        names = _some([m.partition for m in masked])
        yield "fact", "De-identified", f"Identifiers of persons were masked in {names}.", masked


def _code(facts: Facts) -> Iterator[_Line]:
    dirty = [m for m in facts.chain if m.git_dirty]
    if dirty:
        yield (
            "look", "Uncommitted changes",
            f"{len(dirty):,} of {len(facts.chain):,} artifacts were made by a working copy with "
            "changes that no commit holds; their code version still names the code.", dirty,
        )  # fmt: skip
    commits = sorted({m.git_commit for m in facts.chain})
    yield (
        "fact", "Code",
        f"The artifacts were made at {len(commits):,} commit{'s' * (len(commits) > 1)}: "
        f"{_some([commit[:12] for commit in commits])}.", [],
    )  # fmt: skip


def _loss(loss: float | str) -> str:
    return loss if isinstance(loss, str) else f"{loss:.4g}"


def _some(values: Sequence[object]) -> str:
    more = len(values) - MAX_LISTED
    told = ", ".join(map(str, values[:MAX_LISTED]))
    return f"{told} and {more:,} more" if more > 0 else told

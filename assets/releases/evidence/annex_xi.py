"""A draft of the technical documentation, EU AI Act Annex XI section 1, from lineage alone.

It is no legal advice; what lineage cannot know is marked for the provider.
"""

from __future__ import annotations

from typing import Any

from assets.releases.evidence.draft import Gap, Section, Statement, render, state
from assets.releases.evidence.facts import Facts, tokens_of
from assets.releases.evidence.statements import timestamp

INTRO = (
    "A draft, written from lineage alone, of what Annex XI section 1 of Regulation (EU) 2024/1689 "
    "asks of providers of general-purpose AI models (Art. 53(1)(a)). It is not legal advice and "
    "has been read by no lawyer. Each statement ends with the artifact it comes from; its manifest "
    "and signed attestation are in this pack. Section 2 (systemic risk) is not drafted."
)

Lines = tuple[Statement | Gap, ...]
J_PER_KWH = 3.6e6


def annex_xi(facts: Facts) -> str:
    """Return the draft as Markdown."""
    release = facts.release
    sections = (
        Section(heading="1(a) Tasks", lines=_tasks(facts)),
        Section(heading="1(b) Acceptable use", lines=(Gap(text="policies of acceptable use."),)),
        Section(heading="1(c) Release and distribution", lines=_release(facts)),
        Section(heading="1(d) Architecture and parameters", lines=architecture(facts)),
        Section(heading="1(e) Modality and formats", lines=_formats(facts)),
        Section(heading="1(f) Licence", lines=(Gap(text="licence of the weights."),)),
        Section(heading="2(a) Technical means for integration", lines=_means(facts)),
        Section(heading="2(b) Design and training process", lines=training(facts)),
        Section(heading="2(c) Data", lines=data(facts)),
        Section(heading="2(d) Computational resources", lines=compute(facts)),
        Section(heading="2(e) Energy", lines=energy(facts)),
        Section(heading="Evaluation", lines=evaluation(facts)),
    )
    return render(f"Annex XI: materia-{release.config['recipe']} (draft)", INTRO, sections)


def _tasks(facts: Facts) -> Lines:
    return (
        state(
            "Generation of text, from the model "
            f"materia-{facts.release.config['recipe']} of {len(facts.trainings)} training stages; "
            "answers are checked by nobody and are not for medical use.",
            facts.release,
        ),
        Gap(text="tasks it is meant for, and systems it may be integrated in."),
    )


def _release(facts: Facts) -> Lines:
    made = timestamp(facts.release.finished_at)
    return (
        state(f"Version {facts.release.short} was made on {made}.", facts.release),
        Gap(text="date of release, and how it is distributed."),
    )


def architecture(facts: Facts) -> Lines:
    config = facts.model
    sliding = len(config.sliding_window_layers)
    return (
        state(
            f"Baichuan-M1 (arXiv 2502.12671): a decoder of {config.num_layers} layers, {sliding} "
            f"of them with a window of {config.sliding_window} tokens, hidden size "
            f"{config.hidden_size}, vocabulary {config.vocab_size:,}.",
            facts.release,
        ),
        state(f"{config.num_parameters():,} parameters.", facts.release),
    )


def _formats(facts: Facts) -> Lines:
    return (
        state(
            "Text in, text out, as tokens of the release's own tokenizer; at most "
            f"{facts.model.max_position_embeddings:,} tokens at once.",
            facts.release,
            *facts.all("tokenizers/tokenizer"),
        ),
    )


def _means(facts: Facts) -> Lines:
    files = sorted(entry.path for entry in facts.release.files)
    packages = facts.trainings[-1].packages
    versions = ", ".join(f"{name} {version}" for name, version in sorted(packages.items()))
    return (
        state(f"The release has {len(files)} files: {', '.join(files)}.", facts.release),
        *([state(f"It was trained with {versions}.", facts.trainings[-1])] if packages else []),
    )


def training(facts: Facts) -> Lines:
    lines: list[Statement | Gap] = []
    for m in facts.trainings:
        goal = "next tokens of documents"
        if m.family == "models":
            goal = "answers to questions (supervised fine-tuning)"
        settings = ", ".join(
            f"{name} {_told(m.config[name])}"
            for name in ("precision", "optimizer", "schedule", "batch_samples", "context_tokens")
            if name in m.config
        )
        lines.append(
            state(
                f"{m.family}/{m.name}: learns {goal}, {m.counts['steps']:,} steps; {settings}.", m
            )
        )
    return (*lines, Gap(text="rationale and assumptions of the design choices."))


def data(facts: Facts) -> Lines:
    lines: list[Statement | Gap] = []
    total = tokens_of(facts.shares)
    for m in facts.trainings:
        shares = [s for s in facts.shares if s.model.endswith(f"@{m.short}")]
        told = ", ".join(
            f"{s.source} under {s.licence} {s.tokens_read:,} tokens ({s.share:.2%})" for s in shares
        )
        lines.append(state(f"{m.family}/{m.name} read: {told}.", m))
    for m in facts.all("reports/data_docs"):
        lines.append(
            state(
                f"{m.counts['expectations']:,} expectations of the data were checked: "
                f"{m.counts['unsuccessful_critical']:,} critical and "
                f"{m.counts['unsuccessful_warning']:,} other ones did not hold.",
                m,
            )
        )
    return (
        state(f"{total:,} tokens read in all stages, every reading counted.", *facts.trainings),
        *lines,
        Gap(text="methods to detect identifiable biases: no step of this platform looks for them."),
    )


def compute(facts: Facts) -> Lines:
    trainings = facts.trainings
    flops = sum(m.cost.flops for m in trainings)
    device_s = sum(m.cost.device_s for m in trainings)
    whole = facts.release.inherited_cost + facts.release.cost
    return (
        state(
            f"Training took {flops:.4g} floating-point operations (by the formula of the "
            f"training engine, not measured) and {device_s:,.1f} s of device time.",
            *trainings,
        ),
        state(
            f"With everything behind the release: {whole.flops:.4g} operations, "
            f"{whole.wall_s:,.1f} s of wall time.",
            facts.release,
        ),
    )


def energy(facts: Facts) -> Lines:
    """Return what the devices' own counters said, where they were read."""
    read = [(m, m.usage.energy_j) for m in facts.trainings if m.usage.energy_j is not None]
    if not read:
        return (Gap(text="energy: no counter of a device was read in training."),)
    kwh = sum(joules for _, joules in read) / J_PER_KWH
    return (
        state(
            f"The devices of {len(read)} of {len(facts.trainings)} stages took {kwh:.4g} kWh by "
            "their own counters, without the machines and the data centre around them.",
            *[m for m, _ in read],
        ),
        Gap(text="energy around the devices, and of stages whose counters were not read."),
    )


def evaluation(facts: Facts) -> Lines:
    cards = facts.all("reports/scorecard")
    lines: list[Statement | Gap] = []
    for row in facts.scores:
        between = ""
        if row["ci_low"] is not None and row["ci_high"] is not None:
            between = f" (95% interval {row['ci_low']:.4g} to {row['ci_high']:.4g})"
        chance = "" if row["chance"] is None else f", chance {row['chance']:.4g}"
        lines.append(
            state(
                f"{row['title']}, model {row['model']}: {row['metric']} {row['value']:.4g}"
                f"{between}{chance}, {row['n']} items.",
                *cards,
            )
        )
    return tuple(lines) or (Gap(text="results of evaluations."),)


def _told(value: Any) -> str:
    if isinstance(value, dict):
        return "(" + ", ".join(f"{key} {value[key]}" for key in sorted(value)) + ")"
    return str(value)

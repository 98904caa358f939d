"""A draft of the technical documentation of a high-risk system, EU AI Act Annex IV, from lineage.

Annex IV is about a system and its use, of which lineage knows the model and its data. It is no
legal advice; all that depends on the use is left to the provider.
"""

from __future__ import annotations

from assets.releases.evidence.annex_xi import architecture, compute, data, evaluation, training
from assets.releases.evidence.draft import Gap, Section, Statement, render, state
from assets.releases.evidence.facts import Facts
from assets.releases.evidence.statements import timestamp

INTRO = (
    "A draft, written from lineage alone, of what Annex IV of Regulation (EU) 2024/1689 asks of "
    "providers of high-risk AI systems (Art. 11(1)). It is not legal advice and has been read by "
    "no lawyer. Lineage knows a model, not the system that it becomes a part of: whether that "
    "system is of high risk, and every statement about its use, is for its provider. Each "
    "statement ends with the artifact it comes from; its manifest and signed attestation are in "
    "this pack."
)

Lines = tuple[Statement | Gap, ...]


def annex_iv(facts: Facts) -> str:
    """Return the draft as Markdown, all nine points of the annex in their order."""
    sections = (
        *_general(facts),
        *_development(facts),
        Section(heading="3 Monitoring, functioning and control", lines=_limits(facts)),
        Section(heading="4 Appropriateness of the performance metrics", lines=_metrics(facts)),
        _left("5 Risk management system", "the risk management system (Art. 9)."),
        Section(heading="6 Changes through the lifecycle", lines=_changes(facts)),
        _left("7 Standards applied", "harmonised standards and other specifications applied."),
        _left("8 Declaration of conformity", "the EU declaration of conformity (Art. 47)."),
        _left("9 Post-market monitoring", "the monitoring system and its plan (Art. 72)."),
    )
    title = f"Annex IV: a system with materia-{facts.release.config['recipe']} (draft)"
    return render(title, INTRO, sections)


def _left(heading: str, what: str) -> Section:
    return Section(heading=heading, lines=(Gap(text=what),))


def _general(facts: Facts) -> tuple[Section, ...]:
    return (
        Section(heading="1(a) Purpose, provider, version", lines=_version(facts)),
        _left("1(b) Interaction", "hardware, software and other AI systems it works with."),
        Section(heading="1(c) Versions of software", lines=_software(facts)),
        Section(heading="1(d) Forms of supply", lines=_forms(facts)),
        _left("1(e) Hardware", "hardware on which the system is meant to run."),
        _left("1(f) Product", "pictures of the product that it is a component of, if it is one."),
        _left("1(g) User interface", "the interface provided to the deployer."),
        _left("1(h) Instructions for use", "instructions for use for the deployer."),
    )


def _development(facts: Facts) -> tuple[Section, ...]:
    return (
        Section(heading="2(a) Methods and steps of development", lines=_methods(facts)),
        Section(heading="2(b) Design specifications", lines=_design(facts)),
        Section(heading="2(c) Architecture and resources", lines=_resources(facts)),
        Section(heading="2(d) Data", lines=_datasheets(facts)),
        _left("2(e) Human oversight", "measures of human oversight (Art. 14)."),
        _left("2(f) Pre-determined changes", "changes planned in advance, and how they are kept."),
        Section(heading="2(g) Validation and testing", lines=_testing(facts)),
        Section(heading="2(h) Cybersecurity", lines=_security(facts)),
    )


def _version(facts: Facts) -> Lines:
    release = facts.release
    return (
        Gap(text="intended purpose of the system, and name of its provider."),
        state(
            f"The model in it is materia-{release.config['recipe']}, version {release.short}, "
            f"made on {timestamp(release.finished_at)}.",
            release,
        ),
        Gap(text="version of the system, and its relation to earlier ones."),
    )


def _software(facts: Facts) -> Lines:
    last = facts.trainings[-1]
    versions = ", ".join(f"{name} {version}" for name, version in sorted(last.packages.items()))
    told = [state(f"The model was trained with {versions}.", last)] if versions else []
    return (*told, Gap(text="versions of the software around the model, and rules for updates."))


def _forms(facts: Facts) -> Lines:
    total = sum(entry.size_bytes for entry in facts.release.files)
    return (
        state(
            f"The model is a folder of {len(facts.release.files)} files, {total:,} bytes, in the "
            "layout of Baichuan-M1.",
            facts.release,
        ),
        Gap(text="forms in which the system is placed on the market or put into service."),
    )


def _methods(facts: Facts) -> Lines:
    first = facts.trainings[0]
    begun = (
        state("Training began from random weights; no pre-trained model of others was used.", first)
        if first.config.get("init") == "random"
        else Gap(text="the pre-trained model that training began from, and its provider.")
    )
    return (begun, *training(facts))


def _design(facts: Facts) -> Lines:
    return (
        state(
            "It is optimised to predict the next token of documents, then of answers to questions; "
            "its output is text.",
            *facts.trainings,
        ),
        Gap(text="rationale, assumptions about persons, trade-offs, expected quality of output."),
    )


def _resources(facts: Facts) -> Lines:
    return (
        *architecture(facts),
        *compute(facts),
        Gap(text="how the model and the software around it build on each other."),
    )


def _datasheets(facts: Facts) -> Lines:
    lines: list[Statement | Gap] = []
    for m in facts.all("corpora/documents"):
        entry = m.config["source"]
        masked = "" if entry["deidentify"] == "none" else ", identifiers of persons masked"
        lines.append(
            state(
                f"{entry['title']} (`{entry['name']}`): {entry['description']} Domain "
                f"{entry['domain']}, language {entry['language']}. Cleaning kept "
                f"{m.counts['kept']:,} of {m.counts['read']:,} records{masked}.",
                m,
                *([facts.raw[entry["name"]]] if entry["name"] in facts.raw else []),
            )
        )
    for m in facts.all("mixtures/deduped"):
        lines.append(
            state(
                f"Deduplication kept {m.counts['documents_kept']:,} of "
                f"{m.counts['documents_in']:,} documents.",
                m,
            )
        )
    for m in facts.all("synthesis/questions"):
        lines.append(
            state(
                "Questions and answers were made from the sources: "
                f"{m.counts['kept']:,} of {m.counts['made']:,} were kept.",
                m,
            )
        )
    gap = Gap(text="whom the data represents, its gaps, and labelling by people, if there was any.")
    return (*lines, *data(facts), gap)


def _testing(facts: Facts) -> Lines:
    lines: list[Statement | Gap] = []
    for m in facts.all("mixtures/decontaminated"):
        lines.append(
            state(
                f"Test data was kept out of training: {m.counts['removed']:,} of "
                f"{m.counts['documents_in']:,} documents held an item of a benchmark and were "
                "removed.",
                m,
            )
        )
    return (
        *lines,
        *evaluation(facts),
        Gap(text="validation in the intended use, robustness, and discriminatory effects."),
        Gap(text="test reports dated and signed by the persons responsible."),
    )


def _security(facts: Facts) -> Lines:
    return (
        state(
            f"Weights are in safetensors, which runs no code when it is loaded. The records of "
            f"the release and of all {len(facts.chain) - 1} artifacts behind it are signed with "
            f"key {facts.signer}.",
            facts.release,
        ),
        Gap(text="measures against attacks on the system in its use."),
    )


def _limits(facts: Facts) -> Lines:
    cards = facts.all("reports/scorecard")
    near = [row for row in facts.scores if row.get("above_chance") is False]
    told = (
        f"{len(near)} of {len(facts.scores)} scores are no better than guessing: "
        f"{', '.join(sorted({row['title'] for row in near}))}."
    )
    return (
        state(
            f"It reads at most {facts.model.max_position_embeddings:,} tokens at once; answers "
            "are checked by nobody and can be wrong or harmful.",
            facts.release,
        ),
        *([state(told, *cards)] if near and cards else []),
        Gap(text="accuracy for the persons and groups it is meant for, and expected accuracy."),
        Gap(text="foreseeable unintended outcomes, risks, oversight, and what input must be."),
    )


def _metrics(facts: Facts) -> Lines:
    cards = facts.all("reports/scorecard")
    names = ", ".join(sorted({str(row["metric"]) for row in facts.scores}))
    bare = sum(row["ci_low"] is None for row in facts.scores)
    between = "each score has a 95% interval" if not bare else f"{bare} scores have no interval"
    told = [state(f"Metrics used: {names}; {between}.", *cards)] if names and cards else []
    return (*told, Gap(text="why these metrics fit the intended purpose."))


def _changes(facts: Facts) -> Lines:
    return (
        state(
            f"Every artifact behind version {facts.release.short} is on record with the version "
            "of its code and the commit it was made at.",
            facts.release,
        ),
        Gap(text="changes made to the system through its lifecycle."),
    )

"""A draft of the public summary of training content, EU AI Act Art. 53(1)(d).

Sections follow the AI Office's template of July 2025. It is a draft from lineage, no legal advice.
"""

from __future__ import annotations

from typing import Any

from assets.lineage.manifest import Manifest
from assets.releases.evidence.draft import Gap, Section, Statement, render, state
from assets.releases.evidence.facts import Facts, tokens_of
from assets.releases.evidence.statements import timestamp

SIZES = ((10**9, "less than 1 billion tokens"), (10**13, "1 billion to 10 trillion tokens"))
LARGEST = "more than 10 trillion tokens"
"""The template's ranges for text."""

PUBLIC = ("package", "interpreter", "fetched", "hub")
"""Origins whose data anybody can get from where we got it."""

INTRO = (
    "A draft, written from lineage alone, along the sections of the AI Office's template for the "
    "public summary of training content (Art. 53(1)(d) of Regulation (EU) 2024/1689). It is not "
    "legal advice and has been read by no lawyer. Each statement ends with the artifact it comes "
    "from; its manifest and signed attestation are in this pack. What lineage cannot know is "
    "marked for the provider."
)


def training_summary(facts: Facts) -> str:
    """Return the draft as Markdown."""
    sources = _Sources(facts)
    sections = (
        Section(heading="1.1 Provider", lines=(Gap(text="name, contact, representative."),)),
        Section(heading="1.2 Model", lines=_model(facts)),
        Section(heading="1.3 Modalities and size", lines=_size(facts)),
        Section(heading="2.1 Publicly available datasets", lines=sources.public()),
        Section(
            heading="2.2 Private datasets obtained from third parties", lines=sources.private()
        ),
        Section(heading="2.3 Data crawled and scraped from online sources", lines=sources.web()),
        Section(heading="2.4 User data", lines=sources.user()),
        Section(heading="2.5 Synthetic data", lines=_synthetic(facts)),
        Section(heading="2.6 Other sources", lines=sources.other()),
        Section(heading="3.1 Reservation of rights", lines=_rights(facts)),
        Section(heading="3.2 Removal of illegal content", lines=_removal(facts)),
        Section(heading="3.3 Other processing", lines=_processing(facts)),
    )
    title = f"Summary of training content: materia-{facts.release.config['recipe']} (draft)"
    return render(title, INTRO, sections)


def size_range(tokens: int) -> str:
    """Return the template's words for an amount of text."""
    return next((name for limit, name in SIZES if tokens < limit), LARGEST)


def _model(facts: Facts) -> tuple[Statement | Gap, ...]:
    release = facts.release
    first = facts.trainings[0]
    return (
        state(
            f"Model materia-{release.config['recipe']}, version {release.short}: "
            f"{release.config['title']}.",
            release,
        ),
        state(
            f"It was trained from {first.config['init']} weights and modifies no other model.",
            first,
        )
        if first.config.get("init") == "random"
        else Gap(text="the model that this one was made from."),
        Gap(text="date of placing on the Union market."),
    )


def _size(facts: Facts) -> tuple[Statement | Gap, ...]:
    total, trainings = tokens_of(facts.shares), facts.trainings
    languages = sorted({str(e["language"]) for e in facts.sources if facts.of_source(e["name"])})
    raw = sorted(facts.raw.values(), key=lambda manifest: manifest.finished_at)
    return (
        state(
            f"Text only: {total:,} tokens read in training, every reading counted "
            f"({size_range(total)}).",
            *trainings,
        ),
        *[
            state(
                f"{m.family}/{m.name}: {m.counts['tokens']:,} tokens in {m.counts['steps']:,} "
                "steps.",
                m,
            )
            for m in trainings
        ],
        state(f"Declared languages of the sources read: {', '.join(languages)}.", facts.release),
        state(f"The latest acquisition of data ended on {timestamp(raw[-1].finished_at)}.", raw[-1])
        if raw
        else Gap(text="latest date of data acquisition."),
    )


class _Sources:
    """The statements of section 2, one for every source that was read."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._read = [e for e in facts.sources if tokens_of(facts.of_source(e["name"]))]

    def public(self) -> tuple[Statement | Gap, ...]:
        unread = [e for e in self._facts.sources if e not in self._read]
        named = ", ".join(str(entry["name"]) for entry in unread)
        left = [state(f"In the recipe, but not read in training: {named}.", self._facts.release)]
        found = self._told(lambda e: e["origin"] in PUBLIC and not e["web"])
        return (*found, *(left if unread else []))

    def private(self) -> tuple[Statement | Gap, ...]:
        buckets = self._told(lambda e: e["origin"] == "s3", absent=False)
        return (
            *buckets,
            Gap(text="whether any source here or in 2.6 was licensed by rightsholders."),
        )

    def web(self) -> tuple[Statement | Gap, ...]:
        found = self._told(lambda e: e["web"])
        if not any(e["web"] for e in self._read):
            return found
        return (*found, Gap(text="crawlers, their period and behaviour, and the main domains."))

    def user(self) -> tuple[Statement | Gap, ...]:
        return (
            Gap(text="whether data of users of the provider's services is in a source of 2.6."),
        )

    def other(self) -> tuple[Statement | Gap, ...]:
        return self._told(lambda e: e["origin"] == "folder" and not e["web"])

    def _told(self, wanted: Any, *, absent: bool = True) -> tuple[Statement | Gap, ...]:
        found = [_source(self._facts, entry) for entry in self._read if wanted(entry)]
        if found or not absent:
            return tuple(found)
        return (state("None was read in training.", *self._facts.trainings),)


def _source(facts: Facts, entry: dict[str, Any]) -> Statement:
    name, shares = entry["name"], facts.of_source(entry["name"])
    part = tokens_of(shares) / tokens_of(facts.shares)
    where = entry["package"] or entry["location"] or entry["origin"]
    version = entry["version"] or entry["revision"]
    return state(
        f"**{entry['title']}** (`{name}`, {where}{f' {version}' if version else ''}): "
        f"{entry['description']} Licence: {', '.join(facts.licences(entry))}. "
        f"{tokens_of(shares):,} tokens read, {part:.2%} of all.",
        *([facts.raw[name]] if name in facts.raw else []),
        *_models_of(facts, [share.model for share in shares]),
    )


def _models_of(facts: Facts, names: list[str]) -> list[Manifest]:
    wanted = {name.rsplit("@", 1)[1] for name in names}
    return [m for m in facts.trainings if m.short in wanted]


def _synthetic(facts: Facts) -> tuple[Statement | Gap, ...]:
    lines: list[Statement | Gap] = []
    for m in facts.all("synthesis/questions"):
        lines.append(
            state(
                f"{m.counts['kept']:,} of {m.counts['made']:,} questions for fine-tuning, made "
                f"from the sources above by {m.family}/{m.name}, code version {m.code_version}, "
                "were kept.",
                m,
            )
        )
        if named := sorted({"model", "teacher"} & set(m.config)):
            lines.append(Gap(text=f"the model that wrote them (config: {', '.join(named)})."))
        else:
            lines.append(state("Its config names no model that wrote them.", m))
    return tuple(lines) or (state("No synthetic data.", facts.release),)


def _rights(facts: Facts) -> tuple[Statement | Gap, ...]:
    return (
        state(
            f"Only documents whose licence the policy `{facts.release.config['policy']}` allows "
            "were selected; a document of another licence stops the release.",
            facts.release,
            *facts.all("mixtures/deduped"),
        ),
        *[
            state(f"Documents that their owners withdrew and that were left out: "
                  f"{m.counts['withdrawn']:,}.", m)
            for m in facts.all("corpora/withdrawn")
        ],
        Gap(text="the policy on opt-outs (Art. 4(3) of Directive (EU) 2019/790) and codes signed."),
    )  # fmt: skip


def _removal(facts: Facts) -> tuple[Statement | Gap, ...]:
    masked = [
        (m, m.config["source"])
        for m in facts.all("corpora/documents")
        if m.config["source"]["deidentify"] != "none"
    ]
    return (
        *[
            state(f"Identifiers of persons in `{e['name']}` were masked ({e['deidentify']}).", m)
            for m, e in masked
        ],
        Gap(text="measures against illegal content: no rule of this platform looks for it."),
    )


def _processing(facts: Facts) -> tuple[Statement | Gap, ...]:
    lines: list[Statement] = []
    for m in facts.all("corpora/documents"):
        lines.append(
            state(f"Cleaning of `{m.partition}`: {m.counts['kept']:,} of {m.counts['read']:,} "
                  "records kept.", m)
        )  # fmt: skip
    for m in facts.all("mixtures/deduped"):
        lines.append(
            state(f"Deduplication kept {m.counts['documents_kept']:,} of "
                  f"{m.counts['documents_in']:,} documents.", m)
        )  # fmt: skip
    for m in facts.all("mixtures/decontaminated"):
        lines.append(
            state(
                f"{m.counts['removed']:,} documents that overlap with benchmarks were removed.", m
            )
        )
    for m in facts.all("tokenizers/tokenizer"):
        lines.append(
            state(f"The tokenizer was learned from {m.counts['documents']:,} documents.", m)
        )
    return tuple(lines) or (Gap(text="processing of the data."),)

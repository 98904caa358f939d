"""The literals of the data plane: what a recipe takes, how it is compared, scored and mixed.

Every field is identity. Values are chosen in the recipes; what none of them decides is in
graph.py.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

LicencePolicy = Literal["research", "commercial", "weights-public"]
"""What a model may be used for; assets/corpora/licences.py says which licences each allows."""


@dataclass(frozen=True, kw_only=True)
class SourceUse:
    """One corpus as this recipe uses it."""

    source: str
    """Name in assets/corpora/sources.py."""
    max_text_bytes: int
    """Cap; documents are taken in the order of their doc_id, so the cut is a fair sample."""
    licences: tuple[str, ...] | None = None
    """Take only documents under these, where a source has several; None takes all, and the
    recipe's policy judges them."""


@dataclass(frozen=True, kw_only=True)
class SignatureSpec:
    """How a source's documents are sketched for deduplication; shared by all recipes."""

    shingle_words: int
    num_hashes: int
    seed: int
    max_template_share: float
    """A shingle in more than this share of a source's documents is a template: no weight."""
    min_template_documents: int
    """And in at least so many documents, so that a few copies are no template."""
    form_share: float
    """A source with a shingle in more than this share of its documents holds filled-in forms:
    entries of different titles are different facts there."""
    min_shingles: int
    """A document with fewer shingles outside templates is compared exactly only."""
    num_bands: int
    threshold: float
    """Pairs of one source are proved from this similarity on; a recipe may ask for more."""

    def __post_init__(self) -> None:
        for name in ("shingle_words", "num_hashes", "min_shingles", "num_bands"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} {getattr(self, name)} must be at least 1; fix the recipe")
        if self.num_hashes % self.num_bands:
            raise ValueError(
                f"{self.num_hashes} hashes do not split into {self.num_bands} bands: fix the recipe"
            )
        for name in ("max_template_share", "form_share", "threshold"):
            if not 0 < getattr(self, name) <= 1:
                raise ValueError(f"{name} {getattr(self, name)} not in (0, 1]; fix the recipe")
        if self.min_template_documents < 2:
            raise ValueError(
                f"min_template_documents {self.min_template_documents} is below 2: every phrase "
                "would be a template; fix the recipe"
            )


@dataclass(frozen=True, kw_only=True)
class DedupSpec:
    """Exact, then MinHash-LSH with every candidate pair verified by true Jaccard."""

    shingle_words: int
    num_hashes: int
    num_bands: int
    threshold: float
    seed: int


@dataclass(frozen=True, kw_only=True)
class BenchmarkCap:
    """How far one benchmark may reach into the corpus before a person has to look."""

    benchmark: str
    """Name in assets/corpora/benchmarks.py; "" holds for all that are not named."""
    max_items_per_ngram: int
    """An n-gram of more items than this is a phrase of the benchmark, not a trace of an item."""
    max_documents_per_ngram: int
    """An n-gram in more documents of one source than this is a phrase of the source."""
    alarm_removed_share: float
    """Share of a source's documents this benchmark may remove before the summary names it."""
    max_removed_share: float
    """Above this share the artifact is not made."""
    min_removed_documents: int
    """So many documents may go from any source, however small it is, without alarm or failure."""

    def __post_init__(self) -> None:
        if min(self.max_items_per_ngram, self.max_documents_per_ngram) < 1:
            raise ValueError(
                f"cap of {self.benchmark or 'all benchmarks'}: an n-gram must be allowed in one "
                "item and one document at least; fix the recipe"
            )
        if not 0 <= self.alarm_removed_share <= self.max_removed_share <= 1:
            raise ValueError(
                f"cap of {self.benchmark or 'all benchmarks'}: alarm {self.alarm_removed_share} "
                f"and maximum {self.max_removed_share} must rise within 0..1; fix the recipe"
            )


@dataclass(frozen=True, kw_only=True)
class ContaminationCaps:
    """The caps of all benchmarks: a default and the exceptions to it."""

    caps: tuple[BenchmarkCap, ...]

    def __post_init__(self) -> None:
        names = [cap.benchmark for cap in self.caps]
        if len(set(names)) < len(names) or "" not in names:
            raise ValueError(
                f"contamination caps {names} need one default (benchmark '') and no name twice: "
                "fix the recipe"
            )

    def of(self, benchmark: str) -> BenchmarkCap:
        """Return the cap of a benchmark: its own, or the default."""
        found = {cap.benchmark: cap for cap in self.caps}
        return found.get(benchmark, found[""])


@dataclass(frozen=True, kw_only=True)
class DecontaminationSpec:
    """n-gram overlap with every benchmark used, and the held-out split."""

    ngram_words: int
    heldout_share: float
    """Share of documents (by doc_id hash) kept out of training for perplexity."""
    caps: ContaminationCaps


@dataclass(frozen=True, kw_only=True)
class EndpointSpec:
    """A scorer behind HTTP: which column it gives and how it is asked. Its address and key are
    execution and stand elsewhere."""

    column: Literal["educational", "knowledge_density", "reasoning_density"]
    protocol: Literal["openai", "json"]
    """Chat completions of the OpenAI-compatible kind, or plain {"texts"} -> {"scores"}."""
    model: str
    """Name of the model as the endpoint knows it: identity, since it decides the scores."""
    max_chars: int
    """Text of a document that is sent, from its beginning."""


@dataclass(frozen=True, kw_only=True)
class ScoringSpec:
    """Small classifiers and scorers over the documents of a recipe; all values are our choice."""

    seed: int
    """Draws the training sample, the splits and the order of training."""
    train_bytes_per_source: int
    """Text of one source that the classifiers learn from, at most."""
    reference_bytes_per_source: int
    """Text of one source that the language model of bits_per_byte learns from, at most."""
    chunk_words: int
    """Words a classifier sees at a time; long and short documents look alike to it."""
    epochs: int
    """Passes of the classifiers over their training chunks."""
    topic_temperature: float
    """Divides cosines to the class descriptions before the softmax over 27 classes."""
    quality_weights: tuple[tuple[str, float], ...]
    """Column and its share in `quality`; the shares sum to 1."""
    endpoint: EndpointSpec | None = None
    """A model behind HTTP that gives one of the columns instead of the rule; None asks nobody."""


@dataclass(frozen=True, kw_only=True)
class UpsamplingSpec:
    """Duplicate count -> weight, as (minimum count, weight) steps; weight capped."""

    weights: tuple[tuple[int, int], ...]
    max_repeats: int


@dataclass(frozen=True, kw_only=True)
class GroupShare:
    """A share of the medical or of the other tokens for the documents that meet all conditions."""

    name: str
    medical: bool
    """Whether it divides the medical tokens of a stage or the rest."""
    share: float
    """Of the medical tokens, or of the rest; what no group claims goes to the rest group."""
    domains: tuple[str, ...] = ()
    """Conditions; an empty one holds for all documents. The first group that matches counts."""
    languages: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    content_types: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class StageMixture:
    """What one stage prefers; percentiles are within a document's language and domain."""

    name: Literal["stage1", "stage2", "stage3"]
    groups: tuple[GroupShare, ...]
    """Target shares; none: only the stage's medical share is a target."""
    hardness_centre: float
    """Difficulty percentile the stage prefers most."""
    hardness_width: float
    """Standard deviation of that preference, in percentiles."""
    hardness_floor: float
    """Weight of a document infinitely far from the centre, so that nothing is cut off."""
    quality_low: float
    """Weight of the lowest quality."""
    quality_top: float
    """Weight of the highest quality."""
    quality_from: float
    """Quality percentile at which the weight is half way between the two."""
    quality_softness: float
    """Width of the rise, in percentiles."""

    def __post_init__(self) -> None:
        if min(self.hardness_width, self.quality_softness) <= 0:
            raise ValueError(f"{self.name}: a width of 0 is a hidden threshold; fix the recipe")
        if not 0 < self.hardness_floor <= 1:
            raise ValueError(
                f"{self.name}: hardness_floor {self.hardness_floor} not in (0, 1]; fix the recipe"
            )
        if not 0 < self.quality_low <= self.quality_top:
            raise ValueError(
                f"{self.name}: quality weights {self.quality_low} to {self.quality_top} must be "
                "above 0 and rise; fix the recipe"
            )
        for medical in (True, False):
            claimed = sum(group.share for group in self.groups if group.medical is medical)
            if claimed > 1 + 1e-9 or any(group.share < 0 for group in self.groups):
                half = "medical" if medical else "other"
                raise ValueError(
                    f"{self.name}: groups claim {claimed} of the {half} tokens, shares must be "
                    "at least 0 and sum to at most 1; fix the recipe"
                )


@dataclass(frozen=True, kw_only=True)
class MixtureSpec:
    """How scores become weights, and what may not be exceeded (arXiv 2502.12671 section 2.1)."""

    main_languages: tuple[str, ...]
    """ISO 639-1; documents in any other language are the multilingual part."""
    multilingual_max_share: float
    """Most of a stage's tokens that the multilingual part may be, best quality first."""
    topic_weights: tuple[tuple[str, float], ...]
    """Topic -> weight; a topic that is not named has weight 1."""
    source_max_repeats: tuple[tuple[str, int], ...]
    """Source -> readings of a document at most, where that is below the upsampling cap."""
    max_document_share: float
    """Most of a stage's tokens that one document may be, all its readings together."""
    perplexity_share: float
    """Difficulty: percentile of this x perplexity percentile + (1 - this) x quality percentile."""
    stages: tuple[StageMixture, StageMixture, StageMixture]

    def __post_init__(self) -> None:
        for name in ("multilingual_max_share", "perplexity_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} {getattr(self, name)} not in 0..1; fix the recipe")
        if not 0 < self.max_document_share <= 1:
            raise ValueError(
                f"max_document_share {self.max_document_share} not in (0, 1]; fix the recipe"
            )
        if min((weight for _, weight in self.topic_weights), default=1) <= 0:
            raise ValueError("topic weights must be above 0: a topic is never cut off silently")
        if min((cap for _, cap in self.source_max_repeats), default=1) < 1:
            raise ValueError("source_max_repeats must be at least 1; fix the recipe")

    def literals(self, stage: str) -> dict[str, Any]:
        """Return what decides one stage's mixture, so that another stage's does not re-make it."""
        whole = asdict(self)
        stages = whole.pop("stages")
        return {**whole, "stage": next(entry for entry in stages if entry["name"] == stage)}

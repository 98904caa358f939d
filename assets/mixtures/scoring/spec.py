"""The literals of the two nodes: what of a ScoringSpec each depends on, and back from JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from assets.recipes.data import EndpointSpec, ScoringSpec

QUALITY_COLUMNS = ("educational", "knowledge_density", "reasoning_density", "bits_per_byte")


@dataclass(frozen=True, kw_only=True)
class ClassifierSpec:
    """What mixtures/classifiers depends on; the fields are those of ScoringSpec."""

    seed: int
    train_bytes_per_source: int
    reference_bytes_per_source: int
    chunk_words: int
    epochs: int

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if name != "seed" and value < 1:
                raise ValueError(f"{name} is {value}: give the recipe's ScoringSpec at least 1")


@dataclass(frozen=True, kw_only=True)
class ScoresSpec:
    """What mixtures/scores depends on besides its inputs; the fields are those of ScoringSpec."""

    topic_temperature: float
    quality_weights: tuple[tuple[str, float], ...]
    endpoint: EndpointSpec | None

    def __post_init__(self) -> None:
        unknown = {name for name, _ in self.quality_weights} - set(QUALITY_COLUMNS)
        if unknown:
            raise ValueError(
                f"quality_weights names {', '.join(sorted(unknown))}: "
                f"choose from {', '.join(QUALITY_COLUMNS)}"
            )
        shares = [share for _, share in self.quality_weights]
        if abs(sum(shares) - 1.0) > 1e-9 or min(shares, default=-1.0) < 0:
            raise ValueError(
                f"quality_weights are {shares}, sum {sum(shares):g}: "
                "give shares of at least 0 that sum to 1"
            )


def classifier_config(spec: ScoringSpec) -> dict[str, Any]:
    """Return the config literals of mixtures/classifiers."""
    return {name: getattr(spec, name) for name in ClassifierSpec.__dataclass_fields__}


def scores_config(spec: ScoringSpec) -> dict[str, Any]:
    """Return the config literals of mixtures/scores."""
    return {
        "topic_temperature": spec.topic_temperature,
        "quality_weights": [[name, share] for name, share in spec.quality_weights],
        "endpoint": asdict(spec.endpoint) if spec.endpoint else None,
    }


def scores_spec(config: Mapping[str, Any]) -> ScoresSpec:
    """Return the typed literals of mixtures/scores; raises ValueError on bad ones."""
    endpoint = config["endpoint"]
    return ScoresSpec(
        topic_temperature=config["topic_temperature"],
        quality_weights=tuple(
            (str(name), float(share)) for name, share in config["quality_weights"]
        ),
        endpoint=EndpointSpec(**endpoint) if endpoint else None,
    )

"""Small corpora with scores for the tests of stage mixtures."""

from __future__ import annotations

import hashlib
import io
import json
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from assets.fakes import FakeLake, commit_folder, fake_workspace
from assets.lineage.step import Step
from assets.lineage.workspace import Outcome
from assets.mixtures.stages import make_stage
from assets.recipes.data import MixtureSpec, StageMixture

UPSAMPLING = {"weights": [[1, 1], [2, 3], [6, 5], [101, 8], [1001, 10]], "max_repeats": 10}


DOMAINS = {"pubmed": "medical", "icd": "medical", "wiki": "general", "stdlib": "code"}


FLAT = StageMixture(
    name="stage1",
    groups=(),
    hardness_centre=0.5,
    hardness_width=0.3,
    hardness_floor=1.0,
    quality_low=1.0,
    quality_top=1.0,
    quality_from=0.67,
    quality_softness=0.05,
)


"""Weights follow duplicate counts alone."""


SPEC = MixtureSpec(
    main_languages=("en",),
    multilingual_max_share=0.1,
    topic_weights=(),
    source_max_repeats=(),
    max_document_share=1.0,
    perplexity_share=0.5,
    stages=(FLAT, replace(FLAT, name="stage2"), replace(FLAT, name="stage3")),
)


def with_stage(spec: MixtureSpec = SPEC, **changes: Any) -> MixtureSpec:
    """Return the spec with other preferences of its first stage."""
    return replace(spec, stages=(replace(spec.stages[0], **changes), *spec.stages[1:]))


def corpus(seed: int, num_documents: int, languages: str = "en") -> list[dict[str, Any]]:
    rng = random.Random(seed)
    rows = []
    for number in range(num_documents):
        source = rng.choice(sorted(DOMAINS))
        rows.append(
            {
                "doc_id": hashlib.sha256(f"{seed}/{number}".encode()).hexdigest()[:32],
                "source": source,
                "domain": DOMAINS[source],
                "language": rng.choice(languages.split()),
                "num_tokens": rng.randint(20, 400),
                "duplicate_count": rng.choice([1, 1, 1, 1, 2, 7]),
                "content_type": rng.choice(["article", "reference"]),
                "topic": rng.choice(["news", "medicine", "physics"]),
                "quality": rng.random(),
                "bits_per_byte": rng.uniform(0.5, 3.0),
            }
        )
    return rows


def staged(
    folder: Path,
    rows: Sequence[dict[str, Any]],
    *,
    tokens: int,
    medical_share: float,
    seed: int = 5,
    uncounted: int = 0,
    unscored: int = 0,
    spec: MixtureSpec = SPEC,
    scores: bool = True,
    parts: int = 1,
) -> tuple[pl.DataFrame, dict[str, Any], Outcome, Path]:
    lake = FakeLake(folder / "lake")
    table = pl.DataFrame(rows)
    documents = table.select("doc_id", "source", "domain", "language", "duplicate_count")
    counted = table.select("doc_id", "source", "domain", "num_tokens")
    judged = table.select("doc_id", "content_type", "topic", "quality", "bits_per_byte")
    inputs = [
        commit_folder(lake, "mixtures/decontaminated", _parts("documents", documents, parts)),
        commit_folder(
            lake,
            "tokenizers/tokenizer",
            _parts("token_counts", counted.head(table.height - uncounted), 1),
        ),
    ]
    if scores:
        kept = judged.head(table.height - unscored)
        inputs.append(commit_folder(lake, "mixtures/scores", _parts("scores", kept, parts)))
    config = {
        "tokens": tokens,
        "medical_share": medical_share,
        "upsampling": UPSAMPLING,
        "mixture": spec.literals("stage1"),
        "seed": seed,
    }
    step = Step(family="mixtures", name="stage1", partition="p", code_version="1", config=config)
    ws = fake_workspace(folder, step, tuple(inputs), lake=lake)
    outcome = make_stage(ws)
    plan = json.loads((ws.out_dir / "plan.json").read_text())
    return pl.read_parquet(ws.out_dir / "selection.parquet"), plan, outcome, ws.out_dir


def _parts(name: str, table: pl.DataFrame, parts: int) -> dict[str, bytes]:
    if parts == 1:
        return {f"{name}.parquet": _bytes(table)}
    size = -(-table.height // parts)
    return {
        f"{name}/{number:05d}.parquet": _bytes(table.slice(number * size, size))
        for number in range(parts)
    }


def _bytes(table: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    table.write_parquet(buffer)
    return buffer.getvalue()


def achieved(selection: pl.DataFrame, medical: bool) -> int:
    part = selection.filter((pl.col("domain") == "medical") == medical)
    return int((part["num_tokens"] * part["repeats"]).sum())

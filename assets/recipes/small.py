"""`small`: all corpora that come with the installation, about 90 MB of text, on a CPU in about an
hour; and the same with Chinese and Japanese text that `materia fetch` brings.
"""

from __future__ import annotations

from dataclasses import replace

from assets.recipes.data import SourceUse
from assets.recipes.recipe import Recipe
from assets.recipes.tiny import tiny

_ALL = 1 << 40
_STEPS = (3000, 1500, 500)

SOURCES = (
    "pubmed_1976_1980",
    "pubmed_2020_2021",
    "icd10cm",
    "hpo",
    "hpoa",
    "mondo",
    "efo",
    "uberon",
    "cl",
    "chebi",
    "open_medicine",
    "radiology_dict",
    "wikipedia_gensim106",
    "lee_background",
    "python_stdlib",
)
EAST_ASIAN = ("manpages_zh", "debian_reference_zh", "chinese_poetry", "manpages_ja", "edict")


def small() -> Recipe:
    """Return `tiny` with every package source whole, a larger vocabulary, network and budget."""
    base = tiny()
    model = replace(
        base.model,
        vocab_size=16384,
        hidden_size=192,
        intermediate_size=648,
        num_layers=6,
        num_global_heads=2,
        num_global_kv_heads=1,
        num_swa_heads=4,
        num_swa_kv_heads=2,
        sliding_window=64,
        sliding_window_layers=(1, 3, 5),
    )
    first, second, third = (
        replace(stage, tokens=steps * stage.context_tokens * stage.batch_samples // 8)
        for stage, steps in zip(base.stages, _STEPS, strict=True)
    )
    return replace(
        base,
        name="small",
        title="Small: every corpus that an installation brings",
        sources=tuple(SourceUse(source=name, max_text_bytes=_ALL) for name in SOURCES),
        tokenizer=replace(base.tokenizer, vocab_size=16384, train_text_bytes=20_000_000),
        model=model,
        stages=(first, second, third),
        synthesis=replace(base.synthesis, max_general=800, max_medical=2400),
    )


def small_multilingual() -> Recipe:
    """Return `small` with Chinese and Japanese text, in Debian and npm packages of their own."""
    base = small()
    uses = [SourceUse(source=name, max_text_bytes=20_000_000) for name in EAST_ASIAN]
    return replace(
        base,
        name="small-multilingual",
        title="Small, with Chinese and Japanese text",
        sources=(*base.sources, *uses),
    )

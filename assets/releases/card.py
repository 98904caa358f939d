"""The model card of a release, written from its lineage: nothing in it is typed by hand."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from model.config import ModelConfig

TOY_PARAMETERS = 100_000_000
"""Below this a release is called a toy (our choice: the paper's smallest ablation has 1.5 B)."""

FINAL = "final"
"""Label under which the scorecard judges the released model (assets/reports)."""


@dataclass(frozen=True, kw_only=True)
class Ingredient:
    """One input of the release, by its two identities."""

    node: str
    fingerprint: str
    digest: str


def write_card(
    *,
    title: str,
    recipe: str,
    config: ModelConfig,
    sources: Sequence[Mapping[str, Any]],
    scorecard: str,
    scores: Sequence[Mapping[str, Any]],
    ingredients: Sequence[Ingredient],
    release_fingerprint: str,
) -> str:
    """Return README.md of the release; `scores` are rows of scorecard.json."""
    sections = (
        _front_matter(recipe, sources, scores),
        f"# {title}",
        _what_it_is(recipe, config),
        "## Not for medical use",
        _limits(config),
        "## Architecture",
        _architecture(config),
        "## Data",
        _data(sources),
        "## Scorecard",
        "![Scores of the base and the final model](scorecard.png)",
        _demoted(scorecard).strip(),
        "## Use",
        _use(config),
        "## Lineage",
        _lineage(recipe, release_fingerprint),
        _table(
            ("input", "fingerprint (asked for)", "digest (what it is)"),
            [[i.node, f"`{i.fingerprint}`", f"`{i.digest}`"] for i in ingredients],
        ),
    )
    return "\n\n".join(sections) + "\n"


def _data(sources: Sequence[Mapping[str, Any]]) -> str:
    columns = ("name", "title", "domain", "licence", "citation")
    return (
        "Every corpus that may have reached this model, with its licence and its citation. Which "
        "documents did, and in which training steps, is on record: `materia trace`. "
        "`ATTRIBUTIONS.md` credits what was trained on; `data_docs.json` says what was expected of "
        "the data and what was found.\n\n"
    ) + _table(
        ("source", *columns[1:]), [[source[column] for column in columns] for source in sources]
    )


def _front_matter(
    recipe: str, sources: Sequence[Mapping[str, Any]], scores: Sequence[Mapping[str, Any]]
) -> str:
    """Return the metadata that model hubs read; JSON's strings are YAML's as well."""
    spoken = {"multilingual" if s["language"] == "mul" else s["language"] for s in sources}
    results = [_result(score) for score in scores if score["model"] == FINAL]
    lines = [
        "---",
        "library_name: transformers",
        "pipeline_tag: text-generation",
        "language:",
        *[f"- {language}" for language in sorted(spoken - {""})],
        "license: other",
        "license_name: see-data-sources",
        "tags:",
        "- medical",
        "- baichuan_m1",
        f"- materia-{recipe}",
    ]
    if results:
        lines += ["model-index:", f"- name: materia-{recipe}", "  results:"]
        lines += [f"  - {json.dumps(result, ensure_ascii=False)}" for result in results]
    return "\n".join([*lines, "---"])


def _result(score: Mapping[str, Any]) -> dict[str, Any]:
    """Return one score as hubs hold it; the interval has no field there and stands in the name."""
    name = str(score["metric"])
    if score["ci_low"] is not None and score["ci_high"] is not None:
        name += f", 95% interval {score['ci_low']:.4g} to {score['ci_high']:.4g}"
    metric = {"type": score["metric"], "value": score["value"], "name": f"{name}, n={score['n']}"}
    return {
        "task": {"type": "text-generation"},
        "dataset": {"type": score["benchmark"], "name": score["title"]},
        "metrics": [metric],
    }


def _what_it_is(recipe: str, config: ModelConfig) -> str:
    return (
        f"A language model of {config.num_parameters():,} parameters with the Baichuan-M1 "
        f"architecture (arXiv 2502.12671), grown from raw corpora by Materia with recipe "
        f"`{recipe}`: three pre-training stages with a rising share of medical text, then "
        "supervised fine-tuning. The files are in the official Baichuan-M1 layout, so runtimes "
        "that know that architecture load them as they are. It is an independent model and holds "
        "no weights of the published one."
    )


def _limits(config: ModelConfig) -> str:
    size = ""
    if config.num_parameters() < TOY_PARAMETERS:
        size = (
            "This is a toy: at its size scores are near chance, and the scorecard prints chance "
            "beside each of them. It shows that the pipeline works, not that the model knows "
            "anything. "
        )
    return (
        f"{size}Answers are not checked by anyone and can be wrong or harmful. Do not use it for "
        "diagnosis, treatment, triage or any advice to a patient, and do not deploy it without "
        "an evaluation of your own."
    )


def _architecture(config: ModelConfig) -> str:
    sliding = ", ".join(str(layer) for layer in config.sliding_window_layers) or "none"
    global_dim = config.hidden_size // config.num_global_heads
    swa_dim = config.hidden_size // config.num_swa_heads
    return _table(
        ("part", "value"),
        [
            ["layers", config.num_layers],
            [
                "hidden size, feed-forward width",
                f"{config.hidden_size}, {config.intermediate_size}",
            ],
            [
                "global layers: query heads, kv heads, head dimension",
                f"{config.num_global_heads}, {config.num_global_kv_heads}, {global_dim}",
            ],
            [
                "sliding layers: query heads, kv heads, head dimension",
                f"{config.num_swa_heads}, {config.num_swa_kv_heads}, {swa_dim}",
            ],
            ["sliding layers (window)", f"{sliding} ({config.sliding_window} tokens)"],
            ["convolution taps on k and v", config.conv_window],
            ["vocabulary", config.vocab_size],
            ["context, RoPE base", f"{config.max_position_embeddings}, {config.rope_theta:g}"],
        ],
    )


def _use(config: ModelConfig) -> str:
    return (
        "```python\n"
        "from transformers import AutoModelForCausalLM, AutoTokenizer\n\n"
        'tokenizer = AutoTokenizer.from_pretrained("FOLDER", trust_remote_code=True)\n'
        'model = AutoModelForCausalLM.from_pretrained("FOLDER", trust_remote_code=True)\n'
        "```\n\n"
        "The remote code is the network's own source, in the `.py` files here. The context is "
        f"{config.max_position_embeddings} tokens; documents begin with `<s>`, and chats follow "
        "the template in `tokenizer_config.json`."
    )


def _lineage(recipe: str, fingerprint: str) -> str:
    return (
        f"Fingerprint of this release: `{fingerprint}`. The bytes of every file can be checked "
        "with `sha256sum --check SHA256SUMS`; whoever has the lake also checks them, and every "
        f"ancestor, with `materia verify 'releases/release[{recipe}]'` and sees the whole graph "
        f"with `materia lineage 'releases/release[{recipe}]'`."
    )


def _demoted(markdown: str) -> str:
    """Move headings two levels down, below the card's own."""
    lines = markdown.splitlines()
    return "\n".join(f"##{line}" if line.startswith("#") else line for line in lines)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [" | ".join(head), " | ".join("---" for _ in head)]
    lines += [" | ".join(_cell(value) for value in row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def _cell(value: object) -> str:
    return " ".join(str(value).replace("|", "\\|").split())

"""The graph as identities: which literals and which inputs make each artifact.

Pure: from a recipe and the raw snapshots at hand it computes every fingerprint. The bodies live
in the families; Dagster's view of the same graph is in their defs.py, and a test holds the two
together. Only what changes an artifact's bytes enters its config, so that (say) a learning rate
re-makes the checkpoints and nothing before them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from assets.lineage.step import Step
from assets.mixtures.scoring.spec import classifier_config, scores_config
from assets.recipes.ablation import VARIANTS
from assets.recipes.code_versions import CODE_VERSIONS
from assets.recipes.data import SignatureSpec
from assets.recipes.forgotten import NOTHING, Forgotten
from assets.recipes.recipe import Recipe, SftStageSpec, StageSpec
from training.spec import OptimizerSpec

FACT_SOURCES = ("icd10cm", "hpo")
"""Sources whose raw files hold facts that synthesis turns into questions."""

SIGNATURES = SignatureSpec(
    shingle_words=5,
    num_hashes=64,
    seed=1,
    # A phrase of five words in more than one document of a hundred is the source's form, not its
    # content; below fifty documents nothing can be said. Both are our choice, made on HPO and ICD.
    max_template_share=0.01,
    min_template_documents=50,
    form_share=0.5,
    min_shingles=8,
    # Four hashes a band: a pair of similarity 0.7 shares one of 16 with probability 0.988, of 0.8
    # with 0.9998. Every pair is proved, so more bands would only cost more (twice as many: 0.9998
    # at 0.7, and half as many pairs again to refuse).
    num_bands=16,
    threshold=0.7,
)
"""One sketch per source serves every recipe, so it is no recipe's decision."""

VALIDATED = (
    "mixtures/deduped",
    "mixtures/decontaminated",
    "mixtures/scores",
    "mixtures/stage1",
    "mixtures/stage2",
    "mixtures/stage3",
    "synthesis/questions",
)
"""Recipe nodes that have suites of expectations; corpora/documents has as well."""

JUDGES = ("perplexity", "benchmarks", "medical", "needle")
MEDICAL_BENCHMARKS = ("medqa", "medmcqa", "mmlu_medical")


def raw_step(source: Mapping[str, Any], snapshot: Mapping[str, Any]) -> Step:
    """Return the step of a raw corpus from its catalogue literals and resolved snapshot."""
    return _step(
        "corpora/raw", source["name"], {"source": dict(source), "snapshot": dict(snapshot)}
    )


def documents_step(raw: Step, forgotten: Forgotten = NOTHING) -> Step:
    base = _step("corpora/documents", raw.partition, {"source": raw.config["source"]}, raw)
    return forgotten.out_of_documents(base)


def signatures_step(documents: Step) -> Step:
    return _step("mixtures/signatures", documents.partition, asdict(SIGNATURES), documents)


def withdrawn_step(snapshot: Mapping[str, Any]) -> Step:
    """Return the step of the lists of withdrawn documents from their snapshot."""
    return _step("corpora/withdrawn", "", {"snapshot": dict(snapshot)})


class RecipeGraph:
    """All steps of one recipe, by node name."""

    def __init__(
        self,
        recipe: Recipe,
        raw: Mapping[str, Step],
        benchmark_package: Mapping[str, str],
        withdrawn: Step | None = None,
        forgotten: Forgotten = NOTHING,
    ) -> None:
        """Take the raw step of every source, the version of the benchmark package, the newest
        list of withdrawn documents if there is one, and the requests to forget."""
        missing = [name for name in recipe.source_names if name not in raw]
        if missing:
            raise ValueError(
                f"recipe {recipe.name} needs corpora that are not materialized: "
                f"{', '.join(missing)}; run `materia materialize 'corpora/raw[{missing[0]}]'`"
            )
        self.recipe = recipe
        self._raw = raw
        self._package = benchmark_package
        self._withdrawn = [] if withdrawn is None else [withdrawn]
        self._forgotten = forgotten
        self._documents = [
            documents_step(raw[name], forgotten) for name in sorted(recipe.source_names)
        ]
        self.steps: dict[str, Step] = {}
        self._add_data()
        self._add_stages()
        self._add_sft()
        self._add_spans()
        self._add_reports()
        if recipe.sft:
            self._add("releases/release", self._release_config(), *self._release_inputs())

    def step(self, node: str) -> Step:
        """Return the step of a node; raises ValueError when the recipe has none."""
        if node not in self.steps:
            raise ValueError(f"recipe {self.recipe.name} has no {node}: see `materia plan`")
        return self.steps[node]

    def _add(self, node: str, config: Mapping[str, Any], *inputs: Step) -> None:
        step = _step(node, self.recipe.name, config, *inputs)
        is_packed = node.startswith("tokenizers/shards_")
        self.steps[node] = self._forgotten.out_of_shards(step) if is_packed else step

    def _add_data(self) -> None:
        recipe = self.recipe
        self._add(
            "corpora/benchmarks",
            {"benchmarks": sorted(recipe.evaluation.benchmarks), "package": dict(self._package)},
        )
        self._add_corpus()
        self._add(
            "tokenizers/tokenizer",
            asdict(recipe.tokenizer),
            self.steps["mixtures/decontaminated"],
        )
        facts = [self._raw[name] for name in FACT_SOURCES if name in self._raw]
        self._add(
            "synthesis/questions",
            asdict(recipe.synthesis),
            *[step for step in facts if step.partition in recipe.source_names],
            self.steps["mixtures/decontaminated"],
            self.steps["corpora/benchmarks"],
            *self._forgotten.named_by(self._documents),
        )

    def _add_corpus(self) -> None:
        """One corpus out of all sources: admitted, without copies, without benchmarks, scored."""
        recipe = self.recipe
        documents = self._documents
        self._add(
            "mixtures/deduped",
            {
                "policy": recipe.policy,
                "sources": {
                    use.source: {
                        "max_text_bytes": use.max_text_bytes,
                        "licences": None if use.licences is None else list(use.licences),
                    }
                    for use in recipe.sources
                },
                "dedup": asdict(recipe.dedup),
            },
            *documents,
            *[signatures_step(step) for step in documents],
            *self._withdrawn,
        )
        self._add(
            "mixtures/decontaminated",
            asdict(recipe.decontamination),
            self.steps["mixtures/deduped"],
            self.steps["corpora/benchmarks"],
        )
        corpus = self.steps["mixtures/decontaminated"]
        self._add("mixtures/classifiers", classifier_config(recipe.scoring), corpus)
        self._add(
            "mixtures/scores",
            scores_config(recipe.scoring),
            corpus,
            self.steps["mixtures/classifiers"],
        )

    def _add_stages(self) -> None:
        tokenizer = self.steps["tokenizers/tokenizer"]
        corpus = self.steps["mixtures/decontaminated"]
        for index, stage in enumerate(self.recipe.stages):
            mixture, shards = f"mixtures/{stage.name}", f"tokenizers/shards_{stage.name}"
            self._add(
                mixture,
                {
                    "tokens": stage.tokens,
                    "medical_share": stage.medical_share,
                    "upsampling": asdict(self.recipe.upsampling),
                    "mixture": self.recipe.mixture.literals(stage.name),
                    "seed": self.recipe.seed + index,
                },
                corpus,
                tokenizer,
                self.steps["mixtures/scores"],
            )
            self._add(
                shards,
                {"context_tokens": stage.context_tokens, "seed": self.recipe.seed + index},
                corpus,
                tokenizer,
                self.steps[mixture],
            )
            before = self.recipe.stages[index - 1].name if index else None
            parents = [self.steps[f"checkpoints/{before}"]] if before else []
            self._add(
                f"checkpoints/{stage.name}",
                self._train_config(stage, index),
                self.steps[shards],
                *parents,
            )

    def _train_config(self, stage: StageSpec, index: int) -> dict[str, Any]:
        recipe = self.recipe
        model = replace(
            recipe.model,
            rope_theta=stage.rope_theta,
            max_position_embeddings=stage.context_tokens,
        )
        return {
            "model": model.to_dict(),
            "init": "weights" if index else "random",
            "init_seed": recipe.seed,
            "data_seed": recipe.seed + index,
            "context_tokens": stage.context_tokens,
            "batch_samples": stage.batch_samples,
            "steps": stage.steps,
            "schedule": {
                "peak_lr": stage.peak_lr,
                "warmup_steps": stage.warmup_steps,
                "decay": stage.decay,
                "final_lr": stage.final_lr,
            },
            "optimizer": asdict(OptimizerSpec()),
            "precision": recipe.precision,
            "carry_optimizer": bool(index),
            # Said only where it is on: without it a stage is what it was before there was one.
            **({"z_loss": stage.z_loss} if stage.z_loss else {}),
            **({"spikes": asdict(stage.spikes)} if stage.spikes else {}),
        }

    def _add_sft(self) -> None:
        parent = self.steps["checkpoints/stage3"]
        for index, stage in enumerate(self.recipe.sft):
            domain = stage.name.removeprefix("sft_")
            shards = f"tokenizers/shards_{stage.name}"
            self._add(
                shards,
                {"context_tokens": stage.context_tokens, "domain": domain},
                self.steps["synthesis/questions"],
                self.steps["tokenizers/tokenizer"],
            )
            node = f"models/{stage.name}"
            self._add(node, self._sft_config(stage, index), self.steps[shards], parent)
            parent = self.steps[node]

    def _add_spans(self) -> None:
        """Runs of 8 tokens, one of 8 neighbours kept: 15 shared tokens are always found, and a
        shorter run is seldom more than a phrase (our choice)."""
        names: list[str] = [stage.name for stage in self.recipe.stages]
        names += [stage.name for stage in self.recipe.sft]
        self._add(
            "tokenizers/spans",
            {"gram_tokens": 8, "window_grams": 8},
            *[self.steps[f"tokenizers/shards_{name}"] for name in names],
        )

    def _sft_config(self, stage: SftStageSpec, index: int) -> dict[str, Any]:
        last = self.recipe.stages[-1]
        model = replace(
            self.recipe.model,
            rope_theta=last.rope_theta,
            max_position_embeddings=last.context_tokens,
        )
        return {
            "model": model.to_dict(),
            "init": "weights",
            "init_seed": self.recipe.seed,
            "data_seed": self.recipe.seed + 100 + index,
            "context_tokens": stage.context_tokens,
            "batch_samples": stage.batch_samples,
            "epochs": stage.epochs,
            "schedule": {
                "peak_lr": stage.peak_lr,
                "warmup_steps": stage.warmup_steps,
                "decay": "cosine",
                "final_lr": stage.final_lr,
            },
            "optimizer": asdict(OptimizerSpec()),
            "precision": self.recipe.precision,
            "carry_optimizer": False,
        }

    @property
    def base(self) -> Step:
        return self.steps["checkpoints/stage3"]

    @property
    def final(self) -> Step:
        """The last model: the last SFT stage, or the base model without SFT."""
        return self.steps[f"models/{self.recipe.sft[-1].name}"] if self.recipe.sft else self.base

    def _add_reports(self) -> None:
        evaluation = self.recipe.evaluation
        models = [self.base] if self.final is self.base else [self.base, self.final]
        common = {"max_items": evaluation.max_items, "seed": evaluation.seed}
        general = [n for n in evaluation.benchmarks if n not in (*MEDICAL_BENCHMARKS, "lambada")]
        medical = [n for n in evaluation.benchmarks if n in MEDICAL_BENCHMARKS]
        items, corpus = self.steps["corpora/benchmarks"], self.steps["mixtures/decontaminated"]
        tokenizer = self.steps["tokenizers/tokenizer"]
        self._add(
            "reports/perplexity",
            {**common, "heldout_documents": evaluation.heldout_documents},
            *models,
            tokenizer,
            items,
            corpus,
        )
        self._add(
            "reports/benchmarks", {**common, "benchmarks": general}, *models, tokenizer, items
        )
        self._add("reports/medical", {**common, "benchmarks": medical}, *models, tokenizer, items)
        self._add(
            "reports/needle",
            {
                "lengths": list(evaluation.needle_lengths),
                "depths": list(evaluation.needle_depths),
                "seed": evaluation.seed,
            },
            *models,
            tokenizer,
            corpus,
        )
        judges = [self.steps[f"reports/{judge}"] for judge in JUDGES]
        self._add("reports/scorecard", {}, *judges)
        self._add(
            "reports/data_docs", {}, *self._documents, *[self.steps[node] for node in VALIDATED]
        )

    def _release_config(self) -> dict[str, Any]:
        return {
            "recipe": self.recipe.name,
            "title": self.recipe.title,
            "policy": self.recipe.policy,
            "model": dict(self.final.config["model"]),
            "sources": [
                dict(self._raw[name].config["source"]) for name in self.recipe.source_names
            ],
        }

    def _release_inputs(self) -> tuple[Step, ...]:
        return (
            self.final,
            *[
                self.steps[node]
                for node in (
                    "tokenizers/tokenizer",
                    "reports/scorecard",
                    "reports/data_docs",
                    "mixtures/decontaminated",
                    *[f"mixtures/{stage.name}" for stage in self.recipe.stages],
                    "synthesis/questions",
                )
            ],
            *self._forgotten.named_by(s for s in self.steps.values() if s.family == "tokenizers"),
        )


def ablation_step(graphs: Mapping[str, RecipeGraph]) -> Step:
    """Return the step of the ablation table from the six variants' graphs, by variant."""
    reports = [
        graphs[variant].step(f"reports/{judge}")
        for variant in VARIANTS
        for judge in ("perplexity", "benchmarks", "needle")
    ]
    return _step("reports/ablation", "", {"variants": list(VARIANTS)}, *reports)


def _step(node: str, partition: str, config: Mapping[str, Any], *inputs: Step) -> Step:
    family, name = node.split("/")
    return Step(
        family=family,
        name=name,
        partition=partition,
        code_version=CODE_VERSIONS[node],
        config=config,
        inputs=inputs,
    )

"""The graph of identities: what shares artifacts, and how far a change reaches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from assets.lineage.step import Step
from assets.recipes.ablation import VARIANTS, ablation, ablation_name
from assets.recipes.catalogue import RECIPES, recipe
from assets.recipes.code_versions import CODE_VERSIONS
from assets.recipes.graph import RecipeGraph, ablation_step, raw_step, withdrawn_step
from assets.recipes.recipe import Recipe
from assets.recipes.tiny import tiny
from training.spec import SpikeSpec, identity_from_dict

RAW: Mapping[str, Step] = {
    source: raw_step({"name": source}, {"files": []})
    for name in RECIPES
    for source in recipe(name).source_names
}
PACKAGE = {"package": "benchmarks", "version": "1"}


def graph(of: Recipe) -> RecipeGraph:
    return RecipeGraph(of, RAW, PACKAGE)


def changed(before: Recipe, after: Recipe) -> set[str]:
    old, new = graph(before).steps, graph(after).steps
    return {node for node in old if old[node].fingerprint != new[node].fingerprint}


def test_every_node_of_the_catalogue_is_reached_by_a_recipe() -> None:
    reached = {node for name in RECIPES for node in graph(recipe(name)).steps}
    apart = {
        "corpora/raw", "corpora/documents", "corpora/withdrawn", "mixtures/signatures",
        "reports/ablation", "reports/exposure",
    }  # fmt: skip
    assert reached | apart == set(CODE_VERSIONS)


def test_changing_one_learning_rate_remakes_only_checkpoints_and_what_follows() -> None:
    base = tiny()
    stages = (base.stages[0], replace(base.stages[1], peak_lr=1e-4), base.stages[2])
    families = {node.split("/")[0] for node in changed(base, replace(base, stages=stages))}
    assert families == {"checkpoints", "models", "reports", "releases"}
    assert "checkpoints/stage1" not in changed(base, replace(base, stages=stages))


def test_a_spike_policy_is_identity_of_its_stage_and_its_absence_is_nothing() -> None:
    base = tiny()
    policy = SpikeSpec(action="rollback", factor=3.0, anchor_every_steps=50)
    stages = (base.stages[0], replace(base.stages[1], spikes=policy), base.stages[2])
    after = graph(replace(base, stages=stages)).steps
    assert identity_from_dict(after["checkpoints/stage2"].config).spikes == policy
    assert "spikes" not in after["checkpoints/stage1"].config
    assert "checkpoints/stage2" in changed(base, replace(base, stages=stages))
    assert "checkpoints/stage1" not in changed(base, replace(base, stages=stages))


def test_adding_a_corpus_leaves_the_other_documents_alone() -> None:
    base = tiny()
    fewer = replace(base, sources=base.sources[:-1])
    before = {step.fingerprint for step in graph(fewer).step("mixtures/deduped").inputs}
    after = {step.fingerprint for step in graph(base).step("mixtures/deduped").inputs}
    assert before < after


def test_a_sketch_serves_every_recipe_that_reads_its_source() -> None:
    sketches = [
        {s.fingerprint for s in graph(recipe(name)).step("mixtures/deduped").inputs
         if s.name == "signatures" and s.partition == "hpo"}
        for name in ("tiny", "smoke", "small", "m1_14b")
    ]  # fmt: skip
    assert len(sketches[0]) == 1 and all(found == sketches[0] for found in sketches)


def test_a_withdrawal_remakes_what_follows_the_corpora() -> None:
    files = [{"path": "a.csv", "size_bytes": 1, "sha256": "0" * 64}]
    listed = RecipeGraph(tiny(), RAW, PACKAGE, withdrawn_step({"version": "", "files": files}))
    before = graph(tiny()).steps
    same = {node for node in before if listed.steps[node].fingerprint == before[node].fingerprint}
    assert same == {"corpora/benchmarks"}


def test_a_stage_is_mixed_anew_for_its_own_preferences_only() -> None:
    base = tiny()
    first, second, third = base.mixture.stages
    mixture = replace(base.mixture, stages=(first, second, replace(third, hardness_centre=0.7)))
    families = changed(base, replace(base, mixture=mixture))
    assert "mixtures/stage3" in families
    assert not families & {"mixtures/stage1", "mixtures/stage2", "checkpoints/stage2"}


def test_z_loss_is_identity_of_the_stage_that_has_it_and_of_no_other() -> None:
    base = tiny()
    first, second, third = base.stages
    families = changed(base, replace(base, stages=(first, replace(second, z_loss=1e-4), third)))
    assert {"checkpoints/stage2", "checkpoints/stage3"} <= families
    assert "checkpoints/stage1" not in families
    assert changed(base, replace(base, stages=(replace(first, z_loss=0.0), second, third))) == set()


def test_the_published_model_has_the_published_size_and_vocabulary() -> None:
    published = recipe("m1_14b")
    # 14,470,763,520 as a loader of the release counts them, and 800 scalars of the convolution.
    assert published.model.num_parameters() == 14_470_764_320
    assert published.tokenizer.vocab_size == 133_120


def test_the_name_of_a_recipe_is_no_identity_before_the_release() -> None:
    base = tiny()
    assert changed(base, replace(base, name="tiny2")) == {"releases/release"}


def test_all_ablation_variants_share_every_data_artifact() -> None:
    data = ("corpora/", "mixtures/", "tokenizers/")
    prints = [
        {node: step.fingerprint for node, step in graph(ablation(v)).steps.items()
         if node.startswith(data)}
        for v in VARIANTS
    ]  # fmt: skip
    assert all(found == prints[0] for found in prints)


def test_every_ablation_variant_trains_another_network_or_base() -> None:
    prints = {graph(ablation(v)).step("checkpoints/stage1").fingerprint for v in VARIANTS}
    assert len(prints) == len(VARIANTS)


def test_the_default_variant_shares_the_checkpoints_of_tiny() -> None:
    shared = graph(tiny()).base.fingerprint
    assert graph(ablation("default")).base.fingerprint == shared


def test_the_ablation_table_reads_three_reports_of_every_variant_in_order() -> None:
    graphs = {v: graph(ablation(v)) for v in VARIANTS}
    inputs = ablation_step(graphs).inputs
    assert len(inputs) == 3 * len(VARIANTS)
    assert [step.partition for step in inputs[::3]] == [ablation_name(v) for v in VARIANTS]


def test_a_recipe_without_its_corpora_says_how_to_get_them() -> None:
    with pytest.raises(ValueError, match="needs corpora that are not materialized"):
        RecipeGraph(tiny(), {}, PACKAGE)


def test_an_unknown_recipe_is_told_the_known_ones() -> None:
    with pytest.raises(ValueError, match="choose from tiny"):
        recipe("huge")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "../evil"}, "must match"),
        ({"tokenizer": replace(tiny().tokenizer, vocab_size=4096)}, "make them equal"),
        ({"model": replace(tiny().model, max_position_embeddings=128)}, "longest stage context"),
    ],
)
def test_a_recipe_that_contradicts_itself_is_refused(
    change: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        replace(tiny(), **change)  # type: ignore[arg-type]

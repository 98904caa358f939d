"""The card's metadata, read by the library that model hubs read it with."""

from __future__ import annotations

from pathlib import Path

from huggingface_hub import ModelCard, ModelCardData

from assets.fakes import FakeLake
from assets.releases.card import write_card
from tests.assets.releases.test_release import CONFIG, SCORES, SOURCES, inputs, make


def test_the_card_s_metadata_is_what_model_hubs_read(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    out = make(tmp_path, lake, inputs(lake))
    card = ModelCard.load(out / "README.md", ignore_metadata_errors=False)
    told = card.data.to_dict()
    assert told["language"] == ["en", "multilingual"]
    assert (told["license"], told["license_name"]) == ("other", "see-data-sources")
    assert (told["library_name"], told["pipeline_tag"]) == ("transformers", "text-generation")
    (result,) = card.data.eval_results or []
    assert (result.dataset_type, result.dataset_name) == ("piqa", 'PIQA: "two" ways')
    assert (result.metric_type, result.metric_value) == ("acc", 0.5)
    assert result.metric_name == "acc, 95% interval 0.4 to 0.625, n=100"
    assert ModelCardData(**told).to_dict()["model-index"] == told["model-index"]


def test_a_card_without_scores_of_the_final_model_has_no_results(tmp_path: Path) -> None:
    card = write_card(
        title="T", recipe="tiny", config=CONFIG, sources=SOURCES, scorecard="", ingredients=[],
        scores=[score for score in SCORES if score["model"] == "base"], release_fingerprint="f",
    )  # fmt: skip
    path = tmp_path / "README.md"
    path.write_text(card)
    assert ModelCard.load(path, ignore_metadata_errors=False).data.eval_results is None

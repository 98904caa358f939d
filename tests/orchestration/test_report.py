"""The table of a recipe's artifacts names each once, lists of withdrawn documents among them."""

from __future__ import annotations

from assets.recipes.graph import RecipeGraph, raw_step, withdrawn_step
from assets.recipes.smoke import smoke
from orchestration.commands.report import _with_corpora


def test_every_artifact_stands_once_in_the_table_also_with_withdrawn_documents() -> None:
    raw = {name: raw_step({"name": name}, {"files": []}) for name in smoke().source_names}
    files = [{"path": "a.csv", "size_bytes": 1, "sha256": "0" * 64}]
    for withdrawn in (None, withdrawn_step({"version": "", "files": files})):
        steps = _with_corpora(RecipeGraph(smoke(), raw, {"version": "1"}, withdrawn))
        nodes = [step.node for step in steps]
        assert nodes[: len(raw)] == ["corpora/raw"] * len(raw)
        assert len({step.fingerprint for step in steps}) == len(steps)
        assert ("corpora/withdrawn" in nodes) == (withdrawn is not None)

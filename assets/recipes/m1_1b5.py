"""`m1_1b5`: the size of the paper's ablations (arXiv 2502.12671, table 2); a node of eight GPUs."""

from __future__ import annotations

from assets.recipes.recipe import Recipe
from assets.recipes.scaled import Size, scaled


def m1_1b5() -> Recipe:
    """Return the recipe of 1.5B parameters: context 8k and window 2k are the ablations'.

    Their layers, width and vocabulary are not published: our choice. They read 200B tokens, 130 per
    parameter; this one reads 20, and `dataclasses.replace` of its stages makes it read more.
    """
    size = Size(hidden_size=2048, num_layers=24, vocab_size=65_536, context_tokens=8192)
    return scaled("m1_1b5", "M1 shape, 1.5B: one node, days", size)

"""`m1_125m`: the smallest model in the 14B's shape that is more than a demonstration; one GPU."""

from __future__ import annotations

from assets.recipes.recipe import Recipe
from assets.recipes.scaled import Size, scaled


def m1_125m() -> Recipe:
    """Return the recipe of 125M parameters, 40 % of them in the two embeddings."""
    # Width of the 125M of GPT-3 (arXiv 2005.14165, table 2.1); two layers fewer, since the
    # embeddings are not tied here.
    size = Size(hidden_size=768, num_layers=10, vocab_size=32_768, context_tokens=2048)
    return scaled("m1_125m", "M1 shape, 125M: one GPU, hours", size)

"""`m1_350m`: the 14B's shape at 358M parameters; one GPU for a day or two."""

from __future__ import annotations

from assets.recipes.recipe import Recipe
from assets.recipes.scaled import Size, scaled


def m1_350m() -> Recipe:
    """Return the recipe of 358M parameters."""
    # Width of the 350M of GPT-3 (arXiv 2005.14165, table 2.1), two layers fewer as in m1_125m.
    size = Size(hidden_size=1024, num_layers=22, vocab_size=32_768, context_tokens=4096)
    return scaled("m1_350m", "M1 shape, 350M: one GPU, days", size)

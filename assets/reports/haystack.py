"""Haystacks: prompts of an exact number of tokens with one fact at a given depth.

Pure: text, a way to encode it and a random generator in, items out. A prompt is running text,
the fact among it at a word boundary, and a question whose answer is the fact's code.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Encode = Callable[[str], Sequence[int]]

CODE_DIGITS = 5
CHANCE = 10.0**-CODE_DIGITS
"""A uniform guess of all digits; a model that knows only that digits follow has perplexity 10."""

PLACES = (
    "Lisbon", "Oslo", "Nairobi", "Lima", "Hanoi", "Cairo", "Geneva", "Dublin", "Quito", "Riga",
)  # fmt: skip
_FACT = "The access code of the {place} archive is {code}."
_QUESTION = "\nQuestion: What is the access code of the {place} archive?\nAnswer: {stem}"
_STEM = "The access code of the {place} archive is"

_STARTS = 20
"""Places of the text to try; the first one nearly always gives the exact length."""
_REACH_CHARS = 60
"""Characters around the estimate that are tried one by one."""
_MOST_CHARS_PER_TOKEN = 12
"""On average over a haystack; English takes 3 to 5."""


@dataclass(frozen=True, kw_only=True)
class Haystack:
    """One prompt; context and target together are as many tokens as were asked for."""

    context: str
    target: str
    place: str
    fact_token: int
    """Tokens of the context that stand before the fact."""
    depth: float
    """Share of the haystack's own tokens before the fact, as it came out."""


def build(
    filler: str, encode: Encode, *, length: int, depth: float, generator: random.Random
) -> Haystack:
    """Return a haystack of exactly `length` tokens; raises ValueError when none fits."""
    place = generator.choice(PLACES)
    code = "".join(generator.choice("0123456789") for _ in range(CODE_DIGITS))
    fact, stem = _FACT.format(place=place, code=code), _STEM.format(place=place)
    question, target = _QUESTION.format(place=place, stem=stem), f" {code}"
    wanted = length - len(encode(target))
    room = wanted - len(encode(f" {fact}{question}"))
    if room < 2:
        raise ValueError(
            f"a needle of {length} tokens has no room for hay: fact and question alone take "
            f"{length - room}; raise needle_lengths in the recipe"
        )
    for _ in range(_STARTS):
        end = generator.randrange(len(filler))
        for hay in _cuts(filler, end, room, encode):
            before, after = _split(hay, depth, encode)
            context = " ".join(part for part in (before, fact, after) if part) + question
            if len(encode(context)) == wanted:
                num_before = len(encode(before))
                return Haystack(
                    context=context,
                    target=target,
                    place=place,
                    fact_token=num_before,
                    depth=num_before / len(encode(hay)),
                )
    raise ValueError(
        f"no cut of the held-out text gives a needle of exactly {length} tokens: "
        f"{len(filler)} characters of it are too few or too uniform"
    )


def _cuts(filler: str, end: int, room: int, encode: Encode) -> list[str]:
    """Return texts that end at a word's end and take about `room` tokens, closest first.

    The text is treated as a ring, so that little held-out text still fills a long haystack.
    """
    space = filler.find(" ", end)
    ring = filler[: space if space >= 0 else len(filler)]
    while len(ring) < room * _MOST_CHARS_PER_TOKEN:
        ring = f"{filler} {ring}"
    ring = ring[-room * _MOST_CHARS_PER_TOKEN :]
    size = _fitting_size(ring, room, encode)
    offsets = sorted(range(-_REACH_CHARS, _REACH_CHARS + 1), key=abs)
    sizes = [size + offset for offset in offsets if 0 < size + offset <= len(ring)]
    return [ring[-size:].strip() for size in sizes]


def _fitting_size(ring: str, room: int, encode: Encode) -> int:
    """Return by bisection about how many last characters take `room` tokens."""
    low, high = 1, len(ring)
    while low < high:
        middle = (low + high) // 2
        if len(encode(ring[-middle:])) < room:
            low = middle + 1
        else:
            high = middle
    return low


def _split(hay: str, depth: float, encode: Encode) -> tuple[str, str]:
    """Cut at the word boundary whose share of tokens is closest to `depth`, by bisection."""
    boundaries = [0, *[i for i, character in enumerate(hay) if character == " "], len(hay)]
    wanted = depth * len(encode(hay))
    low, high = 0, len(boundaries) - 1
    while low < high:
        middle = (low + high) // 2
        if len(encode(hay[: boundaries[middle]])) < wanted:
            low = middle + 1
        else:
            high = middle
    around = boundaries[max(0, low - 1) : low + 1]
    at = min(around, key=lambda i: abs(len(encode(hay[:i])) - wanted))
    return hay[:at], hay[at:].removeprefix(" ")

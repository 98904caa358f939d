"""Writes texts that nobody has written: plain English by rule, each different from all others."""

from __future__ import annotations

import random


def _words(text: str) -> list[str]:
    return text.split()


NOUNS = _words("""
lamp river harvest bridge garden kettle ladder meadow window basket engine valley candle
saddle orchard pocket blanket hammer needle bottle ribbon mirror button carpet shadow thunder
feather pillow shovel bucket anchor copper wagon lantern pebble chimney cellar fabric gravel
puddle whistle tunnel harbour pasture quarry cabin ferry magnet marble mortar oyster parcel pepper
pigeon planet plaster powder prism pulley radish rafter raisin rocket rubber sailor salad sandal
shelter shutter signal silver skillet sleeve sponge stable statue steam stove tablet tailor teapot
thimble timber towel trumpet turnip turtle urn vase velvet vessel violin walnut weaver wheel
willow winter wool wrench yarn zipper barrel beacon beetle bellows bonnet bramble broom bundle
butter canvas carrot cart cedar cherry clay clover cobbler comet cotton crystal curtain""")
MEDICAL = _words("""
fever pulse lesion biopsy tumour artery kidney vein spleen plasma antigen serum tissue
membrane enzyme nerve muscle tendon fracture infection vaccine dosage symptom syndrome therapy
remission relapse anaemia oedema cough rash wound ulcer hormone insulin receptor platelet sputum
ventricle cartilage retina cornea trachea bronchus""")
ADJECTIVES = _words("""
slow bright narrow gentle heavy quiet rough smooth pale dark warm cold early late
broad sharp hollow solid fresh stale thick thin steep shallow dry damp round square tall short
loose tight plain fancy rusty dusty muddy sandy silent noisy hidden open common rare mild severe
faint strong weak steady sudden gradual brief lasting local distant""")
VERBS = _words("""
follows carries leaves crosses touches covers joins divides supports resists absorbs
reflects reaches avoids repeats measures balances gathers scatters lifts lowers turns holds
releases protects replaces resembles surrounds precedes outlasts weakens restores""")
# No five words without one of a class, over the end of a sentence either: what a hundredth of all
# texts repeats is a form, and forms do not count in deduplication.
PATTERNS = (
    "The {a} {n} of the {n} {v} a {a} {n} and the {n} that {v} another {n}.",
    "When a {n} {v} the {n}, the {a} {n} of that {n} {v} with the {n}.",
    "To have a {a} {n} near the {n} {v} every {n} and the {a} {n}.",
    "A {a} {n} that {v} the {n} {v} the {a} {n} with a {n}.",
    "Of all that the {n} {v}, the {a} {n} and a {n} {v} the {a} {n}.",
    "The {n} and the {n} have a {a} {n} that {v} the {n} of the {n}.",
)
SYLLABLES = _words("""
bren dol kar mil tas ven rop lin gar dus fel nor pim qua zed hal jor wex yul cor
bis tam ler vog sud nep rix dal fom gur""")


class Writer:
    """Texts, names and functions out of one seed."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self._names: set[str] = set()

    def sentence(self, nouns: list[str]) -> str:
        text = self._rng.choice(PATTERNS)
        for mark, words in (("{n}", nouns), ("{a}", ADJECTIVES), ("{v}", VERBS)):
            while mark in text:
                text = text.replace(mark, self._rng.choice(words), 1)
        return text[0].upper() + text[1:]

    def text(self, domain: str = "general", *, sentences: int = 5) -> str:
        nouns = NOUNS + 3 * MEDICAL if domain == "medical" else NOUNS
        return " ".join(self.sentence(nouns) for _ in range(sentences))

    def name(self) -> str:
        """Return a word that no other text has."""
        while (word := "".join(self._rng.sample(SYLLABLES, 4))) in self._names:
            continue
        self._names.add(word)
        return word.capitalize()

    def module(self, name: str) -> tuple[str, str]:
        """Return a Python module with one documented function, and what the function says."""
        words = self._rng.sample(NOUNS, 6)
        says = f"Return how many {words[0]} and {words[1]} the {words[2]} holds."
        code = (
            f'"""The {words[3]} of the {words[4]}, after {name}."""\n\n\n'
            f"def {name.lower()}({words[0]}, {words[1]}):\n"
            f'    """{says}"""\n'
            f"    {words[5]} = len({words[0]}) + {self._rng.randrange(1000)} * len({words[1]})\n"
            f"    return {words[5]}\n"
        )
        return code.strip("\n"), says

    def changed(self, text: str, places: int) -> str:
        """Return a text with so many words, far apart, each replaced by a shorter one."""
        words = text.split(" ")
        step = len(words) // (places + 1)
        for number in range(places):
            at = (number + 1) * step
            while len(words[at].strip(".,")) < 5:
                at += 1
            words[at] = f"ox{words[at][len(words[at].rstrip('.,')) :]}"
        return " ".join(words)

    def sample(self, items: list[str], count: int) -> list[str]:
        return self._rng.sample(items, count)

    def choice(self, items: list[str]) -> str:
        return self._rng.choice(items)

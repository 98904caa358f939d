"""Names and places of generated notes: made-up syllables, rare real ones, and some common ones.

Kept apart from the detector's lists on purpose: what it has never seen is most of what people
are called. Nobody is meant; a made-up name that somebody bears is chance.
"""

from __future__ import annotations

from random import Random


def _words(text: str) -> list[str]:
    return text.split()


_ONSETS = _words("b br ch d dr f g gr h j k kl l m n p pr r s sh sk st t tr v w y z")
_VOWELS = _words("a e i o u ai ea ie oa ou")
_CODAS = _words("n l r s m k t nd rn lm sk x v")
_FAMILY_ENDS = _words("ovic wele sdottir anko eshi quist uani yre")
_RARE_GIVEN = _words(
    "Thandiwe Oisin Siobhan Ngozi Bjorn Ikram Xochitl Leocadia Torvald Ayumi Quirin Saoirse Zdenek "
    "Anneliese Folasade Yevgenia Caoimhe Ruaridh Bronagh Eilidh Dagny Ilmari Maelle Soren Tadeusz"
)
_RARE_FAMILY = _words(
    "Szczepaniak Oyelaran Vanterpool Quattrocchi Achterberg Mbekeani Thorvaldsen Ramaswamy "
    "Papadimitriou Nakagawara Zuniga-Ortega O'Shaughnessy McGillicuddy Wojciechowski Abernethie "
    "Castellanos-Rey Gunawardena Hakimzadeh Ilesanmi Jokinen Kuznetsova Lindqvist Mwangombe"
)
_COMMON_GIVEN = _words("James Mary Robert Linda David Susan Carlos Mei Ahmed Priya Rose Grace")
_COMMON_FAMILY = _words(
    "Smith Johnson Garcia Nguyen Patel Kim Brown Young Lopez Walker Long Park Price Bell Parkinson"
)
_TOWN_ENDS = _words("port ville burgh ton mouth field stead wick haven ford")
_RARE_TOWNS = _words(
    "Ypsilanti Waxahachie Okolona Schenectady Tuckahoe Wauwatosa Punxsutawney Oconomowoc "
    "Chillicothe Natchitoches Sault-Marais Winnemucca Kaunakakai Egg Truth"
)
_STREET_WORDS = _words(
    "Alderbrook Thornapple Quarry Wexmoor Old-Mill Juniper Kestrel Larkspur Brambly Foxglove "
    "Tanglewood Copperline Marrow Saltgrass Windrush"
)

ZH_FAMILY = _words("\u738b \u674e \u5f20 \u6b27\u9633 \u7ae5 \u7fdf \u5357 \u8d39 \u5c1a \u90ce")
ZH_GIVEN = _words(
    "\u5c0f\u660e \u5efa\u56fd \u96e8\u6850 \u6d69\u7136 \u743c \u7acb\u65b0 \u6893\u6db5"
)
JA_FAMILY = _words(
    "\u7530\u4e2d \u52c5\u4f7f\u6cb3\u539f \u4e94\u5341\u5d50 \u5c0f\u9ce5\u904a "
    "\u9234\u6728 \u67ca"
)
JA_GIVEN = _words("\u592a\u90ce \u82b1\u5b50 \u7d50\u8863 \u5927\u7ffc \u9999\u7e54 \u84ee")
ZH_TOWNS = _words("\u4e34\u6cb3\u5e02 \u9752\u7530\u53bf \u67cf\u6e05\u5e02")
JA_TOWNS = _words("\u685c\u6ca2\u5e02 \u77e2\u5dfe\u753a \u8c4a\u5ca1\u5e02")


def given_name(random: Random) -> str:
    """Return one of 45% made-up, 25% rare and 30% common given names."""
    return _mixed(random, _made_up(random, 1, _VOWELS), _RARE_GIVEN, _COMMON_GIVEN)


def family_name(random: Random) -> str:
    """Return the same of family names."""
    return _mixed(random, _made_up(random, 1, _FAMILY_ENDS), _RARE_FAMILY, _COMMON_FAMILY)


def town(random: Random) -> str:
    """Return a town: made up, or real and small."""
    made = _made_up(random, 1, _TOWN_ENDS)
    return made if random.random() < 0.7 else random.choice(_RARE_TOWNS)


def street_words(random: Random) -> str:
    """Return the proper part of a street's name."""
    words = (
        [random.choice(_STREET_WORDS)] if random.random() < 0.5 else [_made_up(random, 1, _CODAS)]
    )
    return " ".join(([random.choice(("N.", "West", "S"))] if random.random() < 0.3 else []) + words)


def _mixed(random: Random, made: str, rare: list[str], common: list[str]) -> str:
    draw = random.random()
    return made if draw < 0.45 else random.choice(rare if draw < 0.70 else common)


def _made_up(random: Random, syllables: int, ends: list[str]) -> str:
    parts = [
        random.choice(_ONSETS) + random.choice(_VOWELS) + random.choice(_CODAS)
        for _ in range(syllables)
    ]
    return ("".join(parts) + random.choice(_VOWELS)[0] + random.choice(ends)).capitalize()

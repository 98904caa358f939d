"""Which language a record counts as before its text is looked at: what it states, else its source.

Stated languages come from wild files and are words like `English` or `Python` as often as codes.
"""

from __future__ import annotations

from assets.corpora.catalogue.entry import ANY_LANGUAGE

PROGRAM_LANGUAGE = "en"
"""Of program text where nobody says otherwise: keywords and libraries are English, and so the
catalogue declares its own program text. It is not detected: the model knows no programs."""

_TWO_LETTERS = (
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy "
    "da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu "
    "hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb "
    "lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om "
    "or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw "
    "ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu"
)
_THREE_LETTERS = (
    "ace bcl crh ext fuv gcf gcr gom grc gug guw hbo kab kik lij ltg nso pcm sdh vec zxx"
)
ISO_639_1 = frozenset(_TWO_LETTERS.split())
OTHERS = frozenset(_THREE_LETTERS.split())
"""What the detector (cleaning/language.py) calls by three letters: languages without two, some
members of a macrolanguage, and zxx, no language at all (a table of numbers, say)."""


def stated_language(label: str) -> str:
    """Return the code of a language that a record states, or "" for what is none.

    `EN`, `en-US` and `en_US` are `en`; names, programming languages and any other code say nothing.
    """
    code = label.strip().lower().replace("_", "-").partition("-")[0]
    return code if code in ISO_639_1 | OTHERS else ""


def language_before_detection(stated: str, of_source: str, kind: str) -> str:
    """Return what a record stands for until its text speaks; ANY_LANGUAGE where nobody says."""
    if code := stated_language(stated):
        return code
    return PROGRAM_LANGUAGE if kind == "code" and of_source == ANY_LANGUAGE else of_source

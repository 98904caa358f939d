"""The words and phrases that the rule scorers count, by what they mark; tables, no scoring.

Our choice throughout, and small on purpose: connectives and definition patterns that any writing
handbook lists. Phrases match whole tokens, in any case, without a line end inside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.mixtures.scoring.hash_kernels import find_slot
from assets.mixtures.scoring.text import tokens_of
from assets.mixtures.scoring.text_kernels import U64, joined

PHRASES: Mapping[str, str] = {
    "cause": (
        "because; because of; due to; owing to; caused by; leads to; lead to; led to; results in; "
        "result in; resulted in; results from; resulting from; as a result; as a result of; "
        "the reason for; the reason why; gives rise to; so that; for this reason; attributable to; "
        "responsible for; explained by; explains why; causes; is caused; mediated by; "
        # because, due to, lead to (Chinese); because, for that purpose (Japanese)
        "\u56e0\u4e3a; \u7531\u4e8e; \u5bfc\u81f4; \u306a\u305c\u306a\u3089; \u306e\u305f\u3081"
    ),
    "inference": (
        "therefore; thus; hence; consequently; accordingly; it follows; follows that; implies; "
        "implies that; imply; suggest that; suggests that; suggesting; indicates that; "
        "indicate that; indicating; we conclude; it is concluded; conclude that; concluded that; "
        "we infer; inferred; in conclusion; this means; which means; demonstrate that; "
        "demonstrates that; shows that; show that; proves that; evidence that; consistent with; "
        "we can deduce; can be deduced; must be; cannot be; "
        # therefore, so, hence, shows that (Chinese); therefore, in other words (Japanese)
        "\u56e0\u6b64; \u6240\u4ee5; \u4ece\u800c; \u8868\u660e; \u3057\u305f\u304c\u3063\u3066; "
        "\u3064\u307e\u308a"
    ),
    "condition": (
        "if; unless; provided that; assuming; assuming that; suppose; suppose that; given that; "
        "in case; whether; otherwise; only if; in the absence of; in the presence of; "
        "depends on; depending on; if and only if; "
        # if, unless, assume (Chinese); in the case of, if (Japanese)
        "\u5982\u679c; \u9664\u975e; \u5047\u8bbe; \u5834\u5408; \u3082\u3057"
    ),
    "contrast": (
        "however; although; though; whereas; in contrast; by contrast; on the other hand; despite; "
        "in spite of; nevertheless; nonetheless; conversely; on the contrary; rather than; "
        "instead; while; yet; but not; except; even though; notwithstanding; "
        # but, although, however (Chinese); but (Japanese)
        "\u4f46\u662f; \u867d\u7136; \u7136\u800c; \u3057\u304b\u3057"
    ),
    "comparison": (
        "greater than; less than; more than; higher than; lower than; fewer than; larger than; "
        "smaller than; compared with; compared to; in comparison; versus; vs; relative to; "
        "twice as; as much as; increased; decreased; significantly; proportional to; correlated; "
        "correlation; equal to; similar to; differ from; differed; difference between; "
        # more than, compared with (Chinese); compared (Japanese)
        "\u5927\u4e8e; \u5c0f\u4e8e; \u76f8\u6bd4; \u6bd4\u8f03; \u6bd4\u8f83"
    ),
    "sequence": (
        "first; firstly; second; secondly; third; thirdly; then; next; finally; subsequently; "
        "step; steps; in turn; afterwards; followed by; we have; we obtain; we get; "
        # first, then, finally (Chinese); first, next (Japanese)
        "\u9996\u5148; \u7136\u540e; \u6700\u540e; \u307e\u305a; \u6b21\u306b"
    ),
    "definition": (
        "is defined as; are defined as; defined as; refers to; refer to; is a; is an; are a; "
        "is known as; are known as; known as; is called; are called; so called; means that; "
        "consists of; consist of; composed of; characterized by; characterised by; termed; "
        "denotes; is one of; a type of; a form of; a kind of; a disorder of; "
        "belongs to; synonyms; definition; contains; comprises; stands for; is any; "
        # defined as, refers to, is called, is a kind of (Chinese); is called (Japanese)
        "\u5b9a\u4e49; \u662f\u6307; \u79f0\u4e3a; \u662f\u4e00\u79cd; \u3068\u547c\u3070\u308c"
    ),
    "explanation": (
        "for example; for instance; e.g.; such as; that is; i.e.; in other words; note that; "
        "in order to; let us; consider; recall that; how to; explains; explain; explained; "
        "illustrates; to understand; understand; understanding; introduction; overview; summary; "
        "in general; in particular; specifically; importantly; the purpose of; can be used to; "
        "is used to; are used to; is important; called; why; how; principle; concept; theory; "
        "learn; lesson; chapter; see also; "
        # for example, that is, note, why (Chinese); for example, that is (Japanese)
        "\u4f8b\u5982; \u4e5f\u5c31\u662f\u8bf4; \u6ce8\u610f; \u4e3a\u4ec0\u4e48; "
        "\u4f8b\u3048\u3070; \u3059\u306a\u308f\u3061"
    ),
    "promotion": (
        "click; click here; subscribe; sign up; log in; login; free shipping; buy now; add to "
        "cart; "
        "on sale; discount; all rights reserved; terms of service; privacy policy; cookies; "
        "follow us; share this; like and subscribe; contact us; our customers; best price; "
        "limited time; order now; advertisement; sponsored; read more; home page; newsletter; lol; "
        "omg; hashtag; retweet; check out; don ' t miss; coupon; shop now; special offer"
    ),
    "unit": (
        "%; percent; per cent; mg; g; kg; mcg; ug; ng; ml; l; dl; ul; mm; cm; m; km; nm; um; mmhg; "
        "mmol; mol; meq; iu; u; units; rad; rads; gy; hz; khz; mhz; ghz; mv; v; ma; w; kw; mw; j; "
        "kj; kcal; cal; k; pa; kpa; bar; atm; s; ms; sec; seconds; min; minutes; h; hr; hrs; "
        "hours; "
        "days; weeks; months; years; yr; times; fold; bytes; kb; mb; gb; degrees; miles; feet; ft; "
        "inches; acres; tons; tonnes; pounds; lb; million; billion; daltons; bp; cases; patients; "
        "\u00b0; \u00b5; \u03bcg; \u03bcm; \u03bcl"
    ),
}
CATEGORIES = tuple(PHRASES)
UNIT = CATEGORIES.index("unit")
MAX_PHRASE_TOKENS = 6
_ROOM = 1 << 12


@dataclass(frozen=True, kw_only=True)
class Lexicon:
    """An open-addressed table from the hash of a phrase to its category."""

    keys: U64
    category: npt.NDArray[np.int8]
    """Of the phrase with this hash; -1 where only longer phrases begin so."""
    longest: npt.NDArray[np.int8]
    """Tokens of the longest phrase that begins with the word of this hash."""


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """Return the compiled table of PHRASES."""
    keys = np.zeros(_ROOM, dtype=np.uint64)
    category = np.full(_ROOM, -1, dtype=np.int8)
    longest = np.zeros(_ROOM, dtype=np.int8)
    for index, listed in enumerate(PHRASES.values()):
        tokens = tokens_of(pl.Series(listed.split("; ")))
        for first, last in pairwise(tokens.bounds):
            hashes = tokens.folded[first:last]
            assert 0 < len(hashes) <= MAX_PHRASE_TOKENS, listed
            start = _slot(keys, hashes[0])
            longest[start] = max(longest[start], len(hashes))
            whole = hashes[0]
            for value in hashes[1:]:
                whole = np.uint64(joined(whole, value))
            slot = _slot(keys, whole)
            # A phrase belongs to the first category that lists it ("called" explains, defines).
            if category[slot] < 0:
                category[slot] = index
    return Lexicon(keys=keys, category=category, longest=longest)


def _slot(keys: U64, key: np.uint64) -> int:
    """Return the slot of a key, taking a free one when it is new."""
    slot = int(find_slot(keys, key))
    if slot < 0:
        slot = -1 - slot
        keys[slot] = key
    return slot

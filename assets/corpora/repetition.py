"""Repetition within a document, by the thresholds of MassiveText (arXiv 2112.11446, table A1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

MAX_DUPLICATE_LINES = 0.30
MAX_DUPLICATE_LINE_CHARS = 0.20
MAX_DUPLICATE_PARAGRAPHS = 0.30
MAX_DUPLICATE_PARAGRAPH_CHARS = 0.20
MAX_TOP_NGRAM_CHARS = {2: 0.20, 3: 0.18, 4: 0.16}
MAX_DUPLICATE_NGRAM_CHARS = {5: 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.10}

MIN_TOP_NGRAM_COUNT = 3
"""Our choice: the table has no such bound, and drops 0.7% of PubMed's abstracts only because a
short text takes up the long words of its title once."""


def repetition(text: str, words: Sequence[str]) -> str:
    """Return the first reason met, or an empty string."""
    paragraphs = [part for part in text.split("\n\n") if part]
    lines = [line for line in text.split("\n") if line]
    if _repeats(paragraphs, MAX_DUPLICATE_PARAGRAPHS, MAX_DUPLICATE_PARAGRAPH_CHARS):
        return "repeated_paragraphs"
    if _repeats(lines, MAX_DUPLICATE_LINES, MAX_DUPLICATE_LINE_CHARS):
        return "repeated_lines"
    total = sum(map(len, words))
    for n, limit in MAX_TOP_NGRAM_CHARS.items():
        if _top_ngram_chars(words, n) > limit * total:
            return "frequent_phrase"
    for n, limit in MAX_DUPLICATE_NGRAM_CHARS.items():
        duplicated = _duplicate_ngram_chars(words, n)
        if duplicated > limit * total:
            return "repeated_phrases"
        if not duplicated:
            break  # a longer n-gram can only be repeated where the shorter one is
    return ""


def _repeats(parts: Sequence[str], max_share: float, max_chars: float) -> bool:
    seen = set[str]()
    count = chars = 0
    for part in parts:
        if part in seen:
            count += 1
            chars += len(part)
        seen.add(part)
    return count > max_share * len(parts) or chars > max_chars * sum(map(len, parts))


def _top_ngram_chars(words: Sequence[str], n: int) -> int:
    grams = Counter(zip(*(words[i:] for i in range(n)), strict=False))
    if not grams:
        return 0
    count = max(grams.values())
    if count < MIN_TOP_NGRAM_COUNT:
        return 0
    return count * max(sum(map(len, gram)) for gram, c in grams.items() if c == count)


def _duplicate_ngram_chars(words: Sequence[str], n: int) -> int:
    """Return the characters of words inside an n-gram met before, each word counted once."""
    seen = set[tuple[str, ...]]()
    covered = chars = 0
    for start, gram in enumerate(zip(*(words[i:] for i in range(n)), strict=False)):
        if gram in seen:
            chars += sum(map(len, words[max(start, covered) : start + n]))
            covered = start + n
        seen.add(gram)
    return chars

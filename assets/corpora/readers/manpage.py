"""Manual pages: roff source into text with its headings, one record per page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from assets.corpora.readers.record import DEFAULT_READING, Bad, Reading, Record, bad
from assets.corpora.readers.streams import UnreadableStream, base_name, open_stream, whole

_FONT = re.compile(r"\\f(?:\([A-Za-z0-9]{2}|\[[^\]\n]{0,20}\]|[A-Za-z0-9])")
_SIZE = re.compile(r"\\s[+-]?[0-9]{1,2}")
_COMMENT = re.compile(r'\\["#][^\n]*')
_NAMED = re.compile(r"\\\(([A-Za-z0-9+*:'-]{2})")
_STRING = re.compile(r"\\\*(?:\([A-Za-z0-9]{2}|[A-Za-z0-9])")
_OTHER = re.compile(r"\\[,/&|^%:!{}()]")
_GLYPHS = {
    "aq": "'", "bu": "\u2022", "co": "\u00a9", "dq": '"', "em": "\u2014", "en": "\u2013",
    "hy": "-", "lq": "\u201c", "rq": "\u201d", "mi": "-", "rs": "\\", "tm": "\u2122",
}  # fmt: skip
_ARGUMENT = re.compile(r'"((?:[^"]|"")*)"|(\S+)')

_HEADINGS = frozenset({"SH", "SS", "Sh", "Ss"})
_BREAKS = frozenset({"HP", "IP", "LP", "P", "PP", "Pp", "TP", "TQ", "br", "sp", "It", "Bl", "El"})
_SPOKEN = frozenset({"B", "BI", "BR", "I", "IB", "IP", "IR", "RB", "RI", "SB", "SM"})
_ALTERNATING = frozenset({"BI", "BR", "IB", "IR", "RB", "RI"})
_MDOC = re.compile(r"[A-Z][a-z]")
_MDOC_SILENT = frozenset({"Dd", "Dt", "Os", "Bd", "Ed", "Rs", "Re", "Sm"})
_SKIPPED_BLOCKS = {"TS": "TE", "EQ": "EN", "de": ".", "ig": "."}


def read_manpage(path: Path, name: str, how: Reading = DEFAULT_READING) -> Iterator[Record | Bad]:
    try:
        with open_stream(path, how.limits) as stream:
            content = whole(stream, how.limits.max_record_bytes)
    except UnreadableStream as error:
        yield bad(name, error.offset, error.reason, b"")
        return
    if content is None:
        yield bad(name, 0, "record_too_large", b"")
        return
    try:
        source = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        yield bad(name, 0, "not_utf8", content)
        return
    redirect = source.lstrip().startswith(".so ")
    yield Record(
        native_id=name,
        title=PurePosixPath(base_name(name)).name,
        text="" if redirect else roff_to_text(source),
        file=name,
        offset=0,
        unusable="redirect" if redirect else "",
    )


def roff_to_text(source: str) -> str:
    """Return the text of man or mdoc source; macros that only shape the page are left out."""
    parts = list[str]()
    until = ""
    for line in source.split("\n"):
        if not line.startswith((".", "'")):
            if not until:
                parts.append(_plain(line))
            continue
        macro, _, rest = line[1:].strip().partition(" ")
        if until:
            until = "" if macro in (until, until * 2) else until
        elif macro in _SKIPPED_BLOCKS:
            until = _SKIPPED_BLOCKS[macro]
        else:
            parts.append(_macro(macro, rest))
    text = re.sub(r"[ \t]+\n", "\n", "\n".join(parts))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _macro(macro: str, rest: str) -> str:
    arguments = [first or second for first, second in _ARGUMENT.findall(rest)]
    words = [_plain(argument) for argument in arguments]
    if macro in _HEADINGS:
        return "\n" + " ".join(words) + "\n"
    if macro in _SPOKEN:
        return "\n" + (words[0] if words else "") if macro == "IP" else _spoken(macro, words)
    if macro in _BREAKS:
        shown = [word for word in words if not word.startswith("-")] if macro == "It" else []
        return "\n" + " ".join(shown)
    if _MDOC.fullmatch(macro) and macro not in _MDOC_SILENT:
        # Macros within the line (`.Op Fl a Ar file`) are names of two letters as well.
        return " ".join(word for word in words if not _MDOC.fullmatch(word))
    return ""


def _spoken(macro: str, words: list[str]) -> str:
    return ("" if macro in _ALTERNATING else " ").join(words)


def _plain(text: str) -> str:
    text = _COMMENT.sub("", text)
    text = _FONT.sub("", text)
    text = _SIZE.sub("", text)
    text = _STRING.sub("", text)
    text = _NAMED.sub(lambda found: _GLYPHS.get(found[1], ""), text)
    text = text.replace("\\-", "-").replace("\\~", " ").replace("\\ ", " ").replace("\\0", " ")
    text = _OTHER.sub("", text).replace("\\(", "")
    return text.replace("\\e", "\\").replace("\\'", "'").replace("\\`", "`").replace("\\.", ".")

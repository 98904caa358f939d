"""Wikitext to plain text: a small cleaner in one pass over the brackets, linear in the input.

It keeps running text, headings and list items, and drops what reads badly without its layout:
templates (but for a few that stand for words), tables, references, files, mathematics.
"""

from __future__ import annotations

import html
import re

MAX_DEPTH = 40
"""Brackets nested deeper than this are taken as text; real articles stay below 10. Our choice."""

_DROPPED_ELEMENTS = (
    "ref", "math", "gallery", "timeline", "score", "imagemap", "source", "syntaxhighlight",
    "references", "hiero", "chem", "graph",
)  # fmt: skip
"""Elements whose content is no running text."""

_DROPPED_SECTIONS = frozenset(
    {
        "bibliography", "citations", "discography", "external links", "filmography", "footnotes",
        "further reading", "gallery", "notes", "notes and references", "references",
        "references and notes", "see also", "selected bibliography", "sources", "works cited",
    }
)  # fmt: skip
"""Lists of links and books, which a page has under these headings."""

_DROPPED_LINKS = frozenset({"file", "image", "category", "media"})

_TEXT_TEMPLATES = {
    "lang": -1, "transl": -1, "nowrap": 1, "nobr": 1, "small": 1, "smaller": 1, "quote": 1,
    "blockquote": 1, "nihongo": 1, "angbr": 1, "em": 1, "abbr": 1, "as of": 1,
    "sub": 1, "sup": 1, "mvar": 1, "math": 1, "val": 1, "flag": 1,
}  # fmt: skip
"""Template -> the positional argument that is read aloud (-1 is the last one)."""

_SYMBOL_TEMPLATES = {
    "ndash": "\u2013", "\u2013": "\u2013", "spaced ndash": " \u2013 ", "snd": " \u2013 ",
    "mdash": "\u2014", "spaced mdash": " \u2014 ", "nbsp": " ", "\u00b7": " \u00b7 ", "'": "'",
    "minus": "\u2212", "times": "\u00d7", "deg": "\u00b0", "circa": "c. ", "c.": "c. ",
}  # fmt: skip
"""Template -> what it stands for; its arguments, if any, follow."""

_BRACKETS = re.compile(
    r"\{\{|\}\}|\[\[|\]\]"
    # Tables open and close at the start of a line; `|}}` there is a template's empty argument.
    r"|^[ \t:]{0,20}\{\||^[ \t]{0,20}\|\}(?!\}(?!\}))",
    re.MULTILINE,
)
_CLOSES = {"{{": "}}", "{|": "|}", "[[": "]]"}
_OPENS = {closing: opening for opening, closing in _CLOSES.items()}
_RANGES = frozenset({"to", "-", "and", "by", "x", "or"})
_INTERWIKI = re.compile(r"[a-z]{2,3}(?:-[a-z]{2,8})?:")
_EXTERNAL = re.compile(r"\[(?:https?:|ftp:)?//[^\s\[\]<>]++(?:[ \t]([^\[\]\n]*+))?\]")
_TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]*)[^<>]*>")
_OPENING = re.compile(rf"<({'|'.join(_DROPPED_ELEMENTS)})\b([^<>]*)>", re.IGNORECASE)
_QUOTES = re.compile(r"'{2,5}")
_HEADING = re.compile(r"(={2,6})([^=\n]+)\1$")
_MAGIC = re.compile(r"__[A-Z]{3,20}__")
_EMPTY_PARENTHESES = re.compile(r" ?\([\s,;:]{0,20}\)")
_LEFT_OVER_START = re.compile(r"\([,;:][\s,;:]{0,20}")
_SPACES = re.compile(r"[ \t\u00a0]+")
_SPACE_BEFORE = re.compile(r" ([,.;:)])")


def wikitext_to_text(wikitext: str) -> str:
    """Return the running text of a page."""
    text = _without(wikitext, "<!--", "-->")
    text = _without_elements(text)
    text = _resolve_brackets(text)
    text = _EXTERNAL.sub(lambda match: (match[1] or "").strip(), text)
    text = _TAG.sub(lambda match: "\n" if match[1].lower() in ("br", "p", "li") else "", text)
    text = html.unescape(_MAGIC.sub("", _QUOTES.sub("", text)))
    text = _EMPTY_PARENTHESES.sub("", _LEFT_OVER_START.sub("(", text))
    return "\n".join(_lines(text)).strip("\n")


def _without(text: str, opening: str, closing: str) -> str:
    """Cut out every opening..closing; an opening that is never closed stays."""
    parts, position = [], 0
    while (start := text.find(opening, position)) >= 0:
        end = text.find(closing, start)
        if end < 0:
            break
        parts.append(text[position:start])
        position = end + len(closing)
    return "".join(parts) + text[position:]


def _without_elements(text: str) -> str:
    """Cut out elements that are no text; of one that is never closed only the tag goes."""
    lowered, parts, position = text.lower(), [], 0
    if len(lowered) != len(text):
        lowered = text  # a letter changed length; closing tags are then matched as written
    unclosed: set[str] = set()
    for match in _OPENING.finditer(text):
        if match.start() < position:
            continue
        parts.append(text[position : match.start()])
        position, name = match.end(), match[1].lower()
        if match[2].endswith("/") or name in unclosed:
            continue
        end = lowered.find(f"</{name}", position)
        if end < 0:
            unclosed.add(name)
            continue
        stop = text.find(">", end)
        position = stop + 1 if stop >= 0 else len(text)
    return "".join(parts) + text[position:]


def _resolve_brackets(text: str) -> str:
    """Replace templates, tables and links by what is read, innermost first."""
    stack: list[tuple[str, list[str]]] = [("", [])]
    position = 0
    for match in _BRACKETS.finditer(text):
        bracket = match[0].lstrip(" \t:")
        stack[-1][1].append(text[position : match.start()])
        position = match.end()
        openings = [opening for opening, _ in stack]
        if bracket in _CLOSES and len(stack) <= MAX_DEPTH:
            stack.append((bracket, []))
        elif _OPENS.get(bracket, "-") in openings:
            # Brackets inside that were never closed are text.
            while stack[-1][0] != _OPENS[bracket]:
                _flush(stack)
            opening, parts = stack.pop()
            stack[-1][1].append(_read("".join(parts), opening))
        else:
            stack[-1][1].append(bracket)
    stack[-1][1].append(text[position:])
    while len(stack) > 1:
        _flush(stack)
    return "".join(stack[0][1])


def _flush(stack: list[tuple[str, list[str]]]) -> None:
    opening, parts = stack.pop()
    stack[-1][1].extend((opening, *parts))


def _read(content: str, opening: str) -> str:
    if opening == "[[":
        return _link(content)
    if opening == "{|":
        return ""
    name, *arguments = (part.strip() for part in content.split("|"))
    name = name.lower()
    if name == "convert" and len(arguments) >= 2:
        return " ".join(arguments[: 4 if arguments[1] in _RANGES else 2])
    positional = [argument for argument in arguments if "=" not in argument]
    if name in _SYMBOL_TEMPLATES:
        return _SYMBOL_TEMPLATES[name] + "".join(positional[:1])
    position = _TEXT_TEMPLATES.get(name)
    if position is None or not positional:
        return ""
    return positional[-1] if position < 0 else positional[0]


def _link(content: str) -> str:
    target, *labels = content.split("|")
    target = target.strip()
    if target.partition(":")[0].strip().lower() in _DROPPED_LINKS or _INTERWIKI.match(target):
        return ""
    return labels[-1] if labels else target.removeprefix(":")


def _lines(text: str) -> list[str]:
    """Tidy lines; drop the sections that only list, up to the next heading of their level."""
    kept: list[str] = []
    dropping = 0
    for raw in text.split("\n"):
        line = _SPACE_BEFORE.sub(r"\1", _SPACES.sub(" ", raw)).strip()
        heading = _HEADING.fullmatch(line)
        if heading:
            level, line = len(heading[1]), heading[2].strip()
            if not dropping or level <= dropping:
                dropping = level if line.lower() in _DROPPED_SECTIONS else 0
            if not dropping:
                kept += ["", line]
            continue
        if dropping:
            continue
        stripped = line.lstrip("*#:;").strip()
        if stripped and not stripped.startswith(("|", "!")):
            kept.append(f"- {stripped}" if line[0] in "*#" else stripped)
        elif not line:
            kept.append("")
    return kept

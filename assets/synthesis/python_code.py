"""Questions from Python source: say what a function does, or write its body."""

from __future__ import annotations

import ast
import random
import re
import textwrap
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from assets.synthesis.item import Draft, Kind

MIN_SUMMARY_CHARS, MAX_SUMMARY_CHARS = 20, 120
MAX_FUNCTION_CHARS = 500
"""Ours: a summary that says something, and a function that fits a small context."""

SEPARATOR = "::"
"""Between a module's native id and the qualified name of a function."""

_SENTENCE = re.compile(r"[A-Z].*\.")


@dataclass(frozen=True, kw_only=True)
class Function:
    """A documented function, its indentation taken off."""

    header: str
    """From `def` to the end of the documentation string."""
    signature: str
    """From `def` to the line before the documentation string."""
    body: str
    """What follows the documentation string."""
    summary: str
    """First line of the documentation string."""


def python_kinds(source: str, modules: Iterable[tuple[str, str]]) -> tuple[Kind, ...]:
    """Return the ways to ask about the functions of (native id, text) of one source's modules."""
    functions = {
        f"{native_id}{SEPARATOR}{name}": function
        for native_id, text in modules
        for name, function in _short_functions(text)
    }
    templates = {"python_describe": _ask_summary, "python_complete": _ask_body}
    return tuple(
        Kind(
            name=name,
            domain="general",
            source=source,
            subjects=sorted(functions),
            write=partial(write, functions),
            document=lambda native_id: native_id.split(SEPARATOR)[0],
        )
        for name, write in templates.items()
    )


def functions_of(text: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Yield (qualified name, node) of functions and methods whose name is unique in the module.

    A text that is no Python of this version has none.
    """
    try:
        with warnings.catch_warnings():
            # Old source has escapes that newer compilers frown upon; we only read it.
            warnings.simplefilter("ignore")
            found = list(_walk(ast.parse(text), ""))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    counts = Counter(name for name, _ in found)
    yield from ((name, node) for name, node in found if counts[name] == 1)


def _walk(node: ast.Module | ast.ClassDef, prefix: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    for child in node.body:
        if isinstance(child, ast.FunctionDef):
            yield prefix + child.name, child
        elif isinstance(child, ast.ClassDef):
            yield from _walk(child, f"{prefix}{child.name}.")


def _short_functions(text: str) -> Iterator[tuple[str, Function]]:
    lines = text.split("\n")
    for name, node in functions_of(text):
        function = _read(node, lines)
        if function is not None:
            yield name, function


def _read(node: ast.FunctionDef, lines: list[str]) -> Function | None:
    documentation = ast.get_docstring(node)
    if documentation is None or len(node.body) < 2:
        return None
    summary = documentation.split("\n")[0].strip()
    first, second = node.body[0], node.body[1]
    assert first.end_lineno is not None and node.end_lineno is not None, "parsed from text"
    on_own_lines = node.lineno < first.lineno and first.end_lineno < second.lineno
    whole = "\n".join(lines[node.lineno - 1 : node.end_lineno])
    if (
        not on_own_lines
        or not _SENTENCE.fullmatch(summary)
        or not MIN_SUMMARY_CHARS <= len(summary) <= MAX_SUMMARY_CHARS
        or len(whole) > MAX_FUNCTION_CHARS
    ):
        return None
    whole_lines = textwrap.dedent(whole).split("\n")
    start, end = first.lineno - node.lineno, first.end_lineno - node.lineno + 1
    return Function(
        header="\n".join(whole_lines[:end]),
        signature="\n".join(whole_lines[:start]),
        body="\n".join(whole_lines[end:]).strip("\n"),
        summary=summary,
    )


def _ask_summary(functions: dict[str, Function], native_id: str, rng: random.Random) -> Draft:
    function = functions[native_id]
    stem = rng.choice(
        (
            "What does this Python function do?",
            "Write the first line of this Python function's documentation string.",
        )
    )
    code = f"{function.signature}\n{function.body}"
    return Draft(question=f"{stem}\n\n{code}", answer=function.summary)


def _ask_body(functions: dict[str, Function], native_id: str, rng: random.Random) -> Draft:
    function = functions[native_id]
    stem = "Write the body of this Python function."
    return Draft(question=f"{stem}\n\n{function.header}", answer=function.body)

"""Items of one large JSON file: the elements of its outer array or the members of its object.

Read piece by piece, so that memory is bounded by one item and not by the file.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assets.corpora.readers.json_text import nesting
from assets.corpora.readers.limits import ReadLimits
from assets.corpora.readers.record import Bad, bad
from assets.corpora.readers.streams import BoundedStream, UnreadableStream, open_stream

_SPACE = " \t\n\r"
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, kw_only=True)
class Item:
    """One element or member."""

    offset: int
    key: str
    """Of a member; empty for an element."""
    value: Any


class _Stop(Exception):
    """The file cannot be read on: items after a broken one cannot be found."""

    def __init__(self, reason: str, offset: int, excerpt: str) -> None:
        super().__init__(reason)
        self.reason, self.offset, self.excerpt = reason, offset, excerpt


def json_items(path: Path, name: str, limits: ReadLimits) -> Iterator[Item | Bad]:
    """Yield every item, or what is wrong with it; nothing is read behind malformed JSON."""
    try:
        with open_stream(path, limits) as stream:
            yield from _items(_Text(stream, limits), name, limits)
    except UnreadableStream as error:
        yield bad(name, error.offset, error.reason, b"")
    except _Stop as error:
        yield bad(name, error.offset, error.reason, error.excerpt)


def _items(text: _Text, name: str, limits: ReadLimits) -> Iterator[Item | Bad]:
    opening = text.next_char()
    if opening not in ("{", "["):
        raise _Stop("no_array_or_object", 0, opening)
    text.skip(1)
    closing = "}" if opening == "{" else "]"
    first = True
    while text.next_char() != closing:
        if not first:
            text.expect(",")
            text.next_char()
        first = False
        offset, key = text.offset, ""
        if closing == "}":
            key = text.value()[0]
            if not isinstance(key, str):
                raise _Stop("malformed_json", offset, "")
            text.expect(":")
            text.next_char()
        value, source = text.value()
        if nesting(source) > limits.max_nesting:
            yield bad(name, offset, "nested_too_deep", source)
        else:
            yield Item(offset=offset, key=key, value=value)
    text.skip(1)
    if text.next_char():
        raise _Stop("malformed_json", text.offset, "text behind the end")


class _Text:
    """Decoded content around one place, which only moves forward."""

    def __init__(self, stream: BoundedStream, limits: ReadLimits) -> None:
        self._stream = stream
        self._decode = codecs.getincrementaldecoder("utf-8-sig")()
        self._max = limits.max_record_bytes
        self._buffer, self._at, self._ended = "", 0, False
        self.offset = 0
        """Bytes before the place, after decompression."""

    def next_char(self) -> str:
        """Move behind white space and return the character there, empty at the end."""
        while True:
            start = self._at
            while self._at < len(self._buffer) and self._buffer[self._at] in _SPACE:
                self._at += 1
            self.offset += self._at - start
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if not self._more():
                return ""

    def skip(self, count: int) -> None:
        self._at += count
        self.offset += count

    def expect(self, char: str) -> None:
        if self.next_char() != char:
            raise _Stop("malformed_json", self.offset, self._buffer[self._at : self._at + 200])
        self.skip(1)

    def value(self) -> tuple[Any, bytes]:
        """Return the value that begins here and its source, and move behind it."""
        tried = 0
        while True:
            held = len(self._buffer) - self._at
            # A value that reaches the end of what is held may go on: 12 of 123.
            if self._ended or held >= 2 * tried:
                tried = max(held, 1)
                try:
                    value, end = _DECODER.raw_decode(self._buffer, self._at)
                except RecursionError:
                    raise _Stop("nested_too_deep", self.offset, self._shown()) from None
                except ValueError:
                    end = -1
                if end >= 0 and (end < len(self._buffer) or self._ended):
                    source = self._buffer[self._at : end].encode("utf-8", "replace")
                    self._at, self.offset = end, self.offset + len(source)
                    return value, source
            if held > self._max:
                raise _Stop("record_too_large", self.offset, self._shown())
            if self._ended:
                raise _Stop("malformed_json", self.offset, self._shown())
            self._more()

    def _shown(self) -> str:
        return self._buffer[self._at : self._at + 200]

    def _more(self) -> bool:
        """Read on; False at the end of the file."""
        if self._ended:
            return False
        chunk = self._stream.read()
        self._ended = not chunk
        try:
            text = self._decode.decode(chunk, final=self._ended)
        except UnicodeDecodeError:
            raise _Stop("not_utf8", self.offset, self._shown()) from None
        self._buffer, self._at = self._buffer[self._at :] + text, 0
        return not self._ended

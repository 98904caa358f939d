"""Carries what a job says into its Dagster run, through a file that both can reach.

Dagster's own file reader empties the file when it starts and gives up at half a line: on a shared
file system, with a job that has outlived its Dagster, both would happen. And a job that was
preempted opens and closes its side once for each start, where Dagster expects one of both.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import dagster as dg

logger = logging.getLogger(__name__)

_LOOK_S = 0.2
"""Between looks at the file: a person sees a line at once, a file server hardly notices."""


class SharedFileReader(dg.PipesMessageReader):
    """Reads whole lines that are written after it was opened; leaves the file where it is."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def read_messages(self, handler: dg.PipesMessageHandler) -> Iterator[Mapping[str, Any]]:
        self._path.touch()
        ended = threading.Event()
        with self._path.open("rb") as file:
            file.seek(0, 2)
            thread = threading.Thread(target=_follow, args=(file, handler, ended), daemon=True)
            thread.start()
            try:
                yield {"path": str(self._path), "include_stdio_in_messages": False}
            finally:
                ended.set()
                thread.join()

    def no_messages_debug_text(self) -> str:
        return f"Nothing was written to {self._path}: is it shared with the nodes?"


def _follow(file: IO[bytes], handler: dg.PipesMessageHandler, ended: threading.Event) -> None:
    rest, told = b"", _Told(handler)
    while True:
        last = ended.wait(_LOOK_S)
        *lines, rest = (rest + file.read()).split(b"\n")
        for line in lines:
            try:
                told.pass_on(json.loads(line))
            except (ValueError, KeyError, TypeError):
                # A line less in a log: the job and its result do not depend on it.
                logger.warning("a line from the job is no message: %.80r", line)
        if last:
            told.close()
            return


class _Told:
    """Passes messages on as if one process had sent them: opened once, closed at the end."""

    def __init__(self, handler: dg.PipesMessageHandler) -> None:
        self._handler = handler
        self._is_open = False
        self._closed: Any = None

    def pass_on(self, message: Any) -> None:
        if message["method"] == "closed":
            self._closed = message
            return
        if message["method"] == "opened":
            if self._is_open:
                return
            self._is_open = True
        self._handler.handle_message(message)

    def close(self) -> None:
        if self._closed is not None:
            self._handler.handle_message(self._closed)

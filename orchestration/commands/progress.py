"""Live progress of a materialization: one line per finished artifact, a spinner for the current."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.status import Status
from rich.text import Text


class Progress:
    """Receives (artifact, message) from the platform and shows it."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status = Status("starting", console=console)
        self._started = time.monotonic()
        self.made: dict[str, str] = {}
        """Artifact key -> "made" or "reused", for what this process touched."""

    def __enter__(self) -> Progress:
        self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._status.stop()

    def tell(self, key: str, message: str) -> None:
        """Show a message of an artifact; "" begins it, "made" or "reused" ends it."""
        if not message:
            self._started = time.monotonic()
            self._status.update(Text(key))
        elif message in ("made", "reused"):
            self.made[key] = message
            took = time.monotonic() - self._started
            line = Text("+ " if message == "made" else "= ", style="green")
            line.append(key, style="default").append(f"  {message}, {took:.1f} s", style="dim")
            self._console.print(line)
        else:
            self._status.update(Text(f"{key}: {message}"))

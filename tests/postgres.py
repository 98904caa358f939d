"""A real PostgreSQL server for tests, on loopback, in a folder of its own.

Nothing is installed here; `make test` installs the package first where it may.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_DEBIAN = Path("/usr/lib/postgresql")
_OWNER = "postgres"
"""The server refuses to run as root; Debian's package makes this user."""


@dataclass(frozen=True, kw_only=True)
class Postgres:
    port: int
    password: str

    def url(self, database: str) -> str:
        return f"postgresql://{_OWNER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def create(self, database: str) -> str:
        """Make an empty database and return its address."""
        with self._connect("postgres") as connection:
            connection.autocommit = True
            connection.cursor().execute(f'CREATE DATABASE "{database}"')
        return self.url(database)

    def count(self, database: str, table: str) -> int:
        with self._connect(database) as connection, connection.cursor() as cursor:
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            return int(cursor.fetchone()[0])

    @contextmanager
    def _connect(self, database: str):  # type: ignore[no-untyped-def]
        import psycopg2

        connection = psycopg2.connect(self.url(database))
        try:
            yield connection
        finally:
            connection.close()


def why_not() -> str:
    """Return why no server can be started here, or ""."""
    if _programs() is None:
        return "PostgreSQL is not installed: `make postgres` as root on a Debian-like machine"
    if os.geteuid() == 0 and shutil.which("runuser") is None:
        return "PostgreSQL does not run as root, and runuser is not here to be somebody else"
    return ""


@contextmanager
def postgres_server() -> Iterator[Postgres]:
    """Start a server and remove it afterwards; durability is off, as tests may have it."""
    programs = _programs()
    assert programs is not None
    # Not pytest's folder, whose parents other users may not enter.
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    server = Postgres(port=_free_port(), password=secrets.token_hex(12))
    password_file = folder / "password"
    password_file.write_text(server.password)
    password_file.chmod(0o600)
    if os.geteuid() == 0:
        for path in (folder, password_file):
            shutil.chown(path, _OWNER, _OWNER)
    options = (
        f"-p {server.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} "
        "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    )
    data, log = str(folder / "data"), str(folder / "log")
    try:
        _run(
            programs / "initdb", "-D", data, "-U", _OWNER, "-A", "scram-sha-256", "--no-sync",
            f"--pwfile={password_file}", "-E", "UTF8", "--locale=C.UTF-8",
        )  # fmt: skip
        _run(programs / "pg_ctl", "-D", data, "-w", "-l", log, "-o", options, "start")
        try:
            yield server
        finally:
            _run(programs / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def _run(program: Path, *arguments: str) -> None:
    as_owner = ["runuser", "-u", _OWNER, "--"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*as_owner, str(program), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
        cwd="/",
    )
    assert done.returncode == 0, f"{program.name}: {done.stdout}"


def _programs() -> Path | None:
    """Return the folder of the server's programs, the newest version's."""
    found = sorted(_DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

"""Which artifacts a lake has and who read whom: a small database beside the lake.

Derived and disposable: it is brought up to date before every answer, from what changed since, and
made anew when it is gone or damaged. It tells where to look; what is told is read from manifests.
`materia verify` never asks it.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from assets.lineage.manifest import SCHEMA, Address
from orchestration.stores import Store

logger = logging.getLogger(__name__)

_VERSION = 3
"""Of the tables below: a database of another version is made anew."""
_SETTLED_NS = 2_000_000_000
"""Some file systems keep times to two seconds: a younger folder may change within its time."""
_BATCH = 512
"""Manifests read at a time."""
_WAIT_S = 60.0
"""How long one process waits for another that writes."""

_TABLES = """
CREATE TABLE made (token TEXT);
CREATE TABLE nodes (family TEXT, name TEXT, changed_at INTEGER, PRIMARY KEY (family, name));
CREATE TABLE artifacts (
    id INTEGER PRIMARY KEY AUTOINCREMENT, family TEXT, name TEXT, short TEXT, partition TEXT,
    fingerprint TEXT, finished_at TEXT, changed_at INTEGER, UNIQUE (family, name, short)
);
CREATE TABLE pending (
    family TEXT, name TEXT, short TEXT, changed_at INTEGER, PRIMARY KEY (family, name, short)
);
CREATE TABLE edges (
    input TEXT, consumer INTEGER REFERENCES artifacts (id) ON DELETE CASCADE,
    PRIMARY KEY (input, consumer)
) WITHOUT ROWID;
CREATE INDEX edges_by_consumer ON edges (consumer);
"""
_ADDRESS = "family, name, partition, fingerprint, finished_at"


class Catalogue:
    """Addresses and edges of all artifacts of one store."""

    def __init__(self, store: Store, path: Path) -> None:
        self._store, self._path = store, path

    def addresses(self, family: str | None, name: str | None) -> list[Address]:
        """Return the artifacts of a node, of a family, or all; oldest first."""
        with self._open() as database:
            self._refresh(database, self._nodes(family, name))
            rows = database.execute(
                f"SELECT {_ADDRESS} FROM artifacts WHERE (?1 IS NULL OR family = ?1) "
                "AND (?2 IS NULL OR name = ?2) ORDER BY finished_at, id",
                (family, name),
            )
            return [_address(row) for row in rows]

    def revision(self) -> str:
        """Return a name that changes with every artifact taken in, and with the catalogue."""
        with self._open() as database:
            self._refresh(database, self._nodes(None, None))
            (token,) = database.execute("SELECT token FROM made").fetchone()
            last = database.execute(
                "SELECT seq FROM sqlite_sequence WHERE name = 'artifacts'"
            ).fetchone()
            return f"{token}/{last[0] if last else 0}"

    def consumers(self, fingerprints: Sequence[str]) -> dict[str, list[Address]]:
        """Return the artifacts that read each of some, oldest first."""
        with self._open() as database:
            self._refresh(database, self._nodes(None, None))
            found: dict[str, list[Address]] = {}
            for fingerprint in fingerprints:
                rows = database.execute(
                    f"SELECT {_ADDRESS} FROM edges JOIN artifacts ON artifacts.id = edges.consumer "
                    "WHERE edges.input = ? ORDER BY finished_at, id",
                    (fingerprint,),
                )
                found[fingerprint] = [_address(row) for row in rows]
            return found

    def _nodes(self, family: str | None, name: str | None) -> list[tuple[str, str]]:
        families = [family] if family else self._store.folders("")
        return [
            (each, node)
            for each in families
            for node in ([name] if name else self._store.folders(each))
        ]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            database = self._connected()
        except sqlite3.DatabaseError as error:
            logger.warning("%s cannot be read (%s): it is made anew", self._path, error)
            self._path.unlink(missing_ok=True)
            database = self._connected()
        with closing(database):
            yield database

    def _connected(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(self._path, timeout=_WAIT_S, isolation_level=None)
        try:
            database.execute("PRAGMA foreign_keys = ON")
            (version,) = database.execute("PRAGMA user_version").fetchone()
            if version != _VERSION:
                _make_tables(database)
        except BaseException:
            database.close()
            raise
        return database

    def _refresh(self, database: sqlite3.Connection, nodes: Sequence[tuple[str, str]]) -> None:
        """Read the manifests that were committed since the last time, and forget what is gone."""
        stale = [each for each in map(self._looked_at, nodes) if not _is_known(database, *each)]
        if not stale and not self._due(database, nodes):
            return
        database.execute("BEGIN IMMEDIATE")
        try:
            for family, name, changed_at in stale:
                self._scan(database, family, name, changed_at)
            self._read(database, self._due(database, nodes))
            database.execute("COMMIT")
        except BaseException:
            database.execute("ROLLBACK")
            raise

    def _due(
        self, database: sqlite3.Connection, nodes: Iterable[tuple[str, str]]
    ) -> list[tuple[str, str, str]]:
        """Return the folders without a manifest in which something happened since: attempts that
        were given up stay, and need no reading again."""
        found: list[tuple[str, str, str]] = []
        for family, name in nodes:
            rows = database.execute(
                "SELECT short, changed_at FROM pending WHERE family = ? AND name = ?",
                (family, name),
            )
            for short, known in rows.fetchall():
                changed_at = self._settled(f"{family}/{name}/{short}")
                if changed_at is None or changed_at != known:
                    found.append((family, name, short))
        return found

    def _looked_at(self, node: tuple[str, str]) -> tuple[str, str, int | None]:
        """Return a node with the time of its last change, or None where that cannot be known.

        The time is taken before the folder is listed, so nothing slips between the two.
        """
        return *node, self._settled("/".join(node))

    def _settled(self, path: str) -> int | None:
        changed_at = self._store.changed_at(path)
        is_young = changed_at is not None and time.time_ns() - changed_at < _SETTLED_NS
        return None if is_young else changed_at

    def _scan(
        self, database: sqlite3.Connection, family: str, name: str, changed_at: int | None
    ) -> None:
        """Compare a node's folders with what is known of it."""
        here = set(self._store.folders(f"{family}/{name}"))
        known = dict(
            database.execute(
                "SELECT short, changed_at FROM artifacts WHERE family = ? AND name = ?",
                (family, name),
            ).fetchall()
        )
        # A folder that was removed and made again may be another partition's now.
        same = {
            short
            for short, changed_at in known.items()
            if short in here and changed_at == self._settled(f"{family}/{name}/{short}")
        }
        database.executemany(
            "DELETE FROM artifacts WHERE family = ? AND name = ? AND short = ?",
            [(family, name, short) for short in known.keys() - same],
        )
        database.execute("DELETE FROM pending WHERE family = ? AND name = ?", (family, name))
        database.executemany(
            "INSERT INTO pending VALUES (?, ?, ?, NULL)",
            [(family, name, short) for short in sorted(here - same)],
        )
        database.execute(
            "INSERT OR REPLACE INTO nodes VALUES (?, ?, ?)", (family, name, changed_at)
        )

    def _read(self, database: sqlite3.Connection, waiting: Sequence[tuple[str, str, str]]) -> None:
        """Take in the folders that have a manifest by now."""
        for first in range(0, len(waiting), _BATCH):
            batch = waiting[first : first + _BATCH]
            times = [self._settled("/".join(each)) for each in batch]  # before they are read
            contents = self._store.read_many([f"{'/'.join(each)}/manifest.json" for each in batch])
            for folder, changed_at, content in zip(batch, times, contents, strict=True):
                record = _parsed(content)
                if record is not None:
                    _insert(database, folder, record, changed_at)
                else:
                    database.execute(
                        "UPDATE pending SET changed_at = ? "
                        "WHERE family = ? AND name = ? AND short = ?",
                        (changed_at, *folder),
                    )


def _make_tables(database: sqlite3.Connection) -> None:
    database.execute("BEGIN IMMEDIATE")
    if database.execute("PRAGMA user_version").fetchone() == (_VERSION,):
        database.execute("ROLLBACK")  # another process was first
        return
    tables = database.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    ).fetchall()
    for (name,) in tables:
        database.execute(f"DROP TABLE IF EXISTS {name}")
    for statement in filter(str.strip, _TABLES.split(";")):
        database.execute(statement)
    database.execute("INSERT INTO made VALUES (?)", (uuid.uuid4().hex,))
    database.execute(f"PRAGMA user_version = {_VERSION}")
    database.execute("COMMIT")


def _is_known(database: sqlite3.Connection, family: str, name: str, at: int | None) -> bool:
    row = database.execute(
        "SELECT changed_at FROM nodes WHERE family = ? AND name = ?", (family, name)
    ).fetchone()
    return at is not None and row is not None and row[0] == at


def _insert(
    database: sqlite3.Connection,
    folder: tuple[str, str, str],
    record: dict[str, Any],
    changed_at: int | None,
) -> None:
    family, name, short = folder
    told = [record[each] for each in ("partition", "fingerprint", "finished_at")]
    cursor = database.execute(
        f"INSERT INTO artifacts (short, changed_at, {_ADDRESS}) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (short, changed_at, family, name, *told),
    )
    database.executemany(
        "INSERT OR IGNORE INTO edges VALUES (?, ?)",
        [(given["fingerprint"], cursor.lastrowid) for given in record["inputs"]],
    )
    database.execute(
        "DELETE FROM pending WHERE family = ? AND name = ? AND short = ?", (family, name, short)
    )


def _parsed(content: bytes | None) -> dict[str, Any] | None:
    """Return a manifest's fields, or None for what is not one of ours: the lake refuses it."""
    if content is None:
        return None
    record: dict[str, Any] = json.loads(content)
    return record if record.get("schema") == SCHEMA else None


def _address(row: tuple[str, str, str, str, str]) -> Address:
    return Address(
        family=row[0], name=row[1], partition=row[2], fingerprint=row[3], finished_at=row[4]
    )

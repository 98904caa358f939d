"""Which tables the document index covers, and where each table's rows begin among all places.

Bookkeeping only, in SQLite beside the index's files; what a key is and where it stands is
document_index.py's.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from assets.lineage.canonical import sha256_of
from assets.lineage.manifest import Address

logger = logging.getLogger(__name__)

_FORMAT = 2
"""Of the files and tables: an index of another format is made anew."""
_WAIT_S = 60.0
"""How long one process waits for another that writes."""


@dataclass(frozen=True, kw_only=True)
class View:
    """A table in which rows are looked up, and by which column."""

    node: str
    """family/name, or family/* for every artifact of a family that has such a table."""
    table: str
    column: str

    def covers(self, family: str, name: str) -> bool:
        return self.node in (f"{family}/{name}", f"{family}/*")


VIEWS = tuple(
    View(node=node, table=table, column=column)
    for node, table, columns in (
        ("corpora/documents", "documents", ("doc_id", "text_hash")),
        ("corpora/documents", "dropped", ("doc_id", "text_hash")),
        ("mixtures/deduped", "documents", ("doc_id",)),
        ("mixtures/deduped", "excluded", ("doc_id",)),
        ("mixtures/deduped", "merged", ("doc_id",)),
        ("mixtures/decontaminated", "documents", ("doc_id",)),
        ("mixtures/decontaminated", "removed", ("doc_id",)),
        ("mixtures/decontaminated", "heldout", ("doc_id",)),
        *((f"mixtures/stage{number}", "selection", ("doc_id",)) for number in (1, 2, 3)),
        ("synthesis/questions", "questions", ("seed_doc_id", "item_id")),
        ("tokenizers/*", "index", ("doc_id",)),
    )
    for column in columns
)
"""What `materia trace` looks up. A change of this list makes the index anew."""

_TABLES = """
CREATE TABLE revision (name TEXT);
CREATE TABLE artifacts (
    id INTEGER PRIMARY KEY, family TEXT, name TEXT, partition TEXT, fingerprint TEXT,
    finished_at TEXT, UNIQUE (fingerprint, finished_at)
);
CREATE TABLE segments (id INTEGER PRIMARY KEY, entries INTEGER, places INTEGER);
CREATE TABLE tables (
    segment INTEGER, first_place INTEGER, rows INTEGER, artifact INTEGER, path TEXT, view TEXT,
    PRIMARY KEY (segment, first_place)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, kw_only=True)
class Segment:
    """One file of the index."""

    id: int
    entries: int
    places: int
    """Rows of all tables in it, whether or not they have an entry."""


@dataclass(frozen=True, kw_only=True)
class Placed:
    """One file of a table, and where its rows begin among a segment's places."""

    address: Address
    path: str
    column: str
    table: str
    first_place: int
    rows: int


class IndexTables:
    """The bookkeeping of one index folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "tables.sqlite"
        layout = sha256_of([_FORMAT, [[v.node, v.table, v.column] for v in VIEWS]])
        self._version = int(layout[:7], 16)
        try:
            self._open(path)
        except sqlite3.DatabaseError as error:
            logger.warning("%s cannot be read (%s): the index is made anew", path, error)
            path.unlink()
            self._open(path)

    def _open(self, path: Path) -> None:
        self._database = sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None)
        try:
            (version,) = self._database.execute("PRAGMA user_version").fetchone()
            if version != self._version:
                self._make_tables()
        except BaseException:
            self._database.close()
            raise

    def close(self) -> None:
        self._database.close()

    def revision(self) -> str:
        """Return the revision of the lake that is wholly in the index, or ""."""
        row = self._database.execute("SELECT name FROM revision").fetchone()
        return str(row[0]) if row else ""

    def set_revision(self, name: str) -> None:
        self._database.execute("BEGIN IMMEDIATE")
        self._database.execute("DELETE FROM revision")
        self._database.execute("INSERT INTO revision VALUES (?)", (name,))
        self._database.execute("COMMIT")

    def segments(self) -> list[Segment]:
        """Return the files, largest first."""
        rows = self._database.execute("SELECT * FROM segments ORDER BY entries DESC, id")
        return [Segment(id=row[0], entries=row[1], places=row[2]) for row in rows]

    def missing(self, addresses: Iterable[Address]) -> list[Address]:
        """Return the artifacts that are not in the index."""
        rows = self._database.execute("SELECT fingerprint, finished_at FROM artifacts")
        known = set(rows.fetchall())
        return [a for a in addresses if (a.fingerprint, a.finished_at) not in known]

    def add(
        self, addresses: Sequence[Address], tables: Sequence[Placed], entries: int, places: int
    ) -> int:
        """Book a new segment; return its id. The file is there before and is named after it."""
        run = self._database.execute
        number = self.next_segment()
        run("BEGIN IMMEDIATE")
        try:
            ids: dict[tuple[str, str], int] = {}
            for each in addresses:
                cursor = run(
                    "INSERT OR REPLACE INTO artifacts "
                    "(family, name, partition, fingerprint, finished_at) VALUES (?, ?, ?, ?, ?)",
                    (each.family, each.name, each.partition, each.fingerprint, each.finished_at),
                )
                assert cursor.lastrowid is not None
                ids[each.fingerprint, each.finished_at] = cursor.lastrowid
            run("INSERT INTO segments VALUES (?, ?, ?)", (number, entries, places))
            self._database.executemany(
                "INSERT INTO tables VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (
                        number,
                        each.first_place,
                        each.rows,
                        ids[each.address.fingerprint, each.address.finished_at],
                        each.path,
                        f"{each.table}.{each.column}",
                    )
                    for each in tables
                    if each.rows
                ],
            )
            run("COMMIT")
        except BaseException:
            run("ROLLBACK")
            raise
        return number

    def next_segment(self) -> int:
        """Return the id that the next segment will have."""
        (last,) = self._database.execute("SELECT COALESCE(MAX(id), 0) FROM segments").fetchone()
        return int(last) + 1

    def replace(self, merged: Sequence[tuple[Segment, int]], entries: int, places: int) -> None:
        """Book one segment in place of several, whose places move by the given numbers."""
        run = self._database.execute
        number = self.next_segment()
        run("BEGIN IMMEDIATE")
        try:
            for segment, shift in merged:
                run(
                    "UPDATE tables SET segment = ?, first_place = first_place + ? "
                    "WHERE segment = ?",
                    (number, shift, segment.id),
                )
                run("DELETE FROM segments WHERE id = ?", (segment.id,))
            run("INSERT INTO segments VALUES (?, ?, ?)", (number, entries, places))
            run("COMMIT")
        except BaseException:
            run("ROLLBACK")
            raise

    def at(self, segment: int, place: int) -> Placed | None:
        """Return the table that a place of a segment belongs to."""
        row = self._database.execute(
            "SELECT family, name, partition, fingerprint, finished_at, path, view, first_place, "
            "rows FROM tables JOIN artifacts ON artifacts.id = tables.artifact "
            "WHERE segment = ? AND first_place <= ? ORDER BY first_place DESC LIMIT 1",
            (segment, place),
        ).fetchone()
        if row is None or place >= row[7] + row[8]:
            return None
        address = Address(
            family=row[0], name=row[1], partition=row[2], fingerprint=row[3], finished_at=row[4]
        )
        table, _, column = row[6].partition(".")
        return Placed(
            address=address,
            path=row[5],
            table=table,
            column=column,
            first_place=row[7],
            rows=row[8],
        )

    def _make_tables(self) -> None:
        run = self._database.execute
        run("BEGIN IMMEDIATE")
        if run("PRAGMA user_version").fetchone() == (self._version,):
            run("ROLLBACK")  # another process was first
            return
        for (name,) in run("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            run(f"DROP TABLE {name}")
        for statement in filter(str.strip, _TABLES.split(";")):
            run(statement)
        run(f"PRAGMA user_version = {self._version}")
        run("COMMIT")

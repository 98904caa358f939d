"""What a request names does not come in again: by id, by text, or as a near copy."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.corpora.deidentify.mask import mask_excerpt
from assets.corpora.document_schema import DOCUMENT_SCHEMA, DROPPED_SCHEMA, document_id
from assets.corpora.normalise import text_hash_of
from assets.corpora.tombstoned import (
    RequestFiles,
    Shingles,
    Tombstones,
    drop_tombstoned,
    shingles_of,
)
from assets.corpora.tombstones import REASON, SHINGLE_SCHEMA, TOMBSTONE_SCHEMA
from assets.lineage.storage import Folder

TEXT = (
    "An elderly farmer came to the clinic after three weeks of fever, a painful left knee and poor "
    "sleep. He had lost weight since the harvest, and his daughter reported that he no longer "
    "finished his meals. On examination the joint was warm and swollen."
)
OTHER = (
    "Families on dry hillsides spread nets below the trees in late autumn and beat the branches "
    "with long poles until the fruit comes down, and the children gather what rolls away."
)


def record(text: str, native_id: str = "a", source: str = "s") -> dict[str, str]:
    blank = dict.fromkeys(DOCUMENT_SCHEMA, "")
    return blank | {
        "doc_id": document_id(source, native_id, text), "source": source, "native_id": native_id,
        "title": "A title", "text": text, "text_hash": text_hash_of(text),
    }  # fmt: skip


def kept(*records: dict[str, str]) -> pl.DataFrame:
    return pl.DataFrame(list(records), schema=DOCUMENT_SCHEMA)


NONE = pl.DataFrame(schema=DROPPED_SCHEMA)


def shingles(text: str) -> pl.DataFrame:
    hashes, _ = shingles_of(pl.Series([text]))
    return pl.DataFrame(
        {"text_hash": [text_hash_of(text)] * len(hashes), "shingle": hashes}, schema=SHINGLE_SCHEMA
    )


def tombstones(
    folder: Path, *, near: bool = True, sources: tuple[str, ...] = (), **row: str
) -> Any:
    blank = {name: "" for name in TOMBSTONE_SCHEMA} | {"share": 1.0, "num_shingles": 1}
    table = pl.DataFrame([blank | row], schema=TOMBSTONE_SCHEMA)
    place = Folder(uri=str(folder))

    def stored(name: str, frame: pl.DataFrame) -> Any:
        buffer = io.BytesIO()
        frame.write_parquet(buffer)
        return place.write(name, lambda path: path.write_bytes(buffer.getvalue()))

    return Tombstones(
        [
            RequestFiles(
                table=stored("tombstones.parquet", table),
                shingles=stored("shingles.parquet", shingles(TEXT)),
                drops_near=near,
                sources=sources,
            )
        ]
    )


def told(folder: Path, records: pl.DataFrame, **request: Any) -> list[str]:
    _, dropped = drop_tombstoned(records, NONE, tombstones(folder, **request))
    return dropped["excerpt"].to_list()


def test_a_document_is_known_by_its_id(tmp_path: Path) -> None:
    named = record(TEXT)
    left, dropped = drop_tombstoned(
        kept(named, record(OTHER)), NONE, tombstones(tmp_path, doc_id=named["doc_id"])
    )
    assert left["text"].to_list() == [OTHER]
    assert dropped["reason"].to_list() == [REASON]
    assert dropped["excerpt"].to_list() == ["by doc_id"]


def test_the_same_text_is_known_in_another_source_under_another_name(tmp_path: Path) -> None:
    again = kept(record(TEXT, native_id="elsewhere", source="t"))
    found = told(tmp_path, again, text_hash=text_hash_of(TEXT))
    assert found == ["by text_hash"]


@pytest.mark.parametrize(
    ("text", "stopped"),
    [
        (TEXT.replace("elderly", "old").replace("harvest", "winter"), True),
        (f"{OTHER} {TEXT} {OTHER}", True),
        (f"{OTHER} {TEXT[:60]}", False),
        (OTHER, False),
    ],
    ids=["a few words changed", "inside another", "a short quotation", "another text"],
)
def test_a_near_copy_repeats_a_good_part(tmp_path: Path, text: str, stopped: bool) -> None:
    request = {"text_hash": text_hash_of(TEXT)}
    found = told(tmp_path, kept(record(text)), **request)
    assert bool(found) is stopped
    assert all(line.startswith("by near copy, ") for line in found)
    # A masked corpus is read again for identifiers, and this is none.
    assert [mask_excerpt(line) for line in found] == found
    assert not told(tmp_path, kept(record(text)), near=False, **request)


def test_nothing_of_a_forgotten_source_comes_in(tmp_path: Path) -> None:
    records = kept(record(OTHER), record(OTHER, source="t"))
    left, dropped = drop_tombstoned(records, NONE, tombstones(tmp_path, sources=("s",)))
    assert left["source"].to_list() == ["t"]
    assert dropped["excerpt"].to_list() == ["by source"]


def test_neither_title_nor_text_of_a_forgotten_record_stays(tmp_path: Path) -> None:
    named = record(TEXT)
    before = pl.DataFrame(
        [{**{k: named[k] for k in DROPPED_SCHEMA if k in named}, "reason": "too_short",
          "excerpt": TEXT[:50]}],
        schema=DROPPED_SCHEMA,
    )  # fmt: skip
    _, dropped = drop_tombstoned(kept(named), before, tombstones(tmp_path, doc_id=named["doc_id"]))
    assert dropped["title"].to_list() == ["", ""]
    assert not any(TEXT[:10] in value for row in dropped.iter_rows() for value in row)
    assert sorted(dropped["reason"]) == [REASON, "too_short"]


def test_a_record_that_stands_twice_is_dropped_twice_and_counted_so(tmp_path: Path) -> None:
    named = record(TEXT)
    left, dropped = drop_tombstoned(
        kept(named, named), NONE, tombstones(tmp_path, doc_id=named["doc_id"])
    )
    assert (left.height, dropped.height) == (0, 2)


def test_the_closest_text_is_the_one_that_is_told() -> None:
    known = Shingles(pl.concat([shingles(TEXT), shingles(OTHER)]))
    near = known.near(pl.Series([OTHER, "nothing of this kind at all", f"{OTHER} {TEXT[:200]}"]))
    assert near["row"].to_list() == [0, 2]
    assert near["text_hash"].to_list() == [text_hash_of(OTHER)] * 2
    assert near["share"][0] == 1.0


def test_without_known_texts_nothing_is_near() -> None:
    assert Shingles(pl.DataFrame(schema=SHINGLE_SCHEMA)).near(pl.Series([TEXT])).is_empty()
    assert Shingles(shingles(TEXT)).near(pl.Series([], dtype=pl.String)).is_empty()

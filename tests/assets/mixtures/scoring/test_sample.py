"""The sample: capped per source, drawn by id, the same whatever the parts or their order."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from assets.compute import InlineCompute
from assets.lineage.storage import Folder, StoredFile
from assets.mixtures.scoring.sample import BINS, SizePart, cut_bins, sample, sizes_of_part
from tests.assets.mixtures.scoring.conftest import corpus


def parts(folder: Path, frame: pl.DataFrame, count: int) -> list[StoredFile]:
    size = -(-frame.height // count)
    return [
        Folder(uri=str(folder)).write(
            f"{count}-{index}.parquet", frame.slice(index * size, size).write_parquet
        )
        for index in range(count)
    ]


def taken(folder: Path, files: list[StoredFile], caps: int, seed: int = 1) -> pl.DataFrame:
    return sample(
        files, caps=caps, seed=seed, compute=InlineCompute(), scratch=Folder(uri=str(folder / "s"))
    )


def test_small_sources_are_taken_whole(tmp_path: Path) -> None:
    frame = corpus()
    found = taken(tmp_path, parts(tmp_path, frame, 1), 10**9)
    assert found["doc_id"].to_list() == frame["doc_id"].to_list()


def test_the_cap_holds_for_every_source(tmp_path: Path) -> None:
    found = taken(tmp_path, parts(tmp_path, corpus(), 1), 5000)
    sizes = found.group_by("source").agg(pl.col("text").str.len_bytes().sum())
    assert sizes.height == 4
    assert (sizes["text"] <= 5000).all() and (sizes["text"] > 3000).all()


def test_parts_and_their_order_do_not_matter(tmp_path: Path) -> None:
    frame = corpus()
    whole = taken(tmp_path, parts(tmp_path, frame, 1), 5000)
    assert taken(tmp_path, parts(tmp_path, frame, 5), 5000).equals(whole)
    assert taken(tmp_path, parts(tmp_path, frame, 3)[::-1], 5000).equals(whole)


def test_another_seed_draws_another_sample(tmp_path: Path) -> None:
    files = parts(tmp_path, corpus(), 1)
    assert not taken(tmp_path, files, 5000, 1).equals(taken(tmp_path, files, 5000, 2))


def test_sizes_add_up_to_the_text(tmp_path: Path) -> None:
    frame = corpus()
    (part,) = parts(tmp_path, frame, 1)
    sizes = sizes_of_part(SizePart(documents=part, seed=1))
    assert [source for source, _ in sizes] == sorted(frame["source"].unique())
    total = sum(sum(bins) for _, bins in sizes)
    assert total == frame["text"].str.len_bytes().sum()


def test_a_source_above_the_cap_is_still_heard(tmp_path: Path) -> None:
    bins = tuple([100] * BINS)
    assert cut_bins([(("big", bins),)], 10) == {"big": 1}
    assert cut_bins([(("big", bins),), (("big", bins),)], 1000) == {"big": 5}


def test_an_empty_part_gives_no_rows(tmp_path: Path) -> None:
    found = taken(tmp_path, parts(tmp_path, corpus().clear(), 1), 1000)
    assert found.height == 0 and "text" in found.columns

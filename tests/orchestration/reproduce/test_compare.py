"""Two files of one name: equal within a tolerance or not, by what, and where."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from safetensors.torch import save_file

from orchestration.reproduce.compare import FileDifference, Tolerances, compare_files
from orchestration.reproduce.tensors import TensorFile


def compare(folder: Path, name: str, old: Any, new: Any, **tolerances: float) -> FileDifference:
    paths = []
    for side, content in (("old", old), ("new", new)):
        path = folder / side / name
        path.parent.mkdir()
        _write(path, content)
        paths.append(path)
    return compare_files(name, *paths, Tolerances(**tolerances))


def _write(path: Path, content: Any) -> None:
    if path.suffix == ".safetensors":
        save_file(content, path)
    elif path.suffix == ".parquet":
        pl.DataFrame(content).write_parquet(path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(line) + "\n" for line in content))
    elif path.suffix == ".json":
        path.write_text(json.dumps(content))
    else:
        path.write_bytes(content)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.float64])
def test_weights_are_apart_by_the_distance_of_the_tensor_that_differs_most(
    tmp_path: Path, dtype: torch.dtype
) -> None:
    ones = torch.ones(3, 4, dtype=dtype)
    changed = ones.clone()
    changed[0, 0] = 1.5
    found = compare(
        tmp_path, "m.safetensors", {"a": ones, "b": ones.clone()}, {"a": ones, "b": changed}
    )
    assert (found.kind, found.where, found.verdict) == ("weights", "b", "different")
    assert found.largest == pytest.approx(0.5 / math.sqrt(12))


def test_weights_within_the_tolerance_are_equal_enough(tmp_path: Path) -> None:
    ones = torch.ones(1000)
    found = compare(tmp_path, "w.safetensors", {"a": ones}, {"a": ones * (1 + 1e-4)})
    assert found.verdict == "within"
    assert found.largest == pytest.approx(1e-4, rel=1e-2)
    (tmp_path / "x").mkdir()
    pair = {"a": ones}, {"a": ones * (1 + 1e-4)}
    assert compare(tmp_path / "x", "w.safetensors", *pair, weights=1e-5).verdict == "different"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_none_is_as_far_away_as_can_be(tmp_path: Path, value: float) -> None:
    found = compare(
        tmp_path, "w.safetensors", {"a": torch.ones(2)}, {"a": torch.tensor([1.0, value])}
    )
    assert found.verdict == "different"
    assert found.largest == math.inf
    assert found.to_dict()["largest"] is None


@pytest.mark.parametrize(
    ("new", "says"),
    [
        ({"a": torch.ones(3)}, "tensors differ in name, type or shape: a"),
        ({"b": torch.ones(2)}, "tensors differ in name, type or shape: a, b"),
        ({"a": torch.ones(2, dtype=torch.float64)}, "tensors differ in name, type or shape: a"),
    ],
)
def test_other_tensors_are_different_whatever_the_tolerance(
    tmp_path: Path, new: Any, says: str
) -> None:
    found = compare(tmp_path, "w.safetensors", {"a": torch.ones(2)}, new, weights=0.9)
    assert (found.verdict, found.where) == ("different", says)


def test_a_tensor_of_a_type_that_is_not_known_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    save_file({"a": torch.ones(2, dtype=torch.complex64)}, path)
    with pytest.raises(ValueError, match="a is of type C64, not known here"):
        list(TensorFile(path).blocks("a"))


def test_tensors_are_read_as_torch_has_written_them(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    values = torch.randn(5, 7, generator=torch.Generator().manual_seed(0)).to(torch.bfloat16)
    save_file({"a": values, "n": torch.arange(6).reshape(2, 3), "empty": torch.ones(0)}, path)
    file = TensorFile(path)
    assert file.shapes["a"] == ("BF16", (5, 7))
    assert np.array_equal(np.concatenate(list(file.blocks("a"))), values.double().flatten())
    assert np.array_equal(np.concatenate(list(file.blocks("n"))), range(6))
    assert list(file.blocks("empty")) == []


LINES = [{"step": 0, "train/loss": 2.0}, {"step": 1, "train/loss": 1.0}]


@pytest.mark.parametrize(
    ("loss", "verdict"), [(1.0005, "within"), (1.1, "different"), (float("nan"), "different")]
)
def test_a_curve_is_compared_step_by_step(tmp_path: Path, loss: float, verdict: str) -> None:
    new = [LINES[0], {"step": 1, "train/loss": loss}]
    found = compare(tmp_path, "journal.jsonl", LINES, new)
    assert (found.kind, found.verdict, found.where) == ("losses", verdict, "1.train/loss")


@pytest.mark.parametrize(
    ("new", "says"),
    [
        ({"a": "y", "n": 1.0}, "a is 'y', was 'x'"),
        ({"a": "x"}, "fields are not the same: n"),
        ({"a": "x", "n": True}, "n is True, was 2.0"),
    ],
)
def test_words_and_fields_have_to_be_the_same(tmp_path: Path, new: Any, says: str) -> None:
    found = compare(tmp_path, "report.json", {"a": "x", "n": 2.0}, new)
    assert (found.verdict, found.where) == ("different", says)


def test_numbers_near_zero_are_not_far_apart(tmp_path: Path) -> None:
    found = compare(tmp_path, "report.json", {"n": 1e-9}, {"n": -1e-9})
    assert (found.verdict, found.largest) == ("within", 0.0)


@pytest.mark.parametrize(
    ("new", "verdict", "where"),
    [
        ({"id": ["a", "b"], "score": [1.0, 2.0001]}, "within", "score"),
        ({"id": ["a", "b"], "score": [1.0, 3.0]}, "different", "score"),
        ({"id": ["a", "b"], "score": [1.0, None]}, "different", "score"),
        ({"id": ["a", "c"], "score": [1.0, 2.0]}, "different", "column id differs in 1 of 2 rows"),
        ({"id": ["a"], "score": [1.0]}, "different", "1 rows of 2 columns, were 2 of 2"),
    ],
)
def test_tables_are_compared_column_by_column(
    tmp_path: Path, new: Any, verdict: str, where: str
) -> None:
    found = compare(tmp_path, "t.parquet", {"id": ["a", "b"], "score": [1.0, 2.0]}, new)
    assert (found.verdict, found.where) == (verdict, where)


def test_a_table_that_was_only_written_otherwise_is_equal(tmp_path: Path) -> None:
    for name, compression in (("old", "zstd"), ("new", "snappy")):
        path = tmp_path / name
        pl.DataFrame({"a": [1, 2]}).write_parquet(path, compression=compression)  # type: ignore[arg-type]
    found = compare_files("t.parquet", tmp_path / "old", tmp_path / "new", Tolerances())
    assert (found.verdict, found.largest) == ("within", 0.0)


def test_pictures_do_not_decide_and_other_bytes_do(tmp_path: Path) -> None:
    assert compare(tmp_path, "loss.png", b"a", b"b").verdict == "ignored"
    (tmp_path / "x").mkdir()
    assert compare(tmp_path / "x", "shard.bin", b"a", b"b").verdict == "different"


def test_a_file_that_cannot_be_read_is_different_and_says_why(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text("{broken")
    (tmp_path / "new.json").write_text("{}")
    found = compare_files("r.json", tmp_path / "old.json", tmp_path / "new.json", Tolerances())
    assert found.verdict == "different"
    assert found.where.startswith("cannot be compared: ")


def test_a_tolerance_is_a_share() -> None:
    with pytest.raises(ValueError, match=r"tolerance for weights 1 is not in \[0, 1\)"):
        Tolerances(weights=1)

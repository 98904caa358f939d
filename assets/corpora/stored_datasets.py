"""Rows of a Hugging Face data set into Arrow files of bounded size, streamed through its loader.

Needs the optional extra `hub`. Only the columns that the source names are kept.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import astuple
from pathlib import Path
from typing import Any

from assets.corpora.places import Dataset, SourceUnavailable
from assets.corpora.readers.record import Fields
from assets.lineage.canonical import sha256_of_file

ROWS_PER_BATCH = 1000
BATCHES_PER_FILE = 100
"""100,000 rows a file: what one worker reads at a time, and one retry costs. Our choice."""


def export_dataset(
    dataset: Dataset, fields: Fields, out: Path, scratch: Path
) -> Iterator[tuple[Path, int]]:
    """Write the rows as out/00000.arrow and on, and yield each file with its number of rows.

    Raises SourceUnavailable when the library is missing, the data set cannot be loaded, or a
    column of `fields` that must be there is not.
    """
    import pyarrow as pa

    rows = _rows(dataset, fields, scratch)
    schema = pa.schema([pa.field(name, pa.large_string()) for name in _columns(fields)])
    batches = _batches(rows, schema)
    index, batch = 0, next(batches, None)
    while batch is not None:
        path = out / f"{index:05d}.arrow"
        count = 0
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, schema) as writer:
            for _ in range(BATCHES_PER_FILE):
                if batch is None:
                    break
                writer.write_batch(batch)
                count += batch.num_rows
                batch = next(batches, None)
        yield path, count
        index += 1
    _check_unchanged(dataset)


def _batches(rows: Iterator[Mapping[str, Any]], schema: Any) -> Iterator[Any]:
    import pyarrow as pa

    held: list[dict[str, str | None]] = []
    for row in rows:
        held.append({name: _text(row.get(name)) for name in schema.names})
        if len(held) == ROWS_PER_BATCH:
            yield pa.RecordBatch.from_pylist(held, schema=schema)
            held = []
    if held:
        yield pa.RecordBatch.from_pylist(held, schema=schema)


def _rows(dataset: Dataset, fields: Fields, scratch: Path) -> Iterator[Mapping[str, Any]]:
    try:
        import datasets
    except ImportError:
        raise SourceUnavailable(
            f"data set {dataset.name} is read with the library datasets, which is not installed: "
            "run pip install 'materia[hub]'"
        ) from None
    try:
        loaded = _load(datasets, dataset, scratch)
        for row in loaded:
            if fields.text not in row:
                raise SourceUnavailable(
                    f"data set {dataset.name} has no column {fields.text!r}; its columns are "
                    f"{', '.join(sorted(map(str, row)))}: correct `fields` of the source"
                )
            yield row
    except SourceUnavailable:
        raise
    except Exception as error:  # the loader runs readers of many formats, each with its own errors
        raise SourceUnavailable(
            f"data set {dataset.name}, split {dataset.split!r}, cannot be read: "
            f"{type(error).__name__}: {error}"
        ) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _load(datasets: Any, dataset: Dataset, scratch: Path) -> Any:
    """Return an iterable over the rows that never holds them all."""
    if dataset.folder is None:
        return datasets.load_dataset(
            dataset.name,
            revision=dataset.revision,
            split=dataset.split,
            streaming=True,
            cache_dir=str(scratch),
        )
    folder = dataset.folder
    if (folder / "dataset_dict.json").is_file():
        saved = datasets.load_from_disk(str(folder))
        if dataset.split not in saved:
            raise SourceUnavailable(
                f"data set {dataset.name} has no split {dataset.split!r}: choose from "
                f"{', '.join(sorted(saved))}"
            )
        return saved[dataset.split].to_iterable_dataset()
    if (folder / "state.json").is_file():
        # Saved without splits; its Arrow files are mapped, not loaded.
        return datasets.load_from_disk(str(folder)).to_iterable_dataset()
    return datasets.load_dataset(
        str(folder), split=dataset.split, streaming=True, cache_dir=str(scratch)
    )


def _check_unchanged(dataset: Dataset) -> None:
    if dataset.folder is None:
        return
    for name, digest in dataset.files.items():
        path = dataset.folder / name
        if not path.is_file() or sha256_of_file(path) != digest:
            raise SourceUnavailable(
                f"data set {dataset.name}: {name} has changed while it was read: try again"
            )


def _columns(fields: Fields) -> list[str]:
    return list(dict.fromkeys(name for name in astuple(fields) if name))


def _text(value: Any) -> str | None:
    """Return text and numbers as text; what else a column holds is left out."""
    if isinstance(value, str):
        # Arrow cannot hold half of a character; the reader would refuse it as well.
        return value.encode("utf-8", "replace").decode()
    return str(value) if type(value) in (int, float) else None

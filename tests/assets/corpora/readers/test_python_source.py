"""Python modules as records."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets.corpora.readers.python_source import MAX_MODULE_BYTES, read_python
from assets.corpora.readers.record import Bad, Record


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"x = 1\n", "x = 1\n"),
        (b"# -*- coding: latin-1 -*-\nx = '\xe9'\n", "# -*- coding: latin-1 -*-\nx = '\u00e9'\n"),
        (b"\xef\xbb\xbfx = 1\n", "x = 1\n"),
    ],
)
def test_a_module_is_decoded_as_it_says(tmp_path: Path, content: bytes, text: str) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(content)
    [record] = read_python(path, "lib/a.py")
    assert isinstance(record, Record)
    assert (record.native_id, record.text) == ("lib/a.py", text)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"x = '\xff'\n", "undecodable"),
        (b"# coding: klingon\nx = 1\n", "undecodable"),
        (b"#" * (MAX_MODULE_BYTES + 1), "record_too_large"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(content)
    [item] = read_python(path, "a.py")
    assert isinstance(item, Bad) and item.reason == reason

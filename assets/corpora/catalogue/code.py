"""Program text."""

from __future__ import annotations

from assets.corpora.catalogue.entry import Source

CODE = (
    Source(
        name="python_stdlib",
        title="Python standard library source",
        reader="python",
        domain="code",
        kind="code",
        language="en",
        licence="PSF-2.0",
        citation="Python Software Foundation: CPython standard library",
        description=(
            "Modules of the running interpreter without tests and bundled third-party packages, "
            "one document per module."
        ),
        origin="interpreter",
        package="",
        version="",
        files=("*.py",),
        extra_files=(),
        max_file_bytes=4_000_000,
        max_records=None,
    ),
)

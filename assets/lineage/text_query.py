"""From a text to documents: those that have it, as it is or in normal form, and those like it."""

from __future__ import annotations

import logging
from collections.abc import Callable

import polars as pl

from assets.corpora.normalise import hash_of_normal_form, normalise
from assets.lineage.document_index import DocumentIndex
from assets.lineage.near import near_documents, signed_sources
from assets.lineage.records import quarantined_text
from assets.lineage.trace import Trace, follow
from assets.ports import Lake

logger = logging.getLogger(__name__)

_SAFE_HARBOR = "safe_harbor"
_TOLD = ("doc_id", "source", "native_id", "title", "licence", "text_hash")


def trace_text(
    lake: Lake, text: str, *, title: str = "", progress: Callable[[str], None] = logger.info
) -> Trace:
    """Trace the documents that have a text, and name those that are like it.

    A name in the title is masked wherever a de-identified text repeats it, so the title may decide
    the hash. Raises ValueError for a text without a word.
    """
    if not normalise(text, keep_layout=False):
        raise ValueError("the text is empty: give the text of a document, or a good part of it")
    sources = signed_sources(lake)
    masked = any(each.deidentify for each in sources) or _has_masked(lake)
    forms = _forms(text, title, with_masked=masked)
    hows = _hows(text, forms)
    result = Trace(query=f"text {next(iter(hows))}")
    with DocumentIndex.open(lake, progress) as index:
        views = [("corpora/documents", table, "text_hash") for table in ("documents", "dropped")]
        for row in index.rows(list(hows), views, _TOLD):
            result.matches.append(
                {
                    "doc_id": row.values["doc_id"],
                    "how": hows[row.asked],
                    "similarity": 1.0,
                    "artifact": row.manifest.key,
                    "fingerprint": row.manifest.fingerprint,
                    **{name: row.values.get(name) for name in _TOLD},
                }
            )
        exact = list(dict.fromkeys(match["doc_id"] for match in result.matches))
        follow(lake, index, result, exact)
    if not result.doc_ids:
        result.add_quarantined(quarantined_text(lake, text))
    near = near_documents(lake, sources, forms, known=exact)
    result.matches += near.documents
    result.searched = {"sources": near.sources_searched, "left_out": near.left_out}
    return result


def _forms(text: str, title: str, *, with_masked: bool) -> dict[str, str]:
    """Return a text in normal form, and as sources hold it that mask identifiers."""
    plain = normalise(text, keep_layout=False)
    if not with_masked:
        return {"": plain}
    from assets.corpora.deidentify.mask import deidentify_frame

    parts = [[normalise(title, keep_layout=False)], [plain]]
    masked = deidentify_frame(pl.DataFrame(parts, schema=["title", "text"])).frame["text"].item()
    return {"": plain, _SAFE_HARBOR: normalise(str(masked), keep_layout=False)}


def _hows(text: str, forms: dict[str, str]) -> dict[str, str]:
    """Return the hashes a text may have, as prose, as code and masked, and what each would mean."""
    code = normalise(text, keep_layout=True)
    hows: dict[str, str] = {}
    for form in (forms[""], code):
        hows.setdefault(hash_of_normal_form(form), "exact" if form == text else "normalised")
    if _SAFE_HARBOR in forms:
        masked = forms[_SAFE_HARBOR]
        for layout in (False, True):
            form = normalise(masked, keep_layout=layout)
            hows.setdefault(hash_of_normal_form(form), "deidentified")
    return hows


def _has_masked(lake: Lake) -> bool:
    """Return whether some source is now de-identified before its texts get a hash."""
    newest = {address.partition: address for address in lake.addresses("corpora", "raw")}
    for each in newest.values():
        raw = lake.find(each.family, each.name, each.fingerprint)
        if raw is not None and raw.config["source"].get("deidentify") == _SAFE_HARBOR:
            return True
    return False

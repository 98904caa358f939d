"""Fingerprints and digests: what enters them, and what never does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.lineage.canonical import canonical_json, sha256_of
from assets.lineage.manifest import FileEntry, Manifest, artifact_key, digest_of
from assets.lineage.step import Step

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def make_step(**changes: object) -> Step:
    base = {"family": "mixtures", "name": "deduped", "partition": "tiny", "code_version": "1"}
    return Step(**{**base, "config": {"threshold": 0.7}, **changes})  # type: ignore[arg-type]


def test_the_fingerprint_is_golden() -> None:
    assert make_step().fingerprint == (
        "ef1de81fe55996f88dd4f958eac092686dbabf39f450c0b4408be649d70c92f5"
    )


@pytest.mark.parametrize(
    "change",
    [
        {"config": {"threshold": 0.8}},
        {"code_version": "2"},
        {"name": "decontaminated"},
        {"inputs": (make_step(),)},
    ],
)
def test_what_is_asked_changes_the_fingerprint(change: dict[str, object]) -> None:
    assert make_step(**change).fingerprint != make_step().fingerprint


def test_the_partition_is_a_view_and_never_identity() -> None:
    assert make_step(partition="tiny-swa_75").fingerprint == make_step().fingerprint


def test_a_change_far_above_reaches_every_descendant() -> None:
    old, new = (make_step(config={"seed": seed}) for seed in (1, 2))
    below = [make_step(name="stage1", inputs=(step,)) for step in (old, new)]
    assert below[0].fingerprint != below[1].fingerprint


@given(VALUES)
def test_canonical_json_does_not_depend_on_key_order(value: object) -> None:
    reordered = dict(reversed(value.items())) if isinstance(value, dict) else value
    assert canonical_json(value) == canonical_json(reordered)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_without_json_is_refused_as_identity(value: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        sha256_of({"lr": value})


FILES = (
    FileEntry(path="a.bin", size_bytes=1, sha256="aa"),
    FileEntry(path="b.bin", size_bytes=2, sha256="bb"),
)


def test_the_digest_does_not_depend_on_listing_order() -> None:
    assert digest_of(FILES) == digest_of(FILES[::-1])


@pytest.mark.parametrize(
    "changed",
    [
        (replace(FILES[0], sha256="ac"), FILES[1]),
        (replace(FILES[0], path="c.bin"), FILES[1]),
        (replace(FILES[0], size_bytes=9), FILES[1]),
        (FILES[0],),
        (replace(FILES[0], sha256="bb"), replace(FILES[1], sha256="aa")),
    ],
)
def test_any_change_of_the_files_changes_the_digest(changed: tuple[FileEntry, ...]) -> None:
    assert digest_of(changed) != digest_of(FILES)


def test_a_manifest_of_another_schema_is_refused() -> None:
    with pytest.raises(ValueError, match="written by another version"):
        Manifest.from_json('{"schema": "materia.manifest/99"}')


def test_keys_read_as_people_write_them() -> None:
    assert artifact_key("releases", "release", "tiny") == "releases/release[tiny]"
    assert artifact_key("reports", "ablation", "") == "reports/ablation"

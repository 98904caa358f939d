"""What is not as it was, said before anything is rebuilt; and what explains another result."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assets.fakes import FakeLake, commit_folder
from assets.lineage.manifest import InputRecord, Manifest
from assets.lineage.provenance import Provenance
from assets.lineage.usage import Usage
from orchestration.reproduce.circumstances import explanations, others

NOW = Provenance(
    git_commit="c0ffee", git_dirty=False, packages={"torch": "2.13", "numpy": "2.4"}, host="h",
    dagster_run_id="", machine="AMD, 2 cores", code_digest="d1",
)  # fmt: skip
NODE = "corpora/benchmarks"


@pytest.fixture
def record(tmp_path: Path) -> Manifest:
    made = commit_folder(FakeLake(tmp_path), NODE, {"a": b"a"})
    return replace(
        made, git_commit="c0ffee", packages={"torch": "2.13", "numpy": "2.4"}, host="h",
        machine="AMD, 2 cores", code_digest="d1",
    )  # fmt: skip


def test_the_same_program_and_packages_are_nothing_to_say(record: Manifest) -> None:
    assert others([record, record], NOW) == []


@pytest.mark.parametrize(
    ("then", "says"),
    [
        ({"packages": {"torch": "2.10"}}, "package torch: made with 2.10, now 2.13 (1 artifacts)"),
        ({"packages": {"gone": "1"}}, "package gone: made with 1, now not installed (1 artifacts)"),
        ({"code_version": "9"}, "code version of corpora/benchmarks: made with 9, now 1"),
        (
            {"code_digest": "d0", "git_commit": "bada55"},
            "program: made with d0 (commit bada55), now d1 (commit c0ffee)",
        ),
        ({"code_digest": "", "git_commit": "bada55"}, "commit: made with bada55, now c0ffee"),
        (
            {"code_digest": "", "git_dirty": True},
            "program: made with a checkout with changes that nobody recorded, now commit c0ffee",
        ),
    ],
)
def test_what_is_not_as_it_was_is_a_sentence(
    record: Manifest, then: dict[str, Any], says: str
) -> None:
    (found,) = others([replace(record, **then)], NOW)
    assert found.sentence().startswith(says)


def test_another_commit_of_the_same_program_is_no_difference(record: Manifest) -> None:
    assert others([replace(record, git_commit="bada55", git_dirty=True)], NOW) == []


def test_the_same_difference_of_many_artifacts_is_said_once(record: Manifest) -> None:
    old = replace(record, packages={"torch": "2.10"})
    (found,) = others([old, old, record], NOW)
    assert found.artifacts == 2


def _input(digest: str) -> InputRecord:
    return InputRecord(
        family="corpora", name="raw", partition="p", fingerprint="f" * 64, digest=digest,
        files_read=(),
    )  # fmt: skip


def test_a_result_is_explained_by_what_differs_the_likeliest_first(record: Manifest) -> None:
    rebuilt = replace(
        record, packages={"torch": "2.14", "numpy": "2.4"}, machine="Intel, 8 cores", host="other",
        usage=Usage(ranks=2, device="cpu"),
    )  # fmt: skip
    fields = [each.field for each in explanations(record, rebuilt, set())]
    assert fields == ["package.torch", "machine", "host"]


def test_an_input_that_came_out_otherwise_explains_enough(record: Manifest) -> None:
    old = replace(record, inputs=(_input("a" * 64),))
    rebuilt = replace(record, inputs=(_input("b" * 64),), packages={"torch": "2.14"})
    (found,) = explanations(old, rebuilt, {"f" * 64})
    assert found.field == "input corpora/raw[0]"
    assert (found.before, found.after) == ("ffffffffffff aaaaaaaaaaaa", "ffffffffffff bbbbbbbbbbbb")


@pytest.mark.parametrize(
    ("digest", "fields"), [("d1", []), ("d2", ["code_digest"]), ("", ["git_commit"])]
)
def test_a_commit_explains_only_where_the_program_itself_is_not_known(
    record: Manifest, digest: str, fields: list[str]
) -> None:
    old = replace(record, code_digest="d1" if digest else "")
    rebuilt = replace(record, git_commit="bada55", code_digest=digest)
    assert [each.field for each in explanations(old, rebuilt, set())] == fields


def test_what_an_older_record_does_not_tell_explains_nothing(record: Manifest) -> None:
    assert explanations(replace(record, machine="", packages={}), record, set()) == []

"""Statements hold under the public bindings of in-toto and of SLSA provenance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement

from assets.fakes import FakeLake
from assets.lineage.audit import ArtifactGraph
from assets.releases.evidence.pack import ancestry
from assets.releases.evidence.statements import index_statement, provenance_statement, timestamp
from tests.evidence_lake import make_release

OURS = {"materia_cost", "materia_inheritedCost", "materia_mlflowRunId"}
"""Extension fields, by SLSA's rule for their names; a reader who does not know them skips them."""


@pytest.fixture(scope="module")
def statements(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    lake = FakeLake(tmp_path_factory.mktemp("lake"))
    release = make_release(lake)
    return [provenance_statement(m) for m in ancestry(ArtifactGraph.of(lake), release)]


def check_statement(found: dict[str, Any]) -> None:
    Statement.copy_from_pb(json_format.ParseDict(found, statement_pb2.Statement())).validate()


def check_provenance(predicate: dict[str, Any]) -> None:
    metadata = predicate["runDetails"]["metadata"]
    known = {name: value for name, value in metadata.items() if name not in OURS}
    details = {**predicate["runDetails"], "metadata": known}
    parsed = json_format.ParseDict(
        {**predicate, "runDetails": details}, provenance_pb2.Provenance()
    )
    # SLSA calls these required; the bindings do not check it.
    assert parsed.build_definition.build_type
    assert len(parsed.build_definition.external_parameters)
    assert parsed.run_details.builder.id


def test_every_artifact_s_statement_is_in_toto_s_and_slsa_s(
    statements: list[dict[str, Any]],
) -> None:
    assert len(statements) == 24
    for found in statements:
        check_statement(found)
        check_provenance(found["predicate"])


def test_the_index_is_an_in_toto_statement(tmp_path: Path) -> None:
    release = make_release(FakeLake(tmp_path))
    check_statement(index_statement(release, [], {"verify.py": "ab" * 32}))


def test_the_bindings_refuse_what_is_wrong(statements: list[dict[str, Any]]) -> None:
    found = statements[0]
    with pytest.raises(json_format.ParseError, match="no field named"):
        check_statement({**found, "predicateKind": "x"})
    with pytest.raises(ValueError, match="type"):
        check_statement({**found, "_type": "urn:other"})
    with pytest.raises(json_format.ParseError):
        check_provenance({**found["predicate"], "buildDefinitions": {}})


@pytest.mark.parametrize(
    ("iso", "told"),
    [
        ("2026-01-01T10:00:00+00:00", "2026-01-01T10:00:00Z"),
        ("2026-01-01T01:30:00.999999+02:00", "2025-12-31T23:30:00Z"),
    ],
)
def test_times_are_told_in_whole_seconds_of_utc(iso: str, told: str) -> None:
    assert timestamp(iso) == told

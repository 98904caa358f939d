"""Both bills of materials hold under their public schemas, and say what lineage says."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from spdx_python_model import v3_0_1 as spdx3

from assets.corpora.licence_table import LICENCES
from assets.fakes import FakeLake
from assets.lineage.audit import ArtifactGraph
from assets.releases.evidence.cyclonedx import cyclonedx, licence_entry
from assets.releases.evidence.facts import Facts
from assets.releases.evidence.pack import ancestry
from assets.releases.evidence.spdx import spdx
from tests.evidence_lake import make_release


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    lake = FakeLake(tmp_path_factory.mktemp("lake"))
    release = make_release(lake)
    return Facts.gathered(lake, release, ancestry(ArtifactGraph.of(lake), release), "ab" * 32)


def cyclonedx_error(document: Any) -> str | None:
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(document))
    return None if error is None else str(error)


def read_spdx(document: Any) -> Any:
    """Read with the bindings that SPDX generates from its model, and write again."""
    objects = spdx3.SHACLObjectSet()
    spdx3.JSONLDDeserializer().read(io.BytesIO(json.dumps(document).encode()), objects)
    spdx3.JSONLDSerializer().write(objects, io.BytesIO())
    return objects


def properties(component: Any) -> dict[str, str]:
    return {entry["name"]: entry["value"] for entry in component["properties"]}


def test_the_cyclonedx_document_holds_under_the_strict_schema(facts: Facts) -> None:
    document = cyclonedx(facts)
    assert cyclonedx_error(document) is None
    document["metadata"]["component"]["type"] = "model"
    assert cyclonedx_error(document) is not None, "a validator that accepts all proves nothing"


def test_the_cyclonedx_document_gives_each_source_its_licences_and_shares(facts: Facts) -> None:
    document = cyclonedx(facts)
    by_name = {component["name"]: component for component in document["components"]}
    licences = [entry["license"] for entry in by_name["pmc"]["licenses"]]
    assert licences == [{"id": "CC-BY-4.0"}, {"id": "CC0-1.0"}]
    for name in ("pmc", "notes"):
        told = properties(by_name[name])
        for share in facts.of_source(name):
            key = f"materia:{share.stage}:{share.licence}"
            assert told[f"{key}:tokens_read"] == str(share.tokens_read)
            assert told[f"{key}:share"] == f"{share.share:.6f}"
    model = document["metadata"]["component"]
    assert [d["ref"] for d in model["modelCard"]["modelParameters"]["datasets"]] == [
        "source:notes", "source:pmc",
    ]  # fmt: skip
    assert properties(model)["materia:tokens_read"] == str(sum(s.tokens_read for s in facts.shares))


def test_every_licence_of_the_table_is_one_that_the_schema_knows_or_a_name(facts: Facts) -> None:
    document = cyclonedx(facts)
    for licence in LICENCES:
        document["components"][0]["licenses"] = [licence_entry(licence)]
        assert cyclonedx_error(document) is None, licence


def test_the_spdx_document_holds_under_the_model_of_spdx(facts: Facts) -> None:
    objects = read_spdx(spdx(facts))
    assert not objects.missing_ids
    (model,) = objects.foreach_type("ai_AIPackage")
    assert model.software_packageVersion == facts.release.short
    datasets = {d.name: d for d in objects.foreach_type("dataset_DatasetPackage")}
    assert sorted(datasets) == ["notes", "pmc"]
    assert datasets["notes"].dataset_anonymizationMethodUsed == ["safe_harbor"]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("trainedOn", "taughtOn"), ("relationshipType", "relation"), ("sha256", "sha257")],
)
def test_the_model_of_spdx_refuses_what_is_wrong(facts: Facts, right: str, wrong: str) -> None:
    text = json.dumps(spdx(facts)).replace(f'"{right}"', f'"{wrong}"')
    with pytest.raises((KeyError, ValueError)):
        read_spdx(json.loads(text))


def test_the_spdx_document_says_how_much_of_each_source_was_read(facts: Facts) -> None:
    relations = [e for e in spdx(facts)["@graph"] if e.get("relationshipType") == "trainedOn"]
    assert len(relations) == 2
    for relation in relations:
        name = relation["to"][0].rsplit(":", 1)[1]
        rows = relation["extension"][0]["extension_cdxProperty"]
        told = {r["extension_cdxPropName"]: r["extension_cdxPropValue"] for r in rows}
        total = sum(share.tokens_read for share in facts.of_source(name))
        assert told["materia:tokens_read"] == str(total) > "0"


def test_a_source_that_was_not_read_is_not_called_training_data(facts: Facts) -> None:
    unread = replace(facts, shares=tuple(s for s in facts.shares if s.source != "notes"))
    relations = [e for e in spdx(unread)["@graph"] if e.get("spdxId", "").endswith(":share")]
    kinds = {e["to"][0].rsplit(":", 1)[1]: e["relationshipType"] for e in relations}
    assert kinds == {"notes": "other", "pmc": "trainedOn"}
    datasets = cyclonedx(unread)["metadata"]["component"]["modelCard"]["modelParameters"][
        "datasets"
    ]
    assert datasets == [{"ref": "source:pmc"}]
    assert cyclonedx_error(cyclonedx(unread)) is None

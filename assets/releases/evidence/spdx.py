"""An SPDX 3.0.1 document (JSON-LD, profiles AI and Dataset): the model and its sources."""

from __future__ import annotations

from typing import Any

from assets.releases.evidence.facts import Facts, share_properties, tokens_of
from assets.releases.evidence.statements import reference, timestamp
from assets.releases.evidence.verify_pack import artifact_uri

CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
_CREATED = "_:created"
_KINDS = {"code": ["syntactic", "text"], "term": ["structured", "text"], "prose": ["text"]}


def spdx(facts: Facts) -> dict[str, Any]:
    """Return the document; ids are URNs below the release's fingerprint."""
    base = f"urn:spdx:materia:{facts.release.fingerprint}"
    elements = [_publisher(facts, base), _model(facts, base)]
    for entry in facts.sources:
        elements += _source(facts, entry, base)
    document = {
        "type": "SpdxDocument",
        "spdxId": f"{base}:document",
        "creationInfo": _CREATED,
        "name": reference(facts.release),
        "profileConformance": ["core", "software", "simpleLicensing", "ai", "dataset", "extension"],
        "rootElement": [f"{base}:model"],
        "element": [element["spdxId"] for element in elements],
    }
    creation = {
        "type": "CreationInfo",
        "@id": _CREATED,
        "specVersion": "3.0.1",
        "created": timestamp(facts.release.finished_at),
        "createdBy": [f"{base}:publisher"],
    }
    return {"@context": CONTEXT, "@graph": [creation, document, *elements]}


def _publisher(facts: Facts, base: str) -> dict[str, Any]:
    return {
        "type": "Agent",
        "spdxId": f"{base}:publisher",
        "creationInfo": _CREATED,
        "name": f"holder of the signing key {facts.signer}",
    }


def _model(facts: Facts, base: str) -> dict[str, Any]:
    release, config = facts.release, facts.model
    weights = [entry for entry in release.files if entry.path.endswith(".safetensors")]
    return {
        "type": "ai_AIPackage",
        "spdxId": f"{base}:model",
        "creationInfo": _CREATED,
        "name": f"materia-{release.config['recipe']}",
        "description": str(release.config["title"]),
        "suppliedBy": f"{base}:publisher",
        "releaseTime": timestamp(release.finished_at),
        "software_packageVersion": release.short,
        "software_primaryPurpose": "model",
        "software_downloadLocation": artifact_uri(vars(release)),
        "verifiedUsing": [
            {"type": "Hash", "algorithm": "sha256", "hashValue": w.sha256, "comment": w.path}
            for w in weights
        ],
        "ai_typeOfModel": ["transformer", "Baichuan-M1"],
        "ai_domain": ["medical text"],
        "ai_informationAboutTraining": "; ".join(
            f"{reference(m)}: {m.counts['steps']} steps" for m in facts.trainings
        ),
        "ai_limitation": "Answers are checked by nobody: not for medical use.",
        "ai_hyperparameter": [
            {"type": "DictionaryEntry", "key": key, "value": str(value)}
            for key, value in sorted(config.to_dict().items())
        ],
        "ai_metric": [
            {
                "type": "DictionaryEntry",
                "key": f"{row['benchmark']}/{row['metric']}/{row['model']}",
                "value": str(row["value"]),
            }
            for row in facts.scores
        ],
        "ai_useSensitivePersonalInformation": _sensitive(facts.sources),
    }


def _source(facts: Facts, entry: dict[str, Any], base: str) -> list[dict[str, Any]]:
    """Return a source's data set, its author, its licences, and how much of it was read."""
    here, shares = f"{base}:source:{entry['name']}", facts.of_source(entry["name"])
    raw = facts.raw.get(entry["name"])
    author = {
        "type": "Agent",
        "spdxId": f"{here}:author",
        "creationInfo": _CREATED,
        "name": entry["citation"] or entry["title"],
    }
    dataset = {
        "type": "dataset_DatasetPackage",
        "spdxId": here,
        "creationInfo": _CREATED,
        "name": entry["name"],
        "summary": entry["title"],
        "description": entry["description"],
        "originatedBy": [f"{here}:author"],
        "software_primaryPurpose": "data",
        "dataset_datasetType": _KINDS.get(entry["kind"], ["text"]),
        "dataset_hasSensitivePersonalInformation": _sensitive([entry]),
    }
    if entry["deidentify"] != "none":
        dataset["dataset_anonymizationMethodUsed"] = [entry["deidentify"]]
    if entry["version"] or entry["revision"]:
        dataset["software_packageVersion"] = entry["version"] or entry["revision"]
    if raw is not None:
        dataset |= {
            # When the bytes came into the lake: when their authors made them is not recorded.
            "builtTime": timestamp(raw.finished_at),
            "software_downloadLocation": artifact_uri(vars(raw)),
            "dataset_datasetSize": sum(item.size_bytes for item in raw.files),
        }
    return [author, dataset, *_licences(facts, entry, here), _trained_on(base, here, shares)]


def _licences(facts: Facts, entry: dict[str, Any], here: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for number, licence in enumerate(facts.licences(entry)):
        text = {
            "type": "simplelicensing_LicenseExpression",
            "spdxId": f"{here}:licence:{number}",
            "creationInfo": _CREATED,
            "simplelicensing_licenseExpression": "NOASSERTION" if licence == "unknown" else licence,
        }
        relation = {
            "type": "Relationship",
            "spdxId": f"{here}:licence:{number}:declared",
            "creationInfo": _CREATED,
            "from": here,
            "relationshipType": "hasDeclaredLicense",
            "to": [text["spdxId"]],
        }
        found += [text, relation]
    return found


def _trained_on(base: str, here: str, shares: list[Any]) -> dict[str, Any]:
    total = tokens_of(shares)
    rows = [("materia:tokens_read", str(total)), *share_properties(shares)]
    return {
        "type": "Relationship",
        "spdxId": f"{here}:share",
        "creationInfo": _CREATED,
        "from": f"{base}:model",
        # A source that the recipe names and training never read is stated, as what it is.
        "relationshipType": "trainedOn" if total else "other",
        "comment": f"{total} tokens read in training" if total else "in the recipe, not read",
        "to": [here],
        "extension": [
            {
                "type": "extension_CdxPropertiesExtension",
                "extension_cdxProperty": [
                    {
                        "type": "extension_CdxPropertyEntry",
                        "extension_cdxPropName": name,
                        "extension_cdxPropValue": value,
                    }
                    for name, value in rows
                ],
            }
        ],
    }


def _sensitive(entries: list[dict[str, Any]]) -> str:
    """Return yes where a source may tell of persons; of the others nobody has looked."""
    told = any(entry["deidentify"] != "none" for entry in entries)
    return "yes" if told else "noAssertion"

"""JobSets of the stand-in API server: strict validation, and the controller's rules for one Job.

What is here of JobSet's rules is what our manifests use: a Job that fails is looked up in the
failure policy by its reason, and the set is made again as a whole or fails.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate

Resource = dict[str, Any]
SCHEMA = json.loads((Path(__file__).parent / "jobset.schema.json").read_text())
_LABEL = 63
"""Longest name of a pod, which becomes the value of a label."""


def validate_jobset(body: Resource, version: str = "1.37") -> None:
    """Raise jsonschema's or kubernetes_validate's ValidationError for a field or value too many."""
    jsonschema.validate(body, SCHEMA)
    for job in body["spec"]["replicatedJobs"]:
        kubernetes_validate.validate(
            {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "x"}, **job["template"]},
            version,
            strict=True,
        )
        last = job["template"]["spec"]["completions"] - 1
        longest = f"{body['metadata']['name']}-{job['name']}-{job.get('replicas', 1) - 1}-{last}"
        if len(f"{longest}-abcde") > _LABEL:
            raise jsonschema.ValidationError(f"pods such as {longest}-abcde have too long a name")


class StoredSet:
    """One JobSet and how it stands."""

    def __init__(self, body: Resource) -> None:
        self.body = body
        self.restarts = 0
        self.condition: Resource | None = None
        self.deleted = False

    @property
    def name(self) -> str:
        return str(self.body["metadata"]["name"])

    @property
    def child(self) -> str:
        return f"{self.name}-{self.body['spec']['replicatedJobs'][0]['name']}-0"

    def resource(self) -> Resource:
        metadata = dict(self.body["metadata"])
        if self.deleted:
            metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
        conditions = [self.condition] if self.condition else []
        status = {"conditions": conditions, "restarts": self.restarts}
        return {**self.body, "metadata": metadata, "status": status}

    def job(self) -> Resource:
        """Return the Job that the controller makes, in the set's network."""
        spec = copy.deepcopy(self.body["spec"]["replicatedJobs"][0]["template"]["spec"])
        spec["template"]["spec"]["subdomain"] = self.body["spec"]["network"]["subdomain"]
        namespace = self.body["metadata"]["namespace"]
        return {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": self.child, "namespace": namespace},
            "spec": spec,
        }

    def starts_again(self, reason: str) -> bool:
        """Apply the failure policy to the reason that the Job has failed for."""
        policy = self.body["spec"]["failurePolicy"]
        rules = [rule for rule in policy["rules"] if _matches(rule, reason)]
        action = rules[0]["action"] if rules else "RestartJobSet"
        return action == "RestartJobSet" and self.restarts < policy["maxRestarts"]


def _matches(rule: Resource, reason: str) -> bool:
    return reason in rule.get("onJobFailureReasons", [reason])

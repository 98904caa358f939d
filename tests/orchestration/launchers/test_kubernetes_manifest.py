"""Manifests as text: golden, valid by Kubernetes' own schemas, and closed to wrong settings."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml
from jobset_controller import validate_jobset

from orchestration.launchers.kubernetes import _NAME_LENGTH
from orchestration.launchers.kubernetes_manifest import JobManifests
from orchestration.launchers.kubernetes_settings import KubernetesSettings, Toleration
from orchestration.settings import PROJECT_ROOT
from tests.golden.text import assert_golden

HOME = Path("/shared/materia")
FULL = KubernetesSettings(
    image="registry.example/materia-engine@sha256:" + "0" * 64,
    claim="materia-home",
    namespace="training",
    cpus="12",
    memory="180Gi",
    gpu="nvidia.com/gpu",
    ranks_per_pod=8,
    service_account="materia-jobs",
    secrets=("s3-credentials",),
    pull_secrets=("registry",),
    node_selector=(("nvidia.com/gpu.product", "NVIDIA-H200"),),
    tolerations=(
        Toleration(key="nvidia.com/gpu", value="", effect="NoSchedule"),
        Toleration(key="team", value="medlm", effect="NoExecute"),
    ),
    time_minutes=1440,
)
MANIFESTS = JobManifests(
    name="checkpoints-stage1-0f3a5c7e9b1d-00112233445566ff",
    label="checkpoints-stage1-0f3a5c7e9b1d",
    world_size=16,
    job_dir=HOME / "jobs" / "checkpoints.stage1.0f3a5c7e9b1d" / "job-00112233445566ff",
    home=HOME,
    env={"PYTHONUNBUFFERED": "1"},
    settings=FULL,
)
SMALL = replace(
    MANIFESTS,
    world_size=1,
    settings=KubernetesSettings(image="registry.example/engine:1", claim="materia-home"),
)


SET = replace(MANIFESTS, settings=replace(FULL, several_pods="jobset"), max_preemptions=10)


def test_a_jobset_is_valid_field_by_field_and_so_is_the_job_in_it() -> None:
    for version in ("1.31", "1.37"):
        validate_jobset(SET.workload(), version)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (("spec",), "extra"),
        (("spec", "network"), "extra"),
        (("spec", "failurePolicy"), "extra"),
        (("spec", "failurePolicy", "rules", 0), "extra"),
        (("spec", "replicatedJobs", 0), "extra"),
        (("spec", "replicatedJobs", 0, "template", "spec"), "extra"),
        (("spec", "replicatedJobs", 0, "template", "spec", "template", "spec"), "extra"),
    ],
    ids=lambda value: ".".join(map(str, value)) if isinstance(value, tuple) else "",
)
def test_the_validation_would_see_a_field_too_many_anywhere_in_a_jobset(
    path: tuple[str | int, ...], message: str
) -> None:
    manifest = copy.deepcopy(SET.workload())
    place: Any = manifest
    for step in path:
        place = place[step]
    place[message] = 1
    errors = (jsonschema.ValidationError, kubernetes_validate.ValidationError)
    with pytest.raises(errors, match=message):
        validate_jobset(manifest)


def test_a_jobset_repeats_preemptions_alone_as_often_as_it_may() -> None:
    policy = SET.workload()["spec"]["failurePolicy"]
    assert policy["maxRestarts"] == 10
    assert [(rule["name"], rule["action"]) for rule in policy["rules"]] == [
        ("preempted", "RestartJobSet"), ("failed", "FailJobSet"),
    ]  # fmt: skip
    [job] = SET.workload()["spec"]["replicatedJobs"]
    failed_by = {rule["action"] for rule in job["template"]["spec"]["podFailurePolicy"]["rules"]}
    assert failed_by == {"FailJob"}


def test_a_preempted_pod_gets_another_and_counts_against_no_limit_of_the_cluster() -> None:
    rules = SMALL.workload()["spec"]["podFailurePolicy"]["rules"]
    ignored = [rule for rule in rules if rule["action"] == "Ignore"]
    assert [rule.get("onExitCodes", {}).get("values") for rule in ignored] == [None, [143]]


def test_the_manifests_of_a_large_job_are_golden() -> None:
    documents = [MANIFESTS.workload(), MANIFESTS.service("00000000-0000-0000-0000-000000000000")]
    assert_golden("kubernetes-job.json", json.dumps(documents, indent=1) + "\n")


@pytest.mark.parametrize(
    "manifest",
    [MANIFESTS.workload(), MANIFESTS.service("uid"), SMALL.workload(), SMALL.service("uid")],
    ids=["large job", "its service", "small job", "its service too"],
)
@pytest.mark.parametrize("version", ["1.31", "1.37"])
def test_manifests_are_valid_by_kubernetes_own_schemas(
    manifest: dict[str, Any], version: str
) -> None:
    kubernetes_validate.validate(manifest, version, strict=True)


def test_the_validation_would_see_a_field_that_does_not_exist() -> None:
    job = MANIFESTS.workload()
    job["spec"]["template"]["spec"]["resorces"] = {}
    with pytest.raises(kubernetes_validate.ValidationError, match="resorces"):
        kubernetes_validate.validate(job, "1.37", strict=True)


def test_a_pod_asks_for_all_its_ranks() -> None:
    spec = MANIFESTS.workload()["spec"]
    assert spec["completions"] == 2
    [container] = spec["template"]["spec"]["containers"]
    wanted = {"cpu": "96", "memory": "1440Gi", "nvidia.com/gpu": "8"}
    assert container["resources"] == {"requests": wanted, "limits": wanted}


def test_ranks_that_do_not_fill_pods_are_refused() -> None:
    with pytest.raises(ValueError, match="12 ranks are no multiple of MATERIA_KUBERNETES_RA"):
        replace(MANIFESTS, world_size=12)


def test_the_launchers_role_is_valid_and_gives_what_the_api_calls_need_and_no_more() -> None:
    text = (PROJECT_ROOT / "deploy" / "kubernetes" / "launcher-role.yaml").read_text()
    documents = list(yaml.safe_load_all(text))
    for document in documents:
        kubernetes_validate.validate(document, "1.37", strict=True)
    [role] = [document for document in documents if document["kind"] == "Role"]
    allowed = {rule["resources"][0]: set(rule["verbs"]) for rule in role["rules"]}
    assert allowed == {
        "jobs": {"create", "get", "delete"}, "jobsets": {"create", "get", "delete"},
        "services": {"create", "get"}, "pods": {"list"},
    }  # fmt: skip


def test_a_pods_name_fits_into_a_label() -> None:
    assert len(f"{MANIFESTS.name}-99999") <= 63
    longest = f"{'x' * _NAME_LENGTH}-{'0' * 16}"
    validate_jobset(replace(SET, name=longest, world_size=8 * 9999).workload())


def test_pods_run_without_privileges_and_without_a_token() -> None:
    pod = MANIFESTS.workload()["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    [container] = pod["containers"]
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_the_kubelet_waits_longer_than_the_rank() -> None:
    pod = MANIFESTS.workload()["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] > FULL.grace_s


@pytest.mark.parametrize("missing", ["image", "claim"])
def test_what_only_the_installation_knows_is_asked_for(missing: str) -> None:
    with pytest.raises(ValueError, match=f"needs MATERIA_KUBERNETES_{missing.upper()}: set it"):
        replace(MANIFESTS, settings=replace(FULL, **{missing: ""}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("IMAGE", "image name"),
        ("IMAGE", "$(id)"),
        ("CLAIM", "Claim"),
        ("NAMESPACE", "a.b"),
        ("WORKDIR", "app"),
        ("WORKDIR", "/a b"),
        ("PYTHON", "python -c id"),
        ("RANKS_PER_POD", "0"),
        ("SEVERAL_PODS", "pods"),
        ("CPUS", "two"),
        ("MEMORY", "lots"),
        ("GPU", "gpu"),
        ("SERVICE_ACCOUNT", "a_b"),
        ("SECRETS", "a,B"),
        ("PULL_SECRETS", "a;b"),
        ("NODE_SELECTOR", "key"),
        ("NODE_SELECTOR", "key=a b"),
        ("TOLERATIONS", "key=value"),
        ("TOLERATIONS", "key:Sometimes"),
        ("TIME_MINUTES", "0"),
        ("MAX_RESTARTS", "-1"),
        ("RUN_AS_USER", "0"),
        ("KEEP_SECONDS", "1"),
        ("GRACE_SECONDS", "soon"),
    ],
)
def test_a_setting_that_is_not_what_it_should_be_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"MATERIA_KUBERNETES_{name}"):
        KubernetesSettings.from_mapping({f"MATERIA_KUBERNETES_{name}": value})


def test_lists_are_read_as_people_write_them() -> None:
    settings = KubernetesSettings.from_mapping(
        {
            "MATERIA_KUBERNETES_SECRETS": "one, two",
            "MATERIA_KUBERNETES_NODE_SELECTOR": "zone=a,nvidia.com/gpu.product=H200",
            "MATERIA_KUBERNETES_TOLERATIONS": "nvidia.com/gpu:NoSchedule,team=medlm:NoExecute",
        }
    )
    assert settings.secrets == ("one", "two")
    assert settings.node_selector == (("zone", "a"), ("nvidia.com/gpu.product", "H200"))
    assert settings.tolerations == FULL.tolerations

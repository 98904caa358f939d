"""The few calls to a Kubernetes API server that a launcher needs, over the official client.

The client brings what is easy to get wrong: kubeconfigs, service accounts, certificates, renewed
tokens. Bodies and answers are plain dictionaries.
"""

from __future__ import annotations

import json
from typing import Any, Protocol

from orchestration.launchers.cluster import ClusterRefused, ClusterUnavailable

Resource = dict[str, Any]
_REQUEST_S = 30.0
_JOBS = "/apis/batch/v1/namespaces/{namespace}/jobs"
_JOBSETS = "/apis/jobset.x-k8s.io/v1alpha2/namespaces/{namespace}/jobsets"
_SERVICES = "/api/v1/namespaces/{namespace}/services"
_PODS = "/api/v1/namespaces/{namespace}/pods"
_STRICT = [("fieldValidation", "Strict")]


class ApiClient(Protocol):
    """What we use of kubernetes.client.ApiClient."""

    def param_serialize(self, method: str, resource_path: str, **parameters: Any) -> Any: ...

    def call_api(self, *parameters: Any, _request_timeout: float) -> Any: ...


class KubernetesApi:
    """Jobs or JobSets, their pods and services in one namespace."""

    def __init__(self, client: ApiClient, namespace: str) -> None:
        self._client = client
        self._namespace = namespace

    def create_workload(self, workload: Resource) -> Resource:
        """Create a Job or JobSet, or return the one of its name: that is ours, and so is it."""
        try:
            return self._create(_path(workload["kind"]), workload)
        except LookupError:
            raise ClusterRefused(
                "the cluster has no JobSet: install it (https://jobset.sigs.k8s.io), or set "
                "MATERIA_KUBERNETES_SEVERAL_PODS=job"
            ) from None

    def create_service(self, service: Resource) -> Resource:
        return self._create(_SERVICES, service)

    def workload(self, kind: str, name: str) -> Resource | None:
        status, answer = self._call("GET", f"{_path(kind)}/{{name}}", name=name)
        return None if status == 404 else answer

    def pods(self, selector: str) -> list[Resource]:
        """Return the pods of a workload, whatever has become of them."""
        _, answer = self._call("GET", _PODS, query=[("labelSelector", selector)])
        items: list[Resource] = answer["items"]
        return items

    def delete_workload(self, kind: str, name: str) -> None:
        """Delete a Job or JobSet; it stays, marked as deleted, until its pods have ended."""
        foreground = {"propagationPolicy": "Foreground"}
        self._call("DELETE", f"{_path(kind)}/{{name}}", name=name, body=foreground)

    def _create(self, path: str, body: Resource) -> Resource:
        name = body["metadata"]["name"]
        try:
            status, answer = self._call("POST", path, body=body, query=_STRICT)
        except ClusterUnavailable:
            # It may be there although the answer was lost: asking again is harmless.
            status, answer = self._call("POST", path, body=body, query=_STRICT)
        if status == 404:
            raise LookupError(path)
        if status == 409:
            _, answer = self._call("GET", f"{path}/{{name}}", name=name)
        return answer

    def _call(
        self,
        method: str,
        path: str,
        *,
        name: str = "",
        body: Resource | None = None,
        query: list[tuple[str, str]] | None = None,
    ) -> tuple[int, Resource]:
        """Return (HTTP status, answer) of a success, a 404 or a 409; raises for all else."""
        request = self._client.param_serialize(
            method,
            path,
            path_params={"namespace": self._namespace, **({"name": name} if name else {})},
            query_params=list(query or []),
            header_params={"Accept": "application/json", "Content-Type": "application/json"},
            body=body,
            auth_settings=["BearerToken"],
        )
        try:
            response = self._client.call_api(*request, _request_timeout=_REQUEST_S)
            text = response.read()
        except Exception as error:
            # urllib3, ssl, socket and the client itself each have their own kinds.
            raise ClusterUnavailable(f"Kubernetes API: {type(error).__name__}: {error}") from error
        status = int(response.status)
        if status in (404, 409) or 200 <= status < 300:
            return status, json.loads(text) if text else {}
        message = f"Kubernetes API: {method} gave {status}: {_message(text)}"
        if status == 429 or status >= 500:
            raise ClusterUnavailable(message)
        raise ClusterRefused(message)


def _path(kind: str) -> str:
    return {"Job": _JOBS, "JobSet": _JOBSETS}[kind]


def connect(context: str) -> ApiClient:
    """Return a client of the cluster that the kubeconfig, or the pod we run in, names."""
    try:
        from kubernetes import client, config
    except ImportError:
        raise ClusterRefused(
            "MATERIA_LAUNCHER=kubernetes needs the client: pip install 'materia[kubernetes]'"
        ) from None
    configuration = client.Configuration()
    try:
        config.load_config(client_configuration=configuration, context=context or None)
    except (config.ConfigException, TypeError) as error:
        raise ClusterRefused(
            f"no Kubernetes cluster is configured ({error}): set KUBECONFIG, or run in a pod with "
            "a service account"
        ) from None
    connected: ApiClient = client.ApiClient(configuration)
    return connected


def _message(text: bytes) -> str:
    try:
        return str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        return text.decode(errors="replace")[:300]

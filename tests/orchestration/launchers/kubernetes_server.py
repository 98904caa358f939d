"""A small Kubernetes API server for tests: stores Jobs, JobSets, Services, runs pods as processes.

A stand-in, not a cluster: it checks manifests strictly, gives ranks the variables and the name of
rank 0 that a cluster would, ends and restarts them by the rules a Job states, and can be told to
do what clusters do to pods. No scheduler, no image, no kubelet of Kubernetes' own is in it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlparse

import jsonschema
import kubernetes_validate
from jobset_controller import StoredSet, validate_jobset
from kubernetes_pods import Pod, StoredJob, exit_code

Resource = dict[str, Any]
_STORES = {"jobs": "jobs", "jobsets": "sets", "services": "services"}
_TICK_S = 0.05


class Cluster:
    """What is stored, and the loop that moves it on."""

    def __init__(self, secrets: Mapping[str, Mapping[str, str]]) -> None:
        self.secrets = secrets
        self.jobs: dict[str, StoredJob] = {}
        self.sets: dict[str, StoredSet] = {}
        self.has_jobset = True
        """Whether the extension is installed."""
        self.services: dict[str, Resource] = {}
        self.requests: list[str] = []
        self.broken: list[int] = []
        """Statuses to answer with after having done what was asked; 0 drops the connection."""
        self.paused = False
        self.lock = threading.RLock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def create(self, kind: str, body: Resource) -> tuple[int, Resource]:
        store: dict[str, Any] = getattr(self, _STORES[kind])
        name = body["metadata"]["name"]
        if name in store:
            return 409, _status(409, f"{kind} {name!r} already exists")
        try:
            if kind == "jobsets":
                validate_jobset(body)
            else:
                kubernetes_validate.validate(body, "1.37", strict=True)
        except (kubernetes_validate.ValidationError, jsonschema.ValidationError) as error:
            return 400, _status(400, str(error))
        body["metadata"]["uid"] = str(uuid.uuid4())
        made = {"jobs": StoredJob, "jobsets": StoredSet, "services": lambda service: service}
        store[name] = made[kind](body)
        return 201, body

    def pod(self, name: str, index: int) -> Pod:
        """Return the pod of a Job, or of a JobSet."""
        job = self.sets[name].child if name in self.sets else name
        return next(pod for pod in self.jobs[job].pods if pod.index == index)

    def oom_kill(self, job: str, index: int) -> None:
        """Kill a container as the kernel does for its memory: all of it, at once."""
        pod = self.pod(job, index)
        pod.reason = "OOMKilled"
        self._kill(pod)

    def evict(self, job: str, index: int, message: str) -> None:
        pod = self.pod(job, index)
        pod.evicted = message
        pod.end()

    def drain(self, job: str, index: int, message: str) -> None:
        pod = self.pod(job, index)
        pod.disrupted = message
        pod.end()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        for job in self.jobs.values():
            for pod in job.pods:
                self._kill(pod)

    def _run(self) -> None:
        while not self._stop.wait(_TICK_S):
            with self.lock:
                for found in list(self.sets.values()):
                    self._advance_set(found)
                for name, job in list(self.jobs.items()):
                    self._advance(name, job)

    def _advance_set(self, found: StoredSet) -> None:
        """Make the set's Job, make it again where the policy says so, or give the set its end."""
        job = self.jobs.get(found.child)
        if found.deleted:
            if job is None:
                del self.sets[found.name]
            else:
                job.deleted = True
        elif job is None and found.condition is None:
            self.jobs[found.child] = StoredJob(found.job())
        elif job and job.condition and job.all_ended() and not job.deleted and not found.condition:
            if job.condition["type"] == "Complete":
                found.condition = _condition("Completed", "AllJobsCompleted", "")
            elif found.starts_again(job.condition["reason"]):
                found.restarts += 1
                job.deleted = True
            else:
                found.condition = _condition("Failed", "FailJobSet", found.child)

    def _advance(self, name: str, job: StoredJob) -> None:
        for pod in job.pods:
            if pod.kill_at is not None and time.monotonic() > pod.kill_at:
                self._kill(pod)
        if job.deleted or job.condition:
            for pod in job.pods:
                pod.end()
            if job.deleted and job.all_ended():
                del self.jobs[name]
                self.services.pop(name, None)
            return
        spec = job.body["spec"]
        limit = spec.get("activeDeadlineSeconds")
        if limit is not None and time.monotonic() - job.started > limit:
            job.condition = _condition("Failed", "DeadlineExceeded", "Job was active longer")
            return
        if self.paused:
            return
        if not job.pods:
            job.pods = [self._start(job, index) for index in range(spec["completions"])]
        for pod in [pod for pod in job.pods if pod.process.poll() not in (None, 0)]:
            self._failed(job, pod)
        if job.condition is None and all(pod.process.poll() == 0 for pod in job.pods):
            job.condition = _condition("Complete", "CompletionsReached", "all pods succeeded")

    def _failed(self, job: StoredJob, pod: Pod) -> None:
        """Apply podFailurePolicy and backoffLimit to a pod that has failed."""
        action = "Count"
        for rule in job.body["spec"].get("podFailurePolicy", {}).get("rules", []):
            if "onPodConditions" in rule:
                matches = bool(pod.disrupted)
            else:
                listed = exit_code(pod.process.returncode) in rule["onExitCodes"]["values"]
                matches = listed == (rule["onExitCodes"]["operator"] == "In")
            if matches:
                action = rule["action"]
                break
        job.failures += action == "Count"
        if action == "FailJob" or job.failures > job.body["spec"]["backoffLimit"]:
            reason = "PodFailurePolicy" if action == "FailJob" else "BackoffLimitExceeded"
            job.condition = _condition("Failed", reason, f"pod {pod.name} failed")
        else:
            job.pods[job.pods.index(pod)] = self._start(job, pod.index)

    def _start(self, job: StoredJob, index: int) -> Pod:
        name = job.body["metadata"]["name"]
        spec = job.body["spec"]["template"]["spec"]
        [container] = spec["containers"]
        env = {entry["name"]: entry["value"] for entry in container["env"]}
        for source in container.get("envFrom", []):
            env |= self.secrets[source["secretRef"]["name"]]
        if job.body["spec"]["completions"] > 1:
            # The cluster's DNS: rank 0's name exists once the headless service does.
            assert env["MASTER_ADDR"] == f"{name}-0.{spec['subdomain']}.default"
            env["MASTER_ADDR"] = "127.0.0.1"
        process = subprocess.Popen(
            container["command"],
            cwd=container["workingDir"],
            env={"PATH": os.environ["PATH"], **env, "JOB_COMPLETION_INDEX": str(index)},
            process_group=0,
        )
        pod_name = f"{name}-{index}-{uuid.uuid4().hex[:5]}"
        return Pod(pod_name, index, process, spec["terminationGracePeriodSeconds"])

    def _kill(self, pod: Pod) -> None:
        """End the container's process; its engine goes with it, as in a pod's namespace."""
        if pod.process.poll() is None:
            os.kill(pod.process.pid, signal.SIGKILL)
            pod.process.wait()


@contextmanager
def kubernetes_server(
    secrets: Mapping[str, Mapping[str, str]] | None = None,
) -> Iterator[tuple[str, Cluster]]:
    """Yield the server's address and what is behind it."""
    cluster = Cluster(secrets or {})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def do_DELETE(self) -> None:
            self._serve()

        def log_message(self, *_: object) -> None: ...

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length)) if length else {}
            with cluster.lock:
                cluster.requests.append(f"{self.command} {self.path}")
                status, answer = _answer(cluster, self.command, self.path, body)
                broken = cluster.broken.pop(0) if cluster.broken else None
            if broken == 0:
                self.connection.close()
                return
            if broken is not None:
                status, answer = broken, _status(broken, "told to fail")
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", cluster
    finally:
        server.shutdown()
        server.server_close()
        cluster.close()


def _answer(cluster: Cluster, method: str, target: str, body: Resource) -> tuple[int, Resource]:
    url = urlparse(target)
    parts = url.path.strip("/").split("/")
    kind, name = (parts[-1], "") if parts[-2] == "default" else (parts[-2], parts[-1])
    if kind == "jobsets" and not cluster.has_jobset:
        return 404, _status(404, "404 page not found")
    if method == "POST":
        if parse_qs(url.query).get("fieldValidation") != ["Strict"]:
            return 400, _status(400, "ask for strict validation")
        return cluster.create(kind, body)
    if kind == "pods":
        [selector] = parse_qs(url.query)["labelSelector"]
        label, _, owner = selector.partition("=")
        if label == "jobset.sigs.k8s.io/jobset-name" and owner in cluster.sets:
            owner = cluster.sets[owner].child
        job = cluster.jobs.get(owner)
        return 200, {"items": [pod.resource() for pod in job.pods] if job else []}
    found = getattr(cluster, _STORES[kind]).get(name)
    if found is None:
        return 404, _status(404, f"{kind} {name!r} not found")
    if kind == "services":
        return 200, found
    if method == "DELETE":
        assert body["propagationPolicy"] == "Foreground"
        found.deleted = True
    return 200, found.resource()


def _condition(kind: str, reason: str, message: str) -> Resource:
    return {"type": kind, "status": "True", "reason": reason, "message": message}


def _status(code: int, message: str) -> Resource:
    return {"kind": "Status", "status": "Failure", "message": message, "code": code}

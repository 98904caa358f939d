"""A real S3 server for tests: SeaweedFS from its package, all listeners on loopback."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import s3fs

ACCESS_KEY, SECRET_KEY = "testkey", "testsecret0123456789"
BUCKET = "lake"
_START_S = 30.0


@contextmanager
def s3_server(folder: Path) -> Iterator[str]:
    """Start a server with its data below `folder`; yield its endpoint."""
    binary = shutil.which("weed") or str(Path(sys.executable).with_name("weed"))
    config = folder / "s3.json"
    config.write_text(
        json.dumps(
            {
                "identities": [
                    {
                        "name": "admin",
                        "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
                        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
                    }
                ]
            }
        )
    )
    ports = _free_ports(5)
    names = ("s3.port", "filer.port", "master.port", "volume.port", "admin.port")
    endpoint = f"http://127.0.0.1:{ports[0]}"
    command = [
        binary,
        "-logtostderr=true",
        "mini",
        f"-dir={folder}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-master.telemetry=false",
        "-webdav=false",
        "-admin.ui=false",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        f"-s3.config={config}",
        *[f"-{name}={port}" for name, port in zip(names, ports, strict=True)],
    ]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            command, stdout=log, stderr=log, env={**os.environ, "GOMEMLIMIT": "600MiB"}
        )
        try:
            _wait_until_it_answers(endpoint, server)
            _make_bucket(endpoint)
            yield endpoint
        finally:
            # Its data is thrown away, and ending in order takes it up to ten seconds.
            server.kill()
            server.wait()


def _wait_until_it_answers(endpoint: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"the S3 server ended with {server.returncode}")
        try:
            urllib.request.urlopen(endpoint, timeout=1).close()
            return
        except urllib.error.HTTPError as error:
            error.close()
            return  # it answers, if only to refuse us
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(f"the S3 server did not answer at {endpoint} within {_START_S} s")


def _make_bucket(endpoint: str) -> None:
    """Create the bucket; the server answers before its parts have found each other."""
    fs = s3fs.S3FileSystem(
        endpoint_url=endpoint,
        key=ACCESS_KEY,
        secret=SECRET_KEY,
        use_listings_cache=False,
        skip_instance_cache=True,
    )
    deadline = time.monotonic() + _START_S
    while True:
        try:
            fs.pipe_file(f"{BUCKET}/ready", b"1")
            assert fs.cat_file(f"{BUCKET}/ready") == b"1"
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
            with suppress(OSError):
                fs.mkdir(BUCKET)


def _free_ports(count: int) -> list[int]:
    """Return ports that are free, and whose +10000 (the server's gRPC) is too."""
    ports: list[int] = []
    candidate = 20000 + os.getpid() % 5000
    while len(ports) < count:
        candidate += 1
        if _is_free(candidate) and _is_free(candidate + 10000):
            ports.append(candidate)
    return ports


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True

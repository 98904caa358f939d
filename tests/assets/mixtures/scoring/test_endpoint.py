"""A scorer behind HTTP: both protocols, retries, limits and clear errors, on a local server."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import polars as pl
import pytest

from assets.mixtures.scoring.endpoint import (
    MAX_RESPONSE_BYTES,
    Address,
    EndpointError,
    EndpointScorer,
)
from assets.mixtures.scoring.text import Batch
from assets.recipes.data import EndpointSpec

Answer = Callable[[str, dict[str, Any]], tuple[int, bytes]]


@contextmanager
def server(answer: Answer) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Serve answers on a free local port; yields its address and the requests it got."""
    seen: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            seen.append({"path": self.path, "key": self.headers.get("Authorization"), **body})
            status, content = answer(self.path, body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            with suppress(ConnectionError):  # the client may have given up
                self.end_headers()
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_port}", seen
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


def ask(url: str, texts: list[str], protocol: str = "json", **options: Any) -> list[float]:
    spec = EndpointSpec(column="educational", protocol=protocol, model="judge", max_chars=20)  # type: ignore[arg-type]
    address = Address(url=url, **{"tries": 3, "wait_s": 0.01, "timeout_s": 5.0, **options})
    found = EndpointScorer(spec, address).score(Batch(pl.DataFrame({"text": texts})))
    assert found.columns == ["educational"]
    return found["educational"].to_list()


def by_length(_: str, body: dict[str, Any]) -> tuple[int, bytes]:
    scores = [len(text) / 100 for text in body["texts"]]
    return 200, json.dumps({"scores": scores}).encode()


def chat(content: Any) -> Answer:
    message = {"choices": [{"message": {"content": content}}]}
    return lambda *_: (200, json.dumps(message).encode())


def test_json_scores_come_back_in_the_order_of_the_texts() -> None:
    texts = ["x" * (index % 19) for index in range(100)]
    with server(by_length) as (url, seen):
        assert ask(url, texts) == pytest.approx([len(text) / 100 for text in texts])
    assert sum(len(request["texts"]) for request in seen) == 100
    assert {request["model"] for request in seen} == {"judge"}


def test_a_text_is_cut_to_its_limit() -> None:
    with server(by_length) as (url, _):
        assert ask(url, ["x" * 5000]) == pytest.approx([0.2])


def test_a_chat_model_is_asked_for_one_number() -> None:
    with server(chat(" 73 ")) as (url, seen):
        assert ask(url + "/", ["some text"], "openai", api_key="k") == pytest.approx([0.73])
    assert seen[0]["path"] == "/v1/chat/completions"
    assert seen[0]["key"] == "Bearer k"
    assert seen[0]["temperature"] == 0
    assert seen[0]["messages"][1]["content"] == "some text"


def test_a_busy_server_is_asked_again() -> None:
    answers = iter([(503, b"busy"), (429, b"slow down"), (200, b'{"scores": [0.5]}')])
    with server(lambda *_: next(answers)) as (url, seen):
        assert ask(url, ["t"]) == [0.5]
    assert len(seen) == 3


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda *_: (503, b"out of memory"), r"failed 3 times, at last with HTTP 503: out of"),
        (lambda *_: (401, b"no key"), "answered HTTP 401: no key"),
        (lambda *_: (200, b"<html>"), "answered no JSON: <html>"),
        (lambda *_: (200, b"[1]"), "to 1 texts: expected"),
        (lambda *_: (200, b'{"scores": [0.1, 0.2]}'), "to 1 texts: expected"),
        (lambda *_: (200, b'{"scores": [7]}'), r"gave the score 7: expected a number in 0\.\.1"),
        (lambda *_: (200, b'{"scores": [NaN]}'), "gave the score nan"),
        (lambda *_: (200, b'{"scores": [true]}'), "gave the score True"),
        (lambda *_: (200, b" " * (MAX_RESPONSE_BYTES + 1)), "answered more than 1,048,576 bytes"),
    ],
)
def test_a_failure_says_what_happened(answer: Answer, message: str) -> None:
    with server(answer) as (url, _), pytest.raises(EndpointError, match=message):
        ask(url, ["t"])


@pytest.mark.parametrize("content", ["a good text", None, "", "120", "-3", 5])
def test_a_chatty_model_is_refused(content: Any) -> None:
    with (
        server(chat(content)) as (url, _),
        pytest.raises(EndpointError, match=r"one number|0\.\.1"),
    ):
        ask(url, ["t"], "openai")


def test_a_silent_server_does_not_hold_us_for_long() -> None:
    def sleep(*_: object) -> tuple[int, bytes]:
        time.sleep(0.5)
        return 200, b'{"scores": [0.5]}'

    with server(sleep) as (url, _), pytest.raises(EndpointError, match="failed 2 times"):
        ask(url, ["t"], tries=2, timeout_s=0.05)


def test_nobody_there_is_said_so() -> None:
    with server(by_length) as (url, _):
        pass
    with pytest.raises(EndpointError, match="failed 3 times, at last with URLError"):
        ask(url, ["t"])


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://host/x", "host:80", ""])
def test_only_http_addresses_are_taken(url: str) -> None:
    with pytest.raises(ValueError, match="must begin with http"):
        Address(url=url)


def test_limits_must_be_positive() -> None:
    with pytest.raises(ValueError, match="tries 0, in_flight 8 and timeout_s 60"):
        Address(url="http://h", tries=0)


def test_the_key_does_not_show() -> None:
    assert "secret" not in repr(Address(url="http://h", api_key="secret"))

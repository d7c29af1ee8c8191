"""A schema server of our own on 127.0.0.1, the strict core schemas as files, and the program run in a folder."""

from __future__ import annotations

import io
import json
import sys
import threading
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from typing import TYPE_CHECKING, Any

import pytest

from kubeconform.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]

KINDS = {
    "replicationcontroller-v1": "io.k8s.api.core.v1.ReplicationController",
    "configmap-v1": "io.k8s.api.core.v1.ConfigMap",
    "service-v1": "io.k8s.api.core.v1.Service",
    "pod-v1": "io.k8s.api.core.v1.Pod",
    "deployment-apps-v1": "io.k8s.api.apps.v1.Deployment",
    "job-batch-v1": "io.k8s.api.batch.v1.Job",
    "networkpolicy-networking-v1": "io.k8s.api.networking.v1.NetworkPolicy",
    "persistentvolumeclaim-v1": "io.k8s.api.core.v1.PersistentVolumeClaim",
}


class Site:
    """An HTTP server whose pages a test writes; it remembers what was asked for."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        self.pages: dict[str, list[tuple[int, dict[str, str], bytes]]] = {}
        self.asked: list[str] = []

    def put(self, path: str, body: Any = "", status: int = 200, **headers: str) -> None:
        """Answer a path with a page; of several, each is given once and the last for ever."""
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.pages.setdefault(path, []).append((status, headers, data))

    def answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        """Return the page of a path."""
        self.asked.append(path)
        pages = self.pages.get(path, [(404, {}, b"nothing here")])
        return pages.pop(0) if len(pages) > 1 else pages[0]


@pytest.fixture
def site() -> Iterator[Site]:
    """Start a server for one test."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = made.answer(self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            """Keep the report of the tests clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made = Site(server)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield made
        server.shutdown()
        thread.join()


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs the program in a folder of its own: (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["/usr/bin/kubeconform"])

    def run(*words: str, stdin: bytes = b"") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = main(words)
        out, err = capsys.readouterr()
        return code, out, err

    return run


@cache
def _definitions() -> dict[str, Any]:
    folder = resources.files("kubernetes_validate") / "kubernetes-json-schema" / "v1.32.0-local-strict"
    definitions: dict[str, Any] = json.loads((folder / "_definitions.json").read_bytes())["$defs"]
    return definitions


def _standalone(name: str) -> dict[str, Any]:
    needed: dict[str, Any] = {}
    pending = [name]
    while pending:
        wanted = pending.pop()
        if wanted not in needed:
            needed[wanted] = _definitions()[wanted]
            text = json.dumps(needed[wanted])
            pending += [part.split('"')[0] for part in text.split("#/$defs/")[1:]]
    standalone: dict[str, Any] = {**needed[name], "$defs": needed}
    return standalone


@pytest.fixture(scope="session")
def core(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a location with the strict schemas of some core kinds, standing alone, as draft 7."""
    folder = tmp_path_factory.mktemp("core")
    for file, name in KINDS.items():
        schema = {"$schema": "http://json-schema.org/draft-07/schema#", **_standalone(name)}
        (folder / f"{file}.json").write_text(json.dumps(schema))
    return f"{folder}/{{{{ .ResourceKind }}}}{{{{ .KindSuffix }}}}.json"

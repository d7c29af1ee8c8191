"""What Go makes of YAML (tests only): the reader of kubectl and the API server, and Kustomize before it.

`server` is sigs.k8s.io/yaml with goyaml.v2, reached through `kubectl patch --local`, which needs no cluster and
prints JSON. `kustomize` is kyaml (goyaml.v3) writing YAML that `server` then reads, the way of every manifest
under GitOps. Both take whole numbers beyond 64 bits for floats and cannot tell 2.0 from 2 or -0.0 from 0.
"""

from __future__ import annotations

import json
import subprocess
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_HEAD = "apiVersion: example.io/v1\nkind: Box\nmetadata:\n  name: box\n"


class Refused(Exception):  # noqa: N818 - what happened, not what is wrong
    """Go did not take the text; the message is Go's."""


def server(text: str) -> dict[str, Any]:
    """Return what kubectl reads in top-level fields of a custom resource, given as YAML."""
    return _fields(_patched(_HEAD + text))


def kustomize(folder: Path, text: str) -> dict[str, Any]:
    """Return what kubectl reads in top-level fields of a custom resource that went through Kustomize."""
    (folder / "box.yaml").write_text(_HEAD + text, encoding="utf-8", newline="")
    (folder / "kustomization.yaml").write_text("resources: [box.yaml]\nnamespace: any\n", encoding="utf-8")
    return _fields(_patched(_run("kubectl", "kustomize", str(folder))))


def typed(value: Any) -> Any:
    """Return a value in the form in which Go's JSON keeps apart what it can: `1`, `1.5`, `True` and `"1"`."""
    if isinstance(value, dict):
        return {key: typed(item) for key, item in sorted(value.items())}
    if isinstance(value, list | tuple):
        return [typed(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
        return int(Decimal(repr(value)))
    return float(value) if isinstance(value, int) and abs(value) > 2**63 else value


def _fields(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in {"apiVersion", "kind", "metadata"}}


def _patched(text: str) -> dict[str, Any]:
    command = ("kubectl", "patch", "--local", "-f", "-", "--type=merge", "-p", "{}", "-o", "json")
    document: dict[str, Any] = json.loads(_run(*command, stdin=text))
    return document


def _run(*command: str, stdin: str = "") -> str:
    done = subprocess.run(command, input=stdin.encode(), capture_output=True, check=False)
    if done.returncode:
        raise Refused(done.stderr.decode()[-400:])
    return done.stdout.decode()

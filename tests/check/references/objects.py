"""Small objects for the tests of references, and the messages of one check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mintage.check import references
from mintage.check.run import findings
from mintage.spec.validation import Externals
from mintage.tree.tree import of_documents

if TYPE_CHECKING:
    from mintage.tree.tree import Tree

Document = dict[str, Any]


def named(api: str, kind: str, name: str, spec: Document | None = None, **more: Any) -> Document:
    """Return an object in namespace `models`."""
    metadata = {"name": name, "namespace": "models", **more.pop("metadata", {})}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **({"spec": spec} if spec else {}), **more}


def pod(
    name: str = "server", *, env: Document | None = None, args: list[str] | None = None, **spec: Any
) -> Document:
    """Return a pod with one container; `env` are literal variables, or entries with `valueFrom`."""
    variables = [
        {"name": key, **(value if isinstance(value, dict) else {"value": value})}
        for key, value in (env or {}).items()
    ]
    container = {"name": "main", "image": "ghcr.io/acme/server:1.0", "env": variables, "args": args or []}
    return named("v1", "Pod", name, {"containers": [container], **spec})


def service(name: str, *ports: int, namespace: str = "models", **spec: Any) -> Document:
    """Return a Service."""
    listed = [{"port": port} for port in ports]
    made = named("v1", "Service", name, {"selector": {"app": name}, "ports": listed, **spec})
    made["metadata"]["namespace"] = namespace
    return made


def secret(name: str, *keys: str) -> Document:
    """Return a Secret with keys."""
    return named("v1", "Secret", name, stringData=dict.fromkeys(keys, "x"))


def tree(*documents: Document, **externals: Any) -> Tree:
    """Return a tree of one root."""
    return of_documents({"root": documents}, externals=Externals(**externals))


def messages(id: str, found: Tree) -> list[str]:  # noqa: A002 - the field's name
    """Return what a check says of a tree."""
    return [
        finding.message for finding in findings(found, [own for own in references.CHECKS if own.id == id])
    ]

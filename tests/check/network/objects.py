"""Small objects for the tests of network and routing."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]


def named(api: str, kind: str, name: str, spec: Document | None = None, **metadata: Any) -> Document:
    """Return an object in namespace `models` unless another is named."""
    found = {"name": name, "namespace": "models", **metadata}
    return {
        "apiVersion": api,
        "kind": kind,
        "metadata": found,
        **({"spec": spec} if spec is not None else {}),
    }


def workload(name: str, port: int = 8000, labels: Document | None = None, **container: Any) -> Document:
    """Return a Deployment whose pods have the label `app` and a port named `http`."""
    own = labels or {"app": name}
    main = {
        "name": "server",
        "image": "ghcr.io/acme/server:1.0.0",
        "ports": [{"name": "http", "containerPort": port}],
    }
    template = {"metadata": {"labels": own}, "spec": {"containers": [{**main, **container}]}}
    return named("apps/v1", "Deployment", name, {"selector": {"matchLabels": own}, "template": template})


def service(name: str, port: int = 8000, **more: Any) -> Document:
    """Return a Service for the pods with the label `app` of its name."""
    ports = [{"name": "http", "port": port, "targetPort": "http"}]
    return named(
        "v1", "Service", name, {"selector": {"app": name}, "ports": ports, **more}, labels={"app": name}
    )


def policy(name: str, selector: Document, **spec: Any) -> Document:
    """Return a NetworkPolicy."""
    return named("networking.k8s.io/v1", "NetworkPolicy", name, {"podSelector": selector, **spec})

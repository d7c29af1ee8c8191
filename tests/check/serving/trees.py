"""Trees of inference servers for the tests of this group."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

from mintage.check.run import findings
from mintage.check.serving import CHECKS
from mintage.tree.tree import of_documents

Document = dict[str, Any]
HEAD = "apiVersion: inference.networking.x-k8s.io/v1alpha1\nkind: EndpointPickerConfig\n"
LLMD = "ghcr.io/llm-d/llm-d-inference-scheduler:v0.4.0"


def found(*documents: Document, id: str = "", **settings: Any) -> list[tuple[str, str]]:  # noqa: A002 - the field's name
    """Return ids and messages of what this group finds in one root, or the messages of one check."""
    tree = of_documents({"root": documents}, **settings)
    return [(hit.id, hit.message) for hit in findings(tree, CHECKS) if not id or hit.id == id]


def ids(*documents: Document, **settings: Any) -> list[str]:
    """Return the ids of what this group finds in one root."""
    return [name for name, _ in found(*documents, **settings)]


def deployment(name: str, container: Document, labels: Document | None = None, **pod: Any) -> Document:
    """Return a Deployment with one container."""
    template = {
        "metadata": {"labels": labels or {"app": name}},
        "spec": {"containers": [{"name": "c", **container}], **pod},
    }
    metadata = {"name": name, "namespace": "llm"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata,
        "spec": {"template": template},
    }


def picker(config: str, *flags: str, image: str = LLMD) -> Document:
    """Return an endpoint picker of the pool `pool` whose configuration is an argument."""
    text = HEAD + dedent(config)
    kv = ["--kv-cache-usage-percentage-metric=vllm:kv_cache_usage_perc"] if image == LLMD else []
    return deployment(
        "epp", {"image": image, "args": ["--pool-name=pool", *kv, *flags, "--config-text", text]}
    )


def pool(**labels: str) -> Document:
    """Return the InferencePool `pool`, which selects pods by labels."""
    return {
        "apiVersion": "inference.networking.k8s.io/v1",
        "kind": "InferencePool",
        "metadata": {"name": "pool", "namespace": "llm"},
        "spec": {
            "selector": {"matchLabels": labels or {"llm-d.ai/model": "m"}},
            "targetPorts": [{"number": 8000}],
        },
    }


def server(name: str, *args: str, role: str = "", env: Any = (), **pod: Any) -> Document:
    """Return a vLLM 0.11.0 server of the model label `m`."""
    labels = {"app": name, "llm-d.ai/model": "m", **({"llm-d.ai/role": role} if role else {})}
    container = {
        "image": "vllm/vllm-openai:v0.11.0",
        "args": ["--model=/models/m", *args],
        "env": list(env),
    }
    return deployment(name, container, labels, **pod)

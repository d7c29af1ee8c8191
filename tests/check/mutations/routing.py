"""Mutations for the checks of routes, gateways and inference pools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from check.mutations.mutation import Mutation

if TYPE_CHECKING:
    from check.mutations.mutation import Document, Objects

NAMESPACE = "zelda-rl-prod"
ROUTE, POOL = "llm-d-gateway-dialog", "qwen25-text-pool"


def _rule(objects: Objects) -> Document:
    found: Document = objects.get("HTTPRoute", ROUTE)["spec"]["rules"][0]
    return found


def _no_backend(objects: Objects) -> None:
    _rule(objects)["backendRefs"][0]["name"] = "qwen25-dialog-pool"


def _no_parent(objects: Objects) -> None:
    objects.get("HTTPRoute", ROUTE)["spec"]["parentRefs"][0]["name"] = "llm-gateway"


def _closed_listener(objects: Objects) -> None:
    labels = {"matchLabels": {"kubernetes.io/metadata.name": "zelda-rl"}}
    listener = objects.get("Gateway", "llm-d-gateway")["spec"]["listeners"][0]
    listener["allowedRoutes"] = {"namespaces": {"from": "Selector", "selector": labels}}


def _no_grant(objects: Objects) -> None:
    _rule(objects)["backendRefs"][0]["namespace"] = "zelda-rl-dev"


def _same_path(objects: Objects) -> None:
    _rule(objects)["matches"][0]["path"]["value"] = "/vision"


def _wrong_port(objects: Objects) -> None:
    _rule(objects)["backendRefs"] = [{"name": "qwen25-7b-vllm", "port": 8001}]


def _pool(objects: Objects) -> Document:
    found: Document = objects.get("InferencePool", POOL)["spec"]
    return found


def _pool_of_nobody(objects: Objects) -> None:
    _pool(objects)["selector"]["matchLabels"]["llm-d.ai/model"] = "qwen25-7b-instruct"


def _pool_port(objects: Objects) -> None:
    _pool(objects)["targetPorts"][0]["number"] = 8100


def _no_picker(objects: Objects) -> None:
    _pool(objects)["endpointPickerRef"]["name"] = "text-epp"


def _older_pool(objects: Objects) -> None:
    selector = {"llm-d.ai/inferenceServing": "true", "llm-d.ai/model": "qwen25-7b", "llm-d.ai/role": "decode"}
    objects.add(
        {
            "apiVersion": "inference.networking.x-k8s.io/v1alpha2",
            "kind": "InferencePool",
            "metadata": {"name": "qwen25-older-pool"},
            "spec": {
                "selector": selector,
                "targetPortNumber": 8000,
                "extensionRef": {"name": f"{POOL}-epp"},
            },
        }
    )


def _open_gateway(objects: Objects) -> None:
    del objects.get("Gateway", "llm-d-gateway")["metadata"]["annotations"]["networking.istio.io/service-type"]


MUTATIONS = (
    Mutation("route-backend-missing", f"HTTPRoute {NAMESPACE}/{ROUTE}", _no_backend),
    Mutation("route-parent-missing", f"HTTPRoute {NAMESPACE}/{ROUTE}", _no_parent),
    Mutation("route-namespace-not-allowed", f"HTTPRoute {NAMESPACE}/{ROUTE}", _closed_listener),
    Mutation("referencegrant-missing", f"HTTPRoute {NAMESPACE}/{ROUTE}", _no_grant),
    Mutation("route-path-overlap", f"HTTPRoute {NAMESPACE}/llm-d-gateway-vision", _same_path),
    Mutation("route-port-mismatch", f"HTTPRoute {NAMESPACE}/{ROUTE}", _wrong_port),
    Mutation("inferencepool-no-pod", f"InferencePool {NAMESPACE}/{POOL}", _pool_of_nobody),
    Mutation("inferencepool-port-mismatch", f"InferencePool {NAMESPACE}/{POOL}", _pool_port),
    Mutation("inferencepool-epp-missing", f"InferencePool {NAMESPACE}/{POOL}", _no_picker),
    Mutation(
        "inference-api-mixed",
        f"InferencePool {NAMESPACE}/qwen25-older-pool",
        _older_pool,
        also=("api-deprecated", "schema-missing"),
    ),
    Mutation("gateway-open-plaintext", f"Gateway {NAMESPACE}/llm-d-gateway", _open_gateway),
)

"""Gateway: the Gateway itself, an HTTPRoute for each route, an InferencePool for each model server behind one.

A route takes its own path away, so that `/vision/v1/chat/completions` reaches the model server's
`/v1/chat/completions`. The endpoint pickers are made in `endpoint_picker`.

No version of InferencePool has a field for session affinity (v1alpha1 manifests with `sessionAffinityPolicy` are
pruned or refused). What `affinity: prefixHash` asks for stands as annotations on the pool, for people and tools;
it is the picker's plugins that do it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mintage.manifest import Manifest, compact, metadata
from mintage.render.kinds import endpoint_picker
from mintage.spec.gateway import PICKER_PORTS, Route, picker_name, pool_name, route_name, target

if TYPE_CHECKING:
    from mintage.render.scope import Scope
    from mintage.spec.exports import Export
    from mintage.spec.gateway import Gateway, Listener, Pool

API = "gateway.networking.k8s.io"
_IN_CLUSTER = {"networking.istio.io/service-type": "ClusterIP"}  # Istio's default is a public load balancer


def render(spec: Gateway, scope: Scope) -> list[Manifest]:
    """Return every object of the gateway, in the order a request meets them."""
    routes = [_route(path, spec, scope) for path in spec.routes]
    pools = [_pool(server, pool, spec, scope) for server, pool in spec.backends.items()]
    return [_gateway(spec, scope), *routes, *pools, *endpoint_picker.render(spec, scope)]


def _gateway(spec: Gateway, scope: Scope) -> Manifest:
    annotations = {**(_IN_CLUSTER if spec.expose == "cluster" else {}), **spec.annotations}
    return Manifest(
        {
            "apiVersion": f"{API}/v1",
            "kind": "Gateway",
            "metadata": metadata(
                spec.name, labels=scope.labels(spec.name, spec.folder), annotations=annotations
            ),
            "spec": {
                "gatewayClassName": spec.gateway_class,
                "listeners": [_listener(name, listener, spec) for name, listener in spec.listeners.items()],
            },
        }
    )


def _listener(name: str, listener: Listener, spec: Gateway) -> dict[str, Any]:
    certificates = {"mode": "Terminate", "certificateRefs": [{"kind": "Secret", "name": listener.secret}]}
    return {
        "name": name,
        **compact(hostname=listener.hostname),
        "port": listener.port,
        "protocol": listener.protocol,
        **({"tls": certificates} if listener.secret else {}),
        "allowedRoutes": {"namespaces": _allowed(spec)},
    }


def _allowed(spec: Gateway) -> dict[str, Any]:
    if isinstance(spec.allow, str):
        return {"from": spec.allow.capitalize()}
    named = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": list(spec.allow)}
    return {"from": "Selector", "selector": {"matchExpressions": [named]}}


def _route(path: str, spec: Gateway, scope: Scope) -> Manifest:
    given = spec.routes[path]
    route = given if isinstance(given, Route) else Route(to=given)
    short = route_name(path)
    name = f"{spec.name}-{short}"
    timeouts = route.timeouts or spec.timeouts
    rule = {
        "matches": [{"path": {"type": "PathPrefix", "value": path}}],
        **compact(filters=_filters(route, short, spec)),
        "backendRefs": [_backend(target(route), spec, scope)],
        "timeouts": {"request": timeouts.request, "backendRequest": timeouts.backend_request},
    }
    body = {
        "parentRefs": [{"group": API, "kind": "Gateway", "name": spec.name}],
        **compact(hostnames=_hostnames(spec)),
        "rules": [rule],
    }
    meta = metadata(name, labels=scope.labels(name, spec.folder))
    return Manifest(
        {"apiVersion": f"{API}/v1", "kind": "HTTPRoute", "metadata": meta, "spec": body}, short=short
    )


def _hostnames(spec: Gateway) -> list[str]:
    """Return the host names of the listeners, none where one of them answers for any."""
    names = [listener.hostname for listener in spec.listeners.values()]
    return list(dict.fromkeys(name for name in names if name)) if all(names) else []


def _filters(route: Route, short: str, spec: Gateway) -> list[dict[str, Any]]:
    filters: list[dict[str, Any]] = []
    if route.rewrite:
        path = {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}
        filters.append({"type": "URLRewrite", "urlRewrite": {"path": path}})
    if spec.headers:
        headers = [
            {"name": name, "value": value.replace("{route}", short)} for name, value in spec.headers.items()
        ]
        filters.append({"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": headers}})
    return filters


def _backend(server: str, spec: Gateway, scope: Scope) -> dict[str, Any]:
    return {
        "group": endpoint_picker.POOL_GROUP,
        "kind": "InferencePool",
        "name": pool_name(server, spec.backends[server]),
        "port": _serving_port(scope.export(server)),
        "weight": 1,
    }


def _serving_port(server: Export) -> int:
    """Return the port on which the pods of a model server answer; a pool leads to pods, not to a Service."""
    ports = server.pods[0].ports
    return ports.get("http", next(iter(ports.values())))


def _pool(server: str, pool: Pool, spec: Gateway, scope: Scope) -> Manifest:
    name = pool_name(server, pool)
    export = scope.export(server)
    picker = {
        "group": "",
        "kind": "Service",
        "name": picker_name(server, pool),
        "port": {"number": PICKER_PORTS["grpc"]},
        "failureMode": spec.scheduler.failure_mode,
    }
    return Manifest(
        {
            "apiVersion": f"{endpoint_picker.POOL_GROUP}/v1",
            "kind": "InferencePool",
            "metadata": metadata(name, labels=scope.labels(name, spec.folder), annotations=_affinity(pool)),
            "spec": {
                "selector": {"matchLabels": pool.selector or export.pods[0].labels},
                "targetPorts": [{"number": _serving_port(export)}],
                "endpointPickerRef": picker,
            },
        },
        short=pool.short or server,
    )


def _affinity(pool: Pool) -> dict[str, str]:
    if pool.affinity is None:
        return {}
    return {
        "llm-d.ai/session-affinity": "PrefixHash",
        "llm-d.ai/session-affinity-header": pool.session_header,
        "llm-d.ai/session-affinity-prefix-length": str(pool.prefix_length),
    }

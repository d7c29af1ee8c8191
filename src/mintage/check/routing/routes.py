"""Routes of every kind as values: where their traffic goes, and the gateways that they attach to.

Gateway API v1.6.1 (HTTPRoute, GRPCRoute and the others, and the route inside an LLMInferenceService of KServe v0.20.0),
Ingress of Kubernetes 1.32, Route of OpenShift 4.20, VirtualService and DestinationRule of Istio 1.30.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mintage.check.references.addresses import Address, known_namespaces, local
from mintage.tree.objects import at, items, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.tree.objects import Object, Path
    from mintage.tree.tree import Root

GATEWAY_API = "gateway.networking.k8s.io"
_KINDS = ("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute")
_LLM = "LLMInferenceService"
_IN_LLM: Path = ("spec", "router", "route", "http", "spec")
_ISTIO = "networking.istio.io"
_TEMPLATES = ("$", "{{")


@dataclass(frozen=True, slots=True)
class Route:
    """A route of the Gateway API; `path` leads to its spec, which may stand inside another object."""

    object: Object
    path: Path
    spec: dict[str, Any]
    kind: str

    @property
    def hostnames(self) -> tuple[str, ...]:
        """The host names it is for; none means any."""
        found = self.spec.get("hostnames")
        return tuple(name for name in found if isinstance(name, str)) if isinstance(found, list) else ()


@dataclass(frozen=True, slots=True)
class Parent:
    """What a route attaches to; `path` is the place of the reference."""

    route: Object
    path: Path
    kind: str
    group: str
    name: str
    namespace: str | None
    section: str
    of: str  # kind of the route


@dataclass(frozen=True, slots=True)
class Backend:
    """Where a route sends traffic; `name_path` and `port_path` are the places of name and port."""

    route: Object
    kind: str
    group: str
    name: str
    namespace: str | None
    name_path: Path
    port: int | str | None = None
    port_path: Path = ()
    of: str = ""  # kind of the route


def routes(root: Root) -> tuple[Route, ...]:
    """Return the routes of the Gateway API in a root."""
    return root.once(_routes)


def _routes(root: Root) -> tuple[Route, ...]:
    found = [Route(item, ("spec",), item.spec, item.kind) for item in root.of(*_KINDS, group=GATEWAY_API)]
    for item in root.of(_LLM):
        inner = item.at(*_IN_LLM)
        if isinstance(inner, dict):
            found.append(Route(item, _IN_LLM, inner, "HTTPRoute"))
    return tuple(found)


def parents(root: Root) -> tuple[Parent, ...]:
    """Return what the routes of a root attach to."""
    return root.once(_parents)


def _parents(root: Root) -> tuple[Parent, ...]:
    found = [parent for route in routes(root) for parent in _parents_of(route)]
    for item in root.of(_LLM):
        for index, ref in items(item.spec, "router", "gateway", "refs"):
            found += _parent(item, ("spec", "router", "gateway", "refs", index), ref, "HTTPRoute")
    return tuple(found)


def _parents_of(route: Route) -> Iterator[Parent]:
    for index, ref in items(route.spec, "parentRefs"):
        yield from _parent(route.object, (*route.path, "parentRefs", index), ref, route.kind)


def _parent(item: Object, path: Path, ref: dict[str, Any], kind: str) -> Iterator[Parent]:
    if is_text(ref.get("name")):
        yield Parent(
            item,
            path,
            _text(ref.get("kind"), "Gateway"),
            _text(ref.get("group"), GATEWAY_API),
            ref["name"],
            _text(ref.get("namespace")) or item.namespace,
            _text(ref.get("sectionName")),
            kind,
        )


def is_text(value: Any) -> bool:
    """Tell whether a value is a name that stands there in full."""
    return isinstance(value, str) and value != "" and not any(sign in value for sign in _TEMPLATES)


def _text(value: Any, default: str = "") -> str:
    return value if isinstance(value, str) else default


def backends(root: Root) -> tuple[Backend, ...]:
    """Return where the routes of a root, of whatever kind, send traffic."""
    return root.once(_backends)


def _backends(root: Root) -> tuple[Backend, ...]:
    found = [backend for route in routes(root) for backend in _of_route(route)]
    for item in root.of("Ingress", group="networking.k8s.io"):
        found += _of_ingress(item)
    for item in root.of("Route", group="route.openshift.io"):
        found += _of_openshift(item)
    for item in root.of("VirtualService", "DestinationRule", group=_ISTIO):
        found += _of_istio(root, item)
    for item in root.of(_LLM):
        ref = mapping(item.spec, "router", "scheduler", "pool", "ref")
        if is_text(ref.get("name")):
            place = ("spec", "router", "scheduler", "pool", "ref", "name")
            found.append(Backend(item, "InferencePool", "", ref["name"], item.namespace, place, of=_LLM))
    return tuple(found)


def _of_route(route: Route) -> Iterator[Backend]:
    for index, rule in items(route.spec, "rules"):
        place: Path = (*route.path, "rules", index)
        for number, ref in items(rule, "backendRefs"):
            yield from _of_ref(route, (*place, "backendRefs", number), ref)
        for number, entry in items(rule, "filters"):
            ref = mapping(entry, "requestMirror", "backendRef")
            yield from _of_ref(route, (*place, "filters", number, "requestMirror", "backendRef"), ref)


def _of_ref(route: Route, path: Path, ref: dict[str, Any]) -> Iterator[Backend]:
    if not is_text(ref.get("name")):
        return
    port = ref.get("port")
    yield Backend(
        route.object,
        _text(ref.get("kind"), "Service"),
        _text(ref.get("group")),
        ref["name"],
        _text(ref.get("namespace")) or route.object.namespace,
        (*path, "name"),
        port if isinstance(port, int) else None,
        (*path, "port"),
        route.kind,
    )


def _of_ingress(item: Object) -> Iterator[Backend]:
    found: list[tuple[Path, Any]] = [
        (("spec", "defaultBackend", "service"), item.at("spec", "defaultBackend", "service"))
    ]
    for index, rule in items(item.spec, "rules"):
        for number, path in items(rule, "http", "paths"):
            place: Path = ("spec", "rules", index, "http", "paths", number, "backend", "service")
            found.append((place, at(path, "backend", "service")))
    for place, service in found:
        if is_text(at(service, "name")):
            number, name = at(service, "port", "number"), at(service, "port", "name")
            port = (
                (number, "number")
                if isinstance(number, int)
                else (name if isinstance(name, str) else None, "name")
            )
            yield Backend(
                item,
                "Service",
                "",
                service["name"],
                item.namespace,
                (*place, "name"),
                port[0],
                (*place, "port", port[1]),
                item.kind,
            )


def _of_openshift(item: Object) -> Iterator[Backend]:
    port = item.at("spec", "port", "targetPort")
    refs: list[tuple[Path, Any]] = [(("spec", "to"), item.at("spec", "to"))]
    refs += (
        (("spec", "alternateBackends", index), ref) for index, ref in items(item.spec, "alternateBackends")
    )
    for place, ref in refs:
        if is_text(at(ref, "name")) and at(ref, "kind", default="Service") == "Service":
            yield Backend(
                item,
                "Service",
                "",
                ref["name"],
                item.namespace,
                (*place, "name"),
                port if isinstance(port, int | str) else None,
                ("spec", "port", "targetPort"),
                item.kind,
            )


def _of_istio(root: Root, item: Object) -> Iterator[Backend]:
    namespaces = root.tree.once(known_namespaces)
    entries = {
        host
        for near in root.tree.roots
        for entry in near.of("ServiceEntry")
        for host in at(entry.spec, "hosts", default=[])
    }
    for path, host, port in _destinations(item):
        address = Address(item, path, host, host, None, explicit=False, in_pod=True)
        found = (
            local(address, namespaces) if is_text(host) and "*" not in host and host not in entries else None
        )
        if found is not None:
            number = port if isinstance(port, int) else None
            place = (*path[:-1], "port", "number")
            yield Backend(
                item, "Service", "", found[0], found[1] or item.namespace, path, number, place, item.kind
            )


def _destinations(item: Object) -> Iterator[tuple[Path, str, Any]]:
    if item.kind == "DestinationRule":
        if isinstance(host := item.spec.get("host"), str):
            yield ("spec", "host"), host, None
        return
    for protocol in ("http", "tls", "tcp"):
        for index, rule in items(item.spec, protocol):
            for number, route in items(rule, "route"):
                path: Path = ("spec", protocol, index, "route", number, "destination", "host")
                if isinstance(host := at(route, "destination", "host"), str):
                    yield path, host, at(route, "destination", "port", "number")
            if isinstance(host := at(rule, "mirror", "host"), str):
                yield ("spec", protocol, index, "mirror", "host"), host, at(rule, "mirror", "port", "number")

"""Checks of where routes send their traffic: that it exists, has the port, and may be named from another namespace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mintage.check import known
from mintage.check.interface import ERROR, Check, Hit, Other
from mintage.check.routing.routes import GATEWAY_API, Backend, backends
from mintage.check.selectors import is_fed_from_outside
from mintage.errors import did_you_mean
from mintage.tree.objects import items

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.check.known import KnownService
    from mintage.tree.objects import Object, Path
    from mintage.tree.tree import Root

_POOL = "InferencePool"
_GROUPS = {"Service": {""}, _POOL: {"", "inference.networking.k8s.io", "inference.networking.x-k8s.io"}}


def is_partial(root: Root, namespace: str | None) -> bool:
    """Tell whether what routes lead to may come from elsewhere: nothing here runs, or a chart fills the namespace."""
    return not any(pod.pod for pod in known.pods(root)) or is_fed_from_outside(root, namespace)


def _missing(root: Root) -> Iterator[Hit]:
    for backend in backends(root):
        if backend.group not in _GROUPS.get(backend.kind, ()) or is_partial(root, backend.namespace):
            continue
        if not known.exists(root, backend.kind, backend.name, backend.namespace):
            where = (
                "" if backend.namespace == backend.route.namespace else f" in namespace `{backend.namespace}`"
            )
            yield Hit(
                f"it sends traffic to {backend.kind} `{backend.name}`, which is not there{where}",
                _nearest(root, backend),
                backend.route,
                backend.name_path,
            )
        elif (other := _other_group(root, backend)) is not None:
            yield Hit(
                f"it sends traffic to {backend.kind} `{backend.name}` of group `{backend.group}`, which is of `{other.group}`",
                f"write `group: {other.group}`",
                backend.route,
                (*backend.name_path[:-1], "group"),
                others=(Other(f"{backend.kind} `{backend.name}`", other, ("apiVersion",)),),
            )


def _other_group(root: Root, backend: Backend) -> Object | None:
    """Return the pool of a name if there is one of another group only."""
    if backend.kind != _POOL or not backend.group:
        return None
    found = root.find(_POOL, backend.name, backend.namespace)
    same = any(item.name == backend.name and item.group == backend.group for item in root.of(_POOL))
    return found if found is not None and not same and found.group != backend.group else None


def _nearest(root: Root, backend: Backend) -> str:
    if backend.kind == "Service":
        names = [found.name for found in known.services(root)]
    else:
        names = [item.name for near in (root, *root.companions) for item in near.of(backend.kind)]
    near = did_you_mean(backend.name, names)
    return near if near.startswith("did") else f"add the {backend.kind}, or declare it under `externals`"


def _port_mismatch(root: Root) -> Iterator[Hit]:
    for backend in backends(root):
        if backend.kind != "Service" or backend.group or backend.port is None:
            continue
        service = known.service(root, backend.name, backend.namespace)
        if service is None or not service.ports or _has_port(service, backend):
            continue
        ports = [f"{port.number} ({port.name})" if port.name else str(port.number) for port in service.ports]
        yield Hit(
            f"it uses port `{backend.port}` of Service `{service.name}`, which has {', '.join(ports)}",
            "use a port of the Service, by the number that the Service has, not the pod",
            backend.route,
            backend.port_path,
            others=(Other(f"the ports of Service `{service.name}`", service.source, ("spec", "ports")),),
        )


def _has_port(service: KnownService, backend: Backend) -> bool:
    ports = service.ports or ()
    if (
        backend.of == "Route"
    ):  # OpenShift compares it with the endpoints: names of the Service, numbers of the pods
        if isinstance(backend.port, int) and any(isinstance(port.target, str) for port in ports):
            return True
        return str(backend.port) in {
            str(value) for port in ports for value in (port.name, port.number, port.target)
        }
    return any(backend.port in {port.number, port.name or None} for port in ports)


def _grant_missing(root: Root) -> Iterator[Hit]:
    for backend in backends(root):
        if backend.of.endswith("Route") and backend.route.group in {GATEWAY_API, "serving.kserve.io"}:
            source = ("HTTPRoute" if backend.route.group != GATEWAY_API else backend.of, GATEWAY_API)
            yield from _judged(
                root,
                backend.route,
                source,
                (backend.kind, backend.name, backend.namespace),
                backend.name_path,
            )
    for item in root.of("Gateway", group=GATEWAY_API):
        for path, name, namespace in _certificates(item):
            yield from _judged(root, item, ("Gateway", GATEWAY_API), ("Secret", name, namespace), path)


def _certificates(item: Object) -> Iterator[tuple[Path, str, str | None]]:
    for index, listener in items(item.spec, "listeners"):
        for number, ref in items(listener, "tls", "certificateRefs"):
            if isinstance(ref.get("name"), str) and isinstance(ref.get("namespace"), str):
                yield (
                    ("spec", "listeners", index, "tls", "certificateRefs", number, "name"),
                    ref["name"],
                    ref["namespace"],
                )


def _judged(
    root: Root, item: Object, source: tuple[str, str], target: tuple[str, str, str | None], path: Path
) -> Iterator[Hit]:
    kind, name, namespace = target
    if item.namespace is None or namespace in {None, item.namespace}:
        return
    if known.is_elsewhere(root, namespace) or is_fed_from_outside(root, namespace):
        return
    grants = [
        grant
        for near in root.tree.roots
        for grant in near.of("ReferenceGrant")
        if grant.namespace in {None, namespace}
    ]
    if any(_grants(grant, (*source, item.namespace), kind, name) for grant in grants):
        return
    yield Hit(
        f"it names {kind} `{name}` of namespace `{namespace}`, and no ReferenceGrant there lets {source[0]}s of `{item.namespace}` do so",
        f"add a ReferenceGrant to namespace `{namespace}`: from {source[0]} of `{item.namespace}`, to {kind}",
        item,
        (*path[:-1], "namespace"),
    )


def _grants(grant: Object, source: tuple[str, str, str], kind: str, name: str) -> bool:
    wanted = dict(zip(("kind", "group", "namespace"), source, strict=True))
    admits = any(
        all(entry.get(key) == value for key, value in wanted.items())
        for _, entry in items(grant.spec, "from")
    )
    return admits and any(
        entry.get("kind") == kind and entry.get("name") in (None, "", name)
        for _, entry in items(grant.spec, "to")
    )


CHECKS = (
    Check(
        "route-backend-missing",
        ERROR,
        "root",
        _missing,
        why="A route to a Service or pool that does not exist answers every request with an error of the gateway (500 or 503).",
        fix="Name a Service or InferencePool that exists, of the group that it has.",
    ),
    Check(
        "route-port-mismatch",
        ERROR,
        "root",
        _port_mismatch,
        why="A route to a port that the Service does not have is not programmed; requests get 500 or 503.",
        fix="Use the port of the Service, not that of the pod.",
    ),
    Check(
        "referencegrant-missing",
        ERROR,
        "root",
        _grant_missing,
        why="The Gateway API lets nobody name an object of another namespace unless a ReferenceGrant there says so; the reference is"
        " refused (RefNotPermitted).",
        fix="Add a ReferenceGrant to the namespace of what is named.",
    ),
)

"""Checks of gateways and of what attaches to them.

Where the Gateway stands outside of the tree, nothing is known of its listeners.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mintage.check import known
from mintage.check.interface import ERROR, WARNING, Check, Hit, Other
from mintage.check.routing.backend_checks import is_partial
from mintage.check.routing.overlap import path_overlap
from mintage.check.routing.routes import GATEWAY_API, Parent, is_text, parents, routes
from mintage.check.selectors import matches
from mintage.errors import did_you_mean
from mintage.tree.objects import items, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.check.routing.routes import Route
    from mintage.tree.objects import Object, Path
    from mintage.tree.tree import Root

_ISTIO = "networking.istio.io"
_NAME_LABEL = "kubernetes.io/metadata.name"
_PARENTS = {"Gateway": GATEWAY_API, "Service": ""}
# Annotations by which a Gateway's own Service stays inside of the cluster (Istio 1.30; clouds' internal balancers).
_SERVICE_TYPE = "networking.istio.io/service-type"
_INTERNAL = (
    "service.beta.kubernetes.io/aws-load-balancer-internal", "service.beta.kubernetes.io/azure-load-balancer-internal",
    "networking.gke.io/load-balancer-type", "cloud.google.com/load-balancer-type",
    "service.beta.kubernetes.io/aws-load-balancer-scheme",
)  # fmt: skip
_INTERNAL_CLASSES = ("waypoint", "rilb", "internal", "mesh")


def _parent_missing(root: Root) -> Iterator[Hit]:
    for parent in parents(root):
        if (
            _PARENTS.get(parent.kind) != parent.group
            or is_partial(root, parent.namespace)
            or _is_anothers(root, parent.kind, parent.group, parent.namespace, parent.route.namespace)
        ):
            continue
        if not known.exists(root, parent.kind, parent.name, parent.namespace):
            yield _missing_hit(root, parent.route, (*parent.path, "name"), parent.kind, parent.name)
        elif (gateway := _gateway(root, parent)) is not None and parent.section:
            names = [str(listener.get("name")) for _, listener in items(gateway.spec, "listeners")]
            if parent.section not in names and not root.of("ListenerSet", "XListenerSet"):
                yield Hit(
                    f"it attaches to listener `{parent.section}` of Gateway `{gateway.name}`, which has {', '.join(f'`{name}`' for name in names)}",
                    did_you_mean(parent.section, names) or "name a listener of the Gateway",
                    parent.route,
                    (*parent.path, "sectionName"),
                    others=(
                        Other(f"the listeners of Gateway `{gateway.name}`", gateway, ("spec", "listeners")),
                    ),
                )
    for item in root.of("VirtualService", group=_ISTIO):
        yield from _istio_parents(root, item)


def _istio_parents(root: Root, item: Object) -> Iterator[Hit]:
    names = item.spec.get("gateways")
    for index, full in enumerate(names if isinstance(names, list) else ()):
        if not is_text(full) or full == "mesh":
            continue
        found, _, name = full.rpartition("/")
        namespace = item.namespace if found in ("", ".") else found
        if is_partial(root, namespace) or _is_anothers(root, "Gateway", _ISTIO, namespace, item.namespace):
            continue
        if not known.exists(root, "Gateway", name, namespace):
            yield _missing_hit(root, item, ("spec", "gateways", index), "Gateway", name)


def _is_anothers(root: Root, kind: str, group: str, namespace: str | None, own: str | None) -> bool:
    """Tell whether a parent is in another namespace, and the tree makes none of its kind: a gateway that teams share."""
    return namespace != own and not any(near.of(kind, group=group) for near in (root, *root.companions))


def _missing_hit(root: Root, item: Object, path: Path, kind: str, name: str) -> Hit:
    names = [found.name for near in (root, *root.companions) for found in near.of(kind)]
    near = did_you_mean(name, names)
    return Hit(
        f"it attaches to {kind} `{name}`, which is not there",
        near
        if near.startswith("did")
        else f"add the {kind}, or declare it under `externals.objects` as `{kind}/{name}`",
        item,
        path,
    )


def _gateway(root: Root, parent: Parent) -> Object | None:
    """Return the Gateway of a parent reference if it stands in the tree."""
    if parent.kind != "Gateway":
        return None
    found = root.find("Gateway", parent.name, parent.namespace)
    return found if found is not None and found.group == GATEWAY_API else None


def _not_allowed(root: Root) -> Iterator[Hit]:
    for parent in parents(root):
        gateway = _gateway(root, parent)
        own = parent.route.namespace
        if gateway is None or own is None or gateway.namespace is None:
            continue
        listeners = [
            (index, listener)
            for index, listener in items(gateway.spec, "listeners")
            if parent.section in ("", listener.get("name"))
        ]
        if not listeners or any(
            _admits(root, gateway, listener, own) is not False for _, listener in listeners
        ):
            continue
        index, listener = listeners[0]
        place: Path = (
            "spec",
            "listeners",
            index,
            *(("allowedRoutes",) if "allowedRoutes" in listener else ()),
        )
        yield Hit(
            f"listener `{listener.get('name')}` of Gateway `{gateway.name}` takes routes {_taken(gateway, listener)}, and this one is in `{own}`",
            "let the listener take routes of this namespace (`allowedRoutes.namespaces`), or move the route",
            parent.route,
            (*parent.path, "name"),
            others=(Other("what the listener allows", gateway, place),),
        )


def _admits(root: Root, gateway: Object, listener: dict[str, Any], namespace: str) -> bool | None:
    """Tell whether a listener takes routes of a namespace; None where its labels are not known."""
    allowed = mapping(listener, "allowedRoutes", "namespaces")
    source = allowed.get("from") or "Same"
    if source == "Same":
        return gateway.namespace == namespace
    if source != "Selector":
        return None
    item = root.find("Namespace", namespace)
    selector = mapping(allowed, "selector")
    keys = mapping(selector, "matchLabels").keys() | {
        entry.get("key") for _, entry in items(selector, "matchExpressions")
    }
    if item is None and keys != {_NAME_LABEL}:
        return None
    return matches(selector, {**(item.labels if item else {}), _NAME_LABEL: namespace})


def _taken(gateway: Object, listener: dict[str, Any]) -> str:
    allowed = mapping(listener, "allowedRoutes", "namespaces")
    return (
        f"of `{gateway.namespace}` only"
        if allowed.get("from") in (None, "Same")
        else "of namespaces with certain labels"
    )


def _open_plaintext(root: Root) -> Iterator[Hit]:
    for gateway in root.of("Gateway", group=GATEWAY_API):
        if _may_be_internal(gateway):
            continue
        for index, listener in items(gateway.spec, "listeners"):
            if listener.get("protocol") == "HTTP" and (route := _served(root, gateway, listener)) is not None:
                yield Hit(
                    f"listener `{listener.get('name')}` takes requests from outside of the cluster in plain text",
                    "add a listener with `protocol: HTTPS` and a certificate and redirect to it, or keep the Gateway inside of the cluster",
                    gateway,
                    ("spec", "listeners", index, "protocol"),
                    others=(
                        Other(
                            f"{route.kind} `{route.object.name}` is served there",
                            route.object,
                            (*route.path, "parentRefs"),
                        ),
                    ),
                )


def _may_be_internal(gateway: Object) -> bool:
    """Tell whether something says, or may say elsewhere, that a Gateway is not to be reached from outside."""
    extra = mapping(gateway.spec, "infrastructure")
    annotations = {**gateway.annotations, **mapping(extra, "annotations")}
    kind, name = str(gateway.spec.get("gatewayClassName") or ""), annotations.get(_SERVICE_TYPE)
    if (
        "parametersRef" in extra
        or name not in (None, "LoadBalancer")
        or any(key in annotations for key in _INTERNAL)
    ):
        return True
    return any(part in kind for part in _INTERNAL_CLASSES) or gateway.spec.get("addresses") is not None


def _served(root: Root, gateway: Object, listener: dict[str, Any]) -> Route | None:
    """Return a route that serves through a listener, other than by sending clients on to HTTPS."""
    for route in routes(root):
        for _, ref in items(route.spec, "parentRefs"):
            is_here = ref.get("name") == gateway.name and ref.get("namespace") in (None, gateway.namespace)
            if is_here and ref.get("sectionName") in (None, listener.get("name")) and _serves(route):
                return route
    return None


def _serves(route: Route) -> bool:
    return any(rule.get("backendRefs") for _, rule in items(route.spec, "rules"))


CHECKS = (
    Check(
        "route-parent-missing",
        ERROR,
        "root",
        _parent_missing,
        why="A route that attaches to no Gateway is served by nobody; its status stays empty and no error is shown.",
        fix="Name a Gateway that exists, with its namespace, and a listener that it has.",
    ),
    Check(
        "route-namespace-not-allowed",
        ERROR,
        "root",
        _not_allowed,
        why="A listener takes routes of its own namespace only, unless it says otherwise. Others are refused (NotAllowedByListeners).",
        fix="Set `allowedRoutes.namespaces` of the listener to `All`, or to a selector that the route's namespace meets.",
    ),
    Check(
        "route-path-overlap",
        WARNING,
        "root",
        path_overlap,
        why="Of two routes that claim the same requests the older one gets them all; the other is never used, without an error.",
        fix="Give each route a path, host name or header of its own, or make them one route with weights.",
    ),
    Check(
        "gateway-open-plaintext",
        WARNING,
        "root",
        _open_plaintext,
        why="A Gateway gets a load balancer unless something says otherwise. Prompts, answers and API keys then cross networks"
        " unencrypted.",
        fix="Serve over HTTPS and let the plain listener redirect, or keep the Gateway's Service inside of the cluster.",
    ),
)

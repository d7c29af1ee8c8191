"""What exists around an object: in its root, beside it, made by operators, built into the platform, or declared.

Every check that asks "is there such a thing?" asks here, so that an operator's or a declared name is never reported.
Where it cannot be known, the answer is that it exists.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from mintage.check import tables
from mintage.tree.objects import at, items

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mintage.check.tables import Generated
    from mintage.tree.objects import Object, Pod
    from mintage.tree.tree import Root, Tree

_OF_EXTERNALS = {
    "ConfigMap": "config_maps",
    "ServiceAccount": "service_accounts",
    "PersistentVolumeClaim": "persistent_volume_claims",
}
_BUILT_IN: dict[str, Callable[[str], bool]] = {
    "ServiceAccount": tables.builtin_service_account,
    "ConfigMap": lambda name: tables.builtin_config_map(name) is not None,
    "ClusterRole": tables.builtin_cluster_role,
    "PriorityClass": tables.builtin_priority_class,
    "Namespace": tables.builtin_namespace,
    "Role": tables.builtin_role,
}
# By these, controllers fill a Secret or ConfigMap that stands in the tree (OpenShift 4.20; Kubernetes' own tokens).
_FILLED_BY_ANNOTATION = frozenset(
    {"service.beta.openshift.io/inject-cabundle", "kubernetes.io/service-account.name"}
)
_PLAIN_GROUPS = frozenset(
    {"", "apps", "batch"}
)  # whose controllers add no other labels than those that are known
_FILLED_BY_LABEL = "config.openshift.io/inject-trusted-cabundle"


@dataclass(frozen=True, slots=True)
class KnownPort:
    """A port of a Service: its name (empty where it has none), number, and target (a number or a port's name)."""

    name: str
    number: int
    target: int | str


@dataclass(frozen=True, slots=True)
class KnownService:
    """A Service. `ports` and `selector` are None where they cannot be known."""

    name: str
    namespace: str | None
    ports: tuple[KnownPort, ...] | None
    selector: dict[str, str] | None
    source: Object | None = None
    generated: bool = False


@dataclass(frozen=True, slots=True)
class KnownPod:
    """Pods that an object makes. With `open`, an operator may add labels and ports that nobody here knows."""

    labels: dict[str, str]
    namespace: str | None
    source: Object
    pod: Pod | None = None
    ports: dict[str, int] = field(default_factory=dict)
    generated: bool = False
    open: bool = False

    def may_have(self, labels: dict[str, str]) -> bool:
        """Tell whether it has all of some labels, or may have."""
        return all(
            self.labels[key] == value if key in self.labels else self.open for key, value in labels.items()
        )


def exists(root: Root, kind: str, name: str, namespace: str | None = None) -> bool:
    """Tell whether there is an object of a kind and name, as far as anybody can know from here."""
    if root.find(kind, name, namespace) is not None or is_external(root.tree, kind, name, namespace):
        return True
    if kind in _BUILT_IN and _BUILT_IN[kind](name):
        return True
    if kind == "Service":
        built_in = namespace is not None and tables.builtin_service(namespace, name) is not None
        return built_in or service(root, name, namespace) is not None or is_elsewhere(root, namespace)
    return _is_made(root, kind, name) is not None or is_elsewhere(root, namespace)


def is_elsewhere(root: Root, namespace: str | None) -> bool:
    """Tell whether a namespace is none that the tree puts objects in."""
    if namespace is None:
        return False
    return all(namespace not in other.namespaces for other in root.tree.roots)


def is_external(tree: Tree, kind: str, name: str, namespace: str | None = None) -> bool:
    """Tell whether the tree's settings say that an object exists outside of the tree."""
    externals = tree.externals
    if kind == "Secret" and name in externals.secrets:
        return True
    if kind == "Service" and {name, f"{name}.{namespace}"} & set(externals.services):
        return True
    if kind in _OF_EXTERNALS and name in getattr(externals, _OF_EXTERNALS[kind]):
        return True
    return any(fnmatchcase(f"{kind}/{name}", pattern) for pattern in externals.objects)


def is_external_host(tree: Tree, host: str) -> bool:
    """Tell whether the tree's settings name a host outside of the cluster."""
    return any(fnmatchcase(host, pattern) for pattern in tree.externals.hosts)


def keys(root: Root, kind: str, name: str, namespace: str | None = None) -> frozenset[str] | None:
    """Return the keys of a Secret or ConfigMap; None where it may have any, or has one that is no text."""
    found = root.find(kind, name, namespace)
    if found is not None:
        return _own_keys(found)
    if kind == "Secret" and root.tree.externals.secrets.get(name):
        return frozenset(root.tree.externals.secrets[name])
    if is_external(root.tree, kind, name, namespace):
        return None
    made = _is_made(root, kind, name)
    if made is None and kind == "ConfigMap":
        return tables.builtin_config_map(name)
    return made.keys if made else None


def is_filled(item: Object) -> bool:
    """Tell whether a controller adds keys to a Secret or ConfigMap that stands in the tree."""
    return (
        bool(_FILLED_BY_ANNOTATION & item.annotations.keys()) or item.labels.get(_FILLED_BY_LABEL) == "true"
    )


def _own_keys(found: Object) -> frozenset[str] | None:
    if is_filled(found):
        return None
    fields = [found.at(name, default={}) for name in ("data", "stringData", "binaryData")]
    given = frozenset(key for field in fields if isinstance(field, dict) for key in field)
    return given if all(isinstance(key, str) for key in given) else None


def generated(item: Object) -> tuple[Generated, ...]:
    """Return what controllers make of an object."""
    return item.once(_generated)


def _generated(item: Object) -> tuple[Generated, ...]:
    return tuple(tables.generated(item.group, item.kind, item.document))


def _is_made(root: Root, kind: str, name: str) -> Generated | None:
    """Return what operators make by a kind and name, for a root and for those beside it."""
    found = root.once(_made_around).get(kind, ())
    return next((made for made in found if tables.matches(made.name, name)), None)


def _made_around(root: Root) -> dict[str, tuple[Generated, ...]]:
    found: dict[str, list[Generated]] = {}
    for item in (item for near in (root, *root.companions) for item in near.objects):
        for made in generated(item):
            found.setdefault(made.kind, []).append(made)
    return {kind: tuple(made) for kind, made in found.items()}


def services(root: Root) -> tuple[KnownService, ...]:
    """Return the Services of a root and of those beside it, operators' Services among them."""
    return root.once(_services)


def _services(root: Root) -> tuple[KnownService, ...]:
    return tuple(
        found for near in (root, *root.companions) for item in near.objects for found in _services_of(item)
    )


def _services_of(item: Object) -> Iterator[KnownService]:
    if item.is_a("Service", ""):
        yield KnownService(item.name, item.namespace, _ports(item), _selector(item), item)
    for made in generated(item):
        if made.kind == "Service" and not made.group:
            ports = (
                None if made.ports is None else tuple(KnownPort(*port) for port in _made_ports(made.ports))
            )
            yield KnownService(made.name, made.namespace or item.namespace, ports, None, item, generated=True)


def _made_ports(ports: Mapping[str, int]) -> Iterator[tuple[str, int, int]]:
    return ((name, number, number) for name, number in ports.items())


def _ports(item: Object) -> tuple[KnownPort, ...]:
    return tuple(
        KnownPort(str(port.get("name") or ""), port["port"], _target(port))
        for _, port in items(item.spec, "ports")
        if isinstance(port.get("port"), int) and not isinstance(port["port"], bool)
    )


def _target(port: dict[str, object]) -> int | str:
    target = port.get("targetPort")
    return target if isinstance(target, int | str) and target != "" else int(str(port["port"]))


def _selector(item: Object) -> dict[str, str] | None:
    found = item.spec.get("selector")
    if not isinstance(found, dict) or not found:
        return None
    return {key: value for key, value in found.items() if isinstance(value, str)}


def service(root: Root, name: str, namespace: str | None = None) -> KnownService | None:
    """Return a Service by name; a namespace that is not known, on either side, is any."""
    by_name = root.once(_services_by_name)
    patterns = (found for found in by_name.get("*", ()) if tables.matches(found.name, name))
    for found in (*by_name.get(name, ()), *patterns):
        if namespace is None or found.namespace is None or found.namespace == namespace:
            return found
    return None


def _services_by_name(root: Root) -> dict[str, tuple[KnownService, ...]]:
    found: dict[str, tuple[KnownService, ...]] = {}
    for item in services(root):
        key = "*" if "*" in item.name else item.name
        found[key] = (*found.get(key, ()), item)
    return found


def pods(root: Root) -> tuple[KnownPod, ...]:
    """Return the pods of a root and of those beside it, operators' pods among them."""
    return root.once(_pods)


def _pods(root: Root) -> tuple[KnownPod, ...]:
    return tuple(
        found for near in (root, *root.companions) for item in near.objects for found in _pods_of(item)
    )


def _pods_of(item: Object) -> Iterator[KnownPod]:
    made = [one for one in generated(item) if one.kind == "Pod"]
    seen: set[str] = set()
    for one in made:
        chosen = [pod for pod in item.pods if one.template in {None, _template(pod)}]
        seen.update(_template(pod) for pod in chosen)
        yield from (_made_pod(item, one, pod) for pod in chosen)
        if not chosen:
            yield _made_pod(item, one, None)
    for pod in item.pods:
        if _template(pod) not in seen:
            yield KnownPod(pod.labels, item.namespace, item, pod, _named_ports(pod))


def _template(pod: Pod) -> str:
    return ".".join(map(str, pod.path))


def _made_pod(item: Object, made: Generated, pod: Pod | None) -> KnownPod:
    """Return a pod with what a controller adds; labels that nobody can foresee are left open."""
    labels = {key: value for key, value in made.labels.items() if isinstance(value, str) and "*" not in value}
    return KnownPod(
        {**labels, **(pod.labels if pod else {})},
        made.namespace or item.namespace,
        item,
        pod,
        {**(made.ports or {}), **(_named_ports(pod) if pod else {})},
        generated=True,
        open=item.group not in _PLAIN_GROUPS,
    )


def _named_ports(pod: Pod) -> dict[str, int]:
    return {
        str(port.get("name") or port["containerPort"]): port["containerPort"]
        for container in pod.main_containers
        for _, port in container.ports
        if isinstance(port.get("containerPort"), int)
    }


def replicas(item: Object) -> int:
    """Return how many replicas a workload asks for: 1 where it does not say."""
    found = at(item.document, "spec", "replicas")
    return found if isinstance(found, int) and not isinstance(found, bool) else 1

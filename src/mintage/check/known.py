"""What exists around an object: in its root, beside it, made by operators, built into the platform, or declared.

Every check that asks "is there such a thing?" asks here, so that an operator's or a declared name is never reported.
Where it cannot be known, the answer is that it exists.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from mintage.check import generated
from mintage.tree.objects import at, items, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.tree.objects import Object, Pod
    from mintage.tree.tree import Root, Tree

_OF_EXTERNALS = {
    "ConfigMap": "config_maps",
    "ServiceAccount": "service_accounts",
    "PersistentVolumeClaim": "persistent_volume_claims",
}
# Kubernetes 1.32 and OpenShift 4.20 have these in every cluster or namespace.
_BUILT_IN = {
    "ServiceAccount": ("default", "builder", "deployer", "pipeline"),
    "ConfigMap": ("kube-root-ca.crt", "openshift-service-ca.crt"),
    "ClusterRole": (
        "admin", "cluster-admin", "edit", "view", "cluster-reader", "basic-user", "self-provisioner", "system:*",
        "registry-viewer", "registry-editor", "cluster-monitoring-view", "monitoring-edit", "monitoring-rules-*",
    ),
    "Role": ("system:*",),
    "PriorityClass": ("system-node-critical", "system-cluster-critical", "openshift-user-critical"),
    "Namespace": ("default", "kube-*", "openshift", "openshift-*"),
    "Service": ("kubernetes",),
}  # fmt: skip


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
    if any(fnmatchcase(name, pattern) for pattern in _BUILT_IN.get(kind, ())):
        return True
    if kind == "Service":
        return service(root, name, namespace) is not None or is_elsewhere(root, namespace)
    return name in _made(root).get(kind, frozenset()) or is_elsewhere(root, namespace)


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
    """Return the keys of a Secret or ConfigMap; None where it may have any."""
    found = root.find(kind, name, namespace)
    if found is not None:
        return _own_keys(found)
    if kind == "Secret" and root.tree.externals.secrets.get(name):
        return frozenset(root.tree.externals.secrets[name])
    return None if is_external(root.tree, kind, name, namespace) else _made(root).get(kind, {}).get(name)


def _own_keys(found: Object) -> frozenset[str] | None:
    if generated.is_filled(found):
        return None
    fields = ("data", "stringData", "binaryData")
    return frozenset(key for field_name in fields for key in mapping(found.document, field_name))


def _made(root: Root) -> dict[str, dict[str, frozenset[str] | None]]:
    """Return what operators make for a root and for those beside it: kind -> name -> keys."""
    return root.once(_made_around)


def _made_around(root: Root) -> dict[str, dict[str, frozenset[str] | None]]:
    found: dict[str, dict[str, frozenset[str] | None]] = {}
    for item in (item for near in (root, *root.companions) for item in near.objects):
        for made in generated.objects(item):
            found.setdefault(made.kind, {})[made.name] = made.keys
    return found


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
    for made in generated.services(item):
        ports = None if made.ports is None else tuple(KnownPort(*port) for port in made.ports)
        yield KnownService(made.name, item.namespace, ports, made.selector, item, generated=True)


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
    for found in root.once(_services_by_name).get(name, ()):
        if namespace is None or found.namespace is None or found.namespace == namespace:
            return found
    return None


def _services_by_name(root: Root) -> dict[str, tuple[KnownService, ...]]:
    found: dict[str, tuple[KnownService, ...]] = {}
    for item in services(root):
        found[item.name] = (*found.get(item.name, ()), item)
    return found


def pods(root: Root) -> tuple[KnownPod, ...]:
    """Return the pods of a root and of those beside it, operators' pods among them."""
    return root.once(_pods)


def _pods(root: Root) -> tuple[KnownPod, ...]:
    return tuple(
        found for near in (root, *root.companions) for item in near.objects for found in _pods_of(item)
    )


def _pods_of(item: Object) -> Iterator[KnownPod]:
    made = generated.pods(item)
    if made is not None:
        for one in made:
            ports = {**one.ports, **(_named_ports(one.pod) if one.pod else {})}
            yield KnownPod(one.labels, item.namespace, item, one.pod, ports, generated=True, open=True)
        return
    for pod in item.pods:
        yield KnownPod(pod.labels, item.namespace, item, pod, _named_ports(pod))


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

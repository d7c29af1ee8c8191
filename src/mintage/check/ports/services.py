"""Ports between Services and the pods they select."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from mintage.check import known
from mintage.check.interface import ERROR, WARNING, Check, Hit, Other
from mintage.check.ports.servers import image_name, listening
from mintage.errors import did_you_mean
from mintage.tree.objects import items

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.check.known import KnownPod
    from mintage.tree.objects import Container, Object, Path
    from mintage.tree.tree import Root

_PROXIES = ("kube-rbac-proxy",)  # stand before endpoints of metrics: a scrape too early is made again
_STAY_UP = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "DeploymentConfig", "Rollout"})


def _selected(root: Root) -> tuple[tuple[Object, tuple[KnownPod, ...]], ...]:
    """Return the Services of a root with the pods they select; those whose pods may be others are left out."""
    found = []
    for service in root.of("Service", group=""):
        selector = {key: value for key, value in _selector(service).items() if isinstance(value, str)}
        if not selector or service.spec.get("type") == "ExternalName":
            continue
        labelled = root.once(_by_label).get(min(selector.items()), ())
        pods = tuple(pod for pod in labelled if _same_namespace(root, pod, service) and _has(pod, selector))
        if pods and not any(pod.open or pod.pod is None for pod in pods):
            found.append((service, pods))
    return tuple(found)


def _by_label(root: Root) -> dict[tuple[str, str], list[KnownPod]]:
    """Return the pods of each label: to look through all of them for every Service takes too long."""
    found: dict[tuple[str, str], list[KnownPod]] = defaultdict(list)
    for pod in known.pods(root):
        for label in pod.labels.items():
            found[label].append(pod)
    return found


def _selector(service: Object) -> dict[str, object]:
    found = service.spec.get("selector")
    return found if isinstance(found, dict) else {}


def _has(pod: KnownPod, selector: dict[str, str]) -> bool:
    """Tell whether a pod surely has the labels: what an operator might label is not taken to be selected."""
    return selector.items() <= pod.labels.items()


def _same_namespace(root: Root, pod: KnownPod, service: Object) -> bool:
    """Tell whether a pod is in a Service's namespace; of a pod of another root that must be said."""
    if pod.namespace is None or service.namespace is None:
        return pod.source in root.once(_own)
    return pod.namespace == service.namespace


def _own(root: Root) -> frozenset[Object]:
    return frozenset(root.objects)


def _targetport_missing(root: Root) -> Iterator[Hit]:
    for service, pods in root.once(_selected):
        for index, port in items(service.spec, "ports"):
            target, path = _target(port, ("spec", "ports", index))
            if (
                isinstance(target, bool)
                or not isinstance(target, int | str)
                or _is_offered(target, port, pods)
            ):
                continue
            source = pods[0].source
            yield Hit(
                f"port {_label(port)} goes to {_quoted(target)}, which no container of {source.kind} `{source.name}` declares",
                _advice(target, pods),
                service,
                path,
                others=(Other("the pods it selects", source, _first_ports(pods[0])),),
            )


def _target(port: dict[str, object], path: Path) -> tuple[object, Path]:
    target = port.get("targetPort")
    if target in (None, ""):
        return port.get("port"), (*path, "port")
    if isinstance(target, str) and target.isdecimal():
        target = int(target)
    return target, (*path, "targetPort")


def _label(port: dict[str, object]) -> str:
    name = port.get("name")
    return f"`{name}` ({port.get('port')})" if isinstance(name, str) and name else f"{port.get('port')}"


def _quoted(target: int | str) -> str:
    return f"port {target}" if isinstance(target, int) else f"the port `{target}`"


def _is_offered(target: int | str, port: dict[str, object], pods: tuple[KnownPod, ...]) -> bool:
    """Tell whether a pod has the port; a number needs no declaration: it is doubted only against declared ports."""
    protocol = port.get("protocol") or "TCP"
    for pod in pods:
        assert pod.pod is not None
        declared = [entry for container in pod.pod.main_containers for _, entry in container.ports]
        if isinstance(target, str):
            if any(
                entry.get("name") == target and (entry.get("protocol") or "TCP") == protocol
                for entry in declared
            ):
                return True
        elif (
            not declared
            or any(entry.get("containerPort") == target for entry in declared)
            or any(_mentions(container, target) for container in pod.pod.main_containers)
        ):
            return True
    return False


def _mentions(container: Container, number: int) -> bool:
    """Tell whether a container's arguments or variables speak of a port that it does not declare."""
    if any(found.number == number for found in listening(container)):
        return True
    texts = [text for _, text in container.argv]
    texts += [entry["value"] for _, entry in container.env.values() if isinstance(entry.get("value"), str)]
    return any(str(number) in text for text in texts)


def _advice(target: int | str, pods: tuple[KnownPod, ...]) -> str:
    names = {name for pod in pods for name in pod.ports}
    numbers = {str(number) for pod in pods for number in pod.ports.values()}
    if isinstance(target, str):
        return did_you_mean(target, names) or "give a container a port with this name, or use a number"
    return f"declared: {', '.join(sorted(numbers))}"


def _first_ports(pod: KnownPod) -> Path:
    assert pod.pod is not None
    paths = [(*container.path, "ports") for container in pod.pod.main_containers if container.ports]
    return paths[0] if paths else pod.pod.path


def _missing_readiness(root: Root) -> Iterator[Hit]:
    seen: set[tuple[Object, Path]] = set()
    for service, pods in root.once(_selected):
        for _, port in items(service.spec, "ports"):
            if service.spec.get("publishNotReadyAddresses") is True or _is_for_metrics(port):
                continue
            for pod in pods:
                container = _behind(port, pod)
                if container is None or (container.owner, container.path) in seen or _is_probed(container):
                    continue
                seen.add((container.owner, container.path))
                yield Hit(
                    f"container `{container.name}` answers for Service `{service.name}` but has no readinessProbe: requests reach it before it can answer",
                    "add a readinessProbe that succeeds when the server answers",
                    container.owner,
                    (*container.path, "name"),
                    others=(Other("the Service", service),),
                )


def _is_for_metrics(port: dict[str, object]) -> bool:
    return "metrics" in str(port.get("name") or "")


def _behind(port: dict[str, object], pod: KnownPod) -> Container | None:
    """Return the container that a Service's port leads to."""
    if pod.pod is None or pod.source.kind not in _STAY_UP:
        return None
    target, _ = _target(port, ())
    for container in pod.pod.main_containers:
        for _, entry in container.ports:
            if target in (entry.get("name"), entry.get("containerPort")):
                return container
    return None


def _is_probed(container: Container) -> bool:
    return bool(container.document.get("readinessProbe")) or image_name(container) in _PROXIES


CHECKS = (
    Check(
        "service-targetport-missing",
        ERROR,
        "root",
        _targetport_missing,
        why="Connections to the Service are refused: it sends them to a port that its pods do not have.",
        fix="Target the name or number of a port that a container declares.",
    ),
    Check(
        "missing-readiness",
        WARNING,
        "root",
        _missing_readiness,
        why="Without a readinessProbe a pod gets requests as soon as its process runs: while a model loads, every one of them fails.",
        fix="Add a readinessProbe that succeeds when the server answers.",
    ),
)

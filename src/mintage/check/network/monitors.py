"""ServiceMonitors and PodMonitors as values: what they select, and the ports that Prometheus then asks.

Follows monitoring.coreos.com/v1 of Prometheus Operator v0.93.0. Where Prometheus runs is known only if it stands in the
tree; which monitors it selects is asked in `monitor_checks`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from mintage.check import known
from mintage.check.known import KnownPod
from mintage.check.selectors import (
    LabelIndex,
    Selector,
    is_in,
    judged,
    matches,
    of_labels,
    requirements,
    selectable,
    selects,
)
from mintage.check.tables import vllm_version
from mintage.tree.objects import at, items, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.check.known import KnownService
    from mintage.check.tables import Version
    from mintage.tree.objects import Object, Path
    from mintage.tree.tree import Root

_ENDPOINTS = {"ServiceMonitor": "endpoints", "PodMonitor": "podMetricsEndpoints"}
# Whose pods have just the ports that their templates name.
_PLAIN_GROUPS = frozenset({"", "apps", "batch"})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A port to scrape; `path` is its place in the monitor."""

    path: Path
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Monitor:
    """A monitor. `namespaces` is None where it selects in all of them."""

    object: Object
    selector: Selector
    namespaces: frozenset[str | None] | None
    endpoints: tuple[Endpoint, ...]

    @property
    def of_pods(self) -> bool:
        """Whether it selects pods, not Services."""
        return self.object.kind == "PodMonitor"

    def looks_into(self, namespace: str | None) -> bool:
        """Tell whether it selects in a namespace, or may."""
        return self.namespaces is None or any(is_in(namespace, name) for name in self.namespaces)


def monitors(root: Root) -> tuple[Monitor, ...]:
    """Return the monitors of a root."""
    return root.once(_monitors)


def _monitors(root: Root) -> tuple[Monitor, ...]:
    found = root.of(*_ENDPOINTS)
    return tuple(monitor(item) for item in found if item.group.startswith(("monitoring.", "azmonitoring.")))


def around(root: Root) -> tuple[Monitor, ...]:
    """Return the monitors of a root and of those beside it."""
    return tuple(found for near in (root, *root.companions) for found in monitors(near))


def monitor(item: Object) -> Monitor:
    """Return a monitor as a value."""
    field = _ENDPOINTS[item.kind]
    endpoints = tuple(Endpoint(("spec", field, index), found) for index, found in items(item.spec, field))
    return Monitor(item, mapping(item.spec, "selector"), _namespaces(item), endpoints)


def _namespaces(item: Object) -> frozenset[str | None] | None:
    chosen = mapping(item.spec, "namespaceSelector")
    if chosen.get("any") is True:
        return None
    names = chosen.get("matchNames")
    named = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
    return frozenset(named) if named else frozenset({item.namespace})


def services_of(root: Root, found: Monitor) -> list[KnownService]:
    """Return the Services that a ServiceMonitor surely selects."""
    return [service for service, answer in judged_services(root, found) if answer]


def judged_services(root: Root, found: Monitor) -> Iterator[tuple[KnownService, bool | None]]:
    """Yield the Services that a ServiceMonitor selects (True) or may select (None)."""
    for service in root.once(_service_index).candidates(requirements(found.selector)):
        answer = selects_service(found.selector, service) if found.looks_into(service.namespace) else False
        if answer is not False:
            yield service, answer


def _service_index(root: Root) -> LabelIndex[KnownService]:
    plain = [
        (item.source.labels, item) for item in known.services(root) if item.source and not item.generated
    ]
    return LabelIndex(plain, [item for item in known.services(root) if item.generated or not item.source])


def selects_service(selector: Selector, service: KnownService) -> bool | None:
    """Tell whether a selector selects a Service; the labels of one that an operator makes are not known."""
    if service.source is None:
        return None
    if not service.generated:
        return matches(selector, service.source.labels)
    values = [value for item in requirements(selector) or () for value in item.values]
    if any(service.source.name in value for value in values):
        return None
    return (
        selects(selector, KnownPod(service.source.labels, service.namespace, service.source, open=True))
        and None
    )


def pods_behind(root: Root, service: KnownService) -> list[KnownPod]:
    """Return the pods that a Service selects or may select; none where its selector is not known."""
    if service.selector is None:
        return []
    return selectable(root, of_labels(service.selector), service.namespace)


def pods_of(root: Root, found: Monitor) -> list[KnownPod]:
    """Return the pods that a PodMonitor surely selects."""
    return [
        pod
        for pod, answer in judged(root, found.selector, None)
        if answer and found.looks_into(pod.namespace)
    ]


def targets(root: Root, found: Monitor) -> Iterator[KnownPod]:
    """Yield the pods that a monitor has scraped."""
    if found.of_pods:
        yield from pods_of(root, found)
        return
    for service in services_of(root, found):
        yield from pods_behind(root, service)


def scraped_ports(root: Root, found: Monitor, endpoint: Endpoint) -> Iterator[tuple[KnownPod, int]]:
    """Yield the pods and their ports that an endpoint of a monitor means, as far as they are known."""
    if found.of_pods:
        for pod in pods_of(root, found):
            number = pod.ports.get(str(endpoint.document.get("port") or ""))
            if number is not None:
                yield pod, number
        return
    for service in services_of(root, found):
        for port in service.ports or ():
            if port.name and port.name == endpoint.document.get("port"):
                yield from _resolved(root, service, port.target)


def _resolved(root: Root, service: KnownService, target: int | str) -> Iterator[tuple[KnownPod, int]]:
    for pod in pods_behind(root, service):
        number = number_of(pod, target)
        if number is not None:
            yield pod, number


def number_of(pod: KnownPod, target: int | str) -> int | None:
    """Return the number of a pod's port; None where its name is not known."""
    return target if isinstance(target, int) else pod.ports.get(target)


def has_open_ports(pod: KnownPod) -> bool:
    """Tell whether an operator may give a pod ports that nobody here knows."""
    return pod.open and pod.source.group not in _PLAIN_GROUPS


def image_of(pod: KnownPod) -> tuple[str, ...]:
    """Return the images of a pod."""
    return tuple(container.image for container in pod.pod.containers if container.image) if pod.pod else ()


@cache
def vllm_in(image: str) -> Version | None:
    """Return the vLLM in an image, as `vllm_version` does."""
    return vllm_version(image)


def prometheus_namespaces(root: Root) -> frozenset[str | None]:
    """Return the namespaces in which a Prometheus of the tree runs; empty where none stands in it."""
    return root.once(_prometheus_namespaces)


def _prometheus_namespaces(root: Root) -> frozenset[str | None]:
    found = {
        item.namespace
        for near in (root, *root.companions)
        for item in near.of("Prometheus", "PrometheusAgent")
    }
    found |= {
        pod.namespace
        for pod in known.pods(root)
        if any("prom/prometheus" in image for image in image_of(pod))
    }
    return frozenset(found)


def label_of(found: Monitor) -> str:
    """Return what a monitor asks for by its `jobLabel`; empty where it has none."""
    return str(at(found.object.spec, "jobLabel", default=""))

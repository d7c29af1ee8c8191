"""Checks of ServiceMonitors and PodMonitors: whether they find something, and whether something is found by none.

A monitor of another namespace's Services is judged only where the tree puts Services there.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from mintage.check import known
from mintage.check.interface import ERROR, INFO, WARNING, Check, Hit, Other
from mintage.check.network.monitors import (
    Endpoint,
    Monitor,
    around,
    has_open_ports,
    image_of,
    judged_services,
    monitors,
    pods_behind,
    pods_of,
    services_of,
    vllm_in,
)
from mintage.check.network.services import blamed
from mintage.check.selectors import (
    is_anothers,
    is_fed_from_outside,
    matches,
    requirements,
    selects_nothing,
    shown,
)
from mintage.errors import did_you_mean
from mintage.tree.objects import mapping

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mintage.check.known import KnownPod, KnownService
    from mintage.tree.objects import Object
    from mintage.tree.tree import Root

_METRICS = re.compile(r"(^|-)metrics($|-)")
_CHOSEN = ("ServiceMonitor", "PodMonitor", "PrometheusRule")
# Kind -> the field of a Prometheus that selects it.
_SELECTORS = {
    "ServiceMonitor": "serviceMonitorSelector",
    "PodMonitor": "podMonitorSelector",
    "PrometheusRule": "ruleSelector",
}


def _nothing_found(root: Root) -> tuple[Hit, ...]:
    return root.once(_without_targets)


def _without_targets(root: Root) -> tuple[Hit, ...]:
    return tuple(_no_service(root))


def _no_service(root: Root) -> Iterator[Hit]:
    for monitor in monitors(root):
        asked = requirements(monitor.selector)
        if not asked or monitor.namespaces is None:
            continue
        labels = _pod_labels(root, monitor) if monitor.of_pods else _service_labels(root, monitor)
        if labels is None:
            continue
        texts = {
            key: value
            for key, value in mapping(monitor.selector, "matchLabels").items()
            if isinstance(value, str)
        }
        key, advice = blamed(texts, labels) if labels else ((), "")
        if elsewhere := _elsewhere(root, monitor):
            advice = f"add `namespaceSelector: {{matchNames: [{elsewhere}]}}`: a monitor selects in its own namespace only"
        elif not labels:
            continue
        what = "pod" if monitor.of_pods else "Service"
        below = ("matchLabels", *key) if key else ()
        yield Hit(
            f"the {monitor.object.kind} selects `{shown(monitor.selector)}`, which no {what} {_where(monitor)} has",
            advice,
            monitor.object,
            ("spec", "selector", *below),
        )


def _where(monitor: Monitor) -> str:
    names = sorted(name for name in monitor.namespaces or () if name)
    return f"in {', '.join(f'`{name}`' for name in names)}" if names else "here"


def _pod_labels(root: Root, monitor: Monitor) -> list[dict[str, str]] | None:
    """Return the labels of the pods that a monitor chooses from; None where it may have found one."""
    places = list(monitor.namespaces or ())
    if not all(selects_nothing(root, monitor.selector, place) for place in places):
        return None
    return [pod.labels for pod in known.pods(root) if monitor.looks_into(pod.namespace)]


def _service_labels(root: Root, monitor: Monitor) -> list[dict[str, str]] | None:
    if any(True for _ in judged_services(root, monitor)):
        return None
    if any(
        known.is_elsewhere(root, name) or is_fed_from_outside(root, name) for name in monitor.namespaces or ()
    ):
        return None
    near = [service for service in known.services(root) if monitor.looks_into(service.namespace)]
    labels = [service.source.labels for service in near if service.source and not service.generated]
    return None if is_anothers(root, monitor.selector, labels) and labels else labels


def _elsewhere(root: Root, monitor: Monitor) -> str:
    """Return a namespace, other than those it looks into, in which a monitor would find what it selects."""
    found: set[str] = set()
    if monitor.of_pods:
        found = {
            pod.namespace
            for pod in known.pods(root)
            if pod.namespace and matches(monitor.selector, pod.labels)
        }
    else:
        sources = (service.source for service in known.services(root) if not service.generated)
        found = {
            item.namespace
            for item in sources
            if item and item.namespace and matches(monitor.selector, item.labels)
        }
    return min(found, default="")


def _port_missing(root: Root) -> Iterator[Hit]:
    for monitor in monitors(root):
        services = [] if monitor.of_pods else services_of(root, monitor)
        pods = (
            pods_of(root, monitor)
            if monitor.of_pods
            else [pod for item in services for pod in pods_behind(root, item)]
        )
        for endpoint in monitor.endpoints:
            if not monitor.of_pods:
                yield from _service_port(monitor, endpoint, services)
            elif not str(endpoint.document.get("port") or "").isdigit():
                yield from _pod_port(monitor, endpoint, "port", pods)
            yield from _pod_port(monitor, endpoint, "targetPort", pods)


def _service_port(monitor: Monitor, endpoint: Endpoint, services: list[KnownService]) -> Iterator[Hit]:
    wanted = endpoint.document.get("port")
    if not isinstance(wanted, str) or not services or any(service.ports is None for service in services):
        return
    names = {port.name for service in services for port in service.ports or ()}
    if wanted in names:
        return
    numbers = {str(port.number) for service in services for port in service.ports or ()}
    advice = (
        "name the port as the Service does, not by its number"
        if wanted in numbers
        else did_you_mean(wanted, names - {""})
    )
    first = services[0]
    yield Hit(
        f"the endpoint asks for port `{wanted}`, which {_of_services(services)} not have",
        advice or "give the port of the Service a name",
        monitor.object,
        (*endpoint.path, "port"),
        others=(Other(f"the ports of Service `{first.name}`", first.source, ("spec", "ports")),),
    )


def _of_services(services: list[KnownService]) -> str:
    if len(services) == 1:
        return f"Service `{services[0].name}` does"
    return f"the {len(services)} Services it selects do"


def _pod_port(monitor: Monitor, endpoint: Endpoint, field: str, pods: list[KnownPod]) -> Iterator[Hit]:
    wanted = endpoint.document.get(field)
    if not isinstance(wanted, str | int) or not wanted or not pods or any(map(has_open_ports, pods)):
        return
    names = {name for pod in pods for name in pod.ports if not name.isdigit()}
    if wanted in names or wanted in {number for pod in pods for number in pod.ports.values()}:
        return
    source = pods[0].source
    yield Hit(
        f"the endpoint asks for port `{wanted}`, which no container of {source.kind} `{source.name}` declares",
        did_you_mean(str(wanted), names) or "name the port of the container",
        monitor.object,
        (*endpoint.path, field),
        others=(
            Other(
                f"the pods of {source.kind} `{source.name}`", source, pods[0].pod.path if pods[0].pod else ()
            ),
        ),
    )


def _port_not_name(root: Root) -> Iterator[Hit]:
    for monitor in monitors(root):
        if not monitor.of_pods:
            continue
        for endpoint in monitor.endpoints:
            wanted = endpoint.document.get("port")
            if not isinstance(wanted, str | int) or not str(wanted).isdigit():
                continue
            names = {
                name
                for pod in pods_of(root, monitor)
                for name, number in pod.ports.items()
                if number == int(wanted)
            }
            named = sorted(name for name in names if not name.isdigit())
            yield Hit(
                f"`port` of a PodMonitor is the name of a container's port, not its number: got {wanted}",
                f"write `port: {named[0]}`"
                if named
                else "give the container's port a name, or use `portNumber`",
                monitor.object,
                (*endpoint.path, "port"),
            )


def _unmonitored(root: Root) -> Iterator[Hit]:
    watching = around(root)
    if not monitors(root) or _nothing_found(root):
        return
    scraped = _scraped(root, watching)
    chosen = {
        id(service)
        for monitor in watching
        if not monitor.of_pods
        for service, _ in judged_services(root, monitor)
    }
    for service in known.services(root):
        item = service.source
        if (
            item is None
            or service.generated
            or root.get("Service", service.name) is not item
            or _is_annotated(item)
        ):
            continue
        behind = pods_behind(root, service)
        if not behind or {id(pod.source) for pod in behind} <= scraped:
            continue
        path = _shows_metrics(service, behind)
        if path is not None and id(service) not in chosen:
            yield Hit(
                f"Service `{service.name}` shows metrics, and no monitor selects it",
                "add it to a ServiceMonitor, or name the port otherwise if it shows no metrics",
                item,
                path,
            )


def _scraped(root: Root, watching: tuple[Monitor, ...]) -> set[int]:
    found: set[int] = set()
    for monitor in watching:
        if monitor.of_pods:
            found |= {id(pod.source) for pod in pods_of(root, monitor)}
        else:
            found |= {
                id(pod.source) for service in services_of(root, monitor) for pod in pods_behind(root, service)
            }
    return found


def _is_annotated(item: Object) -> bool:
    return item.annotations.get("prometheus.io/scrape") == "true"


def _shows_metrics(service: KnownService, behind: list[KnownPod]) -> tuple[str | int, ...] | None:
    """Return the place in a Service that says that metrics are to be had; None where nothing says so."""
    for index, port in enumerate(service.ports or ()):
        if _METRICS.search(port.name):
            return ("spec", "ports", index, "name")
    serves = all(any(vllm_in(image) for image in image_of(pod)) for pod in behind)
    return ("spec", "selector") if serves else None


def _release_label(root: Root) -> Iterator[Hit]:
    found = [item for item in root.of(*_CHOSEN) if item.group.startswith("monitoring.")]
    for item in found:
        for wanted, reason in _wanted(root, item, found):
            missing = next((key for key, value in wanted.items() if item.labels.get(key) != value), None)
            if missing is None:
                continue
            has = f"`{item.labels[missing]}`" if missing in item.labels else "none"
            yield Hit(
                f"{reason} by the label `{missing}: {wanted[missing]}`; this {item.kind} has {has}",
                f"add `{missing}: {wanted[missing]}` to its labels",
                item,
                ("metadata", "labels", missing) if missing in item.labels else ("metadata", "labels"),
            )
            break


def _wanted(root: Root, item: Object, found: list[Object]) -> Iterator[tuple[Mapping[str, str], str]]:
    """Yield labels that a monitor or rule needs to be seen, and who says so: the settings, a Prometheus, or its siblings."""
    if root.tree.rules.metrics_label:
        yield root.tree.rules.metrics_label, "Prometheus selects it"
        return
    chosen = [mapping(one.spec, _SELECTORS[item.kind]) for one in _prometheuses(root)]
    if chosen:
        if not any(_selects_all(selector, item) for selector in chosen):
            yield mapping(chosen[0], "matchLabels"), "the Prometheus of this tree selects it"
        return
    releases = Counter(
        one.labels["release"] for one in found if "release" in one.labels and not _is_charts(one)
    )
    if releases and "release" not in item.labels:
        yield {"release": releases.most_common(1)[0][0]}, "the others here are selected"


def _is_charts(item: Object) -> bool:
    """Tell whether a chart was rendered to an object: then `release` may be the chart's own."""
    return any(key in item.labels for key in ("helm.sh/chart", "chart", "heritage"))


def _prometheuses(root: Root) -> list[Object]:
    return [
        item
        for near in (root, *root.companions)
        for item in near.of("Prometheus", group="monitoring.coreos.com")
    ]


def _selects_all(selector: dict[str, Any], item: Object) -> bool:
    """Tell whether a Prometheus's selector takes an object, or asks for more than labels by their values."""
    return matches(selector, item.labels) or not selector or "matchExpressions" in selector


CHECKS = (
    Check(
        "monitor-no-service",
        WARNING,
        "root",
        _nothing_found,
        why="A monitor that selects nothing is not an error to Prometheus: the target is simply never there, and neither is any alert.",
        fix="Let the selector name labels of the Service itself (not of its pods), and the namespaceSelector its namespace.",
    ),
    Check(
        "monitor-port-missing",
        ERROR,
        "root",
        _port_missing,
        why="The endpoint of a monitor names a port of the Service. Where no selected Service has one of that name, nothing is scraped.",
        fix="Use the name of the port in the Service, or name the port there.",
    ),
    Check(
        "podmonitor-port-not-name",
        ERROR,
        "root",
        _port_not_name,
        why="A PodMonitor compares `port` with the names of container ports, so a number there never matches.",
        fix="Name the container's port and use the name, or use `portNumber`.",
    ),
    Check(
        "service-unmonitored",
        INFO,
        "root",
        _unmonitored,
        why="The tree has monitors, and this Service shows metrics that none of them gathers.",
        fix="Add the Service to a monitor.",
    ),
    Check(
        "monitor-release-label",
        WARNING,
        "root",
        _release_label,
        why="A Prometheus takes only monitors and rules with the labels it is told, such as `release` with the community chart;"
        " one without is ignored in silence.",
        fix="Add the label; say in the settings under `metricsLabel` which one it is.",
    ),
)

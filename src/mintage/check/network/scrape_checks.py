"""Checks of what Prometheus is told to scrape in its own language: static targets, and rules that relabel.

Read from ScrapeConfigs, monitors, and `prometheus.yml` files in ConfigMaps. Relabelling is judged on labels whose values
the tree gives (names, labels and ports of its pods and Services), and for discovery in the tree's own namespaces only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mintage.check import known
from mintage.check.interface import WARNING, Check, Hit
from mintage.check.network.monitors import (
    Monitor,
    has_open_ports,
    monitors,
    pods_behind,
    pods_of,
    services_of,
)
from mintage.check.network.queries import documents, texts
from mintage.check.references.addresses import Address, known_namespaces, local
from mintage.check.tables import version, vllm_metrics
from mintage.check.tables.files import table
from mintage.check.tables.metrics import series
from mintage.errors import did_you_mean
from mintage.tree.foreign_pattern import LONGEST_SUBJECT, compiled
from mintage.tree.objects import at, items, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.check.known import KnownPod, KnownService
    from mintage.tree.objects import Object, Path
    from mintage.tree.tree import Root, Tree

_META = "__meta_kubernetes_"
_TARGET = re.compile(r"(?P<host>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?):(?P<port>\d{1,5})")
_NOT_LABEL = re.compile(r"[^a-zA-Z0-9_]")
_ACTS = {"keep": "drops everything", "drop": "drops nothing", "replace": "sets nothing"}
_VLLM = "vllm"


@dataclass(frozen=True, slots=True)
class Job:
    """What one scrape configuration says; fields are named as in Prometheus. `path` is its place, or that of its file."""

    object: Object
    path: Path
    in_text: bool
    name: str
    document: dict[str, Any]

    def place(self, *inner: str | int) -> Path:
        """Return the place of a part of it: that of the file where it stands in one."""
        return self.path if self.in_text else (*self.path, *inner)


def _jobs(root: Root) -> tuple[Job, ...]:
    return tuple(_each_job(root))


def _each_job(root: Root) -> Iterator[Job]:
    for item in root.of("ScrapeConfig", group="monitoring.coreos.com"):
        static = [{"targets": found.get("targets")} for _, found in items(item.spec, "staticConfigs")]
        yield Job(item, ("spec", "staticConfigs"), True, item.name, {"static_configs": static})
    for item, path, text in texts(root):
        if "static_configs" in text or "kubernetes_sd_configs" in text:
            for document in documents(text):
                jobs = items(document) if isinstance(document, list) else items(document, "scrape_configs")
                yield from (Job(item, path, True, str(job.get("job_name") or ""), job) for _, job in jobs)


def _dangling(root: Root) -> Iterator[Hit]:
    """Yield targets that lead nowhere; full names of Services in texts are the business of `dns-service-missing`."""
    for job in root.once(_jobs):
        for _, static in items(job.document, "static_configs"):
            targets = static.get("targets")
            for target in targets if isinstance(targets, list) else ():
                found = _TARGET.fullmatch(target) if isinstance(target, str) else None
                if found and not (job.object.kind == "ConfigMap" and ".svc" in found["host"]):
                    yield from _judged_target(root, job, found["host"], int(found["port"]))


def _judged_target(root: Root, job: Job, host: str, port: int) -> Iterator[Hit]:
    address = Address(job.object, job.path, f"{host}:{port}", host, port, explicit=True, in_pod=True)
    meant = local(address, root.tree.once(known_namespaces))
    if (
        meant is None
        or host == "localhost"
        or host.replace(".", "").isdigit()
        or known.is_external_host(root.tree, host)
    ):
        return
    name, namespace = meant[0], meant[1] or job.object.namespace
    service = known.service(root, name, namespace)
    if service is None and not known.exists(root, "Service", name, namespace):
        yield Hit(
            f"scrape job `{job.name}` has the target `{host}:{port}`, and there is no Service `{name}`",
            did_you_mean(name, (found.name for found in known.services(root)))
            or "remove the target, or declare the Service",
            job.object,
            job.path,
        )
    elif (
        service is not None and service.ports and not _is_headless(service) and port not in _numbers(service)
    ):
        shown = ", ".join(str(number) for number in _numbers(service))
        yield Hit(
            f"scrape job `{job.name}` has the target `{host}:{port}`, and Service `{name}` has no port {port}",
            f"use a port of the Service: {shown}",
            job.object,
            job.path,
        )


def _numbers(service: KnownService) -> list[int]:
    return sorted(port.number for port in service.ports or ())


def _is_headless(service: KnownService) -> bool:
    return service.source is not None and service.source.spec.get("clusterIP") == "None"


@dataclass(frozen=True, slots=True)
class _Target:
    """A target of discovery: a pod, the Service through which it was found, and the port's name in either."""

    pod: KnownPod | None
    service: KnownService | None = None
    port: str = ""

    def value(self, label: str) -> str | None:
        """Return the value of a label that discovery gives a target; None where it is not known."""
        name = label.removeprefix(_META)
        if self.pod and name == "namespace":
            return self.pod.namespace
        if self.pod and name.startswith("pod_label_"):
            return _labelled(self.pod.labels, name.removeprefix("pod_label_"), None if self.pod.open else "")
        if self.service is None:
            return self.port if self.pod and name == "pod_container_port_name" else None
        if name.startswith("service_label_") and self.service.source and not self.service.generated:
            return _labelled(self.service.source.labels, name.removeprefix("service_label_"), "")
        return {"service_name": self.service.name, "endpoint_port_name": self.port}.get(name)


def _labelled(labels: dict[str, str], wanted: str, absent: str | None) -> str | None:
    return next((value for key, value in labels.items() if _NOT_LABEL.sub("_", key) == wanted), absent)


def _dead_regex(root: Root) -> Iterator[Hit]:
    for monitor in monitors(root):
        for endpoint in monitor.endpoints:
            for field in ("relabelings", "metricRelabelings"):
                rules = items(endpoint.document, field)
                found = list(_monitored(root, monitor)) if rules and field == "relabelings" else []
                for index, rule in rules:
                    place = (*endpoint.path, field, index, "regex")
                    yield from _judged(root, monitor.object, place, _snake(rule), found)
    for job in root.once(_jobs):
        discovered = list(_discovered(root, job))
        for field, targets in (("relabel_configs", discovered), ("metric_relabel_configs", [])):
            for _, rule in items(job.document, field):
                yield from _judged(root, job.object, job.path, rule, targets)


def _snake(rule: dict[str, Any]) -> dict[str, Any]:
    return {
        "source_labels": rule.get("sourceLabels"),
        **{key: rule.get(key) for key in ("regex", "action", "separator")},
    }


def _monitored(root: Root, monitor: Monitor) -> Iterator[_Target]:
    """Yield the targets of a monitor; none where it may have others."""
    if monitor.namespaces is None:
        return
    ports = {str(endpoint.document.get("port") or "") for endpoint in monitor.endpoints}
    if monitor.of_pods:
        yield from (_Target(pod, None, port) for pod in pods_of(root, monitor) for port in ports)
        return
    for service in services_of(root, monitor):
        for pod in pods_behind(root, service):
            yield from (_Target(pod, service, port) for port in ports)


def _discovered(root: Root, job: Job) -> Iterator[_Target]:
    """Yield what a scrape configuration discovers; nothing where it looks into namespaces that are not the tree's own."""
    for _, discovery in items(job.document, "kubernetes_sd_configs"):
        names = at(discovery, "namespaces", "names", default=[])
        own = [job.object.namespace] if mapping(discovery, "namespaces").get("own_namespace") is True else []
        places = (
            {name for name in (*names, *own) if isinstance(name, str)} if isinstance(names, list) else set()
        )
        if not places or any(known.is_elsewhere(root, name) for name in places):
            continue
        pods = [pod for pod in known.pods(root) if pod.namespace in places]
        if discovery.get("role") == "pod":
            yield from (
                _Target(pod, None, port)
                for pod in pods
                if not has_open_ports(pod)
                for port in pod.ports or {"": 0}
            )
        elif discovery.get("role") in ("endpoints", "endpointslice"):
            yield from _endpoints(root, places)


def _endpoints(root: Root, places: set[str]) -> Iterator[_Target]:
    for service in known.services(root):
        if service.namespace in places:
            for port in service.ports or ():
                yield from (_Target(pod, service, port.name) for pod in pods_behind(root, service))


def _judged(
    root: Root, item: Object, path: Path, rule: dict[str, Any], targets: list[_Target]
) -> Iterator[Hit]:
    labels, text, action = (
        rule.get("source_labels"),
        rule.get("regex"),
        str(rule.get("action") or "replace").lower(),
    )
    pattern = compiled(text) if isinstance(text, str) else None
    if pattern is None or not isinstance(labels, list) or not labels or action not in _ACTS:
        return
    if labels == ["__name__"]:
        values: list[str | None] = [*root.tree.once(_vllm_series)] if _is_of_vllm(str(text)) else []
    else:
        separator = rule.get("separator")
        values = [
            _joined(target, labels, separator if isinstance(separator, str) else ";") for target in targets
        ]
    known_values = [value for value in values if value is not None]
    if (
        not values
        or len(known_values) != len(values)
        or any(len(value) > LONGEST_SUBJECT for value in known_values)
        or any(pattern.fullmatch(value) for value in known_values)
    ):
        return
    yield Hit(
        f"`{text}` matches no value of `{', '.join(map(str, labels))}`: the rule {_ACTS[action]}",
        _advice(pattern, known_values),
        item,
        path,
    )


def _is_of_vllm(pattern: str) -> bool:
    return pattern.startswith(_VLLM) and "|" not in pattern


def _joined(target: _Target, labels: list[Any], separator: str) -> str | None:
    values = [target.value(label) if isinstance(label, str) else None for label in labels]
    return None if None in values else separator.join(value for value in values if value is not None)


def _advice(pattern: re.Pattern[str], values: list[str]) -> str:
    part = next((value for value in values if value and pattern.search(value)), None)
    if part is not None:
        return f"patterns must match the whole value; `.*{pattern.pattern}.*` would match `{part}`"
    if _is_of_vllm(pattern.pattern):
        return "the names of vLLM's metrics begin with `vllm:`"
    near = did_you_mean(pattern.pattern, {value for value in values if value})
    return near or "match a value that the targets have"


def _vllm_series(tree: Tree) -> frozenset[str]:
    """Return the series of every release of vLLM that is known."""
    del tree
    found: set[str] = set()
    for release in table("vllm")["releases"]:
        for name, kind in (vllm_metrics(version(release)) or {}).items():
            found.update(series(name, kind))
    return frozenset(found)


CHECKS = (
    Check(
        "scrape-target-dangling",
        WARNING,
        "root",
        _dangling,
        why="A static target that no Service answers to is down for good, and its metrics never come.",
        fix="Name a Service and a port that exist, as `name.namespace.svc:port`.",
    ),
    Check(
        "relabel-regex-dead",
        WARNING,
        "root",
        _dead_regex,
        why="Patterns of relabelling must match the whole value. One that matches nothing drops every target (`keep`) or does nothing"
        " at all, without an error.",
        fix="Match a value that the targets have; names of vLLM's metrics begin with `vllm:`, not with `vllm_`.",
    ),
)

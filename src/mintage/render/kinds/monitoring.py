"""Monitoring: ServiceMonitors over the metrics services export, dashboards in ConfigMaps, a PrometheusRule."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NoReturn

from mintage.canonical import json_text
from mintage.errors import Location, MintageError, Problem, fail
from mintage.manifest import Manifest, metadata
from mintage.render.label_selectors import selector_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.render.scope import Scope
    from mintage.spec.exports import Export, MetricsEndpoint
    from mintage.spec.monitoring import Dashboard, Monitoring, Rule, Watch

API = "monitoring.coreos.com/v1"
# What Grafana's sidecar looks for (Helm chart `grafana`, `sidecar.dashboards.label`).
DASHBOARD_LABEL = {"grafana_dashboard": "1"}


def render(spec: Monitoring, scope: Scope) -> list[Manifest]:
    """Return the monitors, then the dashboards, then the alerts."""
    manifests = [monitor for group in spec.watch for monitor in _monitors(group, spec, scope)]
    manifests += [_dashboard(dashboard, spec, scope) for dashboard in spec.dashboards]
    if spec.rules:
        manifests.append(_rules(spec, scope))
    return manifests


def _monitors(group: Watch, spec: Monitoring, scope: Scope) -> Iterator[Manifest]:
    """Yield one ServiceMonitor for the group, or one for each service that no common selector can tell apart."""
    watched = _watched(group, spec, scope)
    endpoints = [endpoint for export in watched for endpoint in export.metrics]
    names = {export.name for export in watched}
    others = [export for export in scope.select("*/*") if export.name not in names]
    selector = selector_for([endpoint.service_labels for endpoint in endpoints], _labels_of(others))
    interval = group.interval or spec.interval
    if selector is not None:
        yield _monitor(group.name, _body(selector, endpoints, interval), spec, scope)
        return
    for export in watched:
        for number, labels in enumerate(_distinct(export.metrics), start=1):
            own = [endpoint for endpoint in export.metrics if endpoint.service_labels == labels]
            name = f"{group.name}-{export.name}" + (f"-{number}" if number > 1 else "")
            yield _monitor(name, _body({"matchLabels": labels}, own, interval), spec, scope)


def _watched(group: Watch, spec: Monitoring, scope: Scope) -> list[Export]:
    """Return the services of a group that have metrics; one that is named outright must have them."""
    found: dict[str, Export] = {}
    for selector in group.services:
        exports = [export for export in scope.select(selector) if export.metrics]
        if not exports:
            message = f"`{group.name}`: `{selector}` exports no metrics"
            raise fail(
                f"{spec.kind} {spec.name}",
                "reference-unknown",
                message,
                "add `metrics:` to the service, or take it off the list",
            )
        found.update((export.name, export) for export in exports)
    return list(found.values())


def _labels_of(exports: list[Export]) -> list[dict[str, str]]:
    """Return every set of labels these services' Services may carry; by custom they repeat those of the pods."""
    return [
        labels
        for export in exports
        for labels in (*_distinct(export.metrics), *(pod.labels for pod in export.pods))
    ]


def _distinct(metrics: tuple[MetricsEndpoint, ...]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for endpoint in metrics:
        if endpoint.service_labels not in found:
            found.append(endpoint.service_labels)
    return found


def _body(selector: dict[str, Any], endpoints: list[MetricsEndpoint], interval: str) -> dict[str, Any]:
    places = dict.fromkeys((endpoint.port, endpoint.path) for endpoint in endpoints)
    listed = [{"port": port, "path": path, "interval": interval} for port, path in places]
    return {"selector": selector, "endpoints": listed}


def _monitor(name: str, body: dict[str, Any], spec: Monitoring, scope: Scope) -> Manifest:
    meta = metadata(name, labels=scope.labels(name, spec.folder), annotations=spec.annotations)
    return Manifest({"apiVersion": API, "kind": "ServiceMonitor", "metadata": meta, "spec": body})


def _dashboard(dashboard: Dashboard, spec: Monitoring, scope: Scope) -> Manifest:
    key = dashboard.key or PurePosixPath(dashboard.file).name
    labels = scope.labels(dashboard.name, spec.folder, **DASHBOARD_LABEL)
    return Manifest(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": metadata(dashboard.name, labels=labels, annotations=spec.annotations),
            "data": {key: _canonical(dashboard.file, scope.file(dashboard.file))},
        }
    )


def _canonical(file: str, text: str) -> str:
    """Return the dashboard as it is always written; `MintageError` with the place of what is not JSON."""
    try:
        value = json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        place = Location(f"specs/{file}", error.lineno, error.colno)
        problem = Problem(
            place, "json-syntax", f"not JSON: {error.msg}", "export the dashboard from Grafana again"
        )
        raise MintageError([problem]) from None
    except ValueError as error:
        raise fail(f"specs/{file}", "json-syntax", f"not JSON: {error}", "write null or a number") from None
    if not isinstance(value, dict):
        raise fail(
            f"specs/{file}", "json-syntax", "a dashboard is one JSON object", "export it from Grafana again"
        )
    return json_text(value)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number of JSON")


def _rules(spec: Monitoring, scope: Scope) -> Manifest:
    group = {"name": spec.name, "rules": [_rule(rule) for rule in spec.rules]}
    return Manifest(
        {
            "apiVersion": API,
            "kind": "PrometheusRule",
            "metadata": metadata(
                spec.name, labels=scope.labels(spec.name, spec.folder), annotations=spec.annotations
            ),
            "spec": {"groups": [group]},
        }
    )


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "alert": rule.alert,
        "expr": rule.expr,
        **({"for": rule.for_} if rule.for_ else {}),
        "labels": {"severity": rule.severity},
        "annotations": {"summary": rule.summary},
    }

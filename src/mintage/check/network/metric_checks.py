"""Checks of the metrics that rules and dashboards ask for.

A name is judged only where the names of its exporter are all known: vLLM's by release, those of a program in the tree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mintage.check import known
from mintage.check.interface import WARNING, Check, Hit, Other
from mintage.check.network.exported import (
    is_declared,
    is_missing_from_own,
    own_metrics,
    vllm_releases,
)
from mintage.check.network.monitors import (
    around,
    image_of,
    label_of,
    pods_behind,
    pods_of,
    services_of,
    targets,
    vllm_in,
)
from mintage.check.network.queries import queries, texts
from mintage.check.tables import vllm_metrics
from mintage.check.tables.metrics import (
    metric_exporter,
    metric_known,
    metric_successor,
    series,
    vllm_series_known,
)
from mintage.errors import Location, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.check.known import KnownPod
    from mintage.check.network.monitors import Monitor
    from mintage.check.network.promql import Matcher, Series
    from mintage.check.network.queries import Query
    from mintage.check.tables import Version
    from mintage.tree.tree import Root

_VLLM = "vllm:"
_RUNTIMES = "serving.kserve.io"


def _asked(root: Root) -> Iterator[tuple[Query, str]]:
    """Yield the queries of a root with each name they ask for, once, unless somebody declares it."""
    for query in queries(root):
        for name in dict.fromkeys(one.name for one in query.series if one.name):
            if not is_declared(root, name):
                yield query, name


def _unknown_metric(root: Root) -> Iterator[Hit]:
    for query, name in _asked(root):
        if metric_known(name) is False and not name.startswith("ALERTS"):
            yield Hit(
                f"{query.label} asks for `{name}`, {_nobodys(name)}",
                _instead(root, name),
                query.object,
                query.path,
            )


def _nobodys(name: str) -> str:
    exporter = "vLLM" if name.startswith(_VLLM) else metric_exporter(name) or "its exporter"
    if metric_successor(name) is not None:
        return f"which {exporter} no longer exports"
    return f"which no release of {exporter} exports"


def _instead(root: Root, name: str) -> str:
    if (successor := metric_successor(name)) is not None:
        return f"use `{successor}`"
    releases = [found for pod in known.pods(root) for image in image_of(pod) if (found := vllm_in(image))]
    names = _vllm_names(max(releases)) if releases and name.startswith(_VLLM) else []
    near = did_you_mean(name, names)
    return (
        near
        if near.startswith("did")
        else "use a metric that exists, or declare it under `externals.metrics`"
    )


def _vllm_names(release: Version) -> list[str]:
    return [name for metric, kind in (vllm_metrics(release) or {}).items() for name in series(metric, kind)]


def _unexported_metric(root: Root) -> Iterator[Hit]:
    for query, name in _asked(root):
        if name.startswith(_VLLM):
            yield from _not_in_release(query, name, root.once(_releases))
        elif metric_exporter(name) is None and (maker := is_missing_from_own(root, name)):
            near = did_you_mean(name, root.tree.once(own_metrics))
            yield Hit(
                f"{query.label} asks for `{name}`, which no program of this tree makes",
                near
                if near.startswith("did")
                else "use a metric that is made, or declare it under `externals.metrics`",
                query.object,
                query.path,
                others=(Other("where metrics of this family are made", place=Location(maker)),),
            )


def _releases(root: Root) -> dict[str, Version]:
    return vllm_releases(list(known.pods(root))) or {}


def _not_in_release(query: Query, name: str, releases: dict[str, Version]) -> Iterator[Hit]:
    if not releases or metric_known(name) is not True:
        return
    if any(vllm_series_known(name, release) is not False for release in releases.values()):
        return
    image, release = next(iter(releases.items()))
    near = did_you_mean(name, _vllm_names(release))
    yield Hit(
        f"{query.label} asks for `{name}`, which vLLM {release} (`{image}`) does not export",
        near if near.startswith("did") else "use a metric of the release that runs here",
        query.object,
        query.path,
    )


def _alert_without_target(root: Root) -> Iterator[Hit]:
    for query in queries(root):
        if not query.is_alert:
            continue
        for found in query.series:
            hit = _wrong_namespace(root, query, found) or _wrong_job(root, query, found)
            if hit is None and found.name and found.name.startswith(_VLLM) and root.once(_unscraped_servers):
                hit = _unscraped_hit(query, found.name, root.once(_unscraped_servers))
            if hit is not None:
                yield hit
                break


def _wrong_namespace(root: Root, query: Query, found: Series) -> Hit | None:
    for matcher in found.matchers:
        if matcher.label != "namespace" or matcher.operator != "=" or matcher.value in root.namespaces:
            continue
        other = next((one for one in root.variants if matcher.value in one.namespaces), None)
        if other is not None:
            return Hit(
                f"{query.label} watches namespace `{matcher.value}`, which is that of `{other.folder}`, not of this root",
                "leave the matcher out, or set it in each environment",
                query.object,
                query.path,
            )
    return None


def _wrong_job(root: Root, query: Query, found: Series) -> Hit | None:
    for matcher in found.matchers:
        if matcher.label != "job" or matcher.operator not in {"=", "=~"} or matcher.is_filled_in:
            continue
        jobs = root.once(_jobs)
        if jobs is None or any(matcher.accepts(job) for job in jobs):
            continue
        meant = _meant(root, matcher)
        if meant is not None:
            return Hit(
                f"{query.label} watches job `{matcher.value}`, which no monitor here makes",
                did_you_mean(matcher.value, jobs) if jobs else f"add a monitor for {meant}",
                query.object,
                query.path,
            )
    return None


def _meant(root: Root, matcher: Matcher) -> str | None:
    """Return what of this tree a job is meant to be; None where it may be anything in the cluster."""
    for service in known.services(root):
        if service.source is not None and not service.generated and matcher.accepts(service.name):
            return f"Service `{service.name}`"
    for item in root.of("Deployment", "StatefulSet", "DaemonSet", "ServiceMonitor", "PodMonitor"):
        if matcher.accepts(item.name):
            return f"{item.kind} `{item.name}`"
    return None


def _jobs(root: Root) -> frozenset[str] | None:
    """Return the values of the label `job` that the tree's monitors make; None where something else makes some, too."""
    found: set[str] = set()
    for monitor in around(root):
        if label_of(monitor) or any(_relabels_job(endpoint.document) for endpoint in monitor.endpoints):
            return None
        found |= _jobs_of(root, monitor)
    if any(
        "scrape_configs:" in text or "job_name:" in text
        for near in (root, *root.companions)
        for _, _, text in texts(near)
    ):
        return None
    return (
        None
        if any(near.of("ScrapeConfig", "Probe") for near in (root, *root.companions))
        else frozenset(found)
    )


def _relabels_job(endpoint: dict[str, object]) -> bool:
    rules = [*_listed(endpoint.get("relabelings")), *_listed(endpoint.get("metricRelabelings"))]
    return any(isinstance(rule, dict) and rule.get("targetLabel", "job") == "job" for rule in rules)


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _jobs_of(root: Root, monitor: Monitor) -> set[str]:
    if monitor.of_pods:
        return (
            {f"{monitor.object.namespace or ''}/{monitor.object.name}"} if pods_of(root, monitor) else set()
        )
    return {service.name for service in services_of(root, monitor)}


def _unscraped_servers(root: Root) -> list[KnownPod]:
    """Return the pods with vLLM if the tree has some, and surely nothing scrapes any of them."""
    servers = [pod for pod in known.pods(root) if any(vllm_in(image) for image in image_of(pod))]
    if (
        any(pod.source.group == _RUNTIMES or _is_annotated(pod) for pod in servers)
        or root.once(_jobs) is None
    ):
        return []
    own = {id(pod.source) for pod in servers}
    scraped = {id(pod.source) for monitor in around(root) for pod in targets(root, monitor)}
    if own & scraped or {id(pod) for pod in servers} & _scraped_by_annotation(root):
        return []
    return servers


def _is_annotated(pod: KnownPod) -> bool:
    template = pod.source.at(*pod.pod.path[:-1], "metadata", "annotations", default={}) if pod.pod else {}
    return isinstance(template, dict) and "prometheus.io/scrape" in template


def _scraped_by_annotation(root: Root) -> set[int]:
    """Return the pods, by identity, that Services with the annotation select."""
    annotated = (
        service
        for service in known.services(root)
        if service.source is not None and "prometheus.io/scrape" in service.source.annotations
    )
    return {id(pod) for service in annotated for pod in pods_behind(root, service)}


def _unscraped_hit(query: Query, name: str, servers: list[KnownPod]) -> Hit:
    source = servers[0].source
    return Hit(
        f"{query.label} watches `{name}`, but no monitor scrapes {source.kind} `{source.name}`, which exports it",
        "add a ServiceMonitor or a PodMonitor for the model servers",
        query.object,
        query.path,
        others=(Other("what exports the metric", source, servers[0].pod.path if servers[0].pod else ()),),
    )


CHECKS = (
    Check(
        "promql-unknown-metric",
        WARNING,
        "root",
        _unknown_metric,
        why="A query for a metric that does not exist is no error: the panel stays empty, and the alert never fires.",
        fix="Use the name as the exporter has it, with the suffix of its type (`_total`, `_bucket`).",
    ),
    Check(
        "promql-unexported-metric",
        WARNING,
        "root",
        _unexported_metric,
        why="The metric is not exported by what runs here: another release of the exporter has it, or no program of the tree makes it.",
        fix="Use a metric of the release that runs here, or make the metric.",
    ),
    Check(
        "alert-without-target",
        WARNING,
        "root",
        _alert_without_target,
        why="An alert on series that nothing scrapes never fires, however bad things are.",
        fix="Add a monitor for what the alert watches, and match the labels that the monitor gives its targets.",
    ),
)

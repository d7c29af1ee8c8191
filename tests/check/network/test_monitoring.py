"""Monitors, the queries on what they gather, and what Prometheus is told in its own language."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from check.network.objects import Document, named, policy, service, workload
from mintage.check.network import CHECKS
from mintage.check.network.queries import queries
from mintage.check.run import findings
from mintage.spec.validation import Externals, Rules
from mintage.tree.load import load
from mintage.tree.tree import of_documents

if TYPE_CHECKING:
    from pathlib import Path

API = "monitoring.coreos.com/v1"
VLLM: Document = {"image": "vllm/vllm-openai:v0.10.2"}


def monitor(app: str = "server", port: Any = "http", kind: str = "ServiceMonitor", **more: Any) -> Document:
    """Return a monitor of what has the label `app`."""
    field = "endpoints" if kind == "ServiceMonitor" else "podMetricsEndpoints"
    spec = {"selector": {"matchLabels": {"app": app}}, field: [{"port": port}], **more}
    return named(API, kind, app, spec)


def rules(expression: str, **rule: Any) -> Document:
    """Return a PrometheusRule with one alert."""
    found = {"alert": "X", "expr": expression, **rule}
    return named(API, "PrometheusRule", "rules", {"groups": [{"name": "g", "rules": [found]}]})


def said(*documents: Document, **settings: Any) -> list[tuple[str, str]]:
    """Return id and message of what is found."""
    found = findings(of_documents({"root": documents}, **settings), CHECKS)
    return [(finding.id, finding.message) for finding in found]


def ids(*documents: Document, **settings: Any) -> set[str]:
    """Return the ids of what is found."""
    return {id for id, _ in said(*documents, **settings)}  # noqa: A001 - the field's name


def in_namespace(name: str, document: Document) -> Document:
    """Return an object in another namespace."""
    return {**document, "metadata": {**document["metadata"], "namespace": name}}


def test_a_monitor_selects_in_its_own_namespace() -> None:
    """One in another namespace needs a namespaceSelector, and is told so."""
    away = in_namespace("monitoring", monitor())
    assert said(workload("server"), service("server"), away) == [
        (
            "monitor-no-service",
            "the ServiceMonitor selects `app=server`, which no Service in `monitoring` has",
        )
    ]
    away["spec"]["namespaceSelector"] = {"matchNames": ["models"]}
    assert said(workload("server"), service("server"), away) == []


@pytest.mark.parametrize("chosen", [{"any": True}, {"matchNames": ["elsewhere"]}])
def test_a_monitor_of_other_namespaces_is_not_judged(chosen: Document) -> None:
    """What is in a namespace that the tree does not fill is not known."""
    assert ids(workload("server"), service("server"), monitor("x", namespaceSelector=chosen)) == set()


def test_a_namespace_of_the_platform_is_never_fully_known() -> None:
    """The kubelet's Service stands in no tree, even where the tree puts something beside it."""
    adapter = in_namespace("kube-system", service("adapter"))
    kubelet = monitor("kubelet", namespaceSelector={"matchNames": ["kube-system"]})
    assert ids(workload("server"), adapter, kubelet) == set()


def test_a_monitor_of_an_operators_service_is_not_judged() -> None:
    """The labels of the Service that KServe makes are not known, but carry the name."""
    isvc = named("serving.kserve.io/v1beta1", "InferenceService", "text", {"predictor": {"model": {}}})
    assert ids(isvc, monitor("isvc.text-predictor")) == set()


def test_pods_count_for_a_pod_monitor() -> None:
    """It needs no Service, and the name of a container's port."""
    assert ids(workload("server"), monitor(kind="PodMonitor")) == set()
    assert ids(workload("server"), monitor("x", kind="PodMonitor")) == {"monitor-no-service"}
    assert ids(workload("server"), monitor(port="metrics", kind="PodMonitor")) == {"monitor-port-missing"}
    assert ids(workload("server"), monitor(port="8000", kind="PodMonitor")) == {"podmonitor-port-not-name"}


def test_a_port_of_one_of_several_services_suffices() -> None:
    """The others are simply not scraped."""
    second = service("other", selector={"app": "server"}, ports=[{"name": "metrics", "port": 9090}])
    second["metadata"]["labels"] = {"app": "server"}
    assert ids(workload("server"), service("server"), second, monitor(port="metrics")) == set()


def test_a_target_port_is_one_of_the_container() -> None:
    """By name or by number, as the container declares it."""
    base = (workload("server"), service("server"))
    for right in ("http", 8000):
        assert ids(*base, monitor(port=None, endpoints=[{"targetPort": right}])) == set()
    assert ids(*base, monitor(endpoints=[{"targetPort": 9090}])) == {"monitor-port-missing"}


def test_a_service_whose_pods_are_scraped_otherwise_is_monitored() -> None:
    """Through a PodMonitor, another Service, or annotations."""
    ports = [{"name": "metrics", "port": 9090, "targetPort": "http"}]
    own, other = (
        service("own", ports=ports, selector={"app": "server"}),
        (workload("x"), service("x"), monitor("x")),
    )
    assert ids(workload("server"), own, *other) == {"service-unmonitored"}
    assert ids(workload("server"), own, *other, monitor(kind="PodMonitor")) == set()
    assert ids(workload("server"), own, service("server"), monitor(), *other) == set()
    own["metadata"]["annotations"] = {"prometheus.io/scrape": "true"}
    assert ids(workload("server"), own, *other) == set()


def test_the_label_of_the_settings_is_asked_for() -> None:
    """The settings come before a Prometheus of the tree and before what others have."""
    base = (workload("server"), service("server"), monitor())
    assert ids(*base, rules=Rules(metrics_label={"release": "x"})) == {"monitor-release-label"}
    assert ids(*base) == set()
    prometheus = named(API, "Prometheus", "main", {"serviceMonitorSelector": {"matchLabels": {"team": "ml"}}})
    assert ids(*base, prometheus) == {"monitor-release-label"}
    prometheus["spec"] = {"serviceMonitorSelector": {}}
    assert ids(*base, prometheus) == set()


def test_prometheus_in_the_namespace_may_scrape() -> None:
    """Only one that must come from another namespace is kept out."""
    closed = policy("p", {}, ingress=[{"from": [{"podSelector": {}}]}])
    base = (workload("server"), service("server"), monitor(), closed)
    assert ids(*base) == {"netpol-blocks-scrape"}
    assert ids(*base, named(API, "Prometheus", "main", {})) == set()


def test_a_metric_that_is_gone_is_told_with_its_successor() -> None:
    """And one that somebody records or declares is no mistake."""
    assert said(rules("argocd_app_sync_status == 0")) == [
        (
            "promql-unknown-metric",
            "alert `X` asks for `argocd_app_sync_status`, which argo cd no longer exports",
        )
    ]
    assert ids(rules("vllm:made_up > 1")) == {"promql-unknown-metric"}
    assert ids(rules("vllm:made_up > 1"), externals=Externals(metrics=("vllm:made_*",))) == set()
    record = named(
        API, "PrometheusRule", "r", {"groups": [{"rules": [{"record": "vllm:made_up", "expr": "up"}]}]}
    )
    assert ids(rules("vllm:made_up > 1"), record) == set()


@pytest.mark.parametrize(
    "name", ["acme_requests_total", "inference_pool_something", "node_something", "up", "ALERTS"]
)
def test_names_of_unknown_programs_are_not_judged(name: str) -> None:
    """Only where all names of an exporter are known can one be wrong."""
    assert ids(rules(f"{name} > 1")) == set()


def test_a_metric_of_another_release_is_found() -> None:
    """But only where the release of every server is known."""
    base = (service("server"), monitor(), rules("vllm:engine_sleep_state > 0"))
    assert ids(workload("server", **VLLM), *base) == {"promql-unexported-metric"}
    assert ids(workload("server", image="vllm/vllm-openai:v0.12.0"), *base) == set()
    assert ids(workload("server", **VLLM), workload("x", image="acme/vllm:1"), *base) == set()


def test_metrics_of_the_trees_own_programs_are_known(tmp_path: Path) -> None:
    """A name of their family that none of them makes is not exported."""
    (tmp_path / "server.py").write_text(
        'import prometheus_client\nprometheus_client.Counter("acme_requests", "all")\nprometheus_client.Gauge("acme_rooms", "open")\n'
    )
    text = json.dumps(rules("acme_requests_total > 1 and acme_latency_seconds_sum > 1 and other_total > 1"))
    (tmp_path / "rules.yaml").write_text(text)
    found = findings(load(tmp_path), CHECKS)
    assert [(finding.id, finding.message) for finding in found] == [
        (
            "promql-unexported-metric",
            "alert `X` asks for `acme_latency_seconds_sum`, which no program of this tree makes",
        )
    ]
    (tmp_path / "other.go").write_text('metrics.New("acme_latency_seconds")\n')
    assert findings(load(tmp_path), CHECKS) == []


def dashboard(expression: str, source: Any = "prometheus") -> Document:
    """Return a ConfigMap with a dashboard of one panel and one variable."""
    panel = {"type": "stat", "title": "P", "datasource": {"type": source}, "targets": [{"expr": expression}]}
    variable = {"name": "ns", "query": {"query": "label_values(vllm:made_up, namespace)"}}
    board = {"panels": [{"type": "row", "title": "R", "panels": [panel]}], "templating": {"list": [variable]}}
    return {**named("v1", "ConfigMap", "board"), "data": {"board.json": json.dumps(board)}}


def test_dashboards_are_read_to_their_last_panel() -> None:
    """Variables ask for metrics, too; another data source's language is not PromQL."""
    assert [message for _, message in said(dashboard("rate(vllm:nothing[5m])"))] == [
        "panel `P` asks for `vllm:nothing`, which no release of vLLM exports",
        "variable `ns` asks for `vllm:made_up`, which no release of vLLM exports",
    ]
    assert len(said(dashboard("rate(vllm:nothing[5m])", "loki"))) == 1
    (root,) = of_documents(
        {"r": [{**named("v1", "ConfigMap", "x"), "data": {"x.json": '{"panels": [}'}}]}
    ).roots
    assert queries(root) == ()


def test_rules_in_a_config_map_are_read() -> None:
    """As Prometheus without an operator reads them."""
    text = "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: vllm:nothing > 1\n"
    item = {**named("v1", "ConfigMap", "rules"), "data": {"rules.yml": text}}
    assert said(item) == [
        ("promql-unknown-metric", "alert `A` asks for `vllm:nothing`, which no release of vLLM exports")
    ]


def test_a_job_of_this_tree_must_be_scraped() -> None:
    """A job that is nothing of the tree may be anything in the cluster."""
    base = (workload("server"), service("server"))
    assert ids(*base, rules('up{job="server"} == 0')) == {"alert-without-target"}
    assert ids(*base, monitor(), rules('up{job="server"} == 0')) == set()
    assert ids(*base, monitor(), rules('up{job=~"serv.*"} == 0')) == set()
    assert ids(*base, rules('up{job="kubelet"} == 0')) == set()
    assert ids(*base, rules('up{job="$job"} == 0')) == set()
    assert ids(*base, monitor(jobLabel="app"), rules('up{job="server"} == 0')) == set()


@pytest.mark.parametrize("how", ["monitor", "annotation", "kserve"])
def test_servers_that_are_scraped_somehow_are_targets(how: str) -> None:
    """A monitor, an annotation, or what KServe's platform makes for its own servers."""
    server, alert = workload("server", **VLLM), rules("vllm:num_requests_waiting > 9")
    assert ids(server, service("server"), alert) == {"alert-without-target"}
    if how == "monitor":
        assert ids(server, service("server"), alert, monitor()) == set()
    elif how == "annotation":
        server["spec"]["template"]["metadata"]["annotations"] = {"prometheus.io/scrape": "true"}
        assert ids(server, service("server"), alert) == set()
    else:
        container = {"name": "kserve-container", **VLLM}
        isvc = named(
            "serving.kserve.io/v1beta1", "InferenceService", "t", {"predictor": {"containers": [container]}}
        )
        assert ids(isvc, alert) == set()


def scrape(job: Document) -> Document:
    """Return a ConfigMap with the configuration of a Prometheus."""
    text = json.dumps({"scrape_configs": [{"job_name": "j", **job}]})
    return {**named("v1", "ConfigMap", "prometheus"), "data": {"prometheus.yml": text}}


@pytest.mark.parametrize(
    ("target", "is_found"),
    [
        ("server:8000", False),
        ("server:9000", True),
        ("servers:8000", True),
        ("localhost:9090", False),
        ("10.0.0.1:9100", False),
        ("gpu1.acme.com:9400", False),
        ("http://x", False),
    ],
)
def test_a_static_target_is_a_service_with_the_port(target: str, is_found: bool) -> None:
    """Machines and hosts outside of the cluster are none."""
    job = scrape({"static_configs": [{"targets": [target]}]})
    assert ("scrape-target-dangling" in ids(workload("server"), service("server"), job)) is is_found


@pytest.mark.parametrize(
    ("rule", "is_found"),
    [
        ({"sourceLabels": ["__meta_kubernetes_service_name"], "regex": "serv", "action": "keep"}, True),
        ({"sourceLabels": ["__meta_kubernetes_service_name"], "regex": "serv.*", "action": "keep"}, False),
        ({"sourceLabels": ["__meta_kubernetes_pod_label_app"], "regex": "client", "action": "drop"}, True),
        (
            {"sourceLabels": ["__meta_kubernetes_pod_label_tier"], "regex": "(.+)", "targetLabel": "tier"},
            True,
        ),
        ({"sourceLabels": ["__meta_kubernetes_pod_node_name"], "regex": "x", "action": "keep"}, False),
        (
            {
                "sourceLabels": ["__meta_kubernetes_namespace", "__meta_kubernetes_endpoint_port_name"],
                "regex": "models;http",
            },
            False,
        ),
        ({"sourceLabels": ["__meta_kubernetes_service_name"], "regex": "(", "action": "keep"}, False),
        ({"regex": "x", "action": "labeldrop"}, False),
    ],
)
def test_a_pattern_is_judged_on_what_discovery_says(rule: Document, is_found: bool) -> None:
    """Values that are not known, and patterns that cannot be read, are not judged."""
    found = monitor(endpoints=[{"port": "http", "relabelings": [rule]}])
    assert ("relabel-regex-dead" in ids(workload("server"), service("server"), found)) is is_found


def test_discovery_in_other_namespaces_is_not_judged() -> None:
    """It may find what is not in the tree."""
    rule = {"source_labels": ["__meta_kubernetes_pod_label_app"], "regex": "client", "action": "keep"}
    for namespaces, expected in (({"names": ["models"]}, True), ({"names": ["x"]}, False), (None, False)):
        job = scrape(
            {"kubernetes_sd_configs": [{"role": "pod", "namespaces": namespaces}], "relabel_configs": [rule]}
        )
        assert ("relabel-regex-dead" in ids(workload("server"), job)) is expected

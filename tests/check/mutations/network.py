"""Mutations for the checks of selectors, network policies, monitors and queries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from check.mutations.mutation import Mutation

if TYPE_CHECKING:
    from check.mutations.mutation import Document, Objects

NAMESPACE = "zelda-rl-prod"
_DNS = {"ports": [{"protocol": protocol, "port": 5353} for protocol in ("UDP", "TCP")]}


def _service(objects: Objects) -> None:
    objects.get("Service", "zelda-evaluator")["spec"]["selector"] = {"app": "zelda-evaluators"}


def _template(objects: Objects) -> None:
    objects.get("Deployment", "minio")["spec"]["selector"]["matchLabels"] = {"app": "minio-server"}


def _shared_pods(objects: Objects) -> None:
    spec = objects.get("Deployment", "qwen25-vl-pool-epp")["spec"]
    spec["selector"]["matchLabels"] = {"mintage.dev/endpoint-picker": "llm-d-gateway"}


def _policy(objects: Objects, name: str, app: str, **spec: Any) -> None:
    objects.add(
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": name},
            "spec": {"podSelector": {"matchLabels": {"app": app}}, **spec},
        }
    )


def _policy_for_nobody(objects: Objects) -> None:
    _policy(objects, "allow-storage", "minio-server", ingress=[{"from": [{"namespaceSelector": {}}]}])


def _narrower_policy(objects: Objects) -> None:
    ports = [{"protocol": "TCP", "port": 9000}]
    _policy(objects, "allow-minio", "minio", ingress=[{"from": [{"podSelector": {}}], "ports": ports}])


def _other_environment(objects: Objects) -> None:
    peer = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "zelda-rl-dev"}}}
    _policy(objects, "allow-dev", "minio", ingress=[{"from": [peer]}])


def _half_of_dns(objects: Objects) -> None:
    udp = {"ports": [{"protocol": "UDP", "port": 53}]}
    _policy(objects, "allow-minio-dns", "minio", policyTypes=["Egress"], egress=[udp])


def _no_hub(objects: Objects) -> None:
    inside = [_DNS, {"to": [{"podSelector": {}}]}]
    _policy(objects, "allow-inside", "qwen25-7b-decode", policyTypes=["Egress"], egress=inside)


def _no_client(objects: Objects) -> None:
    _policy(objects, "allow-nothing", "client", policyTypes=["Egress"], egress=[_DNS])
    spec = objects.get("NetworkPolicy", "allow-nothing")["spec"]
    spec["podSelector"]["matchLabels"] = {"ray.io/cluster": "zelda-rl"}


def _no_scraper(objects: Objects) -> None:
    objects.remove("NetworkPolicy", "allow-prometheus-evaluator")


def _endpoint(objects: Objects, name: str) -> Document:
    found: Document = objects.get("ServiceMonitor", name)["spec"]["endpoints"][0]
    return found


def _monitor_of_nothing(objects: Objects) -> None:
    selector = objects.get("ServiceMonitor", "evaluator")["spec"]["selector"]
    selector["matchLabels"]["app"] = "zelda-evaluators"


def _monitor_without_port(objects: Objects) -> None:
    _endpoint(objects, "epp")["port"] = "metric"


def _number_for_name(objects: Objects) -> None:
    objects.add(
        {
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "PodMonitor",
            "metadata": {"name": "ray"},
            "spec": {
                "selector": {"matchLabels": {"ray.io/cluster": "zelda-rl"}},
                "podMetricsEndpoints": [{"port": "8080"}],
            },
        }
    )


def _unmonitored(objects: Objects) -> None:
    objects.remove("ServiceMonitor", "evaluator")


def _release(objects: Objects) -> None:
    objects.get("ServiceMonitor", "evaluator")["metadata"]["labels"]["release"] = "monitoring"


def _alert(objects: Objects) -> Document:
    found: Document = objects.get("PrometheusRule", "zelda-rl-monitoring")["spec"]["groups"][0]["rules"][0]
    return found


def _misspelt_metric(objects: Objects) -> None:
    _alert(objects)["expr"] = "max(vllm:kv_cache_usage_percent) > 0.95"


def _metric_of_another_release(objects: Objects) -> None:
    _alert(objects)["expr"] = "max(vllm:engine_sleep_state) > 0"


def _foreign_alert(objects: Objects) -> None:
    _alert(objects)["expr"] = 'max(vllm:kv_cache_usage_perc{namespace="zelda-rl-dev"}) > 0.95'


def _dangling_target(objects: Objects) -> None:
    text = "scrape_configs:\n- job_name: minio\n  static_configs:\n  - targets: [minio-server:9000]\n"
    objects.get("ConfigMap", "zelda-rl-grafana-dashboard")["data"]["prometheus.yml"] = text


def _dead_pattern(objects: Objects) -> None:
    rule = {"sourceLabels": ["__name__"], "regex": "vllm_.*", "action": "keep"}
    _endpoint(objects, "vllm")["metricRelabelings"] = [rule]


MUTATIONS = (
    Mutation("selector-no-pod", f"Service {NAMESPACE}/zelda-evaluator", _service),
    Mutation("selector-template-mismatch", f"Deployment {NAMESPACE}/minio", _template),
    Mutation("selector-not-unique", f"Deployment {NAMESPACE}/qwen25-vl-pool-epp", _shared_pods),
    Mutation("netpol-no-pod", f"NetworkPolicy {NAMESPACE}/allow-storage", _policy_for_nobody),
    Mutation("netpol-redundant", f"NetworkPolicy {NAMESPACE}/allow-minio", _narrower_policy),
    Mutation("netpol-self-block", f"NetworkPolicy {NAMESPACE}/allow-dev", _other_environment),
    Mutation("netpol-dns-udp-only", f"NetworkPolicy {NAMESPACE}/allow-minio-dns", _half_of_dns),
    Mutation("netpol-egress-external-blocked", f"Deployment {NAMESPACE}/qwen25-7b-decode", _no_hub),
    Mutation("netpol-blocks-client", f"RayCluster {NAMESPACE}/zelda-rl", _no_client),
    Mutation("netpol-blocks-scrape", f"ServiceMonitor {NAMESPACE}/evaluator", _no_scraper),
    Mutation("monitor-no-service", f"ServiceMonitor {NAMESPACE}/evaluator", _monitor_of_nothing),
    Mutation("monitor-port-missing", f"ServiceMonitor {NAMESPACE}/epp", _monitor_without_port),
    Mutation(
        "podmonitor-port-not-name", f"PodMonitor {NAMESPACE}/ray", _number_for_name, also=("schema-missing",)
    ),
    Mutation("service-unmonitored", f"Service {NAMESPACE}/zelda-evaluator", _unmonitored),
    Mutation("monitor-release-label", f"ServiceMonitor {NAMESPACE}/epp", _release),
    Mutation("promql-unknown-metric", f"PrometheusRule {NAMESPACE}/zelda-rl-monitoring", _misspelt_metric),
    Mutation(
        "promql-unexported-metric",
        f"PrometheusRule {NAMESPACE}/zelda-rl-monitoring",
        _metric_of_another_release,
    ),
    Mutation("alert-without-target", f"PrometheusRule {NAMESPACE}/zelda-rl-monitoring", _foreign_alert),
    Mutation("scrape-target-dangling", f"ConfigMap {NAMESPACE}/zelda-rl-grafana-dashboard", _dangling_target),
    Mutation("relabel-regex-dead", f"ServiceMonitor {NAMESPACE}/vllm", _dead_pattern),
)

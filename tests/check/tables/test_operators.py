"""What controllers make of objects, and what is in every cluster."""

from __future__ import annotations

from typing import Any

import pytest

from mintage.check import tables
from mintage.check.tables.files import table


def _made(group: str, kind: str, document: dict[str, Any]) -> list[tables.Generated]:
    return list(tables.generated(group, kind, document))


def test_a_ray_cluster_makes_a_head_service_and_pods() -> None:
    """Clients connect to a Service nobody wrote, and selectors meet labels nobody wrote."""
    made = _made(
        "ray.io",
        "RayCluster",
        {
            "metadata": {"name": "zelda", "namespace": "rl"},
            "spec": {
                "headGroupSpec": {"template": {"metadata": {"labels": {"app": "zelda"}}}},
                "workerGroupSpecs": [{"groupName": "small"}, {"groupName": "large"}],
            },
        },
    )
    service = next(one for one in made if one.name == "zelda-head-svc")
    pods = [one for one in made if one.kind == "Pod"]
    assert (service.namespace, service.ports) == (
        "rl",
        {
            "client": 10001,
            "gcs-server": 6379,
            "redis": 6379,
            "dashboard": 8265,
            "metrics": 8080,
            "serve": 8000,
        },
    )
    assert [pod.labels["ray.io/group"] for pod in pods] == ["headgroup", "small", "large"]
    assert pods[0].labels["app"] == "zelda"
    assert pods[2].template == "spec.workerGroupSpecs.1.template.spec"
    assert not [one for one in made if one.kind == "ServiceAccount"]


def test_autoscaling_brings_an_account() -> None:
    """KubeRay makes the account only for the autoscaler."""
    document = {"metadata": {"name": "z"}, "spec": {"enableInTreeAutoscaling": True}}
    assert [one.name for one in _made("ray.io", "RayCluster", document) if one.kind == "ServiceAccount"] == [
        "z"
    ]


@pytest.mark.parametrize(
    ("gateway_class", "service"),
    [
        ("istio", "g-istio"),
        ("openshift-default", "g-openshift-default"),
        ("kgateway", "g"),
        ("eg", "envoy-n-g-*"),
        ("gke-l7-rilb", None),
    ],
)
def test_a_gateway_is_served_under_a_name_of_its_class(gateway_class: str, service: str | None) -> None:
    """Which Service there is depends on who implements the class."""
    document = {
        "metadata": {"name": "g", "namespace": "n"},
        "spec": {"gatewayClassName": gateway_class, "listeners": [{"name": "http", "port": 80}]},
    }
    made = _made("gateway.networking.k8s.io", "Gateway", document)
    assert [one.name for one in made if one.kind == "Service"] == ([service] if service else [])


def test_listeners_are_ports_of_one_service() -> None:
    """Every listener adds a port to the same Service."""
    document = {
        "metadata": {"name": "g"},
        "spec": {
            "gatewayClassName": "kgateway",
            "listeners": [{"name": "http", "port": 80}, {"name": "https", "port": 443}],
        },
    }
    made = _made("gateway.networking.k8s.io", "Gateway", document)
    assert [one.ports for one in made if one.kind == "Service"] == [{"http": 80, "https": 443}]


def test_disaggregation_splits_the_pods_of_an_llm_inference_service() -> None:
    """With `prefill`, the other pods decode; without, they do both."""
    both = {"metadata": {"name": "q"}, "spec": {"router": {"scheduler": {}}}}
    split = {"metadata": {"name": "q"}, "spec": {"prefill": {"replicas": 1}}}
    kind = ("serving.kserve.io", "LLMInferenceService")
    assert {one.labels.get("llm-d.ai/role") for one in _made(*kind, both) if one.kind == "Pod"} == {
        "both",
        None,
    }
    assert {one.labels.get("llm-d.ai/role") for one in _made(*kind, split)} >= {"decode", "prefill"}
    services = {one.name: one.ports for one in _made(*kind, both) if one.kind == "Service"}
    assert services == {
        "q-kserve-workload-svc": {"https": 8000},
        "q-epp-service": {"grpc": 9002, "grpc-health": 9003, "metrics": 9090},
    }


def test_labels_of_an_inference_service_reach_its_pods() -> None:
    """The predictor's labels win over those of the object, and KServe's own over both."""
    document = {
        "metadata": {"name": "q", "labels": {"tier": "a", "app": "mine"}},
        "spec": {"predictor": {"labels": {"tier": "b"}}},
    }
    pod = next(one for one in _made("serving.kserve.io", "InferenceService", document) if one.kind == "Pod")
    assert (pod.labels["tier"], pod.labels["app"]) == ("b", "isvc.q-predictor")


@pytest.mark.parametrize(
    ("spec", "name", "keys"),
    [
        ({"data": [{"secretKey": "a"}, {"secretKey": "b"}]}, "s", {"a", "b"}),
        ({"data": [{"secretKey": "a"}], "target": {"name": "t"}}, "t", {"a"}),
        ({"dataFrom": [{"extract": {"key": "x"}}]}, "s", None),
        ({"data": [{"secretKey": "a"}], "target": {"template": {}}}, "s", None),
    ],
)
def test_an_external_secret_makes_a_secret(spec: dict[str, Any], name: str, keys: set[str] | None) -> None:
    """Its keys are known unless they come from elsewhere."""
    made = _made("external-secrets.io", "ExternalSecret", {"metadata": {"name": "s"}, "spec": spec})
    assert [(one.name, one.keys) for one in made] == [(name, keys)]


def test_a_sealed_secret_has_the_keys_it_was_sealed_with() -> None:
    """Encrypted values and templated ones both become keys."""
    document = {
        "metadata": {"name": "s"},
        "spec": {"encryptedData": {"a": "x"}, "template": {"data": {"b": "y"}}},
    }
    assert [one.keys for one in _made("bitnami.com", "SealedSecret", document)] == [frozenset({"a", "b"})]


def test_a_service_may_ask_for_a_certificate() -> None:
    """OpenShift makes the Secret that the annotation names."""
    name = "service.beta.openshift.io/serving-cert-secret-name"
    asking = {"metadata": {"name": "s", "annotations": {name: "tls"}}}
    assert [(one.kind, one.name) for one in _made("", "Service", asking)] == [("Secret", "tls")]
    assert _made("", "Service", {"metadata": {"name": "s"}}) == []


def test_nothing_is_made_of_unknown_kinds() -> None:
    """A kind without an entry makes nothing, which is not the same as: makes nothing in a cluster."""
    assert _made("example.io", "Box", {"metadata": {"name": "b"}}) == []


@pytest.mark.parametrize("owner", table("operators")["owners"], ids=lambda owner: owner["kind"])
def test_every_owner_can_be_expanded(owner: dict[str, Any]) -> None:
    """The least of manifests breaks no template."""
    document = {"metadata": {"name": "n", "namespace": "ns"}, "spec": {}}
    for made in tables.generated(owner["group"], owner["kind"], document):
        assert "{" not in made.name
        assert "{" not in "".join(made.labels.values())


def test_a_star_matches_what_nobody_can_foresee() -> None:
    """Generated suffixes match, other names do not."""
    assert tables.matches("a-*", "a-x7k2p")
    assert tables.matches("a", "a")
    assert not tables.matches("a", "ab")
    assert not tables.matches("a-*", "b-x")


def test_what_is_in_every_cluster() -> None:
    """Some of it only on OpenShift."""
    assert tables.builtin_service_account("default", "any")
    assert tables.builtin_service_account("builder")
    assert not tables.builtin_service_account("builder", "any")
    assert tables.builtin_config_map("kube-root-ca.crt", "any") == frozenset({"ca.crt"})
    assert tables.builtin_config_map("openshift-service-ca.crt", "any") is None
    assert tables.builtin_cluster_role("system:auth-delegator", "any")
    assert not tables.builtin_cluster_role("my-role")
    assert tables.builtin_priority_class("system-node-critical", "any")
    assert tables.builtin_namespace("openshift-monitoring")
    assert not tables.builtin_namespace("openshift-monitoring", "any")
    assert tables.builtin_service("default", "kubernetes", "any") == {"https": 443}
    assert tables.builtin_service("openshift-monitoring", "thanos-querier") is not None
    assert tables.builtin_service("openshift-monitoring", "thanos-querier", "any") is None


def test_namespaces_of_well_known_projects() -> None:
    """They are there once the project is installed; a team's own are not among them."""
    for name in (
        "metallb-system",
        "cert-manager",
        "istio-system",
        "knative-serving",
        "kueue-system",
        "argocd",
    ):
        assert tables.operator_namespace(name, "any")
    assert tables.operator_namespace("redhat-ods-applications")
    assert not tables.operator_namespace("models")


def test_roles_that_every_cluster_has() -> None:
    """Aggregated APIs bind to one of kube-system."""
    assert tables.builtin_role("extension-apiserver-authentication-reader", "any")
    assert not tables.builtin_role("reader")

"""What a Traffic spec becomes: in general, and for the services of this workspace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kubernetes_schemas import errors
from mintage.errors import MintageError
from mintage.render.kinds.traffic import render
from mintage.render.scope import Scope
from mintage.source import read
from mintage.spec.decode import Layer, Layers, decode
from mintage.spec.exports import Export, PodPort
from mintage.spec.system import System
from mintage.spec.traffic import Traffic
from mintage.workspace.load import Workspace

if TYPE_CHECKING:
    from mintage.manifest import Manifest

ROOT = Path(__file__).parents[3]
SYSTEM = System(kind="System", name="shop")


def server(name: str, *pods: tuple[dict[str, str], dict[str, int]], kind: str = "Workload") -> Export:
    """Return the export of a service with these pods."""
    listed = tuple(PodPort(labels=labels, ports=ports) for labels, ports in pods)
    return Export(kind=kind, name=name, component=name, pods=listed)


def rendered(entry: str, *exports: Export) -> list[Manifest]:
    """Return the policies of one entry, in a system with these services."""
    document = read("specs/net.yaml", f"kind: Traffic\nname: net\nallow:\n- {entry}\n".encode())
    spec = decode(document.value, Traffic, Layers((Layer(document),)))
    return render(spec, Scope(SYSTEM, None, {export.name: export for export in exports}))


def opened(entry: str, *exports: Export) -> dict[str, tuple[Any, list[int]]]:
    """Return selector and ports by name of policy."""
    found = {}
    for manifest in rendered(entry, *exports):
        spec = manifest.document["spec"]
        (rule,) = spec["ingress"]
        found[manifest.name] = (spec["podSelector"], [port["port"] for port in rule.get("ports", [])])
    return found


MODELS = (
    server("a", ({"serving": "true", "model": "a"}, {"http": 8000}), kind="ModelServer"),
    server("b", ({"serving": "true", "model": "b"}, {"http": 8000}), kind="ModelServer"),
)
RAY = server(
    "ray",
    ({"cluster": "ray", "type": "head"}, {"dashboard": 8265, "metrics": 8080}),
    ({"cluster": "ray", "type": "worker"}, {"metrics": 8080}),
)


def test_the_policy_of_a_namespace_selects_every_pod() -> None:
    """Empty selectors stand for all pods, so the namespace itself is never named."""
    (manifest,) = rendered("{name: same, to: all, from: namespace}")

    assert manifest.document == {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {
            "name": "same",
            "labels": {
                "app.kubernetes.io/name": "net",
                "app.kubernetes.io/component": "net",
                "app.kubernetes.io/part-of": "shop",
                "app.kubernetes.io/managed-by": "mintage",
            },
        },
        "spec": {
            "podSelector": {},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": [{"podSelector": {}}]}],
        },
    }


@pytest.mark.parametrize(
    ("callers", "peers"),
    [
        ("namespace", [{"podSelector": {}}]),
        ("anywhere", [{"namespaceSelector": {}}]),
        (
            "{namespaces: [ops, metrics]}",
            [
                {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ops"}}},
                {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "metrics"}}},
            ],
        ),
    ],
)
def test_callers_are_selected_by_what_the_cluster_knows_of_them(callers: str, peers: list[Any]) -> None:
    """Foreign namespaces are found by the label that the API server puts on them."""
    (manifest,) = rendered(f"{{name: p, to: all, from: {callers}}}")

    assert manifest.document["spec"]["ingress"] == [{"from": peers}]


def test_services_with_a_common_label_share_a_policy() -> None:
    """One policy over what all model servers have in common is what a person would write."""
    other = server("db", ({"app": "db"}, {"sql": 5432}))

    assert opened("{name: llm, to: ModelServer/*, from: anywhere}", *MODELS, other) == {
        "llm": ({"matchLabels": {"serving": "true"}}, [8000])
    }


def test_a_common_label_that_a_foreign_pod_has_is_not_used() -> None:
    """A policy must not open a pod that nobody meant."""
    other = server("probe", ({"serving": "true", "app": "probe"}, {"http": 8000}))
    selector = {"matchExpressions": [{"key": "model", "operator": "In", "values": ["a", "b"]}]}

    assert opened("{name: llm, to: ModelServer/*, from: anywhere}", *MODELS, other) == {
        "llm": (selector, [8000])
    }


def test_pods_that_no_selector_joins_get_a_policy_each() -> None:
    """The policies carry the names of entry and service."""
    exports = (server("x", ({"app": "x"}, {"http": 80})), server("y", ({"name": "y"}, {"http": 80})))

    assert opened("{name: web, to: Workload/*, from: anywhere}", *exports) == {
        "web-x": ({"matchLabels": {"app": "x"}}, [80]),
        "web-y": ({"matchLabels": {"name": "y"}}, [80]),
    }


def test_pods_open_their_own_ports_only() -> None:
    """Where ports differ, policies differ; the second of one service is numbered."""
    assert opened("{name: all-ray, to: ray, from: anywhere}", RAY) == {
        "all-ray-ray": ({"matchLabels": {"cluster": "ray", "type": "head"}}, [8080, 8265]),
        "all-ray-ray-2": ({"matchLabels": {"cluster": "ray", "type": "worker"}}, [8080]),
    }


def test_named_ports_leave_out_pods_without_them() -> None:
    """The dashboard is on the head; metrics are on every pod, so one selector is enough."""
    assert opened("{name: p, to: ray, from: anywhere, ports: [dashboard]}", RAY) == {
        "p": ({"matchLabels": {"cluster": "ray", "type": "head"}}, [8265])
    }
    assert opened("{name: p, to: ray, from: anywhere, ports: [metrics]}", RAY) == {
        "p": ({"matchLabels": {"cluster": "ray"}}, [8080])
    }


def test_services_with_the_same_pods_are_opened_once() -> None:
    """Two servers of one model carry the same labels: the same policy twice would be one object twice."""
    twins = tuple(server(name, ({"model": "m"}, {"http": 8000}), kind="ModelServer") for name in ("a", "b"))
    other = server("probe", ({"model": "m", "app": "probe"}, {"http": 1}))

    assert opened("{name: llm, to: ModelServer/*, from: anywhere}", *twins, other) == {
        "llm": ({"matchLabels": {"model": "m"}}, [8000])
    }


@pytest.mark.parametrize(
    ("entry", "message", "advice"),
    [
        (
            "{name: p, to: ray, from: anywhere, ports: [metric]}",
            "`p`: no pod of `ray` has a port `metric`",
            "did you mean `metrics`?",
        ),
        (
            "{name: p, to: job, from: anywhere}",
            "`p`: no pod of `job` has a port",
            "give the service a port, or remove the entry",
        ),
    ],
)
def test_an_entry_that_would_open_nothing_is_an_error(entry: str, message: str, advice: str) -> None:
    """A policy that is silently missing is found out in production."""
    with pytest.raises(MintageError) as caught:
        rendered(entry, RAY, server("job"))

    assert [
        (str(problem.location), problem.message, problem.advice) for problem in caught.value.problems
    ] == [("Traffic net", message, advice)]


def zelda(environment: str) -> list[Manifest]:
    """Return the policies of this workspace in an environment."""
    workspace = Workspace(ROOT, "test")
    spec = workspace.variants("specs/network-policies.yaml")[environment].spec
    assert isinstance(spec, Traffic)
    return render(spec, Scope(workspace.system, environment or None, workspace.exports(environment)))


def test_the_model_servers_of_this_workspace_share_one_policy() -> None:
    """The label that marks inference pods selects them all, on the port they all have."""
    (policy,) = (manifest for manifest in zelda("prod") if manifest.name == "allow-llm")

    assert policy.document["spec"]["podSelector"]["matchLabels"]["llm-d.ai/inferenceServing"] == "true"
    assert policy.document["spec"]["ingress"] == [
        {"from": [{"namespaceSelector": {}}], "ports": [{"protocol": "TCP", "port": 8000}]}
    ]


def test_every_port_with_metrics_is_open_to_prometheus() -> None:
    """The policy of the namespace closes it to Prometheus; whatever is scraped must be let in again."""
    open_ports = {
        port["port"]
        for manifest in zelda("prod")
        for rule in manifest.document["spec"]["ingress"]
        for port in rule.get("ports", [])
        for peer in rule["from"]
        if peer.get("namespaceSelector")
        in (
            {},
            {"matchLabels": {"kubernetes.io/metadata.name": "openshift-user-workload-monitoring"}},
        )
    }
    scraped = {
        number
        for export in Workspace(ROOT, "test").exports("prod").values()
        for endpoint in export.metrics
        for pod in export.pods
        for name, number in pod.ports.items()
        if name == endpoint.port
    }

    assert scraped
    assert scraped <= open_ports


def test_the_operator_reaches_the_dashboard_through_which_it_submits_the_job() -> None:
    """Without this a RayJob stays in Initializing for ever."""
    (policy,) = (manifest for manifest in zelda("prod") if manifest.name == "allow-kuberay-operator")

    assert policy.document["spec"]["podSelector"] == {
        "matchLabels": {"ray.io/cluster": "zelda-rl", "ray.io/node-type": "head"}
    }
    assert [port["port"] for rule in policy.document["spec"]["ingress"] for port in rule["ports"]] == [8265]


def test_policies_are_the_same_in_every_environment() -> None:
    """No namespace of an environment is in them, so the overlays have nothing to patch."""
    base = [manifest.document for manifest in zelda("")]

    assert base
    for environment in ("dev", "staging", "prod"):
        assert [manifest.document for manifest in zelda(environment)] == base
    assert not any(f"zelda-rl-{environment}" in str(base) for environment in ("dev", "staging", "prod"))


def test_policies_are_valid() -> None:
    """The strict schema of Kubernetes finds no unknown or missing field."""
    assert [error for manifest in zelda("") for error in errors(manifest.document)] == []

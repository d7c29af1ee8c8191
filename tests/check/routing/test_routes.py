"""Routes, gateways and pools: what they name, and what may be elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from check.network.objects import Document, named, service, workload
from mintage.check.routing import CHECKS
from mintage.check.run import findings
from mintage.spec.validation import Externals
from mintage.tree.tree import of_documents

GATEWAY_API = "gateway.networking.k8s.io/v1"
V1, V1ALPHA2 = "inference.networking.k8s.io", "inference.networking.x-k8s.io"
BASE = (workload("vllm"), service("vllm", 80), workload("epp", 9002), service("epp", 9002))
PLAIN = {"networking.istio.io/service-type": "ClusterIP"}


def gateway(name: str = "gw", namespace: str = "models", **listener: Any) -> Document:
    """Return a Gateway that stays in the cluster."""
    found = {"name": "http", "port": 80, "protocol": "HTTP", **listener}
    spec = {"gatewayClassName": "istio", "listeners": [found]}
    return named(GATEWAY_API, "Gateway", name, spec, namespace=namespace, annotations=PLAIN)


def route(*backends: Document, name: str = "r", namespace: str = "models", **spec: Any) -> Document:
    """Return an HTTPRoute at the Gateway `gw`."""
    rules = [{"backendRefs": list(backends) or [{"name": "vllm", "port": 80}]}]
    return named(
        GATEWAY_API,
        "HTTPRoute",
        name,
        {"parentRefs": [{"name": "gw"}], "rules": rules, **spec},
        namespace=namespace,
    )


def pool(group: str = V1, name: str = "pool", **spec: Any) -> Document:
    """Return an InferencePool of either group."""
    if group == V1:
        own = {
            "selector": {"matchLabels": {"app": "vllm"}},
            "targetPorts": [{"number": 8000}],
            "endpointPickerRef": {"name": "epp", "port": {"number": 9002}},
        }
        return named(f"{V1}/v1", "InferencePool", name, {**own, **spec})
    older = {"selector": {"app": "vllm"}, "targetPortNumber": 8000, "extensionRef": {"name": "epp"}}
    return named(f"{V1ALPHA2}/v1alpha2", "InferencePool", name, {**older, **spec})


def said(*documents: Document, **settings: Any) -> list[tuple[str, str]]:
    """Return id and message of what is found among some objects and the usual ones."""
    found = findings(of_documents({"root": [*BASE, *documents]}, **settings), CHECKS)
    return [(finding.id, finding.message) for finding in found]


def ids(*documents: Document, **settings: Any) -> set[str]:
    """Return the ids of what is found."""
    return {id for id, _ in said(*documents, **settings)}  # noqa: A001 - the field's name


def test_a_route_to_what_is_there_is_right() -> None:
    """A Service by the port that it has, or a pool of either group."""
    assert ids(gateway(), route()) == set()
    for group in (V1, V1ALPHA2):
        backend = {"group": group, "kind": "InferencePool", "name": "pool"}
        assert ids(gateway(), pool(group), route(backend)) == set()


def test_a_pool_of_another_group_is_not_the_one() -> None:
    """The gateway looks for group and name."""
    backend = {"group": V1ALPHA2, "kind": "InferencePool", "name": "pool"}
    assert said(gateway(), pool(), route(backend)) == [
        (
            "route-backend-missing",
            f"it sends traffic to InferencePool `pool` of group `{V1ALPHA2}`, which is of `{V1}`",
        )
    ]


def test_what_operators_make_is_there() -> None:
    """KServe makes a pool and Services of an LLMInferenceService."""
    llm = named("serving.kserve.io/v1alpha1", "LLMInferenceService", "llm", {"router": {"scheduler": {}}})
    backends: list[Document] = [
        {"group": V1, "kind": "InferencePool", "name": "llm-inference-pool"},
        {"name": "llm-kserve-workload-svc", "port": 8000},
    ]
    assert ids(gateway(), llm, route(*backends)) == set()


def test_the_route_in_an_llm_inference_service_is_judged() -> None:
    """Its backends and its parents stand in the object itself."""
    inner = {
        "parentRefs": [{"name": "nowhere"}],
        "rules": [{"backendRefs": [{"name": "nobody", "port": 80}]}],
    }
    llm = named(
        "serving.kserve.io/v1alpha1",
        "LLMInferenceService",
        "llm",
        {"router": {"route": {"http": {"spec": inner}}}},
    )
    assert ids(llm) == {"route-backend-missing", "route-parent-missing"}


def test_declared_names_and_other_namespaces_are_not_missed() -> None:
    """What is outside of the tree may exist."""
    assert ids(route(), externals=Externals(objects=("Gateway/gw",))) == set()
    assert ids(gateway(), route({"name": "db", "port": 1}), externals=Externals(services=("db",))) == set()
    assert ids(gateway(), route({"name": "db", "namespace": "data", "port": 1})) == set()
    assert ids(route(parentRefs=[{"name": "shared", "namespace": "gateways"}])) == set()


def test_routes_without_anything_that_runs_are_not_judged() -> None:
    """Where the tree has no pods, charts or other repositories bring what the routes lead to."""
    alone = [route({"name": "x", "port": 1}), pool(endpointPickerRef={"name": "x"})]
    assert findings(of_documents({"root": alone}), CHECKS) == []


def test_a_chart_in_the_namespace_may_bring_a_backend() -> None:
    """Argo CD delivers it from another repository."""
    source = {"chart": "llm-d-infra", "repoURL": "https://charts.acme.com"}
    chart = named(
        "argoproj.io/v1alpha1", "Application", "a", {"source": source, "destination": {"namespace": "models"}}
    )
    assert ids(gateway(), route({"name": "x", "port": 1})) == {"route-backend-missing"}
    assert ids(gateway(), route({"name": "x", "port": 1}), chart) == set()


@pytest.mark.parametrize("kind", ["XBackend", "Backend"])
def test_backends_of_other_kinds_are_not_judged(kind: str) -> None:
    """An implementation may have kinds of its own."""
    assert ids(gateway(), route({"group": "acme.com", "kind": kind, "name": "x"})) == set()


def test_a_mirror_is_a_backend() -> None:
    """It must exist as well."""
    rules = [
        {
            "backendRefs": [{"name": "vllm", "port": 80}],
            "filters": [{"requestMirror": {"backendRef": {"name": "x"}}}],
        }
    ]
    assert ids(gateway(), route(rules=rules)) == {"route-backend-missing"}


def test_a_listener_that_is_named_must_be_there() -> None:
    """By its name in the Gateway."""
    assert said(gateway(), route(parentRefs=[{"name": "gw", "sectionName": "https"}])) == [
        ("route-parent-missing", "it attaches to listener `https` of Gateway `gw`, which has `http`")
    ]
    assert ids(gateway(), route(parentRefs=[{"name": "gw", "sectionName": "http"}])) == set()


def allowed(**namespaces: Any) -> Document:
    """Return a Gateway in another namespace whose listener takes routes of some."""
    return gateway(namespace="gateways", allowedRoutes={"namespaces": namespaces})


PARENT = [{"name": "gw", "namespace": "gateways"}]
BY_NAME = {"matchLabels": {"kubernetes.io/metadata.name": "models"}}
BY_TEAM = {"matchLabels": {"team": "ml"}}


@pytest.mark.parametrize(
    ("namespaces", "labels", "is_found"),
    [
        ({}, None, True),
        ({"from": "Same"}, None, True),
        ({"from": "All"}, None, False),
        ({"from": "Selector", "selector": BY_NAME}, None, False),
        ({"from": "Selector", "selector": BY_TEAM}, None, False),
        ({"from": "Selector", "selector": BY_TEAM}, {"team": "ml"}, False),
        ({"from": "Selector", "selector": BY_TEAM}, {"team": "web"}, True),
    ],
)
def test_a_listener_takes_routes_of_some_namespaces(
    namespaces: Document, labels: Document | None, is_found: bool
) -> None:
    """The labels of a namespace are known where it stands in the tree."""
    namespace = [named("v1", "Namespace", "models", labels=labels)] if labels else []
    found = ids(allowed(**namespaces), route(parentRefs=PARENT), *namespace)
    assert found == ({"route-namespace-not-allowed"} if is_found else set())


def grant(kind: str = "Service", **more: Any) -> Document:
    """Return a grant in `models` for HTTPRoutes of `web`."""
    source = {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "web"}
    spec = {"from": [source], "to": [{"group": "", "kind": kind, **more}]}
    return named("gateway.networking.k8s.io/v1beta1", "ReferenceGrant", "g", spec)


@pytest.mark.parametrize(
    ("grants", "is_found"),
    [
        ([], True),
        ([grant()], False),
        ([grant(name="vllm")], False),
        ([grant(name="x")], True),
        ([grant("Secret")], True),
    ],
)
def test_another_namespaces_service_needs_a_grant(grants: list[Document], is_found: bool) -> None:
    """The grant stands where the Service is, for all of its kind or for one name."""
    found = ids(
        gateway(namespace="web"),
        route({"name": "vllm", "namespace": "models", "port": 80}, namespace="web"),
        *grants,
    )
    assert found == ({"referencegrant-missing"} if is_found else set())


def match(**found: Any) -> Document:
    """Return the spec of a route with one match."""
    return {"rules": [{"matches": [found], "backendRefs": [{"name": "vllm", "port": 80}]}]}


PREFIX = {"path": {"type": "PathPrefix", "value": "/v1"}}


@pytest.mark.parametrize(
    ("other", "is_found"),
    [
        (match(**PREFIX), True),
        (match(path={"value": "/v1"}), True),
        (match(path={"type": "Exact", "value": "/v1"}), False),
        (match(path={"type": "PathPrefix", "value": "/v1/chat"}), False),
        (match(**PREFIX, headers=[{"name": "x-model", "value": "a"}]), False),
        (match(**PREFIX, method="POST"), False),
        ({**match(**PREFIX), "hostnames": ["a.acme.com"]}, False),
        ({**match(**PREFIX), "parentRefs": [{"name": "gw2"}]}, False),
    ],
)
def test_two_routes_with_one_match_overlap(other: Document, is_found: bool) -> None:
    """Written with or without defaults; a narrower match, another host or gateway is no overlap."""
    found = ids(gateway(), gateway("gw2"), route(name="one", **match(**PREFIX)), route(name="two", **other))
    assert ("route-path-overlap" in found) is is_found


def test_one_route_at_two_gateways_is_no_overlap() -> None:
    """Nor at two listeners of one."""
    spec = {**match(**PREFIX), "parentRefs": [{"name": "gw"}, {"name": "gw2"}, {"name": "gw"}]}
    assert ids(gateway(), gateway("gw2"), route(**spec)) == set()


def ingress(port: Document, path: str = "/") -> Document:
    """Return an Ingress to the usual Service."""
    backend = {"service": {"name": "vllm", "port": port}}
    rule = {"http": {"paths": [{"path": path, "pathType": "Prefix", "backend": backend}]}}
    return named("networking.k8s.io/v1", "Ingress", "i", {"rules": [rule]})


def openshift(target: Any, name: str = "vllm") -> Document:
    """Return an OpenShift Route."""
    return named(
        "route.openshift.io/v1",
        "Route",
        "r",
        {"to": {"kind": "Service", "name": name}, "port": {"targetPort": target}},
    )


def virtual(host: str, port: int) -> Document:
    """Return a VirtualService."""
    spec = {"hosts": ["x"], "http": [{"route": [{"destination": {"host": host, "port": {"number": port}}}]}]}
    return named("networking.istio.io/v1", "VirtualService", "v", spec)


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (ingress({"number": 80}), set()),
        (ingress({"name": "http"}), set()),
        (ingress({"number": 8000}), {"route-port-mismatch"}),
        (ingress({"name": "https"}), {"route-port-mismatch"}),
        (openshift("http"), set()),
        (openshift(8000), set()),
        (openshift("https"), {"route-port-mismatch"}),
        (openshift("http", "x"), {"route-backend-missing"}),
        (virtual("vllm", 80), set()),
        (virtual("vllm.models.svc.cluster.local", 8000), {"route-port-mismatch"}),
        (virtual("vlm", 80), {"route-backend-missing"}),
        (virtual("api.acme.com", 443), set()),
        (virtual("*.acme.com", 443), set()),
    ],
)
def test_other_routers_are_judged_by_their_own_rules(item: Document, expected: set[str]) -> None:
    """Ingress by number or name, OpenShift by name or by the pod's port, Istio by host."""
    assert ids(item) == expected


@pytest.mark.parametrize("group", [V1, V1ALPHA2])
def test_pools_of_both_groups_are_judged(group: str) -> None:
    """Their selectors, ports and pickers are written differently."""
    right = pool(group)
    assert ids(right) == set()
    labels: Document = {"matchLabels": {"app": "x"}} if group == V1 else {"app": "x"}
    assert ids(pool(group, selector=labels)) == {"inferencepool-no-pod"}
    ports: Document = {"targetPorts": [{"number": 9}]} if group == V1 else {"targetPortNumber": 9}
    assert ids(pool(group, **ports)) == {"inferencepool-port-mismatch"}
    field = "endpointPickerRef" if group == V1 else "extensionRef"
    picker: Document = {field: {"name": "x"}}
    assert ids(pool(group, **picker)) == {"inferencepool-epp-missing"}
    wrong: Document = {"port": {"number": 9003}} if group == V1 else {"portNumber": 9003}
    picker = {field: {"name": "epp", **wrong}}
    assert said(pool(group, **picker)) == [
        (
            "inferencepool-epp-missing",
            "the pool asks the endpoint picker at port 9003, and Service `epp` has 9002",
        )
    ]


def test_a_port_that_a_server_is_told_counts_as_declared() -> None:
    """Ports of containers are remarks; `--port` is the fact."""
    server = workload("other", args=["--port=8200"])
    labels = {"matchLabels": {"app": "other"}}
    assert ids(server, pool(selector=labels, targetPorts=[{"number": 8200}])) == set()
    assert ids(server, pool(selector=labels, targetPorts=[{"number": 8300}])) == {
        "inferencepool-port-mismatch"
    }


def test_pools_of_two_groups_are_mixed() -> None:
    """One of them is served by nobody."""
    assert ids(pool(), pool(V1ALPHA2, "older")) == {"inference-api-mixed"}
    assert ids(pool(V1ALPHA2), pool(V1ALPHA2, "older")) == set()


@pytest.mark.parametrize(
    "change",
    [
        {"metadata": {"annotations": PLAIN}},
        {"spec": {"infrastructure": {"annotations": PLAIN}}},
        {"spec": {"infrastructure": {"parametersRef": {"name": "x"}}}},
        {"spec": {"gatewayClassName": "istio-waypoint"}},
        {"spec": {"listeners": [{"name": "https", "port": 443, "protocol": "HTTPS"}]}},
    ],
)
def test_a_gateway_inside_of_the_cluster_may_be_plain(change: Document) -> None:
    """Or one of which nobody here knows where it is."""
    found = gateway()
    del found["metadata"]["annotations"]
    assert ids(found, route()) == {"gateway-open-plaintext"}
    for part, values in change.items():
        found[part] = {**found[part], **values}
    assert ids(found, route()) == set()


def test_a_listener_that_only_redirects_may_be_plain() -> None:
    """It serves nobody in plain text."""
    found = gateway()
    del found["metadata"]["annotations"]
    redirect = [{"filters": [{"type": "RequestRedirect", "requestRedirect": {"scheme": "https"}}]}]
    assert ids(found, route(rules=redirect)) == set()


def test_a_gateway_that_teams_share_is_anothers() -> None:
    """In another namespace, and the tree makes none; in the route's own namespace it is missed."""
    shared = route(parentRefs=[{"name": "gw", "namespace": "infra"}])
    infra = workload("dns")
    infra["metadata"]["namespace"] = "infra"
    assert ids(infra, shared) == set()
    assert said(route()) == [("route-parent-missing", "it attaches to Gateway `gw`, which is not there")]


def test_an_endpoint_picker_behind_a_variable_is_not_missed() -> None:
    """Its name is put in later."""
    picker = {"name": "${EPP_NAME}", "port": {"number": 9002}}
    assert ids(pool(endpointPickerRef=picker)) == set()

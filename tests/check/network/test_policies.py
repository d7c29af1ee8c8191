"""NetworkPolicies: what they admit, and what the checks say of it."""

from __future__ import annotations

from typing import Any

import pytest

from check.network.objects import Document, named, policy, service, workload
from mintage.check import known
from mintage.check.network import CHECKS
from mintage.check.network.policies import passes
from mintage.check.network.policies import policy as read
from mintage.check.run import findings
from mintage.spec.validation import Externals
from mintage.tree.objects import Object
from mintage.tree.tree import of_documents

ALL: Document = {}
SERVER = {"matchLabels": {"app": "server"}}
CLIENT = {"podSelector": {"matchLabels": {"app": "client"}}}
HERE = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "models"}}}
ELSEWHERE = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "gateways"}}}
LABELLED = {"namespaceSelector": {"matchLabels": {"team": "ml"}}}
CALL = [{"name": "LLM_URL", "value": "http://llm:80/v1"}]


def ids(*documents: Document, **settings: Any) -> set[str]:
    """Return the ids of what is found."""
    return {finding.id for finding in findings(of_documents({"root": documents}, **settings), CHECKS)}


def direction(rules: list[Document], *more: Document) -> bool | None:
    """Tell whether a policy of the server with some rules admits the client to port 8000."""
    documents = (workload("server"), workload("client"), policy("p", SERVER, ingress=rules), *more)
    root = of_documents({"root": documents}).roots[0]
    server, client = known.pods(root)[:2]
    return passes(root, "ingress", server, client, 8000)


def test_types_follow_from_the_rules() -> None:
    """Ingress is always meant unless types are named, Egress where there are rules of it."""

    def types(**spec: Any) -> tuple[bool, bool]:
        found = read(Object(policy("p", {}, **spec)))
        return found.ingress is not None, found.egress is not None

    assert types() == (True, False)
    assert types(egress=[{}]) == (True, True)
    assert types(egress=[]) == (True, False)
    assert types(policyTypes=["Egress"]) == (False, True)
    assert types(policyTypes=[], egress=[{}]) == (True, True)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([], False),
        ([{}], True),
        ([{"from": [CLIENT]}], True),
        ([{"from": [{"podSelector": {}}]}], True),
        ([{"from": [{"podSelector": SERVER}]}], False),
        ([{"from": [HERE]}], True),
        ([{"from": [{**HERE, **CLIENT}]}], True),
        ([{"from": [{**HERE, "podSelector": SERVER}]}], False),
        ([{"from": [ELSEWHERE]}], False),
        ([{"from": [{"namespaceSelector": {}}]}], True),
        ([{"from": [LABELLED]}], None),
        ([{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}], None),
        ([{"from": [CLIENT], "ports": [{"port": 8000}]}], True),
        ([{"from": [CLIENT], "ports": [{"port": 9000}]}], False),
        ([{"from": [CLIENT], "ports": [{"port": "http"}]}], True),
        ([{"from": [CLIENT], "ports": [{"port": "grpc"}]}], False),
        ([{"from": [CLIENT], "ports": [{"port": 7000, "endPort": 8000}]}], True),
        ([{"from": [CLIENT], "ports": [{"port": 7000, "endPort": 7999}]}], False),
        ([{"from": [CLIENT], "ports": [{"port": 8000, "protocol": "UDP"}]}], False),
        ([{"ports": [{"protocol": "TCP"}]}], True),
        ([{"from": [ELSEWHERE]}, {"from": [CLIENT]}], True),
    ],
)
def test_a_rule_admits_as_kubernetes_does(rules: list[Document], expected: bool | None) -> None:
    """Rules add up; within a peer both selectors must hold; None where it depends on what is not in the tree."""
    assert direction(rules) is expected


def test_labels_of_a_namespace_in_the_tree_are_known() -> None:
    """A Namespace object says which labels it has."""
    namespace = named("v1", "Namespace", "models", labels={"team": "ml"})
    assert direction([{"from": [LABELLED]}], namespace) is True


def test_an_open_pod_is_reached() -> None:
    """Without a policy that selects it a pod admits everybody."""
    assert direction([{"from": [CLIENT]}]) is True
    documents = (workload("server"), workload("client"), policy("p", {"matchLabels": {"app": "x"}}))
    root = of_documents({"root": documents}).roots[0]
    server, client = known.pods(root)
    assert passes(root, "ingress", server, client, 8000) is True


def blocked(*policies: Document, env: list[Document] | None = None, **settings: Any) -> list[str]:
    """Return what is said of a client that calls a server on port 80, which is 8000 of its pods."""
    documents = (
        workload("server"),
        service("llm", 80, selector={"app": "server"}),
        workload("client", 8080, env=env or CALL),
        *policies,
    )
    found = findings(of_documents({"root": documents}, **settings), CHECKS)
    return [finding.message for finding in found if finding.id == "netpol-blocks-client"]


def test_a_client_is_judged_by_the_port_of_the_pod() -> None:
    """Policies see the port after the Service has translated it."""
    assert blocked(policy("p", SERVER, ingress=[{"ports": [{"port": 8000}]}])) == []
    assert blocked(policy("p", SERVER, ingress=[{"ports": [{"port": 80}]}])) == [
        "port 80 of Service `llm` cannot be reached: its pods do not admit this one, by NetworkPolicy `p`"
    ]


def test_a_closed_client_is_found() -> None:
    """Egress counts at the client."""
    dns = {"ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]}
    closed = policy("p", CLIENT["podSelector"], policyTypes=["Egress"], egress=[dns])
    assert blocked(closed) == [
        "port 80 of Service `llm` cannot be reached: this pod may not send there, by NetworkPolicy `p`"
    ]


@pytest.mark.parametrize("kind", ["CiliumNetworkPolicy", "AdminNetworkPolicy"])
def test_policies_of_others_silence_the_checks(kind: str) -> None:
    """They may admit what a NetworkPolicy does not."""
    closed = policy("p", SERVER)
    assert blocked(closed) != []
    assert blocked(closed, named("acme/v1", kind, "x", {})) == []


def test_text_that_is_filled_in_later_is_no_address() -> None:
    """A variable inside of a URL is not known."""
    env = [{"name": "URL", "value": "http://$(HOST):80"}, {"name": "NOTE", "value": "server"}]
    assert blocked(policy("p", SERVER), env=env) == []


def outside(container: Document, *rules: Document, **settings: Any) -> set[str]:
    """Return the ids of what is found of a model server with egress rules."""
    server = workload("server", **container)
    closed = policy("p", SERVER, policyTypes=["Egress"], egress=list(rules))
    return ids(server, closed, **settings) & {"netpol-egress-external-blocked"}


HUB = {"image": "vllm/vllm-openai:v0.10.2", "args": ["--model=Qwen/Qwen2.5-7B-Instruct"]}
HTTPS = [{"port": 443}]


@pytest.mark.parametrize(
    ("rule", "is_found"),
    [
        ({"to": [{"podSelector": {}}]}, True),
        ({"to": [{"namespaceSelector": {}}], "ports": HTTPS}, True),
        ({"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}, True),
        ({"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}}], "ports": HTTPS}, False),
        ({"ports": HTTPS}, False),
        ({"ports": [{"port": 80}]}, True),
        ({}, False),
        ({"to": [{"podSelector": {"matchLabels": {"app": "egress-gateway"}}}]}, False),
    ],
)
def test_a_model_from_a_hub_needs_a_way_out(rule: Document, is_found: bool) -> None:
    """In-cluster peers and private addresses lead to no hub; a gateway for egress may."""
    assert bool(outside(HUB, rule)) is is_found


@pytest.mark.parametrize(
    "container",
    [
        {**HUB, "args": ["--model=/models/qwen"]},
        {**HUB, "env": [{"name": "HF_HUB_OFFLINE", "value": "1"}]},
        {**HUB, "env": [{"name": "HTTPS_PROXY", "value": "http://proxy.models.svc:3128"}]},
        {**HUB, "envFrom": [{"configMapRef": {"name": "unknown"}}]},
        {**HUB, "image": "ghcr.io/acme/server:1.0.0"},
        {"env": [{"name": "DOCS", "value": "https://docs.acme.com"}]},
        {"env": [{"name": "S3", "value": "http://minio.storage.svc:9000"}]},
    ],
    ids=["path", "offline", "proxy", "environment", "image", "documentation", "in-cluster"],
)
def test_what_may_need_nothing_outside_is_not_reported(container: Document) -> None:
    """Only what cannot work is."""
    assert outside(container) == set()


def test_a_declared_host_is_needed() -> None:
    """`externals.hosts` are the hosts that pods talk to."""
    container = {"env": [{"name": "API", "value": "https://api.acme.com/v1"}]}
    assert outside(container) == set()
    assert outside(container, externals=Externals(hosts=("api.acme.com",))) == {
        "netpol-egress-external-blocked"
    }


@pytest.mark.parametrize(
    ("rules", "is_found"),
    [
        ([{"from": [{"podSelector": {}}]}, {"from": [ELSEWHERE]}], False),
        ([{"from": [ELSEWHERE]}], True),
        ([{"from": [HERE, ELSEWHERE]}], False),
        ([{"from": [{"namespaceSelector": {}}]}], False),
    ],
)
def test_a_policy_that_admits_its_own_namespace_blocks_nobody(rules: list[Document], is_found: bool) -> None:
    """Its name says own namespace; it is wrong if it names another one only."""
    assert (
        "netpol-self-block" in ids(workload("server"), policy("allow-same-namespace", {}, ingress=rules))
    ) is is_found


def test_a_policy_for_a_neighbour_is_right() -> None:
    """Naming another namespace is what most policies are for."""
    assert ids(workload("server"), policy("allow-gateway", SERVER, ingress=[{"from": [ELSEWHERE]}])) == set()


def test_another_environments_namespace_is_found() -> None:
    """A policy that admits dev from prod was copied, or never rewritten."""
    dev = policy("allow", SERVER, ingress=[{"from": [ELSEWHERE]}])
    other = policy("allow", SERVER, ingress=[{"from": [{"podSelector": {}}]}])
    other["metadata"]["namespace"] = "gateways"
    tree = of_documents({"prod": [workload("server"), dev], "dev": [other]})
    assert [finding.id for finding in findings(tree, CHECKS)] == ["netpol-self-block"]


@pytest.mark.parametrize(
    ("narrow", "is_found"),
    [
        ({"ingress": [{"from": [CLIENT], "ports": HTTPS}]}, True),
        ({"ingress": [{"from": [ELSEWHERE]}]}, False),
        ({"ingress": []}, False),
        ({"ingress": [{"from": [CLIENT]}], "policyTypes": ["Ingress", "Egress"]}, False),
        ({"ingress": [{"from": [{**HERE, **CLIENT}]}]}, False),
    ],
)
def test_only_a_policy_that_another_covers_is_redundant(narrow: Document, is_found: bool) -> None:
    """One that closes another direction, or only closes, is not."""
    wide = policy("wide", ALL, ingress=[{"from": [{"podSelector": {}}]}])
    assert (
        "netpol-redundant" in ids(workload("server"), wide, policy("narrow", SERVER, **narrow))
    ) is is_found


def test_of_two_equal_policies_one_is_redundant() -> None:
    """Each covers the other; the second by name is reported."""
    rules = [{"from": [CLIENT]}]
    tree = of_documents(
        {"root": [workload("server"), policy("b", SERVER, ingress=rules), policy("a", SERVER, ingress=rules)]}
    )
    assert [finding.subject for finding in findings(tree, CHECKS)] == ["NetworkPolicy models/b"]


@pytest.mark.parametrize(
    ("ports", "is_found"),
    [
        ([{"port": 53, "protocol": "UDP"}], True),
        ([{"port": 5353, "protocol": "UDP"}], True),
        ([{"port": 53, "protocol": "UDP"}, {"port": 53}], False),
        ([{"port": 53, "protocol": "UDP"}, {"port": 1, "endPort": 100}], False),
        ([{"port": 53}], False),
        ([{"port": 123, "protocol": "UDP"}], False),
    ],
)
def test_dns_needs_both_protocols(ports: list[Document], is_found: bool) -> None:
    """On either port that DNS has."""
    dns = policy("dns", SERVER, policyTypes=["Egress"], egress=[{"ports": ports}])
    assert ("netpol-dns-udp-only" in ids(workload("server"), dns)) is is_found


def test_another_policy_may_open_the_other_half_of_dns() -> None:
    """Policies of the same pods add up."""
    udp = policy("udp", SERVER, policyTypes=["Egress"], egress=[{"ports": [{"port": 53, "protocol": "UDP"}]}])
    tcp = policy("tcp", ALL, policyTypes=["Egress"], egress=[{"ports": [{"port": 53}]}])
    assert "netpol-dns-udp-only" not in ids(workload("server"), udp, tcp)

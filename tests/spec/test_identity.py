"""What an Identity spec accepts, refuses and shows to other services."""

from __future__ import annotations

import pytest

from mintage.errors import MintageError
from mintage.source import read
from mintage.spec.decode import Layer, Layers, decode
from mintage.spec.identity import Identity, Rule, parse_rule


def identity(rules: str) -> Identity:
    """Return the identity with these rules."""
    document = read("specs/id.yaml", f"kind: Identity\nname: reader\n{rules}\n".encode())
    return decode(document.value, Identity, Layers((Layer(document),)))


def complaint(rules: str) -> str:
    """Return the one thing that is wrong with these rules."""
    with pytest.raises(MintageError) as caught:
        identity(rules)
    (problem,) = caught.value.problems
    return f"{problem.location.line}: {problem.message}"


def test_a_rule_names_resources_and_verbs() -> None:
    """The core group has no name, and a part of a resource stands after a slash."""
    assert parse_rule("pods, pods/log: get, list") == [Rule("", ("pods", "pods/log"), ("get", "list"))]


def test_a_rule_over_several_groups_becomes_one_for_each() -> None:
    """RBAC would let every verb apply to every pair of group and resource; this rule means only what it says."""
    assert parse_rule("pods, deployments.apps, services: get") == [
        Rule("", ("pods", "services"), ("get",)),
        Rule("apps", ("deployments",), ("get",)),
    ]


def test_a_group_may_have_dots() -> None:
    """Everything after the first dot is the group."""
    assert parse_rule("nodes.metrics.k8s.io: list") == [Rule("metrics.k8s.io", ("nodes",), ("list",))]


def test_a_path_of_the_api_server_has_no_group() -> None:
    """Paths are rules of their own kind."""
    assert parse_rule("/metrics: get") == [Rule(None, ("/metrics",), ("get",))]


@pytest.mark.parametrize(
    ("word", "verbs"),
    [
        ("read", ("get", "list", "watch")),
        ("manage", ("get", "list", "watch", "create", "update", "patch", "delete")),
        ("read, delete", ("get", "list", "watch", "delete")),
    ],
)
def test_read_and_manage_stand_for_sets_of_verbs(word: str, verbs: tuple[str, ...]) -> None:
    """Presets and verbs mix."""
    assert parse_rule(f"pods: {word}") == [Rule("", ("pods",), verbs)]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("pods", "expected `resources: verbs`, such as `pods, deployments.apps: read`, got `pods`"),
        (
            "Pods: get",
            "`Pods` is not a resource; write `pods`, `deployments.apps` or `pods/log`, got `Pods: get`",
        ),
        (
            "pods: peek",
            (
                "`peek` is not a verb; use one of *, bind, create, delete, deletecollection, escalate, get, impersonate, "
                "list, manage, patch, read, update, use, watch, got `pods: peek`"
            ),
        ),
    ],
)
def test_a_rule_that_means_nothing_is_refused_at_its_line(rule: str, message: str) -> None:
    """The message says what was expected and what stands there."""
    assert complaint(f"rules:\n- 'pods: get'\n- '{rule}'") == f"5: {message}"


def test_a_path_in_the_rules_of_a_namespace_is_refused() -> None:
    """The API server refuses a Role with paths; a ClusterRole may have them."""
    assert complaint("rules: ['/metrics: get']") == "3: a URL belongs to no namespace, got `/metrics: get`"
    assert identity("clusterRules: ['/metrics: get']").cluster_rules == ("/metrics: get",)


def test_the_export_is_the_account() -> None:
    """Other services run as it."""
    export = identity("namespace: shared").exports()
    assert (export.service_account, export.namespace, export.service) == ("reader", "shared", "")

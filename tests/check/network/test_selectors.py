"""Label selectors: what they select, what nobody can tell, and when a selector surely selects nothing."""

from __future__ import annotations

from typing import Any

import pytest

from check.network.objects import Document, named, service, workload
from mintage.check import known
from mintage.check.network import CHECKS
from mintage.check.run import findings
from mintage.check.selectors import covers, matches, selects, selects_nothing, shown
from mintage.spec.validation import Externals
from mintage.tree.tree import Root, of_documents


def ask(key: str, operator: str, *values: str) -> Document:
    """Return a selector with one expression."""
    return {
        "matchExpressions": [
            {"key": key, "operator": operator, **({"values": list(values)} if values else {})}
        ]
    }


def root_of(*documents: Document, **settings: Any) -> Root:
    """Return the only root of a tree."""
    return of_documents({"root": documents}, **settings).roots[0]


def ids(*documents: Document, **settings: Any) -> set[str]:
    """Return the ids of what is found."""
    return {finding.id for finding in findings(of_documents({"root": documents}, **settings), CHECKS)}


@pytest.mark.parametrize(
    ("selector", "labels", "expected"),
    [
        ({}, {}, True),
        ({"matchLabels": {"a": "1"}}, {"a": "1", "b": "2"}, True),
        ({"matchLabels": {"a": "1", "b": "3"}}, {"a": "1", "b": "2"}, False),
        (ask("a", "In", "1", "2"), {"a": "2"}, True),
        (ask("a", "In", "1", "2"), {}, False),
        (ask("a", "NotIn", "1"), {}, True),
        (ask("a", "NotIn", "1"), {"a": "1"}, False),
        (ask("a", "Exists"), {"a": ""}, True),
        (ask("a", "DoesNotExist"), {"a": ""}, False),
        (ask("a", "DoesNotExist"), {"b": "1"}, True),
        ({"matchLabels": {"a": "1"}, **ask("b", "Exists")}, {"a": "1"}, False),
        ({"matchLabels": {"a": 1}}, {"a": "1"}, False),
        (ask("a", "Has", "1"), {"a": "1"}, False),
        ("app", {"app": "app"}, False),
    ],
)
def test_a_selector_selects_as_kubernetes_does(selector: Any, labels: dict[str, str], expected: bool) -> None:
    """All labels and all expressions must hold; what is malformed selects nothing."""
    assert matches(selector, labels) is expected


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        ({}, {"matchLabels": {"a": "1"}}, True),
        ({"matchLabels": {"a": "1"}}, {}, False),
        ({"matchLabels": {"a": "1"}}, {"matchLabels": {"a": "1", "b": "2"}}, True),
        (ask("a", "In", "1", "2"), {"matchLabels": {"a": "1"}}, True),
        ({"matchLabels": {"a": "1"}}, ask("a", "In", "1", "2"), False),
        (ask("a", "Exists"), {"matchLabels": {"a": "1"}}, True),
        (ask("a", "NotIn", "3"), {"matchLabels": {"a": "1"}}, True),
        (ask("a", "NotIn", "3"), ask("a", "NotIn", "3", "4"), True),
        (ask("a", "NotIn", "3", "4"), ask("a", "NotIn", "3"), False),
        (ask("a", "DoesNotExist"), ask("a", "DoesNotExist"), True),
    ],
)
def test_a_selector_covers_what_is_narrower(wide: Document, narrow: Document, expected: bool) -> None:
    """Whatever the narrow one selects, the wide one selects."""
    assert covers(wide, narrow) is expected


def test_a_selector_is_shown_as_on_a_command_line() -> None:
    """People recognise it from `kubectl -l`."""
    assert shown({"matchLabels": {"a": "1"}, **ask("b", "NotIn", "y", "x")}) == "a=1,b notin (x,y)"
    assert shown({}) == "everything"


@pytest.mark.parametrize(
    "key", ["pod-template-hash", "batch.kubernetes.io/job-name", "kueue.x-k8s.io/podset", "istio.io/rev"]
)
def test_labels_that_something_adds_are_not_known(key: str) -> None:
    """Kubernetes, Kueue and Istio put labels on the pods of everybody."""
    (pod,) = known.pods(root_of(workload("server")))
    assert selects({"matchLabels": {key: "x"}}, pod) is None
    assert selects({"matchLabels": {"app": "x", key: "x"}}, pod) is False


def test_an_operators_pod_may_have_labels_of_that_operator_only() -> None:
    """KServe adds its own labels, not those that people invent."""
    predictor = {"containers": [{"name": "kserve-container", "image": "a/b:1"}]}
    service_of_kserve = named(
        "serving.kserve.io/v1beta1", "InferenceService", "text", {"predictor": predictor}
    )
    (pod,) = known.pods(root_of(service_of_kserve))
    assert selects({"matchLabels": {"serving.kserve.io/x": "y"}}, pod) is None
    assert selects({"matchLabels": {"acme.com/x": "y"}}, pod) is False
    assert selects({"matchLabels": {"app": "isvc.text-predictor"}}, pod) is True


def test_a_runtime_outside_of_the_tree_may_add_any_label() -> None:
    """A ServingRuntime has labels of its own for the pods."""
    predictor = {"model": {"modelFormat": {"name": "vllm"}, "runtime": "vllm-runtime"}}
    (pod,) = known.pods(
        root_of(named("serving.kserve.io/v1beta1", "InferenceService", "text", {"predictor": predictor}))
    )
    assert selects({"matchLabels": {"acme.com/x": "y"}}, pod) is None


@pytest.mark.parametrize(
    "more",
    [
        [
            named(
                "argoproj.io/v1alpha1",
                "Application",
                "db",
                {"source": {"chart": "db"}, "destination": {"namespace": "models"}},
            )
        ],
        [named("helm.toolkit.fluxcd.io/v2", "HelmRelease", "db", {})],
        [named("acme.com/v1", "Database", "db", {})],
    ],
    ids=["chart", "release", "operator"],
)
def test_pods_that_something_unknown_makes_are_not_missed(more: list[Document]) -> None:
    """A chart in the namespace, or an operator's object of the name, may make what is selected."""
    assert "selector-no-pod" in ids(workload("server"), service("db"))
    assert "selector-no-pod" not in ids(workload("server"), service("db"), *more)


def test_a_label_of_an_unknown_operator_is_not_judged() -> None:
    """Nobody here has a label of its domain, so pods with it come from elsewhere."""
    root = root_of(workload("server"))
    assert not selects_nothing(root, {"matchLabels": {"strimzi.io/cluster": "events"}}, "models")
    assert selects_nothing(root, {"matchLabels": {"cluster": "events"}}, "models")


def test_a_namespace_without_pods_is_not_judged() -> None:
    """What is in it comes from elsewhere."""
    other = service("gateway")
    other["metadata"]["namespace"] = "istio-system"
    assert "selector-no-pod" not in ids(workload("server"), other)


def test_declared_pods_are_not_missed() -> None:
    """An external Deployment has the pods that its name says."""
    externals = Externals(objects=("Deployment/db*",))
    assert "selector-no-pod" not in ids(workload("server"), service("db-main"), externals=externals)


def test_a_service_without_a_selector_is_not_judged() -> None:
    """Its endpoints come from elsewhere; an ExternalName has none."""
    assert ids(workload("server"), service("db", selector=None)) == set()
    assert ids(workload("server"), service("db", type="ExternalName", externalName="db.acme.com")) == set()


def test_a_template_in_a_selector_is_not_judged() -> None:
    """Its value is filled in later."""
    assert ids(workload("server"), service("db", selector={"app": "$(APP)"})) == set()


def test_expressions_of_a_workload_are_judged() -> None:
    """A selector may be written as expressions alone."""
    item = workload("server")
    item["spec"]["selector"] = ask("app", "In", "client")
    assert ids(item) == {"selector-template-mismatch"}
    item["spec"]["selector"] = ask("app", "In", "client", "server")
    assert ids(item) == set()

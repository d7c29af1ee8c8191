"""The namespaces that objects go to must be made by somebody, unless the platform has them."""

from __future__ import annotations

from typing import Any

import pytest

from check.references.objects import messages, named, pod, tree
from mintage.errors import Location, Problem
from mintage.tree.objects import Object
from mintage.tree.tree import Root, Tree

SAID = "no Namespace `models` is in the tree, and objects of this root go there"


def application(**policy: Any) -> dict[str, Any]:
    """Return an Application that delivers into `models`."""
    spec = {"destination": {"namespace": "models"}, "syncPolicy": policy}
    found = named("argoproj.io/v1alpha1", "Application", "a", spec)
    found["metadata"]["namespace"] = "openshift-gitops"
    return found


def test_a_namespace_is_missed_once() -> None:
    """However many objects go there."""
    assert messages("namespace-undeclared", tree(pod("a"), pod("b"))) == [SAID]


@pytest.mark.parametrize(
    "maker",
    [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "models"}},
        application(syncOptions=["CreateNamespace=true"]),
    ],
)
def test_a_namespace_that_is_made_is_not_missed(maker: dict[str, Any]) -> None:
    """By the tree, or by Argo CD."""
    assert messages("namespace-undeclared", tree(pod(), maker)) == []


def test_a_declared_namespace_is_not_missed() -> None:
    """Nor is one of the platform; an Application alone makes none."""
    assert messages("namespace-undeclared", tree(pod(), objects=("Namespace/models",))) == []
    assert messages("namespace-undeclared", tree(pod(), application())) == [SAID]
    item = pod()
    item["metadata"]["namespace"] = "openshift-monitoring"
    assert messages("namespace-undeclared", tree(item)) == []


def test_a_root_that_was_not_built_may_hold_any_service() -> None:
    """Where it goes is not known, so no Service is missed; a Secret is."""
    secret = {"valueFrom": {"secretKeyRef": {"name": "gone", "key": "a"}}}
    own = Root("one", [Object(pod(env={"A": "http://gone:80", "B": secret}))])
    broken = Root(
        "two", problems=[Problem(Location("two/kustomization.yaml"), "kustomize-build", "it does not build")]
    )
    assert messages("dns-service-missing", Tree((own, broken))) == []
    assert messages("ref-secret-missing", Tree((own, broken))) == ["there is no Secret `gone`"]
    assert messages("dns-service-missing", Tree((own,))) == [
        "`http://gone:80` needs a Service `gone`, which is not there"
    ]


@pytest.mark.parametrize(
    "name", ["istio-system", "metallb-system", "knative-serving", "redhat-ods-applications"]
)
def test_a_namespace_of_a_well_known_project_is_not_missed(name: str) -> None:
    """Its installation makes it."""
    item = pod()
    item["metadata"]["namespace"] = name
    assert messages("namespace-undeclared", tree(item)) == []

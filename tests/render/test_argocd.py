"""Argo CD may deploy what was rendered, where it was rendered for, and nothing else."""

from __future__ import annotations

import pytest

from kubernetes_schemas import errors
from mintage.render.argocd import application, project
from mintage.spec.system import ArgoCD, Delivery, Environment, System

SETTINGS = ArgoCD(
    repository="https://git.test/lab.git", manual_sync=("prod",), path="/deploy/", namespace="gitops"
)
SYSTEM = System(
    kind="System",
    name="lab",
    labels={"team": "a"},
    environments={"dev": Environment(namespace="lab-dev"), "prod": Environment(namespace="lab-prod")},
    delivery=Delivery(argocd=SETTINGS),
)


def test_a_project_allows_the_namespaces_and_cluster_kinds_in_use() -> None:
    """Sorted and without repeats; namespaces themselves are always among them, because Argo CD creates them."""
    spec = project(SYSTEM, SETTINGS, ["b", "a", "b"], [("rbac", "ClusterRole"), ("rbac", "ClusterRole")])[
        "spec"
    ]
    assert [place["namespace"] for place in spec["destinations"]] == ["a", "b"]
    assert spec["clusterResourceWhitelist"] == [
        {"group": "", "kind": "Namespace"},
        {"group": "rbac", "kind": "ClusterRole"},
    ]
    assert spec["sourceRepos"] == ["https://git.test/lab.git"]


def test_an_application_follows_its_overlay() -> None:
    """In the repository's folder, into the environment's namespace."""
    made = application(SYSTEM, SETTINGS, "dev")
    assert made["metadata"]["name"] == "lab-dev"
    assert made["metadata"]["namespace"] == "gitops"
    assert made["spec"]["source"] == {
        "repoURL": "https://git.test/lab.git",
        "targetRevision": "HEAD",
        "path": "deploy/gitops/overlays/dev",
    }
    assert made["spec"]["destination"]["namespace"] == "lab-dev"
    assert made["spec"]["project"] == "lab"


@pytest.mark.parametrize(("environment", "automated"), [("dev", True), ("prod", False)])
def test_an_environment_may_be_left_to_people(environment: str, automated: bool) -> None:
    """The others sync, prune and heal by themselves."""
    policy = application(SYSTEM, SETTINGS, environment)["spec"]["syncPolicy"]
    assert policy.get("automated") == ({"prune": True, "selfHeal": True} if automated else None)


def test_labels_are_those_of_every_object() -> None:
    """With the system's own."""
    assert application(SYSTEM, SETTINGS, "dev")["metadata"]["labels"] == {
        "app.kubernetes.io/part-of": "lab",
        "app.kubernetes.io/managed-by": "mintage",
        "team": "a",
    }


@pytest.mark.crds
def test_both_are_valid() -> None:
    """Against the CRDs of Argo CD."""
    documents = [application(SYSTEM, SETTINGS, "prod"), project(SYSTEM, SETTINGS, ["a"], [])]
    assert [error for document in documents for error in errors(document)] == []

"""The objects of an Identity: an account, and exactly the permissions its rules ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kubernetes_schemas import errors
from mintage.render.kinds.identity import render
from mintage.render.scope import Scope
from mintage.spec.identity import Identity
from mintage.spec.system import Environment, System

if TYPE_CHECKING:
    from mintage.manifest import Manifest

LAB = System(kind="System", name="lab", environments={"dev": Environment(namespace="lab-dev")})


def manifests(environment: str | None = None, **fields: Any) -> list[Manifest]:
    """Return what an identity called `reader` renders to."""
    return render(Identity(kind="Identity", name="reader", **fields), Scope(LAB, environment, {}))


def objects(environment: str | None = None, **fields: Any) -> dict[str, dict[str, Any]]:
    """Return its objects by kind."""
    return {manifest.kind: manifest.document for manifest in manifests(environment, **fields)}


def test_an_identity_without_rules_is_just_an_account() -> None:
    """No role, and so no binding."""
    assert list(objects()) == ["ServiceAccount"]


def test_rules_make_a_role_and_cluster_rules_a_cluster_role() -> None:
    """Each comes with its binding."""
    assert list(objects(rules=("pods: get",))) == ["ServiceAccount", "Role", "RoleBinding"]
    assert list(objects(cluster_rules=("nodes: get",))) == [
        "ServiceAccount",
        "ClusterRole",
        "ClusterRoleBinding",
    ]


def test_everything_is_valid() -> None:
    """The API server takes all five."""
    made = objects(
        "dev", rules=("pods, deployments.apps: manage",), cluster_rules=("nodes: read", "/metrics: get")
    )
    assert len(made) == 5
    assert [error for document in made.values() for error in errors(document)] == []


def test_a_rule_is_written_as_rbac_spells_it() -> None:
    """One entry for each API group; paths have none."""
    made = objects(rules=("pods, deployments.apps: get",), cluster_rules=("/metrics: get",))
    assert made["Role"]["rules"] == [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]},
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get"]},
    ]
    assert made["ClusterRole"]["rules"] == [{"nonResourceURLs": ["/metrics"], "verbs": ["get"]}]


def test_bindings_name_the_account_in_the_environments_namespace() -> None:
    """A binding whose subject is elsewhere gives nobody anything."""
    made = objects("dev", rules=("pods: get",), cluster_rules=("nodes: get",))
    subject = {"kind": "ServiceAccount", "name": "reader", "namespace": "lab-dev"}
    assert made["RoleBinding"]["subjects"] == made["ClusterRoleBinding"]["subjects"] == [subject]


def test_a_pinned_namespace_is_that_of_the_subject() -> None:
    """The account is where the spec says."""
    made = objects("dev", rules=("pods: get",), namespace="shared")
    assert made["RoleBinding"]["subjects"][0]["namespace"] == "shared"


def test_cluster_roles_of_two_environments_do_not_collide_and_are_the_same_object() -> None:
    """Names without namespace differ by environment; the identity by which overlays match them does not."""
    found = {
        environment: {m.kind: (m.name, m.key) for m in manifests(environment, cluster_rules=("nodes: get",))}
        for environment in (None, "dev")
    }
    assert (found[None]["ClusterRole"][0], found["dev"]["ClusterRole"][0]) == ("lab:reader", "lab-dev:reader")
    assert found[None]["ClusterRole"][1] == found["dev"]["ClusterRole"][1]
    assert found[None]["ClusterRoleBinding"][1] == found["dev"]["ClusterRoleBinding"][1]


def test_a_binding_refers_to_the_role_of_its_environment() -> None:
    """RoleRef follows the name."""
    made = objects("dev", cluster_rules=("nodes: get",))
    assert made["ClusterRoleBinding"]["roleRef"] == {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "ClusterRole",
        "name": "lab-dev:reader",
    }


def test_annotations_are_those_of_the_account() -> None:
    """Cloud roles are attached to the ServiceAccount."""
    made = objects(annotations={"eks.amazonaws.com/role-arn": "arn"}, rules=("pods: get",))
    assert made["ServiceAccount"]["metadata"]["annotations"] == {"eks.amazonaws.com/role-arn": "arn"}
    assert "annotations" not in made["Role"]["metadata"]

"""Rights that a component needs: judged only where every role of its ServiceAccount is in the tree."""

from __future__ import annotations

from typing import Any

from mintage.check import security
from mintage.check.run import findings
from mintage.tree.tree import of_documents

RBAC = "rbac.authorization.k8s.io/v1"
PODS = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}


def pod(*argv: str, account: str = "sa") -> dict[str, Any]:
    """Return a pod that runs a command."""
    spec = {
        "serviceAccountName": account,
        "containers": [{"name": "c", "image": "x:1", "command": list(argv)}],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "n"}, "spec": spec}


def role(*rules: dict[str, Any]) -> dict[str, Any]:
    """Return a Role."""
    return {
        "apiVersion": RBAC,
        "kind": "Role",
        "metadata": {"name": "r", "namespace": "n"},
        "rules": list(rules),
    }


def binding(kind: str = "Role", name: str = "r", bound: str = "RoleBinding") -> dict[str, Any]:
    """Return a binding of the ServiceAccount."""
    return {
        "apiVersion": RBAC,
        "kind": bound,
        "metadata": {"name": "b", "namespace": "n"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": "sa", "namespace": "n"}],
    }


def told(*documents: dict[str, Any]) -> list[str]:
    """Return what is said of insufficient rights."""
    found = findings(of_documents({"a": list(documents)}), security.CHECKS)
    return [finding.message for finding in found if finding.id == "rbac-insufficient"]


def test_kubectl_in_a_script_needs_rights() -> None:
    """The verbs of its command on the resource that it names."""
    script = pod("sh", "-c", "kubectl wait pods --for=condition=Ready; kubectl delete pod/x")
    assert told(script, role(PODS), binding()) == [
        "`kubectl delete pod/x` must delete `pods`, but no role of ServiceAccount `sa` allows it"
    ]
    assert told(script, role({**PODS, "verbs": ["*"]}), binding()) == []


def test_unknown_roles_may_allow_anything() -> None:
    """A role outside of the tree, a ServiceAccount without any binding in it, and another namespace."""
    script = pod("kubectl", "delete", "pod", "x")
    assert told(script, role(PODS), binding(), binding("ClusterRole", "edit")) == []
    assert told(script) == []
    assert told(pod("kubectl", "delete", "pod", "x", "-n", "other"), role(PODS), binding()) == []


def test_several_roles_add_up() -> None:
    """What one lacks another may have."""
    second = role({**PODS, "verbs": ["delete"]})
    second["metadata"]["name"] = "s"
    assert told(pod("kubectl", "delete", "pod", "x"), role(PODS), second, binding(), binding(name="s")) == []


def test_what_has_no_namespace_needs_a_cluster_role_binding() -> None:
    """A RoleBinding gives no rights on nodes."""
    cluster = {**role({"apiGroups": [""], "resources": ["nodes"], "verbs": ["*"]}), "kind": "ClusterRole"}
    script = pod("kubectl", "get", "nodes")
    assert told(script, cluster, binding("ClusterRole")) == [
        "`kubectl get nodes` must list `nodes`, but no role of ServiceAccount `sa` allows it"
    ]
    assert told(script, cluster, binding("ClusterRole", bound="ClusterRoleBinding")) == []


def test_an_endpoint_picker_reads_pods_and_its_pool() -> None:
    """In the API group that its flag names."""
    picker = pod("epp", "--pool-name", "qwen", "--pool-group", "inference.networking.k8s.io")
    pools = {
        "apiGroups": ["inference.networking.x-k8s.io"],
        "resources": ["inferencepools"],
        "verbs": ["get", "list", "watch"],
    }
    resource = "inferencepools.inference.networking.k8s.io"
    assert told(pod("epp", "-poolName", "qwen"), role(pools), binding()) == [
        "the endpoint picker must get, list, watch `pods`, but no role of ServiceAccount `sa` allows it"
    ]
    assert told(picker, role(PODS, pools), binding()) == [
        f"the endpoint picker must get, list, watch `{resource}`, but no role of ServiceAccount `sa` allows it"
    ]


def test_rules_with_every_verb_are_one_finding_of_a_role() -> None:
    """It names the resources of the first; what is wider is told by itself."""
    jobs = {"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["*"]}
    pods = {"apiGroups": [""], "resources": ["pods", "secrets"], "verbs": ["*"]}
    wide = {"apiGroups": ["ray.io"], "resources": ["*"], "verbs": ["*"]}
    found = findings(of_documents({"a": [role(jobs, pods, wide)]}), security.CHECKS)
    assert sorted(finding.message for finding in found) == [
        "a rule allows every resource and every verb",
        "a rule allows every verb on `jobs`, and so does another",
        "a rule lets its holders do anything with every Secret of its namespace",
    ]

"""Fields that cannot change: what counts as a change, and who may make one."""

from __future__ import annotations

from typing import Any

import pytest

from mintage.check.structure.immutable import immutable
from mintage.tree.tree import of_documents


def told(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Return what is said of an object that changes."""
    return [hit.message for hit in immutable(of_documents({"a": [old]}), of_documents({"a": [new]}))]


def made(api: str, kind: str, **fields: Any) -> dict[str, Any]:
    """Return an object."""
    return {"apiVersion": api, "kind": kind, "metadata": {"name": "x"}, **fields}


@pytest.mark.parametrize(
    ("api", "kind", "old", "new", "message"),
    [
        (
            "apps/v1", "Deployment", {"spec": {"selector": {"matchLabels": {"app": "a"}}}}, {"spec": {"selector": {"matchLabels": {"app": "b"}}}},
            '`spec.selector` of Deployment `x` changes, but it cannot be changed: at `matchLabels.app` "a" became "b"',
        ),
        (
            "v1", "PersistentVolumeClaim", {"spec": {"accessModes": ["ReadWriteOnce"]}}, {"spec": {"accessModes": ["ReadWriteMany"]}},
            '`spec.accessModes` of PersistentVolumeClaim `x` changes, but it cannot be changed: "ReadWriteOnce" became "ReadWriteMany"',
        ),
        (
            "v1", "Service", {"spec": {}}, {"spec": {"clusterIP": "None"}},
            '`spec.clusterIP` of Service `x` changes, but it cannot be changed: nothing became "None"',
        ),
        (
            "rbac.authorization.k8s.io/v1", "RoleBinding", {"roleRef": {"kind": "Role", "name": "a"}}, {"roleRef": {"kind": "Role", "name": "b"}},
            '`roleRef` of RoleBinding `x` changes, but it cannot be changed: at `name` "a" became "b"',
        ),
        (
            "v1", "ConfigMap", {"immutable": True, "data": {"a": "1"}}, {"immutable": True, "data": {"a": "2"}},
            '`data` of ConfigMap `x` changes, but it cannot be changed: at `a` "1" became "2"',
        ),
        (
            "apps/v1", "StatefulSet", {"spec": {"serviceName": "a"}}, {"spec": {"serviceName": "b"}},
            '`spec.serviceName` of StatefulSet `x` changes, but it cannot be changed: "a" became "b"',
        ),
    ],
)  # fmt: skip
def test_what_cannot_change(
    api: str, kind: str, old: dict[str, Any], new: dict[str, Any], message: str
) -> None:
    """Field by field."""
    assert told(made(api, kind, **old), made(api, kind, **new)) == [message]


@pytest.mark.parametrize(
    ("api", "kind", "old", "new"),
    [
        ("apps/v1", "Deployment", {"spec": {"replicas": 1}}, {"spec": {"replicas": 2}}),
        ("apps/v1", "StatefulSet", {"spec": {"replicas": 1}}, {"spec": {"replicas": 2}}),
        ("v1", "PersistentVolumeClaim", {"spec": {"resources": 1}}, {"spec": {"resources": 2}}),
        ("v1", "PersistentVolumeClaim", {"spec": {}}, {"spec": {"storageClassName": "a"}}),
        ("v1", "Service", {"spec": {"clusterIP": "None"}}, {"spec": {}}),
        ("v1", "Service", {"spec": {"type": "ExternalName"}}, {"spec": {"clusterIP": "None"}}),
        ("v1", "Service", {"spec": {"selector": {"a": "b"}}}, {"spec": {"selector": {"a": "c"}}}),
        ("v1", "Secret", {}, {"type": "Opaque"}),
        ("v1", "ConfigMap", {"data": {"a": "1"}}, {"data": {"a": "2"}}),
    ],
)
def test_what_may_change(api: str, kind: str, old: dict[str, Any], new: dict[str, Any]) -> None:
    """And what is filled in by the server."""
    assert told(made(api, kind, **old), made(api, kind, **new)) == []


def test_what_argo_cd_makes_anew_may_change() -> None:
    """A hook, and an object that is replaced by force."""
    old, new = (made("batch/v1", "Job", spec={"template": number}) for number in (1, 2))
    assert told(old, new)
    for made_anew in (
        {"argocd.argoproj.io/hook": "Sync"},
        {"argocd.argoproj.io/sync-options": "Force=true, Replace=true"},
    ):
        assert told(old, {**new, "metadata": {"name": "x", "annotations": made_anew}}) == []


def test_another_name_is_another_object() -> None:
    """As is another root."""
    old, new = (made("batch/v1", "Job", spec={"template": number}) for number in (1, 2))
    new["metadata"] = {"name": "y"}
    assert told(old, new) == []

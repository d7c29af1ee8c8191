"""The verdicts of the schemas: who judges what, and how it is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mintage.check import schema
from mintage.check.run import findings
from mintage.check.schema.judged import coverage
from mintage.schemas.store import Schemas
from mintage.tree.load import load
from mintage.tree.tree import of_documents

if TYPE_CHECKING:
    from pathlib import Path

SCHEMAS = Schemas("1.32")
CONTAINER = {"name": "c", "image": "x:1"}


def pod(**container: Any) -> dict[str, Any]:
    """Return a pod with one container."""
    spec = {"containers": [{**CONTAINER, **container}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec}


def told(*documents: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return id, message and advice of what the schemas say."""
    tree = of_documents({"a": list(documents)}, schemas=SCHEMAS)
    return [(each.id, each.message, each.advice) for each in findings(tree, schema.CHECKS)]


def test_an_unknown_field_is_told_with_the_one_that_was_meant() -> None:
    """And with the place it stands in."""
    assert told(pod(imagePullPolice="Always")) == [
        (
            "schema-unknown-field",
            "unknown field `imagePullPolice` in `spec.containers[0]`",
            "did you mean `imagePullPolicy`?",
        )
    ]


def test_a_wrong_type_is_told_with_what_to_write() -> None:
    """Got and want."""
    assert told(pod(env=[{"name": "A", "value": 1}])) == [
        (
            "schema-invalid",
            "`spec.containers[0].env[0].value`: got integer, want string or null",
            'write it in quotes: "1"',
        )
    ]


def test_a_missing_field_points_to_the_documentation() -> None:
    """Of the place where it is missing."""
    document = pod()
    del document["spec"]["containers"]
    assert told(document) == [
        ("schema-invalid", "`spec`: field `containers` is missing", "see `kubectl explain pod.spec`")
    ]


def test_a_kind_that_nobody_knows_is_told_once() -> None:
    """However many objects of it there are; a kind that Kubernetes had, or will have, is not unknown."""
    widget = {"apiVersion": "acme.com/v1", "kind": "Widget", "metadata": {"name": "w"}}
    gone = {"apiVersion": "batch/v1beta1", "kind": "CronJob", "metadata": {"name": "c"}}
    later = {"apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim", "metadata": {"name": "r"}}
    assert [(name, message) for name, message, _ in told(widget, {**widget}, gone, later)] == [
        (
            "schema-missing",
            "there is no schema of `Widget` in `acme.com/v1`: 2 objects were not checked against one",
        )
    ]


def test_the_report_can_say_who_judged_what() -> None:
    """No schema is a visible result."""
    widget = {"apiVersion": "acme.com/v1", "kind": "Widget", "metadata": {"name": "w"}}
    seen = coverage(of_documents({"a": [pod(), widget], "b": [pod()]}, schemas=SCHEMAS))
    assert list(seen.judged.values()) == [2]
    assert next(iter(seen.judged)).startswith("Kubernetes 1.32")
    assert seen.unjudged == {"acme.com/v1/Widget": 1}


def test_without_schemas_nothing_is_said() -> None:
    """Neither about objects, nor about kinds."""
    assert findings(of_documents({"a": [pod(foo=1)]}), schema.CHECKS) == []


def test_a_file_that_no_root_reaches_may_be_a_part_of_an_object(tmp_path: Path) -> None:
    """Of such a patch only fields that do not exist are told."""
    (tmp_path / "kustomization.yaml").write_text("resources: [pod.yaml]\n", encoding="utf-8")
    text = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - {name: c, image: x}\n"
    (tmp_path / "pod.yaml").write_text(text, encoding="utf-8")
    patch = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n  $patch: replace\n  replica: 1\n"
    )
    (tmp_path / "patch.yaml").write_text(patch, encoding="utf-8")
    found = findings(load(tmp_path, schemas=SCHEMAS), schema.CHECKS)
    assert [(str(each.location), each.message) for each in found] == [
        ("patch.yaml:6:3", "unknown field `replica` in `spec`")
    ]


def test_variables_of_envsubst_are_no_values() -> None:
    """What is put in later may have any type; text around it is text."""
    assert told(pod(ports=[{"containerPort": "${PORT}"}], securityContext={"runAsUser": "$UID"})) == []
    assert [each[0] for each in told(pod(ports=[{"containerPort": "a${PORT}"}]))] == ["schema-invalid"]


def test_what_the_server_fills_in_is_not_missed() -> None:
    """The API group of a binding's role has a default."""
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "b"},
        "roleRef": {"kind": "Role", "name": "r"},
    }
    assert told(binding) == []

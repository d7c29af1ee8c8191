"""Raw objects are rendered as they are."""

from __future__ import annotations

from typing import Any

import msgspec

from mintage.render.kinds.raw import render
from mintage.render.scope import Scope
from mintage.spec.raw import Raw
from mintage.spec.system import System

SCOPE = Scope(System(kind="System", name="lab"), None, {})


def rendered(objects: dict[str, Any]) -> list[Any]:
    """Return the manifests of a spec with these objects."""
    spec = msgspec.convert({"kind": "Raw", "name": "extra", "component": "web", "objects": objects}, Raw)
    return render(spec, SCOPE)


def test_an_object_keeps_all_it_says_and_gains_labels_beneath_its_own() -> None:
    """Fields that Mintage does not know are the user's."""
    value = {
        "apiVersion": "example.com/v1",
        "kind": "Thing",
        "metadata": {"name": "one", "labels": {"app.kubernetes.io/name": "mine"}, "finalizers": ["f"]},
        "anything": {"at": ["all"]},
    }
    (manifest,) = rendered({"first": value})
    labels = {
        "app.kubernetes.io/name": "mine",
        "app.kubernetes.io/component": "web",
        "app.kubernetes.io/part-of": "lab",
        "app.kubernetes.io/managed-by": "mintage",
    }
    assert manifest.document == {**value, "metadata": {"name": "one", "finalizers": ["f"], "labels": labels}}


def test_files_are_named_by_the_specs_own_name_of_an_object() -> None:
    """`{short}` is what the spec calls it; the object's name is another matter."""
    thing = {"apiVersion": "v1", "kind": "Thing", "metadata": {"name": "x"}}
    assert [(m.short, m.name) for m in rendered({"a": thing, "b": {**thing, "kind": "Other"}})] == [
        ("a", "x"),
        ("b", "x"),
    ]

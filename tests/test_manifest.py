"""A manifest knows who the object is; its document reads as people expect."""

from __future__ import annotations

from typing import Any

import pytest

from mintage.manifest import Manifest, compact, in_reading_order, metadata


def _manifest(api_version: str = "apps/v1", kind: str = "Deployment", **meta: Any) -> Manifest:
    return Manifest({"apiVersion": api_version, "kind": kind, "metadata": {"name": "web", **meta}})


def test_an_object_is_told_by_group_kind_namespace_and_name() -> None:
    """The version does not matter: v1 and v1beta1 are two views of one object."""
    assert _manifest().key == ("apps", "Deployment", "", "web")
    assert _manifest("apps/v1beta1").key == _manifest("apps/v1").key
    assert _manifest("v1", "Service", namespace="other").key == ("", "Service", "other", "web")


def test_an_identity_stands_for_a_name_that_differs_between_environments() -> None:
    """Overlays pair objects by it."""
    manifest = Manifest(_manifest().document, identity="robot")
    assert (manifest.name, manifest.key[3]) == ("web", "robot")


@pytest.mark.parametrize(
    ("kind", "namespaced"), [("ClusterRole", False), ("Namespace", False), ("Role", True)]
)
def test_some_kinds_have_no_namespace(kind: str, namespaced: bool) -> None:
    """An overlay gives the others theirs."""
    assert _manifest("v1", kind).has_namespace is namespaced


def test_metadata_is_in_reading_order_and_holds_nothing_empty() -> None:
    """Name, namespace, labels, annotations."""
    assert list(metadata("a", namespace="b", labels={"c": "d"}, annotations={"e": "f"})) == [
        "name",
        "namespace",
        "labels",
        "annotations",
    ]
    assert metadata("a", labels={}, annotations=None) == {"name": "a"}


def test_metadata_is_a_copy() -> None:
    """Two objects may share labels, and a pass may add to one of them."""
    labels = {"a": "b"}
    metadata("x", labels=labels)["labels"]["c"] = "d"
    assert labels == {"a": "b"}


def test_documents_begin_with_what_they_are() -> None:
    """The rest keeps its order."""
    document = {"data": 1, "spec": 2, "metadata": 3, "zeta": 4, "kind": 5, "apiVersion": 6}
    assert list(in_reading_order(document)) == ["apiVersion", "kind", "metadata", "spec", "data", "zeta"]


def test_compact_keeps_zero_and_false() -> None:
    """They say something; an empty list does not."""
    assert compact(a=0, b=False, c="", d=None, e=[], f={}, g=(), h="x") == {"a": 0, "b": False, "h": "x"}

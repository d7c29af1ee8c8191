"""Every object gets its labels, its wave, its namespace and its file."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from mintage.manifest import Manifest
from mintage.render.passes import finished
from mintage.spec.system import System
from mintage.spec.workload import Workload

LAB = System(kind="System", name="lab")


def workload(**fields: Any) -> Workload:
    """Return a spec."""
    return Workload(**{"kind": "Workload", "name": "web", "image": "a:1", **fields})


def manifest(kind: str = "Deployment", **meta: Any) -> Manifest:
    """Return an object as a kind makes it."""
    return Manifest({"kind": kind, "spec": {}, "apiVersion": "v1", "metadata": {"name": "web", **meta}})


def test_nothing_is_added_that_was_not_asked_for() -> None:
    """The keys are put in reading order."""
    made = finished(manifest(), workload(), LAB)
    assert list(made.document) == ["apiVersion", "kind", "metadata", "spec"]
    assert made.document["metadata"] == {"name": "web"}
    assert made.origin == "web"


def test_the_wave_is_an_annotation_beside_the_others() -> None:
    """Zero is a wave."""
    made = finished(manifest(annotations={"a": "b"}), workload(wave=0), LAB)
    assert made.document["metadata"]["annotations"] == {"a": "b", "argocd.argoproj.io/sync-wave": "0"}


def test_labels_of_the_spec_win() -> None:
    """They come last, from whoever wrote the spec."""
    made = finished(manifest(labels={"a": "1", "b": "1"}), workload(labels={"b": "2", "c": "2"}), LAB)
    assert made.document["metadata"]["labels"] == {"a": "1", "b": "2", "c": "2"}


@pytest.mark.parametrize(
    ("kind", "own", "namespace"),
    [("Role", None, "pinned"), ("Role", "own", "own"), ("ClusterRole", None, None)],
)
def test_a_pinned_namespace_is_for_objects_that_have_one(
    kind: str, own: str | None, namespace: str | None
) -> None:
    """What the kind says of itself wins; cluster-scoped objects have none."""
    meta = {"namespace": own} if own else {}
    assert finished(manifest(kind, **meta), workload(namespace="pinned"), LAB).namespace == namespace


def test_other_metadata_stays() -> None:
    """Finalizers, owners and the like."""
    assert finished(manifest(finalizers=["a"]), workload(), LAB).document["metadata"]["finalizers"] == ["a"]


def test_what_is_given_is_not_changed() -> None:
    """A kind may use a document twice."""
    given = manifest(labels={"a": "b"})
    before = copy.deepcopy(given.document)
    finished(given, workload(labels={"c": "d"}, wave=1, namespace="n"), LAB)
    assert given.document == before


@pytest.mark.parametrize(
    ("layout", "own", "file"),
    [
        ({}, {}, "deployment-web.yaml"),
        ({"Deployment": "{short}.yaml"}, {}, "w.yaml"),
        ({"Deployment": "{short}.yaml", "front/Deployment": "main.yaml"}, {}, "main.yaml"),
        ({"front/Deployment": "main.yaml"}, {"*": "all.yaml"}, "all.yaml"),
        (
            {"front/Deployment": "main.yaml"},
            {"*": "all.yaml", "Deployment": "{kind}/{name}.yaml"},
            "deployment/web.yaml",
        ),
        ({"Service": "service.yaml"}, {"Service": "service.yaml"}, "deployment-web.yaml"),
    ],
)
def test_the_nearest_layout_decides_the_file(layout: dict[str, str], own: dict[str, str], file: str) -> None:
    """The spec's, then the component's, then the kind's."""
    system = System(kind="System", name="lab", layout=layout)
    assert finished(manifest(), workload(component="front", short="w", layout=own), system).file == file


def test_a_file_is_called_after_what_stays_the_same() -> None:
    """Not after a name that carries the environment; a colon is no good in file names."""
    made = finished(Manifest(manifest().document, identity="a:b"), workload(), LAB)
    assert made.file == "deployment-a-b.yaml"

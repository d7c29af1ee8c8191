"""A judge finds everything, changes nothing, and treats custom resources as the server does."""

from __future__ import annotations

import time
from copy import deepcopy
from typing import Any

import pytest

from mintage.errors import MintageError
from mintage.schemas.judge import Judge
from mintage.schemas.store import Schemas
from schemas.corpus import corpus, manifest

BOX: dict[str, Any] = {
    "type": "object",
    "properties": {
        "size": {"type": "integer", "default": 3},
        "note": {"type": "string"},
        "free": {"type": ["string", "null"], "default": "x"},
        "deep": {"type": "object", "properties": {"mode": {"type": "string", "default": "on"}}, "required": ["mode"]},
        "many": {
            "type": "array",
            "items": {"type": "object", "properties": {"id": {"type": "integer"}, "kind": {"type": "string", "default": "a"}}},
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["id", "kind"],
        },
        "tags": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
        "named": {"type": "object", "additionalProperties": {"$ref": "#/$defs/One"}},
    },
    "required": ["size"],
    "additionalProperties": False,
    "$defs": {"One": {"type": "object", "properties": {"on": {"type": "boolean", "default": True}}, "required": ["on"]}},
}  # fmt: skip


@pytest.fixture
def box() -> Judge:
    """Return the judge of a custom kind."""
    return Judge(BOX, "a box", custom=True)


def test_defaults_are_filled_in_before_it_is_judged(box: Judge) -> None:
    """At every depth, in lists and in maps; what is there stays."""
    given: dict[str, Any] = {"deep": {}, "many": [{"id": 1}], "named": {"x": {}}, "free": None}
    assert box.errors(given) == []
    assert box.as_validated(given) == {
        "size": 3,
        "free": None,
        "deep": {"mode": "on"},
        "many": [{"id": 1, "kind": "a"}],
        "named": {"x": {"on": True}},
    }


def test_nulls_that_mean_nothing_are_dropped(box: Judge) -> None:
    """A field with a default takes it, an item of a list stays wrong."""
    assert box.as_validated({"note": None, "size": None, "named": {"x": None}}) == {
        "size": 3,
        "free": "x",
        "named": {},
    }
    assert [error.message for error in box.errors({"tags": ["a", None]})] == ["got null, want string"]


def test_items_that_stand_twice(box: Judge) -> None:
    """By their keys after defaults, or as a whole in a set."""
    found = box.errors({"many": [{"id": 1}, {"id": 2}, {"id": 1, "kind": "a"}], "tags": ["x", "y", "x"]})
    assert [(error.path, error.message) for error in found] == [
        (("many", 2), 'item with `id` 1, `kind` "a" stands already at index 0 of the list'),
        (("tags", 2), 'item with "x" stands already at index 0 of the list'),
    ]
    assert all(error.custom for error in found)


def test_a_custom_resource_needs_a_name(box: Judge) -> None:
    """Or the beginning of one."""
    named = Judge(
        {**BOX, "properties": {**BOX["properties"], "metadata": {"type": "object"}}}, "", custom=True
    )
    assert [(error.path, error.message) for error in named.errors({"metadata": {"labels": {}}})] == [
        (("metadata",), "want a `name` (or a `generateName`)")
    ]
    assert named.errors({"metadata": {"generateName": "x-"}}) == []
    assert box.errors({}) == []  # of this box there is no metadata at all


def test_documents_are_not_changed(box: Judge) -> None:
    """They are judged, patched and shown by others as well."""
    given: dict[str, Any] = {"deep": {}, "note": None, "many": [{"id": 1}]}
    before = deepcopy(given)
    box.errors(given)
    assert given == before
    for document in corpus():
        before = deepcopy(document)
        judge = Schemas("1.32").judge(document["apiVersion"], document["kind"])
        assert judge is not None
        judge.errors(document)
        assert document == before


def test_a_key_that_is_no_string_is_an_error_in_words(box: Judge) -> None:
    """A reader of another dialect may bring it."""
    (error,) = box.errors({1: 2})  # type: ignore[dict-item]
    assert error.message.startswith("the document is not JSON: ")


def test_a_deep_document_does_no_harm() -> None:
    """Neither the engine nor the walks are exhausted; readers refuse what is deeper."""
    deep: Any = "x"
    for _ in range(60):
        deep = {"a": [deep]}
    judge = Schemas("1.32").judge("v1", "ConfigMap")
    assert judge is not None
    document = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"a": deep}}
    assert [error.message for error in judge.errors(document)] == ["got object, want string or null"]


def test_a_schema_that_does_not_compile_is_an_error_in_words() -> None:
    """Someone edited a stored file."""
    judge = Judge({"type": "nothing"}, "Box example.io/v1 imported from x.yaml", custom=True)
    with pytest.raises(MintageError) as raised:
        judge.errors({})
    (problem,) = raised.value.problems
    assert (problem.id, problem.location.file) == (
        "schema-file-invalid",
        "Box example.io/v1 imported from x.yaml",
    )
    assert problem.message.startswith("the schema does not compile: ")


def test_the_same_errors_every_time() -> None:
    """In the same order."""
    document = deepcopy(manifest("Deployment"))
    document["spec"] |= {"x": 1, "replicas": "a", "b": 2, "selector": []}
    runs = [Schemas("1.32").judge("apps/v1", "Deployment") for _ in range(3)]
    found = [judge.errors(document) for judge in runs if judge is not None]
    assert found[0] == found[1] == found[2]
    assert [error.path for error in found[0]] == [
        ("spec", name) for name in ("b", "replicas", "selector", "x")
    ]


@pytest.mark.slow
def test_two_thousand_manifests_are_judged_at_once() -> None:
    """Compiling included; the bound is ten times what an idle machine takes."""
    documents = [document for document in corpus() for _ in range(84)]
    schemas = Schemas("1.32")
    began = time.perf_counter()
    for document in documents:
        judge = schemas.judge(document["apiVersion"], document["kind"])
        assert judge is not None
        assert judge.errors(document) == []
    assert len(documents) >= 2_000
    assert time.perf_counter() - began < 1.0

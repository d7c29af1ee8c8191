"""Computed patches lead exactly from base to target, and fail where the base is not the one they were made for."""

from __future__ import annotations

import copy
import re
from typing import Any

import jsonpatch
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mintage.errors import MintageError
from mintage.render.patch import diff, identical

KEYS = st.sampled_from(("a", "b", "name", "a/b", "~", "", "0", "-", "x y"))
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from((0.0, 1.0, 1.5))
    | st.sampled_from(("", "a", "1", "--a=1", "--a=2", "--b", "-v"))
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=4)
NAMED = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from("abcd")}, optional={"value": SCALARS, "more": OBJECTS}),
    max_size=4,
    unique_by=lambda item: str(item["name"]),
)
ARGUMENTS = st.lists(st.builds("--{}={}".format, st.sampled_from("abc"), st.sampled_from("12")), max_size=4)
PODS = st.fixed_dictionaries(
    {}, optional={"env": NAMED, "args": ARGUMENTS, "items": st.lists(OBJECTS, max_size=3)}
)
DOCUMENTS = OBJECTS | PODS


def applied(base: Any, operations: list[dict[str, Any]]) -> Any:
    """Return what a patch makes of a document."""
    return jsonpatch.apply_patch(copy.deepcopy(base), operations)


def at(document: Any, pointer: str) -> Any:
    """Return the value at a JSON pointer."""
    return jsonpatch.JsonPointer(pointer).resolve(document)


@settings(max_examples=500, deadline=None)
@given(DOCUMENTS, DOCUMENTS)
def test_a_patch_leads_from_base_to_target(base: dict[str, Any], target: dict[str, Any]) -> None:
    """To the last type: 1, 1.0 and true are three values."""
    before = copy.deepcopy(base)
    operations = diff(base, target, "it")
    assert identical(applied(base, operations), target)
    assert identical(base, before)


@given(DOCUMENTS)
def test_there_is_no_patch_between_equals(base: dict[str, Any]) -> None:
    """Most objects are the same in every environment."""
    assert diff(base, copy.deepcopy(base), "it") == []


@given(st.permutations(("a", "b", "c")))
def test_the_order_of_keys_is_no_difference(keys: list[str]) -> None:
    """Kubernetes does not see it."""
    assert diff({"a": 1, "b": 1, "c": 1}, dict.fromkeys(keys, 1), "it") == []


@settings(max_examples=300, deadline=None)
@given(DOCUMENTS, DOCUMENTS)
def test_nothing_is_replaced_removed_or_moved_without_a_guard(
    base: dict[str, Any], target: dict[str, Any]
) -> None:
    """Each such operation follows a test of what it takes away."""
    operations = diff(base, target, "it")
    for index, operation in enumerate(operations):
        if operation["op"] in {"replace", "remove", "move"}:
            guard = operations[index - 1]
            assert guard["op"] == "test"
            assert guard["path"] == operation.get("from", operation["path"])
        else:
            assert operation["op"] in {"test", "add"}


def _first_list(operation: dict[str, Any]) -> bool:
    """Tell whether an operation shifts the items of a list."""
    last = operation["path"].rpartition("/")[2]
    return operation["op"] in {"add", "remove", "move"} and re.fullmatch(r"\d+|-", last) is not None


def _guarded(operations: list[dict[str, Any]]) -> list[str]:
    """Return the guarded places that mean the base as it stands."""
    found = []
    for operation in operations:
        if operation["op"] == "test":
            found.append(operation["path"])
        elif _first_list(operation):
            break
    return found


def _set(document: Any, pointer: str, value: Any) -> None:
    jsonpatch.JsonPointer(pointer).set(document, value)


@settings(max_examples=500, deadline=None)
@given(DOCUMENTS, DOCUMENTS, SCALARS, st.data())
def test_a_patch_fails_where_a_guarded_value_has_changed(
    base: dict[str, Any], target: dict[str, Any], value: Any, data: st.DataObject
) -> None:
    """Whatever the change is (to Python's eyes: jsonpatch takes 1 and true for equal, Kustomize does not)."""
    places = _guarded(diff(base, target, "it"))
    assume(places)
    place = data.draw(st.sampled_from(places))
    assume(at(base, place) != value)
    edited = copy.deepcopy(base)
    _set(edited, place, value)
    with pytest.raises((jsonpatch.JsonPatchException, jsonpatch.JsonPointerException)):
        applied(edited, diff(base, target, "it"))


@settings(max_examples=300, deadline=None)
@given(NAMED, NAMED)
def test_a_patch_fails_where_an_item_was_put_before_the_others(
    base: list[dict[str, Any]], target: list[dict[str, Any]]
) -> None:
    """Kustomize knows items by their index only: a guard must see that another item stands there now."""
    operations = diff({"env": base}, {"env": target}, "it")
    assume(operations and base)
    with pytest.raises((jsonpatch.JsonPatchException, jsonpatch.JsonPointerException)):
        applied({"env": [{"name": "z", "value": "new"}, *base]}, operations)


def test_a_changed_variable_is_one_line_for_the_reviewer() -> None:
    """Its name is tested, its value tested and replaced."""
    base = {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "1"}]}
    target = {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}
    assert diff(base, target, "it") == [
        {"op": "test", "path": "/env/1/name", "value": "B"},
        {"op": "test", "path": "/env/1/value", "value": "1"},
        {"op": "replace", "path": "/env/1/value", "value": "2"},
    ]


def test_a_changed_flag_is_replaced_in_its_place() -> None:
    """Flags are told by what stands before the equals sign."""
    assert diff({"args": ["--a=1", "--b=1"]}, {"args": ["--a=1", "--b=2"]}, "it") == [
        {"op": "test", "path": "/args/1", "value": "--b=1"},
        {"op": "replace", "path": "/args/1", "value": "--b=2"},
    ]


def test_an_appended_item_is_guarded_by_the_one_before_it() -> None:
    """If that has moved, the end is not where it was."""
    assert diff({"args": ["a"]}, {"args": ["a", "b"]}, "it") == [
        {"op": "test", "path": "/args/0", "value": "a"},
        {"op": "add", "path": "/args/1", "value": "b"},
    ]


def test_a_field_added_to_an_item_without_name_guards_the_item() -> None:
    """Nothing else tells it from the others."""
    assert diff({"rules": [{"a": 1}]}, {"rules": [{"a": 1, "b": 2}]}, "it") == [
        {"op": "test", "path": "/rules/0", "value": {"a": 1}},
        {"op": "add", "path": "/rules/0/b", "value": 2},
    ]


def test_keys_are_escaped() -> None:
    """`~` and `/` mean something in a pointer."""
    assert [operation["path"] for operation in diff({"a/b~c": 1}, {}, "it")] == ["/a~1b~0c"] * 2


def test_annotations_that_go_are_guarded_one_by_one() -> None:
    """While it builds, Kustomize keeps annotations of its own there: the whole mapping is never as it stands."""
    base = {"metadata": {"annotations": {"a/b": "1", "c": "2"}}}
    assert diff(base, {"metadata": {}}, "it") == [
        {"op": "test", "path": "/metadata/annotations/a~1b", "value": "1"},
        {"op": "test", "path": "/metadata/annotations/c", "value": "2"},
        {"op": "remove", "path": "/metadata/annotations"},
    ]


@pytest.mark.parametrize(
    "value", [2**53 + 1, -(2**53) - 1, [2**60], {"a": [2**60]}], ids=["above", "below", "in a list", "deep"]
)
def test_an_integer_that_kustomize_would_round_is_refused(value: Any) -> None:
    """It passes patches through float64."""
    with pytest.raises(MintageError) as caught:
        diff({"seed": 1}, {"seed": value}, "Deployment web")
    (problem,) = caught.value.problems
    assert problem.id == "patch-integer"
    assert re.fullmatch(
        r"-?\d+ at /seed.* is beyond 2\^53: Kustomize would round it in a patch", problem.message
    )
    assert problem.advice == "write it as a string, or make it the same in every environment"
    assert problem.location.file == "Deployment web"


@pytest.mark.parametrize("value", [2**53, -(2**53), True, 1.5])
def test_other_numbers_pass(value: Any) -> None:
    """Up to 2^53 every integer is a float64."""
    assert diff({"seed": 3}, {"seed": value}, "it")[-1]["value"] is value


def test_an_integer_that_stays_is_refused_where_anything_else_is_patched() -> None:
    """Kustomize takes the whole object through float64 (measured with 5.5); without a patch it does not."""
    with pytest.raises(MintageError) as caught:
        diff({"seed": 2**60, "a": 1}, {"seed": 2**60, "a": 2}, "it")
    assert [problem.id for problem in caught.value.problems] == ["patch-integer"]
    assert diff({"seed": 2**60}, {"seed": 2**60}, "it") == []


@pytest.mark.parametrize(
    ("left", "right"),
    [(1, True), (1, 1.0), (0, False), ([1], [True]), ({"a": 0}, {"a": False}), ("1", 1), (None, False)],
)
def test_values_of_different_types_are_not_identical(left: Any, right: Any) -> None:
    """To Python some of them are equal."""
    assert not identical(left, right)
    assert identical(left, copy.deepcopy(left))
    assert diff({"a": left}, {"a": right}, "it") != []

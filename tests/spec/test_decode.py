"""From a YAML value to a typed spec: every mistake at once, each where it was written, whatever was merged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Meta, inspect

from mintage.canonical import yaml_text
from mintage.errors import MintageError
from mintage.source import Document, read
from mintage.spec.decode import (
    Complaint,
    Fields,
    Layer,
    Layers,
    _complaints,
    _explain,
    decode,
    describe,
    merge,
    without_nulls,
)
from mintage.spec.fields import Name, Quantity  # noqa: TC001 - msgspec evaluates the annotations
from mintage.spec.kinds import SPECS, spec_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Keeper(Fields, frozen=True, kw_only=True):
    """Somebody who looks after animals."""

    name: Name
    years: Annotated[int, Meta(ge=0, le=60)] = 0
    share: Annotated[Annotated[float, Meta(gt=0, lt=1)] | None, Meta(description="Part of the day.")] = None

    def complaints(self) -> Iterator[Complaint]:
        """Twelve years are enough."""
        if self.years == 13:
            yield Complaint(("years",), "thirteen years bring bad luck", "wait a year")


class Zoo(Fields, frozen=True, kw_only=True):
    """A type with every sort of field that specs have."""

    kind: Literal["Zoo"]
    city: str
    animals: Annotated[int, Meta(ge=1)]
    is_open: bool = True
    size: Literal["big", "small"] | None = None
    stars: Literal[1, 2] = 1
    legs: Annotated[int, Meta(multiple_of=2)] = 0
    tags: tuple[str, ...] = ()
    gates: Annotated[tuple[str, ...], Meta(min_length=1, max_length=2)] = ("main",)
    motto: Annotated[str, Meta(max_length=5)] = ""
    prices: Annotated[dict[str, int], Meta(max_length=2)] = msgspec.field(default_factory=dict)
    area: Quantity | None = None
    head: Keeper | None = None
    staff: tuple[Keeper, ...] = ()
    houses: dict[Name, Keeper] = msgspec.field(default_factory=dict)
    facts: dict[str, str | int | float | bool | Keeper] = msgspec.field(default_factory=dict)
    notes: Any = None
    plan: str | None = None

    def complaints(self) -> Iterator[Complaint]:
        """Say where a zoo cannot be, and what an open one needs."""
        if self.city == "Atlantis":
            yield Complaint(("city",), "nobody finds Atlantis")
        if self.is_open and not self.gates:
            yield Complaint(("isOpen",), "an open zoo needs a gate", on_key=True)


SOUND = "kind: Zoo\ncity: Berlin\nanimals: 3\n"


def document(text: str, file: str = "zoo.yaml") -> Document:
    """Return a document that stands in a file."""
    return read(file, text.encode())


def found(value: Any, *layers: Layer, kind: type[Fields] = Zoo) -> list[str]:
    """Return what is wrong with a value, as `place: message | advice`."""
    with pytest.raises(MintageError) as caught:
        decode(value, kind, Layers(layers))
    return [f"{problem.location}: {problem.message} | {problem.advice}" for problem in caught.value.problems]


def wrong(more: str, *, before: str = SOUND) -> list[str]:
    """Return what is wrong with a zoo; `more` begins at line 4."""
    whole = document(before + more)
    return found(whole.value, Layer(whole))


# --- one mistake ----------------------------------------------------------------------------------------------

QUOTE = "YAML reads this bare word as something else than text: put it in quotes"
MISTAKES = {
    "citty: x": "4:1: unknown field `citty` | did you mean `city`?",
    "isopen: true": "4:1: unknown field `isopen` | did you mean `isOpen`?",
    "is_open: true": "4:1: unknown field `is_open` | did you mean `isOpen`?",
    "isOpen: 1": "4:9: expected true or false, got the number 1 | ",
    "isOpen: 'yes'": "4:9: expected true or false, got the string 'yes' | ",
    "size: medium": "4:7: expected one of `big`, `small`, got the string 'medium' | ",
    "size: bigg": "4:7: expected one of `big`, `small`, got the string 'bigg' | did you mean `big`?",
    "size: 3": "4:7: expected one of `big`, `small`, got the number 3 | ",
    "stars: true": "4:8: expected one of `1`, `2`, got true | ",
    "stars: 3": "4:8: expected one of `1`, `2`, got the number 3 | ",
    "legs: 3": "4:7: expected a multiple of 2, got 3 | ",
    "legs: 1.5": "4:7: expected an integer, got the number 1.5 | ",
    "legs: '4'": "4:7: expected an integer, got the string '4' | remove the quotes",
    "legs: '-4'": "4:7: expected an integer, got the string '-4' | remove the quotes",
    "legs: '4.5'": "4:7: expected an integer, got the string '4.5' | ",
    "legs: four": "4:7: expected an integer, got the string 'four' | ",
    "legs: true": "4:7: expected an integer, got true | ",
    "legs: null": "4:7: expected an integer, got null | ",
    "legs: {}": "4:7: expected an integer, got a mapping | ",
    "tags: one": "4:7: expected a list, got the string 'one' | put it in brackets: [one]",
    "tags: {a: 1}": "4:7: expected a list, got a mapping | ",
    "tags: [a, 1]": f"4:11: expected a string, got the number 1 | {QUOTE}",
    "tags: [a, no]": f"4:11: expected a string, got false | {QUOTE}",
    "tags: [a, ~]": "4:11: expected a string, got null | ",
    "plan: 007": f"4:7: expected a string, got the number 7 | {QUOTE}",
    "gates: []": "4:8: expected at least 1 items, got 0 items | ",
    "gates: [a, b, c]": "4:8: expected at most 2 items, got 3 items | ",
    "motto: too long": "4:8: expected at most 5 characters, got 8 characters | ",
    "prices: {a: 1, b: 2, c: 3}": "4:9: expected at most 2 entries, got 3 entries | ",
    "area: [1]": "4:7: expected an integer or a number or a string, got a list | ",
    "area: yes": f"4:7: expected an integer or a number or a string, got true | {QUOTE}",
    "head: Ann": "4:7: expected a mapping, got the string 'Ann' | ",
    "head: {}": "4:1: required field `name` is missing | add `name: ...`",
    "head: {name: Ann}": "4:14: `Ann` does not match ^[a-z0-9]([-a-z0-9]*[a-z0-9])?$ | use lower-case letters, digits and dashes, as in `web-1`",
    "head: {name: ann, years: 61}": "4:26: expected at most 60, got 61 | ",
    "head: {name: ann, years: -1}": "4:26: expected at least 0, got -1 | ",
    "head: {name: ann, share: 0}": "4:26: expected more than 0, got 0 | ",
    "head: {name: ann, share: 1.5}": "4:26: expected less than 1, got 1.5 | ",
    "head: {name: ann, share: '0.5'}": "4:26: expected a number, got the string '0.5' | remove the quotes",
    "staff:\n- name: ann\n- nam: bob\n  name: bob": "6:3: unknown field `nam` | did you mean `name`?",
    "staff:\n- name: ann\n- years: 3": "6:3: required field `name` is missing | add `name: ...`",
    "houses: {Ape: {name: ann}}": "4:10: `Ape` does not match ^[a-z0-9]([-a-z0-9]*[a-z0-9])?$ | use lower-case letters, digits and dashes, as in `web-1`",
    "houses: {ape: {name: ann, years: x}}": "4:34: expected an integer, got the string 'x' | ",
    "facts: {a: [1]}": "4:12: expected a string or an integer or a number or true or false or a mapping, got a list | ",
    "facts: {a: {name: 1}}": f"4:19: expected a string, got the number 1 | {QUOTE}",
    "head: {name: ann, years: 13}": "4:26: thirteen years bring bad luck | wait a year",
    "staff: [{name: a}, {name: b, years: 13}]": "4:37: thirteen years bring bad luck | wait a year",
    "houses: {ape: {name: b, years: 13}}": "4:32: thirteen years bring bad luck | wait a year",
    "facts: {a: {name: b, years: 13}}": "4:29: thirteen years bring bad luck | wait a year",
}


@pytest.mark.parametrize(("more", "expected"), MISTAKES.items(), ids=MISTAKES)
def test_each_sort_of_mistake_has_its_sentence_and_its_place(more: str, expected: str) -> None:
    """What was expected, what stands there, and what to do where that is clear."""
    assert wrong(more) == [f"zoo.yaml:{expected}"]


def test_a_good_value_becomes_a_frozen_spec() -> None:
    """With camelCase names in YAML and snake_case in Python."""
    spec = decode(document(f"{SOUND}isOpen: false\narea: 2\n").value, Zoo, Layers((Layer(document(SOUND)),)))
    assert (spec.city, spec.is_open, spec.area, spec.gates) == ("Berlin", False, 2, ("main",))
    with pytest.raises(AttributeError):
        spec.city = "Rome"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- a\n", "a list | write a mapping, `name: value`, instead of a list"),
        ("a\n", "the string 'a' | "),
        ("", "null | write `{}` for nothing, or indent what belongs here"),
    ],
)
def test_a_file_that_is_no_mapping_is_refused(text: str, expected: str) -> None:
    """At its first character."""
    whole = document(text)
    assert found(whole.value, Layer(whole)) == [f"zoo.yaml:1:1: expected a mapping, got {expected}"]


def test_values_are_named_by_what_a_reader_would_call_them() -> None:
    """Long strings are cut."""
    values: list[Any] = [None, True, 1, 1.5, "a", "b" * 41, [], {}]
    shown = [describe(value) for value in values]
    cut = f"the string {'b' * 37 + '...'!r}"
    assert shown == [
        "null",
        "true",
        "the number 1",
        "the number 1.5",
        "the string 'a'",
        cut,
        "a list",
        "a mapping",
    ]


# --- several mistakes -----------------------------------------------------------------------------------------


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file() -> None:
    """Nobody wants to run five times to see five mistakes."""
    more = "citty: x\nstaff:\n- {name: 1}\n- {years: 99}\nhouses:\n  A: {name: b, x: 1}\nsize: 4\n"
    assert wrong(more, before="kind: Zo\nanimals: 0\n") == [
        "zoo.yaml:1:1: required field `city` is missing | add `city: ...`",
        "zoo.yaml:1:7: expected one of `Zoo`, got the string 'Zo' | did you mean `Zoo`?",
        "zoo.yaml:2:10: expected at least 1, got 0 | ",
        "zoo.yaml:3:1: unknown field `citty` | did you mean `city`?",
        f"zoo.yaml:5:10: expected a string, got the number 1 | {QUOTE}",
        "zoo.yaml:6:3: required field `name` is missing | add `name: ...`",
        "zoo.yaml:6:11: expected at most 60, got 99 | ",
        "zoo.yaml:8:3: `A` does not match ^[a-z0-9]([-a-z0-9]*[a-z0-9])?$ | use lower-case letters, digits and dashes, as in `web-1`",
        "zoo.yaml:8:16: unknown field `x` | known: `name`, `share`, `years`",
        "zoo.yaml:9:7: expected one of `big`, `small`, got the number 4 | ",
    ]


def test_what_types_cannot_say_is_told_at_once_as_well() -> None:
    """Of the value itself and of everything in it."""
    assert wrong(
        "head: {name: a, years: 13}\nstaff: [{name: b, years: 13}]\n",
        before=SOUND.replace("Berlin", "Atlantis"),
    ) == [
        "zoo.yaml:2:7: nobody finds Atlantis | ",
        "zoo.yaml:4:24: thirteen years bring bad luck | wait a year",
        "zoo.yaml:5:26: thirteen years bring bad luck | wait a year",
    ]


# --- layers ---------------------------------------------------------------------------------------------------

SPEC = """\
kind: Zoo
city: Berlin
animals: 3
head:
  name: ann
staff:
- name: bob
environments:
  dev:
    animals: 1
    head:
      years: 3
    staff:
    - years: 2
"""
SYSTEM = """\
kind: System
defaults:
  Zoo:
    motto: hi
environments:
  dev:
    set:
      Zoo/*:
        legs: 4
        houses: {ape: {name: eve}}
"""


def layered(spec: str, system: str = SYSTEM) -> list[str]:
    """Return what is wrong with a spec in `dev`: defaults, spec, the system's delta and its own, in this order."""
    own, root = document(spec), document(system, "system.yaml")
    delta = own.value.get("environments", {}).get("dev", {})
    base = merge(
        root.value["defaults"]["Zoo"],
        {key: value for key, value in own.value.items() if key != "environments"},
    )
    value = merge(merge(base, root.value["environments"]["dev"]["set"]["Zoo/*"]), delta)
    layers = (
        Layer(own, ("environments", "dev")),
        Layer(root, ("environments", "dev", "set", "Zoo/*")),
        Layer(own),
        Layer(root, ("defaults", "Zoo")),
    )
    return [sentence.split(" | ")[0] for sentence in found(value, *layers)]


def test_a_mistake_in_a_delta_is_placed_in_the_delta() -> None:
    """Also where the spec has a good value at the same path."""
    assert layered(SPEC.replace("animals: 1", "animals: none").replace("- years: 2", "- name: 1")) == [
        "zoo.yaml:10:14: expected an integer, got the string 'none'",
        "zoo.yaml:14:13: expected a string, got the number 1",
    ]


def test_a_mistake_in_the_systems_delta_is_placed_in_the_system() -> None:
    """A wrong value at its value, an unknown field at its key, also in the defaults."""
    system = (
        SYSTEM.replace("legs: 4", "legs: 5")
        .replace("name: eve", "name: eve, x: 1")
        .replace("motto: hi", "moto: hi")
    )
    assert layered(SPEC.replace("- years: 2", "- name: b"), system) == [
        "system.yaml:4:5: unknown field `moto`",
        "system.yaml:9:15: expected a multiple of 2, got 5",
        "system.yaml:10:35: unknown field `x`",
    ]


def test_what_the_spec_sets_again_is_placed_where_it_was_set_last() -> None:
    """The system's delta is laid over the spec, the spec's own delta over both."""
    assert layered(SPEC.replace("- years: 2", "- name: b") + "    legs: 7\n") == [
        "zoo.yaml:15:11: expected a multiple of 2, got 7"
    ]
    assert layered(
        SPEC.replace("- years: 2", "- name: b").replace("city: B", "legs: 9\ncity: B"),
        SYSTEM.replace("4\n", "x\n"),
    ) == ["system.yaml:9:15: expected an integer, got the string 'x'"]


def test_what_is_missing_is_placed_at_the_spec() -> None:
    """Although a delta adds to the same mapping: the spec is where it belongs."""
    spec = (
        SPEC.replace("city: Berlin\n", "")
        .replace("  name: ann", "  share: 0.5")
        .replace("- years: 2", "- name: b")
    )
    assert layered(spec) == [
        "zoo.yaml:1:1: required field `city` is missing",
        "zoo.yaml:3:1: required field `name` is missing",
    ]


def test_what_is_missing_in_a_list_of_a_delta_is_placed_in_the_delta() -> None:
    """Lists replace: the spec's own list has no part in it."""
    assert layered(SPEC) == ["zoo.yaml:14:7: required field `name` is missing"]


def test_what_is_missing_in_a_mapping_that_only_a_delta_has_is_placed_there() -> None:
    """There is nothing nearer."""
    spec = SPEC.replace("head:\n  name: ann\n", "").replace("- years: 2", "- name: b")
    assert layered(spec) == ["zoo.yaml:9:5: required field `name` is missing"]


def test_what_a_delta_took_away_is_placed_at_its_null() -> None:
    """That is where the mistake was made."""
    spec = SPEC.replace("- years: 2", "- name: b").replace("      years: 3", "      name: null")
    assert layered(spec) == ["zoo.yaml:12:13: required field `name` is missing"]


# --- merging --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "delta", "merged"),
    [
        ({"a": 1, "b": 2}, {"b": 3, "c": 4}, {"a": 1, "b": 3, "c": 4}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"c": None, "d": 3}}, {"a": {"b": 1, "d": 3}}),
        ({"a": [1, 2, 3]}, {"a": [4]}, {"a": [4]}),
        ({"a": 1}, {"a": None, "b": None}, {}),
        ({"a": 1}, {"a": {"b": None, "c": {"d": None}, "e": 2}}, {"a": {"c": {}, "e": 2}}),
        ({"a": {"b": 1}}, {"a": 2}, {"a": 2}),
        ({"a": {"b": 1}}, {"a": {}}, {"a": {"b": 1}}),
        ({}, {"a": [{"b": None}]}, {"a": [{"b": None}]}),
        ({"a": 0}, {}, {"a": 0}),
    ],
)  # fmt: skip
def test_mappings_merge_lists_replace_and_null_removes(base: Any, delta: Any, merged: Any) -> None:
    """The rules of a JSON merge patch (RFC 7386)."""
    assert merge(base, delta) == merged


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from("xyz"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
MAPPINGS = st.dictionaries(st.sampled_from("abc"), JSON, max_size=3)
_NO_NULLS = st.integers(0, 3) | st.lists(st.integers(0, 2), max_size=2)
# Deltas that agree on what is a mapping: `m` and `n` are, `s` and `t` are not.
SHAPED = st.recursive(
    st.fixed_dictionaries({}, optional={"s": _NO_NULLS, "t": _NO_NULLS}),
    lambda inner: st.fixed_dictionaries(
        {}, optional={"s": _NO_NULLS, "t": _NO_NULLS, "m": inner, "n": inner}
    ),
    max_leaves=6,
)


@given(SHAPED, SHAPED, SHAPED)
def test_merging_is_associative_where_nothing_is_removed_and_shapes_agree(
    first: Any, second: Any, third: Any
) -> None:
    """Defaults, spec and deltas may be folded from either end."""
    assert merge(merge(first, second), third) == merge(first, merge(second, third))


@given(MAPPINGS, MAPPINGS)
def test_merging_twice_is_merging_once(base: Any, delta: Any) -> None:
    """And merging nothing changes nothing."""
    assert merge(merge(base, delta), delta) == merge(base, delta)
    assert merge(base, {}) == base
    assert merge({}, delta) == without_nulls(delta)


@given(MAPPINGS, MAPPINGS, MAPPINGS)
def test_deltas_of_different_fields_commute(base: Any, first: Any, second: Any) -> None:
    """The order of what does not touch does not matter."""
    apart = {key: value for key, value in second.items() if key not in first}
    assert merge(merge(base, first), apart) == merge(merge(base, apart), first)


@given(MAPPINGS, MAPPINGS)
def test_merging_leaves_its_arguments_alone(base: Any, delta: Any) -> None:
    """A delta is merged into many specs."""
    before = repr((base, delta))
    merge(base, delta)
    assert repr((base, delta)) == before


@given(JSON)
def test_nothing_is_null_in_mappings_after_merging(value: Any) -> None:
    """Null is how to remove, never a value (lists are not looked into)."""

    def nulls(part: Any) -> bool:
        return isinstance(part, dict) and any(item is None or nulls(item) for item in part.values())

    assert not nulls(without_nulls(value))


# --- the walk and msgspec agree -------------------------------------------------------------------------------

JUNK = st.one_of(
    st.sampled_from(
        [
            None,
            True,
            False,
            0,
            -1,
            1,
            61,
            0.5,
            1.5,
            "",
            "web",
            "Web!",
            "12",
            "1.5",
            "too long a word",
            "/a",
            "@x",
        ]
    ),
    st.lists(st.sampled_from(["a", 1, None]), max_size=3),
    st.dictionaries(st.sampled_from(["name", "kind", "x", "Y"]), st.sampled_from(["a", 1, None]), max_size=2),
)


ASCII = st.characters(min_codepoint=32, max_codepoint=126, include_characters="\n")


def _sound(kind: inspect.Type) -> st.SearchStrategy[Any]:
    """Return values of a type."""
    if isinstance(kind, inspect.Metadata):
        return _sound(kind.type)
    if isinstance(kind, inspect.UnionType):
        return st.one_of([_sound(member) for member in kind.types])
    if isinstance(kind, inspect.StructType):
        needed = {field.encode_name: _sound(field.type) for field in kind.fields if field.required}
        return st.fixed_dictionaries(
            needed, optional={key: item for key, item in _fields(kind, _sound).items() if key not in needed}
        )
    if isinstance(kind, inspect.DictType):
        keys, items = _sound(kind.key_type), _sound(kind.value_type)
        return st.dictionaries(keys, items, min_size=kind.min_length or 0, max_size=kind.max_length or 3)
    if isinstance(kind, inspect.ListType | inspect.VarTupleType):
        return st.lists(_sound(kind.item_type), min_size=kind.min_length or 0, max_size=kind.max_length or 3)
    return _sound_scalar(kind)


def _sound_scalar(kind: inspect.Type) -> st.SearchStrategy[Any]:
    if isinstance(kind, inspect.LiteralType):
        return st.sampled_from(kind.values)
    if isinstance(kind, inspect.StrType):
        low, high = kind.min_length or 0, kind.max_length or 99
        texts = (
            st.from_regex(kind.pattern, alphabet=ASCII)
            if kind.pattern
            else st.sampled_from(["a", "web", "/data", "1Gi"])
        )
        return texts.filter(lambda text: low <= len(text) <= high)
    if isinstance(kind, inspect.IntType):
        low = kind.ge if kind.ge is not None else 0
        return st.integers(low, kind.le or 70).map(lambda number: number * (kind.multiple_of or 1))
    if isinstance(kind, inspect.FloatType):
        return st.sampled_from([0.25, 0.5, 0.75])
    return {inspect.BoolType: st.booleans(), inspect.NoneType: st.none()}.get(type(kind), JUNK)


def _spoilt(kind: inspect.Type) -> st.SearchStrategy[Any]:
    """Return what would be values of a type, were it not for something wrong somewhere in most of them."""
    if isinstance(kind, inspect.Metadata):
        return _spoilt(kind.type)
    if isinstance(kind, inspect.UnionType):
        return st.one_of([_spoilt(member) for member in kind.types])
    if isinstance(kind, inspect.StructType):
        wrong_fields = st.fixed_dictionaries({}, optional={**_fields(kind, _spoilt), "nmae": JUNK})
        missing = st.sampled_from(["", "", "", *(field.encode_name for field in kind.fields)])
        return st.builds(_overlaid, _sound(kind), wrong_fields, missing) | JUNK
    if isinstance(kind, inspect.DictType):
        return (
            st.dictionaries(_sound(kind.key_type) | st.just("A!"), _spoilt(kind.value_type), max_size=4)
            | JUNK
        )
    if isinstance(kind, inspect.ListType | inspect.VarTupleType):
        return st.lists(_sound(kind.item_type) | _spoilt(kind.item_type), max_size=4) | JUNK
    return _sound_scalar(kind) | JUNK


def _overlaid(sound: dict[str, Any], wrong_fields: dict[str, Any], missing: str) -> dict[str, Any]:
    few = dict(list(wrong_fields.items())[:2])
    return {key: value for key, value in {**sound, **few}.items() if key != missing}


def _later(values: Callable[[inspect.Type], Any], kind: inspect.Type) -> st.SearchStrategy[Any]:
    return st.deferred(lambda: values(kind))


def _fields(
    kind: inspect.StructType, values: Callable[[inspect.Type], Any]
) -> dict[str, st.SearchStrategy[Any]]:
    return {field.encode_name: _later(values, field.type) for field in kind.fields}


def _agree(kind: type[Fields], raw: Any) -> None:
    """Check that the fast path and the walk say the same of a value, and that all that is wrong has a place."""
    whole = document(yaml_text(raw))
    explained = list(_explain(inspect.type_info(kind), whole.value, ()))
    try:
        spec = msgspec.convert(whole.value, kind)
    except msgspec.ValidationError:
        assert explained, "msgspec refuses what the walk takes"
    else:
        assert not explained, "the walk refuses what msgspec takes"
        explained = list(_complaints(spec, ()))
        if not explained:
            assert decode(whole.value, kind, Layers((Layer(whole),))) == spec
            return
    with pytest.raises(MintageError) as caught:
        decode(whole.value, kind, Layers((Layer(whole),)))
    assert {problem.message for problem in caught.value.problems} == {
        complaint.message for complaint in explained
    }
    assert all(1 <= problem.location.line <= whole.text.count("\n") for problem in caught.value.problems)


@given(_sound(inspect.type_info(Zoo)) | _spoilt(inspect.type_info(Zoo)))
def test_the_walk_and_msgspec_agree_on_every_value(raw: Any) -> None:
    """`decode` takes what msgspec takes and nobody complains of; the walk explains all that msgspec refuses."""
    _agree(Zoo, raw)


@pytest.mark.parametrize("kind", SPECS)
def test_the_walk_and_msgspec_agree_on_every_kind(kind: str) -> None:
    """On the real types as well."""
    found_type = spec_type(kind)

    @settings(max_examples=60)
    @given(_sound(inspect.type_info(found_type)) | _spoilt(inspect.type_info(found_type)))
    def agree(raw: Any) -> None:
        _agree(found_type, raw)

    agree()

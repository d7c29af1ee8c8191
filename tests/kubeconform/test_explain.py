"""Errors are worded as the library of kubeconform words them, and the explanation never contradicts the verdict."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubeconform import wording
from kubeconform.schemas import compile_schema

SEVEN = "http://json-schema.org/draft-07/schema#"
LATEST = "https://json-schema.org/draft/2020-12/schema"


def text(schema: dict[str, Any], value: Any, dialect: str = SEVEN) -> str:
    """Return what is wrong with a value, in lines as kubeconform joins them."""
    compiled = compile_schema("http://it/s.json", {"$schema": dialect, **schema}, _nowhere)
    return " ".join(line for problem in compiled.problems(value) for line in problem.lines())


def _nowhere(url: str) -> Any:
    raise ValueError(url)


INTEGER_OR_NULL = {"type": ["integer", "null"]}
WORDS: list[tuple[dict[str, Any], Any, str]] = [
    ({"properties": {"spec": {"properties": {"replicas": INTEGER_OR_NULL}}}}, {"spec": {"replicas": "3"}},
     "- at '/spec/replicas': got string, want null or integer"),
    ({"type": "string"}, 1, "- at '': got number, want string"),
    ({"type": ["object", "array", "string", "integer", "number", "boolean", "null"], "not": {}}, None, "- at '': 'not' failed"),
    ({"type": "integer"}, 1.5, "- at '': got number, want integer"),
    ({"type": "object", "required": ["a"], "minProperties": 3}, [], "- at '': got array, want object"),
    ({"additionalProperties": False, "properties": {"a": {}}}, {"b": 1, "a": 1, "c'": 2},
     "- at '': additional properties 'b', 'c\\'' not allowed"),
    ({"required": ["a", "b"]}, {"b": 1}, "- at '': missing property 'a'"),
    ({"required": ["a", "b"]}, {}, "- at '': missing properties 'a', 'b'"),
    ({"enum": ["a", None, 1, True]}, "x", "- at '': value must be one of 'a', <nil>, 1, true"),
    ({"enum": ["a"]}, "x", "- at '': value must be 'a'"),
    ({"enum": [{}, 1]}, "x", "- at '': 'enum' failed"),
    ({"const": 1}, True, "- at '': value must be 1"),
    ({"const": []}, True, "- at '': 'const' failed"),
    ({"pattern": "^[a-z]+\\.$"}, "A'\n", "- at '': 'A\\'\\n' does not match pattern '^[a-z]+\\\\.$'"),
    ({"format": "ipv4"}, "1.2.3", "- at '': '1.2.3' is not valid ipv4: expected four decimals"),
    ({"minimum": 1}, -1, "- at '': minimum: got -1, want 1"),
    ({"maximum": 65535}, 70000, "- at '': maximum: got 70,000, want 65,535"),
    ({"exclusiveMinimum": 0}, 0, "- at '': exclusiveMinimum: got 0, want 0"),
    ({"exclusiveMaximum": 0.5}, 1.25, "- at '': exclusiveMaximum: got 1.25, want 0.5"),
    ({"multipleOf": 0.1}, 0.25, "- at '': multipleOf: got 0.25, want 0.1"),
    ({"minLength": 2}, "é", "- at '': minLength: got 1, want 2"),
    ({"maxLength": 1}, "ab", "- at '': maxLength: got 2, want 1"),
    ({"minItems": 1}, [], "- at '': minItems: got 0, want 1"),
    ({"maxItems": 0}, [1], "- at '': maxItems: got 1, want 0"),
    ({"minProperties": 1}, {}, "- at '': minProperties: got 0, want 1"),
    ({"maxProperties": 0}, {"a": 1}, "- at '': maxProperties: got 1, want 0"),
    ({"uniqueItems": True}, [1, "1", 1.0], "- at '': items at 0 and 2 are equal"),
    ({"items": {"type": "string"}}, ["a", 1], "- at '/1': got number, want string"),
    ({"items": [{}], "additionalItems": False}, [1, 2, 3], "- at '': last 2 additionalItem(s) not allowed"),
    ({"contains": {"type": "string"}}, [1], "- at '': no items match contains schema   - at '/0': got number, want string"),
    ({"propertyNames": {"maxLength": 1}}, {"ab": 1}, "- at '': invalid propertyName 'ab'"),
    ({"dependencies": {"a": ["b", "c"]}}, {"a": 1}, "- at '': properties 'b', 'c' required, if 'a' exists"),
    ({"dependencies": {"a": {"required": ["b"]}}}, {"a": 1}, "- at '': missing property 'b'"),
    ({"patternProperties": {"^x-": {"type": "string"}}}, {"x-a": 1}, "- at '/x-a': got number, want string"),
    ({"properties": {"a": False}}, {"a": 1}, "- at '/a': false schema"),
    ({"allOf": [{"minimum": 2}, {"minimum": 1}]}, 0,
     "- at '': 'allOf' failed   - at '': minimum: got 0, want 2   - at '': minimum: got 0, want 1"),
    ({"anyOf": [{"type": "string"}, {"minimum": 1}]}, 0,
     "- at '': 'anyOf' failed   - at '': got number, want string   - at '': minimum: got 0, want 1"),
    ({"oneOf": [{"type": "string"}, {"type": "null"}]}, 0,
     "- at '': 'oneOf' failed, none matched   - at '': got number, want string   - at '': got number, want null"),
    ({"oneOf": [{}, {"type": "string"}, {"type": "integer"}]}, 0, "- at '': 'oneOf' failed, subschemas 0, 2 matched"),
    ({"if": {"type": "object"}, "then": {"required": ["a"]}, "else": False}, {}, "- at '': missing property 'a'"),
    ({"if": {"type": "object"}, "else": False}, 1, "- at '': false schema"),
    ({"$ref": "#/definitions/a", "definitions": {"a": {"type": "null"}}}, 1, "- at '': got number, want null"),
    ({"properties": {"a/b~c": {"type": "null"}}}, {"a/b~c": 1}, "- at '/a~1b~0c': got number, want null"),
    ({"properties": {"a": {"required": ["x"], "minProperties": 2}}}, {"a": {"y": 1}},
     "- at '/a': minProperties: got 1, want 2 - at '/a': missing property 'x'"),
    ({"required": ["b"], "properties": {"a": {"required": ["x"], "minProperties": 2}}}, {"a": {"y": 1}},
     "- at '': missing property 'b' - at '/a': validation failed   - at '/a': minProperties: got 1, want 2   - at '/a': missing property 'x'"),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "value", "expected"), WORDS)
def test_errors_have_the_words_of_the_go_library(schema: dict[str, Any], value: Any, expected: str) -> None:
    """Types in its order, wrong types before all else, combinators with the errors of their members."""
    assert text(schema, value) == expected


def test_later_drafts_have_their_own_keywords() -> None:
    """Items before and after, dependencies by their new names, references beside other keywords."""
    assert text({"prefixItems": [{}], "items": False}, [1, 2], LATEST) == "- at '/1': false schema"
    assert (
        text({"dependentRequired": {"a": ["b"]}}, {"a": 1}, LATEST)
        == "- at '': properties 'b' required, if 'a' exists"
    )
    both = {"$ref": "#/$defs/a", "maximum": 1, "$defs": {"a": {"minimum": 3}}}
    joined = text(both, 2, LATEST)
    assert joined == "- at '': minimum: got 2, want 3 - at '': maximum: got 2, want 1"
    few = {"contains": {"const": 1}, "minContains": 2}
    assert text(few, [1, 2], LATEST).startswith(
        "- at '': min 2 items required to match contains schema, but matched 1 items at 0"
    )


def test_what_is_not_explained_is_told_by_the_engine() -> None:
    """Keywords that depend on what other keywords saw."""
    told = text({"unevaluatedProperties": False}, {"a": 1}, LATEST)
    assert told.startswith("- at '")
    assert "a" in told


NUMBERS = {
    0: "0", -1: "-1", 70000: "70,000", 999999: "999,999", 0.5: "0.5", 1234.5: "1,234.5", 0.001: "0.001", -2.25: "-2.25",
    1e6: "1\u202f\u00d7\u202f10⁰⁶", 2147483647: "2.147483647\u202f\u00d7\u202f10⁰⁹", 0.00001: "1\u202f\u00d7\u202f10⁻⁰⁵",
    1.5e100: "1.5\u202f\u00d7\u202f10¹⁰⁰", 100: "100", 10.0: "10", 0.1: "0.1", 123456: "123,456",
}  # fmt: skip


@pytest.mark.parametrize(("number", "shown"), NUMBERS.items())
def test_numbers_are_written_as_gos_english_printer_writes_floats(number: float, shown: str) -> None:
    """With commas, and powers of ten from a million on."""
    assert wording.number(number) == shown


def test_quotes_are_gos() -> None:
    """Single, with escapes for what cannot be seen."""
    assert wording.quote("a'\"\\\n\x01\u200b\U000e0001é") == "'a\\'\"\\\\\\n\\x01\\u200b\\U000e0001é'"


# --- differential ---------------------------------------------------------------------------------------------

NAMES = st.sampled_from(["a", "b", "c", "metadata", "spec"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, 2.5]) | st.sampled_from(["", "a", "ab", "1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
TYPES = st.sampled_from(["null", "boolean", "number", "integer", "string", "array", "object"])


def _schemas(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    some = st.lists(inner, min_size=1, max_size=3)
    keywords = {
        "type": TYPES | st.lists(TYPES, min_size=1, unique=True),
        "enum": st.lists(
            VALUES, min_size=1, max_size=3, unique_by=lambda value: json.dumps(value, sort_keys=True)
        ),
        "const": VALUES,
        "minimum": st.integers(-2, 2),
        "exclusiveMaximum": st.integers(-2, 2),
        "multipleOf": st.sampled_from([1, 2, 0.5]),
        "minLength": st.integers(0, 2),
        "maxLength": st.integers(0, 2),
        "pattern": st.sampled_from(["^a", "b$", "^[0-9]+$"]),
        "minItems": st.integers(0, 2),
        "maxItems": st.integers(0, 2),
        "uniqueItems": st.booleans(),
        "items": inner | some,
        "additionalItems": inner | st.booleans(),
        "contains": inner,
        "minProperties": st.integers(0, 2),
        "maxProperties": st.integers(0, 2),
        "required": st.lists(NAMES, min_size=1, max_size=2, unique=True),
        "properties": st.dictionaries(NAMES, inner, max_size=3),
        "patternProperties": st.dictionaries(st.sampled_from(["^a", "e"]), inner, max_size=2),
        "additionalProperties": inner | st.booleans(),
        "propertyNames": inner,
        "dependencies": st.dictionaries(
            NAMES, inner | st.lists(NAMES, min_size=1, max_size=2, unique=True), max_size=2
        ),
        "not": inner,
        "allOf": some,
        "anyOf": some,
        "oneOf": some,
        "if": inner,
        "then": inner,
        "else": inner,
        "$ref": st.just("#/definitions/d"),
    }
    return st.lists(st.sampled_from(sorted(keywords)), max_size=3, unique=True).flatmap(
        lambda chosen: st.fixed_dictionaries({name: keywords[name] for name in chosen})
    )


SCHEMAS = _schemas(st.deferred(lambda: st.booleans() | LEAVES))
LEAVES: st.SearchStrategy[Any] = _schemas(st.booleans() | st.fixed_dictionaries({"type": TYPES}))


@given(SCHEMAS, st.lists(VALUES, min_size=1, max_size=5))
def test_verdict_and_explanation_agree_with_another_library(
    schema: dict[str, Any], values: list[Any]
) -> None:
    """The engine, the explanation, and the Python library jsonschema: three of one opinion."""
    whole = {"$schema": SEVEN, **schema, "definitions": {"d": {"type": "string"}}}
    compiled = compile_schema("http://it/s.json", whole, _nowhere)
    oracle = jsonschema.Draft7Validator(whole)
    explainer = compiled.explainer()
    for value in values:
        valid = compiled.validator.is_valid(value)
        assert valid == oracle.is_valid(value)
        assert valid == (explainer.problems(value) == ())

"""The words of schema errors: precise, in one order, with what to do about them."""

from __future__ import annotations

from typing import Any

import pytest

from mintage.schemas.explain import SchemaError
from mintage.schemas.judge import Judge


def told(schema: dict[str, Any], value: Any) -> list[tuple[Any, ...]]:
    """Return path, message and advice of every error."""
    judge = Judge({"type": "object", "properties": {"a": schema}}, "", custom=False)
    return [(error.path[1:], error.message, error.advice) for error in judge.errors({"a": value})]


@pytest.mark.parametrize(
    ("schema", "value", "message", "advice"),
    [
        ({"type": ["integer", "null"]}, "3", "got string, want integer or null", "write it without quotes: 3"),
        ({"type": ["integer", "null"]}, "x", "got string, want integer or null", ""),
        ({"type": "boolean"}, "true", "got string, want boolean", "write it without quotes: true"),
        ({"type": "string"}, 8080, "got integer, want string", 'write it in quotes: "8080"'),
        ({"type": "string"}, True, "got boolean, want string", 'write it in quotes: "true"'),
        ({"type": ["string", "number", "null"]}, [], "got array, want string, number or null", ""),
        ({"type": "integer"}, 1.5, "got number, want integer", ""),
        ({"type": "object"}, None, "got null, want object", ""),
        ({"enum": ["Always", "Never", "", None]}, "always", 'got "always", want one of "Always", "Never"', "did you mean `Always`?"),
        ({"enum": ["On"]}, "far", 'got "far", want "On"', ""),
        ({"const": 1}, 2, "got 2, want 1", ""),
        ({"pattern": "^a$"}, "b", 'got "b", want a match of `^a$`', ""),
        ({"pattern": "^a$", "x-mintage-want": "an a"}, "b", 'got "b", want an a', ""),
        ({"pattern": "^a$"}, "b" * 99, 'got "' + "b" * 55 + '...", want a match of `^a$`', ""),
        ({"minimum": 1}, 0, "got 0, want at least 1", ""),
        ({"exclusiveMaximum": 1}, 1, "got 1, want less than 1", ""),
        ({"minLength": 3}, "a", "got 1 character, want at least 3", ""),
        ({"maxItems": 1}, [1, 2], "got 2 items, want at most 1", ""),
        ({"minProperties": 1}, {}, "got 0 fields, want at least 1", ""),
        ({"uniqueItems": True}, [1, 1], "an item stands twice in the list", ""),
        ({"required": ["b"]}, {}, "field `b` is missing", ""),
        ({"not": {"required": ["b", "c"]}}, {"b": 1, "c": 1}, "fields `b`, `c` must not be set here", ""),
        ({"not": {"const": 1}}, 1, "got 1, which is ruled out here", ""),
    ],
)  # fmt: skip
def test_each_keyword_has_its_words(schema: dict[str, Any], value: Any, message: str, advice: str) -> None:
    """What was got, what is wanted, and what to do."""
    assert told(schema, value) == [((), message, advice)]


def test_an_unknown_field_is_marked_and_its_neighbours_are_named() -> None:
    """The path ends with the field itself, so that the place of the key can be shown."""
    schema = {"properties": {"name": {}, "image": {}}, "additionalProperties": False}
    judge = Judge(schema, "", custom=True)
    assert judge.errors({"nmae": 1, "image": 2, "other": 3}) == [
        SchemaError(("nmae",), "unknown field `nmae`", True, "did you mean `name`?", True),
        SchemaError(("other",), "unknown field `other`", True, "known: `name`", True),
    ]


def test_a_field_where_none_is_known() -> None:
    """An empty object is all that may stand there."""
    judge = Judge({"properties": {}, "additionalProperties": False}, "", custom=False)
    assert [error.advice for error in judge.errors({"x": 1})] == ["no other field is known here"]


def test_errors_come_in_the_order_of_the_document_and_indexes_count_as_numbers() -> None:
    """All of them, each once."""
    assert [path for path, *_ in told({"items": {"type": "string"}}, [*"0123456789", 10, *"abc", 14, 2])] == [
        (10,),
        (14,),
        (15,),
    ]


def test_the_most_telling_member_of_a_combination_speaks() -> None:
    """The one of the value's type, with the fewest errors; a wrong discriminator rules a member out."""
    forms = [
        {"type": "string"},
        {
            "type": "object",
            "properties": {"kind": {"const": "A"}, "size": {"type": "integer"}},
            "required": ["kind"],
        },
        {
            "type": "object",
            "properties": {"kind": {"const": "B"}, "text": {"type": "string"}},
            "required": ["kind"],
        },
    ]
    for keyword in ("anyOf", "oneOf"):
        assert told({keyword: forms}, {"kind": "B", "text": 1, "size": "x"}) == [
            (("text",), "got integer, want string", 'write it in quotes: "1"')
        ]
        assert told({keyword: forms}, 5) == [
            ((), "got integer, want string or object", 'write it in quotes: "5"')
        ]


def test_one_of_several_fields() -> None:
    """Neither is there, or both are."""
    schema = {"oneOf": [{"required": ["a"]}, {"required": ["b"]}]}
    assert told(schema, {}) == [((), "one of the fields `a`, `b` is missing", "")]
    assert told(schema, {"a": 1, "b": 2}) == [((), "fields `a`, `b` fit here, want exactly one", "")]


def test_several_forms_fit() -> None:
    """Where the forms have no names."""
    assert told({"oneOf": [{"type": "integer"}, {"minimum": 0}]}, 3) == [
        ((), "several forms fit here, want exactly one", "")
    ]

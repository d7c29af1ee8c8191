"""Making published schemas say what a server enforces: formats as patterns and bounds, further keywords merged in.

It does not know which definition needs which keyword: `mintage.schemas.rules` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mintage.schemas.nodes import Schema, mapped

if TYPE_CHECKING:
    from collections.abc import Callable

WANT = (
    "x-mintage-want"  # what a value should be, in words; for patterns and combinations that explain nothing
)

# What Go's encoding/json and apimachinery's Time accept. Base64 may be broken into lines.
FORMATS: dict[str, Schema] = {
    "byte": {
        "pattern": r"^(?:(?:[A-Za-z0-9+/][\r\n]*){4})*"
        r"(?:(?:[A-Za-z0-9+/][\r\n]*){2}(?:=[\r\n]*){2}|(?:[A-Za-z0-9+/][\r\n]*){3}=[\r\n]*)?$",
        WANT: "text in base64",
    },
    "date-time": {
        "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})$",
        WANT: "a time such as 2026-01-31T08:00:00Z",
    },
    "int32": {"minimum": -(2**31), "maximum": 2**31 - 1},
}


def tightened(schema: Schema) -> Schema:
    """Return a schema in which known formats are keywords that every validator asserts, and the others are gone."""
    return mapped(schema, _format)


def _format(node: Schema) -> Schema:
    if not isinstance(node.get("format"), str):
        return node
    rest = {key: value for key, value in node.items() if key != "format"}
    return {**FORMATS.get(node["format"], {}), **rest}


def merged(schema: Schema, more: Schema) -> Schema:
    """Return a schema with further keywords; properties that it does not have are not added to it."""
    if not more:
        return schema
    result = {**schema}
    for key, value in more.items():
        result[key] = _MERGES[key](result.get(key), value) if key in _MERGES and key in result else value
    return result


def _properties(known: dict[str, Any], more: dict[str, Schema]) -> dict[str, Any]:
    return {name: merged(node, more.get(name, {})) for name, node in known.items()}


def _required(known: list[str], more: list[str]) -> list[str]:
    return sorted({*known, *more})


_MERGES: dict[str, Callable[[Any, Any], Any]] = {
    "properties": _properties,
    "required": _required,
    "items": merged,
}

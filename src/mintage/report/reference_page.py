"""A page of the reference: the fields of a kind and of the types inside it, as tables.

Reads JSON Schema definitions and writes Markdown; knows nothing of the types they were made from.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mintage.spec.fields import Name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Schema = dict[str, Any]
_NAME = Name.__metadata__[0].pattern  # type: ignore[attr-defined]
_WORDS = {
    "string": "text",
    "integer": "integer",
    "number": "number",
    "boolean": "true or false",
    "null": "null",
}
_BOUNDS = (
    ("minimum", "at least {}"),
    ("maximum", "at most {}"),
    ("maxLength", "at most {} characters"),
    ("minItems", "at least {} of them"),
    ("minProperties", "at least {} of them"),
)


def page(kind: str, definitions: dict[str, Schema], common: Sequence[str], mark: str) -> str:
    """Return the page of a kind; fields named in `common` get a table of their own at the end."""
    root = definitions[kind]
    names = list(root["properties"])
    own = [name for name in names if name not in common] if common else names
    blocks = [
        f"<!-- {mark} -->",
        f"# {kind}",
        root["description"],
        f"Schema for editors: [{kind}.schema.json]({kind}.schema.json). A file of this kind begins with `kind: {kind}`.",
        "## Fields",
        *([_table(root, own)] if own else ["This kind has no fields of its own."]),
    ]
    for name in _nested(root, definitions):
        definition = definitions[name]
        blocks += [
            f"## {name}",
            definition["description"],
            _table(definition, list(definition["properties"])),
        ]
    if common:
        blocks += ["## Fields of every kind", _table(root, [name for name in names if name in common])]
    return "\n\n".join(blocks) + "\n"


def _nested(root: Schema, definitions: dict[str, Schema]) -> list[str]:
    """Return the names of the types inside a type, in the order in which a reader meets them."""
    found: list[str] = []
    waiting = list(_mentioned(root))
    while waiting:
        name = waiting.pop(0)
        if name not in found:
            found.append(name)
            waiting = [*_mentioned(definitions[name]), *waiting]
    return found


def _mentioned(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"].rpartition("/")[2]
        for item in value.values():
            yield from _mentioned(item)
    elif isinstance(value, list):
        for item in value:
            yield from _mentioned(item)


def _table(definition: Schema, names: Sequence[str]) -> str:
    lines = ["| field | type | default | description |", "|---|---|---|---|"]
    for name in names:
        schema = definition["properties"][name]
        default = "**required**" if name in definition["required"] else _default(schema.get("default"))
        cells = (f"`{name}`", in_words(schema), default, schema["description"])
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def in_words(schema: Schema) -> str:
    """Return the type of a value as a person would say it."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if "anyOf" in schema:
        members = [in_words(member) for member in schema["anyOf"] if member != {"type": "null"}]
        if members == ["integer", "number", "text"]:
            return "quantity"
        return " or ".join(member for member in members if member != "integer" or "number" not in members)
    return _plain(schema)


def _plain(schema: Schema) -> str:
    if schema.get("type") == "array":
        words = f"list of {in_words(schema['items'])}"
    elif schema.get("type") == "object":
        values = schema.get("additionalProperties")
        words = f"mapping to {in_words(values)}" if isinstance(values, dict) else "mapping"
    elif schema.get("pattern") == _NAME:
        return "name"
    else:
        words = _WORDS.get(str(schema.get("type")), "any value")
    limits = [text.format(schema[key]) for key, text in _BOUNDS if key in schema]
    limits += [f"matching `{schema['pattern']}`"] if "pattern" in schema else []
    return ", ".join([words, *limits])


def _default(value: Any) -> str:
    return "" if value is None or value in ({}, []) else f"`{_flow(value)}`"


def _flow(value: Any) -> str:
    """Return a value as YAML writes it on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return f'"{text}"' if isinstance(value, str) and (not text or re.fullmatch(r"[\d.]+", text)) else text

"""The reference of specs: a JSON Schema for editors and a page for people, both made from the types themselves.

A spec file is laid over the system's defaults and under its own deltas, so only `kind` and `name` must stand in it,
and null, which removes a field, may stand at every field. Inside lists, which replace each other whole, the types
hold as they are. What types cannot say is left to `doit render`. Pure: writes no file.
"""

from __future__ import annotations

from typing import Any

import msgspec

from mintage.canonical import json_text
from mintage.filetree import FileTree
from mintage.report.checks_page import checks_page
from mintage.report.reference_page import page
from mintage.spec.fields import FIXED, Spec
from mintage.spec.kinds import SPECS, spec_type
from mintage.spec.system import System
from mintage.spec.validation import Validation

MARK = "Generated from the types of Mintage by `doit reference`."
Schema = dict[str, Any]
_REFERENCE = "#/$defs/"
_ROOTS = ("System", "Validation")
_PARTIAL = "Partial"
_SPECS_OWN = frozenset({"kind", "name", "environments"})  # only a spec itself can say


def reference() -> FileTree:
    """Return every file of the reference: a schema and a page for the system, for settings and for each kind; and the checks."""
    types = [System, Validation, *map(spec_type, SPECS)]
    _, definitions = msgspec.json.schema_components(types, ref_template=_REFERENCE + "{name}")
    definitions = msgspec.json.decode(msgspec.json.encode(definitions))  # defaults are tuples until here
    definitions = {name: _described(definition, definitions) for name, definition in definitions.items()}
    common = [field.encode_name for field in msgspec.structs.fields(Spec)]
    files = FileTree()
    for kind in ("System", "Validation", *SPECS):
        schema = _root(kind, definitions) if kind in _ROOTS else _kind(kind, definitions)
        files.add(f"{kind}.schema.json", json_text(schema).encode())
        shared = [] if kind in _ROOTS else common
        files.add(f"{kind}.md", page(kind, definitions, shared, MARK).encode())
    files.add("checks.md", checks_page(MARK).encode())
    return files


def _described(definition: Schema, definitions: dict[str, Schema]) -> Schema:
    """Return a definition in which every field has a description: its own, or that of the type it holds."""
    properties = {
        name: {"description": _purpose(name, schema, definitions), **schema}
        for name, schema in definition["properties"].items()
    }
    return {**definition, "properties": properties}


def _purpose(name: str, schema: Schema, definitions: dict[str, Schema]) -> str:
    members = schema.get("anyOf", [schema])
    held = [definitions[_target(member)] for member in members if "$ref" in member]
    return str(held[0]["description"]) if held else f"The {name} of the spec."


def _target(schema: Schema) -> str:
    return str(schema["$ref"]).removeprefix(_REFERENCE)


def _root(kind: str, definitions: dict[str, Schema]) -> Schema:
    """Return the schema of a file that stands for itself: nothing is laid over or under it."""
    return _system(definitions) if kind == "System" else _document(definitions[kind], definitions)


def _kind(kind: str, definitions: dict[str, Schema]) -> Schema:
    """Return the schema of the spec files of a kind."""
    whole = definitions[kind]
    root = _partial_type(whole)
    root["properties"]["kind"] = whole["properties"]["kind"]
    root["properties"]["name"] = whole["properties"]["name"]
    root["properties"]["environments"]["additionalProperties"] = _nullable(_delta_of(kind))
    root["required"] = ["kind", "name"]
    delta = {f"{kind}{_PARTIAL}": _partial_type(whole, without=FIXED)}
    return _document(root, {**_with_partials(definitions), **delta})


def _system(definitions: dict[str, Schema]) -> Schema:
    """Return the schema of `system.yaml`, with a partial spec of every kind under `defaults` and `set`."""
    root = _changed(
        definitions["System"],
        "defaults",
        properties={kind: _delta_of(kind) for kind in SPECS},
        additionalProperties=False,
    )
    environment = _changed(
        definitions["Environment"],
        "set",
        patternProperties={f"^{kind}/": _delta_of(kind) for kind in SPECS},
        additionalProperties={"anyOf": [_delta_of(kind) for kind in SPECS]},  # a name may be of any kind
    )
    partials = {f"{kind}{_PARTIAL}": _partial_type(definitions[kind], without=_SPECS_OWN) for kind in SPECS}
    return _document(root, {**_with_partials(definitions), **partials, "Environment": environment})


def _changed(definition: Schema, field: str, **more: Any) -> Schema:
    """Return a definition in which one field says more."""
    properties = {**definition["properties"], field: {**definition["properties"][field], **more}}
    return {**definition, "properties": properties}


def _delta_of(kind: str) -> Schema:
    return {"$ref": f"{_REFERENCE}{kind}{_PARTIAL}"}


def _document(root: Schema, definitions: dict[str, Schema]) -> Schema:
    """Return a schema that stands by itself: the root, and the definitions that it reaches."""
    reached = {name: definitions[name] for name in sorted(_reached(root, definitions))}
    draft = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": draft, "$comment": MARK, **root, **({"$defs": reached} if reached else {})}


def _reached(root: Schema, definitions: dict[str, Schema]) -> set[str]:
    found: set[str] = set()
    waiting = _references(root)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _references(definitions[name])
    return found


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [_target(value)] if isinstance(value.get("$ref"), str) else []
        return own + [name for item in value.values() for name in _references(item)]
    return [name for item in value for name in _references(item)] if isinstance(value, list) else []


def _with_partials(definitions: dict[str, Schema]) -> dict[str, Schema]:
    """Return the definitions, and of each its partial."""
    partials = {f"{name}{_PARTIAL}": _partial_type(definition) for name, definition in definitions.items()}
    return {**definitions, **partials}


def _partial_type(definition: Schema, without: frozenset[str] = frozenset()) -> Schema:
    """Return the schema of a mapping that is merged with others: nothing is required, null removes a field."""
    properties = {
        name: _nullable(_partial(schema))
        for name, schema in definition["properties"].items()
        if name not in without
    }
    return {**definition, "properties": properties, "required": []}


def _partial(schema: Schema) -> Schema:
    """Return the schema of a value that is merged with others; a list replaces another, so it stays whole."""
    if "$ref" in schema:
        return {**schema, "$ref": schema["$ref"] + _PARTIAL}
    if "anyOf" in schema:
        return {**schema, "anyOf": [_partial(member) for member in schema["anyOf"]]}
    if isinstance(items := schema.get("additionalProperties"), dict):
        open_ended = {key: value for key, value in schema.items() if key != "minProperties"}
        return {**open_ended, "additionalProperties": _nullable(_partial(items))}
    return schema


def _nullable(schema: Schema) -> Schema:
    """Return a schema that also takes null; its description stays outermost, where editors look for it."""
    null = {"type": "null"}
    if "anyOf" in schema:
        return schema if null in schema["anyOf"] else {**schema, "anyOf": [*schema["anyOf"], null]}
    if "enum" in schema:
        return {**schema, "enum": [*schema["enum"], None]}
    if "$ref" in schema:
        outer = {key: value for key, value in schema.items() if key != "$ref"}
        return {**outer, "anyOf": [{"$ref": schema["$ref"]}, null]}
    return {**schema, "type": [schema["type"], "null"]} if "type" in schema else schema

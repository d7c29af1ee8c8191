"""Structural schemas of CustomResourceDefinitions, as JSON schemas (draft 7) that judge as the API server does.

Unknown fields are refused where the server would drop them, `nullable` and int-or-string become types, and what a
default fills in need not be there. CEL rules and list keys are not translated: JSON Schema cannot say them.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import jsonschema_rs

from kubeconform import patterns

Schema = dict[str, Any]
_DIALECT = "http://json-schema.org/draft-07/schema#"
_KEPT = (
    "description", "type", "format", "enum", "pattern", "minimum", "maximum", "exclusiveMinimum",
    "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems",
    "minProperties", "maxProperties", "required", "default",
)  # fmt: skip
_COMBINATORS = ("allOf", "anyOf", "oneOf")
_TEXT: Schema = {"type": ["string", "null"]}
_TEXTS: Schema = {"type": ["object", "null"], "additionalProperties": {"type": ["string", "null"]}}
_WHEN: Schema = {"type": ["string", "null"], "format": "date-time"}
_OWNER: Schema = {
    "type": "object",
    "required": ["apiVersion", "kind", "name", "uid"],
    "properties": {
        "apiVersion": {"type": "string"},
        "blockOwnerDeletion": {"type": ["boolean", "null"]},
        "controller": {"type": ["boolean", "null"]},
        "kind": {"type": "string"},
        "name": {"type": "string"},
        "uid": {"type": "string"},
    },
    "additionalProperties": False,
}
OBJECT_META: Schema = {
    "type": "object",
    "properties": {
        "annotations": _TEXTS,
        "creationTimestamp": _WHEN,
        "deletionGracePeriodSeconds": {"type": ["integer", "null"]},
        "deletionTimestamp": _WHEN,
        "finalizers": {"type": ["array", "null"], "items": {"type": "string"}},
        "generateName": _TEXT,
        "generation": {"type": ["integer", "null"]},
        "labels": _TEXTS,
        "managedFields": {"type": ["array", "null"], "items": {"type": "object"}},
        "name": _TEXT,
        "namespace": _TEXT,
        "ownerReferences": {"type": ["array", "null"], "items": _OWNER},
        "resourceVersion": _TEXT,
        "selfLink": _TEXT,
        "uid": _TEXT,
    },
    "additionalProperties": False,
}


def convert(
    structural: Schema, group: str, version: str, kind: str, *, deny_root_additional_properties: bool = False
) -> Schema:
    """Return the JSON schema of one version of a kind."""
    root = _node(structural)
    if not deny_root_additional_properties:
        root.pop("additionalProperties", None)
    properties = root.setdefault("properties", {})
    properties["apiVersion"] = {"const": f"{group}/{version}"}
    properties["kind"] = {"const": kind}
    properties["metadata"] = _metadata(properties.get("metadata"))
    root["required"] = sorted({*root.get("required", ()), "apiVersion", "kind", "metadata"})
    return {"$schema": _DIALECT, **root}


def with_defaults(value: Any, structural: Schema) -> Any:
    """Return a value with the defaults of its structural schema, which the server fills in before it validates."""
    if isinstance(value, list) and isinstance(items := structural.get("items"), dict):
        return [with_defaults(item, items) for item in value]
    if not isinstance(value, dict):
        return value
    properties = structural.get("properties") or {}
    more = structural.get("additionalProperties")
    filled = {**value}
    for name, schema in properties.items():
        if "default" in schema and (
            name not in value or (value[name] is None and not schema.get("nullable"))
        ):
            filled[name] = deepcopy(schema["default"])
    return {name: _with_known_defaults(item, properties.get(name, more)) for name, item in filled.items()}


def _with_known_defaults(value: Any, structural: Any) -> Any:
    return with_defaults(value, structural) if isinstance(structural, dict) else value


def _metadata(narrowed: Any) -> Schema:
    """Return ObjectMeta, with what the definition says of the name, which is all it may say."""
    named = narrowed.get("properties") if isinstance(narrowed, dict) else None
    if not named:
        return OBJECT_META
    return {"allOf": [OBJECT_META, {"properties": named}]}


def _node(node: Schema, *, closed: bool = True) -> Schema:
    result = _plain(node)
    defaulted = {
        name: schema["default"]
        for name, schema in (node.get("properties") or {}).items()
        if isinstance(schema, dict) and "default" in schema
    }
    _drop(result, defaulted)
    _properties(node, result, closed=closed)
    if isinstance(items := node.get("items"), dict):
        result["items"] = _node(items, closed=closed)
    for combinator in _COMBINATORS:
        if members := node.get(combinator):  # a definition of OpenShift says `anyOf: null`
            result[combinator] = [_member(member, node) for member in members]
    if node.get("not") is not None:
        result["not"] = _member(node["not"], node)
    return _nullable(result) if node.get("nullable") else result


def _plain(node: Schema) -> Schema:
    """Return the keywords that mean the same, with the booleans of OpenAPI 3.0 turned into bounds."""
    result = {key: deepcopy(node[key]) for key in _KEPT if node.get(key) is not None}
    if node.get("x-kubernetes-int-or-string") or node.get("format") == "int-or-string":
        result["type"] = ["integer", "string"]
    for exclusive, inclusive in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(result.get(exclusive), bool) and result.pop(exclusive) and inclusive in result:
            result[exclusive] = result.pop(inclusive)
    return result


def _properties(node: Schema, result: Schema, *, closed: bool) -> None:
    properties = {
        name: _node(schema, closed=closed)
        for name, schema in (node.get("properties") or {}).items()
        if isinstance(schema, dict)
    }
    embedded = bool(node.get("x-kubernetes-embedded-resource"))
    if embedded:
        properties |= {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": OBJECT_META}
        result["required"] = sorted({*result.get("required", ()), "apiVersion", "kind"})
    if properties:
        result["properties"] = properties
    more = node.get("additionalProperties")
    keeps_unknown = node.get("x-kubernetes-preserve-unknown-fields") or embedded
    if isinstance(more, dict):
        result["additionalProperties"] = _node(more, closed=closed)
    elif more is False or (more is None and closed and properties and not keeps_unknown):
        result["additionalProperties"] = False


def _member(member: Schema, node: Schema) -> Schema:
    """Translate a member of a combinator, which sees the value after the defaults of its node were filled in.

    A property that a default fills in counts as there, with that value: where the member takes the default it need
    not require the property, where it does not the absent property must fail as the default would.
    """
    result = _node(member, closed=False)
    known = node.get("properties") or {}
    conditions = member.get("properties") or {}
    for name, schema in known.items():
        if not isinstance(schema, dict):
            continue
        condition = conditions.get(name)
        if isinstance(condition, dict):
            result["properties"][name] = _member(condition, schema)
        if "default" not in schema:
            continue
        if _accepts(condition, schema["default"]):
            _drop(result, {name: None})
        else:
            result["required"] = sorted({*result.get("required", ()), name})
    for combinator in _COMBINATORS:
        if inner := member.get(combinator):
            result[combinator] = [_member(each, node) for each in inner]
    if member.get("not") is not None:
        result["not"] = _member(member["not"], node)
    return result


def _accepts(condition: Any, default: Any) -> bool:
    if not isinstance(condition, dict):
        return True
    schema = patterns.translated(_node(condition, closed=False))
    return jsonschema_rs.Draft7Validator(schema, pattern_options=patterns.OPTIONS).is_valid(default)


def _drop(schema: Schema, names: Schema) -> None:
    if "required" in schema:
        schema["required"] = [name for name in schema["required"] if name not in names]
        if not schema["required"]:
            del schema["required"]


def _nullable(schema: Schema) -> Schema:
    kind = schema.get("type")
    if kind is not None:
        schema["type"] = [*(kind if isinstance(kind, list) else [kind]), "null"]
    if "enum" in schema and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    return schema

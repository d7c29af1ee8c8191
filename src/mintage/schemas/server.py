"""What the API server does around validation: it drops nulls, fills in defaults, and compares the items of lists.

Facts: apiextensions-apiserver's `pkg/apiserver/schema/{defaulting,listtype}`. Documents are never changed: what
changes is copied.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from mintage.schemas.explain import SchemaError, shown
from mintage.schemas.nodes import Schema, resolved
from mintage.schemas.plan import Plan, visits
from mintage.schemas.rules import A_NAME, KEY_DEFAULTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Keys = list[list[str]]
Defaults = dict[str, tuple[Any, bool]]


def defaults_of(node: Schema) -> Defaults | None:
    """Return the defaults of a schema's fields, and whether the field may stay null."""
    return {
        name: (inner["default"], "null" in _list(inner.get("type", [])))
        for name, inner in node.get("properties", {}).items()
        if isinstance(inner, dict) and "default" in inner
    } or None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def completed(value: Any, way: Plan[Defaults] | None) -> Any:
    """Return a value with the defaults of its schema."""
    if way is None:
        return value
    if isinstance(value, list) and way.items is not None:
        return [completed(item, way.items) for item in value]
    if not isinstance(value, dict):
        return value
    filled = {**value}
    for name, (default, nullable) in (way.payload or {}).items():
        if name not in value or (value[name] is None and not nullable):
            filled[name] = deepcopy(default)
    for name in filled.keys() & way.fields.keys() if way.rest is None else filled:
        filled[name] = completed(filled[name], way.fields.get(name, way.rest))
    return filled


def holds_null(value: Any) -> bool:
    """Return whether null stands anywhere in a value."""
    if isinstance(value, dict):
        return any(map(holds_null, value.values()))
    return any(map(holds_null, value)) if isinstance(value, list) else value is None


def without_nulls(value: Any, schema: Schema, definitions: Mapping[str, Schema]) -> Any:
    """Return a value without the null fields that its schema neither allows nor defaults: the server drops them."""
    schema = resolved(schema, definitions)
    if isinstance(value, list) and isinstance(items := schema.get("items"), dict):
        return [without_nulls(item, items, definitions) for item in value]
    if not isinstance(value, dict):
        return value
    known, more = schema.get("properties", {}), schema.get("additionalProperties")
    kept = {}
    for name, item in value.items():
        inner = known.get(name, more)
        if not isinstance(inner, dict):
            kept[name] = item
        elif item is not None or _keeps_null(inner, definitions):
            kept[name] = without_nulls(item, inner, definitions)
    return kept


def _keeps_null(node: Schema, definitions: Mapping[str, Schema]) -> bool:
    node = resolved(node, definitions)
    if "default" in node:
        return True
    if "type" in node:
        return "null" in _list(node["type"])
    return all(_keeps_null(member, definitions) for member in node.get("allOf", ()))


def keys_of(node: Schema) -> Keys | None:
    """Return the keys by which items of a custom resource's list must differ; an empty key is the item itself."""
    how = node.get("x-kubernetes-list-type")
    if how == "set":
        return [[]]
    return [node["x-kubernetes-list-map-keys"]] if how == "map" else None


def core_keys_of(node: Schema) -> Keys | None:
    """Return the keys by which items of a list of Kubernetes' own kinds must differ."""
    return node.get("x-mintage-unique")


def repeated(value: Any, way: Plan[Keys]) -> Iterator[SchemaError]:
    """Yield an error for every item that stands twice in a list."""
    for path, items, keys in visits(value, way):
        if isinstance(items, list):
            for key in keys:
                yield from _repeated(path, items, key)


def unnamed(value: Any) -> Iterator[SchemaError]:
    """Yield an error for a custom resource without a name."""
    metadata = value.get("metadata") if isinstance(value, dict) else None
    if isinstance(metadata, dict) and not metadata.get("name") and not metadata.get("generateName"):
        yield SchemaError(("metadata",), f"want {A_NAME}")


def _repeated(path: tuple[str | int, ...], items: list[Any], key: list[str]) -> Iterator[SchemaError]:
    first: dict[str, int] = {}
    for index, item in enumerate(items):
        if key and not (isinstance(item, dict) and (key[0] in item)):
            continue
        parts = [item.get(name, KEY_DEFAULTS.get(name)) for name in key] if key else [item]
        earlier = first.setdefault(repr(parts), index)
        if earlier != index:
            said = ", ".join(f"`{name}` {shown(part)}" for name, part in zip(key, parts, strict=False))
            said = said or shown(item)
            yield SchemaError(
                (*path, index), f"item with {said} stands already at index {earlier} of the list"
            )

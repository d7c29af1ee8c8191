"""Walking JSON schemas: which parts of a schema are schemas themselves, and what a reference or a path leads to.

It does not know what any keyword demands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

Schema = dict[str, Any]
_ONE = ("items", "additionalProperties", "not")
_NAMED = ("properties", "patternProperties", "$defs")
_SEVERAL = ("allOf", "anyOf", "oneOf")


def parts(node: Schema) -> Iterator[Schema]:
    """Yield the schemas directly inside a schema."""
    for key in _ONE:
        if isinstance(inner := node.get(key), dict):
            yield inner
    for key in _NAMED:
        if isinstance(inner := node.get(key), dict):
            yield from (each for each in inner.values() if isinstance(each, dict))
    for key in _SEVERAL:
        if isinstance(several := node.get(key), list):
            yield from (each for each in several if isinstance(each, dict))


def mapped(node: Schema, change: Callable[[Schema], Schema]) -> Schema:
    """Return a copy of a schema in which every schema, the innermost first, went through `change`."""
    return change(with_parts(node, lambda inner: mapped(inner, change)))


def with_parts(node: Schema, change: Callable[[Schema], Schema]) -> Schema:
    """Return a copy of a schema with the schemas directly inside it replaced."""
    result = {**node}
    for key in _ONE:
        if isinstance(inner := node.get(key), dict):
            result[key] = change(inner)
    for key in _NAMED:
        if isinstance(inner := node.get(key), dict):
            result[key] = {
                name: change(each) if isinstance(each, dict) else each for name, each in inner.items()
            }
    for key in _SEVERAL:
        if isinstance(several := node.get(key), list):
            result[key] = [change(each) if isinstance(each, dict) else each for each in several]
    return result


def references(node: Schema) -> Iterator[str]:
    """Yield the names of the definitions that a schema refers to."""
    if isinstance(reference := node.get("$ref"), str):
        yield name_of(reference)
    for inner in parts(node):
        yield from references(inner)


def name_of(reference: str) -> str:
    """Return the name of the definition in a reference such as `#/$defs/Pod`."""
    return reference.removeprefix("#/$defs/")


def reference_to(name: str) -> Schema:
    """Return a schema that stands for a definition."""
    return {"$ref": f"#/$defs/{name}"}


def resolved(node: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """Return what a schema refers to, or the schema itself."""
    while isinstance(reference := node.get("$ref"), str):
        node = definitions[name_of(reference)]
    return node


def at(document: Schema, path: Sequence[str | int]) -> Any:
    """Return what stands at a path of a schema document, or None."""
    found: Any = document
    for step in path:
        if isinstance(found, dict):
            found = found.get(str(step))
        elif isinstance(found, list) and isinstance(step, int) and step < len(found):
            found = found[step]
        else:
            return None
    return found


def closure(root: Schema, define: Callable[[str], Schema]) -> dict[str, Schema]:
    """Return every definition that a schema needs, by name; `define` returns one of them."""
    needed: dict[str, Schema] = {}
    pending = list(references(root))
    while pending:
        name = pending.pop()
        if name not in needed:
            needed[name] = define(name)
            pending.extend(references(needed[name]))
    return needed

"""Plans: the few places of a schema that some walk must visit, found once per schema.

A walk over every value of every object would cost more than judging it. A plan holds only the nodes that carry a
payload (defaults, list keys, rules) and the way to them. A schema that holds itself is followed once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from mintage.schemas.nodes import Schema, resolved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

T = TypeVar("T")
Path = tuple[str | int, ...]


@dataclass(slots=True)
class Plan(Generic[T]):
    """What to do with a value, and the plans of what it holds."""

    payload: T | None = None
    fields: dict[str, Plan[T]] = field(default_factory=dict)
    rest: Plan[T] | None = None  # of fields that are not named
    items: Plan[T] | None = None


def plan(schema: Schema, payload_of: Callable[[Schema], T | None]) -> Plan[T] | None:
    """Return the plan of a schema document; None where nothing in it has a payload."""
    return _Planner(schema.get("$defs", {}), payload_of).plan(schema)


class _Planner(Generic[T]):
    def __init__(self, definitions: Mapping[str, Schema], payload_of: Callable[[Schema], T | None]) -> None:
        self._definitions = definitions
        self._payload_of = payload_of
        self._known: dict[str, Plan[T] | None] = {}

    def plan(self, node: Schema) -> Plan[T] | None:
        reference = node.get("$ref")
        if not isinstance(reference, str):
            return self._new(node)
        if len(node) > 1:
            return self._new({**resolved({"$ref": reference}, self._definitions), **node, "$ref": None})
        if reference not in self._known:
            self._known[reference] = None
            self._known[reference] = self.plan(resolved(node, self._definitions))
        return self._known[reference]

    def _new(self, node: Schema) -> Plan[T] | None:
        found = Plan(self._payload_of(node))
        for name, inner in node.get("properties", {}).items():
            if isinstance(inner, dict) and (way := self.plan(inner)):
                found.fields[name] = way
        if isinstance(more := node.get("additionalProperties"), dict):
            found.rest = self.plan(more)
        if isinstance(items := node.get("items"), dict):
            found.items = self.plan(items)
        empty = found.payload is None and not found.fields and found.rest is None and found.items is None
        return None if empty else found


def visits(value: Any, way: Plan[T], path: Path = ()) -> Iterator[tuple[Path, Any, T]]:
    """Yield (path, value, payload) of every value that a plan has something for."""
    if way.payload is not None:
        yield path, value, way.payload
    if isinstance(value, dict):
        for name, inner in way.fields.items():
            if name in value:
                yield from visits(value[name], inner, (*path, name))
        if way.rest is not None:
            for name in value.keys() - way.fields.keys():
                yield from visits(value[name], way.rest, (*path, name))
    elif isinstance(value, list) and way.items is not None:
        for index, item in enumerate(value):
            yield from visits(item, way.items, (*path, index))

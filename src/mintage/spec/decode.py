"""From a YAML value to a frozen typed spec, with all errors at once.

The fast path is msgspec. When it refuses, a walk over the same types finds *every* mistake (msgspec stops at the
first), words it for the person who wrote the YAML, and places it through `Layers`, which know which of the merged
documents a value came from. This module does not know any particular kind.
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from msgspec import inspect

from mintage.errors import Location, MintageError, Problem, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mintage.source import Document

T = TypeVar("T", bound="Fields")
Path = tuple[str | int, ...]
QUANTITY = r"^[0-9]+(\.[0-9]+)?(m|k|Ki|[MGTPE]i?|[eE][0-9]+)?$(?!\n)"  # apimachinery, resource.Quantity
PORT_NAME = (
    r"^(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?$(?!\n)"  # IANA_SVC_NAME, for ports of pods
)
LABEL = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$(?!\n)"  # RFC 1123: what most objects accept as a name


class Fields(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel", omit_defaults=True
):
    """The base of every mapping in a spec: frozen, camelCase in YAML, unknown fields refused."""

    def complaints(self) -> Iterator[Complaint]:
        """Yield what the types alone cannot say, such as two fields that exclude each other."""
        return iter(())


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something wrong at a path of a spec, before it has a place in a file."""

    path: Path
    message: str
    advice: str = ""
    id: str = "spec-invalid"
    on_key: bool = False


@dataclass(frozen=True, slots=True)
class Layer:
    """One of the documents merged into a spec, and the path in it where its part begins."""

    document: Document
    path: Path = ()


@dataclass(frozen=True, slots=True)
class Layers:
    """Where the values of a merged spec come from: the layer that was merged last comes first."""

    layers: tuple[Layer, ...]

    def locate(self, path: Path, *, on_key: bool = False) -> Location:
        """Return the place of the value at a path; of the nearest thing around it where it stands nowhere."""
        layers = self._that_hold(path)
        for length in range(len(path), -1, -1):
            exact = length == len(path)
            for layer in _by_preference(layers, exact=exact):
                found = layer.document.locate if exact and not on_key else layer.document.locate_key
                if place := found((*layer.path, *path[:length])):
                    return place
        return Location(self.layers[-1].document.file, 1, 1)

    def _that_hold(self, path: Path) -> Sequence[Layer]:
        """Return the layers that a value may come from: a list is never merged, so its items are of one layer."""
        depth = next((depth for depth, step in enumerate(path) if isinstance(step, int)), None)
        if depth is not None:
            for layer in self.layers:
                if layer.document.locate((*layer.path, *path[:depth])):
                    return (layer,)
        return self.layers

    def problem(self, complaint: Complaint) -> Problem:
        """Give a complaint its place."""
        place = self.locate(complaint.path, on_key=complaint.on_key)
        return Problem(place, complaint.id, complaint.message, complaint.advice)


def _by_preference(layers: Sequence[Layer], *, exact: bool) -> Sequence[Layer]:
    # What is missing is missing from the spec itself, so look there first; what is there, the last layer set.
    return layers if exact else sorted(layers, key=lambda layer: bool(layer.path))


def merge(base: Any, delta: Any) -> Any:
    """Return `base` with `delta` laid over it: mappings merge, null removes, everything else replaces."""
    if not isinstance(delta, dict):
        return delta
    merged = dict(base) if isinstance(base, dict) else {}
    for key, value in delta.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(merged.get(key), value)
    return merged


def without_nulls(value: Any) -> Any:
    """Return a value as merging it over nothing leaves it: keys that hold null are gone."""
    return merge(None, value)


def decode(value: Any, kind: type[T], layers: Layers) -> T:
    """Return the typed spec, or raise `MintageError` with every problem, each at its own line."""
    try:
        spec = msgspec.convert(value, type=kind)
    except msgspec.ValidationError as error:
        complaints = list(_explain(_type_of(kind), value, ())) or [Complaint((), str(error))]
    else:
        complaints = list(_complaints(spec, ()))
        if not complaints:
            return spec
    raise MintageError([layers.problem(complaint) for complaint in complaints])


def _complaints(value: Any, path: Path) -> Iterator[Complaint]:
    """Yield the complaints of a typed value and of everything inside it, with full paths."""
    if isinstance(value, Fields):
        for complaint in value.complaints():
            yield replace(complaint, path=(*path, *complaint.path))
        for name, field in _nesting_fields(type(value)):
            yield from _complaints(getattr(value, field), (*path, name))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _complaints(item, (*path, key))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _complaints(item, (*path, index))


@lru_cache(maxsize=256)
def _nesting_fields(kind: type[Fields]) -> tuple[tuple[str, str], ...]:
    """Return the fields (YAML name, Python name) whose values may hold a type that has complaints of its own."""
    info = _type_of(kind)
    assert isinstance(info, inspect.StructType)
    return tuple((field.encode_name, field.name) for field in info.fields if _may_nest(field.type))


def _may_nest(kind: inspect.Type) -> bool:
    if isinstance(kind, inspect.Metadata):
        return _may_nest(kind.type)
    if isinstance(kind, inspect.UnionType):
        return any(_may_nest(member) for member in kind.types)
    if isinstance(kind, inspect.DictType):
        return _may_nest(kind.value_type)
    if isinstance(kind, inspect.ListType | inspect.VarTupleType):
        return _may_nest(kind.item_type)
    return isinstance(kind, inspect.StructType)


@lru_cache(maxsize=256)
def _type_of(kind: Any) -> inspect.Type:
    return inspect.type_info(kind)


def _explain(expected: inspect.Type, value: Any, path: Path) -> Iterator[Complaint]:
    """Yield every way in which a value is not of the expected type."""
    if isinstance(expected, inspect.Metadata):
        yield from _explain(expected.type, value, path)
    elif isinstance(expected, inspect.UnionType):
        yield from _explain_union(expected, value, path)
    elif isinstance(expected, inspect.StructType) and isinstance(value, dict):
        yield from _explain_struct(expected, value, path)
    elif isinstance(expected, inspect.DictType) and isinstance(value, dict):
        for key, item in value.items():
            yield from (
                Complaint((*path, key), found.message, found.advice, found.id, on_key=True)
                for found in _explain(expected.key_type, key, path)
            )
            yield from _explain(expected.value_type, item, (*path, key))
        yield from _explain_bounds(expected, len(value), path, "entries")
    elif isinstance(expected, inspect.ListType | inspect.VarTupleType) and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _explain(expected.item_type, item, (*path, index))
        yield from _explain_bounds(expected, len(value), path, "items")
    else:
        yield from _explain_scalar(expected, value, path)


def _explain_union(expected: inspect.UnionType, value: Any, path: Path) -> Iterator[Complaint]:
    """Complain as the member whose shape the value has would; name them all when it has none of their shapes."""
    fitting = [member for member in expected.types if _has_shape(member, value)]
    if not fitting:
        wanted = " or ".join(
            _name(member) for member in expected.types if not isinstance(member, inspect.NoneType)
        )
        yield Complaint(path, f"expected {wanted}, got {describe(value)}", _shape_advice(expected, value))
        return
    explanations = [list(_explain(member, value, path)) for member in fitting]
    if all(explanations):
        yield from min(explanations, key=len)


def _explain_struct(expected: inspect.StructType, value: dict[str, Any], path: Path) -> Iterator[Complaint]:
    fields = {field.encode_name: field for field in expected.fields}
    for key, item in value.items():
        if key in fields:
            yield from _explain(fields[key].type, item, (*path, key))
        else:
            advice = did_you_mean(key, fields)
            yield Complaint((*path, key), f"unknown field `{key}`", advice, "spec-unknown-field", on_key=True)
    for name, field in fields.items():
        if field.required and name not in value:
            yield Complaint(
                (*path, name),
                f"required field `{name}` is missing",
                f"add `{name}: ...`",
                "spec-missing-field",
            )


def _explain_scalar(expected: inspect.Type, value: Any, path: Path) -> Iterator[Complaint]:
    if isinstance(expected, inspect.LiteralType):
        if not any(type(value) is type(choice) and value == choice for choice in expected.values):
            near = did_you_mean(str(value), map(str, expected.values))
            advice = near if near.startswith("did") else ""  # the message names them all already
            yield Complaint(path, f"expected {_name(expected)}, got {describe(value)}", advice)
    elif not _has_shape(expected, value):
        yield Complaint(
            path, f"expected {_name(expected)}, got {describe(value)}", _shape_advice(expected, value)
        )
    elif isinstance(expected, inspect.IntType | inspect.FloatType):
        yield from _explain_bounds(expected, value, path, "")
    elif isinstance(expected, inspect.StrType):
        yield from _explain_text(expected, value, path)


def _shape_advice(expected: inspect.Type, value: Any) -> str:
    """Say how a value of the wrong shape is written, where that is a habit from Kubernetes manifests or a slip."""
    if isinstance(expected, inspect.Metadata):
        return _shape_advice(expected.type, value)
    if isinstance(expected, inspect.UnionType):
        members = [member for member in expected.types if not isinstance(member, inspect.NoneType)]
        plain = [member for member in members if len(members) == 1 or not _is_collection(member)]
        return next(filter(None, (_shape_advice(member, value) for member in plain)), "")
    if isinstance(expected, inspect.StructType | inspect.DictType):
        return (
            "write a mapping, `name: value`, instead of a list"
            if isinstance(value, list)
            else _EMPTY.get(value is None, "")
        )
    if isinstance(expected, inspect.ListType | inspect.VarTupleType) and isinstance(value, str | int | float):
        return f"put it in brackets: [{value}]"
    if isinstance(expected, inspect.StrType) and isinstance(value, bool | int | float):
        return "YAML reads this bare word as something else than text: put it in quotes"
    pattern = _NUMERALS.get(type(expected))
    return "remove the quotes" if pattern and isinstance(value, str) and re.fullmatch(pattern, value) else ""


def _is_collection(expected: inspect.Type) -> bool:
    return any(isinstance(expected, kind) for kind, _, name in _SHAPES if name in {"a mapping", "a list"})


def _explain_bounds(expected: Any, value: float, path: Path, unit: str) -> Iterator[Complaint]:
    """Complain about a number out of its range, or a collection of the wrong size (where `unit` is given)."""
    for name, words, holds in _SIZES if unit else _RANGES:
        bound = getattr(expected, name, None)
        if bound is not None and not holds(value, bound):
            message = f"expected {words} {bound} {unit}".strip() + f", got {value} {unit}".rstrip()
            yield Complaint(path, message)


def _explain_text(expected: inspect.StrType, value: str, path: Path) -> Iterator[Complaint]:
    if expected.pattern is not None and re.search(expected.pattern, value) is None:
        shown = expected.pattern.removesuffix(r"(?!\n)")
        yield Complaint(path, f"`{value}` does not match {shown}", _FORMS.get(expected.pattern, ""))
    else:
        yield from _explain_bounds(expected, len(value), path, "characters")


_EMPTY = {True: "write `{}` for nothing, or indent what belongs here"}
_FORMS = {
    LABEL: "use lower-case letters, digits and dashes, as in `web-1`",
    PORT_NAME: "use at most 15 lower-case letters, digits and single dashes, with a letter, as in `http`",
    QUANTITY: "write a Kubernetes quantity, such as `500m`, `2` or `64Gi`",
}
_SIZES: tuple[tuple[str, str, Callable[[float, float], bool]], ...] = (
    ("min_length", "at least", operator.ge),
    ("max_length", "at most", operator.le),
)
_RANGES: tuple[tuple[str, str, Callable[[float, float], bool]], ...] = (
    ("ge", "at least", operator.ge),
    ("gt", "more than", operator.gt),
    ("le", "at most", operator.le),
    ("lt", "less than", operator.lt),
    ("multiple_of", "a multiple of", lambda value, bound: value % bound == 0),
)
_NUMERALS = {inspect.IntType: r"-?[0-9]+", inspect.FloatType: r"-?[0-9]+(\.[0-9]+)?"}
_SHAPES: tuple[tuple[Any, Any, str], ...] = (
    (inspect.StructType, dict, "a mapping"),
    (inspect.DictType, dict, "a mapping"),
    (inspect.ListType, list, "a list"),
    (inspect.VarTupleType, list, "a list"),
    (inspect.StrType, str, "a string"),
    (inspect.BoolType, bool, "true or false"),
    (inspect.IntType, int, "an integer"),
    (inspect.FloatType, (int, float), "a number"),
    (inspect.NoneType, type(None), "null"),
)


def _has_shape(expected: inspect.Type, value: Any) -> bool:
    if isinstance(expected, inspect.Metadata):
        return _has_shape(expected.type, value)
    if isinstance(expected, inspect.UnionType):  # inside another when annotated, as in `Quantity | None`
        return any(_has_shape(member, value) for member in expected.types)
    if isinstance(expected, inspect.LiteralType):
        return any(type(value) is type(choice) for choice in expected.values)
    if isinstance(expected, inspect.AnyType):
        return True
    if isinstance(value, bool):
        return isinstance(expected, inspect.BoolType)
    return any(isinstance(expected, kind) and isinstance(value, shape) for kind, shape, _ in _SHAPES)


def _name(expected: inspect.Type) -> str:
    if isinstance(expected, inspect.Metadata):
        return _name(expected.type)
    if isinstance(expected, inspect.LiteralType):
        return "one of " + ", ".join(f"`{value}`" for value in expected.values)
    if isinstance(expected, inspect.UnionType):
        return " or ".join(_name(member) for member in expected.types)
    return next((name for kind, _, name in _SHAPES if isinstance(expected, kind)), "a value")


def describe(value: Any) -> str:
    """Name a value in a sentence: its type and, where it is short, the value itself."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        shown = value if len(value) <= 40 else value[:37] + "..."
        return f"the string {shown!r}"
    return "a list" if isinstance(value, list) else "a mapping"

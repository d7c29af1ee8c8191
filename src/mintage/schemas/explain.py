"""What a schema refuses, as sentences: one for each place and cause, with the most telling member of a combination.

The engine says which keyword failed where; the words are made here. It does not know kinds.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mintage.errors import did_you_mean
from mintage.schemas.nodes import Schema, at
from mintage.schemas.tighten import WANT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import jsonschema_rs

Path = tuple[str | int, ...]
_SHOWN = 60
_LISTED = 12
_COMBINATIONS = frozenset({"anyOf", "oneOf"})


@dataclass(frozen=True, slots=True)
class SchemaError:
    """One thing that is wrong with an object: at a path of keys and indexes, or with the object as a whole.

    `unknown` marks a field that the server would drop or refuse; its path ends with the field. `custom` marks errors
    of custom resources.
    """

    path: Path
    message: str
    unknown: bool = False
    advice: str = ""
    custom: bool = False

    @property
    def key(self) -> tuple[Any, ...]:
        """What errors are sorted by: indexes count as numbers."""
        return tuple((isinstance(step, str), step) for step in self.path), self.message


def explained(
    errors: Iterable[jsonschema_rs.ValidationError], schema: Schema, *, custom: bool
) -> list[SchemaError]:
    """Return every error once, sorted by path."""
    found = {
        replace(each, custom=True) if custom else each for error in errors for each in _told(error, schema)
    }
    return sorted(found, key=lambda error: error.key)


def _told(error: jsonschema_rs.ValidationError, schema: Schema) -> Iterator[SchemaError]:
    name = error.kind.name
    path: Path = tuple(error.instance_path)
    node = at(schema, error.schema_path[:-1])
    node = node if isinstance(node, dict) else {}
    if WANT in node and name != "required":
        yield _unwanted(path, error.instance, node)
    elif name in _COMBINATIONS:
        yield from _combined(error, node, schema)
    elif name in _WORDS:
        yield from _WORDS[name](path, error, node)
    else:
        yield SchemaError(path, error.message)


def _unwanted(path: Path, value: Any, node: Schema) -> SchemaError:
    got = "" if isinstance(value, dict) else f"got {shown(value)}, "
    return SchemaError(path, f"{got}want {node[WANT]}")


# --- one keyword each -----------------------------------------------------------------------------------------


def _type(path: Path, error: jsonschema_rs.ValidationError, node: Schema) -> Iterator[SchemaError]:
    wanted = node["type"] if isinstance(node["type"], list) else [node["type"]]
    yield SchemaError(
        path,
        f"got {kind_of(error.instance)}, want {alternatives(wanted)}",
        advice=_retyped(error.instance, wanted),
    )


def _retyped(value: Any, wanted: Sequence[str]) -> str:
    """Return what to do about a scalar that YAML took for another type than it should."""
    if "string" in wanted and isinstance(value, bool | int | float):
        return f'write it in quotes: "{shown(value)}"'
    if isinstance(value, str) and _is_number(value) and {"integer", "number"} & set(wanted):
        return f"write it without quotes: {value}"
    if value in ("true", "false") and "boolean" in wanted:
        return f"write it without quotes: {value}"
    return ""


def _is_number(text: str) -> bool:
    return text.removeprefix("-").isdecimal()


def _enum(path: Path, error: jsonschema_rs.ValidationError, node: Schema) -> Iterator[SchemaError]:
    allowed = [value for value in node.get("enum", [node.get("const")]) if value not in (None, "")]
    value = error.instance
    near = did_you_mean(value, map(str, allowed)) if isinstance(value, str) else ""
    advice = near if near.startswith("did") else ""
    listed = [shown(each) for each in allowed[:_LISTED]] + ["..."] * (len(allowed) > _LISTED)
    want = f"one of {', '.join(listed)}" if len(listed) > 1 else "".join(listed) or "nothing"
    yield SchemaError(path, f"got {shown(value)}, want {want}", advice=advice)


def _unexpected(path: Path, error: jsonschema_rs.ValidationError, node: Schema) -> Iterator[SchemaError]:
    known = node.get("properties", {}).keys()
    present = error.instance.keys() if isinstance(error.instance, dict) else set()
    for name in error.kind.as_dict()["unexpected"]:
        advice = did_you_mean(name, known)
        if not advice.startswith("did"):
            advice = did_you_mean(name, known - present) or "no other field is known here"
        yield SchemaError((*path, name), f"unknown field `{name}`", unknown=True, advice=advice)


def _required(path: Path, error: jsonschema_rs.ValidationError, _node: Schema) -> Iterator[SchemaError]:
    yield SchemaError(path, f"field `{error.kind.as_dict()['property']}` is missing")


def _pattern(path: Path, error: jsonschema_rs.ValidationError, node: Schema) -> Iterator[SchemaError]:
    yield SchemaError(path, f"got {shown(error.instance)}, want a match of `{node['pattern']}`")


def _limit(word: str, unit: str = "") -> Callable[..., Iterator[SchemaError]]:
    """Return what tells that a number, or how many of a unit there are, is beyond a limit."""

    def tell(path: Path, error: jsonschema_rs.ValidationError, _node: Schema) -> Iterator[SchemaError]:
        got = f"{error.instance}" if not unit else _count(error.instance, unit)
        yield SchemaError(path, f"got {got}, want {word} {error.kind.as_dict()['limit']}")

    return tell


def _count(value: Any, unit: str) -> str:
    return f"{len(value)} {unit.removesuffix('s') if len(value) == 1 else unit}"


def _not_unique(path: Path, _error: jsonschema_rs.ValidationError, _node: Schema) -> Iterator[SchemaError]:
    yield SchemaError(path, "an item stands twice in the list")


def _forbidden(path: Path, error: jsonschema_rs.ValidationError, _node: Schema) -> Iterator[SchemaError]:
    ruled_out = error.kind.as_dict()["schema"]
    names = ruled_out.get("required") if isinstance(ruled_out, dict) else None
    if names:
        yield SchemaError(path, f"field{'s' if len(names) > 1 else ''} {_quoted(names)} must not be set here")
    else:
        yield SchemaError(path, f"got {shown(error.instance)}, which is ruled out here")


_WORDS: dict[str, Callable[..., Iterator[SchemaError]]] = {
    "type": _type,
    "enum": _enum,
    "const": _enum,
    "additionalProperties": _unexpected,
    "required": _required,
    "pattern": _pattern,
    "minimum": _limit("at least"),
    "maximum": _limit("at most"),
    "exclusiveMinimum": _limit("more than"),
    "exclusiveMaximum": _limit("less than"),
    "minLength": _limit("at least", "characters"),
    "maxLength": _limit("at most", "characters"),
    "minItems": _limit("at least", "items"),
    "maxItems": _limit("at most", "items"),
    "minProperties": _limit("at least", "fields"),
    "maxProperties": _limit("at most", "fields"),
    "uniqueItems": _not_unique,
    "not": _forbidden,
}


# --- combinations ---------------------------------------------------------------------------------------------


def _combined(error: jsonschema_rs.ValidationError, node: Schema, schema: Schema) -> Iterator[SchemaError]:
    path: Path = tuple(error.instance_path)
    members = [list(member) for member in getattr(error.kind, "context", ())]
    if not members or any(not member for member in members):
        yield SchemaError(path, f"{_several(error, node)} fit here, want exactly one")
        return
    missing = [_missing(member, path) for member in members]
    if all(missing):
        names = sorted({name for each in missing for name in each})
        yield SchemaError(path, f"one of the fields {_quoted(names)} is missing")
        return
    fitting = [member for member in members if not _is_of_wrong_type(member, path)]
    if not fitting:
        wanted = list(dict.fromkeys(name for member in members for name in _types(member, path, schema)))
        yield SchemaError(
            path,
            f"got {kind_of(error.instance)}, want {alternatives(wanted)}",
            advice=_retyped(error.instance, wanted),
        )
        return
    for inner in min(fitting, key=_distance):
        yield from _told(inner, schema)


def _several(error: jsonschema_rs.ValidationError, node: Schema) -> str:
    names = [name for member in node.get("oneOf", ()) for name in member.get("required", ())]
    present = [name for name in names if isinstance(error.instance, dict) and name in error.instance]
    return f"fields {_quoted(present)}" if len(present) > 1 else "several forms"


def _missing(member: list[jsonschema_rs.ValidationError], path: Path) -> list[str]:
    """Return the fields that a member misses at its own place, empty where it fails in another way."""
    if any(error.kind.name != "required" or tuple(error.instance_path) != path for error in member):
        return []
    return [str(error.kind.as_dict()["property"]) for error in member]


def _is_of_wrong_type(member: list[jsonschema_rs.ValidationError], path: Path) -> bool:
    return any(error.kind.name == "type" and tuple(error.instance_path) == path for error in member)


def _types(member: list[jsonschema_rs.ValidationError], path: Path, schema: Schema) -> Iterator[str]:
    for error in member:
        if error.kind.name == "type" and tuple(error.instance_path) == path:
            wanted = at(schema, error.schema_path)
            yield from wanted if isinstance(wanted, list) else [wanted]


def _distance(member: list[jsonschema_rs.ValidationError]) -> tuple[int, int]:
    """Return how far a value is from a member: a wrong discriminator says that another member was meant."""
    wrong = sum(error.kind.name in {"const", "enum"} for error in member)
    return wrong, len(member)


# --- words ----------------------------------------------------------------------------------------------------


def kind_of(value: Any) -> str:
    """Return the JSON type of a value."""
    if value is None:
        return "null"
    kinds = {bool: "boolean", str: "string", list: "array", dict: "object", int: "integer", float: "number"}
    return kinds.get(type(value), type(value).__name__)


def alternatives(words: Sequence[str]) -> str:
    """Return `integer or null`, `string, integer or null`."""
    ordered = [word for word in words if word != "null"] + ["null"] * ("null" in words)
    return " or ".join([", ".join(ordered[:-1]), ordered[-1]] if len(ordered) > 1 else ordered)


def shown(value: Any) -> str:
    """Return a value as it may stand in a sentence: scalars as in JSON, collections by their type."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else f'{text[: _SHOWN - 4]}..."'


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)

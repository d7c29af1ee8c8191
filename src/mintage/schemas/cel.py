"""The CEL rules of a schema (x-kubernetes-validations), evaluated with the optional package `cel-python`.

What the package cannot evaluate is counted, and is neither a pass nor a failure. Rules about the change of an object
(`oldSelf`) are passed over, as the server does when an object is created. It does not know kinds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from mintage.schemas.explain import SchemaError
from mintage.schemas.plan import visits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mintage.schemas.nodes import Schema
    from mintage.schemas.plan import Plan

Rules = tuple["Schema", list[dict[str, Any]]]
ABSENT = "the package cel-python is not installed: pip install 'mintage[cel]'"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What rules say: the errors, and how many rules were evaluated, and were not; `reason` tells why none was."""

    errors: tuple[SchemaError, ...] = ()
    evaluated: int = 0
    not_evaluated: int = 0
    reason: str = ""


NOTHING = Verdict()
_CHANGES = re.compile(r"\boldSelf\b")
# Names that CEL keeps for itself are escaped in rules (Kubernetes, "Validation rules": escaping of field names).
_RESERVED = frozenset(
    {
        "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import",
        "let", "loop", "package", "namespace", "return",
    }
)  # fmt: skip
_ESCAPES = (("__", "__underscores__"), (".", "__dot__"), ("-", "__dash__"), ("/", "__slash__"))


def judged(document: Any, plan: Plan[Rules]) -> Verdict:
    """Return what the rules of a plan say of a document."""
    found = [
        (path, value, node, [rule for rule in rules if not _CHANGES.search(str(rule["rule"]))])
        for path, value, (node, rules) in visits(document, plan)
    ]
    count = sum(len(rules) for *_, rules in found)
    if not count:
        return NOTHING
    if _library() is None:
        return Verdict(not_evaluated=count, reason=ABSENT)
    errors = []
    evaluated = 0
    for path, value, node, rules in found:
        self = _cel_value(value, node)
        for rule in rules:
            outcome = _holds(str(rule["rule"]), self)
            evaluated += outcome is not None
            if outcome is False:
                errors.append(_error(path, rule))
    errors.sort(key=lambda error: error.key)
    return Verdict(tuple(errors), evaluated, count - evaluated)


def _error(path: tuple[str | int, ...], rule: dict[str, Any]) -> SchemaError:
    field = str(rule.get("fieldPath", "")).lstrip(".")
    steps = tuple(field.split(".")) if re.fullmatch(r"[\w.]+", field) else ()
    text = " ".join(str(rule["rule"]).split())
    message = str(rule.get("message") or f"failed rule: {text}").strip()
    return SchemaError(
        (*path, *steps), message, advice=f"rule: {text}" if rule.get("message") else "", custom=True
    )


@cache
def _library() -> Any:
    try:
        import celpy  # noqa: PLC0415 - optional, and slow to load
    except ImportError:
        return None
    return celpy


@cache
def _program(rule: str) -> Any:
    """Return a compiled rule, None where the package cannot compile it."""
    celpy = _library()
    environment = celpy.Environment()
    try:
        return environment.program(environment.compile(rule), functions=_functions())
    except (celpy.CELParseError, celpy.CELEvalError, ValueError, RecursionError):
        return None


@cache
def _functions() -> dict[str, Any]:
    """Return the functions of strings that Kubernetes adds to CEL (its library `strings`), as far as rules use them."""
    text, many = _library().celtypes.StringType, _library().celtypes.ListType
    return {
        "lowerAscii": lambda given: text(given.lower()),
        "upperAscii": lambda given: text(given.upper()),
        "trim": lambda given: text(given.strip()),
        "split": lambda given, by: many([text(part) for part in given.split(by)]),
        "substring": lambda given, start, end=None: text(
            given[int(start) : end if end is None else int(end)]
        ),
    }


def _holds(rule: str, self: Any) -> bool | None:
    celpy = _library()
    program = _program(rule)
    if program is None:
        return None
    try:
        outcome = program.evaluate({"self": self})
    except (
        celpy.CELEvalError,
        celpy.evaluation.CELUnsupportedError,
        KeyError,
        TypeError,
        ValueError,
        RecursionError,
    ):
        return None
    return bool(outcome) if isinstance(outcome, bool | int) else None


def _cel_value(value: Any, node: Schema) -> Any:
    celpy = _library()
    return celpy.json_to_cel(_escaped(value, node.get("properties", {})))


def _escaped(value: Any, known: Mapping[str, Any]) -> Any:
    """Return a value in which fields that the schema names can be reached by the names that rules use."""
    if isinstance(value, list):
        return [_escaped(item, {}) for item in value]
    if not isinstance(value, dict):
        return value
    result = {name: _escaped(item, _known(known.get(name))) for name, item in value.items()}
    result |= {_escape(name): result[name] for name in value if name in known and _escape(name) != name}
    return result


def _known(node: Any) -> Mapping[str, Any]:
    found = node.get("properties", {}) if isinstance(node, dict) else {}
    return found if isinstance(found, dict) else {}


def _escape(name: str) -> str:
    if name in _RESERVED:
        return f"__{name}__"
    for text, escape in _ESCAPES:
        name = name.replace(text, escape)
    return name

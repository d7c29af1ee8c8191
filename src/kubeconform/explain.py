"""Why a value does not fit its schema, as a tree worded and cut as santhosh-tekuri/jsonschema v6 does.

The verdict is the engine's (`schemas`); this walks schema and value a second time, in Python, only when it was no.
A wrong type hides all else that is wrong with a value, several errors of one value are grouped, and combinators
hold the errors of their members. Keywords that depend on evaluation (unevaluated*, $dynamicRef) are not explained.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from kubeconform import formats, patterns, wording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import jsonschema_rs

Path = tuple[str | int, ...]
_ORDER = {
    name: index
    for index, name in enumerate(("null", "boolean", "number", "integer", "string", "array", "object"))
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at one place; a group only holds other problems."""

    path: Path
    message: str
    causes: tuple[Problem, ...] = ()
    group: bool = False

    def lines(self) -> Iterator[str]:
        """Yield `- at '/spec': ...` for this problem and those under it."""
        yield f"- at {wording.quote(wording.pointer(self.path))}: {self.message}"
        for cause in self.causes:
            yield from (f"  {line}" for line in cause.lines())

    def leaves(self) -> Iterator[Problem]:
        """Yield this problem, or what a group holds."""
        if not self.group:
            yield self
            return
        for cause in self.causes:
            yield from cause.leaves()


@dataclass(frozen=True, slots=True)
class Explainer:
    """Explains values by one schema; `resolver` finds what its references name."""

    schema: Any
    resolver: jsonschema_rs.Resolver
    draft: int
    referred: dict[tuple[str, str], Explainer] = field(default_factory=dict, compare=False, repr=False)

    def problems(self, value: Any) -> tuple[Problem, ...]:
        """Return what is wrong with a value, in its own order; empty where this module sees nothing wrong."""
        found = self.explain(value, ())
        if found is None:
            return ()
        return found.causes if found.group else (found,)

    def explain(self, value: Any, path: Path) -> Problem | None:
        """Return what is wrong with a value at a path, or None."""
        schema = self.schema
        if isinstance(schema, bool):
            return None if schema else Problem(path, "false schema")
        if not isinstance(schema, dict):
            return None
        if "$ref" in schema and self.draft <= 7:  # what stands beside it counts for nothing
            return self.refer(schema["$ref"], value, path)
        for check in (_type, _const, _enum, _format):
            if message := check(self, value):
                return Problem(path, message)
        problems = [
            problem for keyword in _KEYWORDS for problem in keyword(self, value, path) if problem is not None
        ]
        return _grouped(path, problems)

    def under(self, schema: Any) -> Explainer:
        """Return the explainer of a part of this schema."""
        return Explainer(schema, self.resolver, self.draft, self.referred)

    def refer(self, reference: Any, value: Any, path: Path) -> Problem | None:
        """Return what is wrong with a value by the schema that a reference names."""
        key = self.resolver.base_uri, str(reference)
        if key not in self.referred:
            found = self.resolver.lookup(key[1])
            draft = _number(found.draft)
            self.referred[key] = Explainer(found.contents, found.resolver, draft, self.referred)
        return self.referred[key].explain(value, path)


def _number(draft: int) -> int:
    return {19: 2019, 20: 2020, 201909: 2019, 202012: 2020}.get(draft, draft)


def _grouped(path: Path, problems: list[Problem]) -> Problem | None:
    if len(problems) < 2:
        return problems[0] if problems else None
    return Problem(path, "validation failed", tuple(problems), group=True)


# --- errors that hide all others ------------------------------------------------------------------------------


def _type(by: Explainer, value: Any) -> str:
    wanted = by.schema.get("type")
    if wanted is None:
        return ""
    names = [wanted] if isinstance(wanted, str) else wanted
    got = wording.kind(value)
    if got in names or (got == "number" and "integer" in names and _is_integer(value)):
        return ""
    return f"got {got}, want {' or '.join(sorted(names, key=lambda name: _ORDER.get(name, 9)))}"


def _is_integer(value: float) -> bool:
    return isinstance(value, int) or value.is_integer()


def _const(by: Explainer, value: Any) -> str:
    if by.draft < 6 or "const" not in by.schema or equal(value, by.schema["const"]):
        return ""
    wanted = by.schema["const"]
    return "'const' failed" if isinstance(wanted, dict | list) else f"value must be {wording.display(wanted)}"


def _enum(by: Explainer, value: Any) -> str:
    allowed = by.schema.get("enum")
    if not isinstance(allowed, list) or any(equal(value, item) for item in allowed):
        return ""
    if any(isinstance(item, dict | list) for item in allowed):
        return "'enum' failed"
    shown = ", ".join(map(wording.display, allowed))
    return f"value must be {shown}" if len(allowed) == 1 else f"value must be one of {shown}"


def _format(by: Explainer, value: Any) -> str:
    name = by.schema.get("format")
    check = formats.CHECKS.get(name) if isinstance(name, str) and by.draft <= 7 else None
    problem = check(value) if check and isinstance(value, str) else ""
    return f"{wording.display(value)} is not valid {name}: {problem}" if problem else ""


def equal(one: Any, other: Any) -> bool:
    """Return whether two JSON values are the same; 1 is 1.0 but not true."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(item, other[key]) for key, item in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    return bool(one == other)


# --- keywords -------------------------------------------------------------------------------------------------


def _sizes(by: Explainer, value: Any, path: Path) -> Iterator[Problem | None]:
    for kind, least, most in (
        (dict, "minProperties", "maxProperties"),
        (list, "minItems", "maxItems"),
        (str, "minLength", "maxLength"),
    ):
        if isinstance(value, kind):
            for keyword, over in ((least, False), (most, True)):
                limit = by.schema.get(keyword)
                if limit is not None and (len(value) > limit if over else len(value) < limit):
                    yield Problem(
                        path, f"{keyword}: got {wording.count(len(value))}, want {wording.count(int(limit))}"
                    )


def _required(by: Explainer, value: Any, path: Path) -> Iterator[Problem | None]:
    required = by.schema.get("required")
    if not isinstance(value, dict) or not isinstance(required, list):
        return
    if missing := [name for name in required if name not in value]:
        noun = "property" if len(missing) == 1 else "properties"
        yield Problem(path, f"missing {noun} {wording.quoted(missing)}")


def _dependencies(by: Explainer, value: Any, path: Path) -> Iterator[Problem | None]:
    if not isinstance(value, dict):
        return
    keywords = ("dependentSchemas", "dependentRequired") if by.draft >= 2019 else ("dependencies",)
    for keyword in keywords:
        for name, needed in by.schema.get(keyword, {}).items():
            if name not in value:
                continue
            if not isinstance(needed, list):
                yield by.under(needed).explain(value, path)
            elif missing := [other for other in needed if other not in value]:
                shown = f"{wording.quoted(missing)} required, if {wording.quote(name)} exists"
                yield Problem(path, f"properties {shown}")


def _properties(by: Explainer, value: Any, path: Path) -> Iterator[Problem | None]:
    if not isinstance(value, dict):
        return
    schema = by.schema
    known, by_pattern = schema.get("properties", {}), schema.get("patternProperties", {})
    more = schema.get("additionalProperties", True)
    unexpected = []
    for name, item in value.items():
        schemas = [known[name]] if name in known else []
        schemas += [found for pattern, found in by_pattern.items() if patterns.matches(pattern, name)]
        if not schemas and more is False:
            unexpected.append(name)
        for found in schemas or [more]:
            if found is not False or schemas:
                yield by.under(found).explain(item, (*path, name))
    if unexpected:
        yield Problem(path, f"additional properties {wording.quoted(unexpected)} not allowed")
    if by.draft >= 6 and "propertyNames" in schema:
        for name in value:
            if by.under(schema["propertyNames"]).explain(name, path):
                yield Problem(path, f"invalid propertyName {wording.quote(name)}")


def _unique(by: Explainer, value: Any, path: Path) -> Iterator[Problem | None]:
    if by.schema.get("uniqueItems") is True and isinstance(value, list):
        for later in range(1, len(value)):
            for earlier in range(later):
                if equal(value[earlier], value[later]):
                    yield Problem(path, f"items at {earlier} and {later} are equal")
                    return


def _items(by: Explainer, value: Any, path: Path) -> Iterator[Problem | None]:
    if not isinstance(value, list):
        return
    schema = by.schema
    if by.draft >= 2020:
        first, rest = schema.get("prefixItems", []), schema.get("items", True)
    elif isinstance(schema.get("items"), list):
        first, rest = schema["items"], schema.get("additionalItems", True)
    else:
        first, rest = [], schema.get("items", True)
    if rest is False and by.draft < 2020 and len(value) > len(first):
        yield Problem(path, f"last {wording.count(len(value) - len(first))} additionalItem(s) not allowed")
        rest = True
    for index, item in enumerate(value):
        found = first[index] if index < len(first) else rest
        yield by.under(found).explain(item, (*path, index))


def _contains(by: Explainer, value: Any, path: Path) -> Iterator[Problem | None]:
    if by.draft < 6 or "contains" not in by.schema or not isinstance(value, list):
        return
    tried = [
        by.under(by.schema["contains"]).explain(item, (*path, index)) for index, item in enumerate(value)
    ]
    matched = [index for index, problem in enumerate(tried) if problem is None]
    bounds = by.schema if by.draft >= 2019 else {}
    least, most = bounds.get("minContains"), bounds.get("maxContains")
    needed = f"items required to match contains schema, but matched {len(matched)} items at {' '.join(map(str, matched))}"
    if least is None and not matched:
        yield Problem(path, "no items match contains schema", tuple(filter(None, tried)))
    elif least is not None and len(matched) < least:
        none = f"min {least} items required to match contains schema, but none matched"
        yield Problem(path, f"min {least} {needed}" if matched else none, tuple(filter(None, tried)))
    if most is not None and len(matched) > most:
        yield Problem(path, f"max {most} {needed}")


def _pattern(by: Explainer, value: Any, path: Path) -> Iterator[Problem | None]:
    pattern = by.schema.get("pattern")
    if isinstance(value, str) and isinstance(pattern, str) and not patterns.matches(pattern, value):
        yield Problem(path, f"{wording.quote(value)} does not match pattern {wording.quote(pattern)}")


def _bounds(by: Explainer, value: Any, path: Path) -> Iterator[Problem | None]:
    if wording.kind(value) != "number":
        return
    for keyword, limit in _limits(by.schema).items():
        difference = Fraction(value) - Fraction(limit)
        outside = {
            "minimum": difference < 0,
            "maximum": difference > 0,
            "exclusiveMinimum": difference <= 0,
            "exclusiveMaximum": difference >= 0,
        }[keyword]
        if outside:
            yield Problem(path, f"{keyword}: got {wording.number(value)}, want {wording.number(limit)}")
    step = by.schema.get("multipleOf")
    if step and (Fraction(str(value)) / Fraction(str(step))).denominator != 1:
        yield Problem(path, f"multipleOf: got {wording.number(value)}, want {wording.number(step)}")


def _limits(schema: dict[str, Any]) -> dict[str, float]:
    """Return the bounds of a number; draft 4 makes them exclusive with a boolean."""
    limits = {}
    for plain, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        bound = schema.get(exclusive)
        if plain in schema:
            limits[exclusive if bound is True else plain] = schema[plain]
        if bound is not None and not isinstance(bound, bool):
            limits[exclusive] = bound
    return limits


def _reference(by: Explainer, value: Any, path: Path) -> Iterator[Problem | None]:
    if "$ref" in by.schema and by.draft >= 2019:
        yield by.refer(by.schema["$ref"], value, path)


def _not(by: Explainer, value: Any, path: Path) -> Iterator[Problem | None]:
    if "not" in by.schema and by.under(by.schema["not"]).explain(value, path) is None:
        yield Problem(path, "'not' failed")


def _all_of(by: Explainer, value: Any, path: Path) -> Iterator[Problem | None]:
    tried = [by.under(member).explain(value, path) for member in by.schema.get("allOf", ())]
    if failed := tuple(filter(None, tried)):
        yield Problem(path, "'allOf' failed", failed)


def _any_of(by: Explainer, value: Any, path: Path) -> Iterator[Problem | None]:
    tried = [by.under(member).explain(value, path) for member in by.schema.get("anyOf", ())]
    if tried and all(tried):
        yield Problem(path, "'anyOf' failed", tuple(filter(None, tried)))


def _one_of(by: Explainer, value: Any, path: Path) -> Iterator[Problem | None]:
    tried = [by.under(member).explain(value, path) for member in by.schema.get("oneOf", ())]
    matched = [index for index, problem in enumerate(tried) if problem is None]
    if len(matched) > 1:
        yield Problem(path, f"'oneOf' failed, subschemas {matched[0]}, {matched[1]} matched")
    elif tried and not matched:
        yield Problem(path, "'oneOf' failed, none matched", tuple(filter(None, tried)))


def _condition(by: Explainer, value: Any, path: Path) -> Iterator[Problem | None]:
    if by.draft >= 7 and "if" in by.schema:
        holds = by.under(by.schema["if"]).explain(value, path) is None
        yield by.under(by.schema.get("then" if holds else "else", True)).explain(value, path)


_KEYWORDS: tuple[Callable[[Explainer, Any, Path], Iterator[Problem | None]], ...] = (
    _reference, _sizes, _required, _dependencies, _properties, _unique, _items, _contains, _pattern, _bounds,
    _not, _all_of, _any_of, _one_of, _condition,
)  # fmt: skip

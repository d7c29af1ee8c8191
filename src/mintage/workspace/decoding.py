"""From a spec's document to typed specs, one for the base and one for each environment. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from mintage.errors import Location, MintageError, Problem, did_you_mean
from mintage.source import read, walk
from mintage.spec import reference
from mintage.spec.decode import Complaint, Layer, Layers, decode, merge, without_nulls
from mintage.spec.fields import FIXED
from mintage.spec.kinds import SPECS, spec_type
from mintage.spec.selector import matches
from mintage.workspace.index import BASE, Use
from mintage.workspace.variables import misread_variables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mintage.source import Document
    from mintage.spec.fields import Spec
    from mintage.spec.system import System


@dataclass(frozen=True, slots=True)
class Variant:
    """A spec as it is in one environment: merged value, typed spec, and where its parts come from."""

    value: dict[str, Any]
    spec: Spec
    layers: Layers


def variants(document: Document, system: System, system_document: Document) -> dict[str, Variant]:
    """Return the typed spec for the base and every environment; `MintageError` with all problems of the file."""
    kind = _kind(document)
    defaults = Layer(system_document, ("defaults", kind))
    own = Layer(document)
    base = merge(without_nulls(system.defaults.get(kind, {})), document.value)
    problems = [*_environment_problems(document, base, system), *misread_variables(document)]
    layers = {BASE: Layers((own, defaults))}
    values = {BASE: base}
    shared = {key: value for key, value in base.items() if key != "environments"}
    for name in system.environments:
        values[name], deltas = _delta(name, shared, document, system, system_document)
        problems += _fixed_problems(deltas, values[name], shared)
        layers[name] = Layers((*deltas, own, defaults))
    found: dict[str, Variant] = {}
    for name, value in values.items():
        # Nothing differs here. To Python 1, 1.0 and true are equal; as text they are not.
        if BASE in found and repr(value) == repr(shared):
            found[name] = Variant(value, found[BASE].spec, layers[name])
            continue
        try:
            found[name] = Variant(value, decode(value, spec_type(kind), layers[name]), layers[name])
        except MintageError as error:
            problems += error.problems
    if problems:
        raise MintageError(problems)
    return found


def catalogue_problems(found: dict[str, Variant], system: System) -> Iterator[Problem]:
    """Complain about names that stand in no catalogue of the system."""
    for variant in found.values():
        yield from _unknown_in_catalogue(variant.spec, system, variant.layers)


def _unknown_in_catalogue(spec: Spec, system: System, layers: Layers) -> Iterator[Problem]:
    catalogues: dict[str, tuple[str, Iterable[str]]] = {
        "nodePools": ("node pool", system.catalogues.node_pools),
        "accelerators": ("accelerator", system.catalogues.accelerators),
    }
    for path, catalogue, name in spec.catalogue_names():
        noun, known = catalogues[catalogue]
        if name not in known:
            advice = (
                did_you_mean(name, known) or f"declare it in `catalogues.{catalogue}` of `specs/system.yaml`"
            )
            yield layers.problem(
                Complaint(path, f"no {noun} is called `{name}`", advice, "reference-unknown")
            )


def _kind(document: Document) -> str:
    value = document.value
    whole = Layers((Layer(document),))
    if not isinstance(value, dict):
        raise MintageError(
            [
                whole.problem(
                    Complaint(
                        (),
                        "expected a mapping with `kind` and `name`",
                        "begin with `kind: Workload` and `name: ...`",
                    )
                )
            ]
        )
    kind = value.get("kind")
    if kind is None:
        complaint = Complaint(
            (),
            "required field `kind` is missing",
            f"add `kind:` with one of {', '.join(SPECS)}",
            "spec-missing-field",
        )
        raise MintageError([whole.problem(complaint)])
    if not isinstance(kind, str) or kind not in SPECS:
        message = f"unknown kind `{kind}`"
        if kind == "System":
            message = "a workspace has one `System`, in `specs/system.yaml`"
        raise MintageError(
            [
                whole.problem(
                    Complaint(("kind",), message, did_you_mean(str(kind), SPECS), "spec-unknown-kind")
                )
            ]
        )
    return kind


def _environment_problems(document: Document, value: dict[str, Any], system: System) -> Iterator[Problem]:
    """Complain about environments that nobody declared."""
    layers = Layers((Layer(document),))
    given = value.get("environments")
    for name in given if isinstance(given, dict) else ():
        if name not in system.environments:
            near = did_you_mean(name, system.environments)
            advice = (
                near
                if near.startswith("did")
                else "declare it in `specs/system.yaml`, or indent it below an environment"
            )
            complaint = Complaint(
                ("environments", name),
                f"no environment is called `{name}`",
                advice,
                "environment-unknown",
                on_key=True,
            )
            yield layers.problem(complaint)
    only = value.get("only")
    for index, name in enumerate(only if isinstance(only, list) else ()):
        if name not in system.environments:
            complaint = Complaint(
                ("only", index),
                f"no environment is called `{name}`",
                did_you_mean(str(name), system.environments),
                "environment-unknown",
            )
            yield layers.problem(complaint)


def _delta(
    name: str, shared: dict[str, Any], document: Document, system: System, system_document: Document
) -> tuple[dict[str, Any], list[Layer]]:
    """Return a spec's value in an environment, and the layers that were laid over it, the last one first."""
    value = shared
    layers: list[Layer] = []
    for selector, delta in system.environments[name].set.items():
        if matches(selector, str(shared.get("kind")), str(shared.get("name"))):
            value = merge(value, delta)
            layers.insert(0, Layer(system_document, ("environments", name, "set", selector)))
    given = document.value.get("environments")
    own = given.get(name) if isinstance(given, dict) else None
    if isinstance(own, dict):
        value = merge(value, own)
        layers.insert(0, Layer(document, ("environments", name)))
    return value, layers


def _fixed_problems(deltas: list[Layer], value: dict[str, Any], shared: dict[str, Any]) -> Iterator[Problem]:
    """Complain about a system-wide delta that would move a service (a spec's own are checked by its type)."""
    for field in sorted(FIXED & value.keys()):
        if value[field] != shared.get(field) and deltas and deltas[-1].path[-2:-1] == ("set",):
            complaint = Complaint(
                (field,), f"`{field}` is the same in every environment", "set it in the spec", on_key=True
            )
            yield Layers(tuple(deltas)).problem(complaint)


def uses(found: dict[str, Variant]) -> Iterator[tuple[Use, Problem | None]]:
    """Yield what a spec refers to, with the problem where the reference itself is malformed."""
    collected: dict[tuple[Any, ...], tuple[Location, list[str]]] = {}
    for environment, variant in found.items():
        if variant.spec.only and environment not in variant.spec.only:
            continue
        for path, name, text, kinds in _references(variant):
            key = (path, name, text, kinds)
            if key not in collected:
                collected[key] = (variant.layers.locate(path), [])
            collected[key][1].append(environment)
    for (_, name, text, kinds), (place, environments) in collected.items():
        use = Use(tuple(environments), (place.file, place.line, place.column, place.width), name, text, kinds)
        yield use, _malformed(text, place) if text else None


class Sketch(NamedTuple):
    """What can be told of a spec that has errors: its kind and name, and the references in its strings."""

    kind: str
    name: str
    uses: tuple[Use, ...]


def sketch(path: str, data: bytes) -> Sketch | None:
    """Return the sketch of a spec with errors, or None where not even its name can be told."""
    try:
        document = read(path, data)
    except MintageError:
        return None
    value = document.value
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        return None
    layers = Layers((Layer(document),))
    found = []
    for where, text in walk(value):
        link = _link(text) if isinstance(text, str) else None
        if link is not None:
            place = layers.locate(where)
            found.append(Use((BASE,), (place.file, place.line, place.column, place.width), link.name))
    return Sketch(str(value.get("kind")), value["name"], tuple(found))


def _link(text: str) -> reference.Link | None:
    try:
        return reference.parse(text)
    except reference.ReferenceMeaninglessError:
        return None


def _references(variant: Variant) -> Iterator[tuple[tuple[str | int, ...], str, str, tuple[str, ...]]]:
    for path, value in walk({key: value for key, value in variant.value.items() if key != "environments"}):
        if isinstance(value, str) and "@" in value:
            try:
                link = reference.parse(value)
            except reference.ReferenceMeaninglessError:
                yield path, "", value, ()
            else:
                if link is not None:
                    yield path, link.name, value, ()
    for found in variant.spec.references():
        yield found.path, found.name, "", found.kinds


def _malformed(text: str, place: Location) -> Problem | None:
    try:
        reference.parse(text)
    except reference.ReferenceMeaninglessError as error:
        return Problem(place, "reference-malformed", str(error), error.advice)
    return None

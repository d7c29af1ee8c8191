"""What must hold between the specs of a workspace: unique names, references that lead somewhere. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from mintage.errors import Location, Problem, did_you_mean
from mintage.spec import reference
from mintage.spec.decode import Complaint, Layer, Layers
from mintage.spec.exports import Export
from mintage.spec.kinds import SPECS
from mintage.spec.selector import matches
from mintage.workspace.index import BASE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.source import Document
    from mintage.spec.system import System
    from mintage.workspace.decoding import Sketch
    from mintage.workspace.index import Entry, Use


def problems_between(
    entries: dict[str, Entry],
    checked: dict[str, Entry],
    sketches: list[Sketch],
    system: System,
    document: Document,
    *,
    complete: bool,
) -> Iterator[Problem]:
    """Yield every problem between specs.

    `checked` are the entries of the last run, which had no problems; `sketches` stand for specs with errors; `complete` tells whether the names of all services are known.
    """
    yield from _same_names(entries)
    known = Known(
        {entry.name: entry for entry in entries.values()},
        {found.name: found.kind for found in sketches},
        complete,
    )
    for entry, use in _suspects(entries, checked):
        yield from _use_problems(use, known)
        yield from _namespace_problems(entry, use, known)
    for use in (use for found in sketches for use in found.uses):
        if use.name not in known.names and complete:
            yield _unknown(use, known)
    if complete:
        yield from _system_problems(
            known, {entry.component for entry in entries.values()}, system, document, sketched=bool(sketches)
        )


def _suspects(entries: dict[str, Entry], checked: dict[str, Entry]) -> Iterator[tuple[Entry, Use]]:
    """Yield the references that may have broken, with whose they are: those of changed specs, and those to services that have changed."""
    before = {entry.name: entry for entry in checked.values()}
    after = {entry.name: entry for entry in entries.values()}
    changed = {name for name in before.keys() | after.keys() if _differs(before.get(name), after.get(name))}
    for path, entry in entries.items():
        same = checked.get(path) is entry
        yield from ((entry, use) for use in entry.uses if not same or use.name in changed or "/" in use.name)


def _differs(before: Entry | None, after: Entry | None) -> bool:
    if before is None or after is None:
        return before is not after
    return (before.kind, before.export_digest) != (after.kind, after.export_digest)


@dataclass(frozen=True, slots=True)
class Known:
    """The services of a workspace: those that were decoded, and the kinds of those that could not be."""

    entries: dict[str, Entry]
    sketched: dict[str, str]
    complete: bool

    @property
    def names(self) -> set[str]:
        """Every name a reference may use."""
        return {*self.entries, *self.sketched}

    def any_match(self, selector: str) -> bool:
        """Tell whether a selector means any service."""
        kinds = {**self.sketched, **{name: entry.kind for name, entry in self.entries.items()}}
        return any(matches(selector, kind, name) for name, kind in kinds.items())


def _unknown(use: Use, known: Known) -> Problem:
    return Problem(
        Location(*use.place),
        "reference-unknown",
        f"no service is called `{use.name}`",
        did_you_mean(use.name, known.names),
    )


def _same_names(entries: dict[str, Entry]) -> Iterator[Problem]:
    first: dict[str, Entry] = {}
    for _, entry in sorted(entries.items()):
        taken = first.setdefault(entry.name, entry)
        if taken is not entry:
            other = Location(*taken.place)
            yield Problem(
                Location(*entry.place),
                "spec-name-twice",
                f"a service called `{entry.name}` stands already at {other}",
                "rename one of the two",
            )


def _use_problems(use: Use, known: Known) -> Iterator[Problem]:
    place = Location(*use.place)
    if "/" in use.name:
        if known.complete and not known.any_match(use.name):
            yield Problem(
                place,
                "reference-unknown",
                f"no service matches `{use.name}`",
                f"the kinds are {', '.join(SPECS)}",
            )
        return
    entry = known.entries.get(use.name)
    if entry is None:
        if known.complete and use.name not in known.sketched:
            yield _unknown(use, known)
        return
    if use.kinds and entry.kind not in use.kinds:
        message = f"`{use.name}` is of kind {entry.kind}, expected {' or '.join(use.kinds)}"
        fitting = [name for name, other in known.entries.items() if other.kind in use.kinds]
        yield Problem(place, "reference-kind", message, did_you_mean(use.name, fitting))
    yield from _export_problems(use, entry)


def _namespace_problems(entry: Entry, use: Use, known: Known) -> Iterator[Problem]:
    """Complain about a field that would have to reach another namespace; only `@` references know how."""
    other = known.entries.get(use.name)
    if other is None or use.text:
        return
    there, here = (item.exports[BASE].get("namespace", "") for item in (other, entry))
    if there != here:
        where = f"namespace `{there}`" if there else "the environment's namespace"
        message = f"`{use.name}` lives in {where}, and this field reaches its own only"
        advice = "give both the same `namespace`, or none"
        yield Problem(Location(*use.place), "reference-namespace", message, advice)


def _export_problems(use: Use, entry: Entry) -> Iterator[Problem]:
    """Complain about an export that lacks what is asked of it, or the service itself, in some environment."""
    absent = [environment for environment in use.environments if not entry.exists_in(environment)]
    if absent:
        where = " and ".join(f"in `{name}`" if name else "in the base" for name in absent)
        message = f"`{use.name}` does not exist {where}: it is `only` in {', '.join(entry.only)}"
        yield Problem(
            Location(*use.place), "reference-unknown", message, "refer to it in those environments only"
        )
    if use.text:
        exports = (entry.export(environment) for environment in use.environments if environment not in absent)
        distinct = {id(export): export for export in exports}
        for export in distinct.values():
            yield from _text_problems(use, msgspec.convert(export, type=Export))


def _text_problems(use: Use, export: Export) -> Iterator[Problem]:
    link = reference.parse(use.text)
    assert link is not None
    try:
        reference.text_of(link, export, "host")
    except reference.ReferenceMeaninglessError as error:
        yield Problem(Location(*use.place), "reference-unknown", str(error), error.advice)


def _system_problems(
    known: Known, components: set[str], system: System, document: Document, *, sketched: bool
) -> Iterator[Problem]:
    """Complain about what system.yaml says of services that do not exist: it would silently do nothing."""
    layers = Layers((Layer(document),))
    for index, name in enumerate(system.components):
        if name not in components and not sketched:
            message = f"no service has the component `{name}`"
            near = did_you_mean(name, components - {*system.components})
            advice = near if near.startswith("did") else "remove it from `components`"
            complaint = Complaint(("components", index), message, advice, "reference-unknown")
            yield layers.problem(complaint)
    for kind in system.defaults:
        if kind not in SPECS:
            advice = did_you_mean(kind, SPECS)
            complaint = Complaint(
                ("defaults", kind), f"unknown kind `{kind}`", advice, "spec-unknown-kind", on_key=True
            )
            yield layers.problem(complaint)
    for environment, settings in system.environments.items():
        for selector in settings.set:
            if not known.any_match(selector):
                advice = did_you_mean(selector, {*known.names, *(f"{kind}/*" for kind in SPECS)} - {selector})
                path = ("environments", environment, "set", selector)
                complaint = Complaint(
                    path, f"no service matches `{selector}`", advice, "reference-unknown", on_key=True
                )
                yield layers.problem(complaint)

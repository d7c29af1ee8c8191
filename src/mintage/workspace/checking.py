"""What must hold between the specs of a workspace: unique names, references that lead somewhere. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mintage.errors import Location, Problem, did_you_mean
from mintage.spec import reference
from mintage.spec.decode import Complaint, Layer, Layers
from mintage.spec.exports import Export
from mintage.spec.kinds import SPECS
from mintage.spec.selector import matches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.source import Document
    from mintage.spec.system import System
    from mintage.workspace.index import Entry, Use


def problems_between(entries: dict[str, Entry], system: System, document: Document, *, complete: bool) -> Iterator[Problem]:
    """Yield every problem between specs; `complete` tells whether all specs could be decoded."""
    yield from _same_names(entries)
    by_name = {entry.name: entry for entry in entries.values()}
    for entry in entries.values():
        for use in entry.uses:
            yield from _use_problems(use, by_name, complete=complete)
    if complete:
        yield from _system_problems(by_name, system, document)


def _same_names(entries: dict[str, Entry]) -> Iterator[Problem]:
    first: dict[str, Entry] = {}
    for _, entry in sorted(entries.items()):
        taken = first.setdefault(entry.name, entry)
        if taken is not entry:
            other = Location(*taken.place)
            yield Problem(Location(*entry.place), "spec-name-twice", f"a service called `{entry.name}` stands already at {other}", "rename one of the two")


def _use_problems(use: Use, by_name: dict[str, Entry], *, complete: bool) -> Iterator[Problem]:
    place = Location(*use.place)
    if "/" in use.name:
        if complete and not any(matches(use.name, entry.kind, entry.name) for entry in by_name.values()):
            yield Problem(place, "reference-unknown", f"no service matches `{use.name}`", f"the kinds are {', '.join(SPECS)}")
        return
    entry = by_name.get(use.name)
    if entry is None:
        if complete:
            yield Problem(place, "reference-unknown", f"no service is called `{use.name}`", did_you_mean(use.name, by_name))
        return
    if use.kinds and entry.kind not in use.kinds:
        message = f"`{use.name}` is of kind {entry.kind}, expected {' or '.join(use.kinds)}"
        fitting = [name for name, other in by_name.items() if other.kind in use.kinds]
        yield Problem(place, "reference-kind", message, did_you_mean(use.name, fitting))
    export = entry.export(use.environment)
    if export is None:
        where = f"in `{use.environment}`" if use.environment else "in the base"
        message = f"`{use.name}` does not exist {where}: it is `only` in {', '.join(entry.only)}"
        yield Problem(place, "reference-unknown", message, "refer to it in those environments only")
    elif use.text:
        yield from _text_problems(use, msgspec.convert(export, type=Export))


def _text_problems(use: Use, export: Export) -> Iterator[Problem]:
    link = reference.parse(use.text)
    assert link is not None
    try:
        reference.text_of(link, export, "host")
    except reference.ReferenceProblem as error:
        yield Problem(Location(*use.place), "reference-unknown", str(error), error.advice)


def _system_problems(by_name: dict[str, Entry], system: System, document: Document) -> Iterator[Problem]:
    """Complain about what system.yaml says of services that do not exist: it would silently do nothing."""
    layers = Layers((Layer(document),))
    components = {entry.component for entry in by_name.values()}
    for index, name in enumerate(system.components):
        if name not in components:
            yield layers.problem(
                Complaint(("components", index), f"no service has the component `{name}`", did_you_mean(name, components), "reference-unknown")
            )
    for kind in system.defaults:
        if kind not in SPECS:
            yield layers.problem(Complaint(("defaults", kind), f"unknown kind `{kind}`", did_you_mean(kind, SPECS), "spec-unknown-kind", on_key=True))
    for environment, settings in system.environments.items():
        for selector in settings.set:
            if not any(matches(selector, entry.kind, entry.name) for entry in by_name.values()):
                advice = did_you_mean(selector, [*by_name, *(f"{kind}/*" for kind in SPECS)])
                path = ("environments", environment, "set", selector)
                yield layers.problem(Complaint(path, f"no service matches `{selector}`", advice, "reference-unknown", on_key=True))



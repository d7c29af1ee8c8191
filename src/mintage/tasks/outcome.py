"""From what checks found to a report: which findings are asked for, which are accepted, what was judged by what."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mintage.check import suppression, table
from mintage.check.run import merged, placed
from mintage.errors import Location, MintageError
from mintage.finding import Severity
from mintage.report.outcome import CheckInfo, Report, RootStatus, Suppressed

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence

    from mintage.check.interface import Check, Hit
    from mintage.finding import Finding
    from mintage.report.outcome import Root
    from mintage.spec.validation import Rules

PAGE = "docs/reference/checks.md"
UNUSED = frozenset({"suppression-unused", "external-unused"})  # what only the whole tree can tell
Line = tuple[str, int]  # of a file, by its number
SEVERITIES = {severity.word: severity for severity in Severity}


@dataclass(frozen=True, slots=True)
class Selection:
    """What a run is asked for: checks by id or as `group/*`, and the least severity that fails it."""

    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    fail_on: str = ""  # what the settings say, by default


@dataclass(frozen=True, slots=True)
class Judged:
    """What was looked at: roots, objects by the schema that judged them, and by kind those that none did; remarks."""

    roots: Sequence[Root] = ()
    by_schema: Mapping[str, int] | None = None
    unjudged: Mapping[str, int] | None = None
    notes: Sequence[str] = ()


def report_of(
    found: Iterable[Finding],
    judged: Judged,
    rules: Rules,
    said: Sequence[suppression.Comment],
    *,
    settings: str,
    environments: Mapping[str, str],
    selection: Selection,
    is_looked_at: Callable[[Location], bool] = lambda _: True,
    locate: Callable[[tuple[str | int, ...]], Location | None] = lambda _: None,
) -> Report:
    """Return the report of a run; `settings` is the file that the rules stand in, `environments` names roots.

    What is declared and not used is reported where the run looked at all that could be meant: `is_looked_at` tells
    that of the place of a declaration. `locate` finds a path of keys in the settings.
    """

    def place_of(index: int) -> Location:
        return locate(("validation", "accept", index, "check")) or Location(settings)

    found = list(found)
    secret = {line for finding in found if finding.confidential for line in _lines(finding)}
    by_group = _chosen(rules, selection, settings)
    chosen = {check.id: check for group in by_group.values() for check in group}
    wanted = [
        _discreet(finding, secret)
        for finding in found
        if (finding.id in chosen or finding.id not in table.checks())
        and (finding.id not in UNUSED or _counts(finding.location, judged, is_looked_at))
    ]
    standing, accepted = suppression.accept(wanted, rules, said, settings, dict(environments))
    complaints = [
        ("", _discreet(finding, secret))
        for name, hit in _complaints(rules, said, accepted, place_of, chosen)
        if name in chosen and (name not in UNUSED or _counts(hit.place, judged, is_looked_at))
        for finding in placed(chosen[name], [hit])
    ]
    return Report(
        findings=tuple(merged([*(("", finding) for finding in standing), *complaints])),
        roots=tuple(judged.roots),
        judged=judged.by_schema or {},
        unjudged=judged.unjudged or {},
        notes=tuple(judged.notes),
        suppressed=tuple(Suppressed(item.finding, item.reason, item.place) for item in accepted),
        checks=infos(by_group),
        fails=SEVERITIES[selection.fail_on or rules.fail_on],
    )


def _discreet(finding: Finding, secret: Container[Line]) -> Finding:
    """Return a finding; one that names a line which holds a secret, as another one says, is confidential as well."""
    if any(line in secret for line in _lines(finding)):
        return replace(finding, confidential=True)
    return finding


def _lines(finding: Finding) -> Iterator[Line]:
    for place in (finding.location, *(other.location for other in finding.related)):
        yield place.file, place.line


def _counts(place: Location | None, judged: Judged, is_looked_at: Callable[[Location], bool]) -> bool:
    """Tell whether a declaration that nothing uses counts; what is in a root that was not built is not known."""
    return (
        place is not None
        and all(root.status is RootStatus.BUILT for root in judged.roots)
        and is_looked_at(place)
    )


def _complaints(
    rules: Rules,
    said: Sequence[suppression.Comment],
    accepted: Sequence[suppression.Suppressed],
    place_of: Callable[[int], Location],
    chosen: Mapping[str, Check],
) -> Iterator[tuple[str, Hit]]:
    """Yield what is wrong with acceptances; without any, there is no need to know all checks."""
    if said or rules.accept:
        yield from suppression.complaints(rules, said, accepted, place_of, table.checks(), chosen)


def _chosen(rules: Rules, selection: Selection, settings: str) -> dict[str, tuple[Check, ...]]:
    try:
        if rules.skip:
            table.selected(skip=rules.skip)
    except MintageError as error:
        raise MintageError(
            replace(problem, location=Location(settings)) for problem in error.problems
        ) from None
    return table.chosen(selection.only, (*rules.skip, *selection.skip))


def infos(by_group: Mapping[str, tuple[Check, ...]]) -> tuple[CheckInfo, ...]:
    """Return what reports say of some checks, given by group."""
    return tuple(
        CheckInfo(check.id, check.severity, name, check.why, f"{PAGE}#{check.id}")
        for name, group in by_group.items()
        for check in group
    )

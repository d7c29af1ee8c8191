"""The outcome of a validation, as one value: what was found, what was looked at, and what was not.

Every view of it (text, JSON, SARIF, JUnit) is made from this value and the files that its places name. It does not
know how findings come about, nor how they are shown.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from mintage.digest import digest_of_value
from mintage.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from mintage.errors import Location

_HALVES = re.compile(r"[\ud800-\udfff]")


class RootStatus(StrEnum):
    """What became of a root; only the objects of one that was built were looked at."""

    BUILT = "built"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, order=True)
class Root:
    """A folder that was to be built, and how many objects came out of it."""

    folder: str
    objects: int = 0
    status: RootStatus = RootStatus.BUILT


@dataclass(frozen=True, slots=True, order=True)
class CheckInfo:
    """What people may know of a check: `why` is one sentence, `page` where the help is (`checks.md#image-latest`)."""

    id: str
    severity: Severity = field(compare=False)
    group: str
    why: str
    page: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Suppressed:
    """A finding that somebody decided to live with; `place` is where they said so."""

    finding: Finding
    reason: str = ""
    place: Location | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that one run of the checks has to say, in an order that does not depend on the run.

    `judged` counts objects by the source of the schema that judged them, `unjudged` by kind those that no schema
    knows. `notes` are one-line remarks on what was left out. `fails` is the least severity that fails the run.
    """

    findings: tuple[Finding, ...] = ()
    roots: tuple[Root, ...] = ()
    judged: Mapping[str, int] = field(default_factory=dict)
    unjudged: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    checks: tuple[CheckInfo, ...] = ()
    fails: Severity = Severity.ERROR

    def __post_init__(self) -> None:
        for name in ("findings", "roots", "suppressed", "checks"):
            object.__setattr__(self, name, tuple(sorted(getattr(self, name))))
        for name in ("judged", "unjudged"):
            object.__setattr__(self, name, dict(sorted(getattr(self, name).items())))

    @property
    def objects(self) -> int:
        """The number of objects in all roots."""
        return sum(root.objects for root in self.roots)

    @property
    def failed(self) -> bool:
        """Whether the run failed: for a finding that is bad enough, or a root that could not be built."""
        unbuilt = any(root.status is RootStatus.FAILED for root in self.roots)
        return unbuilt or any(map(self.failing, self.findings))

    def failing(self, finding: Finding) -> bool:
        """Whether a finding is bad enough to fail the run."""
        return finding.severity >= self.fails

    def numbered(self) -> list[tuple[Finding, Suppressed | None, str]]:
        """Return all findings in order, also those that are suppressed, each with its fingerprint.

        A finding keeps its fingerprint when it is suppressed. The fingerprint is made of id, subject and message, so
        it also stays when the line moves; of several alike, the second ends with `:2`, and so on.
        """
        hidden = [(item.finding, item) for item in self.suppressed]
        found = sorted([*((finding, None) for finding in self.findings), *hidden], key=lambda pair: pair[0])
        marks = _fingerprints([finding for finding, _ in found])
        return [(finding, item, mark) for (finding, item), mark in zip(found, marks, strict=True)]

    def of_root(self, folder: str) -> tuple[Finding, ...]:
        """Return the findings in a root."""
        return tuple(finding for finding in self.findings if folder in finding.roots)

    def of_no_root(self) -> tuple[Finding, ...]:
        """Return the findings in files that belong to none of the roots."""
        known = {root.folder for root in self.roots}
        return tuple(finding for finding in self.findings if known.isdisjoint(finding.roots))

    def relative_to(self, root: Path) -> Report:
        """Return the same report with places relative to a folder, where they are inside it."""
        return replace(
            self,
            findings=tuple(_relative(finding, root) for finding in self.findings),
            suppressed=tuple(
                replace(
                    item,
                    finding=_relative(item.finding, root),
                    place=item.place and _inside(item.place, root),
                )
                for item in self.suppressed
            ),
        )


def _relative(finding: Finding, root: Path) -> Finding:
    related = tuple(replace(other, location=_inside(other.location, root)) for other in finding.related)
    return replace(finding, location=_inside(finding.location, root), related=related)


def _inside(place: Location, root: Path) -> Location:
    return replace(place, file=place.file.removeprefix(f"{root}/").removeprefix("./"))


def counted(findings: Iterable[Finding]) -> dict[Severity, int]:
    """Return the number of findings by severity, the worst first; all three are always there."""
    numbers = Counter(finding.severity for finding in findings)
    return {severity: numbers[severity] for severity in sorted(Severity, reverse=True)}


def _fingerprints(findings: Sequence[Finding]) -> list[str]:
    seen: Counter[str] = Counter()
    found = []
    for finding in findings:
        parts = [readable(text) for text in (finding.id, finding.subject, finding.message)]
        digest = digest_of_value(parts)[:32]
        seen[digest] += 1
        found.append(f"{digest}:{seen[digest]}")
    return found


def readable(text: str) -> str:
    """Return a text that every encoding of Unicode can hold: half characters, from odd file names, are replaced."""
    return _HALVES.sub("\ufffd", text)

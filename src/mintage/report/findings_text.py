"""Findings as people read them: place, severity, id and sentence, the line with a caret, and what to do.

Other places that had their part in it are shown with their lines. The end of a report is made by `findings_summary`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mintage.report.findings_summary import summary_text
from mintage.report.source_lines import SourceLines, excerpt, harmless
from mintage.report.style import SEVERITIES, Style

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mintage.errors import Location
    from mintage.finding import Finding, Severity
    from mintage.report.outcome import Report

_MOST_EXCERPTS = 3  # of related places
_MOST_ROOTS = 4
_MOST_ALIKE = 3


def report_text(report: Report, root: Path, *, color: bool, tree: Path | None = None) -> str:
    """Return the findings, a blank line between two, and a summary; places are relative to `root`.

    Lines are shown of files in `tree`, which is the root by default. Of milder findings than those that fail the run, the
    first of each check are shown, so that a hundred alike do not hide the one that matters; a line counts the others.
    """
    report = report.relative_to(root)
    style, lines = Style(color), SourceLines(root, tree)
    shown, left = _first_ones(report)
    blocks = [finding_text(finding, lines, style) for finding in shown]
    blocks += [_others_text(left, style)] if left else []
    return "\n".join([*blocks, summary_text(report, style)])


def _first_ones(report: Report) -> tuple[list[Finding], Counter[str]]:
    """Return the findings to be shown, and by check how many are left; all are shown where there is one check only."""
    alone = len({finding.id for finding in report.findings}) == 1
    seen: Counter[str] = Counter()
    shown = []
    for finding in report.findings:
        seen[finding.id] += 1
        if alone or report.failing(finding) or seen[finding.id] <= _MOST_ALIKE:
            shown.append(finding)
    return shown, seen - Counter(finding.id for finding in shown)


def _others_text(left: Counter[str], style: Style) -> str:
    lines = [
        f"... and {number:,} more {style.paint(harmless(name), style.strong)}; `--only {harmless(name)}` shows all"
        for name, number in sorted(left.items(), key=lambda item: (-item[1], item[0]))
    ]
    return "\n".join(lines) + "\n"


def finding_text(finding: Finding, lines: SourceLines, style: Style) -> str:
    """Return one finding; its lines are read from the files as they are now."""
    view = _View(lines, style, finding.severity)
    word = style.paint(f"{finding.severity.word}[{harmless(finding.id)}]", SEVERITIES[finding.severity])
    place = style.paint(_at_begin(place_text(finding.location)), style.strong)
    text = [f"{place}: {word}: {style.paint(harmless(finding.message), style.strong)}"]
    text += [] if finding.confidential else view.excerpt(finding.location, " ")
    text += view.related(finding)
    subject = harmless(finding.subject)
    if where := roots_text(finding.roots):
        subject = f"{subject} (in {where})" if subject else f"in {where}"
    text += [view.remark(remark) for remark in (subject, harmless(finding.advice)) if remark]
    return "\n".join(text) + "\n"


def place_text(place: Location) -> str:
    """Return a place as editors take it: `file:line:column`, as much of it as is known."""
    numbers = [number for number in (place.line, place.column) if number] if place.line else []
    return ":".join([harmless(place.file) or ".", *map(str, numbers)])


def _at_begin(place: str) -> str:
    """Return a place that may begin a line, where two colons would make it a command to the runner of GitHub."""
    return f"./{place}" if place.lstrip().startswith("::") else place


def roots_text(roots: Sequence[str]) -> str:
    """Return the names of roots in short: those beside the first one without their common folder."""
    names = [harmless(root) for root in roots]
    folder = names[0].rpartition("/")[0] + "/" if names and "/" in names[0] else ""
    if folder and all(name.rpartition("/")[0] + "/" == folder for name in names):
        names[1:] = [name.removeprefix(folder) for name in names[1:]]
    shown = ", ".join(names[:_MOST_ROOTS])
    return f"{shown} and {len(names) - _MOST_ROOTS} more" if len(names) > _MOST_ROOTS else shown


@dataclass(frozen=True, slots=True)
class _View:
    lines: SourceLines
    style: Style
    severity: Severity

    def remark(self, text: str) -> str:
        return f"  {self.style.paint('=', self.style.faint)} {text}"

    def excerpt(self, place: Location, indent: str) -> list[str]:
        """Return the line of a place with its mark, which is left out where the place is a whole line."""
        found = excerpt(self.lines, place)
        if found is None:
            return []
        number = str(place.line)
        bar = self.style.paint(f"{indent}{number} |", self.style.faint)
        text = [f"{bar} {found.text}".rstrip()]
        if place.column:
            bar = self.style.paint(f"{indent}{' ' * len(number)} |", self.style.faint)
            mark = self.style.paint("^" * found.width, SEVERITIES[self.severity])
            text.append(f"{bar} {' ' * found.before}{mark}")
        return text

    def related(self, finding: Finding) -> list[str]:
        """Return the places that have to do with a finding, the first ones with their lines."""
        text: list[str] = []
        seen = {(finding.location.file, finding.location.line)}
        for other in finding.related:
            place = other.location
            said = harmless(other.text)
            text.append(
                self.remark(f"see {place_text(place)}: {said}" if said else f"see {place_text(place)}")
            )
            key = (place.file, place.line)
            if key not in seen and len(seen) <= _MOST_EXCERPTS and not finding.confidential:
                text += self.excerpt(place, "    ")
            seen.add(key)
        return text

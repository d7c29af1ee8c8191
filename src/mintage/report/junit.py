"""Findings for build servers: JUnit XML, a suite for each root, a case for each finding in it.

A case fails where the finding fails the run, so that this report and the exit code never disagree; what is milder passes
and says so in its output. What was not looked at is skipped, and stands in a suite of its own.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mintage.report.findings_text import finding_text
from mintage.report.outcome import Root, RootStatus
from mintage.report.source_lines import SourceLines, harmless
from mintage.report.style import Style, several

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mintage.finding import Finding
    from mintage.report.outcome import Report

_FILES = "files"  # the suite of findings in files that belong to no root
_LEFT_OUT = "not checked"
_NOT_XML = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKUP = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
_IN_TEXT = str.maketrans(_MARKUP)
_IN_ATTRIBUTE = str.maketrans({**_MARKUP, '"': "&quot;", "\n": "&#10;", "\t": "&#9;"})
_PASSED = ""


@dataclass(frozen=True, slots=True)
class _Case:
    """One testcase; `outcome` is the element that says how it went, none where it passed."""

    check: str
    name: str
    outcome: str = _PASSED
    message: str = ""
    body: str = ""
    type: str = ""


def report_junit(report: Report, root: Path, *, tree: Path | None = None) -> str:
    """Return the report as JUnit XML; it has no times, so that the same report is always the same text.

    Places are relative to `root`; lines are shown of files in `tree`, which is the root by default.
    """
    report = report.relative_to(root)
    lines = SourceLines(root, tree)
    suites = [(each.folder, _of_root(each, report, lines)) for each in report.roots]
    if loose := [_case(finding, report, lines) for finding in report.of_no_root()]:
        suites.append((_FILES, loose))
    if notes := [_Case("mintage", note, "skipped", note) for note in report.notes]:
        suites.append((_LEFT_OUT, notes))
    if not suites:
        suites.append(
            (_LEFT_OUT, [_Case("mintage", "nothing was checked", "skipped", "nothing was checked")])
        )
    cases = [case for _, cases in suites for case in cases]
    text = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="mintage" {_counts(cases, skipped=False)}>',
    ]
    for name, inside in suites:
        text += _suite(name, inside)
    return "\n".join([*text, "</testsuites>"]) + "\n"


def _of_root(root: Root, report: Report, lines: SourceLines) -> list[_Case]:
    cases = [_case(finding, report, lines) for finding in report.of_root(root.folder)]
    if root.status is RootStatus.FAILED:
        text = f"{root.folder} could not be built"
        return [_Case("mintage", "build", "error", text, text, "build"), *cases]
    if root.status is RootStatus.SKIPPED:
        return [_Case("mintage", "build", "skipped", f"{root.folder} was not built"), *cases]
    return cases or [_Case("mintage", "no findings", body=several(root.objects, "object"))]


def _case(finding: Finding, report: Report, lines: SourceLines) -> _Case:
    message = harmless(finding.message)
    name = f"{harmless(finding.subject or finding.location.file)}: {message}"
    text = finding_text(finding, lines, Style(color=False))
    if report.failing(finding):
        return _Case(finding.id, name, "failure", message, text, finding.severity.word)
    return _Case(finding.id, name, body=text)


def _suite(name: str, cases: Sequence[_Case]) -> list[str]:
    """Return the lines of a suite; of several cases of one name, the second ends with ` (2)`, and so on."""
    seen: Counter[tuple[str, str]] = Counter()
    text = [f'  <testsuite name="{_attribute(name)}" {_counts(cases, skipped=True)}>']
    for case in cases:
        seen[case.check, case.name] += 1
        number = seen[case.check, case.name]
        unique = case.name if number == 1 else f"{case.name} ({number})"
        text.append(f'    <testcase classname="{_attribute(case.check)}" name="{_attribute(unique)}">')
        text.append(f"      {_how_it_went(case)}")
        text.append("    </testcase>")
    return [*text, "  </testsuite>"]


def _how_it_went(case: _Case) -> str:
    if not case.outcome:
        return f"<system-out>{_text(case.body)}</system-out>"
    said = f' message="{_attribute(case.message)}"'
    kind = f' type="{_attribute(case.type)}"' if case.type else ""
    return f"<{case.outcome}{said}{kind}>{_text(case.body)}</{case.outcome}>"


def _counts(cases: Sequence[_Case], *, skipped: bool) -> str:
    numbers = Counter(case.outcome for case in cases)
    text = f'tests="{len(cases)}" failures="{numbers["failure"]}" errors="{numbers["error"]}"'
    return f'{text} skipped="{numbers["skipped"]}"' if skipped else text


def _text(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text).translate(_IN_TEXT)


def _attribute(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text).translate(_IN_ATTRIBUTE)

"""Findings for code scanning: one run in SARIF 2.1.0, the Static Analysis Results Interchange Format of OASIS.

Columns are counted as SARIF wants them, in UTF-16 units, which takes a look at the lines. Addresses of files are
relative to `%SRCROOT%`, which code scanning takes for the top of the repository.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mintage import __version__
from mintage.finding import Severity
from mintage.report.findings_json import json_document
from mintage.report.findings_text import place_text, roots_text
from mintage.report.outcome import Root, RootStatus, readable
from mintage.report.source_lines import SourceLines

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mintage.errors import Location
    from mintage.finding import Finding
    from mintage.report.outcome import CheckInfo, Report, Suppressed

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_BASE = "%SRCROOT%"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
# What GitHub orders and filters alerts by, in the words of its queries.
_PROBLEMS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "recommendation"}
_NO_BYTE = re.compile(r"[\ud800-\udc7f\udd00-\udfff]")  # the other halves stand for bytes of a file name


def report_sarif(report: Report, root: Path, prefix: str = "", *, suppressed: bool = False) -> str:
    """Return the report as SARIF; `prefix` is where `root` is in its repository, empty where it is the top.

    Suppressed findings are in it only when asked for: code scanning of GitHub takes them for open alerts.
    """
    report = report.relative_to(root)
    numbered = [item for item in report.numbered() if suppressed or item[1] is None]
    view = _View(SourceLines(root), prefix.strip("/"), _rules(report.checks, [item[0] for item in numbered]))
    driver = {
        "name": "mintage",
        "version": __version__,
        "rules": [view.rules[key] for key in view.indices],
    }
    run = {
        "tool": {"driver": driver},
        "invocations": [_invocation(report)],
        "originalUriBaseIds": {_BASE: {"description": {"text": "The top of the repository."}}},
        "columnKind": "utf16CodeUnits",
        "results": [view.result(*item) for item in numbered],
        "properties": {"judged": report.judged, "unjudged": report.unjudged},
    }
    return json_document({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _rules(checks: Iterable[CheckInfo], findings: Iterable[Finding]) -> dict[str, dict[str, Any]]:
    """Return a rule for each check, and for each id that is found but is no check's."""
    rules = {check.id: _rule(check) for check in checks}
    for finding in findings:
        rules.setdefault(finding.id, _rule_of_no_check(finding))
    return dict(sorted(rules.items()))


def _rule(check: CheckInfo) -> dict[str, Any]:
    on_web = check.page.startswith(("https://", "http://"))
    help_text = f"{check.why}\n\nSee {check.page}." if check.page else check.why
    return {
        "id": check.id,
        "shortDescription": {"text": check.why},
        "fullDescription": {"text": check.why},
        "defaultConfiguration": {"level": _LEVELS[check.severity]},
        "help": {"text": help_text},
        **({"helpUri": quote(readable(check.page), safe=":/?#&=%")} if on_web else {}),
        "properties": {"tags": [check.group], "problem.severity": _PROBLEMS[check.severity]},
    }


def _rule_of_no_check(finding: Finding) -> dict[str, Any]:
    text = {"text": f"{finding.id}: see the message."}
    level = {"level": _LEVELS[finding.severity]}
    return {
        "id": finding.id,
        "shortDescription": text,
        "fullDescription": text,
        "defaultConfiguration": level,
        "help": text,
    }


def _invocation(report: Report) -> dict[str, Any]:
    """Return how the run went: it is successful when all was looked at, whatever was found."""
    notes = [{"level": "note", "message": {"text": note}} for note in report.notes]
    notes += [_not_built(root) for root in report.roots if root.status is not RootStatus.BUILT]
    failed = any(root.status is RootStatus.FAILED for root in report.roots)
    return {"executionSuccessful": not failed, "toolExecutionNotifications": notes}


def _not_built(root: Root) -> dict[str, Any]:
    failed = root.status is RootStatus.FAILED
    text = f"{root.folder} {'could not be' if failed else 'was not'} built"
    return {"level": "error" if failed else "warning", "message": {"text": text}}


class _View:
    def __init__(self, lines: SourceLines, prefix: str, rules: dict[str, dict[str, Any]]) -> None:
        self.lines = lines
        self.prefix = prefix
        self.rules = rules
        self.indices = {key: index for index, key in enumerate(rules)}

    def result(self, finding: Finding, hidden: Suppressed | None, mark: str) -> dict[str, Any]:
        related = [
            {"id": number, **self._place(other.location), "message": {"text": other.text}}
            for number, other in enumerate(finding.related, start=1)
        ]
        location = self._place(finding.location)
        if finding.subject:
            location["logicalLocations"] = [{"fullyQualifiedName": finding.subject, "kind": "resource"}]
        return {
            "ruleId": finding.id,
            "ruleIndex": self.indices[finding.id],
            "level": _LEVELS[finding.severity],
            "message": {"text": _message(finding)},
            "locations": [location],
            **({"relatedLocations": related} if related else {}),
            "partialFingerprints": {"mintage/v1": mark},
            **({"suppressions": [self._suppression(hidden)]} if hidden else {}),
            "properties": {"roots": finding.roots},
        }

    def _suppression(self, item: Suppressed) -> dict[str, Any]:
        """Return who said that a finding is to be lived with: its own file, or another place."""
        inside = item.place is not None and item.place.file == item.finding.location.file
        return {
            "kind": "inSource" if inside else "external",
            "status": "accepted",
            **({"justification": item.reason} if item.reason else {}),
            **({"location": self._place(item.place)} if item.place else {}),
        }

    def _place(self, place: Location) -> dict[str, Any]:
        artifact = {"uri": _address(place.file)}
        if not place.file.startswith("/"):
            whole = "/".join(part for part in (self.prefix, place.file) if part)
            artifact = {"uri": _address(whole or "."), "uriBaseId": _BASE}
        return {"physicalLocation": {"artifactLocation": artifact, "region": self._region(place)}}

    def _region(self, place: Location) -> dict[str, int]:
        """Return a region within one line; of a whole line all of it, and of a whole file the place where it begins.

        Code scanning of GitHub wants all four numbers, and tells no two findings apart that have no line.
        """
        line = self.lines.at(place)
        if not place.line:
            start, end = 1, 1
        elif not place.column:
            start, end = 1, 1 + _units(line or "")
        elif line is None or place.column > len(line):
            start, end = place.column, place.column + place.width
        else:
            start = 1 + _units(line[: place.column - 1])
            end = start + _units(line[place.column - 1 :][: max(1, place.width)])
        return {
            "startLine": place.line or 1,
            "startColumn": start,
            "endLine": place.line or 1,
            "endColumn": end,
        }


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _address(file: str) -> str:
    """Return a file's name as a URI holds it; of one that is no Unicode, byte for byte."""
    address = quote(_NO_BYTE.sub("\ufffd", file).encode("utf-8", "surrogateescape"))
    return f"file://{address}" if file.startswith("/") else address


def _message(finding: Finding) -> str:
    """Return all that there is to say, since most viewers show nothing else; places are links to related locations."""
    lines = [finding.message]
    for number, other in enumerate(finding.related, start=1):
        place = re.sub(r"([\\\[\]])", r"\\\1", place_text(other.location))
        lines.append(f"See [{place}]({number}){': ' + other.text if other.text else ''}")
    lines += [f"In {roots_text(finding.roots)}."] if finding.roots else []
    lines += [finding.advice] if finding.advice else []
    return "\n".join(lines)

"""Findings for programs: one JSON document, whose shape is promised in `docs/findings.md` by its `version`.

A key is never taken away or given another meaning under the same version; new keys may come.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from mintage.report.outcome import counted, readable

if TYPE_CHECKING:
    from pathlib import Path

    from mintage.errors import Location
    from mintage.finding import Finding
    from mintage.report.outcome import CheckInfo, Report, Suppressed

VERSION = 1
# Valid in JSON, but a terminal or a build server obeys them, or they change the direction of writing.
_ESCAPED = re.compile(
    r"(?<=#)#(?=(?:vso)?\[)|[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]"
)


def report_json(report: Report, root: Path) -> str:
    """Return the report as JSON, newline at its end; places are relative to `root`."""
    report = report.relative_to(root)
    numbered = report.numbered()
    counts = {severity.word: number for severity, number in counted(report.findings).items()}
    return json_document(
        {
            "version": VERSION,
            "failed": report.failed,
            "summary": {**counts, "suppressed": len(report.suppressed), "objects": report.objects},
            "findings": [_finding(finding, mark) for finding, hidden, mark in numbered if hidden is None],
            "suppressed": [_suppressed(hidden, mark) for _, hidden, mark in numbered if hidden is not None],
            "roots": [asdict(item) for item in report.roots],
            "judged": report.judged,
            "unjudged": report.unjudged,
            "notes": report.notes,
            "checks": [_check(check) for check in report.checks],
        }
    )


def json_document(value: Any) -> str:
    """Return readable JSON, keys in the order given, that every reader of JSON and every terminal takes."""
    text = readable(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


def _place(place: Location) -> dict[str, Any]:
    """Return a place; what is not known of it is left out."""
    known: dict[str, Any] = {"file": place.file}
    if place.line:
        known["line"] = place.line
        if place.column:
            known |= {"column": place.column, "width": place.width}
    return known


def _finding(finding: Finding, mark: str) -> dict[str, Any]:
    return {
        "id": finding.id,
        "severity": finding.severity.word,
        "message": finding.message,
        "advice": finding.advice,
        "subject": finding.subject,
        "roots": finding.roots,
        "location": _place(finding.location),
        "related": [{"location": _place(other.location), "text": other.text} for other in finding.related],
        "fingerprint": mark,
    }


def _suppressed(item: Suppressed, mark: str) -> dict[str, Any]:
    place = {"place": _place(item.place)} if item.place else {}
    return {**_finding(item.finding, mark), "reason": item.reason, **place}


def _check(check: CheckInfo) -> dict[str, Any]:
    return {
        "id": check.id,
        "severity": check.severity.word,
        "group": check.group,
        "why": check.why,
        "page": check.page,
    }

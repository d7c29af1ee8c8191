"""The end of a report: what was looked at, by which schemas, what was left out, and how it went.

It says as much when nothing was found, since "no findings" means nothing without "in what".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mintage.finding import Severity
from mintage.report.outcome import Root, RootStatus, counted
from mintage.report.source_lines import harmless
from mintage.report.style import SEVERITIES, Style, several, severities

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mintage.finding import Finding
    from mintage.report.outcome import Report

_LABEL = 11
_MOST_ROOTS = 12
_MOST_KINDS = 8
# Sources that come in a sentence for each kind, which only the other formats tell one by one.
_FAMILIES = {
    " imported from ": "imported schemas",
    " fetched from ": "fetched schemas",
    "Mintage's own schema of ": "Mintage's own schemas",
}
_STATES = {RootStatus.FAILED: "could not be built", RootStatus.SKIPPED: "was not built"}


def summary_text(report: Report, style: Style) -> str:
    """Return the summary: a labelled line for each thing worth knowing, and the verdict as its last line."""
    said = [
        ("checked", [_checked(report)]),
        ("roots", list(_roots(report, style))),
        ("schemas", list(_schemas(report))),
        ("note", [harmless(note) for note in report.notes]),
        ("suppressed", [several(len(report.suppressed), "finding")] if report.suppressed else []),
    ]
    lines = []
    for label, texts in said:
        for number, text in enumerate(texts):
            shown = label if number == 0 or label == "note" else ""
            lines.append(f"{style.paint(shown.ljust(_LABEL), style.faint)} {text}".rstrip())
    return "\n".join([*lines, verdict(report, style)]) + "\n"


def verdict(report: Report, style: Style) -> str:
    """Return one line: how many findings there are, of what severity, in how many files."""
    if not report.findings:
        if not _looked_at(report):
            return style.paint("nothing was checked", SEVERITIES[report.fails])
        whole = all(root.status is RootStatus.BUILT for root in report.roots)
        return style.paint("no findings", style.good) if whole else "no findings in what was built"
    files = several(len({finding.location.file for finding in report.findings}), "file")
    return f"{_counts(report.findings, style)} in {files}"


def _looked_at(report: Report) -> bool:
    built = any(root.status is RootStatus.BUILT for root in report.roots)
    return built or bool(report.judged or report.unjudged)


def _counts(findings: Iterable[Finding], style: Style) -> str:
    parts = [
        style.paint(severities(number, severity), SEVERITIES[severity])
        for severity, number in counted(findings).items()
        if number
    ]
    return ", ".join(parts)


def _checked(report: Report) -> str:
    built = sum(root.status is RootStatus.BUILT for root in report.roots)
    left = len(report.roots) - built
    roots = (
        several(len(report.roots), "root") if not left else f"{built} of {several(len(report.roots), 'root')}"
    )
    checks = f", with {several(len(report.checks), 'check')}" if report.checks else ""
    return f"{several(report.objects, 'object')} in {roots}{checks}"


def _roots(report: Report, style: Style) -> Iterator[str]:
    """Yield a line for each root; of a great many, those first that have something to say."""
    findings = {root.folder: report.of_root(root.folder) for root in report.roots}
    telling = [root for root in report.roots if findings[root.folder] or root.status is not RootStatus.BUILT]
    chosen = report.roots if len(report.roots) <= _MOST_ROOTS else telling[:_MOST_ROOTS]
    width = max((len(harmless(root.folder)) for root in chosen), default=0)
    number = max((len(f"{root.objects:,}") for root in chosen), default=0)
    for root in chosen:
        name = harmless(root.folder).ljust(width)
        counts = _counts(findings[root.folder], style)
        yield f"{name}  {_state(root, number, style)}{'  ' + counts if counts else ''}"
    if rest := [root for root in report.roots if root not in chosen]:
        quiet = "" if len(telling) > len(chosen) else ", without findings"
        objects = several(sum(root.objects for root in rest), "object")
        yield f"{'and ' if chosen else ''}{len(rest)} {'more' if chosen else 'roots'}{quiet}, {objects}"


def _state(root: Root, width: int, style: Style) -> str:
    if root.status is RootStatus.BUILT:
        return f"{root.objects:>{width},} {'object ' if root.objects == 1 else 'objects'}"
    severity = Severity.ERROR if root.status is RootStatus.FAILED else Severity.WARNING
    return style.paint(_STATES[root.status], SEVERITIES[severity])


def _schemas(report: Report) -> Iterator[str]:
    single = {
        source: number
        for source, number in report.judged.items()
        if not any(mark in source for mark in _FAMILIES)
    }
    for source in sorted(single, key=lambda source: (-single[source], source)):
        yield f"{several(single[source], 'object')} judged by {harmless(source)}"
    for mark, family in _FAMILIES.items():
        numbers = [number for source, number in report.judged.items() if mark in source]
        if numbers:
            yield f"{several(sum(numbers), 'object')} judged by {family} of {several(len(numbers), 'kind')}"
    if report.unjudged:
        kinds = sorted(report.unjudged, key=lambda kind: (-report.unjudged[kind], kind))
        total = several(sum(report.unjudged.values()), "object")
        yield f"none for {total}: {_numbers(report.unjudged, kinds)}"


def _numbers(counts: Mapping[str, int], names: Sequence[str]) -> str:
    shown = ", ".join(f"{harmless(name)} {counts[name]:,}" for name in names[:_MOST_KINDS])
    return f"{shown} and {len(names) - _MOST_KINDS} more" if len(names) > _MOST_KINDS else shown

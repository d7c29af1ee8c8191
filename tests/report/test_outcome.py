"""A report is the same value whatever the order its parts were found in, and knows its findings again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mintage.errors import Location
from mintage.finding import Severity
from mintage.report.outcome import Report, Root, RootStatus, Suppressed, counted
from sample_report import LATEST, MISSING, ORPHAN, REPORT, ROOTS, SILENCED


def test_the_order_of_what_went_in_does_not_matter() -> None:
    """Neither of findings and roots nor of the keys of mappings."""
    other = Report(
        findings=REPORT.findings[::-1],
        roots=REPORT.roots[::-1],
        judged=dict(reversed(list(REPORT.judged.items()))),
        unjudged=dict(reversed(list(REPORT.unjudged.items()))),
        notes=REPORT.notes,
        suppressed=REPORT.suppressed,
        checks=REPORT.checks[::-1],
    )
    assert other == REPORT
    assert list(other.judged) == list(REPORT.judged) == ["CRDs", "Kubernetes 1.32"]
    assert REPORT.findings == (LATEST, MISSING, ORPHAN)


def test_findings_are_counted_by_severity() -> None:
    """The worst first, and those of which there are none as zero."""
    assert list(counted([ORPHAN, MISSING, MISSING]).items()) == [
        (Severity.ERROR, 2),
        (Severity.WARNING, 0),
        (Severity.INFO, 1),
    ]


def test_a_finding_is_in_each_of_its_roots_or_in_none() -> None:
    """What names no known root is not lost."""
    assert REPORT.of_root("gitops/overlays/prod") == (MISSING,)
    assert REPORT.of_no_root() == (ORPHAN,)
    assert replace(REPORT, roots=ROOTS[:1]).of_no_root() == (LATEST, ORPHAN)


def test_what_fails_a_run() -> None:
    """A finding of the severity that was set, or a root that could not be built; nothing else."""
    assert not Report((LATEST, ORPHAN), (Root("a"), Root("b", 0, RootStatus.SKIPPED))).failed
    assert Report((LATEST,), fails=Severity.WARNING).failed
    assert Report(roots=(Root("a", 0, RootStatus.FAILED),)).failed


def marks(report: Report) -> dict[Location, str]:
    """Return the fingerprint of each finding by its place."""
    return {finding.location: mark for finding, _, mark in report.numbered()}


def test_a_fingerprint_outlives_a_move_of_its_line() -> None:
    """And also a change of advice, and that somebody suppresses the finding."""
    moved = replace(MISSING, location=Location("elsewhere.yaml", 40), advice="", roots=(), related=())
    before, after = marks(Report((MISSING,))), marks(Report((moved,)))
    assert list(before.values()) == list(after.values())
    assert marks(Report((LATEST, SILENCED))) == marks(Report((LATEST,), suppressed=(Suppressed(SILENCED),)))


def test_a_fingerprint_is_of_one_finding() -> None:
    """Another id, subject or message is another finding, and of two that are alike each has its own."""
    others = [
        replace(MISSING, id="x"),
        replace(MISSING, subject="x"),
        replace(MISSING, message="x"),
        MISSING,
        replace(MISSING, location=Location("z.yaml")),
    ]
    found = [mark for _, _, mark in Report(tuple(others)).numbered()]
    assert len(set(found)) == len(others)
    assert sorted(mark.partition(":")[2] for mark in found) == ["1", "1", "1", "1", "2"]


def test_places_inside_a_folder_become_relative_to_it() -> None:
    """Of findings, of what has to do with them, and of suppressions; other places stay."""
    inside, outside = Location("/w/a.yaml", 1), Location("/v/a.yaml", 1)
    related = replace(MISSING.related[0], location=inside)
    finding = replace(MISSING, location=inside, related=(related,))
    report = Report(
        (finding, replace(finding, location=outside)), suppressed=(Suppressed(finding, "", inside),)
    )
    found = report.relative_to(Path("/w"))
    assert [item.location.file for item in found.findings] == ["/v/a.yaml", "a.yaml"]
    assert found.findings[0].related[0].location.file == "a.yaml"
    assert found.suppressed[0].finding.location.file == "a.yaml"
    assert found.suppressed[0].place == Location("a.yaml", 1)

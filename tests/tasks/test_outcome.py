"""From findings to a report: what was asked for, what is accepted, and what only the whole tree can tell."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mintage.check.suppression import Comment
from mintage.errors import Location, MintageError
from mintage.finding import Finding, Related, Severity
from mintage.report.outcome import Report, Root, RootStatus
from mintage.spec.validation import Accepted, Rules
from mintage.tasks.outcome import Judged, Selection, report_of

LATEST = Finding(Location("a.yaml", 3, 1), "image-latest", Severity.WARNING, "m", roots=("prod",))
UNKNOWN = Finding(Location("a.yaml"), "overlay-not-render", Severity.ERROR, "m")
UNUSED = Comment(Location("b.yaml", 1, 1), ("image-latest",), "why", 2)


def report(
    *found: Finding,
    rules: Rules | None = None,
    said: tuple[Comment, ...] = (),
    only: tuple[str, ...] = (),
    skip: tuple[str, ...] = (),
    status: RootStatus = RootStatus.BUILT,
    looked_at: str = "b.yaml",
) -> Report:
    """Return the report of one root."""
    return report_of(
        found,
        Judged([Root("prod", 1, status)]),
        rules or Rules(),
        said,
        settings="mintage.yaml",
        environments={},
        selection=Selection(only, skip),
        is_looked_at=lambda place: place.file == looked_at,
    )


def test_checks_that_were_not_asked_for_do_not_count() -> None:
    """What is no check, such as a build that fails, always does."""
    assert report(LATEST, UNKNOWN).findings == (UNKNOWN, LATEST)
    for other in (report(LATEST, UNKNOWN, only=("schema/*",)), report(LATEST, UNKNOWN, skip=("images/*",))):
        assert other.findings == (UNKNOWN,)
    assert report(LATEST, rules=Rules(skip=("image-latest",))).findings == ()


def test_an_accepted_finding_is_suppressed_with_its_reason() -> None:
    """And does not fail the run."""
    found = report(
        LATEST, rules=Rules(accept=(Accepted(check="image-latest", reason="one tag"),), fail_on="info")
    )
    assert (found.findings, found.failed) == ((), False)
    assert [item.reason for item in found.suppressed] == ["one tag"]


def test_an_acceptance_is_unused_where_all_was_looked_at() -> None:
    """Not where a root was not built, nor where its file is of a part that nobody asked for."""
    (found,) = report(said=(UNUSED,)).findings
    assert found.id == "suppression-unused"
    assert report(said=(UNUSED,), looked_at="elsewhere").findings == ()
    assert report(said=(UNUSED,), status=RootStatus.FAILED).findings == ()
    assert report(said=(UNUSED,), status=RootStatus.SKIPPED).findings == ()


def test_an_unknown_check_in_the_settings_is_an_error_with_their_place() -> None:
    """With the nearest one that there is."""
    with pytest.raises(MintageError) as caught:
        report(rules=Rules(skip=("image-latst",)))
    (problem,) = caught.value.problems
    assert (problem.location, problem.advice) == (Location("mintage.yaml"), "did you mean `image-latest`?")


def test_a_line_with_a_secret_is_shown_by_no_other_finding() -> None:
    """Also where the finding that says so is accepted, or was not asked for."""
    secret = replace(LATEST, id="secret-plaintext", confidential=True)
    beside = replace(UNKNOWN, related=(Related(Location("a.yaml", 3), "here"),))
    elsewhere = replace(LATEST, location=Location("a.yaml", 4))
    rules = Rules(accept=(Accepted(check="secret-plaintext", reason="a fake one"),))
    for found in (
        report(secret, LATEST, beside, elsewhere, rules=rules),
        report(secret, LATEST, beside, elsewhere, skip=("secret-plaintext",)),
    ):
        assert [(item.location.line, item.confidential) for item in found.findings] == [
            (0, True),
            (3, True),
            (4, False),
        ]

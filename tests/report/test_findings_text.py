"""Findings as text tell what is wrong and where, and the summary tells what was looked at."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings

from mintage.errors import Location
from mintage.finding import Finding, Related, Severity
from mintage.report.findings_text import finding_text, report_text, roots_text
from mintage.report.outcome import Report, Root, RootStatus
from mintage.report.source_lines import SourceLines
from mintage.report.style import Style
from sample_report import BASE, CLEAN, FILES, HARMFUL, LATEST, MISSING, REPORT, obeyed, report_of, tree

if TYPE_CHECKING:
    from pathlib import Path

_COLOR = re.compile(r"\x1b\[[\d;]+m")

WHOLE = """\
gitops/base/deploy ü.yaml:2:8: warning[image-latest]: image `vllm` has no tag
 2 | image: vllm
   |        ^^^^
  = Deployment zelda/vision (in gitops/base)

gitops/overlays/dev/patch.yaml:3:19: error[ref-secret-missing]: Secret `hf-token` is in no root that uses it
 3 |   - secretKeyRef: hf-token
   |                   ^^^^^^^^
  = see gitops/base/deploy ü.yaml:3:8: the container that reads it
    3 | name: 😀vision # x
      |         ^^^^^^
  = Deployment zelda/vision (in gitops/overlays/dev, prod)
  = add the Secret, or name it under `externals`

gone.yaml: info[kust-orphan-file]: no root reaches this file

checked     1,187 objects in 3 of 4 roots, with 2 checks
roots       gitops/base              62 objects  1 warning
            gitops/overlays/dev      61 objects  1 error
            gitops/overlays/edge  could not be built
            gitops/overlays/prod  1,064 objects  1 error
schemas     1,100 objects judged by Kubernetes 1.32
            79 objects judged by CRDs
            none for 8 objects: LLMInferenceService 5, Route 3
note        kubectl is not on PATH: 3 kustomizations were not built
note        2 Helm charts were not rendered
suppressed  1 finding
1 error, 1 warning, 1 info in 3 files
"""


def summary(report: Report, root: Path) -> list[str]:
    """Return the lines of a report without findings."""
    return report_text(report, root, color=False).splitlines()


def one(finding: Finding, root: Path) -> list[str]:
    """Return the lines of a finding."""
    return finding_text(finding, SourceLines(root), Style(color=False)).splitlines()


def test_a_report_is_its_findings_and_a_summary(tmp_path: Path) -> None:
    """In the order of places, each with its lines, roots and advice."""
    assert report_text(REPORT, tree(tmp_path), color=False) == WHOLE


def test_colour_changes_nothing_but_the_colour(tmp_path: Path) -> None:
    """And tells errors from warnings."""
    text = report_text(REPORT, tree(tmp_path), color=True)
    assert _COLOR.sub("", text) == WHOLE
    assert "\x1b[1;31merror[ref-secret-missing]\x1b[0m" in text
    assert "\x1b[1;33mwarning[image-latest]\x1b[0m" in text
    assert "\x1b[1;36minfo[kust-orphan-file]\x1b[0m" in text


def test_a_report_without_findings_says_what_was_checked(tmp_path: Path) -> None:
    """Objects, roots, and the schemas that judged."""
    assert summary(CLEAN, tmp_path) == [
        "checked     123 objects in 2 roots, with 2 checks",
        "roots       gitops/base          62 objects",
        "            gitops/overlays/dev  61 objects",
        "schemas     120 objects judged by Kubernetes 1.32",
        "            3 objects judged by CRDs",
        "no findings",
    ]


def test_nothing_checked_is_not_taken_for_nothing_found(tmp_path: Path) -> None:
    """An empty tree, or one of which no root was built, gets no praise."""
    assert summary(Report(), tmp_path) == ["checked     0 objects in 0 roots", "nothing was checked"]
    skipped = Report(roots=(Root("a", 0, RootStatus.SKIPPED),))
    assert summary(skipped, tmp_path)[-2:] == ["roots       a  was not built", "nothing was checked"]
    part = Report(roots=(Root("a", 1), Root("b", 0, RootStatus.FAILED)))
    assert summary(part, tmp_path) == [
        "checked     1 object in 1 of 2 roots",
        "roots       a  1 object",
        "            b  could not be built",
        "no findings in what was built",
    ]
    assert summary(Report(judged={"Kubernetes 1.32": 3}), tmp_path)[-1] == "no findings"


def test_of_many_roots_those_are_shown_that_have_something_to_say(tmp_path: Path) -> None:
    """The others are counted."""
    roots = tuple(Root(f"r{number:02}", 10) for number in range(20))
    finding = replace(LATEST, roots=("r17",))
    assert summary(Report((finding,), roots), tmp_path)[-3:-1] == [
        "roots       r17  10 objects  1 warning",
        "            and 19 more, without findings, 190 objects",
    ]
    assert summary(Report(roots=roots), tmp_path)[-2] == "roots       20 roots, without findings, 200 objects"
    everywhere = replace(LATEST, roots=tuple(root.folder for root in roots))
    assert summary(Report((everywhere,), roots), tmp_path)[-2] == "            and 8 more, 80 objects"


def test_of_many_kinds_without_schema_the_most_frequent_are_named(tmp_path: Path) -> None:
    """The others are counted."""
    kinds = {f"Kind{number}": number for number in range(1, 11)}
    assert summary(Report(unjudged=kinds), tmp_path)[-2] == (
        "schemas     none for 55 objects: Kind10 10, Kind9 9, Kind8 8, Kind7 7, Kind6 6, Kind5 5, Kind4 4, Kind3 3"
        " and 2 more"
    )


@pytest.mark.parametrize(
    ("roots", "text"),
    [
        ((), ""),
        (("a",), "a"),
        (("a", "b"), "a, b"),
        (("g/o/dev", "g/o/prod"), "g/o/dev, prod"),
        (("g/base", "g/o/prod"), "g/base, g/o/prod"),
        (("g/a", "g/b", "g/c", "g/d", "g/e", "g/f"), "g/a, b, c, d and 2 more"),
    ],
)
def test_roots_are_named_in_short(roots: tuple[str, ...], text: str) -> None:
    """A folder that all share is written once."""
    assert roots_text(roots) == text


def test_a_finding_of_a_file_that_is_gone_is_still_told(tmp_path: Path) -> None:
    """Without its line."""
    assert one(LATEST, tmp_path) == [
        "gitops/base/deploy ü.yaml:2:8: warning[image-latest]: image `vllm` has no tag",
        "  = Deployment zelda/vision (in gitops/base)",
    ]


def test_a_finding_without_a_subject_names_its_roots(tmp_path: Path) -> None:
    """Alone."""
    assert one(replace(LATEST, subject="", location=Location("a")), tmp_path)[1:] == ["  = in gitops/base"]


def test_a_whole_line_has_no_mark(tmp_path: Path) -> None:
    """Where no column is known there is nothing to point at."""
    finding = replace(LATEST, location=Location(BASE, 2), roots=(), subject="")
    assert one(finding, tree(tmp_path))[1:] == [" 2 | image: vllm"]


def test_each_line_is_shown_once_and_not_too_many(tmp_path: Path) -> None:
    """Of related places three have their lines, and none that is shown already."""
    (tmp_path / "a").write_text("1\n2\n3\n4\n5\n6\n", encoding="utf-8")
    places = [Related(Location("a", line), "") for line in (1, 2, 2, 3, 4, 5)]
    finding = Finding(Location("a", 1), "x", Severity.INFO, "m", related=tuple(places))
    assert one(finding, tmp_path)[1:] == [
        " 1 | 1",
        "  = see a:1",
        "  = see a:2",
        "    2 | 2",
        "  = see a:2",
        "  = see a:3",
        "    3 | 3",
        "  = see a:4",
        "    4 | 4",
        "  = see a:5",
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(HARMFUL)
def test_no_text_can_do_harm_to_a_terminal_or_a_build_server(tmp_path: Path, text: str) -> None:
    """Whatever names and messages hold: nothing is obeyed, and no line begins as a stranger wants it."""
    found = report_text(report_of(text), tmp_path, color=False).split("\n")
    assert obeyed("".join(found)) == []
    assert not any(line.strip().startswith("::") for line in found)


def test_lines_of_a_file_cannot_do_harm(tmp_path: Path) -> None:
    """A sequence that a terminal would obey is shown, and takes one cell for each character."""
    tree(tmp_path)
    (tmp_path / BASE).write_text(FILES[BASE].replace("image:", "\x1b[2J\u202eA"), encoding="utf-8")
    assert one(replace(LATEST, location=Location(BASE, 2, 7, 4)), tmp_path)[1:3] == [
        " 2 | \ufffd[2J\ufffdA vllm",
        "   |       ^^^^",
    ]


def test_absolute_places_are_shown_from_the_folder(tmp_path: Path) -> None:
    """So that a report does not depend on where the checkout is."""
    tree(tmp_path)
    places = replace(MISSING, location=replace(MISSING.location, file=f"{tmp_path}/{MISSING.location.file}"))
    text = report_text(replace(REPORT, findings=(*REPORT.findings[::2], places)), tmp_path, color=False)
    assert text == WHOLE


def alike(count: int, severity: Severity, id: str) -> list[Finding]:  # noqa: A002 - the field's name
    """Return findings of one check, each in a file of its own."""
    return [Finding(Location(f"{id}-{number}.yaml"), id, severity, "m") for number in range(count)]


def test_of_many_alike_the_first_are_shown(tmp_path: Path) -> None:
    """So that a hundred warnings do not hide the one error; errors are all shown."""
    found = [
        *alike(5, Severity.ERROR, "bad"),
        *alike(9, Severity.WARNING, "odd"),
        *alike(3, Severity.INFO, "note"),
    ]
    text = report_text(Report(tuple(found)), tmp_path, color=False)
    assert [text.count(f"[{name}]") for name in ("bad", "odd", "note")] == [5, 3, 3]
    assert "\n... and 6 more odd; `--only odd` shows all\n\n" in text
    strict = report_text(Report(tuple(found), fails=Severity.WARNING), tmp_path, color=False)
    assert strict.count("[odd]") == 9


def test_a_check_that_is_asked_for_alone_shows_all(tmp_path: Path) -> None:
    """As the line under the first ones says."""
    text = report_text(Report(tuple(alike(9, Severity.WARNING, "odd"))), tmp_path, color=False)
    assert text.count("[odd]") == 9
    assert "more" not in text

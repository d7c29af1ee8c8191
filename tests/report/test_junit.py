"""JUnit XML is what build servers take: by the rules of their schema, and never at odds with the exit code."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings

from mintage.errors import Location
from mintage.finding import Severity
from mintage.report.junit import report_junit
from mintage.report.outcome import Report, Root, RootStatus
from sample_report import CLEAN, HARMFUL, LATEST, MISSING, REPORT, report_of, tree

if TYPE_CHECKING:
    from pathlib import Path

# What junit-10.xsd of the xUnit plugin of Jenkins allows: by element, the attributes that must be there, those that
# may, and the elements inside.
RULES: dict[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors"},
        {"group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"},
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
    ),
    "testcase": (
        {"name"},
        {"time", "classname", "group"},
        {"skipped", "error", "failure", "system-out", "system-err"},
    ),
    "failure": (set(), {"type", "message"}, set()),
    "error": (set(), {"type", "message"}, set()),
    "skipped": (set(), {"type", "message"}, set()),
    "system-out": (set(), set(), set()),
}


def obeys(element: ET.Element) -> None:
    """Fail unless an element and all inside it obey the rules."""
    required, optional, children = RULES[element.tag]
    assert required <= set(element.keys()) <= required | optional
    for child in element:
        assert child.tag in children
        obeys(child)


def read(report: Report, root: Path) -> ET.Element:
    """Return a report as a build server reads it, after a look at its rules and its counts."""
    suites = ET.fromstring(report_junit(report, root).encode())  # noqa: S314 - our own text
    obeys(suites)
    for element in (suites, *suites):
        assert element.get("tests") == str(len(element.findall(".//testcase")))
        assert element.get("failures") == str(len(element.findall(".//failure")))
        assert element.get("errors") == str(len(element.findall(".//error")))
        assert element.get("skipped", "") in {"", str(len(element.findall(".//skipped")))}
    return suites


def outcomes(suites: ET.Element) -> dict[str, list[tuple[str | None, str]]]:
    """Return by suite the name of each case and the element inside it."""
    return {str(suite.get("name")): [(case.get("name"), case[0].tag) for case in suite] for suite in suites}


def test_a_suite_for_each_root_and_a_case_for_each_finding(tmp_path: Path) -> None:
    """What is in no root, and what was not looked at, have suites of their own."""
    missing = ("Deployment zelda/vision: Secret `hf-token` is in no root that uses it", "failure")
    assert outcomes(read(REPORT, tmp_path)) == {
        "gitops/base": [("Deployment zelda/vision: image `vllm` has no tag", "system-out")],
        "gitops/overlays/dev": [missing],
        "gitops/overlays/edge": [("build", "error")],
        "gitops/overlays/prod": [missing],
        "files": [("gone.yaml: no root reaches this file", "system-out")],
        "not checked": [
            ("kubectl is not on PATH: 3 kustomizations were not built", "skipped"),
            ("2 Helm charts were not rendered", "skipped"),
        ],
    }


def test_a_failure_holds_the_whole_text(tmp_path: Path) -> None:
    """So that nobody has to look for the log."""
    failure = read(REPORT, tree(tmp_path)).find("testsuite[@name='gitops/overlays/dev']/testcase/failure")
    assert failure is not None
    assert failure.attrib == {"message": MISSING.message, "type": "error"}
    assert str(failure.text).splitlines()[:3] == [
        "gitops/overlays/dev/patch.yaml:3:19: error[ref-secret-missing]: Secret `hf-token` is in no root that uses it",
        " 3 |   - secretKeyRef: hf-token",
        "   |                   ^^^^^^^^",
    ]


def test_a_root_without_findings_passes(tmp_path: Path) -> None:
    """And says how many objects it has."""
    suites = read(CLEAN, tmp_path)
    assert outcomes(suites) == {
        "gitops/base": [("no findings", "system-out")],
        "gitops/overlays/dev": [("no findings", "system-out")],
    }
    assert suites[0][0][0].text == "62 objects"


def test_nothing_checked_is_not_a_success(tmp_path: Path) -> None:
    """A root that was not built is skipped, and so is a run that found nothing to check."""
    assert outcomes(read(Report(roots=(Root("a", 0, RootStatus.SKIPPED),)), tmp_path)) == {
        "a": [("build", "skipped")]
    }
    assert outcomes(read(Report(), tmp_path)) == {"not checked": [("nothing was checked", "skipped")]}


@pytest.mark.parametrize("least", Severity)
def test_a_case_fails_where_the_finding_fails_the_run(tmp_path: Path, least: Severity) -> None:
    """By the severity that was set."""
    suites = read(replace(REPORT, roots=(), fails=least), tmp_path)
    failed = {case.get("classname") for case in suites.iter("testcase") if case[0].tag == "failure"}
    assert failed == {finding.id for finding in REPORT.findings if finding.severity >= least}


def test_no_two_cases_have_one_name(tmp_path: Path) -> None:
    """Servers would show only one of them."""
    again = replace(LATEST, location=Location("z.yaml", 1))
    (cases,) = outcomes(read(Report((LATEST, again), (Root("gitops/base"),)), tmp_path)).values()
    assert [name for name, _ in cases] == [
        "Deployment zelda/vision: image `vllm` has no tag",
        "Deployment zelda/vision: image `vllm` has no tag (2)",
    ]


def test_the_same_report_is_the_same_text(tmp_path: Path) -> None:
    """It holds no time and no name of a machine."""
    assert report_junit(REPORT, tmp_path) == report_junit(
        replace(REPORT, findings=REPORT.findings[::-1]), tmp_path
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(HARMFUL)
def test_it_is_well_formed_whatever_the_texts_hold(tmp_path: Path, text: str) -> None:
    """What XML cannot hold is replaced, and no text ends its element."""
    suites = read(report_of(text), tmp_path)
    assert [suite.get("name") for suite in suites][-1] == "not checked"
    assert len(suites) == 4

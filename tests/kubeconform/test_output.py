"""Each format prints exactly what kubeconform prints for the same results."""

from __future__ import annotations

import io
import json
import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from kubeconform import Result, Signature, Status, ValidationError
from kubeconform.output import FORMATS

APP = Signature("Deployment", "apps/v1", "ns", "my-app")
BARE = Signature("Deployment", "apps/v1")
RESULTS = [
    Result("a.yaml", Status.VALID, APP),
    Result("a.yaml", Status.INVALID, APP, 'bad <&> "it\'s"', (ValidationError("/spec", "bad"),)),
    Result("b.yaml", Status.ERROR, APP, "no schema"),
    Result("b.yaml", Status.ERROR, Signature(), "no YAML"),
    Result("b.yaml", Status.SKIPPED, APP),
    Result("c.yaml", Status.SKIPPED, BARE),
    Result("d.yaml", Status.EMPTY),
]


def printed(name: str, results: list[Result], *, stdin: bool = False, **options: bool) -> str:
    """Return what a format prints."""
    stream = io.StringIO()
    wanted = {"summary": False, "verbose": False, **options}
    output = FORMATS[name](stream, summary=wanted["summary"], stdin=stdin, verbose=wanted["verbose"])
    for result in results:
        output.write(result)
    output.flush()
    return stream.getvalue()


SUMMARY = "Summary: 6 resources found in 4 files - Valid: 1, Invalid: 1, Errors: 2, Skipped: 2\n"
FAILURES = """\
a.yaml - Deployment my-app is invalid: bad <&> "it's"
b.yaml - Deployment my-app failed validation: no schema
b.yaml - failed validation: no YAML
"""


def test_text_tells_of_failures() -> None:
    """And of nothing else."""
    assert printed("text", RESULTS) == FAILURES
    assert printed("text", RESULTS, summary=True) == FAILURES + SUMMARY


def test_verbose_text_tells_of_everything_but_empty_documents() -> None:
    """Skipped resources have their name first."""
    lines = printed("text", RESULTS, verbose=True).splitlines()
    assert lines[0] == "a.yaml - Deployment my-app is valid"
    assert lines[4:] == ["b.yaml - my-app Deployment skipped", "c.yaml -  Deployment skipped"]


@pytest.mark.parametrize(
    ("count", "stdin", "expected"),
    [
        (0, False, "Summary: 0 resource found in 0 file - Valid: 0, Invalid: 0, Errors: 0, Skipped: 0\n"),
        (1, False, "Summary: 1 resource found in 1 file - Valid: 1, Invalid: 0, Errors: 0, Skipped: 0\n"),
        (2, False, "Summary: 2 resources found in 1 file - Valid: 2, Invalid: 0, Errors: 0, Skipped: 0\n"),
        (2, True, "Summary: 2 resources found parsing stdin - Valid: 2, Invalid: 0, Errors: 0, Skipped: 0\n"),
    ],
)
def test_summaries_count_resources_and_files(count: int, stdin: bool, expected: str) -> None:
    """One of a thing is singular, and so is none."""
    results = [Result("a.yaml", Status.VALID, APP)] * count
    assert printed("text", results, summary=True, stdin=stdin) == expected
    assert printed("pretty", results, summary=True, stdin=stdin) == expected


def test_pretty_has_marks_and_colours() -> None:
    """Errors have the name after the words, as kubeconform has it."""
    red, green, yellow, end = "\033[31m", "\033[32m", "\033[33m", "\033[0m"
    assert printed("pretty", RESULTS, verbose=True, summary=True).splitlines() == [
        f"{green}✔{end} a.yaml: {green}Deployment my-app is valid{end}",
        f'{red}✖{end} a.yaml: {red}Deployment my-app is invalid: bad <&> "it\'s"{end}',
        f"{red}✖{end} b.yaml: {red}Deployment failed validation: my-app no schema{end}",
        f"{red}✖{end} b.yaml: {red}failed validation:  no YAML{end}",
        f"{yellow}-{end} b.yaml: {yellow}Deployment my-app skipped{end}",
        f"{yellow}-{end} c.yaml: {yellow}Deployment skipped{end}",
        SUMMARY.rstrip(),
    ]
    assert len(printed("pretty", RESULTS).splitlines()) == 3


def test_tap_numbers_every_result() -> None:
    """Empty ones too; the plan comes last."""
    assert printed("tap", RESULTS, summary=True, verbose=True) == (
        "TAP version 13\n"
        "ok 1 - a.yaml (apps/v1/Deployment/ns/my-app)\n"
        'not ok 2 - a.yaml (apps/v1/Deployment/ns/my-app): bad <&> "it\'s"\n'
        "not ok 3 - b.yaml: no schema\n"
        "not ok 4 - b.yaml: no YAML\n"
        "ok 5 - b.yaml (apps/v1/Deployment/ns/my-app) # skip\n"
        "ok 6 - c.yaml (apps/v1/Deployment//) # skip\n"
        "ok 7 - d.yaml (empty)\n"
        "1..7\n"
    )
    assert printed("tap", []) == "1..0\n"


def test_json_holds_failures_and_the_summary() -> None:
    """With two spaces, and escaped as Go escapes for HTML."""
    assert printed("json", []) == '{\n  "resources": []\n}\n'
    assert printed("json", RESULTS[:2], summary=True) == (
        """{
  "resources": [
    {
      "filename": "a.yaml",
      "kind": "Deployment",
      "name": "my-app",
      "version": "apps/v1",
      "status": "statusInvalid",
      "msg": "bad \\u003c\\u0026\\u003e \\"it's\\"",
      "validationErrors": [
        {
          "path": "/spec",
          "msg": "bad"
        }
      ]
    }
  ],
  "summary": {
    "valid": 1,
    "invalid": 1,
    "errors": 0,
    "skipped": 0
  }
}
"""
    )


def test_verbose_json_holds_everything() -> None:
    """Empty documents have no status."""
    resources = json.loads(printed("json", RESULTS, verbose=True))["resources"]
    statuses = [resource["status"] for resource in resources]
    error, skipped = "statusError", "statusSkipped"
    assert statuses == ["statusValid", "statusInvalid", error, error, skipped, skipped, ""]
    assert "validationErrors" not in resources[0]


def _without_time(text: str) -> str:
    return re.sub(r'time="[^"]*"', 'time=""', text)


def test_junit_has_a_suite_per_file() -> None:
    """And a case per resource."""
    empty = '<testsuites name="kubeconform" time="" tests="0" failures="0" disabled="0" errors="0"></testsuites>\n'
    assert _without_time(printed("junit", [])) == empty
    assert _without_time(printed("junit", RESULTS)) == (
        """<testsuites name="kubeconform" time="" tests="6" failures="1" disabled="2" errors="2">
  <testsuite name="a.yaml" id="1" tests="2" failures="1" errors="0" disabled="0" skipped="0">
    <testcase name="ns/my-app" classname="Deployment@apps/v1"></testcase>
    <testcase name="ns/my-app" classname="Deployment@apps/v1">
      <failure message="bad &lt;&amp;&gt; &#34;it&#39;s&#34;" type=""></failure>
    </testcase>
  </testsuite>
  <testsuite name="b.yaml" id="2" tests="3" failures="0" errors="2" disabled="0" skipped="1">
    <testcase name="ns/my-app" classname="Deployment@apps/v1">
      <error message="no schema" type=""></error>
    </testcase>
    <testcase name="" classname="@">
      <error message="no YAML" type=""></error>
    </testcase>
    <testcase name="ns/my-app" classname="Deployment@apps/v1">
      <skipped message=""></skipped>
    </testcase>
  </testsuite>
  <testsuite name="c.yaml" id="3" tests="1" failures="0" errors="0" disabled="0" skipped="1">
    <testcase name="" classname="Deployment@apps/v1">
      <skipped message=""></skipped>
    </testcase>
  </testsuite>
  <testsuite name="d.yaml" id="4" tests="0" failures="0" errors="0" disabled="0" skipped="0"></testsuite>
</testsuites>
"""
    )


# What the JUnit schema of Jenkins demands: per element, its required and optional attributes, and its children.
JUNIT: dict[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "disabled", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests"},
        {"id", "failures", "errors", "disabled", "skipped", "time", "timestamp", "hostname", "package"},
        {"properties", "testcase", "system-out", "system-err"},
    ),
    "testcase": (
        {"name", "classname"},
        {"time", "assertions", "status", "file", "line"},
        {"skipped", "error", "failure", "system-out", "system-err"},
    ),
    "failure": (set(), {"message", "type"}, set()),
    "error": (set(), {"message", "type"}, set()),
    "skipped": (set(), {"message", "type"}, set()),
}


def _check_junit(element: ET.Element) -> None:
    required, optional, children = JUNIT[element.tag]
    assert required <= set(element.keys()) <= required | optional
    for name in ("tests", "failures", "disabled", "errors", "skipped", "id"):
        assert element.get(name, "0").isdigit()
    float(element.get("time", "0"))
    for child in element:
        assert child.tag in children
        _check_junit(child)


@pytest.mark.parametrize("message", ["plain", "a\nb\tc\r", "<>&'\"", "\x00\x1b[31m\ud800\ufffe", "é😀"])
def test_junit_is_well_formed_whatever_the_messages_hold(message: str) -> None:
    """By the rules of the JUnit schema; characters that XML cannot hold are replaced."""
    results = [
        *RESULTS,
        Result(message, Status.INVALID, APP, message),
        Result("z", Status.ERROR, APP, message),
    ]
    root = ET.fromstring(printed("junit", results))  # noqa: S314 - our own text
    _check_junit(root)
    found: Any = root.findall(".//error")[-1].get("message")
    assert found == re.sub("[\x00\x1b\ud800\ufffe]", "\ufffd", message)

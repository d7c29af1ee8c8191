"""SARIF is what code scanning takes: valid, its places where they are, its findings known again in the next run.

`sarif-schema-2.1.0.json` is the schema of SARIF 2.1.0 (its title says 2.1.0-rtm.5), byte for byte as in the npm package
@microsoft/jest-sarif 1.0.0-beta.0 (MIT).
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft4Validator

from mintage.errors import Location
from mintage.report.outcome import Report, Root, RootStatus, Suppressed
from mintage.report.sarif import report_sarif
from sample_report import BASE, CLEAN, HARMFUL, LATEST, MISSING, PATCH, REPORT, SILENCED, report_of, tree

SCHEMA = Path(__file__).with_name("sarif-schema-2.1.0.json")


@cache
def validator() -> Draft4Validator:
    """Return the judge of SARIF."""
    return Draft4Validator(json.loads(SCHEMA.read_bytes()))


def run_of(report: Report, root: Path, prefix: str = "", *, suppressed: bool = True) -> dict[str, Any]:
    """Return the only run of a report, after a look at the whole."""
    document = json.loads(report_sarif(report, root, prefix, suppressed=suppressed).encode())
    assert [error.message for error in validator().iter_errors(document)] == []
    (run,) = document["runs"]
    assert all(
        run["tool"]["driver"]["rules"][item["ruleIndex"]]["id"] == item["ruleId"] for item in run["results"]
    )
    found: dict[str, Any] = run
    return found


def place_of(location: Location, root: Path, prefix: str = "") -> dict[str, Any]:
    """Return where a finding is said to be."""
    (result,) = run_of(Report((replace(LATEST, location=location),)), root, prefix)["results"]
    found: dict[str, Any] = result["locations"][0]["physicalLocation"]
    return found


def region(line: int, start: int, end: int) -> dict[str, int]:
    """Return a region within a line."""
    return {"startLine": line, "startColumn": start, "endLine": line, "endColumn": end}


def test_the_judge_is_strict() -> None:
    """A result without a message or with an invented key is refused."""
    for result in ({}, {"message": {"text": "x"}, "invented": 1}):
        document = {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": [result]}]}
        assert not validator().is_valid(document)


@pytest.mark.parametrize("report", [REPORT, CLEAN, Report()])
def test_a_report_is_valid(tmp_path: Path, report: Report) -> None:
    """Also one that has found nothing."""
    run = run_of(report, tree(tmp_path))
    assert len(run["results"]) == len(report.findings) + len(report.suppressed)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(HARMFUL)
def test_a_report_is_valid_whatever_its_texts_hold(tmp_path: Path, text: str) -> None:
    """And its addresses are addresses."""
    run = run_of(report_of(text), tmp_path)
    for result in run["results"]:
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert uri.isascii()
        assert uri.isprintable()
        assert urlsplit(uri).scheme in {"", "file"}
        assert not set(uri) & set(' "<>\\^`{|}')


def test_levels_are_those_of_sarif(tmp_path: Path) -> None:
    """An info is a note."""
    found = {result["ruleId"]: result["level"] for result in run_of(REPORT, tmp_path)["results"]}
    assert found == {"image-latest": "warning", "ref-secret-missing": "error", "kust-orphan-file": "note"}


def test_rules_are_the_checks_and_whatever_else_was_found(tmp_path: Path) -> None:
    """Each with help, and with an address where there is one."""
    rules = {rule["id"]: rule for rule in run_of(REPORT, tmp_path)["tool"]["driver"]["rules"]}
    assert list(rules) == ["image-latest", "kust-orphan-file", "ref-secret-missing"]
    assert rules["image-latest"] == {
        "id": "image-latest",
        "shortDescription": {"text": "What runs changes without a change in git."},
        "fullDescription": {"text": "What runs changes without a change in git."},
        "defaultConfiguration": {"level": "warning"},
        "help": {
            "text": "What runs changes without a change in git.\n\nSee https://example.org/checks#image-latest."
        },
        "helpUri": "https://example.org/checks#image-latest",
        "properties": {"tags": ["images"], "problem.severity": "warning"},
    }
    assert "helpUri" not in rules["ref-secret-missing"]
    assert rules["kust-orphan-file"]["help"] == {"text": "kust-orphan-file: see the message."}
    needed = {"shortDescription", "fullDescription", "help"}
    assert all(needed <= rule.keys() for rule in rules.values())


def test_a_result_says_what_the_text_says(tmp_path: Path) -> None:
    """Since viewers show little more than the message, which links to the related places by their numbers."""
    result = run_of(REPORT, tree(tmp_path))["results"][2]
    assert result["message"]["text"] == (
        "Secret `hf-token` is in no root that uses it\n"
        "See [gitops/base/deploy ü.yaml:3:8](1): the container that reads it\n"
        "In gitops/overlays/dev, prod.\n"
        "add the Secret, or name it under `externals`"
    )
    (related,) = result["relatedLocations"]
    assert related["id"] == 1
    assert related["message"] == {"text": "the container that reads it"}
    assert related["physicalLocation"]["region"] == region(3, 9, 15)
    assert result["locations"][0]["logicalLocations"] == [
        {"fullyQualifiedName": "Deployment zelda/vision", "kind": "resource"}
    ]


def test_columns_are_counted_in_utf_16(tmp_path: Path) -> None:
    """One of two units counts as two; the end is the column after the last one."""
    tree(tmp_path)
    found = [
        place_of(Location(BASE, *where), tmp_path)["region"] for where in ((3, 7, 2), (3, 8, 1), (4, 5, 5))
    ]
    assert [(region["startColumn"], region["endColumn"]) for region in found] == [(7, 10), (9, 10), (5, 10)]


def test_a_region_ends_with_its_line(tmp_path: Path) -> None:
    """And is taken as given where the line cannot be read."""
    tree(tmp_path)
    assert place_of(Location(PATCH, 1, 1, 99), tmp_path)["region"]["endColumn"] == 5
    assert place_of(Location("gone", 1, 3, 9), tmp_path)["region"] == region(1, 3, 12)
    assert place_of(Location(PATCH, 1, 4, 0), tmp_path)["region"] == region(1, 4, 5)


def test_a_region_always_has_four_numbers(tmp_path: Path) -> None:
    """Of a whole line all of it, of a whole file its begin: GitHub wants them, and a line to know a finding by."""
    tree(tmp_path)
    assert place_of(Location(BASE, 3), tmp_path)["region"] == region(3, 1, 19)
    assert place_of(Location(PATCH), tmp_path)["region"] == region(1, 1, 1)
    assert place_of(Location("gone", 9), tmp_path)["region"] == region(9, 1, 1)


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("a b/ü.yaml", "a%20b/%C3%BC.yaml"),
        ("a:b?c#d%.yaml", "a%3Ab%3Fc%23d%25.yaml"),
        ("caf\udce9.yaml", "caf%E9.yaml"),
        ("", "."),
    ],
)
def test_addresses_are_relative_and_escaped(tmp_path: Path, file: str, uri: str) -> None:
    """A name that is no Unicode is escaped byte for byte."""
    artifact = place_of(Location(file), tmp_path)["artifactLocation"]
    assert artifact == {"uri": uri, "uriBaseId": "%SRCROOT%"}
    assert file == "" or unquote_to_bytes(uri) == file.encode("utf-8", "surrogateescape")


def test_addresses_begin_at_the_top_of_the_repository(tmp_path: Path) -> None:
    """Also where only a folder of it was looked at; a file outside of it has an address of its own."""
    assert (
        place_of(Location("a.yaml"), tmp_path, "deploy/k8s/")["artifactLocation"]["uri"]
        == "deploy/k8s/a.yaml"
    )
    assert place_of(Location(f"{tmp_path}/a.yaml"), tmp_path)["artifactLocation"]["uri"] == "a.yaml"
    assert place_of(Location("/else where/a"), tmp_path)["artifactLocation"] == {
        "uri": "file:///else%20where/a"
    }


def test_a_result_is_known_again_after_its_line_moved(tmp_path: Path) -> None:
    """By a fingerprint under a key of Mintage's own: the usual one belongs to the uploader, who warns of any other."""
    moved = replace(MISSING, location=Location("elsewhere.yaml", 99))
    (before,), (after,) = (run_of(Report((item,)), tmp_path)["results"] for item in (MISSING, moved))
    assert before["partialFingerprints"] == after["partialFingerprints"]
    assert list(before["partialFingerprints"]) == ["mintage/v1"]


def test_a_suppressed_finding_is_a_suppressed_result(tmp_path: Path) -> None:
    """With reason and place; in the file itself, or outside of it."""
    hidden = [result for result in run_of(REPORT, tmp_path)["results"] if "suppressions" in result]
    assert [result["suppressions"] for result in hidden] == [
        [
            {
                "kind": "external",
                "status": "accepted",
                "justification": "pinned by the mirror",
                "location": {
                    "physicalLocation": {
                        "artifactLocation": {"uri": "mintage.yaml", "uriBaseId": "%SRCROOT%"},
                        "region": region(7, 3, 4),
                    }
                },
            }
        ]
    ]
    inside = Report(suppressed=(Suppressed(SILENCED, "", Location(BASE, 3)),))
    assert run_of(inside, tmp_path)["results"][0]["suppressions"][0]["kind"] == "inSource"


def test_suppressed_findings_must_be_asked_for(tmp_path: Path) -> None:
    """GitHub would open alerts for them; the others are the same with and without them."""
    results = run_of(REPORT, tmp_path)["results"]
    without = run_of(REPORT, tmp_path, suppressed=False)["results"]
    assert without == [result for result in results if "suppressions" not in result]
    assert len(without) == len(results) - 1


def test_what_was_not_looked_at_is_told(tmp_path: Path) -> None:
    """As notifications of the run, which is successful only where every root could be built."""
    (invocation,) = run_of(REPORT, tmp_path)["invocations"]
    assert invocation["executionSuccessful"] is False
    assert [
        (item["level"], item["message"]["text"]) for item in invocation["toolExecutionNotifications"]
    ] == [
        ("note", "kubectl is not on PATH: 3 kustomizations were not built"),
        ("note", "2 Helm charts were not rendered"),
        ("error", "gitops/overlays/edge could not be built"),
    ]
    skipped = Report((MISSING,), (Root("a", 0, RootStatus.SKIPPED),))
    assert run_of(skipped, tmp_path)["invocations"] == [
        {
            "executionSuccessful": True,
            "toolExecutionNotifications": [{"level": "warning", "message": {"text": "a was not built"}}],
        }
    ]


def test_harmful_names_cannot_end_a_link(tmp_path: Path) -> None:
    """Brackets in the name of a related file are escaped."""
    related = replace(MISSING.related[0], location=Location("a](9)[b.yaml", 1))
    (result,) = run_of(Report((replace(MISSING, related=(related,)),)), tmp_path)["results"]
    assert "See [a\\](9)\\[b.yaml:1](1)" in result["message"]["text"]

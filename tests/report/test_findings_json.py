"""The JSON of a report keeps its promised shape."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from mintage.finding import Severity
from mintage.report.findings_json import report_json
from mintage.report.outcome import Report
from sample_report import BASE, CLEAN, HARM, HARMFUL, LATEST, PATCH, REPORT, obeyed, report_of


def read(report: Report, root: Path) -> dict[str, Any]:
    """Return a report as a program reads it."""
    found: dict[str, Any] = json.loads(report_json(report, root))
    return found


def test_the_shape_is_the_one_that_is_promised(tmp_path: Path) -> None:
    """Every key, in this order."""
    found = read(REPORT, tmp_path)
    assert list(found) == [
        "version",
        "failed",
        "summary",
        "findings",
        "suppressed",
        "roots",
        "judged",
        "unjudged",
        "notes",
        "checks",
    ]
    assert found["version"] == 1
    assert found["failed"] is True
    assert found["summary"] == {"error": 1, "warning": 1, "info": 1, "suppressed": 1, "objects": 1187}
    assert found["roots"][2] == {"folder": "gitops/overlays/edge", "objects": 0, "status": "failed"}
    assert found["judged"] == {"CRDs": 79, "Kubernetes 1.32": 1100}
    assert found["unjudged"] == {"LLMInferenceService": 5, "Route": 3}
    assert found["notes"] == list(REPORT.notes)
    assert found["checks"][1] == {
        "id": "ref-secret-missing",
        "severity": "error",
        "group": "references",
        "why": "A pod without its Secret does not start.",
        "page": "checks.md#ref-secret-missing",
    }


def test_a_finding_says_all_it_knows(tmp_path: Path) -> None:
    """And of a place only what is known."""
    _, missing, orphan = read(REPORT, tmp_path)["findings"]
    assert missing.pop("fingerprint")
    assert missing == {
        "id": "ref-secret-missing",
        "severity": "error",
        "message": "Secret `hf-token` is in no root that uses it",
        "advice": "add the Secret, or name it under `externals`",
        "subject": "Deployment zelda/vision",
        "roots": ["gitops/overlays/dev", "gitops/overlays/prod"],
        "location": {"file": PATCH, "line": 3, "column": 19, "width": 8},
        "related": [
            {
                "location": {"file": BASE, "line": 3, "column": 8, "width": 6},
                "text": "the container that reads it",
            }
        ],
    }
    assert orphan["location"] == {"file": "gone.yaml"}


def test_a_suppressed_finding_says_who_suppressed_it(tmp_path: Path) -> None:
    """It is a finding with a reason and a place, and is not counted among the others."""
    (hidden,) = read(REPORT, tmp_path)["suppressed"]
    assert (hidden["id"], hidden["reason"]) == ("image-latest", "pinned by the mirror")
    assert hidden["place"] == {"file": "mintage.yaml", "line": 7, "column": 3, "width": 1}


def keys(value: object) -> set[str]:
    """Return the keys of all mappings in a value, except where they are names of schemas and kinds."""
    if isinstance(value, dict):
        inner = [keys(item) for name, item in value.items() if name not in {"judged", "unjudged"}]
        return set(value).union(*inner)
    return set().union(*map(keys, value)) if isinstance(value, list) else set()


def test_every_key_is_on_the_page(tmp_path: Path) -> None:
    """Whoever reads the JSON finds there what it means."""
    page = (Path(__file__).parents[2] / "docs/findings.md").read_text(encoding="utf-8")
    told = page.partition("\n## JSON\n")[2].partition("\n## ")[0]
    assert {name for name in keys(read(REPORT, tmp_path)) if f"`{name}`" not in told} == set()


def test_what_failed_is_told_as_the_exit_code_tells_it(tmp_path: Path) -> None:
    """By the severity that was set."""
    assert read(CLEAN, tmp_path)["failed"] is False
    assert read(Report((LATEST,)), tmp_path)["failed"] is False
    assert read(Report((LATEST,), fails=Severity.WARNING), tmp_path)["failed"] is True


@pytest.mark.parametrize("text", HARM)
def test_texts_arrive_as_they_are(tmp_path: Path, text: str) -> None:
    """Except for half characters, which strict readers refuse."""
    whole = "".join("\ufffd" if "\ud800" <= letter <= "\udfff" else letter for letter in text)
    found = read(report_of(text), tmp_path)["findings"][0 if text < "gone.yaml" else 1]
    assert found["message"] == whole
    assert found["subject"] == whole


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(HARMFUL)
def test_the_document_can_be_shown_in_a_terminal(tmp_path: Path, text: str) -> None:
    """What a terminal would obey is written as an escape."""
    found = report_json(report_of(text), tmp_path)
    assert json.loads(found.encode())
    assert obeyed(found.replace("\n", "")) == []

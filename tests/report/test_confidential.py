"""A finding about a secret names its place and never shows the line."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mintage.errors import Location
from mintage.finding import Finding, Severity
from mintage.report.findings_json import report_json
from mintage.report.findings_text import report_text
from mintage.report.junit import report_junit
from mintage.report.outcome import Report
from mintage.report.sarif import report_sarif

if TYPE_CHECKING:
    from pathlib import Path


def test_the_line_of_a_secret_is_in_no_report(tmp_path: Path) -> None:
    """Reports end in logs that many people read."""
    (tmp_path / "secret.yaml").write_text("token: abc-secret-def\n", encoding="utf-8")
    place = Location("secret.yaml", 1, 8, 14)
    finding = Finding(place, "secret-plaintext", Severity.ERROR, "a token stands here", confidential=True)
    shown = report_text(Report((replace(finding, confidential=False),)), tmp_path, color=False)
    assert "abc-secret-def" in shown
    report = Report((finding,))
    texts = [
        report_text(report, tmp_path, color=False),
        report_json(report, tmp_path),
        report_sarif(report, tmp_path),
        report_junit(report, tmp_path),
    ]
    assert [text for text in texts if "abc-secret-def" in str(text)] == []
    assert all("secret.yaml" in str(text) for text in texts)

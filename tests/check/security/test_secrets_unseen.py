"""The value of a secret that checks find is in no report: not in a sentence, and not in a line that is shown."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mintage.check import suppression
from mintage.check.example import example
from mintage.check.run import findings
from mintage.check.table import checks
from mintage.finding import Severity
from mintage.report.findings_json import report_json
from mintage.report.findings_text import report_text
from mintage.report.junit import report_junit
from mintage.report.sarif import report_sarif
from mintage.schemas.store import Schemas
from mintage.tasks.outcome import Judged, Selection, report_of
from mintage.tree.load import load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mintage.report.outcome import Report

VALUE = "hunter2SuperSecret99"
MANIFEST = f"""\
apiVersion: v1
kind: Secret
metadata:
  name: database
stringData: {{password: {VALUE}}}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  DB_PASSWORD: {VALUE}
  url: postgres://u:{VALUE}@nodb/x
---
apiVersion: v1
kind: Pod
metadata:
  name: server
spec:
  containers:
  - name: server
    image: ghcr.io/acme/server:latest
    args: [--password={VALUE}, --port=80]
    env:
    - name: DATABASE_URL
      value: postgres://u:{VALUE}@nodb/x
    - {{name: DB_PASSWORD, value: {VALUE}}}
    - {{name: DB_PASSWORD, value: {VALUE}}}
    - {{name: API_TOKEN, value: {VALUE}}}  # mintage: accept[secret-empty] none of these
"""


def judged(folder: Path, files: dict[str, str]) -> Report:
    """Write files to a folder and return what all checks say of them."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    tree = load(folder, schemas=Schemas("1.32"))
    assert tree.files is not None
    return report_of(
        findings(tree, list(checks().values())),
        Judged(),
        tree.rules,
        suppression.comments(tree.files, list(files)),
        settings="mintage.yaml",
        environments={},
        selection=Selection(),
    )


def views(report: Report, folder: Path) -> Iterator[str]:
    """Yield a report in every form."""
    yield report_text(report, folder, color=False)
    for made in (report_json, report_sarif, report_junit):
        yield str(made(report, folder))


def test_the_value_in_the_example_is_in_no_report(tmp_path: Path) -> None:
    """The check names its place."""
    report = judged(tmp_path, example("secret-plaintext")["bad"])
    assert [found.confidential for found in report.findings if found.id == "secret-plaintext"] == [True]
    assert [text for text in views(report, tmp_path) if "tr0ub4dor" in text] == []


@pytest.mark.parametrize("all_fail", [False, True])
def test_the_value_is_not_told_by_other_checks(tmp_path: Path, all_fail: bool) -> None:
    """Which look at the same line for another reason, or name an address with a password in it.

    The text shows all findings where all of them fail the run.
    """
    report = judged(tmp_path, {"all.yaml": MANIFEST})
    if all_fail:
        report = replace(report, fails=Severity.INFO)
    ids = {found.id for found in report.findings}
    assert {"secret-plaintext", "secret-in-configmap", "dns-service-missing", "env-duplicate"} <= ids
    assert "suppression-unused" in ids
    assert [text for text in views(report, tmp_path) if VALUE in text] == []

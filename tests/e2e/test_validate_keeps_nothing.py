"""A validation that can keep nothing reports all the same."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mintage.testing import Space


def test_a_disk_that_takes_nothing_is_no_obstacle(rendered: Space) -> None:
    """The state is on a disk that is full; the next run looks again."""
    report = rendered.run("validate").stdout
    state = rendered.root / "build"
    command = ["mount", "-t", "tmpfs", "-o", "size=4k,ro", "none", str(state)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("needs the right to mount a tmpfs")
    try:
        runs = [rendered.run("validate"), rendered.run("-n", "2", "validate")]
    finally:
        subprocess.run(["umount", str(state)], check=True)
    assert [(run.code, run.stderr) for run in runs] == [(0, ""), (0, "")]
    assert runs[0].stdout == report
    assert sorted(runs[1].stdout.splitlines()) == sorted(report.splitlines())


def test_a_report_that_cannot_be_written_is_an_error(rendered: Space) -> None:
    """The report is shown before."""
    rendered.write("taken/x", "")
    outcome = rendered.run("validate", "--output", "taken")
    assert outcome.code == 1
    assert outcome.stderr == (
        "taken: error[write-failed]: cannot write: is a directory; nothing was changed\n"
        "  = a folder stands where a file is to be written: move it away\n"
    )
    assert "checked " in outcome.stdout


def test_a_damaged_state_is_no_obstacle(rendered: Space) -> None:
    """What cannot be read is looked for again."""
    report = rendered.run("validate").stdout
    (rendered.root / "build/state/findings.jsonl").write_bytes(
        b'\xff\x00[2,"base",[]]\n[2,"report",["x",{},"",{}]]\n'
    )
    outcome = rendered.run("validate")
    assert (outcome.code, outcome.stdout) == (0, report)

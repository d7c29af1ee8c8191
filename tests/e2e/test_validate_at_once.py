"""Validations may run in parallel, at the same time, and be killed: the report stays the same."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mintage.testing import Space


def _report(stdout: str) -> str:
    return "".join(line for line in stdout.splitlines(keepends=True) if not line.startswith("validate "))


@pytest.mark.parametrize("kind", ["process", "thread"])
def test_parallel_tasks_make_the_same_report(rendered: Space, kind: str) -> None:
    """`-n` divides them among processes or threads; then all are current."""
    report = _report(rendered.run("validate").stdout)
    rendered.run("forget", "validate")
    outcome = rendered.run("-n", "2", "-P", kind, "validate")
    assert (outcome.code, outcome.stderr, _report(outcome.stdout)) == (0, "", report)
    assert rendered.run("-n", "2", "-P", kind, "validate").stdout == report


def test_two_runs_at_once_say_the_same(rendered: Space) -> None:
    """Neither waits for the other: they write nothing but what they know."""
    runs = [rendered.start("validate") for _ in range(3)]
    ends = [run.communicate() for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0], ends
    assert {_report(stdout) for stdout, _ in ends} == {rendered.run("validate").stdout}


@pytest.mark.parametrize("after", [1, 3, 6])
def test_a_killed_run_is_completed(rendered: Space, after: int) -> None:
    """What it had found is not looked for again."""
    run = rendered.start("validate")
    state, until = rendered.root / "build/state/findings.jsonl", time.monotonic() + 30
    while run.poll() is None and time.monotonic() < until:
        if state.is_file() and state.read_bytes().count(b"\n") >= after:
            break
        time.sleep(0.001)
    run.send_signal(signal.SIGKILL)
    run.communicate()
    outcome = rendered.run("validate")
    assert (outcome.code, outcome.stderr) == (0, "")
    looked_at = [line for line in outcome.stdout.splitlines() if line.startswith("validate ")]
    assert len(looked_at) <= 6 - after
    rendered.run("forget", "validate")
    assert _report(rendered.run("validate").stdout) == _report(outcome.stdout)


def test_the_state_does_not_grow_for_ever(rendered: Space) -> None:
    """What is old is dropped."""
    rendered.run("validate")
    state = rendered.root / "build/state/findings.jsonl"
    state.write_bytes(state.read_bytes() * 40)
    rendered.run("validate", "--fail-on", "info")
    assert state.read_bytes().count(b"\n") == 7

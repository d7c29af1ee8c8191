"""Two runs in one workspace do not mix: one waits for the other."""

from __future__ import annotations

import fcntl
from typing import TYPE_CHECKING

from lab import render_of

if TYPE_CHECKING:
    from mintage.testing import Space

WAITING = "waiting for another run in this workspace to finish\n"


def test_runs_at_once_make_one_tree(space: Space) -> None:
    """Each ends well, and the tree is what the specs give."""
    runs = [space.start("render") for _ in range(4)]
    ends = [run.communicate() for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0, 0], ends
    assert all(stderr in {"", WAITING} for _, stderr in ends)
    assert space.files() == render_of(space.root / "specs")
    assert "up to date" in space.run("render").stdout


def test_a_run_waits_for_the_lock_and_says_so(space: Space) -> None:
    """Nothing is written before."""
    lock = space.write("build/state/lock", "")
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        run = space.start("render")
        assert run.stderr is not None
        assert run.stderr.readline() == WAITING
        assert not (space.root / "gitops").exists()
    assert run.communicate()[1] == ""
    assert run.returncode == 0
    assert space.files() == render_of(space.root / "specs")


def test_what_another_run_did_in_the_meantime_is_not_done_again(space: Space) -> None:
    """The run that waited finds that the tree is current."""
    import shutil

    assert space.run("render").code == 0
    traces = space.read("build/state/traces.jsonl")
    shutil.rmtree(space.root / "build")
    lock = space.write("build/state/lock", "")
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        run = space.start("-r", "executed-only", "render")
        assert run.stderr is not None
        assert run.stderr.readline() == WAITING
        space.write("build/state/traces.jsonl", traces)
    assert run.communicate() == ("", "")


def test_a_run_that_changes_nothing_waits_for_nobody(rendered: Space) -> None:
    """It takes no lock."""
    with (rendered.root / "build/state/lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        outcome = rendered.run("render")
    assert (outcome.code, outcome.stderr) == (0, "")


def test_a_check_waits_for_nobody(rendered: Space) -> None:
    """It writes nothing."""
    with (rendered.root / "build/state/lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert rendered.run("render", "--check").code == 0

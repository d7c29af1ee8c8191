"""A run that is killed leaves whole files; the next one completes them and clears up."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest

from lab import WEB, render_of

if TYPE_CHECKING:
    import subprocess

    from mintage.testing import Space

MANY = 60


def _grow(space: Space) -> None:
    for number in range(MANY):
        text = WEB.replace("name: web", f"name: web{number}\ncomponent: part{number // 2}")
        space.write(f"specs/web{number}.yaml", text)


def _kill_while_writing(space: Space, run: subprocess.Popen[str], after: int, how: signal.Signals) -> None:
    """Wait until so many components have been begun, then end the run."""
    until = time.monotonic() + 30
    while run.poll() is None and time.monotonic() < until:
        if len(list((space.root / "gitops/base").glob("part*"))) >= after:
            break
        time.sleep(0.001)
    run.send_signal(how)
    run.communicate()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("after", [1, 5, 20])
def test_the_next_run_completes_a_killed_one(space: Space, after: int, how: signal.Signals) -> None:
    """No temporary file stays in the tree, and nothing in the state."""
    _grow(space)
    _kill_while_writing(space, space.start("render"), after, how)
    assert all(not path.rpartition("/")[2].startswith(".") for path in space.files() if path != ".mintage")
    outcome = space.run("render")
    assert outcome.code == 0, outcome.stderr
    assert space.files() == render_of(space.root / "specs")
    assert list((space.root / "build/state/scratch").glob("*")) == []


@pytest.mark.parametrize("after", [1, 5, 20])
def test_what_was_finished_is_not_done_again(space: Space, after: int) -> None:
    """Every component is remembered the moment it is done."""
    _grow(space)
    _kill_while_writing(space, space.start("render"), after, signal.SIGKILL)
    made = len(list((space.root / "gitops/base").glob("part*")))
    outcome = space.run("-r", "executed-only", "render")
    again = [line for line in outcome.stdout.splitlines() if line.startswith(".  render:part")]
    assert len(again) <= MANY // 2 - made + 1


@pytest.mark.parametrize("after", [1, 5, 20])
def test_services_that_are_removed_after_a_kill_leave_no_orphans(rendered: Space, after: int) -> None:
    """Files are listed as Mintage's before they are written, so that even a clone without state can prune them."""
    import shutil

    _grow(rendered)
    _kill_while_writing(rendered, rendered.start("render"), after, signal.SIGKILL)
    for number in range(MANY):
        (rendered.root / f"specs/web{number}.yaml").unlink()
    shutil.rmtree(rendered.root / "build")
    assert rendered.run("render").code == 0
    assert rendered.files() == render_of(rendered.root / "specs")
    assert list((rendered.root / "gitops/base").glob("part*")) == []


def test_a_killed_removal_is_completed(rendered: Space) -> None:
    """Folders that were emptied and not yet removed are removed by the next run."""
    (rendered.root / "specs/web.yaml").unlink()
    (rendered.root / "specs/robot.yaml").unlink()
    for path in (rendered.root / "gitops/base/web").iterdir():
        path.unlink()
    assert rendered.run("render").code == 0
    assert not (rendered.root / "gitops/base/web").exists()
    assert rendered.files() == render_of(rendered.root / "specs")

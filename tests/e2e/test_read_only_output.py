"""Where nothing can be written, the error says so, and what only reads still works."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from lab import open_to_others

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mintage.testing import Space

NOBODY = 65534


@pytest.fixture
def prefix(rendered: Space) -> Iterator[tuple[str, ...]]:
    """Return the command by which a run has no more rights than anyone; root may write everywhere."""
    if os.geteuid() != 0:
        yield ()
    elif shutil.which("setpriv") is None:
        pytest.skip("as root, setpriv is needed to give up the right to write everywhere")
    else:
        open_to_others(rendered.root.parent)
        subprocess.run(["chown", "-R", str(NOBODY), rendered.root], check=True)
        yield ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    subprocess.run(["chmod", "-R", "u+w", rendered.root], check=True)


def _forbid(folder: Path) -> None:
    subprocess.run(["chmod", "-R", "u-w", folder], check=True)


def _change(space: Space) -> dict[str, bytes]:
    space.edit("specs/store.yaml", "replicas: 3", "replicas: 4")
    return space.files()


def test_a_read_only_tree_is_an_error(rendered: Space, prefix: tuple[str, ...]) -> None:
    """It names the file and says what to do; nothing has changed."""
    before = _change(rendered)
    _forbid(rendered.root / "gitops")
    outcome = rendered.run("render", prefix=prefix)
    assert (outcome.code, outcome.stdout) == (1, "")
    assert outcome.stderr == (
        "gitops/overlays/prod/patches/deployment-store.yaml: error[write-failed]: cannot write: permission denied; nothing was changed\n"
        "  = make the folder writable and run again\n"
    )
    assert rendered.files() == before


def test_a_folder_that_turns_read_only_undoes_the_others(rendered: Space, prefix: tuple[str, ...]) -> None:
    """The store is written first, the web service fails: both are as they were."""
    before = _change(rendered)
    rendered.edit("specs/web.yaml", "8080", "8081")
    _forbid(rendered.root / "gitops/base/web")
    outcome = rendered.run("render", prefix=prefix)
    assert outcome.code == 1
    assert outcome.stderr.endswith("1 files that were changed before are as they were\n")
    assert rendered.files() == before


@pytest.mark.parametrize("arguments", [("render",), ("-n", "2", "render")])
def test_read_only_state_is_an_error(
    rendered: Space, prefix: tuple[str, ...], arguments: tuple[str, ...]
) -> None:
    """Without a lock and without a memory nothing is rendered."""
    before = _change(rendered)
    _forbid(rendered.root / "build")
    outcome = rendered.run(*arguments, prefix=prefix)
    assert outcome.code == 1
    message = (
        "build/state/lock: error[write-failed]: cannot write: permission denied; nothing was changed\n"
        "  = make the folder writable and run again\n"
    )
    assert outcome.stderr in {message, message * 2}  # with -n, two tasks have begun
    assert rendered.files() == before


def test_a_read_only_workspace_can_be_checked(rendered: Space, prefix: tuple[str, ...]) -> None:
    """A check writes nothing, so that it needs no right to write."""
    shutil.rmtree(rendered.root / "build")
    _forbid(rendered.root)
    assert rendered.run("render", "--check", prefix=prefix).code == 0
    assert rendered.run("list", prefix=prefix).code == 0


def test_a_read_only_workspace_that_is_current_renders_nothing(
    rendered: Space, prefix: tuple[str, ...]
) -> None:
    """There is nothing to write."""
    _forbid(rendered.root)
    assert rendered.run("render", prefix=prefix).code == 0

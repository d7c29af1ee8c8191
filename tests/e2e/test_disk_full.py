"""A disk that fills up in the middle of a run leaves the tree as it was."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from lab import WEB, lab, render_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mintage.testing import Space


@contextlib.contextmanager
def _small_disk(folder: Path, kilobytes: int) -> Iterator[None]:
    """Mount a disk of its own at a folder; skip the test where that is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "none", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("needs the right to mount a tmpfs")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def _fill(folder: Path, *, leave: int = 0) -> Path:
    """Take all space of a disk but some."""
    target = folder / "ballast"
    with contextlib.suppress(OSError), target.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    os.truncate(target, target.stat().st_size - leave)
    return target


def _change_everything(space: Space) -> None:
    for name in ("store", "web", "robot"):
        space.write(f"specs/{name}.yaml", space.read(f"specs/{name}.yaml") + "labels: {team: a}\n")
    for name in ("one", "two", "three"):
        space.write(f"specs/{name}.yaml", WEB.replace("name: web", f"name: {name}\ncomponent: web"))


def _assert_undone(space: Space, before: dict[str, bytes]) -> None:
    outcome = space.run("render")
    assert outcome.code == 1
    assert (
        "cannot write: no space left on device; nothing was changed\n  = free some space and run again\n"
        in (outcome.stderr)
    )
    assert "Traceback" not in outcome.stderr
    assert {path: data for path, data in space.files().items() if path != "ballast"} == before


@pytest.mark.parametrize("leave", [0, 4096, 16384])
def test_a_tree_on_a_full_disk_is_as_it_was(space: Space, leave: int) -> None:
    """The tree has a disk of its own, so that what is replaced must be copied to be kept."""
    with _small_disk(space.root / "gitops", 256):
        assert space.run("render").code == 0
        before = space.files()
        _change_everything(space)
        ballast = _fill(space.root / "gitops", leave=leave)
        _assert_undone(space, before)
        ballast.unlink()
        assert space.run("render").code == 0
        assert space.files() == render_of(space.root / "specs")


@pytest.mark.parametrize("leave", [0, 4096, 16384])
def test_a_workspace_on_a_full_disk_is_as_it_was(tmp_path: Path, leave: int) -> None:
    """Specs, tree and state share the disk: neither doit's database nor the journal may get in the way."""
    with _small_disk(tmp_path / "small", 512):
        space = lab(tmp_path / "small")
        assert space.run("render").code == 0
        before = space.files()
        _change_everything(space)
        ballast = _fill(space.root, leave=leave)
        _assert_undone(space, before)
        ballast.unlink()
        assert space.run("render").code == 0
        assert space.files() == render_of(space.root / "specs")


def test_a_limit_on_file_size_is_an_error_like_any_other(rendered: Space) -> None:
    """Where no disk can be mounted, this stands for one that is full."""
    if shutil.which("prlimit") is None:
        pytest.skip("prlimit is not on PATH")
    before = rendered.files()
    rendered.edit("specs/store.yaml", "prod: {replicas: 3}", f"prod: {{env: {{A: {'a' * 200_000}}}}}")
    outcome = rendered.run("render", prefix=("prlimit", "--fsize=150000"))
    assert outcome.code == 1
    assert outcome.stderr == (
        "gitops/overlays/prod/patches/deployment-store.yaml: error[write-failed]: cannot write: file too large; nothing was changed\n"
        "  = mend the file system and run again\n"
    )
    assert rendered.files() == before

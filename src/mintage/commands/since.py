"""A tree as it was at a revision of Git, to compare the one that is there now with it."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from mintage.errors import fail
from mintage.tree.load import load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mintage.spec.validation import Validation
    from mintage.tree.tree import Tree


def tree_at(repository: Path, revision: str, within: str, settings: Validation | None) -> Tree:
    """Return the tree of a revision; `MintageError` where there is no Git, no repository or no such revision."""
    git = shutil.which("git")
    if git is None:
        raise fail("--since", "git-missing", "git is not on PATH", "install git, or leave out --since")
    run = [git, "-C", str(repository)]
    named = _output([*run, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{tree}}"], revision)
    archive = _output([*run, "archive", "--format=tar", named.decode().strip()], revision)
    with TemporaryDirectory(prefix="mintage-since-") as folder:
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(folder, filter=_inside)  # noqa: S202 - filtered
        tree = load(Path(folder), within, settings)
        assert tree.objects is not None  # built while the files are there
        return tree


def _output(command: Sequence[str], revision: str) -> bytes:
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - found on PATH
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip().splitlines()
        if reason and "not a git repository" in reason[-1]:
            advice = "leave out --since, or name a path in a Git repository"
            raise fail("--since", "git-revision", "the path is in no Git repository", advice)
        message = f"git cannot read `{revision}`: {reason[-1] if reason else 'no reason given'}"
        raise fail("--since", "git-revision", message, "name a branch, a tag or a commit that is here")
    return done.stdout


def _inside(member: tarfile.TarInfo, folder: str) -> tarfile.TarInfo | None:
    """Return what is to be unpacked; a link that leads out of the folder is left out."""
    try:
        return tarfile.data_filter(member, folder)
    except tarfile.FilterError:
        return None

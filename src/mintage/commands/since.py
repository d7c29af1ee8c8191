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
    from mintage.spec.validation import Validation
    from mintage.tree.tree import Tree


def tree_at(repository: Path, revision: str, within: str, settings: Validation | None) -> Tree:
    """Return the tree of a revision; `MintageError` where there is no Git, no repository or no such revision."""
    git = shutil.which("git")
    if git is None:
        raise fail("--since", "git-missing", "git is not on PATH", "install git, or leave out --since")
    command = [git, "-C", str(repository), "archive", "--format=tar", revision]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - found on PATH
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip().splitlines()
        message = f"git cannot read `{revision}`: {reason[-1] if reason else 'no reason given'}"
        raise fail("--since", "git-revision", message, "name a branch, a tag or a commit that is here")
    with TemporaryDirectory(prefix="mintage-since-") as folder:
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            archive.extractall(folder, filter="data")
        tree = load(Path(folder), within, settings)
        assert tree.objects is not None  # built while the files are there
        return tree

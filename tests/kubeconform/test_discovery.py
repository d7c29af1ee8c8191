"""Operands become files in a fixed order, and links do not lead in circles."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from kubeconform.discovery import Unreadable, find

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder with files that count and files that do not."""
    monkeypatch.chdir(tmp_path)
    for name in ("b.yaml", "a.YML", "c.json", "d.txt", "sub/e.yaml", "sub/.hidden.yml", "yaml"):
        path = tmp_path / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return tmp_path


def test_folders_are_walked_in_order_of_names(tree: Path) -> None:
    """Only .yaml, .yml and .json count, hidden or not."""
    expected = ["tree/a.YML", "tree/b.yaml", "tree/c.json", "tree/sub/.hidden.yml", "tree/sub/e.yaml"]
    assert list(find(["tree"])) == expected
    assert list(find(["./tree/"])) == expected
    assert list(find([str(tree / "tree/sub")])) == [f"{tree}/tree/sub/.hidden.yml", f"{tree}/tree/sub/e.yaml"]


def test_operands_of_another_kind_are_passed_over(tree: Path) -> None:
    """Silently, as kubeconform does."""
    assert tree
    assert list(find(["tree/d.txt", "tree/b.yaml"])) == ["tree/b.yaml"]


def test_patterns_are_searched_in_the_whole_path(tree: Path) -> None:
    """Any of several is enough."""
    assert tree
    ignored = [re.compile("sub/"), re.compile(r"\.json$")]
    assert list(find(["tree"], ignored)) == ["tree/a.YML", "tree/b.yaml"]


def test_links_to_folders_are_not_followed_and_links_to_files_are(tree: Path) -> None:
    """So a folder that links to itself ends."""
    (tree / "tree/sub/loop").symlink_to(tree / "tree")
    (tree / "tree/sub/z.yaml").symlink_to(tree / "tree/b.yaml")
    assert list(find(["tree/sub"])) == ["tree/sub/.hidden.yml", "tree/sub/e.yaml", "tree/sub/z.yaml"]


def test_missing_paths_are_reported_and_the_rest_is_read(tree: Path) -> None:
    """In Go's words."""
    assert tree
    missing = Unreadable("not-here", "lstat not-here: no such file or directory")
    assert list(find(["not-here", "tree/b.yaml"])) == [missing, "tree/b.yaml"]
    assert list(find(["tree/b.yaml/x"])) == [
        Unreadable("tree/b.yaml/x", "lstat tree/b.yaml/x: not a directory")
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_locked_folders_are_reported(tree: Path) -> None:
    """The others are read."""
    locked = tree / "tree/sub"
    locked.chmod(0)
    assert list(find(["tree"]))[-1] == Unreadable("tree/sub", "open tree/sub: permission denied")
    locked.chmod(0o755)

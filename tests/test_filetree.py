"""A tree of files holds one content for each path, and nothing outside itself."""

from __future__ import annotations

import pytest

from mintage.errors import MintageError
from mintage.filetree import FileTree


def test_files_come_sorted_by_path() -> None:
    """In whatever order they were added."""
    tree = FileTree({"b/a": b"2", "a": b"1", "b-": b"3"})
    assert list(tree.items()) == [("a", b"1"), ("b-", b"3"), ("b/a", b"2")]
    assert list(tree) == ["a", "b-", "b/a"]


@pytest.mark.parametrize("path", ["/etc/passwd", "../a", "a/../b", "a//b", "", "./a", "a/"])
def test_a_path_that_leaves_the_tree_is_refused(path: str) -> None:
    """Layouts come from users."""
    with pytest.raises(MintageError) as caught:
        FileTree().add(path, b"")
    (problem,) = caught.value.problems
    assert (problem.id, problem.message) == ("file-outside", "the path leaves the rendered tree")


@pytest.mark.parametrize("second", ["a/b.yaml", "A/B.yaml"])
def test_a_second_content_for_a_path_is_refused(second: str) -> None:
    """Even where only the case differs: on a Mac the two are one file."""
    tree = FileTree({"a/b.yaml": b"1"})
    with pytest.raises(MintageError) as caught:
        tree.add(second, b"1")
    (problem,) = caught.value.problems
    assert (problem.id, problem.message) == ("file-twice", "two things are to be written to `a/b.yaml`")


def test_a_tree_takes_in_another() -> None:
    """Path by path, with the same care."""
    tree = FileTree({"a": b"1"})
    tree.update(FileTree({"b": b"2"}))
    assert tree == FileTree({"a": b"1", "b": b"2"})
    with pytest.raises(MintageError):
        tree.update(FileTree({"b": b"2"}))


def test_a_tree_is_asked_like_a_mapping() -> None:
    """What is not there is None, or a KeyError."""
    tree = FileTree({"a": b"1"})
    assert ("a" in tree, "b" in tree, len(tree), tree.get("a"), tree.get("b")) == (True, False, 1, b"1", None)
    with pytest.raises(KeyError):
        tree["b"]

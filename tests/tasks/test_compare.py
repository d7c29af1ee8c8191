"""A comparison shows what a render would change, and changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab import lab, run_in
from mintage.tasks.compare import Difference, differences, whole_tree

if TYPE_CHECKING:
    from pathlib import Path


def test_a_difference_is_a_diff_from_what_is_there_to_what_is_wanted() -> None:
    """As Git shows it."""
    assert Difference("gitops/a", b"1\n2\n", b"1\n3\n").text() == (
        "--- gitops/a\n+++ gitops/a\n@@ -1,2 +1,2 @@\n 1\n-2\n+3\n"
    )


def test_files_that_come_and_go_have_no_other_side() -> None:
    """It is called /dev/null."""
    assert Difference("a", None, b"1\n").text() == "--- /dev/null\n+++ a\n@@ -0,0 +1 @@\n+1\n"
    assert Difference("a", b"1\n", None).text() == "--- a\n+++ /dev/null\n@@ -1 +0,0 @@\n-1\n"


def test_a_missing_line_end_is_shown() -> None:
    """The lines would look the same."""
    assert Difference("a", b"1", b"1\n").text().splitlines()[3:] == [
        "-1",
        "\\ No newline at end of file",
        "+1",
    ]


def test_bytes_that_are_no_text_are_shown_somehow() -> None:
    """Someone put them there."""
    assert "+1" in Difference("a", b"\xff\n", b"1\n").text()


def test_every_file_of_an_empty_tree_differs(tmp_path: Path) -> None:
    """By path, and nothing is written."""
    lab(tmp_path)
    run = run_in(tmp_path)
    found = list(differences(run))
    assert [difference.path for difference in found] == [f"gitops/{path}" for path in whole_tree(run)]
    assert all(difference.found is None for difference in found)
    assert not (tmp_path / "gitops").exists()


def test_a_tree_that_was_written_does_not_differ(tmp_path: Path) -> None:
    """A link in the place of a file does."""
    space = lab(tmp_path)
    run = run_in(tmp_path)
    for path, data in whole_tree(run).items():
        space.write(f"gitops/{path}", data.decode())
    assert list(differences(run_in(tmp_path))) == []
    target = tmp_path / "gitops/base/kustomization.yaml"
    target.rename(tmp_path / "other")
    target.symlink_to(tmp_path / "other")
    assert [found.path for found in differences(run_in(tmp_path))] == ["gitops/base/kustomization.yaml"]

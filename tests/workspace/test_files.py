"""Spec files are found below specs/, in one order, and nothing outside the workspace is read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from mintage.errors import MintageError, Problem
from mintage.workspace.files import contents, read, read_beside_specs, spec_files

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a workspace with specs."""
    for name in ("system.yaml", "web.yaml", "a/deep/b.yaml", "A.yaml"):
        path = tmp_path / "specs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


def test_specs_are_found_in_folders_and_sorted(root: Path) -> None:
    """Whatever the file system says of their order."""
    assert spec_files(root) == (
        ["specs/A.yaml", "specs/a/deep/b.yaml", "specs/system.yaml", "specs/web.yaml"],
        [],
    )


def test_hidden_files_and_other_files_are_no_specs(root: Path) -> None:
    """Editors and people keep things there."""
    for name in (".web.yaml.swp", ".hidden/x.yaml", "README.md", "data.json"):
        (root / "specs" / name).parent.mkdir(exist_ok=True)
        (root / "specs" / name).write_text("")
    assert len(spec_files(root)[0]) == 4


def test_a_file_that_was_meant_as_a_spec_is_a_problem(root: Path) -> None:
    """It would be silently left out."""
    (root / "specs/more.yml").write_text("")
    found, (problem,) = spec_files(root)
    assert len(found) == 4
    assert (problem.location.file, problem.id) == ("specs/more.yml", "spec-file-name")


@pytest.mark.parametrize(("target", "id_"), [("/etc/passwd", "file-outside"), ("nowhere", "file-missing")])
def test_a_link_that_leads_astray_is_a_problem(root: Path, target: str, id_: str) -> None:
    """Out of the workspace, or to nothing."""
    (root / "specs/link.yaml").symlink_to(target)
    found, (problem,) = spec_files(root)
    assert "specs/link.yaml" not in found
    assert (problem.location.file, problem.id) == ("specs/link.yaml", id_)


def test_a_linked_folder_is_not_entered(root: Path) -> None:
    """Its specs would be there twice; a loop would never end."""
    (root / "specs/loop").symlink_to(root / "specs")
    assert len(spec_files(root)[0]) == 4


def test_a_linked_file_inside_the_workspace_is_a_spec(root: Path) -> None:
    """Under its own name."""
    (root / "specs/twin.yaml").symlink_to("web.yaml")
    assert "specs/twin.yaml" in spec_files(root)[0]


@pytest.mark.parametrize("name", ["../../secret", "/etc/passwd", "../../../etc/passwd", "link"])
def test_a_file_beside_specs_must_be_in_the_workspace(root: Path, name: str) -> None:
    """A spec names files of its workspace only."""
    (root.parent / "secret").write_text("x")
    (root / "specs/link").symlink_to("/etc/passwd")
    with pytest.raises(MintageError) as caught:
        read_beside_specs(root, name)
    assert caught.value.problems[0].id == "file-outside"


def test_a_file_beside_specs_is_read(root: Path) -> None:
    """Anywhere in the workspace."""
    (root / "data").write_bytes(b"\xff")
    assert read_beside_specs(root, "web.yaml") == b"web.yaml"
    assert read_beside_specs(root, "../data") == b"\xff"


@pytest.mark.parametrize(("path", "got"), [("specs/none.yaml", "nothing"), ("specs/a", "a folder")])
def test_what_is_no_file_cannot_be_read(root: Path, path: str, got: str) -> None:
    """The error says what was found."""
    with pytest.raises(MintageError) as caught:
        read(root, path)
    (problem,) = caught.value.problems
    assert (problem.id, problem.message) == ("file-missing", f"expected a file, got {got}")


def test_a_pipe_is_not_waited_for(root: Path) -> None:
    """It is no file."""
    os.mkfifo(root / "specs/pipe.yaml")
    with pytest.raises(MintageError):
        read(root, "specs/pipe.yaml")


def test_a_huge_file_is_refused(root: Path) -> None:
    """Before it fills the memory."""
    with (root / "specs/huge.yaml").open("wb") as file:
        file.truncate(20_000_000)
    with pytest.raises(MintageError) as caught:
        read(root, "specs/huge.yaml")
    assert caught.value.problems[0].message == "the file has more than 16,000,000 bytes"


def test_what_cannot_be_read_does_not_stop_the_rest(root: Path) -> None:
    """Its problem is added to the others."""
    problems: list[Problem] = []
    found = contents(root, ["specs/none.yaml", "specs/web.yaml"], problems)
    assert (found, [problem.id for problem in problems]) == (
        {"specs/web.yaml": b"web.yaml"},
        ["file-missing"],
    )

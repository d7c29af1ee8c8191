"""What `doit reference` writes, keeps and refuses, run as a user runs it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from mintage.report.reference import reference

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.e2e


def doit(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder that holds no dodo.py."""
    command = [sys.executable, "-m", "doit", "reference", *args]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_reference_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    """By default to docs/reference; no dodo.py and no specs are needed."""
    done = doit(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    written = {path.name: path.read_bytes() for path in (tmp_path / "docs/reference").iterdir()}
    assert written == dict(reference().items())
    assert doit(tmp_path, "elsewhere").returncode == 0
    assert len(list((tmp_path / "elsewhere").iterdir())) == len(written)


def test_only_what_changed_is_written_and_reported(tmp_path: Path) -> None:
    """A second run touches nothing; an edited file is put right."""
    doit(tmp_path, "ref")
    page = tmp_path / "ref/Workload.md"
    other = (tmp_path / "ref/Gateway.md").stat().st_mtime_ns
    assert doit(tmp_path, "ref").stdout == f"ref/ 0 of {len(reference())} files changed\n"
    page.write_text(page.read_text() + "an edit\n")
    assert doit(tmp_path, "ref").stdout == f"ref/Workload.md\nref/ 1 of {len(reference())} files changed\n"
    assert page.read_bytes() == reference()["Workload.md"]
    assert (tmp_path / "ref/Gateway.md").stat().st_mtime_ns == other


def test_check_changes_nothing_and_fails_where_something_is_stale(tmp_path: Path) -> None:
    """What CI runs: missing, edited and left-over files all count."""
    doit(tmp_path, "ref")
    assert doit(tmp_path, "--check", "ref").returncode == 0
    page = tmp_path / "ref/Workload.md"
    left_over = tmp_path / "ref/Retired.md"
    left_over.write_bytes(page.read_bytes())
    page.write_text(page.read_text() + "an edit\n")
    (tmp_path / "ref/Traffic.md").unlink()
    done = doit(tmp_path, "--check", "ref")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "ref/Retired.md is stale",
        "ref/Traffic.md is stale",
        "ref/Workload.md is stale",
        "3 files are stale: run `doit reference ref`",
    ]
    assert page.read_text().endswith("an edit\n")


def test_pages_of_kinds_that_are_no_more_go_and_files_of_others_stay(tmp_path: Path) -> None:
    """Only what the command wrote itself may be removed."""
    doit(tmp_path, "ref")
    left_over = tmp_path / "ref/Retired.md"
    left_over.write_bytes((tmp_path / "ref/Workload.md").read_bytes())
    mine = tmp_path / "ref/notes.md"
    mine.write_text("mine\n")
    doit(tmp_path, "ref")
    assert not left_over.exists()
    assert mine.read_text() == "mine\n"


def test_a_file_of_someone_else_is_not_replaced(tmp_path: Path) -> None:
    """It may be the only copy; and nothing else is written either."""
    (tmp_path / "ref").mkdir()
    (tmp_path / "ref/Workload.md").write_text("mine\n")
    done = doit(tmp_path, "ref")
    assert done.returncode == 1
    assert done.stderr == (
        "ref/Workload.md: error[file-in-the-way]: `doit reference` did not write this file and will not replace it\n"
        "  = move it away, or delete it if it is not needed\n"
    )
    assert [path.name for path in (tmp_path / "ref").iterdir()] == ["Workload.md"]


def test_a_folder_that_cannot_be_written_is_an_error_in_words(tmp_path: Path) -> None:
    """Not a traceback."""
    (tmp_path / "ref").write_text("a file\n")
    done = doit(tmp_path, "ref")
    assert done.returncode == 1
    assert "error[write-failed]: cannot write: " in done.stderr
    assert "Traceback" not in done.stderr


def test_there_is_one_folder(tmp_path: Path) -> None:
    """Two are a mistake, and doit says so with its own exit code."""
    done = doit(tmp_path, "a", "b")
    assert (done.returncode, done.stderr) == (
        3,
        "ERROR: expected options and then at most one folder, got a b\n",
    )

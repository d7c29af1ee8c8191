"""Problems are shown with their line and a caret under what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mintage.errors import Location, Problem
from mintage.report.text import problem_text, problems_text

if TYPE_CHECKING:
    from pathlib import Path

FILE = "specs/web.yaml"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a workspace with one spec of ten lines."""
    (tmp_path / "specs").mkdir()
    lines = [
        "kind: Workload",
        "name: web",
        "\timage: a",
        f"long: {'x' * 200}",
        "é: ☃ snow",
        "",
        "7",
        "8",
        "9",
        "ten: 10",
    ]
    (tmp_path / FILE).write_text("\n".join(lines), encoding="utf-8")
    return tmp_path


def shown(root: Path, line: int, column: int, width: int = 1) -> str:
    """Return a problem at a place."""
    return problem_text(
        Problem(Location(FILE, line, column, width), "some-id", "it is wrong", "mend it"), root
    )


def test_a_problem_has_place_line_caret_and_advice(root: Path) -> None:
    """In this form, which editors and people can read."""
    assert shown(root, 2, 7, 3) == (
        "specs/web.yaml:2:7: error[some-id]: it is wrong\n 2 | name: web\n   |       ^^^\n  = mend it\n"
    )


def test_the_gutter_grows_with_the_number_of_the_line(root: Path) -> None:
    """So that the caret stays under its word."""
    assert shown(root, 10, 6, 2).splitlines()[1:3] == [" 10 | ten: 10", "    |      ^^"]


def test_a_tab_is_as_wide_as_its_caret_thinks(root: Path) -> None:
    """One column in the file is one column on the screen."""
    assert shown(root, 3, 2, 5).splitlines()[1:3] == [" 3 |  image: a", "   |  ^^^^^"]


def test_columns_count_characters(root: Path) -> None:
    """Not bytes."""
    assert shown(root, 5, 6, 4).splitlines()[1:3] == [" 5 | é: ☃ snow", "   |      ^^^^"]


def test_a_long_line_is_cut(root: Path) -> None:
    """The caret ends where the line does; beyond the cut, the line is left out."""
    line, caret = shown(root, 4, 7, 200).splitlines()[1:3]
    assert len(line) == len(caret) == len(" 4 | ") + 160
    assert shown(root, 4, 190) == "specs/web.yaml:4:190: error[some-id]: it is wrong\n  = mend it\n"


def test_a_problem_at_the_end_of_a_line_has_a_caret(root: Path) -> None:
    """Where something is missing."""
    assert shown(root, 2, 10).splitlines()[2] == "   |          ^"


@pytest.mark.parametrize("line", [11, 1000])
def test_a_line_that_is_gone_is_left_out(root: Path, line: int) -> None:
    """The file may have changed since."""
    assert shown(root, line, 1) == f"specs/web.yaml:{line}:1: error[some-id]: it is wrong\n  = mend it\n"


def test_a_problem_of_a_whole_file_has_no_line(root: Path) -> None:
    """Nor does one without advice have a last line."""
    problem = Problem(Location("specs/none.yaml"), "some-id", "it is wrong")
    assert problem_text(problem, root) == "specs/none.yaml: error[some-id]: it is wrong\n"


def test_a_place_in_the_workspace_is_shown_relative_to_it(root: Path) -> None:
    """One outside is shown as it is."""
    problem = Problem(Location(f"{root}/gitops/a.yaml"), "some-id", "it is wrong")
    assert problem_text(problem, root) == "gitops/a.yaml: error[some-id]: it is wrong\n"
    other = Problem(Location("/elsewhere/a.yaml"), "some-id", "it is wrong")
    assert problem_text(other, root) == "/elsewhere/a.yaml: error[some-id]: it is wrong\n"


def test_several_problems_are_apart_and_counted(root: Path) -> None:
    """One is not."""
    problems = [Problem(Location(name), "some-id", "it is wrong") for name in ("a", "b")]
    assert problems_text(problems[:1], root) == "a: error[some-id]: it is wrong\n"
    assert problems_text(problems, root) == (
        "a: error[some-id]: it is wrong\n\nb: error[some-id]: it is wrong\n\n2 errors\n"
    )

"""Options become a selection, reports become text and files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mintage.errors import MintageError
from mintage.report.outcome import Report
from mintage.tasks.outcome import Selection
from mintage.tasks.show import is_colored, selection, show, write

if TYPE_CHECKING:
    from pathlib import Path


def test_lists_are_separated_by_commas() -> None:
    """Blanks around them mean nothing."""
    options = {"only": " image-latest, ports/* ,", "skip": "", "fail_on": "info"}
    assert selection(options) == Selection(("image-latest", "ports/*"), (), "info")


@pytest.mark.parametrize("options", [{"format": "x"}, {"fail_on": "x"}, {"only": "x"}, {"skip": "x/*"}])
def test_words_that_mean_nothing_are_refused(options: dict[str, str]) -> None:
    """Each with an advice."""
    with pytest.raises(MintageError) as caught:
        selection(options)
    assert all(problem.advice for problem in caught.value.problems)


def test_a_report_is_shown_and_returned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And written, where a format is asked for."""
    text = show(Report(), tmp_path, {"format": "json"})
    assert capsys.readouterr().out == f"{text}build/reports/validate.json: the same as json\n"
    assert (tmp_path / "build/reports/validate.json").read_text().startswith("{")


def test_a_folder_is_not_replaced_by_a_report(tmp_path: Path) -> None:
    """It is told, whatever it is called."""
    with pytest.raises(MintageError, match="cannot write: is a directory"):
        write(tmp_path, "text")


def test_nothing_is_coloured_that_is_no_terminal() -> None:
    """As when tests run."""
    assert not is_colored()

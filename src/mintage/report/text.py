"""Problems as people read them: place, id, sentence, the line with a caret under it, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mintage.errors import Problem

_WIDEST = 160


def problems_text(problems: Sequence[Problem], root: Path) -> str:
    """Return all problems, a blank line between two, and a last line that counts them where they are several."""
    blocks = [problem_text(problem, root) for problem in problems]
    if len(problems) > 1:
        blocks.append(f"{len(problems)} errors\n")
    return "\n".join(blocks)


def problem_text(problem: Problem, root: Path) -> str:
    """Return one problem; its line is read from the file as it is now."""
    place = str(problem.location).removeprefix(f"{root}/")
    lines = [f"{place}: error[{problem.id}]: {problem.message}"]
    if problem.location.line:
        lines += _excerpt(problem, root)
    if problem.advice:
        lines.append(f"  = {problem.advice}")
    return "\n".join(lines) + "\n"


def _excerpt(problem: Problem, root: Path) -> list[str]:
    place = problem.location
    try:
        text = (root / place.file).read_text(encoding="utf-8", errors="replace").split("\n")[place.line - 1]
    except (OSError, IndexError):
        return []
    shown = text.replace("\t", " ").rstrip("\r")[:_WIDEST]
    if place.column > len(shown) + 1:
        return []
    gutter = " " * len(str(place.line))
    width = max(1, min(place.width, len(shown) - place.column + 1))
    return [f" {place.line} | {shown}", f" {gutter} | {' ' * (place.column - 1)}{'^' * width}"]

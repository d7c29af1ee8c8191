"""What can go wrong, as values and as one exception.

A `Problem` is data: where, what, and what to do about it. Code that can go on collects problems; code that
cannot raises `MintageError`, which carries every problem found so far. This module does not know how a
problem is shown: `mintage.report` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a file; lines and columns count from 1, and 0 stands for "the file as a whole"."""

    file: str
    line: int = 0
    column: int = 0
    width: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong: a stable id, a sentence with got vs expected, and one line of what to do."""

    location: Location
    id: str
    message: str
    advice: str = ""


class MintageError(Exception):
    """Something a user can mend: carries all problems of the run, in file and line order, without repeats."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("; ".join(f"{p.location}: {p.message}" for p in self.problems))


def fail(file: str, id: str, message: str, advice: str = "") -> MintageError:  # noqa: A002 - the field's name
    """Return the error for one problem that concerns a file as a whole."""
    return MintageError([Problem(Location(file), id, message, advice)])


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Advice for an unknown name: the nearest known one, or the list when nothing is near."""
    names = sorted(known)
    near = get_close_matches(word, names, n=1, cutoff=0.65)
    if near:
        return f"did you mean `{near[0]}`?"
    if not names:
        return ""
    shown = ", ".join(f"`{name}`" for name in names[:20])
    return f"known: {shown}{', ...' if len(names) > 20 else ''}"

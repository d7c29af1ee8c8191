"""Lines of source files, read to be shown: with a caret under what is meant, and nothing in them that could do harm.

Files of others are shown here. What a terminal or a build server would obey, or would show in another order than it
stands in, becomes a replacement character; a link that leads out of the tree, a device or a huge file is not read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from unicodedata import category, east_asian_width

if TYPE_CHECKING:
    from pathlib import Path

    from mintage.errors import Location

_MOST_BYTES = 8 * 1024 * 1024
_WIDEST = 160  # characters of a line that are shown
_BEFORE = 40  # of those, how many stand before the caret where the line's begin is left out
_BLANKS = re.compile(r"[\t\n\r\v\f]")
# C0 and C1 controls, half characters, line separators, byte order marks, what changes the direction of writing; and
# what the runners of GitHub (actions/runner, ActionCommand.cs) and Azure take for a command anywhere in a line of a log.
_HARMFUL = re.compile(
    r"(?<=#)#(?=(?:vso)?\[)|[\x00-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]"
)


def harmless(text: str) -> str:
    """Return a text on one line, each character in its place, that is shown and not obeyed."""
    return _HARMFUL.sub("\ufffd", _BLANKS.sub(" ", text))


@dataclass(frozen=True, slots=True)
class SourceLines:
    """The lines of files, each read at most once: places are relative to `root`, what lies outside of `tree` is not read."""

    root: Path
    tree: Path | None = None  # the root itself, by default
    _read: dict[str, list[str]] = field(default_factory=dict, repr=False, compare=False)

    def at(self, place: Location) -> str | None:
        """Return the line of a place as it is in the file now, or None where there is none that people can read."""
        if place.file not in self._read:
            self._read[place.file] = self._lines(place.file)
        lines = self._read[place.file]
        return lines[place.line - 1] if 0 < place.line <= len(lines) else None

    def _lines(self, file: str) -> list[str]:
        try:
            path = (self.root / file).resolve()
            if not path.is_relative_to((self.tree or self.root).resolve()) or not path.is_file():
                return []
            if path.stat().st_size > _MOST_BYTES:
                return []
            data = path.read_bytes()
        except (
            OSError,
            ValueError,
            RuntimeError,
        ):  # ValueError: a NUL in the name; RuntimeError: links in a circle
            return []
        if b"\0" in data:
            return []
        return [line.removesuffix("\r") for line in data.decode("utf-8-sig", "replace").split("\n")]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A line to be shown, and under it how far in, and how wide, the mark is; both in cells of a terminal."""

    text: str
    before: int
    width: int


def excerpt(lines: SourceLines, place: Location) -> Excerpt | None:
    """Return the line of a place, a long one cut around what is meant; None where the file has no such column."""
    line = lines.at(place)
    if line is None or place.column > len(line) + 1:
        return None
    start = max(place.column, 1) - 1
    first = max(0, start - _BEFORE) if start + min(place.width, _BEFORE) > _WIDEST else 0
    shown = harmless(line[first : first + _WIDEST])
    start -= first
    marked = shown[start : start + max(1, place.width)]
    lead, rest = "..." if first else "", "..." if len(line) > first + _WIDEST else ""
    return Excerpt(lead + shown + rest, len(lead) + _cells(shown[:start]), max(1, _cells(marked)))


def _cells(text: str) -> int:
    """Return how many cells of a terminal a text takes: none for a combining mark, two for a wide character."""
    return sum(
        0 if category(letter) in {"Mn", "Me", "Cf"} else 1 + (east_asian_width(letter) in {"W", "F"})
        for letter in text
    )

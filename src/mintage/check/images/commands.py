"""Which script of a repository a container runs, and with which arguments."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mintage.tree.recipes import split

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mintage.tree.objects import Path

_PYTHON = re.compile(r"(?:.*/)?(?:python|pypy)[\d.]*")
_SHELL = re.compile(r"(?:.*/)?(?:ba|da|a|z|k)?sh")
_WRAPPERS = re.compile(r"(?:.*/)?(?:env|tini|dumb-init|exec|nice|nohup|stdbuf|catatonit)")
_COMPLEX = re.compile(r"[;&|<>`\n]|\$\(")
_SCRIPT = re.compile(r"[\w./@+-]+\.(?:py|sh|bash)")
_VALUE_OPTIONS = frozenset({"-W", "-X"})

Word = tuple["Path", str]


@dataclass(frozen=True, slots=True)
class Script:
    """A script on a command line: its path or, with `module`, its dotted name, and the arguments after it."""

    name: str
    place: Path
    arguments: tuple[Word, ...]
    module: bool = False


def script(words: Sequence[Word]) -> Script | None:
    """Return the script that a command line runs; None where it runs none, or more than a simple command."""
    rest = list(words)
    while rest and _WRAPPERS.fullmatch(rest[0][1]):
        rest = rest[1:]
        while rest and (rest[0][1].startswith("-") or "=" in rest[0][1]):
            rest = rest[1:]
    if not rest:
        return None
    program = rest[0][1]
    if _PYTHON.fullmatch(program):
        return _of_python(rest[1:])
    if _SHELL.fullmatch(program):
        return _of_shell(rest[1:])
    if _SCRIPT.fullmatch(program) and "/" in program:
        return Script(program, rest[0][0], tuple(rest[1:]))
    return None


def _of_python(words: list[Word]) -> Script | None:
    while words and words[0][1].startswith("-"):
        option = words[0][1]
        if option == "-m" and len(words) > 1:
            return Script(words[1][1], words[1][0], tuple(words[2:]), module=True)
        if option in {"-c", "-"} or option.startswith("--"):
            return None
        words = words[2:] if option in _VALUE_OPTIONS else words[1:]
    if words and _SCRIPT.fullmatch(words[0][1]):
        return Script(words[0][1], words[0][0], tuple(words[1:]))
    return None


def _of_shell(words: list[Word]) -> Script | None:
    while words and words[0][1].startswith("-"):
        option = words[0][1]
        if option.endswith("c") and not option.startswith("--"):
            return _of_text(*words[1]) if len(words) > 1 else None
        words = words[1:]
    if words and _SCRIPT.fullmatch(words[0][1]):
        return Script(words[0][1], words[0][0], tuple(words[1:]))
    return None


def _of_text(place: Path, text: str) -> Script | None:
    """Return the script of a shell's command that is one simple command."""
    if _COMPLEX.search(text.strip()):
        return None
    return script([(place, word) for word in split(text)])


def of_text(place: Path, text: str) -> Script | None:
    """Return the script that a command line in one text runs."""
    return _of_text(place, text)

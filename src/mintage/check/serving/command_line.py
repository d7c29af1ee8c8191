"""Finding a server's command line in a container: words as the process gets them, with the place of each.

A script after `sh -c` is split into its simple commands. What only a running shell knows (variables that become several
words, command substitution, sourced files) makes a command line `complete=False`: nobody may say that a word is missing.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mintage.tree.objects import Container, Path

_SHELLS = frozenset({"sh", "bash", "ash", "dash", "zsh"})
_SHELL_FLAG = re.compile(r"-[a-z]*c")  # -c, -lc, -euxc; `-o pipefail` may stand before it
_REFERENCE = re.compile(r"\$\(([A-Za-z_][\w.-]*)\)")  # Kubernetes puts a variable's value in its place
_ARITHMETIC = re.compile(r"\$\(\(.*?\)\)")
_COMMENT = re.compile(r"^[ \t]*#.*$", re.MULTILINE)
_CONTINUED = re.compile(r"\\\n")
_BARE_VARIABLE = re.compile(r"\$(?:\w+|\{[^}]*\}|\[\w+\[@\]\])|\$\w+\[@\]")
_SEPARATORS = ";&|\n()<>"


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a command line and the place in the object that holds it; words of one script share a place."""

    text: str
    path: Path

    @property
    def name(self) -> str:
        """The last part of a path: `vllm` of `/opt/venv/bin/vllm`."""
        return self.text.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class CommandLine:
    """The words of one command; `complete` if they are all it gets."""

    words: tuple[Word, ...]
    complete: bool = True


def command_lines(container: Container) -> Iterator[CommandLine]:
    """Yield what a container runs: its argv, or the simple commands of the script that its shell gets."""
    words = tuple(Word(text, path) for path, text in container.argv)
    script = _script(words)
    if script is None:
        yield CommandLine(words)
    else:
        yield from shell_commands(script.text, script.path)


def _script(words: Sequence[Word]) -> Word | None:
    if not words or words[0].name not in _SHELLS:
        return None
    flag = next((index for index, word in enumerate(words) if _SHELL_FLAG.fullmatch(word.text)), None)
    return words[flag + 1] if flag is not None and flag + 1 < len(words) else None


def shell_commands(script: str, path: Path) -> Iterator[CommandLine]:
    """Yield the simple commands of a shell script; nothing where its quotes do not match."""
    text = _COMMENT.sub("", _CONTINUED.sub(" ", script))
    text = _REFERENCE.sub(r"${\1}", _ARITHMETIC.sub("${_}", text))
    lexer = shlex.shlex(text, posix=True, punctuation_chars=_SEPARATORS)
    lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t\r", True, ""
    try:
        tokens = list(lexer)
    except ValueError:
        return
    words: list[Word] = []
    for token in [*tokens, "\n"]:
        if not set(token) <= set(_SEPARATORS) or not token:
            words.append(Word(token, path))
            continue
        if words:
            substitutes = words[-1].text.endswith("$") or "`" in script
            yield CommandLine(tuple(words), not substitutes and not any(map(_may_be_several, words)))
        words = []


def _may_be_several(word: Word) -> bool:
    return _BARE_VARIABLE.fullmatch(word.text) is not None


def after(line: CommandLine, is_server: Callable[[Sequence[Word]], int]) -> CommandLine | None:
    """Return the rest of a command line behind the server's name; `is_server` says how many words that is, or 0."""
    for index in range(len(line.words)):
        if length := is_server(line.words[index : index + 3]):
            rest = line.words[index + length :]
            return CommandLine(rest, line.complete)
    return None

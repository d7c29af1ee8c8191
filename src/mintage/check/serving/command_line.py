"""Finding command lines in a container: words as the process gets them, with the place of each.

A script after `sh -c` is split into its simple commands. What only a running shell knows (variables that become several
words, command substitution, templates) makes a command line `complete=False`: nobody may say that a word is missing.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mintage.tree.objects import Container, Path

_SHELLS = frozenset({"sh", "bash", "ash", "dash", "zsh"})
_SHELL_FLAG = re.compile(r"-[a-z]*c")  # -c, -lc, -euxc; `-o pipefail` may stand before it
_REFERENCE = re.compile(
    r"\$\((?P<name>[A-Za-z_][\w.-]*)\)"
)  # Kubernetes puts a variable's value in its place
_VARIABLE = re.compile(r"\$(?:\((?P<k8s>[A-Za-z_]\w*)\)|\{(?P<braced>[A-Za-z_]\w*)\}|(?P<bare>[A-Za-z_]\w*))")
_ARITHMETIC = re.compile(r"\$\(\([^\n]{0,500}?\)\)")
_COMMENT = re.compile(r"^[ \t]*#.*$", re.MULTILINE)
_SEVERAL = re.compile(
    r"\$(?:\w+|\{[^}]*\}|@|\*)"
)  # without quotes, and unlike `--port=$PORT`, it may be any words
_SEPARATORS = frozenset(";&|\n()<>")
_DEPTH = 3  # `sh -c` in `eval` in a script


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a command line and the place in the object that holds it; words of one script share a place."""

    text: str
    path: Path

    @property
    def name(self) -> str:
        """The last part of a path: `vllm` of `/opt/venv/bin/vllm`."""
        return self.text.rpartition("/")[2]

    @property
    def is_literal(self) -> bool:
        """Whether it is what the process gets: no variable, no template."""
        return "$" not in self.text and "{{" not in self.text and "`" not in self.text


@dataclass(frozen=True, slots=True)
class CommandLine:
    """The words of one command; `complete` if they are all it gets."""

    words: tuple[Word, ...]
    complete: bool = True


def command_lines(container: Container) -> Iterator[CommandLine]:
    """Yield what a container runs: its argv, or the simple commands of the script that its shell gets.

    Variables with literal values are put in: `$(NAME)` in an argument, as the kubelet does, and `$NAME` in a script.
    """
    words = tuple(Word(_substituted(text, container), path) for path, text in container.argv)
    script = _script(words)
    if script is None:
        yield CommandLine(words, all("{{" not in word.text for word in words))
    else:
        yield from shell_commands(_filled(script.text, container), script.path)


def _substituted(text: str, container: Container) -> str:
    if "$(" not in text:
        return text
    return _REFERENCE.sub(lambda found: container.env_value(found["name"]) or found[0], text)


def _script(words: Sequence[Word]) -> Word | None:
    if not words or words[0].name not in _SHELLS:
        return None
    flag = next((index for index, word in enumerate(words) if _SHELL_FLAG.fullmatch(word.text)), None)
    return words[flag + 1] if flag is not None and flag + 1 < len(words) else None


def _filled(script: str, container: Container) -> str:
    """Put the literal values of variables into a script; those that it sets itself stay."""

    def value(found: re.Match[str]) -> str:
        name = found["k8s"] or found["braced"] or found["bare"]
        literal = container.env_value(name)
        return found[0] if literal is None or f"{name}=" in script else literal

    return _VARIABLE.sub(value, script)


def shell_commands(script: str, path: Path, depth: int = 0) -> Iterator[CommandLine]:
    """Yield the simple commands of a shell script; nothing where its quotes do not match."""
    text = _COMMENT.sub("", script.replace("\\\n", " "))
    text = _REFERENCE.sub(r"${\g<name>}", _ARITHMETIC.sub("${_}", text))
    lexer = shlex.shlex(text, posix=True, punctuation_chars="".join(sorted(_SEPARATORS)))
    lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t\r", True, ""
    try:
        tokens = [*lexer, "\n"]
    except ValueError:
        return
    words: list[Word] = []
    for token in tokens:
        if token and set(token) <= _SEPARATORS:
            yield from _command(words, depth)
            words = []
        else:
            words.append(Word(token, path))


def _command(words: list[Word], depth: int) -> Iterator[CommandLine]:
    if not words:
        return
    if words[0].text == "eval" and depth < _DEPTH:
        yield from shell_commands(" ".join(word.text for word in words[1:]), words[0].path, depth + 1)
        return
    open_ended = any(
        _SEVERAL.fullmatch(word.text) or "{{" in word.text or "`" in word.text or word.text.endswith("$")
        for word in words
    )
    yield CommandLine(tuple(words), not open_ended)

"""The command line, read as Go's package flag reads it: `-x` is `--x`, values follow `=` or stand alone.

Usage and errors are Go's texts; reading stops at the first word that is no flag. It does not act on anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

_TRUTHS = {
    **dict.fromkeys(("1", "t", "T", "true", "TRUE", "True"), True),
    **dict.fromkeys(("0", "f", "F", "false", "FALSE", "False"), False),
}
_VERSION = re.compile(r"(?:master|\d+\.\d+\.\d+)", re.ASCII)


class _Kind(Enum):
    BOOL = ""
    INT = "int"
    STRING = "string"
    VALUES = "value"
    VERSION = "value "


@dataclass(frozen=True, slots=True)
class _Flag:
    kind: _Kind
    usage: str
    default: Any = None


_FLAGS = {
    "cache": _Flag(_Kind.STRING, "cache schemas downloaded via HTTP to this folder", ""),
    "debug": _Flag(_Kind.BOOL, "print debug information", default=False),
    "exit-on-error": _Flag(
        _Kind.BOOL, "immediately stop execution when the first error is encountered", default=False
    ),
    "h": _Flag(_Kind.BOOL, "show help information", default=False),
    "ignore-filename-pattern": _Flag(
        _Kind.VALUES, "regular expression specifying paths to ignore (can be specified multiple times)"
    ),
    "ignore-missing-schemas": _Flag(
        _Kind.BOOL, "skip files with missing schemas instead of failing", default=False
    ),
    "insecure-skip-tls-verify": _Flag(
        _Kind.BOOL,
        "disable verification of the server's SSL certificate. This will make your HTTPS connections insecure",
        default=False,
    ),
    "kubernetes-version": _Flag(
        _Kind.VERSION, "version of Kubernetes to validate against, e.g.: 1.18.0", "master"
    ),
    "n": _Flag(_Kind.INT, "number of goroutines to run concurrently", 4),
    "output": _Flag(_Kind.STRING, "output format - json, junit, pretty, tap, text", "text"),
    "reject": _Flag(_Kind.STRING, "comma-separated list of kinds or GVKs to reject", ""),
    "schema-location": _Flag(
        _Kind.VALUES, "override schemas location search path (can be specified multiple times)"
    ),
    "skip": _Flag(_Kind.STRING, "comma-separated list of kinds or GVKs to ignore", ""),
    "strict": _Flag(
        _Kind.BOOL, "disallow additional properties not in schema or duplicated keys", default=False
    ),
    "summary": _Flag(_Kind.BOOL, "print a summary at the end (ignored for junit output)", default=False),
    "v": _Flag(_Kind.BOOL, "show version information", default=False),
    "verbose": _Flag(
        _Kind.BOOL, "print results for all resources (ignored for tap and junit output)", default=False
    ),
}


class FlagError(Exception):
    """The command line cannot be read; an empty message asks for the usage alone."""


@dataclass(slots=True)
class CommandLine:
    """What the command line says: a value per flag, and the operands."""

    values: dict[str, Any] = field(
        default_factory=lambda: {
            name: [] if flag.kind is _Kind.VALUES else flag.default for name, flag in _FLAGS.items()
        }
    )
    operands: list[str] = field(default_factory=list)

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


def parse(arguments: list[str]) -> CommandLine:
    """Read the words after the program's name."""
    line = CommandLine()
    words = list(arguments)
    while words:
        word = words[0]
        if len(word) < 2 or not word.startswith("-"):
            break
        words.pop(0)
        if word == "--":
            break
        _read_flag(line, word, words)
    line.operands = words
    return line


def _read_flag(line: CommandLine, word: str, words: list[str]) -> None:
    name = word.removeprefix("-").removeprefix("-")
    if not name or name[0] in "-=":
        raise FlagError(f"bad flag syntax: {word}")
    name, equals, value = name.partition("=")
    flag = _FLAGS.get(name)
    if flag is None:
        raise FlagError("" if name == "help" else f"flag provided but not defined: -{name}")
    if flag.kind is _Kind.BOOL:
        line.values[name] = _boolean(name, value if equals else "true")
        return
    if not equals:
        if not words:
            raise FlagError(f"flag needs an argument: -{name}")
        value = words.pop(0)
    if flag.kind is _Kind.VALUES:
        line.values[name].append(value)
    else:
        line.values[name] = _convert(name, flag.kind, value)


def _boolean(name: str, text: str) -> bool:
    if text not in _TRUTHS:
        raise FlagError(f'invalid boolean value "{text}" for -{name}: parse error')
    return _TRUTHS[text]


def _convert(name: str, kind: _Kind, text: str) -> Any:
    if kind is _Kind.INT:
        try:
            number = int(text, 0)
        except ValueError:
            raise FlagError(f'invalid value "{text}" for flag -{name}: parse error') from None
        if not -(2**63) <= number < 2**63:
            raise FlagError(f'invalid value "{text}" for flag -{name}: value out of range')
        return number
    if kind is _Kind.VERSION and not _VERSION.fullmatch(text):
        valid = 'Valid values are "master" (default) or full version x.y.z (e.g. "1.27.2")'
        problem = f"{text} is not a valid version. {valid}"
        raise FlagError(f'invalid value "{text}" for flag -{name}: {problem}')
    return text


def usage(program: str) -> str:
    """Return the help text."""
    lines = [f"Usage: {program} [OPTION]... [FILE OR FOLDER]..."]
    for name, flag in _FLAGS.items():
        head = f"  -{name} {flag.kind.value}".rstrip()
        shown = f'"{flag.default}"' if flag.kind is _Kind.STRING else flag.default
        default = f" (default {shown})" if flag.default else ""
        gap = "\t" if len(head) <= 4 else "\n    \t"
        lines.append(f"{head}{gap}{flag.usage}{default}")
    return "\n".join(lines) + "\n"

"""`mintage`: the commands that need no workspace. `mintage validate PATH` checks any tree of manifests."""

from __future__ import annotations

import argparse
import gc
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from mintage.errors import MintageError, did_you_mean
from mintage.report.text import problems_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in two lines."""

    def error(self, message: str) -> NoReturn:
        advice = ""
        if "unrecognized arguments: " in message:
            word = message.partition(": ")[2].split()[0].partition("=")[0]
            advice = did_you_mean(word, dict.fromkeys(_flags(self)))
        self.exit(2, f"{self.prog}: error: {message}\n  = {advice or f'see `{self.prog} --help`'}\n")


def _flags(parser: argparse.ArgumentParser) -> list[str]:
    """Return the flags of a parser and of its commands."""
    found = [flag for action in parser._actions for flag in action.option_strings]  # noqa: SLF001 - no other way to ask
    for action in parser._actions:  # noqa: SLF001
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            found += [flag for command in action.choices.values() for flag in _flags(command)]
    return found


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = _Parser(prog="mintage", description=__doc__, allow_abbrev=False)
    top.add_argument("--version", action="version", version=f"mintage {version('mintage')}")
    commands = top.add_subparsers(dest="command", required=True, parser_class=_Parser, metavar="COMMAND")
    validate = commands.add_parser(
        "validate",
        help="check a tree of manifests: schemas, references, and what stands between things",
        description="Builds every kustomization below PATH and checks what it builds to, and the files it is built from. "
        "Nothing is fetched, and nothing but the report is written. Exit code: 0 fine, 1 findings, 2 usage.",
        allow_abbrev=False,
    )
    validate.add_argument(
        "path", nargs="?", default=".", metavar="PATH", help="a folder or a file; `.` by default"
    )
    validate.add_argument("--format", default="text", help="text, json, sarif or junit")
    validate.add_argument(
        "--output", metavar="FILE", default="", help="write the report here instead of printing it"
    )
    validate.add_argument(
        "--only", default="", metavar="IDS", help="checks that count, by id or as `group/*`, with commas"
    )
    validate.add_argument("--skip", default="", metavar="IDS", help="checks that do not count")
    validate.add_argument(
        "--fail-on",
        default="",
        metavar="LEVEL",
        help="least severity that fails: error (default), warning or info",
    )
    validate.add_argument(
        "--kubernetes-version",
        default="",
        metavar="1.N",
        help="minor version of the target cluster; 1.32 by default",
    )
    validate.add_argument(
        "--since",
        default="",
        metavar="REF",
        help="also find changes of immutable fields since a Git revision",
    )
    validate.add_argument(
        "--color", choices=("auto", "always", "never"), default="auto", help="colours; `auto` by default"
    )
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit code."""
    options = parser().parse_args(arguments)
    gc.set_threshold(100_000, 20, 20)  # a run makes many objects and drops few
    from mintage.commands.validate import validate  # noqa: PLC0415 - `--help` needs no validator

    try:
        return validate(vars(options))
    except MintageError as error:
        text = problems_text(error.problems, Path())
        sys.stderr.write(text.encode("utf-8", "backslashreplace").decode())
        return 2
    except KeyboardInterrupt:
        return 130  # as a shell says it


if __name__ == "__main__":
    sys.exit(main())

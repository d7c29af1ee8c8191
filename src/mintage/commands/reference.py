"""`doit reference`: write the schemas and pages of all kinds, so that editors and people know what a spec may say.

Needs no dodo.py and no specs: the reference says what Mintage accepts, not what a workspace holds.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from doit.cmd_base import Command
from doit.exceptions import InvalidCommand

from mintage.disk import Transaction, read_text
from mintage.errors import Location, MintageError, Problem
from mintage.report.reference import MARK, reference
from mintage.report.text import problems_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mintage.filetree import FileTree

FOLDER = "docs/reference"
_CHECK = {
    "name": "check",
    "short": "",
    "long": "check",
    "type": bool,
    "default": False,
    "help": "change nothing; exit 1 where a file is not what would be written",
}


class Reference(Command):  # type: ignore[misc]
    """The command as doit runs it."""

    name = "reference"
    doc_purpose = "write the JSON Schema and the page of every kind of spec"
    doc_usage = "[FOLDER]"
    doc_description = f"FOLDER is {FOLDER} by default. Files that are right already are not touched."
    cmd_options = (_CHECK,)

    def execute(self, opt_values: Mapping[str, Any], pos_args: Sequence[str]) -> int:
        """Write the reference, or compare it; return the exit code."""
        if len(pos_args) > 1:
            raise InvalidCommand(f"expected options and then at most one folder, got {' '.join(pos_args)}")
        folder = Path(pos_args[0] if pos_args else FOLDER)
        try:
            return _check(folder) if opt_values["check"] else _write(folder)
        except MintageError as error:
            sys.stderr.write(problems_text(error.problems, Path()))
            return 1


def _check(folder: Path) -> int:
    """Say what is not as it would be written."""
    files = reference()
    stale = [path for path, data in files.items() if _bytes(folder / path) != data]
    stale += _leftover(folder, files)
    for path in sorted(stale):
        sys.stderr.write(f"{folder / path} is stale\n")
    if stale:
        sys.stderr.write(f"{len(stale)} files are stale: run `doit reference {folder}`\n")
    return 1 if stale else 0


def _write(folder: Path) -> int:
    files = reference()
    _refuse_foreign(folder, files)
    with TemporaryDirectory() as kept:
        transaction = Transaction(folder, Path(kept))
        try:
            changed = [path for path, data in files.items() if transaction.write(path, data)]
            changed += [path for path in _leftover(folder, files) if transaction.remove(path)]
        except MintageError:
            transaction.rollback()
            raise
    for path in sorted(changed):
        sys.stdout.write(f"{folder / path}\n")
    sys.stdout.write(f"{folder}/ {len(changed)} of {len(files)} files changed\n")
    return 0


def _leftover(folder: Path, files: FileTree) -> list[str]:
    """Return the files of kinds that are no more."""
    present = sorted(folder.iterdir()) if folder.is_dir() else []
    return [path.name for path in present if path.name not in files and path.is_file() and _is_ours(path)]


def _refuse_foreign(folder: Path, files: FileTree) -> None:
    advice = "move it away, or delete it if it is not needed"
    message = "`doit reference` did not write this file and will not replace it"
    problems = [
        Problem(Location(str(folder / path)), "file-in-the-way", message, advice)
        for path in files
        if (folder / path).exists() and not _is_ours(folder / path)
    ]
    if problems:
        raise MintageError(problems)


def _is_ours(path: Path) -> bool:
    return path.suffix in {".md", ".json"} and path.is_file() and MARK in read_text(path)[:200]


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None

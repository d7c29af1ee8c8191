"""Finding and reading the files of a workspace. Knows paths and bytes; does not know what the files say."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from mintage.errors import Location, MintageError, Problem, fail

if TYPE_CHECKING:
    from collections.abc import Iterator

SPECS = "specs"
SYSTEM = "specs/system.yaml"
_MAX_BYTES = 16_000_000  # what is read at all; the YAML reader has its own, smaller limit


def spec_files(root: Path) -> tuple[list[str], list[Problem]]:
    """Return the spec files below `specs/`, sorted, relative to the root, and what stands there and cannot be one.

    Raises `MintageError` where there is nothing to go on with: no folder, no `system.yaml`, no spec.
    """
    folder = root / SPECS
    if not folder.is_dir():
        advice = f"create `{SYSTEM}` with `kind: System` and `name: ...`, and a spec beside it"
        raise fail(f"{SPECS}/", "workspace-no-specs", "the workspace has no folder `specs`", advice)
    if folder.is_symlink() and (problem := _link_problem(root, str(folder), SPECS)):
        raise MintageError([problem])
    problems: list[Problem] = []
    found = sorted(_walk(root, SPECS, problems))
    fatal = []
    if SYSTEM not in found:
        advice = "create it with `kind: System` and `name: ...`"
        fatal.append(Problem(Location(SYSTEM), "workspace-no-system", "the file is missing", advice))
    elif found == [SYSTEM] and not problems:
        advice = "add a spec such as `specs/web.yaml`"
        fatal.append(
            Problem(
                Location(f"{SPECS}/"), "workspace-no-specs", "there is no spec beside `system.yaml`", advice
            )
        )
    if fatal:
        raise MintageError([*problems, *fatal])
    return found, problems


def _walk(root: Path, folder: str, problems: list[Problem]) -> Iterator[str]:
    """Yield the spec files below a folder, itself relative to the root."""
    for entry in os.scandir(root / folder):
        path = f"{folder}/{entry.name}"
        if entry.name.startswith("."):
            continue
        if entry.is_symlink() and (problem := _link_problem(root, entry.path, path)):
            problems.append(problem)
        elif entry.is_dir() and entry.is_symlink():
            advice = "move the folder here, or list its files by links of their own"
            problems.append(Problem(Location(path), "file-outside", "a linked folder is not read", advice))
        elif entry.is_dir():
            yield from _walk(root, path, problems)
        elif entry.name.endswith(".yaml"):
            yield path
        elif entry.name.endswith(".yml"):
            message = "a spec ends in `.yaml`, got `.yml`"
            problems.append(Problem(Location(path), "spec-file-name", message, "rename the file"))


def _link_problem(root: Path, link: str, path: str) -> Problem | None:
    target = os.path.realpath(link)
    if not os.path.exists(target):  # noqa: PTH110 - a string is at hand
        return Problem(
            Location(path),
            "file-missing",
            f"the link leads to nothing: `{Path(link).readlink()}`",
            "remove the link",
        )
    inside = os.path.realpath(root) + os.sep
    if not target.startswith(inside):
        return Problem(
            Location(path),
            "file-outside",
            "the link leaves the workspace",
            "copy the file into the workspace",
        )
    return None


def read(root: Path, path: str) -> bytes:
    """Return the bytes of one file of the workspace; `MintageError` where it cannot be read."""
    # A run that does nothing reads thousands of specs: strings and plain calls are several times as fast as Path.
    target = f"{root}/{path}"
    try:
        if not os.path.isfile(target):  # noqa: PTH113
            got = "a folder" if os.path.isdir(target) else "nothing"  # noqa: PTH112
            raise fail(path, "file-missing", f"expected a file, got {got}", "check the name")
        with open(target, "rb") as file:  # noqa: PTH123
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        message = f"cannot read: {(error.strerror or str(error)).lower()}"
        raise fail(path, "file-unreadable", message, "check its permissions") from error
    if len(data) > _MAX_BYTES:
        message = f"the file has more than {_MAX_BYTES:,} bytes"
        raise fail(path, "file-too-large", message, "move data out of the spec")
    return data


def read_beside_specs(root: Path, name: str) -> bytes:
    """Return a file that a spec names, relative to `specs/`; it must not leave the workspace."""
    target = os.path.realpath(root / SPECS / name)
    if not target.startswith(os.path.realpath(root) + os.sep):
        raise fail(
            f"{SPECS}/{name}",
            "file-outside",
            "the path leaves the workspace",
            "copy the file into the workspace",
        )
    return read(root, f"{SPECS}/{name}")


def contents(root: Path, paths: list[str], problems: list[Problem]) -> dict[str, bytes]:
    """Return the bytes of files; what cannot be read is left out and added to the problems."""
    found = {}
    for path in paths:
        try:
            found[path] = read(root, path)
        except MintageError as error:
            problems += error.problems
    return found

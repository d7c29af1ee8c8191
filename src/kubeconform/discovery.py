"""Which files the operands name: folders are walked in order of names, links to folders are not followed.

Only files that end in .yaml, .yml or .json count, named on the command line or not, as in kubeconform.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Sequence

_SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A path that could not be looked at, and why, in Go's words."""

    path: str
    reason: str


def find(operands: Sequence[str], ignored: Sequence[re.Pattern[str]] = ()) -> Iterator[str | Unreadable]:
    """Yield the manifest files under the operands."""
    for operand in operands:
        yield from _walk(operand, ignored)


def _walk(path: str, ignored: Sequence[re.Pattern[str]]) -> Iterator[str | Unreadable]:
    try:
        mode = os.lstat(path).st_mode
    except (OSError, ValueError) as error:
        yield Unreadable(path, go_reason("lstat", path, error))
        return
    if not stat.S_ISDIR(mode):
        wanted = path.lower().endswith(_SUFFIXES) and not any(pattern.search(path) for pattern in ignored)
        yield from [path] if wanted else []
        return
    try:
        names = sorted(os.listdir(path))  # noqa: PTH208 - names, which keep odd bytes
    except OSError as error:
        yield Unreadable(path, go_reason("open", path, error))
        return
    for name in names:
        yield from _walk(os.path.normpath(os.path.join(path, name)), ignored)  # noqa: PTH118 - the shown path


def go_reason(action: str, path: str, error: OSError | ValueError) -> str:
    """Word an error of the operating system as Go does."""
    reason = getattr(error, "strerror", None) or str(error)
    return f"{action} {path}: {reason[:1].lower()}{reason[1:]}"

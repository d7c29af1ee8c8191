"""The examples of checks: small trees in text files, one in which a check fires and one in which it does not.

A file is in the txtar format of Go: `-- bad/deployment.yaml --` begins a file of the tree in which the check fires,
`good/` one of the tree that is right, `before/` one of the state to which both are compared, if they are. What stands
before the first file is a remark.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_FILE = re.compile(r"^-- (?P<path>\S+) --\n", re.MULTILINE)
_FOLDER = Path(__file__).parent / "examples"


@cache
def example(id: str) -> dict[str, dict[str, str]]:  # noqa: A002 - the field's name
    """Return the files of a check's example: `bad`, `good`, maybe `before`, each path -> text; empty where there is none."""
    path = _FOLDER / f"{id}.txt"
    if not path.is_file():
        return {}
    pieces = _FILE.split(path.read_text(encoding="utf-8"))
    trees: dict[str, dict[str, str]] = {"bad": {}, "good": {}}
    for name, text in zip(pieces[1::2], pieces[2::2], strict=True):
        side, _, inner = name.partition("/")
        trees.setdefault(side, {})[inner] = text
    return trees


def examples() -> list[str]:
    """Return the ids that have an example."""
    return sorted(path.stem for path in _FOLDER.glob("*.txt"))

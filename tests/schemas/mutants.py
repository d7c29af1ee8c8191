"""Seeded mutations of manifests: rename, delete, retype and add fields (tests only)."""

from __future__ import annotations

from copy import deepcopy
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Path = tuple[str | int, ...]
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 7, 70000, 2**31, 1.5, "", "x", "Always", "2Gi", "500m", "9 apples", "A_b", "30s",
    "http", [], [1], ["x"], [None], {}, {"x": 1}, {"name": "x"}, [{}],
)  # fmt: skip
_NAMES = ("x", "Name", "naem", "spec", "metadata", "template", "replica", "selector")
_ROOT = frozenset({"apiVersion", "kind"})


def seeded(seed: int) -> Random:
    """Return a source of the same choices every time."""
    return Random(seed)  # noqa: S311 - nothing is secret here


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the path of everything inside a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in inner:
        if path or step not in _ROOT:
            yield (*path, step)
            yield from places(item, (*path, step))


def mutant(document: dict[str, Any], random: Random, most: int = 1) -> dict[str, Any]:
    """Return a copy of a document with one to `most` random changes."""
    changed = deepcopy(document)
    for _ in range(random.randint(1, most)):
        _mutate(changed, random)
    return changed


def _mutate(document: dict[str, Any], random: Random) -> None:
    known = list(places(document))
    if not known:  # earlier changes left nothing
        document["spec"] = {}
        return
    path = random.choice(known)
    holder: Any = document
    for step in path[:-1]:
        holder = holder[step]
    step = path[-1]
    how = random.choice(("rename", "delete", "retype", "retype", "add", "move"))
    if how == "delete":
        del holder[step]
    elif how == "retype":
        holder[step] = deepcopy(random.choice(_VALUES))
    elif isinstance(holder, list):
        holder.insert(int(step), deepcopy(random.choice(_VALUES)))
    elif how == "rename":
        holder[f"{step}s"] = holder.pop(step)
    elif how == "add":
        holder[random.choice(_NAMES)] = deepcopy(random.choice(_VALUES))
    else:
        names = {str(other[-1]) for other in known if isinstance(other[-1], str)} - _ROOT
        name = random.choice(sorted(names))
        holder[name] = deepcopy(random.choice(_VALUES))

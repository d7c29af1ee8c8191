"""Selectors: how specs name several services at once, as in `ModelServer/*`."""

from __future__ import annotations

from fnmatch import fnmatchcase


def matches(selector: str, kind: str, name: str) -> bool:
    """Tell whether a selector (`name`, or `Kind/pattern`) means the service of this kind and name."""
    wanted, slash, pattern = selector.rpartition("/")
    if not slash:
        return selector == name
    return fnmatchcase(kind, wanted) and fnmatchcase(name, pattern)

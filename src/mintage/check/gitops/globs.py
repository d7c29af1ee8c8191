"""Patterns as Argo CD reads them (gobwas/glob), as far as that can be said for certain."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from itertools import product

_ALTERNATIVES = re.compile(r"\{([^{}]*)\}")
_CLASS = re.compile(r"\[!?(?:\w|\w-\w)+\]")
_SPECIAL = frozenset("[]{}\\")
_MOST = 1000  # expansions of one pattern


def fits(pattern: str, value: str) -> bool | None:
    """Tell whether a pattern fits a text; None where it is written in a way that nobody here can translate."""
    pieces = _ALTERNATIVES.split(pattern)
    choices = [piece.split(",") if index % 2 else [piece] for index, piece in enumerate(pieces)]
    count = 1
    for choice in choices:
        count *= len(choice)
    if count > _MOST or _SPECIAL & set(_CLASS.sub("", "".join(pieces))):
        return None
    return any(fnmatchcase(value, "".join(words)) for words in product(*choices))


def fits_or_denies(pattern: str, value: str) -> bool | None:
    """Tell the same of a pattern that may begin with `!`: that one fits whatever the rest of it does not."""
    found = fits(pattern.removeprefix("!"), value)
    return found if found is None or not pattern.startswith("!") else not found

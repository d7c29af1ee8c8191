"""Regular expressions out of foreign files, which are written for RE2 and may be hostile to Python's engine.

A pattern whose match could take long is not compiled: it is unknown, as is one that Python cannot read.
"""

from __future__ import annotations

import re
from functools import cache

LONGEST_SUBJECT = 256
_LONGEST_PATTERN = 300
_MOST_REPEATS = 1000  # of RE2
_MOST_WAYS = LONGEST_SUBJECT**3  # in which a subject may be divided among the parts of a pattern
# A class of RE2 that Python takes for something else; a group that looks around, or sets flags that change the reading.
_REFUSED = re.compile(r"\[\[|\[:|(?<!\\)\(\?(?!:|P<\w+>|[is]+\))")
_PIECE = re.compile(
    r"""(?P<plain>\\.|\[\^?\]?(?:\\.|[^\]\\])*+\]|\(\?[is]+\))
    |(?P<open>\((?:\?(?::|P<\w+>))?)
    |(?P<close>\))
    |(?P<bar>\|)
    |(?P<many>[*+])
    |(?P<maybe>\?)
    |(?P<counted>\{(?P<low>\d*)(?P<comma>,)?(?P<high>\d*)\})
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)


@cache
def compiled(text: str) -> re.Pattern[str] | None:
    """Return a pattern; None where Python cannot read it, or its match might take long."""
    try:
        return re.compile(text) if len(text) <= _LONGEST_PATTERN and _is_tame(text) else None
    except (re.error, OverflowError, RecursionError):
        return None


def matches(text: str, subject: str) -> bool | None:
    """Tell whether the whole of a subject fits a pattern; None where that is unknown."""
    pattern = compiled(text)
    if pattern is None or len(subject) > LONGEST_SUBJECT:
        return None
    return pattern.fullmatch(subject) is not None


def _is_tame(text: str) -> bool:
    """Tell whether no group that repeats has choices inside, and the choices of all parts together are few."""
    if _REFUSED.search(text):
        return False
    ways = 1
    branches = [1]  # of the whole and of each group that is open
    varied = [False]  # whether it holds a choice
    after_choice = False  # whether a group that holds a choice has just been closed
    for piece in _PIECE.finditer(text):
        kind, was_choice, after_choice = piece.lastgroup, after_choice, False
        if kind == "open":
            branches.append(1)
            varied.append(False)
        elif kind == "close":
            ways *= branches.pop()
            after_choice = varied.pop()
            if not varied:
                return False  # nothing was open
            varied[-1] |= after_choice
        elif kind == "bar":
            branches[-1] += 1
            varied[-1] = True
        elif kind not in {"plain", "other"}:
            if was_choice and kind != "maybe":
                return False
            ways *= _choices(piece)
            varied[-1] = True
    return ways * branches[0] <= _MOST_WAYS


def _choices(quantifier: re.Match[str]) -> int:
    """Return how many lengths a quantifier leaves to choose from."""
    if quantifier["many"]:
        return LONGEST_SUBJECT
    if quantifier["maybe"]:
        return 2
    low = int(quantifier["low"] or 0)
    high = int(quantifier["high"] or LONGEST_SUBJECT) if quantifier["comma"] else low
    if max(low, high) > _MOST_REPEATS:
        return _MOST_WAYS + 1
    return min(max(high - low + 1, 1), LONGEST_SUBJECT)

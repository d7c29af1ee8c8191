"""Selectors of labels as text, as `kubectl -l` and the targets of Kustomize's patches write them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_TERM = re.compile(r"[^,(]+(?:\([^)]*\))?")
_SET = re.compile(r"(?P<key>\S+)\s+(?P<word>in|notin)\s*\((?P<values>[^)]*)\)")
_EQUAL = re.compile(r"(?P<key>[^=!\s]+)\s*(?P<word>==|=|!=)\s*(?P<value>\S*)")


def picks(selector: str, labels: Mapping[str, str]) -> bool:
    """Tell whether a selector picks labels: `a=b`, `a!=b`, `a in (b, c)`, `a notin (b)`, `a`, `!a`, joined by commas."""
    return all(_term(term.strip(), labels.get) for term in _TERM.findall(selector) if term.strip())


def _term(term: str, get: Callable[[str], str | None]) -> bool:
    if found := _SET.fullmatch(term):
        inside = get(found["key"]) in {value.strip() for value in found["values"].split(",")}
        return inside == (found["word"] == "in")
    if found := _EQUAL.fullmatch(term):
        return (get(found["key"]) == found["value"]) == (found["word"] != "!=")
    return (get(term.lstrip("! ")) is None) == term.startswith("!")

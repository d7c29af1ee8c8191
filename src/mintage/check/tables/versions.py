"""Versions of upstream projects, as far as image tags and release lists need them.

Only the numbers count: `v0.10.1.1` and `0.8.5.post1` come after `0.10.1` and `0.8.5`; a release candidate is taken for
the release itself. Knows nothing of Kubernetes API versions such as `v1beta1`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_NUMBERS = re.compile(r"v?(?P<numbers>\d+(?:\.\d+)*)(?:\.?post(?P<post>\d+))?")


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A version that compares by its numbers; 1.0 and 1.0.0 are the same. `str` gives the text it was read from."""

    numbers: tuple[int, ...]
    text: str = field(compare=False)

    def __str__(self) -> str:
        return self.text


@cache
def version(text: str) -> Version:
    """Return the version that a text begins with, such as `v0.10.2-cuda`; ValueError where it begins with none."""
    if (found := _NUMBERS.match(text)) is None:
        raise ValueError(f"no version: {text!r}")
    numbers = [int(number) for number in found["numbers"].split(".")]
    if found["post"]:
        numbers.append(int(found["post"]))
    while numbers and not numbers[-1]:
        numbers.pop()
    return Version(tuple(numbers), found[0].removeprefix("v"))


def holds(entry: Mapping[str, Any], at: Version) -> bool:
    """Tell whether an entry of a table applies: `since` is the first version it holds for, `until` the first it does not."""
    since, until = entry.get("since"), entry.get("until")
    return (since is None or version(since) <= at) and (until is None or at < version(until))


def spans(entry: Any) -> list[dict[str, Any]]:
    """Return an entry as a list: a table writes one mapping where a fact never changed, and a list where it did."""
    return entry if isinstance(entry, list) else [entry]

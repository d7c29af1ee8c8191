"""The line of a spec that a part of a rendered object comes from.

Kinds are free functions, so nobody records which field became what. The line is found again by value and by name: the
field whose value stands in the object wins over the field that is called alike; without either it is the spec's name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mintage.source import walk
from mintage.tree.objects import at

if TYPE_CHECKING:
    from collections.abc import Callable

    from mintage.errors import Location
    from mintage.tree.objects import Path
    from mintage.workspace.decoding import Variant

_TELLING = 4  # characters: a shorter text may stand anywhere


class SpecOrigin:
    """The layer of a rendered object that is its spec, read when it is first asked for."""

    def __init__(self, variant: Callable[[], Variant]) -> None:
        self._variant = variant

    def locate(self, built: dict[str, Any], path: Path, *, on_key: bool = False) -> Location | None:
        """Return the place in the spec, in its delta, or in the system's defaults."""
        variant = self._variant()
        fields = [(place, value) for place, value in walk(variant.value) if place[:1] != ("environments",)]
        best = max(
            fields, key=lambda field: _likeness(field[0], field[1], path, at(built, *path)), default=None
        )
        if best is None or not _likeness(*best, path, at(built, *path)):
            return variant.layers.locate(("name",))
        return variant.layers.locate(best[0], on_key=on_key)


def _likeness(field: Path, value: Any, path: Path, built: Any) -> int:
    """Return how much speaks for a field of a spec having become what stands at a path."""
    return _same_value(value, built) + _same_names(field, path)


def _same_value(value: Any, built: Any) -> int:
    if isinstance(value, bool) or isinstance(built, bool | dict | list) or value is None:
        return 0
    text, found = str(value), str(built)
    if text == found:
        return 8 if len(text) >= _TELLING else 3
    return 4 if len(text) >= _TELLING and text in found else 0


def _same_names(field: Path, path: Path) -> int:
    """Return how many of the last steps of two paths are called alike, case aside; the last one counts most."""
    wanted = [step.lower() for step in path if isinstance(step, str)]
    own = [step.lower() for step in field if isinstance(step, str)]
    if not wanted or not own:
        return 0
    shared = len({*wanted[-3:]} & {*own})
    return min(shared, 2) + (2 if own[-1] == wanted[-1] else 0)

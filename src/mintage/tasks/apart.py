"""The tree as a check of single objects sees it when a component is judged by itself: its settings, and nothing else.

A check that asks for more is not answered; it belongs to the task of a root, which is run again with every change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mintage.check.run import of_objects
from mintage.tree.tree import Tree

if TYPE_CHECKING:
    from mintage.check.interface import Check
    from mintage.finding import Finding
    from mintage.tree.objects import Object

# What is of other components, or of files: a component's key says nothing of it.
_BEYOND = frozenset({"roots", "objects", "of", "files", "kustomizations", "problems", "notes", "before"})


class BeyondError(Exception):
    """A check asked for what the object itself does not tell."""


class Apart(Tree):
    """A tree of one object, whichever it is; asking for any other raises `BeyondError`."""

    def __post_init__(self) -> None:
        """Take nothing over: there are no roots."""

    def __getattribute__(self, name: str) -> Any:
        """Return a setting; `BeyondError` for the rest."""
        if name in _BEYOND:
            raise BeyondError(name)
        return super().__getattribute__(name)


def apart(tree: Tree) -> Apart:
    """Return the settings of a tree without its objects."""
    return Apart(
        schemas=tree.schemas,
        kubernetes_version=tree.kubernetes_version,
        externals=tree.externals,
        rules=tree.rules,
    )


def of_object(settings: Apart, item: Object, check: Check) -> list[Finding] | None:
    """Return what a check finds in an object by itself, None where it must know more than the object."""
    try:
        return list(of_objects(settings, [item], [check]))
    except BeyondError:
        return None

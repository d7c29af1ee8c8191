"""What a mutation is, and the trees that it may change: objects as values, or the files of a copy of the tree."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mintage.spec.validation import Rules

Document = dict[str, Any]


@dataclass(frozen=True)
class Mutation:
    """A change of the tree and what it must bring about.

    `change` gets the objects (`Objects`), `files` gets the folder of a copy of the repository's rendered tree and the files
    beside it, which is then built again: give exactly one of them. `subject` is what the finding must be about, as in
    `Deployment zelda-rl-prod/minio`; empty where it is about a file. `also` are checks that cannot but fire with it. With
    `since` the tree is compared with the one before the change; `rules` stand in for those of the workspace. Without
    `kubectl` there is no program that builds the tree.
    """

    id: str
    subject: str
    change: Callable[[Objects], None] | None = None
    files: Callable[[Path], None] | None = None
    also: tuple[str, ...] = ()
    since: bool = False
    rules: Rules | None = None
    kubectl: bool = True


class Objects:
    """The objects of every root, to be changed: those of `gitops/overlays/prod` unless another folder is named."""

    def __init__(self, roots: dict[str, list[Document]]) -> None:
        self.roots = deepcopy(roots)

    def get(self, kind: str, name: str, folder: str = "gitops/overlays/prod") -> Document:
        """Return an object; names may end in `*`, which stands for the digest of a Job."""
        for document in self.roots[folder]:
            own = document["metadata"]["name"]
            if document["kind"] == kind and (
                own == name or (name.endswith("*") and own.startswith(name[:-1]))
            ):
                return document
        raise KeyError(f"no {kind} {name} in {folder}")

    def add(self, document: Document, folder: str = "gitops/overlays/prod") -> Document:
        """Add an object; it gets the namespace of the root's other objects unless it names one or asks for none."""
        metadata = document["metadata"]
        if "namespace" not in metadata:
            others = (found["metadata"].get("namespace") for found in self.roots[folder])
            metadata["namespace"] = next(name for name in others if name)
        if metadata["namespace"] is None:
            del metadata["namespace"]
        self.roots[folder].append(document)
        return document

    def remove(self, kind: str, name: str, folder: str = "gitops/overlays/prod") -> None:
        """Take an object out."""
        self.roots[folder].remove(self.get(kind, name, folder))

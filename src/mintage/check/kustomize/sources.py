"""What several checks of the Kustomize layer ask: how a root is put together, and which kustomizations are judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mintage.tree.source_map import SourceMap

if TYPE_CHECKING:
    from mintage.errors import Location
    from mintage.tree.kustomization import Kustomization
    from mintage.tree.objects import Path
    from mintage.tree.tree import Root, Tree


def source_map(root: Root) -> SourceMap | None:
    """Return how a root is put together; None where it is no kustomization, or made of values alone."""
    return root.once(_source_map)


def _source_map(root: Root) -> SourceMap | None:
    files = root.tree.files
    if files is None or root.kustomization is None:
        return None
    return SourceMap(root.folder, files, root.tree.kustomizations)


def judged(tree: Tree) -> tuple[Kustomization, ...]:
    """Return the kustomizations that a root is built from."""
    return tree.once(_judged)


def _judged(tree: Tree) -> tuple[Kustomization, ...]:
    reached = {path for root in tree.roots for path in root.reached}
    return tuple(found for found in tree.kustomizations.values() if found.file in reached)


def place(kustomization: Kustomization, path: Path, *, on_key: bool = False) -> Location | None:
    """Return where a part of a kustomization stands."""
    return kustomization.files.locate(kustomization.file, kustomization.index, path, on_key=on_key)


def shown(path: Path) -> str:
    """Return a path as people write it: `spec.containers[0].image`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")

"""Manifests and patches beside a kustomization that no kustomization uses.

A file that a script, a page or a workflow of the repository names is used by hand, and one that a comment of the kustomization names is
switched off on purpose: they are left alone.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from mintage.check.interface import WARNING, Check, Hit
from mintage.check.kustomize.entries import bare_folders, missing_entries
from mintage.errors import Location, MintageError
from mintage.spec.validation import FILE
from mintage.tree.files import YAML
from mintage.tree.kustomization import NAMES
from mintage.tree.objects import at, mapping
from mintage.tree.source_map import documents_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.tree.files import Files
    from mintage.tree.kustomization import Kustomization
    from mintage.tree.tree import Tree

_TALKING = frozenset({".md", ".sh", ".mk", ".py", ".txt", ".adoc", ".rst", ".just", ".bash", ".tf"})
_TALKING_NAMES = frozenset(
    {"Makefile", "Justfile", "justfile", "Taskfile.yml", "Taskfile.yaml", "Jenkinsfile", "Tiltfile"}
)
_LONGEST = 1_000_000
_OPERATIONS = frozenset({"add", "remove", "replace", "move", "copy", "test"})


def _orphans(tree: Tree) -> list[tuple[str, Kustomization, str]]:
    """Return the files that no root reaches beside a kustomization of one: path, that kustomization, what it holds."""
    files = tree.files
    if files is None:
        return []
    reached = {path for root in tree.roots for path in root.reached}
    used = {
        entry.target
        for found in tree.kustomizations.values()
        for entry in (*found.resources, *found.components, *found.named_files)
    }
    known = {(item.kind, item.name) for root in tree.roots for item in root.objects}
    known |= {name for found in tree.kustomizations.values() for name in _names(files, found)}
    broken = {each.file for each, _ in (*tree.once(missing_entries), *tree.once(bare_folders))}
    found = []
    for path in files.paths:
        if path in reached or path in used or not _may_be_manifest(path):
            continue
        kustomization = _nearest(tree, path)
        if kustomization is not None and kustomization.file in reached - broken:
            what = _what(files, path, known)
            if what and not _is_mentioned(tree, path) and not _is_switched_off(files, path, kustomization):
                found.append((path, kustomization, what))
    return found


def _names(files: Files, kustomization: Kustomization) -> Iterator[tuple[str, str]]:
    for entry in kustomization.resources:
        for part in files.parts(entry.target) if entry.target in files.present else ():
            for _, document in documents_in(part.value):
                yield str(document.get("kind")), str(mapping(document, "metadata").get("name"))


def _may_be_manifest(path: str) -> bool:
    name = path.rpartition("/")[2]
    return PurePosixPath(path).suffix in YAML and name not in NAMES and name != FILE


def _nearest(tree: Tree, path: str) -> Kustomization | None:
    """Return the kustomization of the nearest folder above a file; none for a file in a chart."""
    if tree.files is None or any(path.startswith(f"{chart}/") for chart in tree.files.charts):
        return None
    for parent in PurePosixPath(path).parents:
        if found := tree.kustomizations.get(str(parent)):
            return found
    return None


def _what(files: Files, path: str, known: set[tuple[str, str]]) -> str:
    """Return `patch` or `file` for what a file holds; empty where it is not for the cluster."""
    values = [part.value for part in files.parts(path)]
    if not values:
        return ""
    if all(_is_operations(value) for value in values):
        return "patch"
    found = [document for value in values for _, document in documents_in(value)]
    if not found or not all(_is_object(document) for document in found):
        return ""
    names = {(str(document["kind"]), str(at(document, "metadata", "name"))) for document in found}
    return "patch" if names <= known else "file"


def _is_operations(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(
            isinstance(item, dict) and str(item.get("op")) in _OPERATIONS and "path" in item for item in value
        )
    )


def _is_object(document: dict[str, Any]) -> bool:
    group = str(document.get("apiVersion") or "").partition("/")[0]
    return (
        isinstance(document.get("apiVersion"), str)
        and isinstance(document.get("kind"), str)
        and isinstance(at(document, "metadata", "name"), str)
        and group not in {"kustomize.config.k8s.io", "builtin", "kind.x-k8s.io", "kubeadm.k8s.io"}
    )


def _is_mentioned(tree: Tree, path: str) -> bool:
    return path.rpartition("/")[2] in tree.once(talk)


def _is_switched_off(files: Files, path: str, kustomization: Kustomization) -> bool:
    """Tell whether a comment of the nearest kustomization names a file, such as an entry that is commented out."""
    name = path.rpartition("/")[2]
    comments = (line.partition("#")[2] for line in files.text(kustomization.file).splitlines())
    return any(name in comment for comment in comments)


def talk(tree: Tree) -> str:
    """Return what the pages, scripts and workflows of a tree say."""
    files = tree.files
    texts = []
    for path in files.paths if files else ():
        name = path.rpartition("/")[2]
        talks = (
            PurePosixPath(path).suffix in _TALKING or name in _TALKING_NAMES or path.startswith(".github/")
        )
        if files and talks:
            try:
                texts.append(files.text(path, _LONGEST))
            except MintageError:
                continue  # another check says that it cannot be read
    return "\n".join(texts)


def _orphan_file(tree: Tree) -> Iterator[Hit]:
    for path, kustomization, what in tree.once(_orphans):
        if what == "file":
            yield Hit(
                f"no kustomization names this manifest: `{kustomization.file}` is the nearest",
                "add it to `resources`, or remove the file",
                place=Location(path, 1, 1),
            )


def _orphan_patch(tree: Tree) -> Iterator[Hit]:
    for path, kustomization, what in tree.once(_orphans):
        if what == "patch":
            yield Hit(
                f"no kustomization applies this patch: `{kustomization.file}` is the nearest",
                "add it to `patches`, or remove the file",
                place=Location(path, 1, 1),
            )


CHECKS = (
    Check(
        "kust-orphan-file",
        WARNING,
        "tree",
        _orphan_file,
        why="Whoever reads the folder believes that the object is deployed; nothing deploys it.",
        fix="Add the file to `resources`, or remove it.",
    ),
    Check(
        "kust-orphan-patch",
        WARNING,
        "tree",
        _orphan_patch,
        why="Whoever reads the folder believes that the change is made; no kustomization applies it.",
        fix="Add the file to `patches`, or remove it.",
    ),
)

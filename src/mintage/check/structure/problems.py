"""Files that could not be read, are no YAML, or hold nothing; the reader has already said why.

A file that is no manifest (a template, the settings of another tool) may be whatever it likes: it is left alone unless
a kustomization names it.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from mintage.check.interface import ERROR, WARNING, Check, Hit
from mintage.errors import Location, MintageError
from mintage.tree.kustomization import NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mintage.errors import Problem
    from mintage.tree.files import Files
    from mintage.tree.tree import Tree

DUPLICATE = "yaml-duplicate-key"
_FILE_PROBLEMS = frozenset({"file-unreadable", "file-too-large"})
_MANIFEST = re.compile(r"^(?:apiVersion|kind):", re.MULTILINE)
_TEMPLATE = "{{"
_SUFFIXES = frozenset({".yaml", ".yml"})


def _with_id(id: str) -> Callable[[Tree], Iterator[Hit]]:  # noqa: A002 - the field's name
    """Return a check of the problems of one id."""

    def run(tree: Tree) -> Iterator[Hit]:
        for problem in tree.problems:
            if problem.id == id and (problem.id in _FILE_PROBLEMS or _concerns(tree, problem)):
                yield _hit(problem)

    return run


def _yaml_invalid(tree: Tree) -> Iterator[Hit]:
    for problem in tree.problems:
        if problem.id.startswith("yaml-") and problem.id != DUPLICATE and _concerns(tree, problem):
            yield _hit(problem)


def _hit(problem: Problem) -> Hit:
    advice = problem.advice or "mend the file"
    return Hit(problem.message.rstrip("."), advice, place=problem.location)


def _concerns(tree: Tree, problem: Problem) -> bool:
    """Tell whether a broken file is a manifest, or is used as one."""
    file = problem.location.file
    if file.rpartition("/")[2] in NAMES or file in tree.once(_named):
        return True
    if tree.files is None:
        return True
    try:
        text = tree.files.text(file)
    except MintageError:
        return True
    return bool(_MANIFEST.search(text)) and _TEMPLATE not in text


def _named(tree: Tree) -> frozenset[str]:
    """Return the files that kustomizations name."""
    return frozenset(
        entry.target
        for kustomization in tree.kustomizations.values()
        for entry in (*kustomization.resources, *kustomization.named_files)
        if entry.target
    )


def _empty_manifest(tree: Tree) -> Iterator[Hit]:
    if tree.files is None:
        return
    folders = _folders_of_manifests(tree)
    for path in tree.files.paths:
        if (
            PurePosixPath(path).suffix in _SUFFIXES
            and _folder(path) in folders
            and _is_empty(tree.files, path)
        ):
            named = path in tree.once(_named)
            effect = "the kustomization that names it gets nothing from it" if named else "it makes no object"
            yield Hit(
                f"the file holds no YAML value: {effect}",
                "write the manifest, or remove the file and its entry" if named else "remove the file",
                place=Location(path),
            )


def _folder(path: str) -> str:
    return str(PurePosixPath(path).parent)


def _folders_of_manifests(tree: Tree) -> frozenset[str]:
    """Return the folders in which files that became objects stand."""
    files = {path for root in tree.roots for path in root.reached}
    files |= {place.file for item in tree.loose for place in item.locate()}
    return frozenset(map(_folder, files))


def _is_empty(files: Files, path: str) -> bool:
    name = path.rpartition("/")[2]
    if name in NAMES or name.startswith(("values", ".")):
        return False  # an empty kustomization fails its build; empty values of a chart are usual
    return not files.parts(path) and path not in files.problems


CHECKS = (
    Check(
        "file-unreadable",
        ERROR,
        "tree",
        _with_id("file-unreadable"),
        why="What cannot be read cannot be checked, and Argo CD may not be able to read it either.",
        fix="Give the file its rights back, or mend the link.",
    ),
    Check(
        "file-too-large",
        WARNING,
        "tree",
        _with_id("file-too-large"),
        why="A file of this size is data, not a manifest: it was not read, and nothing in it was checked.",
        fix="Move data to an object store or an image, or exclude the file under `validation.exclude`.",
    ),
    Check(
        "yaml-invalid",
        ERROR,
        "tree",
        _yaml_invalid,
        why="No tool reads a broken file: Argo CD shows a comparison error for the whole application.",
        fix="Mend the YAML at the place that is named.",
    ),
    Check(
        "yaml-duplicate-key",
        ERROR,
        "tree",
        _with_id(DUPLICATE),
        why="Readers disagree about a key that stands twice: some take the last value, some the first, some refuse the file.",
        fix="Remove one of the two.",
    ),
    Check(
        "empty-manifest",
        WARNING,
        "tree",
        _empty_manifest,
        why="Kustomize takes an empty file without a word: whoever reads the tree believes that there is an object.",
        fix="Write the manifest, or remove the file and what names it.",
    ),
)

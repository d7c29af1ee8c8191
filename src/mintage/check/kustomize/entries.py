"""What kustomizations name that is not there or lies elsewhere, and kustomizations that do not build."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from mintage.check.interface import ERROR, WARNING, Check, Hit
from mintage.check.kustomize.sources import judged, place
from mintage.errors import Location, did_you_mean
from mintage.tree.blame import registered_twice
from mintage.tree.kustomization import NAMES
from mintage.tree.load import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.tree.kustomization import Entry, Kustomization
    from mintage.tree.tree import Root, Tree

BUILD = "kustomize-build"
_HELM = ("helmCharts", "helmChartInflationGenerator")
_IS_REMOTE_FILE = re.compile(r"\.ya?ml(?:\?|$)")


def missing_entries(tree: Tree) -> list[tuple[Kustomization, Entry]]:
    """Return the entries of the judged kustomizations whose paths lead to nothing."""
    return [
        (kustomization, entry)
        for kustomization in judged(tree)
        for entry in (*kustomization.resources, *kustomization.components, *kustomization.named_files)
        if entry.target and not os.path.lexists(kustomization.files.root / entry.target)
    ]


def _resource_missing(tree: Tree) -> Iterator[Hit]:
    for kustomization, entry in tree.once(missing_entries):
        beside = _beside(kustomization, entry)
        yield Hit(
            f"`{entry.field}` names `{entry.name}`, which does not exist",
            did_you_mean(entry.name, beside) if beside else "create it, or remove the entry",
            place=place(kustomization, entry.path) or Location(kustomization.file),
        )


def _beside(kustomization: Kustomization, entry: Entry) -> list[str]:
    """Return the names that could have been meant: what lies in the folder that the entry leads to."""
    folder, _, _ = entry.target.rpartition("/")
    prefix = entry.name.rpartition("/")
    paths = (
        path.removeprefix(f"{folder}/") if folder else path
        for path in kustomization.files.paths
        if not folder or path.startswith(f"{folder}/")
    )
    names = {path.partition("/")[0] for path in paths} - set(NAMES)
    return sorted(f"{prefix[0]}{prefix[1]}{name}" for name in names)


def bare_folders(tree: Tree) -> list[tuple[Kustomization, Entry]]:
    """Return the entries that name a folder in which no kustomization stands."""
    return [
        (kustomization, entry)
        for kustomization in judged(tree)
        for entry in (*kustomization.resources, *kustomization.components)
        if entry.target and _is_bare(kustomization, entry)
    ]


def _is_bare(kustomization: Kustomization, entry: Entry) -> bool:
    folder = kustomization.files.root / entry.target
    return folder.is_dir() and not any((folder / name).exists() for name in NAMES)


def _dir_without_kustomization(tree: Tree) -> Iterator[Hit]:
    for kustomization, entry in tree.once(bare_folders):
        yield Hit(
            f"`{entry.field}` names the folder `{entry.name}`, which has no kustomization",
            f"add `{entry.name.rstrip('/')}/kustomization.yaml`, or name the files one by one",
            place=place(kustomization, entry.path) or Location(kustomization.file),
        )


def _helm_offline(tree: Tree) -> Iterator[Hit]:
    for kustomization in judged(tree):
        for field in _HELM:
            charts = kustomization.document.get(field)
            for index, chart in enumerate(charts if isinstance(charts, list) else ()):
                name = chart.get("name") or chart.get("chartName") if isinstance(chart, dict) else None
                yield Hit(
                    f"the Helm chart `{name or 'without a name'}` is inflated during the build: what it makes was not checked",
                    "commit the output of `helm template`, or validate it separately",
                    place=place(kustomization, (field, index)) or Location(kustomization.file),
                )


def _remote_resource(tree: Tree) -> Iterator[Hit]:
    for kustomization in judged(tree):
        for entry in (*kustomization.resources, *kustomization.components, *kustomization.named_files):
            if entry.is_remote:
                what = "file" if _IS_REMOTE_FILE.search(entry.name) else "folder"
                yield Hit(
                    f"`{entry.field}` fetches the {what} `{entry.name}` during the build: what it makes was not checked",
                    "keep a copy in the repository, and name that",
                    place=place(kustomization, entry.path) or Location(kustomization.file),
                )


def _build(root: Root) -> Iterator[Hit]:
    explained = any(
        found.file in root.reached
        for found, _ in (*root.tree.once(missing_entries), *root.tree.once(bare_folders))
    )
    for problem in root.problems:
        if problem.id == BUILD and not explained and not registered_twice(problem.message):
            yield Hit(problem.message.rstrip("."), problem.advice, place=problem.location)


def _missing(tree: Tree) -> Iterator[Hit]:
    places = [problem.location for root in tree.roots for problem in root.problems if problem.id == MISSING]
    if places:
        more = f", nor were {len(places) - 1} others" if len(places) > 1 else ""
        yield Hit(
            f"neither kubectl nor kustomize is on PATH: this kustomization was not built{more}, and nothing in it was checked",
            "install kubectl 1.31 or newer, or kustomize 5.1 or newer",
            place=min(places),
        )


CHECKS = (
    Check(
        "kustomize-build",
        ERROR,
        "root",
        _build,
        why="Argo CD builds the same kustomization, fails in the same way, and delivers nothing.",
        fix="Mend what Kustomize names; `kubectl kustomize` on the folder shows the same.",
    ),
    Check(
        "kustomize-missing",
        WARNING,
        "tree",
        _missing,
        why="A tree whose patches were not applied cannot be judged: no finding does not mean that it is right.",
        fix="Install kubectl or kustomize where the validation runs.",
    ),
    Check(
        "kust-resource-missing",
        ERROR,
        "tree",
        _resource_missing,
        why="Kustomize stops at a path that leads to nothing, and nothing of the root is delivered.",
        fix="Correct the path, add the file, or remove the entry.",
    ),
    Check(
        "kust-dir-without-kustomization",
        ERROR,
        "tree",
        _dir_without_kustomization,
        why="Kustomize takes a folder only if a kustomization stands in it; it does not gather the files itself.",
        fix="Add a kustomization to the folder, or name its files one by one.",
    ),
    Check(
        "kust-helm-offline",
        WARNING,
        "tree",
        _helm_offline,
        why="The chart is fetched and rendered during each build, so the tree says neither what is deployed nor that it builds.",
        fix="Commit the rendered chart, or deliver it by an Argo CD application of its own.",
    ),
    Check(
        "kust-remote-resource",
        WARNING,
        "tree",
        _remote_resource,
        why="The build needs a network, and changes when the other side does; nothing of it can be reviewed here.",
        fix="Keep a copy of it in the repository.",
    ),
)

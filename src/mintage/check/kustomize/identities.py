"""Objects that are there twice, and objects without a namespace."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from mintage.check.gitops.applications import applications_of, is_delivered
from mintage.check.interface import ERROR, WARNING, Check, Hit, Other
from mintage.check.kustomize.merges import BUILT_IN
from mintage.check.kustomize.orphans import talk
from mintage.check.kustomize.sources import source_map
from mintage.errors import Location
from mintage.tree.blame import identity, registered_twice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.tree.objects import Object
    from mintage.tree.tree import Root, Tree

_APPLICATION = "Application"  # of Argo CD: a check of their names looks at them


def _duplicate_resource(root: Root) -> Iterator[Hit]:
    for problem in root.problems:
        if name := registered_twice(problem.message):
            yield _refused(root, name, problem.location)
    first: dict[tuple[str, str, str, str], Object] = {}
    for item in root.objects:
        if not item.metadata.get("name"):
            continue  # the server makes up the rest
        other = first.setdefault(item.key, item)
        if item.is_a(_APPLICATION, "argoproj.io") and item.spec != other.spec:
            continue
        if other is not item and (root.kustomization or _are_applied_together(root, item, other)):
            yield Hit(
                f"`{item.kind}/{item.name}` is there twice in `{root.folder}`: the one that is applied last wins",
                "remove one of them, or give it another name",
                item,
                ("metadata", "name"),
                others=(Other("the other one", other, ("metadata", "name")),),
            )


def _refused(root: Root, name: str, place: Location) -> Hit:
    """Return the hit for an object on account of which Kustomize refused the build."""
    traced = source_map(root)
    same = [found for found in (traced.traced if traced else ()) if identity(found.document) == name]
    places = [found.layers[0].locate(found.document, ("metadata", "name")) for found in same]
    known = [found for found in places if found is not None]
    kind, _, rest = name.partition("/")
    label = f"{kind.partition('.')[0]}/{rest.rpartition('.')[0] or rest}"
    return Hit(
        f"`{label}` is gathered twice: Kustomize refuses to build `{root.folder}`",
        "remove one of them from `resources`, or give it another name",
        place=known[-1] if len(known) > 1 and known[0] != known[-1] else place,
        others=tuple(Other("the other one", place=found) for found in known[:1]),
    )


def _are_applied_together(root: Root, one: Object, other: Object) -> bool:
    """Tell whether two objects of a folder of plain files go to a cluster by one command."""
    if applications_of(root.tree, root.folder):
        return True
    places = one.locate()[:1], other.locate()[:1]
    files = [PurePosixPath(found[0].file) for found in places if found]
    return len(files) == 2 and files[0].parent == files[1].parent


def _cross_root_duplicate(tree: Tree) -> Iterator[Hit]:
    found: dict[tuple[str, str, str, str], list[tuple[Root, Object]]] = defaultdict(list)
    for root in tree.roots:
        for item in root.objects:
            if item.metadata.get("name") and (item.namespace or not item.namespaced):
                found[item.key].append((root, item))
    for holders in found.values():
        for (root, item), (other_root, other) in combinations(holders, 2):
            if (
                item.document != other.document
                and item.kind != _APPLICATION
                and _stand_side_by_side(root, other_root)
            ):
                yield Hit(
                    f"`{other.kind}/{other.name}` is also in `{root.folder}`, with other content: the root that is applied last wins",
                    "let one root own it",
                    other,
                    ("metadata", "name"),
                    others=(Other(f"the one of {root.folder}", item, ("metadata", "name")),),
                )


def _stand_side_by_side(one: Root, other: Root) -> bool:
    """Tell whether two roots are parts of one system, not variants of each other of which only one is applied.

    What Argo CD delivers is the business of another check.
    """
    if one is other or (is_delivered(one) and is_delivered(other)):
        return False
    return len(one.names & other.names) * 2 <= min(len(one.names), len(other.names))


def _namespace_unset(root: Root) -> Iterator[Hit]:
    lost = [
        item
        for item in root.objects
        if item.namespaced
        and item.namespace is None
        and item.group in BUILT_IN
        and not item.kind.endswith(("Review", "List"))
    ]
    if root.kustomization is None or not lost or is_delivered(root) or _is_told_by_hand(root):
        return
    count = f"{len(lost)} objects name no namespace, such as" if len(lost) > 1 else "no namespace is named by"
    yield Hit(
        f"{count} `{lost[0].kind}/{lost[0].name}`: what `{root.folder}` makes goes into whatever namespace is current",
        "set `namespace:` in the kustomization",
        lost[0],
        ("metadata", "name"),
        place=Location(root.kustomization.file, 1, 1),
    )


def _is_told_by_hand(root: Root) -> bool:
    """Tell whether a page or script of the repository names the namespace when it applies this root."""
    lines = (line for line in root.tree.once(talk).splitlines() if root.folder in line)
    return any(" -n" in line or "--namespace" in line for line in lines)


CHECKS = (
    Check(
        "duplicate-resource",
        ERROR,
        "root",
        _duplicate_resource,
        why="Kustomize refuses a root that gathers one object twice; where it does not notice, the last one wins.",
        fix="Remove one of the two, or rename it.",
    ),
    Check(
        "cross-root-duplicate",
        WARNING,
        "tree",
        _cross_root_duplicate,
        why="Two roots write the same object with different content: each apply undoes the other.",
        fix="Let one root own the object, and let the other refer to it.",
    ),
    Check(
        "kust-namespace-unset",
        WARNING,
        "root",
        _namespace_unset,
        why="Objects without a namespace land in the one that is current where somebody applies them.",
        fix="Set `namespace:` in the kustomization of the environment.",
    ),
)

"""Applications that claim the same objects, and what is delivered by none."""

from __future__ import annotations

from itertools import combinations
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from mintage.check.gitops.applications import (
    GROUP,
    TRACKING,
    applications,
    has_deliveries,
    is_delivered,
    may_deliver_any,
    normal,
    own_repositories,
)
from mintage.check.interface import ERROR, INFO, WARNING, Check, Hit, Other
from mintage.errors import Location, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.check.gitops.applications import Application, Source
    from mintage.tree.objects import Object
    from mintage.tree.tree import Root, Tree

Key = tuple[str, str, str, str]  # group, kind, namespace (empty for none), name
_FINALIZER = "resources-finalizer.argocd.argoproj.io"
_KEEP = frozenset({"Delete=false", "Prune=false"})


def _pairs(tree: Tree) -> list[tuple[Application, Application, dict[Key, Object]]]:
    """Return the pairs of applications on one cluster that deliver the same objects, with those of the second."""
    claims = [(found, _claims(found)) for found in applications(tree) if found.roots]
    result = []
    for (one, first), (other, second) in combinations(claims, 2):
        shared = first.keys() & second.keys()
        if shared and one.cluster == other.cluster:
            result.append((one, other, {key: second[key] for key in sorted(shared)}))
    return result


def _claims(application: Application) -> dict[Key, Object]:
    return {
        (item.group, item.kind, application.namespace_of(item), item.name): item
        for _, item in application.delivered()
        if item.metadata.get("name")
    }


def _app_overlap(tree: Tree) -> Iterator[Hit]:
    for one, other, shared in tree.once(_pairs):
        found = [item for item in shared.values() if item.namespaced]
        if found:
            count = f"{len(found)} objects, such as" if len(found) > 1 else "the object"
            yield Hit(
                f"`{one.name}` and `{other.name}` both deliver {count} `{found[0].kind}/{found[0].name}`: each undoes the other",
                "let one application deliver each object",
                other.object,
                (*other.sources[0].path, "path"),
                others=(Other("the other application", one.object, (*one.sources[0].path, "path")),),
            )


def _cluster_scoped_collision(tree: Tree) -> Iterator[Hit]:
    for one, other, shared in tree.once(_pairs):
        if any(item.namespaced for item in shared.values()):
            continue  # the same folder, or a copy of it: that finding says it all
        for item in shared.values():
            yield Hit(
                f"`{one.name}` and `{other.name}` both deliver the cluster-wide `{item.kind}/{item.name}`: each undoes the other",
                "put the environment into its name, or let one application deliver it",
                item,
                ("metadata", "name"),
                others=(Other("the other application", one.object, (*one.sources[0].path, "path")),),
            )


def _app_name_collision(tree: Tree) -> Iterator[Hit]:
    for one, other in combinations(applications(tree), 2):
        same = (one.name, one.object.namespace) == (other.name, other.object.namespace)
        if same and _stand_side_by_side(one.object, other.object, tree):
            yield Hit(
                f"two applications are called `{other.name}`, and deliver different things: the one that is applied last wins",
                "give each its own name",
                other.object,
                ("metadata", "name"),
                others=(Other("the other one", one.object, ("metadata", "name")),),
            )


def _stand_side_by_side(one: Object, other: Object, tree: Tree) -> bool:
    """Tell whether two objects of one name go to one cluster: they stand in one folder, or in roots that differ else."""
    places = [found[0].file for found in (one.locate(), other.locate()) if found]
    if len(places) == 2 and PurePosixPath(places[0]).parent == PurePosixPath(places[1]).parent:
        return True
    roots = [root for item in (one, other) for root in tree.roots if item in root.objects]
    if len(roots) != 2 or roots[0] is roots[1]:
        return False
    return len(roots[0].names & roots[1].names) * 2 <= min(len(root.names) for root in roots)


def _finalizer_shared(tree: Tree) -> Iterator[Hit]:
    found = applications(tree)
    for application in found:
        index = _finalizer(application.object)
        for _, item in application.delivered() if index is not None else ():
            others = [other for other in found if other is not application and _lives_in(other, item)]
            others = [other for other in others if other.cluster == application.cluster]
            if item.is_a("Namespace", "") and others and not _is_kept(item):
                yield Hit(
                    f"deleting `{application.name}` deletes the namespace `{item.name}`, in which `{others[0].name}` lives",
                    "annotate the namespace with `argocd.argoproj.io/sync-options: Delete=false`, or drop the finalizer",
                    application.object,
                    ("metadata", "finalizers", index or 0),
                    others=(Other("the namespace", item, ("metadata", "name")),),
                )


def _finalizer(item: Object) -> int | None:
    names = item.metadata.get("finalizers")
    listed = enumerate(names if isinstance(names, list) else ())
    return next((index for index, name in listed if str(name).startswith(_FINALIZER)), None)


def _lives_in(application: Application, namespace: Object) -> bool:
    return application.namespace == namespace.name or any(
        application.namespace_of(item) == namespace.name for _, item in application.delivered()
    )


def _is_kept(item: Object) -> bool:
    options = item.annotations.get("argocd.argoproj.io/sync-options", "")
    return bool(_KEEP & {option.strip() for option in options.split(",")})


def _path_missing(tree: Tree) -> Iterator[Hit]:
    files = tree.files
    for application in applications(tree) if files else ():
        for source in application.sources:
            assert files is not None
            if _is_own(tree, source) and not (files.root / source.folder).exists():
                folders = [folder for folder in tree.kustomizations if folder != "."]
                yield Hit(
                    f"`{application.name}` delivers `{source.folder}`, which is no folder of this repository",
                    did_you_mean(source.folder, folders) or "correct the path",
                    application.object,
                    (*source.path, "path"),
                )


def _is_own(tree: Tree, source: Source) -> bool:
    """Tell whether a source is the head of this repository, whose folders can be looked up."""
    return (
        bool(source.folder)
        and "{" not in source.folder
        and "chart" not in source.document
        and source.revision in TRACKING
        and normal(source.repository) in own_repositories(tree)
    )


def _root_undeployed(root: Root) -> Iterator[Hit]:
    if root.kustomization is None or is_delivered(root) or not has_deliveries(root.tree):
        return
    if root.tree.once(may_deliver_any):
        return
    delivers = any(item.group in {GROUP, "kustomize.toolkit.fluxcd.io"} for item in root.objects)
    if not delivers and root.objects:
        yield Hit(
            f"no application delivers `{root.folder}`, while others are delivered",
            "add an application for it, or remove the folder",
            place=Location(root.kustomization.file, 1, 1),
        )


CHECKS = (
    Check(
        "argo-app-overlap",
        ERROR,
        "tree",
        _app_overlap,
        why="Two applications that own one object take it from each other at every sync, and pruning one deletes what the other needs.",
        fix="Let one application deliver each object.",
    ),
    Check(
        "argo-cluster-scoped-collision",
        ERROR,
        "tree",
        _cluster_scoped_collision,
        why="Objects without a namespace are shared by all environments of a cluster: the applications overwrite each other's.",
        fix="Put the environment into the name, or deliver the object once.",
    ),
    Check(
        "argo-app-name-collision",
        WARNING,
        "tree",
        _app_name_collision,
        why="Applications of one name in one namespace are one object: the second replaces what the first delivers.",
        fix="Give each its own name.",
    ),
    Check(
        "argo-finalizer-shared",
        WARNING,
        "tree",
        _finalizer_shared,
        why="The finalizer deletes everything that the application delivered, a namespace with all that others have put into it.",
        fix="Keep the namespace out of the cascade, or deliver it by an application of its own.",
    ),
    Check(
        "argo-path-missing",
        ERROR,
        "tree",
        _path_missing,
        why="Argo CD shows a comparison error and delivers nothing when the path of an application is not in the repository.",
        fix="Correct the path.",
    ),
    Check(
        "gitops-root-undeployed",
        INFO,
        "root",
        _root_undeployed,
        why="A root that nothing delivers is either forgotten or dead.",
        fix="Deliver it, or remove it.",
    ),
)

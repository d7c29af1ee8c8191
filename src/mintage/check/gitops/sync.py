"""How Argo CD synchronises: Jobs that run for ever or cannot change, waves in the wrong order, revisions that move."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mintage.check.gitops.applications import GROUP, TRACKING, applications
from mintage.check.gitops.providers import names_for
from mintage.check.interface import ERROR, WARNING, Check, Hit, Other
from mintage.tree.objects import mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.check.gitops.applications import Application, Source
    from mintage.tree.objects import Object, Path
    from mintage.tree.tree import Root, Tree

_HOOKS = ("argocd.argoproj.io/hook", "helm.sh/hook")
_OPTIONS = "argocd.argoproj.io/sync-options"
_WAVE = "argocd.argoproj.io/sync-wave"
_SKIP_DRY_RUN = "SkipDryRunOnMissingResource=true"
_REPLACING = ("Replace=true", "Force=true")
_DIGEST = re.compile(r"[-.](?:[0-9a-f]{6,}|v?\d+(?:[.-]\d+)*)$")  # of the content, or a version
_PRODUCTION = re.compile(r"(?<![a-z])(?:prod|production|live)(?![a-z])")
_RANGE = re.compile(r"[*^~<>|]|(?:^|\.)[xX](?:\.|$)| - ")


def _is_hook(item: Object) -> bool:
    return any(name in item.annotations for name in _HOOKS)


def _options(item: Object) -> set[str]:
    return {option.strip() for option in item.annotations.get(_OPTIONS, "").split(",")}


def _job_ttl_selfheal(tree: Tree) -> Iterator[Hit]:
    for application in applications(tree):
        if (application.automated or {}).get("selfHeal") is not True:
            continue
        for _, item in application.delivered():
            path = _time_to_live(item)
            if path and not _is_hook(item):
                yield Hit(
                    f"`{item.kind}/{item.name}` is deleted after {item.at(*path)} s, and `{application.name}` heals itself: it runs again for ever",
                    "drop the time to live, or make it a hook with `argocd.argoproj.io/hook: Sync`",
                    item,
                    path,
                    others=(
                        Other(
                            "the application",
                            application.object,
                            ("spec", "syncPolicy", "automated", "selfHeal"),
                        ),
                    ),
                )


def _time_to_live(item: Object) -> Path:
    """Return the path of the time after which an object is deleted once it is done; empty where it stays."""
    if item.is_a("Job", "batch"):
        path: Path = ("spec", "ttlSecondsAfterFinished")
        return path if isinstance(item.at(*path), int) else ()
    if item.is_a("Workflow", GROUP):
        strategy = mapping(item.spec, "ttlStrategy")
        found = next((key for key, value in strategy.items() if isinstance(value, int)), None)
        return ("spec", "ttlStrategy", found) if found else ()
    return ()


def _job_immutable(tree: Tree) -> Iterator[Hit]:
    for application in applications(tree):
        if any(application.has_option(option) for option in _REPLACING):
            continue
        for _, item in application.delivered():
            fixed = (
                item.is_a("Job", "batch")
                and item.metadata.get("name")
                and not _DIGEST.search(item.name[-253:])
            )
            if fixed and not _is_hook(item) and not _options(item) & set(_REPLACING):
                yield Hit(
                    f"`{application.name}` cannot change `Job/{item.name}`: its template is immutable, and its name stays the same",
                    "put a digest of its content into the name, make it a hook, or set the sync option `Replace=true,Force=true`",
                    item,
                    ("metadata", "name"),
                    others=(Other("the application", application.object, ("metadata", "name")),),
                )


def _wave_order(root: Root) -> Iterator[Hit]:
    waves = {id(item): wave for item in root.objects if (wave := _wave(item)) is not None}
    for item in root.objects:
        own = waves.get(id(item))
        other = _needed(root, item)
        if own is not None and other is not None and own < waves.get(id(other), own):
            yield Hit(
                f"`{item.kind}/{item.name}` is synchronised in wave {own}, before `{other.kind}/{other.name}` in wave {waves[id(other)]}, which it needs",
                f"set its `{_WAVE}` to {waves[id(other)]} or more",
                item,
                ("metadata", "annotations", _WAVE) if _WAVE in item.annotations else ("metadata", "name"),
                others=(Other("what it needs", other, ("metadata", "name")),),
            )
    yield from _before_operator(root, waves)


def _wave(item: Object) -> int | None:
    """Return the wave of an object; None where it is a hook, which has its own phase, or nobody knows."""
    text = item.annotations.get(_WAVE, "0")
    known = re.fullmatch(r"[+-]?\d{1,9}", text) is not None and not _is_hook(item)
    return int(text) if known else None


def _needed(root: Root, item: Object) -> Object | None:
    """Return the namespace or definition without which the server refuses an object."""
    if item.namespaced and item.namespace:
        found = root.get("Namespace", item.namespace)
        if found is not None:
            return found
    return root.once(_definitions).get((item.group, item.kind))


def _definitions(root: Root) -> dict[tuple[str, str], Object]:
    return {
        (str(item.at("spec", "group")), str(item.at("spec", "names", "kind"))): item
        for item in root.of("CustomResourceDefinition")
    }


def _before_operator(root: Root, waves: dict[int, int]) -> Iterator[Hit]:
    """Report objects whose definition an operator brings that is installed in the same wave or later."""
    subscriptions = root.of("Subscription", group="operators.coreos.com")
    owners = [found for found in applications(root.tree) if root in found.roots]
    if not subscriptions or not owners or all(found.has_option(_SKIP_DRY_RUN) for found in owners):
        return
    for item in root.objects:
        words = names_for(item.group)
        for other in subscriptions if words else ():
            package = str(other.at("spec", "name", default=""))
            late = waves.get(id(item), 0) <= waves.get(id(other), 0)
            defined = (item.group, item.kind) in root.once(_definitions)
            brings = any(word in package for word in words)
            if brings and late and not defined and not _is_hook(item) and _SKIP_DRY_RUN not in _options(item):
                yield Hit(
                    f"`{item.kind}/{item.name}` is synchronised together with the operator `{package}` that defines its kind",
                    f"put it into a later wave, with `{_OPTIONS}: {_SKIP_DRY_RUN}`",
                    item,
                    ("metadata", "name"),
                    others=(Other("the operator", other, ("spec", "name")),),
                )
                break


def _targetrevision_head(tree: Tree) -> Iterator[Hit]:
    for application in applications(tree):
        if application.automated is None:
            continue
        for source in application.sources:
            reason = _moving(application, source)
            if reason:
                path = (*source.path, "targetRevision")
                yield Hit(
                    f"`{application.name}` follows {reason}, and synchronises by itself",
                    "name a tag or a commit",
                    application.object,
                    path if application.object.at(*path) is not None else (*source.path, "repoURL"),
                )


def _moving(application: Application, source: Source) -> str:
    """Return what moves under an application that should stand still; empty where nothing does."""
    revision = source.revision
    if "chart" in source.document:
        moves = not revision or _RANGE.search(revision)
        return f"every release of a chart that fits `{revision or '*'}`" if moves else ""
    if revision not in TRACKING or not source.repository:
        return ""
    texts = (application.name, application.namespace, *(source.folder for source in application.sources))
    production = any(_PRODUCTION.search(text.lower()) for text in texts)
    return f"`{revision or 'HEAD'}` in production" if production else ""


CHECKS = (
    Check(
        "argo-job-ttl-selfheal",
        ERROR,
        "tree",
        _job_ttl_selfheal,
        why="Kubernetes deletes the finished Job, Argo CD finds it missing and makes it again: it runs for ever, and with it its GPUs.",
        fix="Let finished Jobs stay, or run them as hooks.",
    ),
    Check(
        "argo-job-immutable",
        WARNING,
        "tree",
        _job_immutable,
        why="The pod template of a Job cannot be changed: the first change of image or arguments fails the sync.",
        fix="Put a digest of its content into its name, run it as a hook, or let Argo CD replace it.",
    ),
    Check(
        "argo-wave-order",
        WARNING,
        "root",
        _wave_order,
        why="Argo CD waits for each wave: an object whose namespace, definition or operator comes later fails the sync.",
        fix="Put what is needed into an earlier wave.",
    ),
    Check(
        "argo-targetrevision-head",
        WARNING,
        "tree",
        _targetrevision_head,
        why="Whatever is merged, or released elsewhere, is in production within minutes; going back needs another commit.",
        fix="Name a tag or a commit, and move it by a reviewed change.",
    ),
)

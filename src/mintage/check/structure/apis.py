"""API versions against the release of Kubernetes that the tree is for, and against what projects serve today.

The release of an operator is not known: what only its newest release has given up is a warning.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mintage.check.interface import ERROR, WARNING, Check, Hit
from mintage.check.tables.apis import ApiLife, api_life, api_served
from mintage.check.tables.versions import Version, version
from mintage.schemas.core import known_minors, minors_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.tree.objects import Object
    from mintage.tree.tree import Tree

_KUBERNETES = "Kubernetes"
_OLDEST = "1.25"  # what was removed by then is served by no release that is still maintained
_PATH = ("apiVersion",)
_VERSION = re.compile(r"v(?P<major>[0-9]+)(?:(?P<stage>alpha|beta)(?P<minor>[0-9]+))?")
_STAGES = {"alpha": 0, "beta": 1, "": 2}


def _api_removed(item: Object, tree: Tree) -> Iterator[Hit]:
    life, target = api_life(item.api_version, item.kind), _target(tree)
    if life is not None and life.project == _KUBERNETES:
        if life.gone(target or version(_OLDEST)):
            yield Hit(
                f"`{item.api_version}` has no {item.kind} since Kubernetes {life.removed}{_for(tree)}",
                _instead(life, item),
                item,
                _PATH,
            )
    elif target is not None and (first := _first_minor(item)) is not None and target < version(first):
        yield Hit(
            f"`{item.api_version}` has {item.kind} only from Kubernetes {first} on{_for(tree)}",
            f"use the version that {tree.kubernetes_version} serves, or raise `kubernetesVersion`",
            item,
            _PATH,
        )


def _target(tree: Tree) -> Version | None:
    return version(tree.kubernetes_version) if tree.kubernetes_version else None


def _for(tree: Tree) -> str:
    return f", the tree is for {tree.kubernetes_version}" if tree.kubernetes_version else ""


def _first_minor(item: Object) -> str | None:
    """Return the first release with a kind of Kubernetes itself, None where it is older than what is known."""
    minors = minors_of(item.api_version, item.kind)
    return minors[0] if minors and minors[0] != known_minors()[0] else None


def _instead(life: ApiLife, item: Object) -> str:
    if not life.use:
        return f"{item.kind} has no successor: remove it"
    return f"write `apiVersion: {life.use}`" if "/" in life.use else f"use {life.use}"


def _api_deprecated(item: Object, tree: Tree) -> Iterator[Hit]:
    message = _deprecation(item, tree)
    if message is not None:
        text, advice = message
        yield Hit(text, advice, item, _PATH)


def _deprecation(item: Object, tree: Tree) -> tuple[str, str] | None:
    life, target = api_life(item.api_version, item.kind), _target(tree)
    if life is not None and life.project == _KUBERNETES:
        if life.gone(target or version(_OLDEST)):
            return None
        text = f"Kubernetes {life.removed} removes {item.kind} from `{item.api_version}`{_for(tree)}"
        return text, _instead(life, item)
    if life is not None:
        early = life.deprecated or (life.removed if life.removed and life.removed <= version("1.0") else None)
        text = f"{life.project} gave up `{item.api_version}` {item.kind} in {life.removed}"
        return (text, _instead(life, item)) if early else None
    return _of_project(item)


def _of_project(item: Object) -> tuple[str, str] | None:
    """Return what the newest known release of a custom resource's project says of its version."""
    served = api_served(item.group, item.kind)
    if served is None or "/" not in item.api_version:
        return None
    newest = next((name for name in reversed(served.versions) if name not in served.deprecated), None)
    advice = f"write `apiVersion: {item.group}/{newest}` if the operator in the cluster serves it"
    if item.version in served.deprecated:
        return f"{served.release} calls `{item.api_version}` {item.kind} deprecated", advice
    if _rank(item.version) < _rank(served.versions[0]):
        return f"{served.release} does not serve `{item.api_version}` {item.kind} any more", advice
    return None


def _rank(name: str) -> tuple[int, int, int]:
    """Return what puts API versions in order: v1alpha1, v1alpha2, v1beta1, v1; what is no version is newest."""
    found = _VERSION.fullmatch(name)
    if found is None:
        return 9, 0, 0
    return _STAGES[found["stage"] or ""], int(found["major"]), int(found["minor"] or 0)


CHECKS = (
    Check(
        "api-removed",
        ERROR,
        "object",
        _api_removed,
        why="The API server of the target version does not know the kind in this version: the sync fails.",
        fix="Write the version that the target serves; fields may have changed with it.",
    ),
    Check(
        "api-deprecated",
        WARNING,
        "object",
        _api_deprecated,
        why="The next upgrade of the cluster, or of the operator, takes the version away.",
        fix="Move to the version that stays.",
    ),
)

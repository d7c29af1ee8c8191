"""Checks of requests and limits: what the API server refuses, and what nobody stated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mintage.check import quantity
from mintage.check.interface import ERROR, WARNING, Check, Hit, Other
from mintage.check.resources.accelerators import is_filled_later
from mintage.tree.objects import at, items, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.tree.objects import Container, Object, Path
    from mintage.tree.tree import Tree

_STATED = ("cpu", "memory")
# Kinds whose controller fills in what a template leaves out (KServe's configuration has defaults for predictors).
_WITH_DEFAULTS = frozenset({"InferenceService", "ServingRuntime", "ClusterServingRuntime", "PodTemplate"})


def _is_exact(name: str) -> bool:
    """Tell whether a resource cannot be overcommitted, so that its request must be its limit.

    As `IsOvercommitAllowed` in Kubernetes 1.32, pkg/apis/core/v1/helper: huge pages and extended resources.
    """
    return name.startswith("hugepages-") or ("/" in name and "kubernetes.io/" not in name)


def _field(container: Container, field: str) -> dict[str, object]:
    found = mapping(container.document, "resources", field)
    return {name: value for name, value in found.items() if isinstance(name, str)}


def _path(container: Container, field: str, name: str) -> Path:
    return (*container.path, "resources", field, name)


def _exceed(container: Container, _: Tree) -> Iterator[Hit]:
    limits = _field(container, "limits")
    for name, value in _field(container, "requests").items():
        asked, most = quantity.parse(value), quantity.parse(limits.get(name))
        if not _is_exact(name) and asked is not None and most is not None and asked > most:
            yield Hit(
                f"container `{container.name}` requests {value} of `{name}`, more than its limit of {limits[name]}",
                "raise the limit, or lower the request",
                container.owner,
                _path(container, "requests", name),
                others=(Other("the limit", container.owner, _path(container, "limits", name)),),
            )


def _inexact(container: Container, _: Tree) -> Iterator[Hit]:
    limits = _field(container, "limits")
    for name, value in _field(container, "requests").items():
        asked, most = quantity.parse(value), quantity.parse(limits.get(name))
        if not _is_exact(name) or asked is None:
            continue
        if most is not None and asked != most:
            yield Hit(
                f"container `{container.name}` requests {value} `{name}` and limits them to {limits[name]}: both must be equal",
                "make both the same number; the request may be left out",
                container.owner,
                _path(container, "requests", name),
                others=(Other("the limit", container.owner, _path(container, "limits", name)),),
            )
        elif name not in limits and asked > 0 and container.owner.group != "serving.kserve.io":
            yield Hit(
                f"container `{container.name}` requests {value} `{name}` without a limit: such resources need one",
                f"say `limits: {{{name}: {value}}}`; the request may be left out",
                container.owner,
                _path(container, "requests", name),
            )


def _missing(container: Container, tree: Tree) -> Iterator[Hit]:
    pod = container.pod
    runs_along = not container.init or container.document.get("restartPolicy") == "Always"
    if not container.image or not runs_along or pod.owner.kind in _WITH_DEFAULTS or is_filled_later(pod):
        return
    if mapping(pod.spec, "resources") or _has_defaults(container, tree):
        return
    requests, limits = _field(container, "requests"), _field(container, "limits")
    names = [name for name in _STATED if requests.get(name) is None and limits.get(name) is None]
    if names:
        field = "resources" if container.document.get("resources") else "name"
        listed = " and ".join(f"`{name}`" for name in names)
        yield Hit(
            f"container `{container.name}` asks for no {listed}: the scheduler counts it as nothing",
            f"add `resources: {{requests: {{{', '.join(f'{name}: ...' for name in names)}}}}}`",
            container.owner,
            (*container.path, field),
            on_key=field == "resources",
        )


def _has_defaults(container: Container, tree: Tree) -> bool:
    """Tell whether a LimitRange or a VerticalPodAutoscaler of the tree sets what a container leaves out."""
    owner = container.owner
    if tree.once(_limited_namespaces) & {owner.namespace}:
        return True
    return (owner.kind, owner.name) in tree.once(_autosized)


def _limited_namespaces(tree: Tree) -> frozenset[str | None]:
    return frozenset(
        found.namespace
        for found in tree.of("LimitRange")
        if any(limit.get("type") == "Container" for _, limit in items(found.spec, "limits"))
    )


def _autosized(tree: Tree) -> frozenset[tuple[str, str]]:
    return frozenset(_target(found) for found in tree.of("VerticalPodAutoscaler"))


def _target(found: Object) -> tuple[str, str]:
    return str(at(found.spec, "targetRef", "kind")), str(at(found.spec, "targetRef", "name"))


CHECKS = (
    Check(
        "requests-exceed-limits",
        ERROR,
        "container",
        _exceed,
        why="The API server refuses a pod that requests more than its limit allows; a Deployment just never gets its pods.",
        fix="Keep requests at or below limits, in every overlay that changes one of them.",
    ),
    Check(
        "gpu-request-limit-mismatch",
        ERROR,
        "container",
        _inexact,
        why="GPUs and other extended resources cannot be overcommitted: the API server refuses a pod whose request is not its limit, or that has none.",
        fix="State the limit only, or the same number twice; patch both together.",
    ),
    Check(
        "missing-resources",
        WARNING,
        "container",
        _missing,
        why="A container that asks for nothing is placed on machines that are full, and is the first to be evicted from them.",
        fix="State requests of CPU and memory for every container, sidecars too.",
    ),
)

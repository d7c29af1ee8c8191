"""Checks of the selectors of Services and workloads.

A Service without a selector has its endpoints from elsewhere and is not judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mintage.check.interface import ERROR, WARNING, Check, Hit, Other
from mintage.check.selectors import (
    LabelIndex,
    is_in,
    matches,
    of_labels,
    pods_in,
    requirements,
    selects_nothing,
    shown,
)
from mintage.errors import did_you_mean
from mintage.tree.objects import mapping

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mintage.tree.objects import Object
    from mintage.tree.tree import Root, Tree

_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")


def _selector_no_pod(root: Root) -> Iterator[Hit]:
    for service in root.of("Service", group=""):
        asked = mapping(service.spec, "selector")
        if service.spec.get("type") == "ExternalName" or not selects_nothing(
            root, of_labels(asked), service.namespace
        ):
            continue
        key, advice = blamed(asked, [pod.labels for pod in pods_in(root, service.namespace)])
        yield Hit(
            f"the Service selects `{shown(of_labels(asked))}`, which no pod here has",
            advice,
            service,
            ("spec", "selector", *key),
        )


def blamed(asked: Mapping[str, str], labels: list[dict[str, str]]) -> tuple[tuple[str, ...], str]:
    """Return the path below a map of labels of the one that no pod has, and what to do about it.

    The path is empty where each label is on some pod, but all of them on none.
    """
    for key, value in asked.items():
        values = {found[key] for found in labels if key in found}
        if value not in values:
            keys = {key for found in labels for key in found}
            nearest = did_you_mean(value, values) if values else did_you_mean(key, keys)
            return (key,), nearest or "use labels of the pods that are meant"
    return (), "use labels of the pods that are meant: no pod has all of these"


def _template_mismatch(item: Object, _: Tree) -> Iterator[Hit]:
    selector = item.spec.get("selector")
    asked = requirements(selector)
    if item.group not in {"apps", "argoproj.io"} or not asked or not item.pods:
        return
    labels = item.pods[0].labels
    if matches(selector, labels):
        return
    wrong = next(one for one in asked if not one.holds(labels))
    has = f"`{wrong.key}: {labels[wrong.key]}`" if wrong.key in labels else f"no `{wrong.key}`"
    below = ("matchLabels", wrong.key) if wrong.key in mapping(selector, "matchLabels") else ()
    yield Hit(
        f"the selector asks for `{shown(selector)}`, the pod template has {has}",
        "give the template the labels that the selector asks for; the selector of an existing object cannot be changed",
        item,
        ("spec", "selector", *below),
        others=(Other("the labels of the pod template", item, ("spec", "template", "metadata", "labels")),),
    )


def _not_unique(root: Root) -> Iterator[Hit]:
    workloads = [item for item in root.of(*_WORKLOADS, group="apps") if item.pods]
    index = LabelIndex((item.pods[0].labels, item) for item in workloads)
    for item in workloads:
        selector = item.spec.get("selector")
        asked = requirements(selector)
        for other in index.candidates(asked) if asked else ():
            if (
                item.key != other.key
                and is_in(item.namespace, other.namespace)
                and matches(selector, other.pods[0].labels)
            ):
                yield Hit(
                    f"the selector `{shown(selector)}` also selects the pods of {other.kind} `{other.name}`",
                    "give each workload a label of its own, in its selector and in its pod template",
                    item,
                    ("spec", "selector"),
                    others=(
                        Other(
                            f"{other.kind} `{other.name}`", other, ("spec", "template", "metadata", "labels")
                        ),
                    ),
                )


CHECKS = (
    Check(
        "selector-no-pod",
        ERROR,
        "root",
        _selector_no_pod,
        why="A Service whose selector matches no pod has no endpoints: every connection to it is refused.",
        fix="Let the selector name labels that the pods have; for pods that an operator makes, the labels it gives them.",
    ),
    Check(
        "selector-template-mismatch",
        ERROR,
        "object",
        _template_mismatch,
        kinds=frozenset({*_WORKLOADS, "Rollout"}),
        why="The API server refuses a workload whose selector does not match the labels of its own pod template.",
        fix="Give the pod template every label that the selector asks for.",
    ),
    Check(
        "selector-not-unique",
        WARNING,
        "root",
        _not_unique,
        why="Two workloads whose selectors share pods count, scale and adopt each other's pods.",
        fix="Give each workload a label of its own, in its selector and in its pod template.",
    ),
)

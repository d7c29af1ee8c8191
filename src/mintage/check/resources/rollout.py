"""Checks of numbers of pods: rollouts that need accelerators nobody has, budgets, autoscalers and drains.

Rounding is that of Kubernetes 1.32: `maxSurge` up, `maxUnavailable` of a Deployment down, those of a
PodDisruptionBudget up (pkg/controller/deployment/util, pkg/controller/disruption).
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from mintage.check import known, quantity, selectors
from mintage.check.interface import INFO, WARNING, Check, Hit, Other
from mintage.check.resources.accelerators import Demand, demands, pods_wanted, root_of
from mintage.tree.objects import at, items, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.tree.objects import Object, Path
    from mintage.tree.tree import Root, Tree

_PERCENT = re.compile(r"(?P<number>[0-9]{1,4})%")
_DEFAULT = "25%"
_SELF_GROWING = frozenset({"ClusterAutoscaler", "MachineAutoscaler", "NodePool", "Provisioner", "NodeClaim"})
_MODE = "serving.kserve.io/deploymentMode"
_WITH_REPLICAS = frozenset({"Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", "Rollout"})


def scaled(value: Any, total: int, *, up: bool) -> int | None:
    """Return a number, or a percentage of a total; None where it is neither."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    found = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    share = int(found["number"]) * total / 100
    return math.ceil(share) if up else math.floor(share)


def _surge(item: Object, tree: Tree) -> Iterator[Hit]:
    found = _strategy(item)
    if found is None or any(tree.of(*_SELF_GROWING)):
        return
    path, strategy, replicas = found
    rolling = mapping(strategy, "rollingUpdate")
    surge = scaled(rolling.get("maxSurge", _DEFAULT), replicas, up=True)
    gone = scaled(rolling.get("maxUnavailable", _DEFAULT), replicas, up=False)
    if not surge or gone != 0:
        return
    asked = [
        demand for container in item.pods[0].main_containers for demand in demands(container, tree) or ()
    ]
    if asked and not _has_room(item, tree, asked[0], surge):
        pods = "1 new pod starts" if surge == 1 else f"{surge} new pods start"
        key = next((key for key in ("maxUnavailable", "maxSurge") if key in rolling), None)
        yield Hit(
            f"a rollout needs {surge * asked[0].count} `{asked[0].name}` more: {pods} before an old one ends",
            "set `maxSurge: 0` and `maxUnavailable: 1`, or the strategy `Recreate`; where there are accelerators to spare, declare `capacity`",
            item,
            (*path, "rollingUpdate", key) if key else asked[0].path,
            others=(Other("the accelerators", item, asked[0].path),) if key else (),
        )


def _strategy(item: Object) -> tuple[Path, dict[str, Any], int] | None:
    """Return the rolling update of a workload, its path and the replicas; None where there is none, or it is not known.

    What an InferenceService does without a strategy of its own stands in KServe's configuration.
    """
    path: Path = ("spec", "strategy")
    replicas: Any = known.replicas(item)
    if item.kind == "InferenceService":
        path = ("spec", "predictor", "deploymentStrategy")
        replicas = quantity.count(at(item.spec, "predictor", "minReplicas", default=1))
        if (
            item.annotations.get(_MODE) not in {"RawDeployment", "Standard"}
            or at(item.document, *path) is None
        ):
            return None
    strategy = at(item.document, *path, default={})
    if not isinstance(strategy, dict) or strategy.get("type") not in (None, "RollingUpdate"):
        return None
    return (
        (path, strategy, replicas) if item.pods and replicas and item.spec.get("paused") is not True else None
    )


def _has_room(item: Object, tree: Tree, demand: Demand, surge: int) -> bool:
    """Tell whether the declared capacity leaves room for the pods that a rollout adds."""
    capacity, root = tree.rules.capacity.get(demand.name), root_of(tree, item)
    if capacity is None or root is None:
        return False
    used = sum(amount for amount, *_ in _demanded(root).get(demand.name, ()))
    return used + surge * demand.count <= capacity


Asked = tuple[int, "Object", "Path"]


def _demanded(root: Root) -> dict[str, list[Asked]]:
    """Return what a root and those beside it ask for at one time, by resource."""
    return root.once(_demanded_around)


def _demanded_around(root: Root) -> dict[str, list[Asked]]:
    found: dict[str, list[Asked]] = defaultdict(list)
    for item in (item for near in (root, *root.companions) for item in near.objects if item.pods):
        for pod, number in pods_wanted(item):
            for container in pod.main_containers:
                for demand in demands(container, root.tree) or ():
                    found[demand.name].append((number * demand.count, item, demand.path))
    return found


def _budget(root: Root) -> Iterator[Hit]:
    if not root.tree.rules.capacity:
        return
    for name, asked in _demanded(root).items():
        capacity, total = root.tree.rules.capacity.get(name), sum(amount for amount, *_ in asked)
        if capacity is None or total <= capacity or all(item not in root.objects for _, item, _ in asked):
            continue
        (amount, item, path), *rest = sorted(asked, key=lambda one: -one[0])
        yield Hit(
            f"all pods together ask for {total} `{name}`, the cluster has {capacity}; most, {amount}, are for {item.kind} `{item.name}`",
            "run fewer replicas, or correct the declared `capacity`",
            item,
            path,
            others=tuple(Other(f"{more} more", other, place) for more, other, place in rest[:3]),
        )


def _replicas_fight(root: Root) -> Iterator[Hit]:
    if root.tree.once(_ignores_replicas):
        return
    for scaler in root.of("HorizontalPodAutoscaler", "ScaledObject"):
        target = mapping(scaler.spec, "scaleTargetRef")
        kind, name = target.get("kind") or "Deployment", target.get("name")
        if not isinstance(kind, str) or not isinstance(name, str):
            continue
        found = root.find(kind, name, scaler.namespace)
        if found is not None and found.spec.get("replicas") is not None:
            yield Hit(
                f"`replicas: {found.spec['replicas']}` is set, but {scaler.kind} `{scaler.name}` decides on the number: every sync takes it back",
                "drop `replicas` from the manifest",
                found,
                ("spec", "replicas"),
                others=(Other("the autoscaler", scaler, ("spec", "scaleTargetRef")),),
            )


def _ignores_replicas(tree: Tree) -> bool:
    """Tell whether Argo CD is told to leave the number of replicas alone."""
    return any(
        "/spec/replicas" in str(entry.get("jsonPointers"))
        or ".spec.replicas" in str(entry.get("jqPathExpressions"))
        for application in tree.of("Application", "ApplicationSet")
        for spec in (application.spec, mapping(application.spec, "template", "spec"))
        for _, entry in items(spec, "ignoreDifferences")
    )


def _blocks_drain(root: Root) -> Iterator[Hit]:
    for item in root.of("PodDisruptionBudget", group="policy"):
        field = next(
            (name for name in ("maxUnavailable", "minAvailable") if item.spec.get(name) is not None), None
        )
        if field is None:
            continue
        value = item.spec[field]
        blocked = _is_zero(value) if field == "maxUnavailable" else _needs_all(root, item, value)
        if blocked is not None:
            yield Hit(
                f"`{field}: {value}` lets {blocked} be evicted: a machine with one of them is never drained",
                "allow one pod at least to be away, and run more replicas than must stay",
                item,
                ("spec", field),
            )


def _is_zero(value: Any) -> str | None:
    return "no pod" if scaled(value, 100, up=True) == 0 else None


def _needs_all(root: Root, item: Object, value: Any) -> str | None:
    """Return which pods a budget that needs all of them lets go, in words; None if it lets one go, or nobody can tell."""
    if value == "100%":
        return "no pod"
    total = _pods_of(root, item)
    least = scaled(value, total, up=True) if total else None
    if not total or least is None or least < total:
        return None
    return f"none of the {total} pods" if total > 1 else "not even the only pod"


def _pods_of(root: Root, item: Object) -> int | None:
    """Return how many pods a budget is about at most; None where that cannot be told."""
    selector = item.spec.get("selector")
    pods = selectors.selectable(root, selector, item.namespace)
    if not pods or len(pods) != len(selectors.selected(root, selector, item.namespace)):
        return None
    if any(
        (pod.generated and pod.source.kind != "StatefulSet") or pod.source.kind not in _WITH_REPLICAS
        for pod in pods
    ):
        return None
    return sum(_most(root, pod.source) for pod in pods)


def _most(root: Root, item: Object) -> int:
    """Return the most replicas of a workload: its own number, or the bound of its autoscaler."""
    for scaler in root.of("HorizontalPodAutoscaler", "ScaledObject"):
        if at(scaler.spec, "scaleTargetRef", "name") == item.name:
            bounds = [quantity.count(scaler.spec.get(field)) for field in ("maxReplicas", "maxReplicaCount")]
            return max((bound for bound in bounds if bound is not None), default=100)
    return known.replicas(item)


CHECKS = (
    Check(
        "gpu-surge-deadlock",
        WARNING,
        "object",
        _surge,
        why="A rolling update starts the new pod first. Where every GPU is taken by the old ones it waits for ever, and the update never ends.",
        fix="Let the old pod go first: `maxSurge: 0` with `maxUnavailable: 1`, or `Recreate` for a single replica. Or declare the cluster's capacity, if it has GPUs to spare.",
        kinds=frozenset({"Deployment", "InferenceService"}),
    ),
    Check(
        "gpu-budget",
        INFO,
        "root",
        _budget,
        why="Pods that the cluster has no accelerators for stay pending; which ones they are is a matter of chance.",
        fix="Run fewer replicas, spread models over fewer accelerators, or get more of them and declare so.",
    ),
    Check(
        "hpa-replicas-fight",
        WARNING,
        "root",
        _replicas_fight,
        why="Every apply sets the written number of replicas, and the autoscaler changes it again: pods come and go at each sync.",
        fix="Leave `replicas` out of a workload that an autoscaler scales, or let Argo CD ignore the field.",
    ),
    Check(
        "pdb-blocks-drain",
        WARNING,
        "root",
        _blocks_drain,
        why="A budget that lets no pod go blocks every drain: upgrades of the cluster stop at that machine.",
        fix="Use `maxUnavailable: 1`, and two replicas or more for what must not pause.",
    ),
)

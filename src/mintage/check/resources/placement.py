"""The check of tolerations: a pod with accelerators must tolerate the taints of the machines that have them.

Taints are known from MachineSets and Karpenter's NodePools in the tree, and from what other pods of the tree tolerate.
Whether the cluster adds tolerations itself (the admission plugin ExtendedResourceToleration) is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mintage.check.interface import WARNING, Check, Hit, Other
from mintage.check.resources.accelerators import Demand, demands, is_filled_later, root_of
from mintage.tree.objects import at, items, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.tree.objects import Object, Path, Pod
    from mintage.tree.tree import Root, Tree

_HARD = ("NoSchedule", "NoExecute")
# Kinds that make machines: where the labels and the taints of their nodes stand.
_MACHINES: dict[tuple[str, str], tuple[Path, Path]] = {
    ("machine.openshift.io", "MachineSet"): (
        ("spec", "template", "spec", "metadata", "labels"),
        ("spec", "template", "spec", "taints"),
    ),
    ("karpenter.sh", "NodePool"): (
        ("spec", "template", "metadata", "labels"),
        ("spec", "template", "spec", "taints"),
    ),
}


@dataclass(frozen=True)
class Machines:
    """Machines that an object makes: the labels of their nodes, and the taints that keep pods away, with their paths."""

    source: Object
    labels: dict[str, Any]
    taints: tuple[tuple[Path, dict[str, Any]], ...]


def machines(root: Root) -> tuple[Machines, ...]:
    """Return the machines that objects of a root, or of those beside it, make."""
    return root.once(_machines)


def _machines(root: Root) -> tuple[Machines, ...]:
    found = []
    for (group, kind), (labels, taints) in _MACHINES.items():
        for item in (item for near in (root, *root.companions) for item in near.of(kind, group=group)):
            hard = (
                ((*taints, index), taint)
                for index, taint in items(item.document, *taints)
                if taint.get("effect") in _HARD
            )
            found.append(Machines(item, mapping(item.document, *labels), tuple(hard)))
    return tuple(found)


def machines_of(pod: Pod, tree: Tree) -> list[Machines]:
    """Return the machines that a pod's nodeSelector asks for; none where it asks for nothing."""
    wanted, root = mapping(pod.spec, "nodeSelector"), root_of(tree, pod.owner)
    if not wanted or root is None:
        return []
    return [found for found in machines(root) if wanted.items() <= found.labels.items()]


def tolerates(pod: Pod, taint: dict[str, Any]) -> bool:
    """Tell whether a pod tolerates a taint, as `ToleratesTaint` in Kubernetes 1.32 does."""
    return any(_matches(toleration, taint) for _, toleration in items(pod.spec, "tolerations"))


def _matches(toleration: dict[str, Any], taint: dict[str, Any]) -> bool:
    if toleration.get("effect") not in (None, "", taint.get("effect")):
        return False
    if toleration.get("key") not in (None, "", taint.get("key")):
        return False
    if toleration.get("operator") == "Exists":
        return True
    return bool(toleration.get("key")) and (toleration.get("value") or "") == (taint.get("value") or "")


def _toleration_missing(root: Root) -> Iterator[Hit]:
    pods = [(pod, demand) for pod in root.pods if (demand := _demand(pod, root.tree)) is not None]
    for pod, demand in pods:
        if is_filled_later(pod):
            continue
        refused = _refused(pod, root.tree)
        if refused is not None:
            yield _of_machines(pod, demand, *refused)
        else:
            peer = next((other for other, _ in pods if _tells(other, pod, demand)), None)
            if peer is not None:
                yield _of_peer(pod, demand, peer)


def _demand(pod: Pod, tree: Tree) -> Demand | None:
    """Return the first extended resource of accelerators that a pod asks for."""
    found = (demand for one in pod.containers for demand in demands(one, tree) or ())
    return next((demand for demand in found if "/" in demand.name), None)


def _refused(pod: Pod, tree: Tree) -> tuple[Machines, Path, dict[str, Any]] | None:
    """Return a taint that keeps a pod from machines it asks for, if every kind of them has one."""
    first = None
    for found in machines_of(pod, tree):
        taint = next(((path, taint) for path, taint in found.taints if not tolerates(pod, taint)), None)
        if taint is None:
            return None
        first = first or (found, *taint)
    return first


def _tells(peer: Pod, pod: Pod, demand: Demand) -> bool:
    """Tell whether another pod tolerates the taint of an accelerator's machines, to which this one goes as well."""
    taint = {"key": demand.name, "effect": "NoSchedule", "value": _value(peer, demand.name)}
    keys = [toleration.get("key") for _, toleration in items(peer.spec, "tolerations")]
    wanted = mapping(pod.spec, "nodeSelector")
    if demand.name not in keys or tolerates(pod, taint):
        return False
    return not wanted or wanted == mapping(peer.spec, "nodeSelector")


def _value(peer: Pod, key: str) -> Any:
    values = (found.get("value") for _, found in items(peer.spec, "tolerations") if found.get("key") == key)
    return next(values, None)


def _place(pod: Pod, demand: Demand) -> Path:
    return (*pod.path, "tolerations") if at(pod.spec, "tolerations") else demand.path


def _of_machines(pod: Pod, demand: Demand, found: Machines, path: Path, taint: dict[str, Any]) -> Hit:
    text = f"{taint.get('key')}={taint.get('value') or ''}:{taint.get('effect')}"
    return Hit(
        f"it asks for `{demand.name}` on machines of `{found.source.name}`, but does not tolerate their taint `{text}`",
        f"add a toleration of `{taint.get('key')}`",
        pod.owner,
        _place(pod, demand),
        on_key=bool(at(pod.spec, "tolerations")),
        others=(Other("the taint", found.source, path),),
    )


def _of_peer(pod: Pod, demand: Demand, peer: Pod) -> Hit:
    return Hit(
        f"it asks for `{demand.name}`, but does not tolerate a taint of that name, as {peer.owner.kind} `{peer.owner.name}` does",
        f"add the toleration `{{key: {demand.name}, operator: Exists, effect: NoSchedule}}`",
        pod.owner,
        _place(pod, demand),
        on_key=bool(at(pod.spec, "tolerations")),
        others=(Other("the toleration of another pod", peer.owner, (*peer.path, "tolerations")),),
    )


CHECKS = (
    Check(
        "gpu-toleration-missing",
        WARNING,
        "root",
        _toleration_missing,
        why="Machines with accelerators are tainted, to keep other pods off them. A pod without the toleration stays pending, on a cluster with free GPUs.",
        fix="Give every pod that asks for the accelerator the toleration that the machines need.",
    ),
)

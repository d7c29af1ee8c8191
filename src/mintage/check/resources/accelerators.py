"""How many accelerators a container gets, by extended resources or by claims of dynamic resource allocation.

Claims are read as resource.k8s.io v1 and v1beta1 have them (Kubernetes 1.32 to 1.34). Where a number cannot be told,
the answer is None: a template, a class of devices that nobody here knows, devices of which all or the first are taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mintage.check import known, quantity
from mintage.check.tables import accelerator_vendor
from mintage.tree.objects import at, items, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.tree.objects import Container, Object, Path, Pod
    from mintage.tree.tree import Root, Tree

# Of these, one device of the plugin is one rank of a tensor-parallel group; TPUs and Neuron cores count otherwise.
_WHOLE = frozenset({"nvidia", "amd", "intel-gaudi", "intel"})
_PARTS = (".shared", "/mig-")
_CLAIMS = {"resourceClaimTemplateName": "ResourceClaimTemplate", "resourceClaimName": "ResourceClaim"}
_DEVICES: dict[str, Path] = {
    "ResourceClaimTemplate": ("spec", "spec", "devices", "requests"),
    "ResourceClaim": ("spec", "devices", "requests"),
}
PROFILE = "opendatahub.io/hardware-profile-name"
QUEUE = "kueue.x-k8s.io/queue-name"


@dataclass(frozen=True, slots=True)
class Demand:
    """Accelerators of one kind that a container gets: the resource or class of devices, whose it is, how many."""

    name: str
    vendor: str
    count: int
    path: Path

    @property
    def is_whole(self) -> bool:
        """Whether each is a whole device, which can be one rank of a model."""
        return self.vendor in _WHOLE and not any(part in self.name for part in _PARTS)


def demands(container: Container, tree: Tree) -> tuple[Demand, ...] | None:
    """Return the accelerators that a container gets; None where that cannot be told."""
    found: list[Demand] = []
    for name, path, value in _amounts(container):
        vendor, number = accelerator_vendor(name), quantity.count(value)
        if vendor is not None and number is None:
            return None
        if vendor is not None and number:
            found.append(Demand(name, vendor, number, path))
    for index, claim in items(container.document, "resources", "claims"):
        claimed = _claimed(container, claim, tree, (*container.path, "resources", "claims", index))
        if claimed is None:
            return None
        found += claimed
    return tuple(found)


def _amounts(container: Container) -> Iterator[tuple[str, Path, Any]]:
    """Yield every resource once, the limit before the request."""
    seen: set[str] = set()
    for field in ("limits", "requests"):
        for name, value in mapping(container.document, "resources", field).items():
            if isinstance(name, str) and name not in seen:
                seen.add(name)
                yield name, (*container.path, "resources", field, name), value


def _claimed(container: Container, claim: dict[str, Any], tree: Tree, path: Path) -> list[Demand] | None:
    devices = _requests(container.pod, claim.get("name"), tree)
    if devices is None:
        return None
    wanted = claim.get("request")
    found = []
    for device in devices:
        if wanted is not None and device.get("name") != wanted:
            continue
        demand = _device(device, path)
        if demand is None:
            return None
        found.append(demand)
    return found


def _requests(pod: Pod, name: Any, tree: Tree) -> list[dict[str, Any]] | None:
    root = root_of(tree, pod.owner)
    for _, claim in items(pod.spec, "resourceClaims"):
        if claim.get("name") != name or root is None:
            continue
        source = {**claim, **mapping(claim, "source")}
        for field, kind in _CLAIMS.items():
            target = source.get(field)
            found = root.find(kind, target, pod.namespace) if isinstance(target, str) else None
            if found is not None:
                return [device for _, device in items(found.document, *_DEVICES[kind])]
    return None


def _device(device: dict[str, Any], path: Path) -> Demand | None:
    exactly = device.get("exactly", device)
    if not isinstance(exactly, dict) or "firstAvailable" in device:
        return None
    if exactly.get("allocationMode") not in (None, "ExactCount"):
        return None
    name, number = exactly.get("deviceClassName"), quantity.count(exactly.get("count", 1))
    vendor = accelerator_vendor(name) if isinstance(name, str) else None
    return None if vendor is None or number is None else Demand(str(name), vendor, number, path)


def root_of(tree: Tree, item: Object) -> Root | None:
    """Return the root that an object is in; None for one that no root reaches."""
    return tree.once(_roots).get(item)


def _roots(tree: Tree) -> dict[Object, Root]:
    return {item: root for root in tree.roots for item in root.objects}


def whole_devices(container: Container, tree: Tree) -> tuple[int, Demand] | None:
    """Return how many whole accelerators a container gets, with the first demand; None for none, or if it cannot be told."""
    found = demands(container, tree)
    if not found or not all(demand.is_whole for demand in found) or len({one.vendor for one in found}) > 1:
        return None
    return sum(demand.count for demand in found), found[0]


def is_filled_later(pod: Pod) -> bool:
    """Tell whether something in the cluster adds resources, tolerations or volumes to a pod before it runs.

    KServe merges the runtime of a model and the bases of an LLMInferenceService into it, hardware profiles of Open Data Hub
    set resources and tolerations, Kueue adds the tolerations of a flavor.
    """
    owner = pod.owner
    if (
        owner.annotations.get(PROFILE)
        or owner.labels.get(QUEUE)
        or owner.kind.startswith("LLMInferenceService")
    ):
        return True
    return pod.role == "predictor" and not items(pod.spec, "containers")


def pods_wanted(item: Object) -> Iterator[tuple[Pod, int]]:
    """Yield the pods of an object with how many of each run at a time; nothing where that cannot be told."""
    if item.spec.get("suspend") is True:
        return
    for pod in item.pods:
        number = _number(item, pod)
        if number:
            yield pod, number


def _number(item: Object, pod: Pod) -> int | None:
    if item.group == "serving.kserve.io":
        return _of_kserve(item, pod)
    if item.group == "ray.io":
        return _of_ray(item, pod)
    if item.kind == "LeaderWorkerSet":
        return _of_lws(item, pod)
    if item.kind in {
        "Deployment",
        "StatefulSet",
        "ReplicaSet",
        "ReplicationController",
        "Rollout",
        "DeploymentConfig",
    }:
        return known.replicas(item)
    if item.kind == "Job":
        return quantity.count(item.spec.get("parallelism", 1))
    return 1 if item.kind == "Pod" else None


def _of_kserve(item: Object, pod: Pod) -> int | None:
    if item.kind == "InferenceService" and pod.role in {"predictor", "transformer", "explainer"}:
        return quantity.count(pod.spec.get("minReplicas", 1))
    if item.kind == "LLMInferenceService" and pod.role in {"decode", "prefill"}:
        holder = item.spec if pod.role == "decode" else mapping(item.spec, "prefill")
        return quantity.count(holder.get("replicas", 1)) if "worker" not in holder else None
    return None


def _of_ray(item: Object, pod: Pod) -> int | None:
    if pod.role != "worker":
        return 1
    group = mapping(item.document, *pod.path[:-2])
    numbers = [
        quantity.count(group.get(field, default)) for field, default in (("replicas", 0), ("numOfHosts", 1))
    ]
    return None if None in numbers else (numbers[0] or 0) * (numbers[1] or 0)


def _of_lws(item: Object, pod: Pod) -> int | None:
    size = quantity.count(at(item.spec, "leaderWorkerTemplate", "size", default=1))
    groups = quantity.count(item.spec.get("replicas", 1))
    if size is None or groups is None:
        return None
    has_leader = any(other.role == "leader" for other in item.pods)
    return groups * (1 if pod.role == "leader" else size - int(has_leader))

"""Checks of Kueue's queues and of what is submitted to them.

Rules are those of Kueue v0.19: the webhooks of pkg/controller/jobs/raycluster and rayjob, and the flavor assigner of
pkg/scheduler. Queues of the name `default` are made by OpenShift AI (DataScienceCluster, `defaultLocalQueueName`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mintage.check import known, quantity
from mintage.check.batch import ray
from mintage.check.interface import ERROR, INFO, WARNING, Check, Hit, Other
from mintage.check.resources.accelerators import QUEUE
from mintage.check.tables import accelerator_vendor
from mintage.errors import did_you_mean
from mintage.tree.objects import at, items, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.tree.objects import Object, Path
    from mintage.tree.tree import Root, Tree

GROUP = "kueue.x-k8s.io"
_ELASTIC = "kueue.x-k8s.io/elastic-job"
_MADE = "default"


def queue_of(item: Object) -> tuple[Path, str] | None:
    """Return the queue that an object is submitted to, with the path of the name."""
    for field, texts in (("labels", item.labels), ("annotations", item.annotations)):
        name = texts.get(QUEUE)
        if name and _is_name(name):
            return ("metadata", field, QUEUE), name
    return None


def _is_name(text: str) -> bool:
    return "$" not in text and "{{" not in text


def _local_queue_missing(root: Root) -> Iterator[Hit]:
    for item in root.objects:
        for path, name in _queues(item):
            if name != _MADE and not known.exists(root, "LocalQueue", name, item.namespace):
                names = {queue.name for queue in root.tree.of("LocalQueue")}
                yield Hit(
                    f"`{QUEUE}` names `{name}`, but there is no such LocalQueue in {_place(item)}",
                    did_you_mean(name, names) or "add the LocalQueue to the same namespace",
                    item,
                    path,
                )


def _queues(item: Object) -> Iterator[tuple[Path, str]]:
    """Yield the queues that an object and the templates of its pods are submitted to."""
    if found := queue_of(item):
        yield found
    for pod in item.pods:
        path: Path = (*pod.path[:-1], "metadata", "labels", QUEUE)
        name = at(item.document, *path)
        if pod.path != ("spec",) and isinstance(name, str) and _is_name(name):
            yield path, name


def _place(item: Object) -> str:
    return f"the namespace `{item.namespace}`" if item.namespace else "its namespace"


def _cluster_queue_missing(root: Root) -> Iterator[Hit]:
    for item in root.of("LocalQueue", group=GROUP):
        name = item.spec.get("clusterQueue")
        if isinstance(name, str) and name not in {"", _MADE} and not known.exists(root, "ClusterQueue", name):
            names = {queue.name for queue in root.tree.of("ClusterQueue")}
            yield Hit(
                f"the LocalQueue hands over to `{name}`, but there is no such ClusterQueue",
                did_you_mean(name, names)
                or f"add the ClusterQueue, or declare `ClusterQueue/{name}` under `externals: objects`",
                item,
                ("spec", "clusterQueue"),
            )


def _queue_unused(root: Root) -> Iterator[Hit]:
    for item in root.of("LocalQueue", group=GROUP):
        near = [other for beside in (root, *root.companions) for other in beside.objects]
        if item.name in {"", _MADE} or not any(_is_queueable(other, item) for other in near):
            continue
        if not any(_says(other.document, item.name) for other in near if other is not item):
            yield Hit(
                f"nothing is submitted to the LocalQueue `{item.name}`",
                f"label workloads with `{QUEUE}: {item.name}`, or drop the queue",
                item,
                ("metadata", "name"),
            )


def _is_queueable(item: Object, queue: Object) -> bool:
    """Tell whether the tree holds workloads of a queue's namespace at all: else others submit to it."""
    return bool(item.pods) and item.namespace == queue.namespace


def _says(value: Any, name: str) -> bool:
    """Tell whether any text in a value contains a name."""
    if isinstance(value, dict):
        return any(_says(item, name) for item in value.values())
    if isinstance(value, list):
        return any(_says(item, name) for item in value)
    return isinstance(value, str) and name in value


def _flavor_uncovered(root: Root) -> Iterator[Hit]:
    for item in root.objects:
        queues = _cluster_queues(root, item) if item.pods else []
        covered = _covered(queues)
        if covered is None:
            continue
        queue = queues[0]
        for name, path in _asked(item).items():
            if name not in covered:
                yield Hit(
                    f"it asks for `{name}`, which no flavor of the ClusterQueue `{queue.name}` covers: Kueue never admits it",
                    f"add `{name}` to `coveredResources` and give its flavors a quota of it",
                    item,
                    path,
                    others=(Other("what the queue covers", queue, ("spec", "resourceGroups")),),
                )


def _cluster_queues(root: Root, item: Object) -> list[Object]:
    """Return the ClusterQueues that may admit an object: several, where a folder holds alternatives of one name."""
    found = queue_of(item)
    if found is None or mapping(item.spec, "clusterSelector"):
        return []  # Kueue does not manage a RayJob on a cluster that is there already
    names = [
        local.spec.get("clusterQueue")
        for local in _alternatives(root, "LocalQueue", found[1], item.namespace)
    ]
    return [
        queue
        for name in dict.fromkeys(name for name in names if isinstance(name, str))
        for queue in _alternatives(root, "ClusterQueue", name, None)
    ]


def _alternatives(root: Root, kind: str, name: str, namespace: str | None) -> list[Object]:
    """Return all queues of a name in a root, or the one beside it."""
    own = [
        item
        for item in root.of(kind, group=GROUP)
        if item.name == name and (item.namespace == namespace or None in (item.namespace, namespace))
    ]
    beside = root.find(kind, name, namespace)
    return own or ([beside] if beside is not None else [])


def _covered(queues: list[Object]) -> set[str] | None:
    """Return the resources that any of some ClusterQueues covers; None where nobody can tell."""
    groups = [group for queue in queues for _, group in items(queue.spec, "resourceGroups")]
    names = {
        name
        for group in groups
        for name in at(group, "coveredResources", default=[]) or []
        if isinstance(name, str)
    }
    return names or None


def _asked(item: Object) -> dict[str, Path]:
    """Return the resources that the pods of an object ask for, with the first place that says so.

    Only those count that every Kueue counts: a cluster's configuration may leave out, or rename, other ones.
    """
    found: dict[str, Path] = {}
    for container in item.containers:
        for field in ("requests", "limits"):
            for name, value in mapping(container.document, "resources", field).items():
                if (name in {"cpu", "memory"} or accelerator_vendor(str(name))) and quantity.parse(value):
                    found.setdefault(name, (*container.path, "resources", field, name))
    return found


def _ray_autoscaling(item: Object, _: Tree) -> Iterator[Hit]:
    spec, queue = ray.cluster_spec(item), queue_of(item)
    if spec is None or queue is None or spec[1].get("enableInTreeAutoscaling") is not True:
        return
    if item.annotations.get(_ELASTIC) != "true":
        yield Hit(
            f"`enableInTreeAutoscaling` is true in a cluster that waits in the queue `{queue[1]}`: Kueue refuses it",
            f"turn the autoscaler off, or annotate the object with `{_ELASTIC}: 'true'` where Kueue's ElasticJobsViaWorkloadSlices is on",
            item,
            (*spec[0], "enableInTreeAutoscaling"),
            others=(Other("the queue", item, queue[0]),),
        )


CHECKS = (
    Check(
        "ref-localqueue-missing",
        ERROR,
        "root",
        _local_queue_missing,
        why="Kueue keeps a workload suspended for ever whose queue is not in its namespace; no event on the workload's pods tells, for there are none.",
        fix="Name a LocalQueue of the workload's own namespace.",
    ),
    Check(
        "ref-clusterqueue-missing",
        WARNING,
        "root",
        _cluster_queue_missing,
        why="A LocalQueue without its ClusterQueue is inactive: it takes workloads and never admits one.",
        fix="Add the ClusterQueue, or declare it as an external object if administrators make it.",
    ),
    Check(
        "kueue-queue-unused",
        INFO,
        "root",
        _queue_unused,
        why="Workloads without the label run at once, past every quota: a queue that nobody uses often means a label that was forgotten.",
        fix="Label the workloads with the queue, or drop the queue.",
    ),
    Check(
        "kueue-flavor-uncovered",
        ERROR,
        "root",
        _flavor_uncovered,
        why="Kueue admits a workload only if its ClusterQueue has a quota for every resource that the pods ask for, CPU and memory included.",
        fix="Cover the resource in the ClusterQueue, with a quota in each flavor of the group.",
    ),
    Check(
        "kueue-ray-autoscaling",
        WARNING,
        "object",
        _ray_autoscaling,
        why="Kueue reserves the quota of a cluster once. Its webhook refuses a cluster that may grow by itself, unless it is an elastic job.",
        fix="Turn the autoscaler off, or make the cluster an elastic job.",
        kinds=ray.KINDS,
    ),
)

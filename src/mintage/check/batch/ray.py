"""Checks of RayClusters, RayJobs and RayServices, with the rules of the KubeRay operator.

Rules are those of KubeRay v1.7.0: ray-operator/controllers/ray/utils/validation.go (`validateDeletionConfiguration`) and
util.go (`GetWorkerGroupDesiredReplicas`). What a program does with its variables is not known here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import yaml

from mintage.check import quantity
from mintage.check.interface import ERROR, INFO, WARNING, Check, Hit, Other
from mintage.check.resources.accelerators import QUEUE
from mintage.tree.objects import at, items, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.tree.objects import Container, Object, Path
    from mintage.tree.tree import Root, Tree

GROUP = "ray.io"
_SPECS: dict[str, Path] = {
    "RayCluster": ("spec",),
    "RayJob": ("spec", "rayClusterSpec"),
    "RayService": ("spec", "rayClusterConfig"),
}
KINDS = frozenset(_SPECS)
_CLUSTER = "ray.io/cluster"
# Images whose tag begins with the version of Ray: rayproject/ray and its flavours, quay.io/modh/ray.
_IMAGE = re.compile(r"(?:.*/)?ray(?:-ml|-llm)?:(?P<version>\d+\.\d+\.\d+)(?![0-9])[^/]*")
_VERSION = re.compile(r"v?(?P<version>\d+\.\d+\.\d+)(?![0-9]).*")
_WORKERS = re.compile(r"(?:NUM_)?RAY_(?:NUM_)?WORKERS?(?:_COUNT|_REPLICAS|_NUM)?")
_PER_WORKER = re.compile(r"(?:\w+_)?PER_WORKER")


def cluster_spec(item: Object) -> tuple[Path, dict[str, Any]] | None:
    """Return the spec of the cluster that an object makes, with its path; None where it makes none."""
    path = _SPECS.get(item.kind) if item.group == GROUP else None
    spec = at(item.document, *path) if path else None
    return (path, spec) if path and isinstance(spec, dict) else None


@dataclass(frozen=True)
class WorkerGroup:
    """A worker group; numbers are None where nobody wrote them, or no whole ones."""

    path: Path
    document: dict[str, Any]

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.document.get("groupName") or "")

    def number(self, field: str) -> int | None:
        """Return a field that is a number."""
        return quantity.count(self.document.get(field))

    @cached_property
    def workers(self) -> int | None:
        """How many workers there will be without an autoscaler; None where it cannot be told."""
        replicas, hosts = self.document.get("replicas", 0), self.document.get("numOfHosts", 1)
        wanted, each = quantity.count(replicas), quantity.count(hosts)
        if wanted is None or each is None:
            return None
        wanted = max(wanted, self.number("minReplicas") or 0)
        most = self.number("maxReplicas")
        return each * (wanted if most is None else min(wanted, most))


def worker_groups(item: Object) -> list[WorkerGroup]:
    """Return the worker groups of the cluster that an object makes, suspended ones left out."""
    found = cluster_spec(item)
    if found is None:
        return []
    path, spec = found
    groups = items(spec, "workerGroupSpecs")
    return [
        WorkerGroup((*path, "workerGroupSpecs", index), group)
        for index, group in groups
        if group.get("suspend") is not True
    ]


def autoscales(item: Object) -> bool:
    """Tell whether Ray's autoscaler runs, or may run, in the cluster that an object makes."""
    found = cluster_spec(item)
    value = found[1].get("enableInTreeAutoscaling") if found else None
    return value is not None and value is not False


def _bounds(item: Object, _: Tree) -> Iterator[Hit]:
    for group in worker_groups(item):
        least, most = group.number("minReplicas"), group.number("maxReplicas")
        if least is not None and most is not None and least > most:
            yield Hit(
                f"worker group `{group.name}` asks for at least {least} and at most {most} replicas",
                "make `minReplicas` the smaller number",
                item,
                (*group.path, "minReplicas"),
                others=(Other("the most replicas", item, (*group.path, "maxReplicas")),),
            )
            continue
        yield from _outside(item, group, least, most)


def _outside(item: Object, group: WorkerGroup, least: int | None, most: int | None) -> Iterator[Hit]:
    replicas = group.number("replicas")
    if replicas is None:
        return
    field, bound = ("minReplicas", least) if least is not None and replicas < least else ("maxReplicas", most)
    if bound is None or (field == "maxReplicas" and replicas <= bound):
        return
    yield Hit(
        f"worker group `{group.name}` wants {replicas} replicas, but its `{field}` is {bound}: KubeRay makes {bound}",
        "bring `replicas` within `minReplicas` and `maxReplicas`",
        item,
        (*group.path, "replicas"),
        others=(Other("the bound", item, (*group.path, field)),),
    )


def _autoscaling_ignored(item: Object, _: Tree) -> Iterator[Hit]:
    found = cluster_spec(item)
    if found is None or autoscales(item):
        return
    path, spec = found
    if isinstance(spec.get("autoscalerOptions"), dict):
        yield Hit(
            "`autoscalerOptions` are set, but `enableInTreeAutoscaling` is not true: no autoscaler runs",
            "set `enableInTreeAutoscaling: true`, or drop the options",
            item,
            (*path, "autoscalerOptions"),
            on_key=True,
        )
    if QUEUE in {*item.labels, *item.annotations}:
        return  # Kueue refuses the autoscaler, and may read the bounds itself
    for group in worker_groups(item):
        yield from _idle_bounds(item, group)


def _idle_bounds(item: Object, group: WorkerGroup) -> Iterator[Hit]:
    replicas, least, most = (group.number(field) for field in ("replicas", "minReplicas", "maxReplicas"))
    if replicas is None or least is None or most is None or not least <= replicas <= most or least == most:
        return
    yield Hit(
        f"worker group `{group.name}` may have {least} to {most} replicas, but `enableInTreeAutoscaling` is not true: it stays at {replicas}",
        f"set `enableInTreeAutoscaling: true`, or make both bounds {replicas}",
        item,
        (*group.path, "maxReplicas"),
    )


def _ttl(item: Object, _: Tree) -> Iterator[Hit]:
    seconds = quantity.count(item.spec.get("ttlSecondsAfterFinished"))
    shutdown = item.spec.get("shutdownAfterJobFinishes")
    if item.group != GROUP or not seconds or shutdown not in (None, False):
        return
    yield Hit(
        f"`ttlSecondsAfterFinished` is {seconds}, but `shutdownAfterJobFinishes` is not true: KubeRay refuses the job",
        "set `shutdownAfterJobFinishes: true`, or drop the time to live",
        item,
        ("spec", "ttlSecondsAfterFinished"),
    )


def _ray_containers(item: Object) -> list[Container]:
    """Return the container of each pod in which Ray runs: the first one."""
    firsts = (next((one for one in pod.containers if not one.init), None) for pod in item.pods)
    return [container for container in firsts if container is not None]


def _image_version(container: Container) -> str | None:
    found = _IMAGE.fullmatch(container.image.partition("@")[0])
    return found["version"] if found else None


def _version_mismatch(item: Object, _: Tree) -> Iterator[Hit]:
    found = cluster_spec(item)
    if found is None:
        return
    path, spec = found
    images = [(one, version) for one in _ray_containers(item) if (version := _image_version(one))]
    declared = _VERSION.fullmatch(str(spec.get("rayVersion") or ""))
    versions = {version for _, version in images}
    if declared and len(versions) == 1 and declared["version"] not in versions:
        first = images[0][0]
        yield Hit(
            f"`rayVersion` is {spec['rayVersion']}, but the image `{first.image}` holds Ray {images[0][1]}",
            f"set `rayVersion: {images[0][1]}`, or take the image of that version",
            item,
            (*path, "rayVersion"),
            others=(Other("the image", item, (*first.path, "image")),),
        )
    elif len(versions) > 1:
        yield from _mixed(item, declared["version"] if declared else images[0][1], images)


def _mixed(item: Object, expected: str, images: list[tuple[Container, str]]) -> Iterator[Hit]:
    for container, version in images:
        if version != expected:
            yield Hit(
                f"container `{container.name}` runs Ray {version}, the cluster is one of Ray {expected}",
                "let the head and all workers run one version of Ray",
                item,
                (*container.path, "image"),
            )


def _env_mismatch(root: Root) -> Iterator[Hit]:
    for item in root.of("RayCluster", "RayJob", "RayService", group=GROUP):
        cluster = _cluster_of(root, item)
        if cluster is not None and cluster_spec(cluster) is not None:
            seen: set[tuple[str, int]] = set()
            for name, path, value, factors in _said(item):
                hit = _judged(item, cluster, name, path, value, factors)
                if hit is not None and (name, value) not in seen:
                    seen.add((name, value))
                    yield hit


def _cluster_of(root: Root, item: Object) -> Object | None:
    """Return the object that makes the cluster of another: itself, or the RayCluster that a job selects."""
    name = mapping(item.spec, "clusterSelector").get(_CLUSTER)
    if item.kind != "RayJob" or not isinstance(name, str):
        return item
    return root.find("RayCluster", name, item.namespace)


def _said(item: Object) -> Iterator[tuple[str, Path, int, list[int]]]:
    """Yield the variables that tell how many workers there are: name, path, value, and what is said per worker."""
    for container in _ray_containers(item):
        texts = {name: (*path, "value") for name, (path, _) in container.env.items()}
        values = {name: quantity.count(container.env_value(name)) for name in texts}
        yield from _counts(values, texts)
    text = item.spec.get("runtimeEnvYAML")
    if item.kind == "RayJob" and isinstance(text, str):
        variables = _env_vars(text)
        place: Path = ("spec", "runtimeEnvYAML")
        values = {name: quantity.count(value) for name, value in variables.items()}
        yield from _counts(values, dict.fromkeys(values, place))


def _env_vars(text: str) -> dict[str, Any]:
    try:
        found = mapping(yaml.safe_load(text), "env_vars")
    except (yaml.YAMLError, ValueError):
        return {}
    return {name: value for name, value in found.items() if isinstance(name, str)}


def _counts(
    values: dict[str, int | None], paths: dict[str, Path]
) -> Iterator[tuple[str, Path, int, list[int]]]:
    factors = [value for name, value in values.items() if value and _PER_WORKER.fullmatch(name)]
    for name, value in values.items():
        if value is not None and _WORKERS.fullmatch(name):
            yield name, paths[name], value, factors


def _judged(
    item: Object, cluster: Object, name: str, path: Path, value: int, factors: list[int]
) -> Hit | None:
    groups = worker_groups(cluster)
    workers = [group.workers for group in groups]
    if not groups or None in workers or autoscales(cluster):
        return None
    total = sum(number for number in workers if number is not None)
    right = {total, *(total * factor for factor in factors), *_cores(cluster, groups)}
    if value in right:
        return None
    products = "".join(f" ({total * factor} with {factor} for each)" for factor in factors)
    noun = "worker" if total == 1 else "workers"
    return Hit(
        f"`{name}` is {value}, but the cluster has {total} {noun}{products}",
        "say the number of workers that the cluster has, or change the replicas",
        item,
        path,
        others=(Other("the replicas", cluster, (*groups[0].path, "replicas")),),
    )


def _cores(cluster: Object, groups: list[WorkerGroup]) -> Iterator[int]:
    """Yield how many cores or accelerators all workers have: programs start one actor for each."""
    for name, field in (("cpu", "requests"), ("cpu", "limits"), ("nvidia.com/gpu", "limits")):
        amounts = [
            quantity.parse(
                at(
                    cluster.document,
                    *group.path,
                    "template",
                    "spec",
                    "containers",
                    0,
                    "resources",
                    field,
                    name,
                )
            )
            for group in groups
        ]
        yield int(
            sum((amount or 0) * (group.workers or 0) for amount, group in zip(amounts, groups, strict=True))
        )


CHECKS = (
    Check(
        "rayjob-ttl-without-shutdown",
        ERROR,
        "object",
        _ttl,
        why="A time to live counts from the shutdown of the cluster. Without the shutdown KubeRay refuses the job, and its status says so, nothing else.",
        fix="Set `shutdownAfterJobFinishes: true`, or drop `ttlSecondsAfterFinished`.",
        kinds=frozenset({"RayJob"}),
    ),
    Check(
        "ray-env-replica-mismatch",
        WARNING,
        "root",
        _env_mismatch,
        why="A program that is told of more workers than there are waits for them for ever; one that is told of fewer leaves some idle.",
        fix="Make the variable the number of workers, that number times what is said to run per worker, or the number of their cores.",
    ),
    Check(
        "ray-autoscaling-ignored",
        INFO,
        "object",
        _autoscaling_ignored,
        why="Bounds and options of the autoscaler do nothing while it does not run: the cluster keeps the size it was given.",
        fix="Set `enableInTreeAutoscaling: true`, or make the bounds equal to the replicas.",
        kinds=KINDS,
    ),
    Check(
        "ray-version-image-mismatch",
        WARNING,
        "object",
        _version_mismatch,
        why="Ray's processes refuse to work with those of another version, and KubeRay chooses the autoscaler by `rayVersion`.",
        fix="Let `rayVersion` and the images of the head, the workers and the submitter be of one version.",
        kinds=KINDS,
    ),
    Check(
        "ray-replicas-bounds",
        ERROR,
        "object",
        _bounds,
        why="KubeRay silently makes as many workers as the bounds allow, which is not what was asked for.",
        fix="Keep `minReplicas` <= `replicas` <= `maxReplicas`.",
        kinds=KINDS,
    ),
)

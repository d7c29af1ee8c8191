"""Mutations for the checks of queues, Ray clusters and groups of pods."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from check.mutations.mutation import Mutation
from mintage.spec.validation import Accepted, Rules

if TYPE_CHECKING:
    from check.mutations.mutation import Objects

QUEUE = "kueue.x-k8s.io/queue-name"


def _cluster(objects: Objects) -> dict[str, Any]:
    found: dict[str, Any] = objects.get("RayCluster", "zelda-rl")
    return found


def _workers(objects: Objects) -> dict[str, Any]:
    group: dict[str, Any] = _cluster(objects)["spec"]["workerGroupSpecs"][0]
    return group


def _add_group(objects: Objects) -> None:
    group = _workers(objects)["template"]
    labels = {"app": "sweep"}
    pod = {"metadata": {"labels": labels}, "spec": group["spec"]}
    pod["spec"]["containers"] = pod["spec"]["containers"][:1]
    container = pod["spec"]["containers"][0]
    container["command"] = ["bash", "multi-node-serving.sh", "leader", "--ray_cluster_size=4"]
    container["image"] = "quay.io/cnuland/zelda-kuberay-worker:1.0.0"
    del container["ports"]
    objects.add(
        {
            "apiVersion": "leaderworkerset.x-k8s.io/v1",
            "kind": "LeaderWorkerSet",
            "metadata": {"name": "sweep"},
            "spec": {"replicas": 1, "leaderWorkerTemplate": {"size": 2, "workerTemplate": pod}},
        }
    )


def _name_other_queue(objects: Objects) -> None:
    _cluster(objects)["metadata"]["labels"][QUEUE] = "zelda-ray-queue-2"


def _hand_over_to_nobody(objects: Objects) -> None:
    objects.add(
        {
            "apiVersion": "kueue.x-k8s.io/v1beta2",
            "kind": "LocalQueue",
            "metadata": {"name": "default"},
            "spec": {"clusterQueue": "nightly"},
        }
    )


def _forget_label(objects: Objects) -> None:
    del _cluster(objects)["metadata"]["labels"][QUEUE]


def _cover_memory_alone(objects: Objects) -> None:
    quota = {"name": "default", "resources": [{"name": "memory", "nominalQuota": "2Ti"}]}
    name = objects.get("LocalQueue", "zelda-ray-queue")["spec"]["clusterQueue"]
    objects.add(
        {
            "apiVersion": "kueue.x-k8s.io/v1beta2",
            "kind": "ClusterQueue",
            "metadata": {"name": name, "namespace": None},
            "spec": {"resourceGroups": [{"coveredResources": ["memory"], "flavors": [quota]}]},
        }
    )


def _autoscale(objects: Objects) -> None:
    _cluster(objects)["spec"]["enableInTreeAutoscaling"] = True


def _keep_cluster(objects: Objects) -> None:
    job = objects.get("RayJob", "zelda-rl-rollouts-*")
    job["metadata"]["name"] = "zelda-rl-rollouts"  # its digest is not for a test to know
    job["spec"]["ttlSecondsAfterFinished"] = 600


def _promise_workers(objects: Objects) -> None:
    env = _cluster(objects)["spec"]["headGroupSpec"]["template"]["spec"]["containers"][0]["env"]
    next(entry for entry in env if entry["name"] == "RAY_WORKERS")["value"] = "31"


def _add_cluster(objects: Objects) -> None:
    cluster = deepcopy(_cluster(objects))
    cluster["metadata"]["name"] = "nightly"
    del cluster["metadata"]["labels"][QUEUE]
    objects.add(cluster)


def _change_version(objects: Objects) -> None:
    for group in (_cluster(objects)["spec"]["headGroupSpec"], _workers(objects)):
        group["template"]["spec"]["containers"][0]["image"] = "rayproject/ray:2.47.1-py311"


def _cross_bounds(objects: Objects) -> None:
    _workers(objects).update(minReplicas=6, maxReplicas=5)


CLUSTER = "RayCluster zelda-rl-prod/zelda-rl"
UNKNOWN = (
    "schema-missing",
    "crd-provider-missing",
)  # the workspace has no schema of the kind, and no operator for it
ACCEPTED = (Accepted(check="image-latest", reason="as in the workspace"),)
MUTATIONS = (
    Mutation("lws-size-mismatch", "LeaderWorkerSet zelda-rl-prod/sweep", _add_group, also=UNKNOWN),
    Mutation("ref-localqueue-missing", CLUSTER, _name_other_queue),
    Mutation("ref-clusterqueue-missing", "LocalQueue zelda-rl-prod/default", _hand_over_to_nobody),
    Mutation(
        "kueue-queue-unused",
        "LocalQueue zelda-rl-prod/zelda-ray-queue",
        _forget_label,
        also=("ray-autoscaling-ignored",),
    ),
    Mutation("kueue-flavor-uncovered", CLUSTER, _cover_memory_alone, also=("schema-missing",)),
    Mutation("kueue-ray-autoscaling", CLUSTER, _autoscale),
    Mutation("rayjob-ttl-without-shutdown", "RayJob zelda-rl-prod/zelda-rl-rollouts", _keep_cluster),
    Mutation("ray-env-replica-mismatch", CLUSTER, _promise_workers),
    Mutation(
        "ray-autoscaling-ignored",
        "RayCluster zelda-rl-prod/nightly",
        _add_cluster,
        rules=Rules(accept=ACCEPTED),
    ),
    Mutation("ray-version-image-mismatch", CLUSTER, _change_version),
    Mutation("ray-replicas-bounds", CLUSTER, _cross_bounds),
)

"""Queues exist, cover what is asked for and are used, as far as the tree tells."""

from __future__ import annotations

from typing import Any

import pytest

from mintage.check.batch import CHECKS
from mintage.check.run import findings
from mintage.spec.validation import Externals
from mintage.tree.tree import of_documents

QUEUE = "kueue.x-k8s.io/queue-name"


def job(queue: str | None = "q", limits: dict[str, Any] | None = None, **requests: Any) -> dict[str, Any]:
    """Return a Job in the namespace n."""
    labels = {} if queue is None else {QUEUE: queue}
    container = {"name": "main", "resources": {"requests": requests, "limits": limits or {}}}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "j", "namespace": "n", "labels": labels},
        "spec": {"template": {"spec": {"containers": [container]}}},
    }


def local(name: str = "q", target: str = "c", namespace: str = "n") -> dict[str, Any]:
    """Return a LocalQueue."""
    metadata = {"name": name, "namespace": namespace}
    spec = {"clusterQueue": target}
    return {"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "LocalQueue", "metadata": metadata, "spec": spec}


def cluster(*names: str) -> dict[str, Any]:
    """Return a ClusterQueue."""
    spec = {"resourceGroups": [{"coveredResources": list(names)}]}
    return {
        "apiVersion": "kueue.x-k8s.io/v1beta2",
        "kind": "ClusterQueue",
        "metadata": {"name": "c"},
        "spec": spec,
    }


def found(id: str, *documents: dict[str, Any], **settings: Any) -> list[str]:  # noqa: A002 - the field's name
    """Return what a check says of objects in one root."""
    tree = of_documents({"a": documents}, **settings)
    return [hit.message for hit in findings(tree, CHECKS) if hit.id == id]


LOCAL, CLUSTER, UNUSED, UNCOVERED = "ref-localqueue-missing", "ref-clusterqueue-missing", "kueue-queue-unused", "kueue-flavor-uncovered"  # fmt: skip


def test_a_queue_is_looked_for_in_the_namespace_of_the_workload() -> None:
    """One of another namespace does not do."""
    message = f"`{QUEUE}` names `q`, but there is no such LocalQueue in the namespace `n`"
    assert found(LOCAL, job(), local()) == []
    assert found(LOCAL, job(), local(namespace="m")) == [message]
    assert found(LOCAL, job()) == [message]


@pytest.mark.parametrize("queue", ["default", "$(QUEUE)", "{{ queue }}", None])
def test_queues_that_others_make_are_not_missing(queue: str | None) -> None:
    """OpenShift AI makes `default`; a template is filled in later."""
    assert found(LOCAL, job(queue)) == []


def test_the_template_of_pods_may_name_a_queue() -> None:
    """As it must for the pods of a Deployment."""
    item = job(None)
    item["spec"]["template"]["metadata"] = {"labels": {QUEUE: "q"}}
    assert len(found(LOCAL, item)) == 1
    assert found(LOCAL, item, local()) == []


def test_administrators_make_cluster_queues() -> None:
    """Where that is declared."""
    assert found(CLUSTER, local()) == ["the LocalQueue hands over to `c`, but there is no such ClusterQueue"]
    assert found(CLUSTER, local(), cluster("cpu")) == []
    assert found(CLUSTER, local(), externals=Externals(objects=("ClusterQueue/*",))) == []


def test_a_queue_that_nobody_names_is_unused() -> None:
    """If the tree has workloads of its namespace at all."""
    assert found(UNUSED, local(), job(None)) == ["nothing is submitted to the LocalQueue `q`"]
    assert found(UNUSED, local()) == []
    assert found(UNUSED, local(), job()) == []


def test_a_program_may_submit_to_a_queue() -> None:
    """It is told the name by a variable, or by an argument."""
    item = job(None)
    item["spec"]["template"]["spec"]["containers"][0]["args"] = ["--queue=q"]
    assert found(UNUSED, local(), item) == []


@pytest.mark.parametrize(
    ("item", "names"),
    [
        (job(cpu=1, memory="1Gi"), []),
        (job(cpu=1, limits={"nvidia.com/gpu": 1}), ["nvidia.com/gpu"]),
        (job(limits={"nvidia.com/gpu": 0}), []),
        (job(limits={"rdma/ib": 1}), []),
        (job("other", limits={"nvidia.com/gpu": 1}), []),
    ],
)
def test_a_quota_is_needed_for_every_resource(item: dict[str, Any], names: list[str]) -> None:
    """Resources that a cluster's configuration may leave out are not judged."""
    messages = found(UNCOVERED, item, local(), cluster("cpu", "memory"))
    expected = "it asks for `{}`, which no flavor of the ClusterQueue `c` covers: Kueue never admits it"
    assert messages == [expected.format(name) for name in names]


def ray(**annotations: str) -> dict[str, Any]:
    """Return a RayCluster with an autoscaler in a queue."""
    metadata = {"name": "r", "namespace": "n", "labels": {QUEUE: "q"}, "annotations": annotations}
    spec = {"enableInTreeAutoscaling": True, "workerGroupSpecs": []}
    return {"apiVersion": "ray.io/v1", "kind": "RayCluster", "metadata": metadata, "spec": spec}


def test_a_cluster_in_a_queue_does_not_grow() -> None:
    """Unless it is an elastic job."""
    assert found("kueue-ray-autoscaling", ray()) == [
        "`enableInTreeAutoscaling` is true in a cluster that waits in the queue `q`: Kueue refuses it"
    ]
    assert found("kueue-ray-autoscaling", ray(**{"kueue.x-k8s.io/elastic-job": "true"})) == []


def group(size: int, *args: str, policy: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return a LeaderWorkerSet."""
    container = {"name": "main", "image": "vllm/vllm-openai:v0.11.0", "args": ["--model=acme/x", *args]}
    template: dict[str, Any] = {"size": size, "workerTemplate": {"spec": {"containers": [container]}}}
    if policy:
        template["subGroupPolicy"] = policy
    return {"apiVersion": "leaderworkerset.x-k8s.io/v1", "kind": "LeaderWorkerSet", "metadata": {"name": "l"}, "spec": {"leaderWorkerTemplate": template}}  # fmt: skip


@pytest.mark.parametrize(
    ("item", "wrong"),
    [
        (group(2, "--nnodes=2"), False),
        (group(2, "--nnodes=3"), True),
        (group(2, "--nnodes=$(LWS_GROUP_SIZE)"), False),
        (group(2, "--data-parallel-size=16", "--data-parallel-size-local=8"), False),
        (group(4, "--data-parallel-size=16", "--data-parallel-size-local=8"), True),
        (group(2, "--data-parallel-size=16"), False),
        (group(4, policy={"subGroupSize": 2}), False),
        (group(5, policy={"subGroupSize": 2}), False),
        (group(5, policy={"subGroupSize": 3}), True),
    ],
)
def test_the_pods_of_a_group_know_its_size(item: dict[str, Any], wrong: bool) -> None:
    """By arguments, and by the sizes of subgroups."""
    assert bool(found("lws-size-mismatch", item)) is wrong


@pytest.mark.parametrize(("text", "wrong"), [("--ray_cluster_size=2", False), ("--ray_cluster_size 4", True), ("--ray_cluster_size=$(LWS_GROUP_SIZE)", False)])  # fmt: skip
def test_a_script_for_ray_is_told_the_size(text: str, wrong: bool) -> None:
    """In a command of its own."""
    item = group(2)
    container = item["spec"]["leaderWorkerTemplate"]["workerTemplate"]["spec"]["containers"][0]
    container["command"] = ["sh", "-c", f"bash multi-node-serving.sh leader {text}; vllm serve acme/x"]
    del container["args"]
    assert bool(found("lws-size-mismatch", item)) is wrong


def test_queues_of_one_name_are_alternatives() -> None:
    """In a folder of samples each file may bring its own setup: what one of them covers is covered."""
    beside = {**cluster("cpu", "nvidia.com/gpu"), "kind": "ClusterQueue"}
    asking = job(limits={"nvidia.com/gpu": 1})
    assert found(UNCOVERED, asking, local(), cluster("cpu")) != []
    assert found(UNCOVERED, asking, local(), local(), cluster("cpu"), beside) == []


def test_a_queue_beside_the_root_is_found() -> None:
    """Queues are often made by another kustomization than the workloads."""
    tree = of_documents({"a": [job(limits={"nvidia.com/gpu": 1})], "b": [local(), cluster("cpu")]})
    assert [hit.id for hit in findings(tree, CHECKS)] == [UNCOVERED]


def test_known_queues_are_named_once() -> None:
    """However many files make one of a name."""
    tree = of_documents({"a": [job("main"), local("team-a"), local("team-a")]})
    assert [hit.advice for hit in findings(tree, CHECKS) if hit.id == LOCAL] == ["known: `team-a`"]

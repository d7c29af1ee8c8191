"""Ray clusters and jobs are judged by the rules of KubeRay; what programs are told of workers by what they get."""

from __future__ import annotations

from typing import Any

import pytest

from mintage.check.batch import CHECKS
from mintage.check.run import findings
from mintage.tree.tree import of_documents


def cluster(*groups: dict[str, Any], image: str = "rayproject/ray:2.47.1", **spec: Any) -> dict[str, Any]:
    """Return a RayCluster."""
    head = {
        "template": {"spec": {"containers": [{"name": "head", "image": image, "env": spec.pop("env", [])}]}}
    }
    return {
        "apiVersion": "ray.io/v1",
        "kind": "RayCluster",
        "metadata": {"name": "a"},
        "spec": {"headGroupSpec": head, "workerGroupSpecs": list(groups), **spec},
    }


def group(image: str = "rayproject/ray:2.47.1", cpu: int = 4, **fields: Any) -> dict[str, Any]:
    """Return a worker group."""
    container = {"name": "worker", "image": image, "resources": {"requests": {"cpu": cpu}}}
    return {"groupName": "g", "template": {"spec": {"containers": [container]}}, **fields}


def job(**spec: Any) -> dict[str, Any]:
    """Return a RayJob."""
    return {"apiVersion": "ray.io/v1", "kind": "RayJob", "metadata": {"name": "j"}, "spec": spec}


def messages(id: str, *documents: dict[str, Any]) -> list[str]:  # noqa: A002 - the field's name
    """Return what a check says of objects in one root."""
    return [hit.message for hit in findings(of_documents({"a": documents}), CHECKS) if hit.id == id]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"replicas": 3, "minReplicas": 1, "maxReplicas": 5}, None),
        ({"replicas": 3}, None),
        ({"minReplicas": 1}, None),
        ({"replicas": "{{ n }}", "maxReplicas": 5}, None),
        ({"replicas": 9, "maxReplicas": 5, "suspend": True}, None),
        (
            {"replicas": 9, "maxReplicas": 5},
            "worker group `g` wants 9 replicas, but its `maxReplicas` is 5: KubeRay makes 5",
        ),
        (
            {"replicas": 0, "minReplicas": 2},
            "worker group `g` wants 0 replicas, but its `minReplicas` is 2: KubeRay makes 2",
        ),
        (
            {"replicas": 3, "minReplicas": 4, "maxReplicas": 2},
            "worker group `g` asks for at least 4 and at most 2 replicas",
        ),
    ],
)
def test_replicas_stay_within_their_bounds(fields: dict[str, Any], message: str | None) -> None:
    """Bounds that are not given do not bind."""
    assert messages("ray-replicas-bounds", cluster(group(**fields))) == ([message] if message else [])


@pytest.mark.parametrize(
    ("spec", "fields", "number"),
    [
        ({}, {"replicas": 2, "minReplicas": 1, "maxReplicas": 5}, 1),
        ({}, {"replicas": 2, "minReplicas": 2, "maxReplicas": 2}, 0),
        ({}, {"replicas": 2, "maxReplicas": 5}, 0),
        ({"enableInTreeAutoscaling": True}, {"replicas": 2, "minReplicas": 1, "maxReplicas": 5}, 0),
        ({"enableInTreeAutoscaling": "{{ on }}"}, {"replicas": 2, "minReplicas": 1, "maxReplicas": 5}, 0),
        ({"enableInTreeAutoscaling": False, "autoscalerOptions": {"idleTimeoutSeconds": 60}}, {}, 1),
    ],
)
def test_bounds_are_for_an_autoscaler(spec: dict[str, Any], fields: dict[str, Any], number: int) -> None:
    """So are its options."""
    assert len(messages("ray-autoscaling-ignored", cluster(group(**fields), **spec))) == number


@pytest.mark.parametrize(
    ("spec", "wrong"),
    [
        ({"ttlSecondsAfterFinished": 60}, True),
        ({"ttlSecondsAfterFinished": 60, "shutdownAfterJobFinishes": False}, True),
        ({"ttlSecondsAfterFinished": 60, "shutdownAfterJobFinishes": True}, False),
        ({"ttlSecondsAfterFinished": 0}, False),
        ({}, False),
    ],
)
def test_a_time_to_live_needs_the_shutdown(spec: dict[str, Any], wrong: bool) -> None:
    """KubeRay refuses it otherwise."""
    assert bool(messages("rayjob-ttl-without-shutdown", job(**spec))) is wrong


@pytest.mark.parametrize(
    ("version", "head", "worker", "message"),
    [
        ("2.47.1", "rayproject/ray:2.47.1-py311", "quay.io/modh/ray:2.47.1-py311-cu121", None),
        ("2.47.1", "ghcr.io/acme/train:1", "ghcr.io/acme/train:1", None),
        ("2.47.1", "rayproject/ray:nightly", "rayproject/ray:latest", None),
        ("2.47.1", "rayproject/ray:2.47.1@sha256:" + 64 * "0", "rayproject/ray:2.47.1", None),
        (
            "2.9.0",
            "rayproject/ray:2.47.1",
            "rayproject/ray-ml:2.47.1-gpu",
            "`rayVersion` is 2.9.0, but the image `rayproject/ray:2.47.1` holds Ray 2.47.1",
        ),
        (
            None,
            "rayproject/ray:2.47.1",
            "rayproject/ray:2.46.0",
            "container `worker` runs Ray 2.46.0, the cluster is one of Ray 2.47.1",
        ),
    ],
)
def test_all_processes_are_of_one_version(
    version: str | None, head: str, worker: str, message: str | None
) -> None:
    """As far as tags tell."""
    spec = {} if version is None else {"rayVersion": version}
    found = messages("ray-version-image-mismatch", cluster(group(worker, replicas=1), image=head, **spec))
    assert found == ([message] if message else [])


def variables(**values: Any) -> list[dict[str, Any]]:
    """Return environment variables."""
    return [{"name": name, "value": str(value)} for name, value in values.items()]


ENV = "ray-env-replica-mismatch"


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"RAY_WORKERS": 3}, False),
        ({"RAY_NUM_WORKERS": 12}, False),
        ({"RAY_WORKERS": 18, "ENVS_PER_WORKER": 6}, False),
        ({"RAY_WORKERS": 18}, True),
        ({"NUM_RAY_WORKERS": 4}, True),
        ({"RAY_WORKERS": "$(N)"}, False),
        ({"WEB_WORKERS": 18}, False),
    ],
)
def test_a_program_is_told_of_the_workers_that_there_are(values: dict[str, Any], wrong: bool) -> None:
    """Their number, that times what runs in each, or their cores: here 3 with 4 cores."""
    assert bool(messages(ENV, cluster(group(replicas=3), env=variables(**values)))) is wrong


def test_both_numbers_are_told() -> None:
    """And the product that would have been right."""
    assert messages(ENV, cluster(group(replicas=3), env=variables(RAY_WORKERS=30, ENVS_PER_WORKER=6))) == [
        "`RAY_WORKERS` is 30, but the cluster has 3 workers (18 with 6 for each)"
    ]


def test_an_autoscaler_changes_the_number() -> None:
    """Then nobody can tell."""
    item = cluster(group(replicas=3), env=variables(RAY_WORKERS=30), enableInTreeAutoscaling=True)
    assert messages(ENV, item) == []


@pytest.mark.parametrize(("text", "wrong"), [("env_vars: {RAY_WORKERS: '9'}", True), ("env_vars: {RAY_WORKERS: 3}", False), ("env_vars: [", False), ("- a", False)])  # fmt: skip
def test_a_job_tells_its_program_as_well(text: str, wrong: bool) -> None:
    """By the runtime environment, for the cluster that it selects."""
    item = job(clusterSelector={"ray.io/cluster": "a"}, runtimeEnvYAML=text)
    assert bool(messages(ENV, cluster(group(replicas=3)), item)) is wrong
    assert messages(ENV, item) == []


@pytest.mark.parametrize("field", ["labels", "annotations"])
def test_bounds_of_a_queued_cluster_are_left_alone(field: str) -> None:
    """Kueue refuses the autoscaler: nobody may be told to turn it on."""
    queued = cluster(group(replicas=1, minReplicas=1, maxReplicas=5))
    assert len(messages("ray-autoscaling-ignored", queued)) == 1
    queued["metadata"][field] = {"kueue.x-k8s.io/queue-name": "user-queue"}
    assert messages("ray-autoscaling-ignored", queued) == []

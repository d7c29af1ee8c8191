"""What a RayCluster spec accepts, refuses and shows to other services."""

from __future__ import annotations

import pytest

from mintage.errors import MintageError
from mintage.source import read
from mintage.spec.decode import Layer, Layers, decode
from mintage.spec.exports import MetricsEndpoint, PodPort
from mintage.spec.ray_cluster import RayCluster

PLAIN = """\
kind: RayCluster
name: rollouts
image: registry.test/ray:1
rayVersion: 2.9.0
"""


def cluster(more: str = "", text: str = PLAIN) -> RayCluster:
    """Return the spec that a file of this text holds."""
    document = read("specs/ray.yaml", (text + more).encode())
    return decode(document.value, RayCluster, Layers((Layer(document),)))


def complaints(more: str, text: str = PLAIN) -> list[str]:
    """Return what is wrong with a spec, as `line: message | advice`."""
    with pytest.raises(MintageError) as caught:
        cluster(more, text)
    return [
        f"{problem.location.line}: {problem.message} | {problem.advice}" for problem in caught.value.problems
    ]


def test_an_image_and_a_version_make_a_cluster_of_one_worker() -> None:
    """Everything but image and version has a default."""
    spec = cluster()
    assert (spec.workers.group, spec.workers.replicas, spec.workers.fewest, spec.workers.most) == (
        "workers",
        1,
        1,
        1,
    )


def test_bounds_follow_replicas_until_they_are_given() -> None:
    """Without bounds the group has a fixed size, so KubeRay never clamps what the spec says."""
    assert (
        cluster("workers: {replicas: 4}").workers.fewest,
        cluster("workers: {replicas: 4, max: 9}").workers.most,
    ) == (4, 9)


@pytest.mark.parametrize(
    ("workers", "message"),
    [
        ("{replicas: 5, min: 1, max: 4}", "expected 1 to 4 replicas, got 5"),
        ("{replicas: 1, min: 2, max: 4}", "expected 2 to 4 replicas, got 1"),
        ("{replicas: 0, min: 1}", "expected 1 to 0 replicas, got 0"),
    ],
)
def test_replicas_outside_their_bounds_are_refused(workers: str, message: str) -> None:
    """KubeRay would quietly run another number of workers."""
    assert complaints(f"workers: {workers}") == [f"5: {message} | change `replicas`, `min` or `max`"]


def test_the_name_of_the_heads_group_is_refused_for_workers() -> None:
    """KubeRay and Kueue call the head's group `headgroup`."""
    assert complaints("workers: {group: headgroup}") == [
        "5: `headgroup` is the name of the head's group | choose another name"
    ]


def test_a_name_that_kuberay_refuses_is_refused_here() -> None:
    """A RayCluster's name is a DNS-1035 label of at most 53 characters; both faults are told at once."""
    name = "1" + "a" * 53
    assert complaints("", PLAIN.replace("rollouts", name)) == [
        f"2: the name of a RayCluster begins with a letter, got `{name}` | put a letter first",
        "2: the name of a RayCluster has at most 53 characters, got 54 | choose a shorter name",
    ]


def test_a_job_name_that_kuberay_refuses_is_refused_here() -> None:
    """KubeRay appends to the name of a RayJob, so it is shorter than that of a cluster."""
    name = "j" * 48
    more = f"job:\n  run: python run.py\n  name: {name}\n"
    assert complaints(more) == [
        "7: the name of a RayJob has at most 38 characters, got 48 | choose a shorter name"
    ]


def test_a_default_job_name_that_is_too_long_is_refused() -> None:
    """The name made from the cluster's must fit as well."""
    assert complaints("job: {run: python run.py}", PLAIN.replace("rollouts", "c" * 44)) == [
        "5: the name of a RayJob has at most 38 characters, got 48 | choose a shorter name"
    ]


def test_two_programs_on_one_port_of_the_head_are_refused() -> None:
    """All containers of the head pod share its network."""
    assert complaints("tensorboard: {port: 8080}") == [
        "5: port 8080 is that of `metrics` in the head pod | choose another port"
    ]
    assert complaints("metrics: {rollouts: 8265}") == [
        "5: port 8265 is that of `dashboard` in the head pod | choose another port"
    ]


def test_a_claim_for_one_node_is_refused() -> None:
    """Head and workers run on several nodes."""
    assert complaints("volumes:\n  /data: {pvc: {size: 1Gi}}\n") == [
        "6: head and workers cannot share a ReadWriteOnce claim | use `accessMode: ReadWriteMany`"
    ]
    assert cluster("volumes: {/data: {pvc: {size: 1Gi, accessMode: ReadWriteMany}}}").volumes


@pytest.mark.parametrize("size", ["2", "2G", "2.5Gi", "0Gi"])
def test_shared_memory_is_written_in_mebibytes_or_gibibytes(size: str) -> None:
    """The size of the object store is computed from it."""
    assert complaints(f"head: {{sharedMemory: '{size}'}}") == [
        f"5: `{size}` does not match ^[1-9][0-9]*[MG]i$ | "
    ]


def test_a_secret_cannot_go_into_the_runtime_environment() -> None:
    """The runtime environment is a string in the RayJob that anybody may read."""
    more = "job: {run: python run.py, env: {KEY: {secret: s, key: k}}}"
    assert complaints(more) == [
        "5: expected a string or an integer or a number or true or false, got a mapping | "
    ]


def test_the_identity_is_a_reference() -> None:
    """The account must be that of an Identity of the system."""
    assert [(found.path, found.name, found.kinds) for found in cluster("identity: trainer").references()] == [
        (("identity",), "trainer", ("Identity",))
    ]
    assert list(cluster().references()) == []


def test_the_export_names_the_dashboard_service_and_its_ports() -> None:
    """`@rollouts` is the dashboard and `@rollouts:tensorboard` is TensorBoard."""
    export = cluster("tensorboard: {}\nidentity: trainer\n").exports()
    assert (export.service, export.ports) == ("rollouts-dashboard", {"dashboard": 8265, "tensorboard": 6006})
    assert export.service_account == "trainer"


def test_the_export_has_no_tensorboard_port_without_tensorboard() -> None:
    """A Service shows only ports that something listens on."""
    assert cluster().exports().ports == {"dashboard": 8265}


def test_the_export_tells_pods_by_the_labels_that_kuberay_sets() -> None:
    """Network policies select pods, and KubeRay names them."""
    everywhere = {"ray.io/cluster": "rollouts"}
    ports = {"gcs-server": 6379, "client": 10001, "dashboard": 8265, "metrics": 8080, "rollouts": 9400}
    assert cluster("metrics: {rollouts: 9400}").exports().pods == (
        PodPort(labels={**everywhere, "ray.io/node-type": "head"}, ports=ports),
        PodPort(labels={**everywhere, "ray.io/node-type": "worker"}, ports={"metrics": 8080}),
    )


def test_the_export_has_one_metrics_endpoint_for_each_port() -> None:
    """Prometheus scrapes Ray itself and the driver of the job."""
    labels = {"app": "rollouts-metrics"}
    assert cluster("metrics: {rollouts: 9400}").exports().metrics == (
        MetricsEndpoint(service_labels=labels, port="metrics"),
        MetricsEndpoint(service_labels=labels, port="rollouts"),
    )

"""The objects of a RayCluster: what KubeRay, Kueue, Prometheus and Argo CD get to see."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from kubernetes_schemas import errors
from mintage.render.kinds.ray_cluster import render
from mintage.render.scope import Scope, resolved
from mintage.source import read
from mintage.spec.decode import Layer, Layers, decode
from mintage.spec.exports import Export
from mintage.spec.ray_cluster import RayCluster
from mintage.spec.system import System
from mintage.workspace.decoding import variants

if TYPE_CHECKING:
    from mintage.manifest import Manifest

SPECS = Path(__file__).parents[3] / "specs"
SYSTEM = """\
kind: System
name: lab
catalogues:
  nodePools:
    games: {labels: {pool: games}, taints: [{key: games, value: "true"}]}
"""
PLAIN = """\
kind: RayCluster
name: rollouts
component: training
image: registry.test/ray:1
rayVersion: 2.9.0
"""
FULL = f"""\
{PLAIN}
identity: trainer
queue: {{name: queue, clusterQueue: shared}}
workers: {{group: players, replicas: 2, min: 1, max: 4, pool: games, resources: {{limits: {{cpu: 2}}}}}}
display: {{}}
tensorboard: {{}}
metrics: {{rollouts: 9400}}
volumes: {{/roms: {{configMap: {{name: rom, optional: true}}, readOnly: true}}}}
env: {{STORE: "@store", KEY: {{secret: credentials, key: access-key}}}}
prepare: {{image: registry.test/mc:1, command: [fetch, "@store/roms"]}}
job: {{run: python run.py, env: {{RAY_WORKERS: 6, STORE_AGAIN: "@store", FAST: true}}}}
"""
SECURITY = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def manifests(text: str) -> list[Manifest]:
    """Return the objects of a spec."""
    root, document = read("system.yaml", SYSTEM.encode()), read("ray.yaml", text.encode())
    system = decode(root.value, System, Layers((Layer(root),)))
    store = Export(kind="Workload", name="store", component="storage", service="store", ports={"api": 9000})
    scope = Scope(system, None, {"store": store})
    return render(decode(resolved(document.value, scope), RayCluster, Layers((Layer(document),))), scope)


def objects(text: str) -> dict[str, dict[str, Any]]:
    """Return the objects of a spec by `Kind/name`, a job under its plain name."""
    return {f"{made.kind}/{made.identity or made.name}": made.document for made in manifests(text)}


def pod(group: dict[str, Any]) -> dict[str, Any]:
    """Return the pod of a head or worker group."""
    found: dict[str, Any] = group["template"]["spec"]
    return found


def head(text: str) -> dict[str, Any]:
    """Return the head group of a spec's cluster."""
    found: dict[str, Any] = objects(text)["RayCluster/rollouts"]["spec"]["headGroupSpec"]
    return found


def workers(text: str) -> dict[str, Any]:
    """Return the worker group of a spec's cluster."""
    (found,) = objects(text)["RayCluster/rollouts"]["spec"]["workerGroupSpecs"]
    return dict(found)


def variables(container: dict[str, Any]) -> dict[str, Any]:
    """Return a container's variables by name."""
    return {item["name"]: item.get("value", item.get("valueFrom")) for item in container["env"]}


def test_a_full_spec_yields_every_object_once() -> None:
    """Cluster, job, queue and the two Services, the cluster first."""
    assert list(objects(FULL)) == [
        "RayCluster/rollouts",
        "RayJob/rollouts-job",
        "LocalQueue/queue",
        "Service/rollouts-dashboard",
        "Service/rollouts-metrics",
    ]


def test_a_plain_spec_has_neither_queue_nor_job() -> None:
    """What the spec does not ask for is not there, and the cluster does not wait for a queue."""
    made = objects(PLAIN)
    assert list(made) == ["RayCluster/rollouts", "Service/rollouts-dashboard", "Service/rollouts-metrics"]
    assert "kueue.x-k8s.io/queue-name" not in made["RayCluster/rollouts"]["metadata"]["labels"]


@pytest.mark.crds
@pytest.mark.parametrize("text", [PLAIN, FULL])
def test_the_objects_are_valid(text: str) -> None:
    """KubeRay 1.7 and Kueue 0.19 take them as they are."""
    assert [error for document in objects(text).values() for error in errors(document)] == []


def test_kueue_admits_the_cluster_and_not_the_job() -> None:
    """Kueue refuses a queued job that selects an existing cluster."""
    made = objects(FULL)
    label = "kueue.x-k8s.io/queue-name"
    assert made["RayCluster/rollouts"]["metadata"]["labels"][label] == "queue"
    assert label not in made["RayJob/rollouts-job"]["metadata"]["labels"]
    assert made["LocalQueue/queue"]["apiVersion"] == "kueue.x-k8s.io/v1beta2"
    assert made["LocalQueue/queue"]["spec"] == {"clusterQueue": "shared"}


def test_an_older_kueue_is_one_field_away() -> None:
    """The API version of the queue is data."""
    made = objects(f"{PLAIN}queue: {{name: queue, clusterQueue: shared, version: v1beta1}}")
    assert made["LocalQueue/queue"]["apiVersion"] == "kueue.x-k8s.io/v1beta1"


def test_the_ray_container_is_the_first_and_has_no_command() -> None:
    """KubeRay takes the first container for Ray's and gives it `ray start`."""
    for group, name in ((head(FULL), "ray-head"), (workers(FULL), "ray-worker")):
        first = pod(group)["containers"][0]
        assert first["name"] == name
        assert first.keys().isdisjoint({"command", "args"})


def test_ray_is_told_a_store_that_fits_into_shared_memory() -> None:
    """Ray puts an object store that is larger than /dev/shm on disk."""
    group = head(f"{PLAIN}head: {{sharedMemory: 512Mi}}")
    assert group["rayStartParams"]["object-store-memory"] == str(512 * 1024 * 1024 * 9 // 10)
    assert {"name": "dev-shm", "emptyDir": {"medium": "Memory", "sizeLimit": "512Mi"}} in pod(group)[
        "volumes"
    ]
    assert {"name": "dev-shm", "mountPath": "/dev/shm"} in pod(group)["containers"][0]["volumeMounts"]  # noqa: S108 - a path in the container


def test_ray_start_has_what_the_services_and_the_scheduler_need() -> None:
    """The dashboard listens beyond the pod, metrics are where Prometheus looks, and workers count no GPU."""
    text = f"{PLAIN}metrics: {{port: 8090}}"
    assert head(text)["rayStartParams"]["dashboard-host"] == "0.0.0.0"  # noqa: S104 - what Ray is told
    assert head(text)["rayStartParams"]["metrics-export-port"] == "8090"
    assert workers(text)["rayStartParams"]["num-gpus"] == "0"
    assert workers(text)["rayStartParams"]["metrics-export-port"] == "8090"


def test_the_users_parameters_of_ray_start_win() -> None:
    """What the spec says about `ray start` stands."""
    group = head(f"{PLAIN}head: {{rayStart: {{num-cpus: '0', object-store-memory: '100000000'}}}}")
    assert group["rayStartParams"]["num-cpus"] == "0"
    assert group["rayStartParams"]["object-store-memory"] == "100000000"


def test_replicas_and_bounds_reach_the_worker_group() -> None:
    """KubeRay wants all three."""
    group = workers(FULL)
    assert [group[key] for key in ("groupName", "replicas", "minReplicas", "maxReplicas")] == [
        "players",
        2,
        1,
        4,
    ]


def test_workers_ask_for_their_node_pool_and_no_accelerator() -> None:
    """GPUs are for the model servers."""
    worker = pod(workers(FULL))
    assert worker["nodeSelector"] == {"pool": "games"}
    assert worker["tolerations"] == [
        {"key": "games", "operator": "Equal", "value": "true", "effect": "NoSchedule"}
    ]
    assert worker["containers"][0]["resources"] == {"limits": {"cpu": "2"}}
    assert "nodeSelector" not in pod(head(FULL))


def test_a_display_is_a_sidecar_that_ray_reaches_by_a_socket() -> None:
    """Xvfb and the Ray container share the folder of X sockets; the head has no display."""
    ray, x_server = pod(workers(FULL))["containers"]
    assert x_server["command"] == ["Xvfb", ":99", "-screen", "0", "1024x768x16"]
    assert x_server["image"] == ray["image"]
    assert variables(ray)["DISPLAY"] == ":99"
    shared = {"name": "tmp-x11-unix", "mountPath": "/tmp/.X11-unix"}  # noqa: S108 - a path in the container
    assert shared in ray["volumeMounts"]
    assert x_server["volumeMounts"] == [shared]
    assert {"name": "tmp-x11-unix", "emptyDir": {}} in pod(workers(FULL))["volumes"]
    assert "DISPLAY" not in variables(pod(head(FULL))["containers"][0])


def test_tensorboard_reads_the_folder_that_the_driver_writes() -> None:
    """The driver finds the folder in TENSORBOARD_LOGDIR, on the volume that TensorBoard has too."""
    ray, tensorboard = pod(head(FULL))["containers"]
    assert tensorboard["command"] == ["tensorboard", "--logdir=/tensorboard", "--host=0.0.0.0", "--port=6006"]
    assert tensorboard["ports"] == [{"name": "tensorboard", "containerPort": 6006}]
    assert variables(ray)["TENSORBOARD_LOGDIR"] == "/tensorboard"
    assert tensorboard["volumeMounts"] == [{"name": "tensorboard", "mountPath": "/tensorboard"}]
    assert tensorboard["volumeMounts"][0] in ray["volumeMounts"]


def test_a_volume_mounted_at_the_logs_keeps_them() -> None:
    """A claim takes the place of the scratch space, and is claimed."""
    text = f"{PLAIN}tensorboard: {{}}\nvolumes: {{/tensorboard: {{pvc: {{size: 5Gi, accessMode: ReadWriteMany}}}}}}"
    claim = {"name": "tensorboard", "persistentVolumeClaim": {"claimName": "rollouts-tensorboard"}}
    assert [volume for volume in pod(head(text))["volumes"] if volume["name"] == "tensorboard"] == [claim]
    assert "PersistentVolumeClaim/rollouts-tensorboard" in objects(text)


def test_volumes_are_mounted_in_head_and_workers() -> None:
    """The driver may make an environment of its own, so the head needs the ROM as well."""
    for group in (head(FULL), workers(FULL)):
        assert {"name": "roms", "configMap": {"name": "rom", "optional": True}} in pod(group)["volumes"]
        mount = {"name": "roms", "mountPath": "/roms", "readOnly": True}
        assert mount in pod(group)["containers"][0]["volumeMounts"]


def test_prepare_runs_before_ray_with_its_variables_and_volumes() -> None:
    """A ROM that no ConfigMap holds can be fetched into a volume of Ray's."""
    for group in (head(FULL), workers(FULL)):
        (first,) = pod(group)["initContainers"]
        assert first["command"] == ["fetch", "http://store:9000/roms"]
        assert variables(first)["STORE"] == "http://store:9000"
        assert first["volumeMounts"] == pod(group)["containers"][0]["volumeMounts"]


def test_references_and_secrets_reach_the_ray_containers() -> None:
    """Variables of the spec are those of head and workers."""
    for group in (head(FULL), workers(FULL)):
        found = variables(pod(group)["containers"][0])
        assert found["STORE"] == "http://store:9000"
        assert found["KEY"] == {"secretKeyRef": {"name": "credentials", "key": "access-key"}}


def test_the_job_gets_its_numbers_as_strings_and_so_do_runs_by_hand() -> None:
    """Ray refuses a runtime environment whose variables are not strings."""
    spec = objects(FULL)["RayJob/rollouts-job"]["spec"]
    expected = {"RAY_WORKERS": "6", "STORE_AGAIN": "http://store:9000", "FAST": "true"}
    assert yaml.safe_load(spec["runtimeEnvYAML"]) == {"env_vars": expected}
    for group in (head(FULL), workers(FULL)):
        assert expected.items() <= variables(pod(group)["containers"][0]).items()


def test_a_job_without_variables_has_no_runtime_environment() -> None:
    """An empty runtime environment says nothing."""
    made = objects(f"{PLAIN}job: {{run: python run.py}}")
    assert "runtimeEnvYAML" not in made["RayJob/rollouts-job"]["spec"]


def test_the_job_selects_the_cluster_and_leaves_it_alone() -> None:
    """A job that selects a cluster must not suspend, retry or outlive it; one with a TTL would run again and again."""
    spec = objects(FULL)["RayJob/rollouts-job"]["spec"]
    assert spec["clusterSelector"] == {"ray.io/cluster": "rollouts"}
    assert spec["entrypoint"] == "python run.py"
    forbidden = {
        "suspend",
        "backoffLimit",
        "ttlSecondsAfterFinished",
        "shutdownAfterJobFinishes",
        "deletionStrategy",
        "rayClusterSpec",
    }
    assert spec.keys().isdisjoint(forbidden)


def test_a_changed_job_is_a_new_job_and_the_cluster_stays() -> None:
    """A RayJob that has run does not run again unless it is made anew; a cluster is changed in place."""
    names = []
    for entrypoint in ("python run.py", "python run.py --again"):
        text = FULL.replace("python run.py", entrypoint)
        names.append({m.identity or m.name: m.name for m in manifests(text)})
    assert names[0]["rollouts"] == names[1]["rollouts"] == "rollouts"
    assert names[0]["rollouts-job"] != names[1]["rollouts-job"]


def test_the_submitter_is_the_container_that_kuberay_looks_for() -> None:
    """KubeRay fills in the command of `ray-job-submitter`; the pod never restarts by itself."""
    submitter = objects(FULL)["RayJob/rollouts-job"]["spec"]["submitterPodTemplate"]["spec"]
    (container,) = submitter["containers"]
    assert (container["name"], container["image"]) == ("ray-job-submitter", "registry.test/ray:1")
    assert "command" not in container
    assert (submitter["restartPolicy"], submitter["serviceAccountName"]) == ("Never", "trainer")


def test_every_container_is_restricted_and_runs_as_the_identity() -> None:
    """The Pod Security Standard holds for sidecars and the submitter as well."""
    made = objects(FULL)
    templates = [
        pod(head(FULL)),
        pod(workers(FULL)),
        made["RayJob/rollouts-job"]["spec"]["submitterPodTemplate"]["spec"],
    ]
    assert [template["serviceAccountName"] for template in templates] == ["trainer"] * 3
    containers = [
        c for template in templates for c in (*template.get("initContainers", ()), *template["containers"])
    ]
    assert len(containers) == 7
    assert all(container["securityContext"] == SECURITY for container in containers)


def test_pods_leave_the_label_to_kuberay_that_its_head_service_selects() -> None:
    """KubeRay's own Service finds the head by `app.kubernetes.io/name: kuberay`."""
    for group in (head(FULL), workers(FULL)):
        labels = group["template"]["metadata"]["labels"]
        assert "app.kubernetes.io/name" not in labels
        assert labels["app"] == "rollouts"


def test_the_dashboard_service_reaches_named_ports_of_the_head() -> None:
    """Each target is a named port of the head pod, which has the selected labels from KubeRay."""
    service = objects(FULL)["Service/rollouts-dashboard"]["spec"]
    assert service["selector"] == {"ray.io/cluster": "rollouts", "ray.io/node-type": "head"}
    named = {
        port["name"]: port["containerPort"]
        for container in pod(head(FULL))["containers"]
        for port in container["ports"]
    }
    assert {port["name"]: port["port"] for port in service["ports"]} == {
        "dashboard": 8265,
        "tensorboard": 6006,
    }
    assert all(named[port["targetPort"]] == port["port"] for port in service["ports"])


def test_the_metrics_service_is_headless_and_lists_all_pods() -> None:
    """Prometheus scrapes each pod, and finds the Service by a label that KubeRay's own does not have."""
    service = objects(FULL)["Service/rollouts-metrics"]
    assert service["metadata"]["labels"]["app"] == "rollouts-metrics"
    assert service["spec"]["clusterIP"] == "None"
    assert service["spec"]["selector"] == {"ray.io/cluster": "rollouts"}
    assert [port["name"] for port in service["spec"]["ports"]] == ["metrics", "rollouts"]


def test_the_driver_is_told_its_metrics_port() -> None:
    """The program listens where the Service points."""
    ray = pod(head(FULL))["containers"][0]
    assert variables(ray)["METRICS_PORT"] == "9400"
    assert {"name": "rollouts", "containerPort": 9400} in ray["ports"]


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ("dev", (1, 1, 2, "3", "3", "10000", "1024", False)),
        ("staging", (3, 2, 5, "18", "6", "30720", "8192", True)),
        ("prod", (5, 3, 10, "30", "6", "61440", "32768", True)),
    ],
)
def test_the_platforms_environments_have_their_sizes(environment: str, expected: tuple[Any, ...]) -> None:
    """1 worker x 3 environments in dev, 3 x 6 in staging, 5 x 6 in prod; only dev does without the node pool."""
    document, root = (read(name, (SPECS / name).read_bytes()) for name in ("ray.yaml", "system.yaml"))
    system = decode(root.value, System, Layers((Layer(root),)))
    spec = variants(document, system, root)[environment].spec
    assert isinstance(spec, RayCluster)
    assert spec.job is not None
    numbers = [
        str(spec.job.env[name]) for name in ("RAY_WORKERS", "ENVS_PER_WORKER", "EPISODE_LENGTH", "BATCH_SIZE")
    ]
    assert (
        spec.workers.replicas,
        spec.workers.min,
        spec.workers.max,
        *numbers,
        spec.workers.pool is not None,
    ) == expected

"""RayCluster: the KubeRay cluster and job, the Kueue queue, and the Services of dashboard and metrics.

Rules of KubeRay (v1.7) that shape the output: the Ray container is the first of its pod; without a command of its
own it runs the generated `ray start`; KubeRay sets the labels `ray.io/*` and leaves `app.kubernetes.io/name` to
its own head Service. This module does not know environments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mintage.canonical import yaml_text
from mintage.manifest import Manifest, compact, metadata
from mintage.render import pods
from mintage.render.jobs import once_per_change
from mintage.render.kinds.workload import claims
from mintage.spec.fields import EmptyDir, Volume

if TYPE_CHECKING:
    from mintage.render.scope import Scope
    from mintage.spec.ray_cluster import Display, Node, Prepare, Queue, RayCluster, RayJob, TensorBoard

_SOCKETS = "/tmp/.X11-unix"  # noqa: S108 - where every X client looks for its server


def render(spec: RayCluster, scope: Scope) -> list[Manifest]:
    """Return every object of the cluster, the cluster itself first."""
    manifests = [_cluster(spec, scope)]
    if spec.job:
        manifests.append(_job(spec, spec.job, scope))
    if spec.queue:
        manifests.append(_queue(spec, spec.queue, scope))
    manifests += [_dashboard_service(spec, scope), _metrics_service(spec, scope)]
    return manifests + claims(spec.volumes, spec.name, _labels(spec, scope))


def _labels(spec: RayCluster, scope: Scope, app: str | None = None) -> dict[str, str]:
    return scope.labels(spec.name, spec.folder, app=app or spec.name)


def _cluster(spec: RayCluster, scope: Scope) -> Manifest:
    queue = {"kueue.x-k8s.io/queue-name": spec.queue.name} if spec.queue else {}
    return Manifest(
        {
            "apiVersion": "ray.io/v1",
            "kind": "RayCluster",
            "metadata": metadata(
                spec.name, labels={**_labels(spec, scope), **queue}, annotations=spec.annotations
            ),
            "spec": {
                "rayVersion": spec.ray_version,
                "headGroupSpec": _head(spec, scope),
                "workerGroupSpecs": [_workers(spec, scope)],
            },
        }
    )


def _head(spec: RayCluster, scope: Scope) -> dict[str, Any]:
    volumes = _volumes(spec, spec.head)
    sidecars = []
    env: dict[str, Any] = {}
    if spec.tensorboard:
        volumes = {spec.tensorboard.logs: Volume(empty_dir=EmptyDir()), **volumes}
        sidecars.append(_tensorboard(spec, spec.tensorboard, volumes, scope))
        env["TENSORBOARD_LOGDIR"] = spec.tensorboard.logs
    if spec.metrics.rollouts:
        env["METRICS_PORT"] = spec.metrics.rollouts
    ports = {name: port for name, port in spec.head_ports.items() if name != "tensorboard"}
    ray = _ray(spec, spec.head, scope, name="ray-head", ports=ports, env=env, volumes=volumes)
    start = {"dashboard-host": "0.0.0.0", **_ray_start(spec, spec.head)}  # noqa: S104 - the Service must reach it
    return {"rayStartParams": start, "template": _template(spec, spec.head, scope, [ray, *sidecars], volumes)}


def _workers(spec: RayCluster, scope: Scope) -> dict[str, Any]:
    volumes = _volumes(spec, spec.workers)
    sidecars = []
    env: dict[str, Any] = {}
    if spec.display:
        volumes = {_SOCKETS: Volume(empty_dir=EmptyDir()), **volumes}
        sidecars.append(_x_server(spec, spec.display, volumes, scope))
        env["DISPLAY"] = f":{spec.display.number}"
    ports = {"metrics": spec.metrics.port}
    ray = _ray(spec, spec.workers, scope, name="ray-worker", ports=ports, env=env, volumes=volumes)
    return {
        "groupName": spec.workers.group,
        "replicas": spec.workers.replicas,
        "minReplicas": spec.workers.fewest,
        "maxReplicas": spec.workers.most,
        "rayStartParams": {"num-gpus": "0", **_ray_start(spec, spec.workers)},
        "template": _template(spec, spec.workers, scope, [ray, *sidecars], volumes),
    }


def _ray_start(spec: RayCluster, node: Node) -> dict[str, str]:
    """Return what both groups tell `ray start`.

    Ray would size its object store by the container's memory and, where that is more than /dev/shm, put the store
    on disk; so it is told a size that fits.
    """
    size = int(node.shared_memory[:-2]) * {"Mi": 2**20, "Gi": 2**30}[node.shared_memory[-2:]]
    defaults = {"metrics-export-port": str(spec.metrics.port), "object-store-memory": str(size * 9 // 10)}
    return {**defaults, **node.ray_start}


def _volumes(spec: RayCluster, node: Node) -> dict[str, Volume]:
    memory = Volume(empty_dir=EmptyDir(size=node.shared_memory, memory=True))
    return {"/dev/shm": memory, **spec.volumes}  # noqa: S108 - a path in the container


def _template(
    spec: RayCluster, node: Node, scope: Scope, containers: list[dict[str, Any]], volumes: dict[str, Volume]
) -> dict[str, Any]:
    # KubeRay selects the head by its own app.kubernetes.io/name.
    labels = {key: value for key, value in _labels(spec, scope).items() if key != "app.kubernetes.io/name"}
    first = [_prepare(spec, spec.prepare, scope, volumes)] if spec.prepare else []
    return {
        "metadata": {"labels": labels},
        "spec": {
            **_account(spec),
            **compact(initContainers=first),
            "containers": containers,
            "volumes": pods.volumes(volumes, spec.name),
            **pods.placement(scope, node.pool),
        },
    }


def _account(spec: RayCluster) -> dict[str, str]:
    return {"serviceAccountName": spec.identity} if spec.identity else {}


def _ray(
    spec: RayCluster,
    node: Node,
    scope: Scope,
    *,
    name: str,
    ports: dict[str, int],
    env: dict[str, Any],
    volumes: dict[str, Volume],
) -> dict[str, Any]:
    """Return the container that KubeRay gives `ray start` to; it must be the first of its pod."""
    return {
        "name": name,
        "image": spec.image,
        "ports": [{"name": port, "containerPort": number} for port, number in ports.items()],
        **compact(
            env=pods.environment({**env, **_variables(spec)}),
            resources=pods.resources(node.resources),
            volumeMounts=pods.mounts(volumes),
        ),
        **pods.security(scope),
    }


def _variables(spec: RayCluster) -> dict[str, Any]:
    return {**spec.env, **(spec.job.env if spec.job else {})}


def _prepare(spec: RayCluster, given: Prepare, scope: Scope, volumes: dict[str, Volume]) -> dict[str, Any]:
    small = {"cpu": "100m", "memory": "128Mi"}
    return {
        "name": "prepare",
        "image": given.image,
        "command": list(given.command),
        **compact(env=pods.environment(_variables(spec))),
        "resources": {"requests": small, "limits": small},
        "volumeMounts": pods.mounts(volumes),
        **pods.security(scope),
    }


def _mount_of(path: str, volumes: dict[str, Volume]) -> list[dict[str, Any]]:
    return pods.mounts({path: volumes[path]})


def _tensorboard(
    spec: RayCluster, given: TensorBoard, volumes: dict[str, Volume], scope: Scope
) -> dict[str, Any]:
    return {
        "name": "tensorboard",
        "image": spec.image,
        "command": ["tensorboard", f"--logdir={given.logs}", "--host=0.0.0.0", f"--port={given.port}"],
        "ports": [{"name": "tensorboard", "containerPort": given.port}],
        **compact(resources=pods.resources(given.resources)),
        "volumeMounts": _mount_of(given.logs, volumes),
        **pods.security(scope),
    }


def _x_server(spec: RayCluster, given: Display, volumes: dict[str, Volume], scope: Scope) -> dict[str, Any]:
    return {
        "name": "xvfb",
        "image": spec.image,
        "command": ["Xvfb", f":{given.number}", "-screen", "0", given.screen],
        **compact(resources=pods.resources(given.resources)),
        "volumeMounts": _mount_of(_SOCKETS, volumes),
        **pods.security(scope),
    }


def _job(spec: RayCluster, job: RayJob, scope: Scope) -> Manifest:
    """Return the job.

    It selects a cluster that others own, so it neither shuts it down nor has a time to live (KubeRay would delete
    what Argo CD would then make again), and Kueue, which admits the cluster, does not queue it again.
    """
    variables = {item["name"]: item["value"] for item in pods.environment(job.env)}
    labels = _labels(spec, scope, app=spec.job_name)
    body = {
        "entrypoint": job.run,
        "clusterSelector": {"ray.io/cluster": spec.name},
        **({"runtimeEnvYAML": yaml_text({"env_vars": variables})} if variables else {}),
        "submitterPodTemplate": _submitter(spec, job, scope, labels),
    }
    meta = metadata(spec.job_name, labels=labels)
    return once_per_change({"apiVersion": "ray.io/v1", "kind": "RayJob", "metadata": meta, "spec": body})


def _submitter(spec: RayCluster, job: RayJob, scope: Scope, labels: dict[str, str]) -> dict[str, Any]:
    container = {
        "name": "ray-job-submitter",
        "image": spec.image,
        **compact(resources=pods.resources(job.resources)),
        **pods.security(scope),
    }
    return {
        "metadata": {"labels": labels},
        "spec": {**_account(spec), "restartPolicy": "Never", "containers": [container]},
    }


def _queue(spec: RayCluster, queue: Queue, scope: Scope) -> Manifest:
    return Manifest(
        {
            "apiVersion": f"kueue.x-k8s.io/{queue.version}",
            "kind": "LocalQueue",
            "metadata": metadata(queue.name, labels=_labels(spec, scope)),
            "spec": {"clusterQueue": queue.cluster_queue},
        }
    )


def _dashboard_service(spec: RayCluster, scope: Scope) -> Manifest:
    target = {"selector": spec.pod_labels("head")}
    return _service(spec, scope, spec.dashboard_service, spec.service_ports, target)


def _metrics_service(spec: RayCluster, scope: Scope) -> Manifest:
    """Return a Service for Prometheus alone: a pod without a port of that name is simply not listed under it."""
    target = {"clusterIP": "None", "selector": {"ray.io/cluster": spec.name}}
    return _service(spec, scope, spec.metrics_service, spec.metrics_ports, target)


def _service(
    spec: RayCluster, scope: Scope, name: str, ports: dict[str, int], target: dict[str, Any]
) -> Manifest:
    body = {
        **target,
        "ports": [{"name": port, "port": number, "targetPort": port} for port, number in ports.items()],
    }
    meta = metadata(name, labels=_labels(spec, scope, app=name))
    return Manifest({"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": body})

"""Workload: Deployment, Job or CronJob, with Service, claims, ServiceMonitor, ConfigMap and bucket bootstrap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mintage.digest import digest_of_value
from mintage.manifest import Manifest, compact, metadata
from mintage.render import pods
from mintage.render.jobs import once_per_change
from mintage.render.kinds.identity import service_account

if TYPE_CHECKING:
    from mintage.render.scope import Scope
    from mintage.spec.workload import Buckets, Workload


def render(spec: Workload, scope: Scope) -> list[Manifest]:
    """Return every object of the workload, the main one first."""
    manifests = [_main(spec, scope)]
    if spec.service_account:
        manifests.append(service_account(spec.name, _labels(spec, scope)))
    if spec.config:
        manifests.append(_config(spec, scope))
    if spec.ports:
        manifests.append(_service(spec, scope))
    manifests += claims(spec.volumes, spec.name, _labels(spec, scope))
    if spec.metrics and spec.metrics.monitor:
        manifests.append(_monitor(spec, scope))
    if spec.buckets:
        manifests.append(_bucket_job(spec, spec.buckets, scope))
    return manifests


def _labels(spec: Workload, scope: Scope) -> dict[str, str]:
    return scope.labels(spec.name, spec.folder, **spec.pod_labels)


def _main(spec: Workload, scope: Scope) -> Manifest:
    labels = _labels(spec, scope)
    if spec.run == "service":
        return Manifest(_deployment(spec, scope, labels))
    document = _job(spec, scope, labels)
    return once_per_change(document) if spec.run == "job" else Manifest(document)


def _deployment(spec: Workload, scope: Scope, labels: dict[str, str]) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(spec.name, labels=labels, annotations=spec.annotations),
        "spec": {
            "replicas": spec.replicas,
            **({"strategy": {"type": spec.strategy}} if spec.strategy != "RollingUpdate" else {}),
            "selector": {"matchLabels": spec.pod_labels},
            "template": _template(spec, scope, labels),
        },
    }


def _job(spec: Workload, scope: Scope, labels: dict[str, str]) -> dict[str, Any]:
    body = {
        "backoffLimit": spec.job.retries,
        **compact(activeDeadlineSeconds=spec.job.deadline, ttlSecondsAfterFinished=spec.job.keep),
        "template": _template(spec, scope, labels, restart=spec.job.restart),
    }
    meta = metadata(spec.name, labels=labels, annotations=spec.annotations)
    if spec.run == "job":
        return {"apiVersion": "batch/v1", "kind": "Job", "metadata": meta, "spec": body}
    schedule = {"schedule": spec.job.schedule, "concurrencyPolicy": "Forbid", "jobTemplate": {"spec": body}}
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": meta, "spec": schedule}


def _template(
    spec: Workload, scope: Scope, labels: dict[str, str], restart: str | None = None
) -> dict[str, Any]:
    # Pods that read a ConfigMap only at start must be replaced when it changes: the digest makes them differ.
    annotations = {"mintage.dev/config": digest_of_value(spec.config)[:16]} if spec.config else {}
    return {
        "metadata": compact(labels=labels, annotations=annotations),
        "spec": {
            **({"serviceAccountName": spec.account} if spec.account else {}),
            **({"restartPolicy": restart} if restart else {}),
            "containers": [_container(spec, scope)],
            **compact(volumes=pods.volumes(spec.volumes, spec.name)),
            **pods.placement(scope, spec.pool),
        },
    }


def _container(spec: Workload, scope: Scope) -> dict[str, Any]:
    first = next(iter(spec.ports), "")
    return {
        "name": spec.name,
        "image": spec.image,
        **compact(
            command=list(spec.command),
            args=list(spec.args),
            ports=[{"name": name, "containerPort": port} for name, port in spec.ports.items()],
            env=pods.environment(spec.env),
        ),
        **pods.probes(spec.probes, first),
        **compact(resources=pods.resources(spec.resources), volumeMounts=pods.mounts(spec.volumes)),
        **pods.security(scope),
    }


def _config(spec: Workload, scope: Scope) -> Manifest:
    document = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(spec.name, labels=_labels(spec, scope)),
        "data": dict(spec.config),
    }
    return Manifest(document)


def _service(spec: Workload, scope: Scope) -> Manifest:
    ports = [{"name": name, "port": port, "targetPort": name} for name, port in spec.ports.items()]
    body = {**({"clusterIP": "None"} if spec.headless else {}), "selector": spec.pod_labels, "ports": ports}
    meta = metadata(spec.service_name, labels=_labels(spec, scope))
    return Manifest({"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": body})


def claims(volumes: dict[str, Any], prefix: str, labels: dict[str, str]) -> list[Manifest]:
    """Return the persistent volume claims that a service's volumes need."""
    return [
        Manifest(
            {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "metadata": metadata(
                    volume.pvc.name or f"{prefix}-{pods.volume_name(path, volume)}", labels=labels
                ),
                "spec": {
                    "accessModes": [volume.pvc.access_mode],
                    **compact(storageClassName=volume.pvc.storage_class),
                    "resources": {"requests": {"storage": pods.quantity(volume.pvc.size)}},
                },
            }
        )
        for path, volume in volumes.items()
        if volume.pvc is not None
    ]


def _monitor(spec: Workload, scope: Scope) -> Manifest:
    assert spec.metrics is not None
    endpoint = {"port": spec.metrics.port, "path": spec.metrics.path, "interval": spec.metrics.interval}
    return Manifest(
        {
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "ServiceMonitor",
            "metadata": metadata(spec.name, labels=_labels(spec, scope)),
            "spec": {"selector": {"matchLabels": spec.pod_labels}, "endpoints": [endpoint]},
        }
    )


_BOOTSTRAP = """\
set -eu
until mc alias set store "$ENDPOINT" "$ACCESS_KEY" "$SECRET_KEY"; do
  echo "waiting for $ENDPOINT"
  sleep 5
done
for bucket in "$@"; do
  mc mb --ignore-existing "store/$bucket"
done
"""


def _bucket_job(spec: Workload, buckets: Buckets, scope: Scope) -> Manifest:
    """Return a job that waits for the object store and creates its buckets; to run it again does no harm."""
    name = f"{spec.name}-buckets"
    labels = scope.labels(name, spec.folder, app=name)
    port = spec.ports[buckets.port] if buckets.port else next(iter(spec.ports.values()))
    env = [
        {"name": "ENDPOINT", "value": f"http://{spec.service_name}:{port}"},
        {
            "name": "ACCESS_KEY",
            "valueFrom": {"secretKeyRef": {"name": buckets.secret, "key": buckets.access_key}},
        },
        {
            "name": "SECRET_KEY",
            "valueFrom": {"secretKeyRef": {"name": buckets.secret, "key": buckets.secret_key}},
        },
        # The client writes its configuration; the home directory of an arbitrary user is not writable.
        {"name": "MC_CONFIG_DIR", "value": "/tmp/mc"},  # noqa: S108 - a path in the container
    ]
    small = {"cpu": "100m", "memory": "128Mi"}
    container = {
        "name": "mc",
        "image": buckets.image,
        "command": ["/bin/sh", "-c", _BOOTSTRAP, "buckets", *buckets.names],
        "env": env,
        "resources": {"requests": small, "limits": small},
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108
        **pods.security(scope),
    }
    body = {
        "backoffLimit": 6,
        "template": {
            "metadata": {"labels": labels},
            "spec": {
                "restartPolicy": "OnFailure",
                "containers": [container],
                "volumes": [{"name": "tmp", "emptyDir": {}}],
            },
        },
    }
    meta = metadata(name, labels=labels)
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": meta, "spec": body}
    return once_per_change(job, short=f"{spec.file_name}-buckets")

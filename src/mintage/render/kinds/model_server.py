"""ModelServer: an InferenceService or a Deployment that runs vLLM, its Service, and the claims it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mintage.manifest import Manifest, compact, metadata
from mintage.render import pods
from mintage.render.kinds import vllm
from mintage.render.kinds.workload import claims
from mintage.spec.fields import EmptyDir, Volume

if TYPE_CHECKING:
    from mintage.render.scope import Scope
    from mintage.spec.model_server import ModelServer


def render(spec: ModelServer, scope: Scope) -> list[Manifest]:
    """Return the server in its form, the Service in front of it, and its claims."""
    return [
        Manifest(_FORMS[spec.form](spec, scope)),
        _service(spec, scope),
        *claims(_volumes(spec), spec.name, scope.labels(spec.name, spec.folder, app=spec.name)),
    ]


def _labels(spec: ModelServer, scope: Scope) -> dict[str, str]:
    return scope.labels(spec.name, spec.folder, app=spec.name, **spec.pool_labels)


def _inference_service(spec: ModelServer, scope: Scope) -> dict[str, Any]:
    """Return the InferenceService; KServe copies its labels and annotations to the pods."""
    annotations = {"serving.kserve.io/deploymentMode": spec.kserve_mode, **spec.annotations}
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": metadata(spec.name, labels=_labels(spec, scope), annotations=annotations),
        "spec": {
            "predictor": {
                # With both the same, the autoscaler that every version of KServe makes only keeps the number.
                "minReplicas": spec.replicas,
                "maxReplicas": spec.replicas,
                **_pod(spec, scope, "kserve-container"),
            }
        },
    }


def _deployment(spec: ModelServer, scope: Scope) -> dict[str, Any]:
    labels = _labels(spec, scope)
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(spec.name, labels=labels, annotations=spec.annotations),
        "spec": {
            "replicas": spec.replicas,
            "selector": {"matchLabels": spec.pod_selector},
            "template": {"metadata": {"labels": labels}, "spec": _pod(spec, scope, "vllm")},
        },
    }


_FORMS = {"kserve": _inference_service, "deployment": _deployment}


def _pod(spec: ModelServer, scope: Scope, container: str) -> dict[str, Any]:
    """Return the pod, in the fields that a PodSpec and a KServe predictor have in common."""
    return {
        **compact(serviceAccountName=spec.identity),
        "containers": [_container(spec, scope, container)],
        **compact(volumes=pods.volumes(_volumes(spec), spec.name)),
        **pods.placement(scope, spec.pool, spec.accelerator),
    }


def _container(spec: ModelServer, scope: Scope, name: str) -> dict[str, Any]:
    accelerator = scope.system.catalogues.accelerators[spec.accelerator] if spec.accelerator else None
    counted = {accelerator.resource: spec.accelerator_count} if accelerator else {}
    return {
        "name": name,
        "image": spec.image,
        **compact(command=list(spec.command)),
        "args": vllm.argv(vllm.flags(spec)) + list(spec.args),
        "ports": [{"name": "http", "containerPort": spec.port}],
        "env": pods.environment(vllm.variables(spec, accelerator)),
        **pods.probes(spec.probes, "http"),
        **compact(
            resources=pods.resources(spec.resources, counted), volumeMounts=pods.mounts(_volumes(spec))
        ),
        **pods.security(scope),
    }


def _volumes(spec: ModelServer) -> dict[str, Volume]:
    """Return all volumes by mount path; those that the spec writes out win."""
    made = {
        spec.cache_path: Volume(name="cache-volume", empty_dir=EmptyDir(size=spec.cache))
        if spec.cache
        else None,
        "/dev/shm": Volume(name="shm", empty_dir=EmptyDir(size=spec.shared_memory, memory=True))  # noqa: S108
        if spec.shared_memory
        else None,
    }
    return {**{path: volume for path, volume in made.items() if volume}, **spec.volumes}


def _service(spec: ModelServer, scope: Scope) -> Manifest:
    labels = {**scope.labels(spec.name, spec.folder), **spec.service_labels}
    body = {
        "type": "ClusterIP",
        "selector": spec.pod_selector,
        "ports": [{"name": "http", "port": spec.port, "targetPort": spec.port}],
    }
    meta = metadata(spec.service_name, labels=labels)
    return Manifest({"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": body})

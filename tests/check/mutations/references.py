"""Mutations for the checks of names, keys and addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from check.mutations.mutation import Mutation

if TYPE_CHECKING:
    from collections.abc import Callable

    from check.mutations.mutation import Document, Objects

MINIO = "Deployment zelda-rl-prod/minio"
STAGES = ("dev", "staging", "prod")


def _minio(change: Callable[[Document], None]) -> Callable[[Objects], None]:
    """Return a change of the pod of MinIO."""

    def run(objects: Objects) -> None:
        change(objects.get("Deployment", "minio")["spec"]["template"]["spec"])

    return run


def _set(field: str, value: Any) -> Callable[[Objects], None]:
    return _minio(lambda pod: pod.update({field: value}))


def _endpoint(value: str) -> Callable[[Objects], None]:
    """Return a change of the address that the MinIO client is told."""

    def run(objects: Objects) -> None:
        job = objects.get("Job", "minio-buckets-*")
        variables = job["spec"]["template"]["spec"]["containers"][0]["env"]
        next(entry for entry in variables if entry["name"] == "ENDPOINT")["value"] = value

    return run


def _variable(name: str, value: str) -> Callable[[Objects], None]:
    return _minio(lambda pod: pod["containers"][0]["env"].append({"name": name, "value": value}))


def _secret(field: str, value: str) -> Callable[[Objects], None]:
    return _minio(
        lambda pod: pod["containers"][0]["env"][0]["valueFrom"]["secretKeyRef"].update({field: value})
    )


def _scheduler_config(objects: Objects) -> None:
    pod = objects.get("Deployment", "qwen25-vl-pool-epp")["spec"]["template"]["spec"]
    pod["containers"][0]["env"].append(
        {"name": "EXTRA", "valueFrom": {"configMapKeyRef": {"name": "qwen25-vl-pol-epp", "key": "extra"}}}
    )


def _claim(objects: Objects) -> None:
    pod = objects.get("Deployment", "minio")["spec"]["template"]["spec"]
    pod["volumes"].append({"name": "archive", "persistentVolumeClaim": {"claimName": "minio-archive"}})
    pod["containers"][0]["volumeMounts"].append({"name": "archive", "mountPath": "/archive"})


def _push_secret(objects: Objects) -> None:
    objects.add(
        {
            "apiVersion": "build.openshift.io/v1",
            "kind": "BuildConfig",
            "metadata": {"name": "worker"},
            "spec": {
                "source": {"type": "Git", "git": {"uri": "https://github.com/acme/worker"}},
                "strategy": {"type": "Docker", "dockerStrategy": {}},
                "output": {
                    "to": {"kind": "DockerImage", "name": "quay.io/acme/worker:1.0"},
                    "pushSecret": {"name": "quay-push"},
                },
            },
        }
    )


def _role(objects: Objects) -> None:
    objects.add(
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {"name": "extra"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "rl-trainings"},
            "subjects": [{"kind": "ServiceAccount", "name": "rl-training", "namespace": "zelda-rl-prod"}],
        }
    )


def _resource_claim(objects: Objects) -> None:
    pod = objects.get("Deployment", "minio")["spec"]["template"]["spec"]
    pod["resourceClaims"] = [{"name": "disk", "resourceClaimTemplateName": "fast-disk"}]


def _profile(objects: Objects) -> None:
    metadata = objects.get("InferenceService", "qwen25-7b")["metadata"]
    metadata.setdefault("annotations", {})["opendatahub.io/hardware-profile-name"] = "gpu-large"


def _autoscaler(objects: Objects) -> None:
    objects.add(
        {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "gateway"},
            "spec": {
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "llm-gateway"},
                "maxReplicas": 2,
            },
        }
    )


def _workflow(template: str, parameter: str) -> Callable[[Objects], None]:
    def run(objects: Objects) -> None:
        objects.add(
            {
                "apiVersion": "argoproj.io/v1alpha1",
                "kind": "WorkflowTemplate",
                "metadata": {"name": "train"},
                "spec": {
                    "entrypoint": "main",
                    "arguments": {"parameters": [{"name": parameter, "value": "3"}]},
                    "templates": [
                        {"name": "main", "steps": [[{"name": "wait", "template": template}]]},
                        {"name": "wait", "suspend": {"duration": "{{workflow.parameters.seconds}}"}},
                    ],
                },
            }
        )

    return run


def _unused(document: Document) -> Callable[[Objects], None]:
    def run(objects: Objects) -> None:
        objects.add(document)

    return run


def _no_rom(objects: Objects) -> None:
    for stage in STAGES:
        spec = objects.get("RayCluster", "zelda-rl", f"gitops/overlays/{stage}")["spec"]
        for group in (spec["headGroupSpec"], *spec["workerGroupSpecs"]):
            pod = group["template"]["spec"]
            pod["volumes"] = [volume for volume in pod["volumes"] if volume["name"] != "roms"]
            for container in pod["containers"]:
                mounts = container.get("volumeMounts", [])
                container["volumeMounts"] = [mount for mount in mounts if mount["name"] != "roms"]


def _namespace(objects: Objects) -> None:
    account = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "robot", "namespace": "robots"},
    }
    objects.add(account, "gitops/argocd")


def _config(objects: Objects) -> None:
    del objects.get("Deployment", "qwen25-vl-pool-epp")["spec"]["template"]["metadata"]["annotations"]


NO_SCHEMA = ("schema-missing",)  # of kinds that the platform itself does not use
NOT_HERE = (*NO_SCHEMA, "crd-provider-missing")
CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
MUTATIONS = (
    Mutation("ref-secret-missing", MINIO, _secret("name", "minio-credential")),
    Mutation("ref-configmap-missing", "Deployment zelda-rl-prod/qwen25-vl-pool-epp", _scheduler_config),
    Mutation("ref-key-missing", MINIO, _secret("key", "access_key")),
    Mutation("ref-serviceaccount-missing", MINIO, _set("serviceAccountName", "minio-server")),
    Mutation("ref-pvc-missing", MINIO, _claim),
    Mutation("ref-pullsecret-missing", MINIO, _set("imagePullSecrets", [{"name": "quay"}])),
    Mutation("ref-pushsecret-missing", "BuildConfig zelda-rl-prod/worker", _push_secret, also=NO_SCHEMA),
    Mutation("ref-role-missing", "RoleBinding zelda-rl-prod/extra", _role),
    Mutation("ref-priorityclass-missing", MINIO, _set("priorityClassName", "storage")),
    Mutation("ref-runtimeclass-missing", MINIO, _set("runtimeClassName", "gvisor")),
    Mutation("ref-resourceclaimtemplate-missing", MINIO, _resource_claim),
    Mutation("ref-hardwareprofile-missing", "InferenceService zelda-rl-prod/qwen25-7b", _profile),
    Mutation("ref-object-missing", "HorizontalPodAutoscaler zelda-rl-prod/gateway", _autoscaler),
    Mutation(
        "ref-template-missing",
        "WorkflowTemplate zelda-rl-prod/train",
        _workflow("waits", "seconds"),
        also=NOT_HERE,
    ),
    Mutation(
        "wf-param-unused", "WorkflowTemplate zelda-rl-prod/train", _workflow("wait", "second"), also=NOT_HERE
    ),
    Mutation(
        "dns-service-missing", "Job zelda-rl-prod/minio-buckets-8c7db795", _endpoint("http://mino:9000")
    ),
    Mutation(
        "dns-namespace-mismatch",
        "Job zelda-rl-prod/minio-buckets-8c7db795",
        _endpoint("http://minio.zelda-rl-dev.svc:9000"),
    ),
    Mutation("dns-port-mismatch", "Job zelda-rl-prod/minio-buckets-8c7db795", _endpoint("http://minio:9001")),
    Mutation("env-namespace-literal", MINIO, _variable("WATCH_NAMESPACE", "zelda-rl-dev")),
    Mutation(
        "unused-secret",
        "Secret zelda-rl-prod/spare",
        _unused({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "spare"}, "immutable": True}),
    ),
    Mutation(
        "unused-configmap",
        "ConfigMap zelda-rl-prod/spare",
        _unused({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "spare"}, "data": {"a": "b"}}),
    ),
    Mutation(
        "unused-pvc",
        "PersistentVolumeClaim zelda-rl-prod/spare",
        _unused(
            {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "metadata": {"name": "spare"},
                "spec": CLAIM,
            }
        ),
    ),
    Mutation(
        "unused-volume", MINIO, _minio(lambda pod: pod["volumes"].append({"name": "spare", "emptyDir": {}}))
    ),
    Mutation("external-unused", "", _no_rom),
    Mutation("namespace-undeclared", "ServiceAccount robots/robot", _namespace),
    Mutation("external-undeclared", MINIO, _variable("MINIO_SITE", "https://store.acme.cloud")),
    Mutation("config-no-rollout", "Deployment zelda-rl-prod/qwen25-vl-pool-epp", _config),
)

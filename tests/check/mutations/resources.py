"""Mutations for the checks of resources, accelerators and numbers of pods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from check.mutations.mutation import Mutation
from mintage.spec.validation import Accepted, Rules

if TYPE_CHECKING:
    from check.mutations.mutation import Objects

GPU = "nvidia.com/gpu"
TENSOR = "--tensor-parallel-size="


def _minio(objects: Objects) -> dict[str, Any]:
    container: dict[str, Any] = objects.get("Deployment", "minio")["spec"]["template"]["spec"]["containers"][
        0
    ]
    return container


def _predictor(objects: Objects) -> dict[str, Any]:
    predictor: dict[str, Any] = objects.get("InferenceService", "qwen25-32b")["spec"]["predictor"]
    return predictor


def _devices(container: dict[str, Any], number: int) -> None:
    for field in ("requests", "limits"):
        container["resources"][field][GPU] = str(number)


def _lower_limit(objects: Objects) -> None:
    _minio(objects)["resources"]["limits"]["memory"] = "1Mi"


def _request_fewer(objects: Objects) -> None:
    _predictor(objects)["containers"][0]["resources"]["requests"][GPU] = "3"


def _state_nothing(objects: Objects) -> None:
    del _minio(objects)["resources"]


def _halve_devices(objects: Objects) -> None:
    _devices(_predictor(objects)["containers"][0], 2)


def _mask_devices(objects: Objects) -> None:
    _predictor(objects)["containers"][0]["env"].append({"name": "CUDA_VISIBLE_DEVICES", "value": "4,5,6,7"})


def _change_vendor(objects: Objects) -> None:
    for amounts in _predictor(objects)["containers"][0]["resources"].values():
        amounts["amd.com/gpu"] = amounts.pop(GPU)


def _tolerate_less(objects: Objects) -> None:
    predictor = _predictor(objects)
    predictor["tolerations"] = [found for found in predictor["tolerations"] if found["key"] != GPU]


def _start_large_server(objects: Objects) -> None:
    spec = objects.get("Deployment", "qwen25-7b-decode")["spec"]
    spec["replicas"] = 1
    container = spec["template"]["spec"]["containers"][0]
    container["args"].append(f"{TENSOR}4")
    _devices(container, 4)


def _use_one_device(objects: Objects) -> None:
    container = _predictor(objects)["containers"][0]
    container["args"] = [text for text in container["args"] if not text.startswith(TENSOR)]
    _devices(container, 1)


def _run_more(objects: Objects) -> None:
    _predictor(objects).update(minReplicas=9, maxReplicas=9)


def _small_profile(objects: Objects) -> None:
    annotations = objects.get("InferenceService", "qwen25-32b")["metadata"]["annotations"]
    annotations["opendatahub.io/hardware-profile-name"] = "small"
    count = {"minCount": 1, "defaultCount": 1, "maxCount": 1}
    identifier = {"identifier": GPU, "displayName": "GPU", "resourceType": "Accelerator", **count}
    objects.add(
        {
            "apiVersion": "infrastructure.opendatahub.io/v1",
            "kind": "HardwareProfile",
            "metadata": {"name": "small"},
            "spec": {"identifiers": [identifier]},
        }
    )


def _drop_shared_memory(objects: Objects) -> None:
    predictor = _predictor(objects)
    predictor["volumes"] = [volume for volume in predictor["volumes"] if volume["name"] != "shm"]
    container = predictor["containers"][0]
    container["volumeMounts"] = [mount for mount in container["volumeMounts"] if mount["name"] != "shm"]


def _autoscale(objects: Objects) -> None:
    objects.add(
        {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "minio"},
            "spec": {
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "minio"},
                "minReplicas": 1,
                "maxReplicas": 2,
            },
        }
    )


def _never_drain(objects: Objects) -> None:
    labels = objects.get("Deployment", "minio")["spec"]["selector"]["matchLabels"]
    objects.add(
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": {"name": "minio"},
            "spec": {"minAvailable": 1, "selector": {"matchLabels": labels}},
        }
    )


MINIO = "Deployment zelda-rl-prod/minio"
MODEL = "InferenceService zelda-rl-prod/qwen25-32b"
UNKNOWN = (
    "schema-missing",
    "crd-provider-missing",
)  # the workspace has no schema of the kind, and no operator for it
ACCEPTED = (Accepted(check="image-latest", reason="as in the workspace"),)
MUTATIONS = (
    Mutation("requests-exceed-limits", MINIO, _lower_limit),
    Mutation("gpu-request-limit-mismatch", MODEL, _request_fewer),
    Mutation("missing-resources", MINIO, _state_nothing),
    Mutation("gpu-tp-mismatch", MODEL, _halve_devices),
    Mutation("gpu-visible-devices-mismatch", MODEL, _mask_devices),
    Mutation("accelerator-image-mismatch", MODEL, _change_vendor),
    Mutation("gpu-toleration-missing", MODEL, _tolerate_less),
    Mutation("gpu-surge-deadlock", "Deployment zelda-rl-prod/qwen25-7b-decode", _start_large_server),
    Mutation("model-memory-fit", MODEL, _use_one_device),
    Mutation("gpu-budget", MODEL, _run_more, rules=Rules(capacity={GPU: 40}, accept=ACCEPTED)),
    Mutation("hardwareprofile-exceeded", MODEL, _small_profile, also=UNKNOWN),
    Mutation("tp-no-shm", MODEL, _drop_shared_memory),
    Mutation("hpa-replicas-fight", MINIO, _autoscale),
    Mutation("pdb-blocks-drain", "PodDisruptionBudget zelda-rl-prod/minio", _never_drain),
)

"""The checks of runtimes, model caches and results of jobs."""

from __future__ import annotations

from typing import Any

import pytest

from check.serving.trees import deployment, found, ids
from mintage.spec.validation import Externals

CACHE = "/root/.cache/huggingface"


def runtime(kind: str, name: str, namespace: str | None) -> dict[str, Any]:
    """Return a runtime of KServe."""
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": "serving.kserve.io/v1alpha1", "kind": kind, "metadata": metadata, "spec": {}}


def service(name: str) -> dict[str, Any]:
    """Return an InferenceService that names a runtime."""
    model = {"modelFormat": {"name": "onnx"}, "runtime": name}
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": "s", "namespace": "models"},
        "spec": {"predictor": {"model": model}},
    }


@pytest.mark.parametrize(
    ("name", "others", "reported"),
    [
        ("ovms", [], True),
        ("ovms", [runtime("ServingRuntime", "ovms", "models")], False),
        ("ovms", [runtime("ServingRuntime", "ovms", "other")], True),
        ("ovms", [runtime("ClusterServingRuntime", "ovms", None)], False),
        ("kserve-huggingfaceserver", [], False),
        ("{{ .Values.runtime }}", [], False),
    ],
)
def test_a_runtime_is_in_the_namespace_or_for_all(
    name: str, others: list[dict[str, Any]], *, reported: bool
) -> None:
    """KServe's own are there without being in the tree."""
    assert ids(service(name), *others) == (["kserve-runtime-missing"] if reported else [])


def test_a_declared_runtime_is_there() -> None:
    """`externals.objects` names it."""
    assert ids(service("ovms"), externals=Externals(objects=("ServingRuntime/ovms",))) == []


def server(
    volume: dict[str, Any] | None, mount: str = CACHE, env: Any = (), args: Any = ()
) -> dict[str, Any]:
    """Return a server that downloads its model."""
    container = {
        "image": "vllm/vllm-openai:v0.11.0",
        "args": ["--model=Qwen/Qwen3-8B", *args],
        "env": [{"name": name, "value": value} for name, value in env],
        "volumeMounts": [{"name": "v", "mountPath": mount}] if volume is not None else [],
    }
    return deployment("s", container, volumes=[{"name": "v", **(volume or {})}])


PVC = {"persistentVolumeClaim": {"claimName": "c"}}
UNSIZED: dict[str, Any] = {"emptyDir": {}}


@pytest.mark.parametrize(
    ("document", "folder"),
    [
        (server(None), f"{CACHE}/hub"),
        (server(PVC), None),
        (server(UNSIZED), f"{CACHE}/hub"),
        (server({"emptyDir": {"sizeLimit": "100Gi"}}), None),
        (server(PVC, "/data", [("HF_HOME", "/data")]), None),
        (server(PVC, "/data", [("HF_HOME", "/scratch")]), "/scratch/hub"),
        (server(PVC, "/data", [("HOME", "/home/vllm")]), "/home/vllm/.cache/huggingface/hub"),
        (server(PVC, "/data", args=["--download-dir=/data/models"]), None),
        (server(PVC, "/data", args=["--download-dir=/models"]), "/models"),
        (server(PVC, "/data", args=["--download-dir=$(DIR)"]), None),
        (server(None, env=[("HF_HUB_OFFLINE", "1")]), None),
        (server(None, env=[("VLLM_USE_MODELSCOPE", "true")]), None),
        (server(UNSIZED, "/.cache"), None),  # the image may say that this is the cache
        (server(PVC, "/database"), f"{CACHE}/hub"),
    ],
)  # fmt: skip
def test_a_model_is_kept_where_it_lasts(document: dict[str, Any], folder: str | None) -> None:
    """By the mount nearest to the cache; where that cannot be known nothing is said."""
    messages = [message for _, message in found(document, id="model-cache-ephemeral")]
    assert [message.split("`")[3] for message in messages] == ([folder] if folder else [])


@pytest.mark.parametrize("model", ["/models/m", "./m", "s3://bucket/m", "$(MODEL)", "m"])
def test_models_that_are_no_hub_ids_are_not_downloaded(model: str) -> None:
    """Folders and buckets are not."""
    container = {"image": "vllm/vllm-openai:v0.11.0", "args": [f"--model={model}"]}
    assert ids(deployment("s", container)) == []


def job(container: dict[str, Any], **pod: Any) -> dict[str, Any]:
    """Return a Job."""
    spec = {"template": {"spec": {"containers": [{"name": "train", **container}], **pod}}}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"}, "spec": spec}


MOUNT = {"volumeMounts": [{"name": "v", "mountPath": "/out"}]}
OUT = {"args": ["--output_dir", "/out/run"]}


@pytest.mark.parametrize(
    ("document", "reported"),
    [
        (job(OUT), True),
        (job({**OUT, **MOUNT}, volumes=[{"name": "v", **UNSIZED}]), True),
        (job({**OUT, **MOUNT}, volumes=[{"name": "v", **PVC}]), False),
        (job({**OUT, **MOUNT}, volumes=[{"name": "v", **UNSIZED}], initContainers=[{"name": "i", **MOUNT}]), False),
        (job({"command": ["sh", "-c", "train --output-dir=/out"]}), True),
        (job({"command": ["sh", "-c", "train --output-dir=/out && aws s3 cp /out s3://b"]}), False),
        (job({"env": [{"name": "OUTPUT_DIR", "value": "/out"}]}), True),
        (job({"env": [{"name": "OUTPUT_DIR", "value": "/out"}, {"name": "S3_BUCKET_NAME", "value": "b"}]}), False),
        (job({**OUT, "envFrom": [{"secretRef": {"name": "s"}}]}), False),
        (job({"args": ["--output-dir=out"]}), False),
        (job({"args": ["--output-dir=/dev/null"]}), False),
        (job({"args": ["--output-dir"]}), False),
        (deployment("s", OUT), False),
    ],
)  # fmt: skip
def test_results_of_a_job_outlive_it(document: dict[str, Any], *, reported: bool) -> None:
    """Unless something else may carry them away."""
    assert ids(document) == (["job-output-ephemeral"] if reported else [])

"""Mutations for the checks of inference servers."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from check.mutations.mutation import Mutation

if TYPE_CHECKING:
    from collections.abc import Callable

    from check.mutations.mutation import Document, Objects

_TEXT, _VISION = "qwen25-text-pool-epp", "qwen25-vl-pool-epp"
_CONFIG = "endpoint-picker.yaml"
_DECODE, _PREFILL = "qwen25-7b-decode", "qwen25-7b-prefill"
_NIXL = '--kv-transfer-config={"kv_connector":"NixlConnector","kv_role":"kv_both"}'
_LMCACHE = _NIXL.replace("NixlConnector", "LMCacheConnectorV1")
_SIDE_CHANNEL = {
    "name": "VLLM_NIXL_SIDE_CHANNEL_HOST",
    "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}},
}
_DISAGGREGATED = """\
apiVersion: inference.networking.x-k8s.io/v1alpha1
kind: EndpointPickerConfig
plugins:
- type: prefill-header-handler
- type: pd-profile-handler
- type: prefill-filter
- type: decode-filter
- type: queue-scorer
schedulingProfiles:
- name: prefill
  plugins:
  - pluginRef: prefill-filter
  - pluginRef: queue-scorer
- name: decode
  plugins:
  - pluginRef: decode-filter
  - pluginRef: queue-scorer
"""
_OLD = """\
apiVersion: inference.networking.x-k8s.io/v1alpha1
kind: EndpointPickerConfig
plugins:
- type: single-profile-handler
- type: queue-scorer
schedulingProfiles:
- name: default
  plugins:
  - pluginRef: queue-scorer
"""
_PRECISE = """\
apiVersion: inference.networking.x-k8s.io/v1alpha1
kind: EndpointPickerConfig
plugins:
- type: precise-prefix-cache-scorer
schedulingProfiles:
- name: default
  plugins:
  - pluginRef: precise-prefix-cache-scorer
"""


def _replaced(old: str, new: str, name: str = _TEXT) -> Callable[[Objects], None]:
    """Return the change that puts another text into a picker's configuration."""

    def change(objects: Objects) -> None:
        data = objects.get("ConfigMap", name)["data"]
        assert old in data[_CONFIG]
        data[_CONFIG] = data[_CONFIG].replace(old, new)

    return change


def _configured(text: str) -> Callable[[Objects], None]:
    def change(objects: Objects) -> None:
        objects.get("ConfigMap", _TEXT)["data"][_CONFIG] = text

    return change


def _container(objects: Objects, name: str = _DECODE) -> Document:
    found: Document = _pod(objects.get("Deployment", name))["containers"][0]
    return found


def _pod(deployment: Document) -> Document:
    found: Document = deployment["spec"]["template"]["spec"]
    return found


def _argument(old: str, new: str, name: str = _DECODE) -> Callable[[Objects], None]:
    """Return the change of one argument; one that begins with `old`, or a new one if that is empty."""

    def change(objects: Objects) -> None:
        args = _container(objects, name)["args"]
        if not old:
            args += new.split()
            return
        index = next(i for i, arg in enumerate(args) if arg.startswith(old))
        args[index] = new

    return change


def _old_picker(objects: Objects) -> None:
    container = _container(objects, _TEXT)
    container["image"] = "registry.k8s.io/gateway-api-inference-extension/epp:v0.5.1"
    container["args"] = [
        "--poolName=qwen25-text-pool",
        f"--configFile=/config/{_CONFIG}",
        "--kvCacheUsagePercentageMetric=vllm:kv_cache_usage_perc",
    ]
    _configured(_OLD)(objects)


def _offline_picker(objects: Objects) -> None:
    _container(objects, _TEXT)["env"].append({"name": "HF_HUB_OFFLINE", "value": "1"})
    _configured(_PRECISE)(objects)


def _unknown_variable(objects: Objects) -> None:
    _container(objects)["env"].append({"name": "VLLM_LOG_LEVEL", "value": "DEBUG"})


def _disaggregate(
    prefill: list[str], decode: list[str], *, side_channel: bool = True
) -> Callable[[Objects], None]:
    """Return the change that adds a prefill server beside those that decode, with further arguments for each."""

    def change(objects: Objects) -> None:
        service: Any = objects.get("InferenceService", "qwen25-7b")
        service["spec"]["predictor"]["containers"][0]["args"] += decode
        deployment = objects.get("Deployment", _DECODE)
        copy = deepcopy(deployment)
        _pod(deployment)["containers"][0]["args"] += decode
        copy["metadata"]["name"] = _PREFILL
        template = copy["spec"]["template"]["metadata"]
        for labels in (copy["metadata"]["labels"], template["labels"]):
            labels.update({"app": _PREFILL, "app.kubernetes.io/name": _PREFILL})
        template["labels"]["llm-d.ai/role"] = "prefill"
        copy["spec"]["selector"]["matchLabels"] = {"app": _PREFILL}
        _pod(copy)["containers"][0]["args"] += prefill
        if side_channel:
            _pod(copy)["containers"][0].setdefault("env", []).append(_SIDE_CHANNEL)
        objects.add(copy)

    return change


def _proxy(objects: Objects) -> None:
    pod = _pod(objects.get("Deployment", _DECODE))
    server = pod["containers"][0]
    proxy = {
        "name": "proxy",
        "image": "ghcr.io/llm-d/llm-d-routing-sidecar:v0.4.0",
        "restartPolicy": "Always",
        "args": ["--port=8010", "--vllm-port=8001"],
        "securityContext": deepcopy(server["securityContext"]),
        "resources": {
            "requests": {"cpu": "100m", "memory": "64Mi"},
            "limits": {"cpu": "1", "memory": "128Mi"},
        },
    }
    pod["initContainers"] = [*pod.get("initContainers", []), proxy]


def _runtime(objects: Objects) -> None:
    predictor = objects.get("InferenceService", "qwen25-7b")["spec"]["predictor"]
    server = predictor["containers"][0]
    predictor["model"] = {
        "modelFormat": {"name": "onnx"},
        "runtime": "triton-24",
        "resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "1Gi"}},
        "securityContext": deepcopy(server["securityContext"]),
    }


def _unsized_cache(objects: Objects) -> None:
    volumes = _pod(objects.get("Deployment", _DECODE))["volumes"]
    cache = next(volume for volume in volumes if volume["emptyDir"].get("medium") != "Memory")
    cache["emptyDir"] = {}


def _unsaved_results(objects: Objects) -> None:
    job = deepcopy(objects.get("Job", "zelda-evaluator*"))
    job["metadata"]["name"] = "finetune-0a1b2c3d"
    container = _pod(job)["containers"][0]
    container["image"] = "ghcr.io/acme/trainer:2.1.0"
    container["env"] = [{"name": "OUTPUT_DIR", "value": "/results"}]
    objects.add(job)


def _of_map(id: str, change: Callable[[Objects], None], name: str = _TEXT) -> Mutation:  # noqa: A002 - the field's name
    return Mutation(id, f"ConfigMap zelda-rl-prod/{name}", change)


def _of_server(id: str, change: Callable[[Objects], None], name: str = _DECODE) -> Mutation:  # noqa: A002 - the field's name
    return Mutation(id, f"Deployment zelda-rl-prod/{name}", change)


MUTATIONS = (
    _of_map("epp-unknown-plugin", _replaced("kv-cache-utilization-scorer", "kv-cache-scorer")),
    _of_map("epp-unknown-field", _replaced("parameters:", "config:")),
    _of_map("epp-ref-undefined", _replaced("pluginRef: queue-scorer", "pluginRef: queue")),
    _of_map("epp-duplicate-name", _replaced("- type: queue-scorer", "- type: queue-scorer\n- type: queue-scorer")),
    _of_map("epp-handler-count", _replaced("- type: queue-scorer", "- type: data-parallel-profile-handler\n- type: queue-scorer")),
    _of_map("epp-single-handler-profiles", _replaced("schedulingProfiles:\n", "schedulingProfiles:\n- name: other\n  plugins: []\n")),
    _of_map("epp-weight-type", _replaced("weight: 3", "weight: 2.5")),
    _of_map("epp-weight-missing", _old_picker),
    _of_map("epp-weight-on-nonscorer", _replaced("pluginRef: max-score-picker", "pluginRef: max-score-picker\n    weight: 1")),
    _of_map("epp-parameter-unknown", _replaced("blockSize:", "hashBlockSize:")),
    _of_map("epp-pd-profiles", _replaced("- type: single-profile-handler", "- type: prefill-header-handler\n- type: pd-profile-handler")),
    _of_map("epp-pd-header-handler-missing", _configured(_DISAGGREGATED.replace("- type: prefill-header-handler\n", "").replace("prefill-filter\n", "by-label\n  name: prefill-filter\n", 1))),
    _of_map("epp-pd-without-prefill", _configured(_DISAGGREGATED)),
    _of_server("epp-kv-metric-flag", _argument("--kv-cache-usage", "--kv-cache-usage-percentage-metric=vllm:cpu_cache_usage_perc", _TEXT), _TEXT),
    _of_server("epp-flag-generation", _argument("--pool-name", "--poolName=qwen25-text-pool", _TEXT), _TEXT),
    _of_map("epp-blocksize-mismatch", _replaced("blockSize: 64", "blockSize: 256\n    autoTune: false", _VISION), _VISION),
    _of_map("epp-tokenizer-offline", _offline_picker),
    _of_server("vllm-unknown-flag", _argument("", "--max-modle-len=4096")),
    _of_server("vllm-abbrev-flag", _argument("--gpu-memory-utilization", "--gpu-memory-util=0.85")),
    _of_server("vllm-unknown-env", _unknown_variable),
    Mutation(
        "vllm-served-name-mismatch",
        "InferenceService zelda-rl-prod/qwen25-7b",
        _argument("--served-model-name", "--served-model-name=qwen"),
    ),
    _of_server("vllm-lora-slots", _argument("", "--enable-lora --max-loras=4 --max-cpu-loras=2")),
    _of_server("pd-connector-mismatch", _disaggregate([_LMCACHE], [_NIXL])),
    _of_server("pd-blocksize-mismatch", _disaggregate([_NIXL, "--block-size=64"], [_NIXL, "--block-size=16"])),
    _of_server("pd-sidecar-port-mismatch", _proxy),
    _of_server("pd-side-channel-missing", _disaggregate([_NIXL], [_NIXL], side_channel=False), _PREFILL),
    Mutation("kserve-runtime-missing", "InferenceService zelda-rl-prod/qwen25-7b", _runtime),
    _of_server("model-cache-ephemeral", _unsized_cache),
    Mutation("job-output-ephemeral", "Job zelda-rl-prod/finetune-0a1b2c3d", _unsaved_results),
)  # fmt: skip

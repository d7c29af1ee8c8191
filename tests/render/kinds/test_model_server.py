"""What a ModelServer becomes: in general, and for the servers of this workspace."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from kubernetes_schemas import errors
from mintage.canonical import yaml_stream
from mintage.render.kinds.model_server import render
from mintage.render.scope import Scope
from mintage.source import Document, read
from mintage.spec.decode import Layer, Layers, decode
from mintage.spec.model_server import ModelServer
from mintage.spec.system import System
from mintage.workspace.decoding import variants

SPECS = Path(__file__).parents[3] / "specs"
SERVERS = ("vision", "puzzle", "text", "decode")
ENVIRONMENTS = (None, "dev", "staging", "prod")
EVERYTHING = [(file, environment) for file in SERVERS for environment in ENVIRONMENTS]
CACHE, SHM = "/tmp/huggingface", "/dev/shm"  # noqa: S108 - paths in the container
MINIMAL = {"kind": "ModelServer", "name": "chat", "image": "vllm", "model": {"id": "org/model"}}


def read_spec(file: str) -> Document:
    """Return a file of this workspace."""
    return read(f"specs/{file}.yaml", (SPECS / f"{file}.yaml").read_bytes())


@cache
def servers(file: str) -> dict[str, tuple[ModelServer, Scope]]:
    """Return a server of this workspace as the base (under "") and each environment have it."""
    document = read_spec("system")
    system = decode(document.value, System, Layers((Layer(document),)))
    found = {}
    for environment, variant in variants(read_spec(file), system, document).items():
        assert isinstance(variant.spec, ModelServer)
        found[environment] = variant.spec, Scope(system, environment or None, {})
    return found


def documents(file: str, environment: str | None = None) -> list[dict[str, Any]]:
    """Return what a server of this workspace becomes, the main object first."""
    return [manifest.document for manifest in render(*servers(file)[environment or ""])]


def small(**fields: Any) -> tuple[ModelServer, Scope]:
    """Return a server with little in it, in a system of its own."""
    catalogues = {
        "accelerators": {"gpu": {"resource": "example.com/gpu", "env": {"A": "1", "HF_HOME": "/a"}}}
    }
    system = {"kind": "System", "name": "sys", "catalogues": catalogues, "podSecurity": "none"}
    layers = Layers((Layer(read("specs/chat.yaml", b"{}")),))
    return decode({**MINIMAL, **fields}, ModelServer, layers), Scope(decode(system, System, layers), None, {})


def pod(document: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a server that both forms share."""
    spec = document["spec"]
    found: dict[str, Any] = spec["predictor"] if "predictor" in spec else spec["template"]["spec"]
    return found


def env(document: dict[str, Any]) -> dict[str, Any]:
    """Return the variables of a server; those with a source have no value."""
    return {item["name"]: item.get("value") for item in pod(document)["containers"][0]["env"]}


def test_vision_takes_the_flags_it_was_given() -> None:
    """The vision server's arguments are these, in this order."""
    assert pod(documents("vision")[0])["containers"][0]["args"] == [
        "--model=Qwen/Qwen2.5-VL-32B-Instruct",
        "--served-model-name=qwen25-vl-32b",
        "--host=0.0.0.0",
        "--port=8000",
        "--kv-cache-dtype=auto",
        "--tensor-parallel-size=2",
        "--enable-prefix-caching",
        "--block-size=16",
        "--gpu-memory-utilization=0.9",
        "--max-model-len=4096",
        "--max-num-seqs=32",
        "--trust-remote-code",
    ]


@pytest.mark.parametrize(
    ("file", "model", "special"),
    [
        (
            "puzzle",
            "Qwen/Qwen2.5-32B-Instruct",
            "--tensor-parallel-size=2 --enable-prefix-caching --gpu-memory-utilization=0.9 --max-model-len=4096 --max-num-seqs=64",
        ),
        (
            "text",
            "Qwen/Qwen2.5-7B-Instruct",
            "--enable-prefix-caching --gpu-memory-utilization=0.85 --max-model-len=4096 --max-num-seqs=128",
        ),
        (
            "decode",
            "Qwen/Qwen2.5-7B-Instruct",
            "--enable-prefix-caching --block-size=16 --gpu-memory-utilization=0.7 --max-model-len=4096 --max-num-seqs=256",
        ),
    ],
)
def test_text_models_take_the_flags_they_were_given(file: str, model: str, special: str) -> None:
    """Each text server has its model and exactly these flags of its own; on one GPU none for parallelism."""
    words = pod(documents(file)[0])["containers"][0]["args"]
    assert words[0] == f"--model={model}"
    assert words[5:] == special.split()


@pytest.mark.parametrize(
    ("file", "counts"),
    [("vision", (2, 1, 2, 4)), ("puzzle", (2, 1, 2, 4)), ("text", (1, 1, 1, 4)), ("decode", (1, 1, 1, 1))],
)
def test_gpus_and_flag_move_together(file: str, counts: tuple[int, ...]) -> None:
    """In every environment the GPUs are as many as the tensor-parallel size, requests and limits alike."""
    for environment, count in zip(ENVIRONMENTS, counts, strict=True):
        container = pod(documents(file, environment)[0])["containers"][0]
        assert container["resources"]["requests"]["nvidia.com/gpu"] == str(count)
        assert container["resources"]["limits"]["nvidia.com/gpu"] == str(count)
        flag = [word for word in container["args"] if word.startswith("--tensor-parallel-size")]
        assert flag == ([f"--tensor-parallel-size={count}"] if count > 1 else [])
        assert ("NCCL_DEBUG" in env(documents(file, environment)[0])) == (count > 1)


def test_replicas_of_the_environments() -> None:
    """One, one, two and three pods; the minimum is the maximum."""
    for file in ("vision", "puzzle", "text"):
        predictors = [pod(documents(file, environment)[0]) for environment in ENVIRONMENTS]
        assert [predictor["minReplicas"] for predictor in predictors] == [1, 1, 2, 3]
        assert [predictor["maxReplicas"] for predictor in predictors] == [1, 1, 2, 3]


def test_decode_stands_by_where_kserve_serves() -> None:
    """The standalone server runs in the base only."""
    assert [documents("decode", environment)[0]["spec"]["replicas"] for environment in ENVIRONMENTS] == [
        1,
        0,
        0,
        0,
    ]


def test_dev_serves_small_models_under_the_usual_names() -> None:
    """Clients ask dev for the same names and get the 7B variants, with a shorter context."""
    words = {file: pod(documents(file, "dev")[0])["containers"][0]["args"] for file in SERVERS}
    assert words["vision"][:2] == ["--model=Qwen/Qwen2.5-VL-7B-Instruct", "--served-model-name=qwen25-vl-32b"]
    assert words["puzzle"][:2] == ["--model=Qwen/Qwen2.5-7B-Instruct", "--served-model-name=qwen25-32b"]
    assert all("--max-model-len=2048" in given for given in words.values())


@pytest.mark.parametrize(
    ("file", "environment", "requests", "limits"),
    [
        ("vision", None, ("8", "64Gi"), ("16", "120Gi")),
        ("puzzle", "dev", ("4", "16Gi"), ("8", "32Gi")),
        ("text", "prod", ("4", "32Gi"), ("8", "64Gi")),
        ("text", "dev", ("2", "8Gi"), ("4", "16Gi")),
        ("decode", "staging", ("2", "8Gi"), ("4", "16Gi")),
    ],
)
def test_resources(
    file: str, environment: str | None, requests: tuple[str, str], limits: tuple[str, str]
) -> None:
    """CPU and memory go by the size of the model and are smaller in dev."""
    given = pod(documents(file, environment)[0])["containers"][0]["resources"]
    assert (given["requests"]["cpu"], given["requests"]["memory"]) == requests
    assert (given["limits"]["cpu"], given["limits"]["memory"]) == limits


@pytest.mark.parametrize(
    ("file", "readiness", "liveness"),
    [
        ("vision", ("/v1/models", 180, 30, 10, 10), ("/health", 300, 60, 10, 3)),
        ("puzzle", ("/v1/models", 180, 30, 10, 10), ("/health", 300, 60, 10, 3)),
        ("text", ("/v1/models", 120, 30, 10, 10), ("/health", 180, 60, 10, 3)),
        ("decode", ("/v1/models", 120, 30, 10, 10), ("/v1/models", 180, 60, 10, 3)),
    ],
)
def test_probes(file: str, readiness: tuple[Any, ...], liveness: tuple[Any, ...]) -> None:
    """Each server is asked at its port after the delays it needs; nothing holds the two probes back."""
    container = pod(documents(file)[0])["containers"][0]
    for name, expected in (("readinessProbe", readiness), ("livenessProbe", liveness)):
        path, delay, period, timeout, failures = expected
        assert container[name] == {
            "httpGet": {"path": path, "port": "http"},
            "initialDelaySeconds": delay,
            "periodSeconds": period,
            "timeoutSeconds": timeout,
            "failureThreshold": failures,
        }
    assert "startupProbe" not in container
    assert container["ports"] == [{"name": "http", "containerPort": 8000}]


def test_an_inference_service_is_a_custom_predictor() -> None:
    """KServe gets its own container name, its mode, the account and the node pool; labels go to pods from here."""
    document = documents("vision")[0]
    assert (document["apiVersion"], document["kind"]) == ("serving.kserve.io/v1beta1", "InferenceService")
    assert document["metadata"]["annotations"] == {"serving.kserve.io/deploymentMode": "Standard"}
    labels = document["metadata"]["labels"]
    assert {key: value for key, value in labels.items() if key.startswith("llm-d.ai/")} == {
        "llm-d.ai/inferenceServing": "true",
        "llm-d.ai/model": "qwen25-vl-32b",
        "llm-d.ai/role": "decode",
    }
    predictor = pod(document)
    assert [container["name"] for container in predictor["containers"]] == ["kserve-container"]
    assert predictor["serviceAccountName"] == "llm-inference"
    assert predictor["nodeSelector"] == {"node-role.kubernetes.io/llm-inference": ""}


@pytest.mark.parametrize("file", SERVERS)
def test_pods_tolerate_their_nodes_and_have_no_privileges(file: str) -> None:
    """A pod tolerates the taints of its pool and of its GPUs, and fits the restricted Pod Security Standard."""
    found = pod(documents(file)[0])
    keys = {"decode": ["llm-inference", "gpu-inference", "nvidia.com/gpu"]}.get(
        file, ["llm-inference", "nvidia.com/gpu"]
    )
    assert [toleration["key"] for toleration in found["tolerations"]] == keys
    assert found["containers"][0]["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def test_annotations_of_the_spec_come_after_the_mode() -> None:
    """What the spec annotates is added, and the mode can be the older one."""
    document = render(*small(kserveMode="RawDeployment", annotations={"sidecar.istio.io/inject": "false"}))[
        0
    ].document
    assert document["metadata"]["annotations"] == {
        "serving.kserve.io/deploymentMode": "RawDeployment",
        "sidecar.istio.io/inject": "false",
    }


def test_a_deployment_joins_the_pool_but_keeps_its_pods_apart() -> None:
    """The decode server has the pool labels of the text server, its own selector, and the gpu-inference nodes."""
    text, decode_server = documents("text")[0], documents("decode")[0]
    labels = decode_server["spec"]["template"]["metadata"]["labels"]
    for key in ("llm-d.ai/inferenceServing", "llm-d.ai/model", "llm-d.ai/role"):
        assert labels[key] == text["metadata"]["labels"][key]
    selector = decode_server["spec"]["selector"]["matchLabels"]
    assert selector == {"app": "qwen25-7b-decode"}
    assert selector.items() <= labels.items()
    assert not selector.items() <= text["metadata"]["labels"].items()
    assert pod(decode_server)["containers"][0]["name"] == "vllm"
    assert pod(decode_server)["nodeSelector"] == {"node-role.kubernetes.io/gpu-inference": ""}
    assert "--served-model-name=qwen25-7b" in pod(decode_server)["containers"][0]["args"]


def test_each_service_selects_the_pods_of_one_server() -> None:
    """A Service hits its server's pods, as KServe or the Deployment labels them, and no other's."""
    pods: dict[str, dict[str, str]] = {}
    for file in SERVERS:
        main = documents(file)[0]
        name = main["metadata"]["name"]
        labels = dict(main["metadata"]["labels"])
        if main["kind"] == "InferenceService":  # what KServe adds to and replaces in the labels it copies
            labels |= {"app": f"isvc.{name}-predictor", "serving.kserve.io/inferenceservice": name}
        pods[name] = labels
    for file in SERVERS:
        main, service = documents(file)[:2]
        selector = service["spec"]["selector"].items()
        assert [name for name, labels in pods.items() if selector <= labels.items()] == [
            main["metadata"]["name"]
        ]
        assert service["metadata"]["name"] == f"{main['metadata']['name']}-vllm"
        assert service["spec"]["type"] == "ClusterIP"
        assert service["spec"]["ports"] == [{"name": "http", "port": 8000, "targetPort": 8000}]


def test_a_monitor_selects_one_service() -> None:
    """The labels that a server exports for metrics are on its Service, on no other and on none that KServe makes."""
    services = {file: documents(file)[1]["metadata"]["labels"].items() for file in SERVERS}
    for file in SERVERS:
        wanted = servers(file)[""][0].exports().metrics[0].service_labels.items()
        assert [name for name, labels in services.items() if wanted <= labels] == [file]
        assert not wanted <= documents(file)[0]["metadata"]["labels"].items()


def test_the_token_comes_from_the_secret() -> None:
    """HF_TOKEN is a reference to the Secret, optional only for the decode server; no GPUs are hidden."""
    for file in SERVERS:
        variables = pod(documents(file)[0])["containers"][0]["env"]
        optional = {"optional": True} if file == "decode" else {}
        source = {"secretKeyRef": {"name": "llm-d-hf-token", "key": "HF_TOKEN", **optional}}
        assert variables[0] == {"name": "HF_TOKEN", "valueFrom": source}
        assert "CUDA_VISIBLE_DEVICES" not in env(documents(file)[0])


def test_caches_are_writable_volumes() -> None:
    """Models and compiled kernels go to one scratch volume, workers talk through shared memory."""
    for file, models, memory in (
        ("vision", "200Gi", "16Gi"),
        ("text", "100Gi", "8Gi"),
        ("decode", "50Gi", "1Gi"),
    ):
        document = documents(file)[0]
        assert env(document)["HF_HOME"] == env(document)["HOME"] == CACHE
        assert pod(document)["volumes"] == [
            {"name": "cache-volume", "emptyDir": {"sizeLimit": models}},
            {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": memory}},
        ]
        assert pod(document)["containers"][0]["volumeMounts"] == [
            {"name": "cache-volume", "mountPath": CACHE},
            {"name": "shm", "mountPath": SHM},
        ]


def test_variables_of_the_spec_win() -> None:
    """Variables of the accelerator replace the usual ones, those of the spec replace both and come last."""
    found = env(render(*small(accelerator="gpu", env={"A": 2, "B": True}))[0].document)
    assert found == {
        "HF_HOME": "/a",
        "HOME": CACHE,
        "VLLM_LOGGING_LEVEL": "INFO",
        "A": "2",
        "B": "true",
    }
    assert list(found)[-1] == "B"


def test_a_server_without_accelerator_asks_for_none() -> None:
    """On CPUs there is no extended resource, no toleration and, with nothing asked for, no resources at all."""
    document = render(*small(tensorParallel=2))[0].document
    assert "resources" not in pod(document)["containers"][0]
    assert "tolerations" not in pod(document)


def test_a_claim_replaces_the_scratch_volume() -> None:
    """A claim at the cache's path is mounted instead of the scratch volume, and is rendered with the server."""
    manifests = render(*small(cache="1Gi", volumes={CACHE: {"name": "models", "pvc": {"size": "50Gi"}}}))
    assert [manifest.kind for manifest in manifests] == [
        "InferenceService",
        "Service",
        "PersistentVolumeClaim",
    ]
    assert manifests[2].name == "chat-models"
    assert pod(manifests[0].document)["volumes"] == [
        {"name": "models", "persistentVolumeClaim": {"claimName": "chat-models"}}
    ]


def test_free_arguments_come_last() -> None:
    """Arguments without a field follow all flags."""
    spec, scope = small(maxSequences=4, args=["--seed=1", "--enforce-eager"])
    words = pod(render(spec, scope)[0].document)["containers"][0]["args"]
    assert words[-3:] == ["--max-num-seqs=4", "--seed=1", "--enforce-eager"]


@pytest.mark.parametrize(("file", "environment"), EVERYTHING)
def test_same_spec_same_bytes(file: str, environment: str | None) -> None:
    """Two renderings have the same bytes, name no namespace, and carry no environment in their names."""
    first, second = documents(file, environment), documents(file, environment)
    assert yaml_stream(first) == yaml_stream(second)
    assert all("namespace" not in document["metadata"] for document in first)
    assert [document["metadata"]["name"] for document in first] == [
        item["metadata"]["name"] for item in documents(file)
    ]


@pytest.mark.parametrize(("file", "environment"), EVERYTHING)
def test_kubernetes_accepts_every_field(file: str, environment: str | None) -> None:
    """Each Deployment and Service is valid, and none of its fields would be dropped."""
    judged = [document for document in documents(file, environment) if document["kind"] != "InferenceService"]
    assert [sentence for document in judged for sentence in errors(document)] == []


@pytest.mark.crds
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_kserve_accepts_every_field(environment: str | None) -> None:
    """Each InferenceService is valid against KServe's own schema, and none of its fields would be dropped."""
    for file in ("vision", "puzzle", "text"):
        assert errors(documents(file, environment)[0]) == []

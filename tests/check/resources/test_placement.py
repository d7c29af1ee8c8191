"""A pod with accelerators must tolerate the taints of its machines, as far as the tree tells of them; models must fit."""

from __future__ import annotations

from typing import Any

import pytest

from mintage.check.resources import CHECKS
from mintage.check.resources.placement import tolerates
from mintage.check.run import findings
from mintage.tree.objects import Object
from mintage.tree.tree import of_documents

GPU = "nvidia.com/gpu"
TOLERATION = {"key": GPU, "operator": "Exists", "effect": "NoSchedule"}


def pod(name: str = "a", **spec: Any) -> dict[str, Any]:
    """Return a Pod that asks for an accelerator."""
    container = {"name": "main", "image": "ghcr.io/acme/main:1", "resources": {"limits": {GPU: 1}}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {"containers": [container], **spec},
    }


def machines(**taint: Any) -> dict[str, Any]:
    """Return a MachineSet."""
    labels = {"pool": "gpus"}
    spec = {
        "metadata": {"labels": labels},
        "taints": [taint],
        "providerSpec": {"value": {"instanceType": "g6.12xlarge"}},
    }
    return {
        "apiVersion": "machine.openshift.io/v1beta1",
        "kind": "MachineSet",
        "metadata": {"name": f"m-{taint.get('key')}", "namespace": "openshift-machine-api"},
        "spec": {"template": {"spec": spec}},
    }


def found(*documents: dict[str, Any], id: str = "gpu-toleration-missing") -> list[tuple[str, str]]:  # noqa: A002 - the field's name
    """Return subjects and messages of a check."""
    tree = of_documents({"a": documents})
    return [(hit.subject, hit.message) for hit in findings(tree, CHECKS) if hit.id == id]


def test_a_taint_of_the_chosen_machines_must_be_tolerated() -> None:
    """The nodeSelector chooses them."""
    wanted = {"pool": "gpus"}
    assert found(pod(nodeSelector=wanted), machines(key="ml", value="true", effect="NoSchedule")) == [
        (
            "Pod a",
            "it asks for `nvidia.com/gpu` on machines of `m-ml`, but does not tolerate their taint `ml=true:NoSchedule`",
        )
    ]
    assert found(pod(nodeSelector=wanted), machines(key="ml", effect="PreferNoSchedule")) == []
    assert found(pod(nodeSelector={"pool": "cpus"}), machines(key="ml", effect="NoSchedule")) == []
    assert found(pod(), machines(key="ml", effect="NoSchedule")) == []


def test_one_kind_of_machines_that_takes_the_pod_is_enough() -> None:
    """Of several with the same labels."""
    tainted, free = machines(key="ml", effect="NoSchedule"), machines(key="ml", effect="")
    assert found(pod(nodeSelector={"pool": "gpus"}), tainted, free) == []


def test_what_other_pods_tolerate_tells_of_taints() -> None:
    """Where they go to the same machines."""
    other = pod("b", tolerations=[TOLERATION])
    assert found(pod(), other) == [
        ("Pod a", "it asks for `nvidia.com/gpu`, but does not tolerate a taint of that name, as Pod `b` does")
    ]
    assert found(pod(nodeSelector={"pool": "untainted"}), other) == []
    assert found(pod(tolerations=[{"operator": "Exists"}]), other) == []


def test_kueue_and_hardware_profiles_add_tolerations() -> None:
    """Before the pod runs."""
    queued, profiled, other = pod(), pod(), pod("b", tolerations=[TOLERATION])
    queued["metadata"]["labels"] = {"kueue.x-k8s.io/queue-name": "q"}
    profiled["metadata"]["annotations"] = {"opendatahub.io/hardware-profile-name": "p"}
    assert found(queued, other) == []
    assert found(profiled, other) == []


@pytest.mark.parametrize(
    ("toleration", "does"),
    [
        ({"operator": "Exists"}, True),
        ({"key": "k", "operator": "Exists"}, True),
        ({"key": "k", "value": "v"}, True),
        ({"key": "k", "operator": "Equal", "value": "v", "effect": "NoSchedule"}, True),
        ({"key": "k", "value": "w"}, False),
        ({"key": "k"}, False),
        ({"key": "k", "operator": "Exists", "effect": "NoExecute"}, False),
        ({"value": "v"}, False),
        ({"key": "other", "operator": "Exists"}, False),
    ],
)
def test_a_toleration_matches_as_in_kubernetes(toleration: dict[str, Any], does: bool) -> None:
    """Key, value and effect."""
    (item,) = Object(pod(tolerations=[toleration])).pods
    assert tolerates(item, {"key": "k", "value": "v", "effect": "NoSchedule"}) is does


def server(*flags: str, model: str = "Qwen/Qwen2.5-14B-Instruct", **spec: Any) -> dict[str, Any]:
    """Return a Pod that serves a model."""
    item = pod(**spec)
    item["spec"]["containers"][0] |= {
        "image": "vllm/vllm-openai:v0.11.0",
        "args": [f"--model={model}", *flags],
    }
    return item


L4 = {"nvidia.com/gpu.product": "NVIDIA-L4"}
FITS = "model-memory-fit"


def test_weights_must_fit_into_what_vllm_may_use() -> None:
    """All numbers are named."""
    assert found(server(nodeSelector=L4), id=FITS) == [
        (
            "Pod a",
            "the weights of `Qwen/Qwen2.5-14B-Instruct` take 26 GiB, but one L4 has 24 GiB, of which vLLM may use 22",
        )
    ]


@pytest.mark.parametrize(
    "item",
    [
        server(),
        server(nodeSelector={"nvidia.com/gpu.product": "NVIDIA-X9000"}),
        server("--tensor-parallel-size=2", nodeSelector=L4),
        server("--quantization=fp8", nodeSelector=L4),
        server("--cpu-offload-gb=20", nodeSelector=L4),
        server("--config=/etc/vllm.yaml", nodeSelector=L4),
        server("--gpu-memory-utilization=$(SHARE)", nodeSelector=L4),
        server("--enable-expert-parallel", "--data-parallel-size=8", nodeSelector=L4),
        server(model="acme/Qwen2.5-14B-Instruct-FP4", nodeSelector=L4),
        server(model="acme/qwen2.5-14b.Q4_K_M", nodeSelector=L4),
        server(model="/mnt/models", nodeSelector=L4),
        server(model="acme/large", nodeSelector=L4),
    ],
)
def test_a_model_that_fits_or_that_nobody_knows_is_not_reported(item: dict[str, Any]) -> None:
    """Spread, quantized, offloaded, or without a size in its name."""
    assert found(item, id=FITS) == []


def affinity(*products: str) -> dict[str, Any]:
    """Return an affinity to products."""
    expression = {"key": "nvidia.com/gpu.product", "operator": "In", "values": list(products)}
    terms = {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}


@pytest.mark.parametrize(
    ("products", "wrong"),
    [
        (("NVIDIA-L4",), True),
        (("NVIDIA-L4", "NVIDIA-H100-80GB-HBM3"), False),
        (("NVIDIA-L4", "NVIDIA-X9000"), False),
    ],
)
def test_an_affinity_tells_of_products(products: tuple[str, ...], wrong: bool) -> None:
    """The largest of them counts, and one that nobody knows may be larger still."""
    assert bool(found(server(affinity=affinity(*products)), id=FITS)) is wrong


def test_the_machines_of_the_tree_tell_of_products() -> None:
    """By their type: g6.12xlarge has L4."""
    item = server(nodeSelector={"pool": "gpus"})
    assert len(found(item, machines(key="x", effect=""), id=FITS)) == 1


def test_a_slice_of_a_gpu_has_its_own_memory() -> None:
    """It is in the name of the resource."""
    item = server()
    item["spec"]["containers"][0]["resources"] = {"limits": {"nvidia.com/mig-3g.20gb": 1}}
    assert len(found(item, id=FITS)) == 1

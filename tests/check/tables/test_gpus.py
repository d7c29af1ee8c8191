"""Memory of accelerators, vendors of resources and images, sizes of models by name."""

from __future__ import annotations

import pytest

from mintage.check import tables
from mintage.check.tables.files import table


@pytest.mark.parametrize(
    ("product", "memory"),
    [
        ("NVIDIA-A100-SXM4-80GB", 80),
        ("NVIDIA-A100-SXM4-40GB", 40),
        ("NVIDIA-H100-80GB-HBM3", 80),
        ("NVIDIA-H200", 141),
        ("NVIDIA-L4", 24),
        ("NVIDIA-L40S", 48),
        ("NVIDIA-A10G", 24),
        ("Tesla-T4", 16),
        ("AMD_Instinct_MI300X_OAM", 192),
        ("NVIDIA-A100", None),
        ("Matrox", None),
    ],
)
def test_memory_of_products(product: str, memory: int | None) -> None:
    """A name that leaves the memory open is not guessed at."""
    found = tables.gpu_product(product)
    assert (found and found.memory) == memory


def test_every_instance_has_a_product_of_the_table() -> None:
    """A machine names a device that is listed."""
    products = {entry["name"] for entry in table("gpus")["devices"]["products"]}
    assert {entry["product"] for entry in table("gpus")["instances"]["types"]} <= products


def test_devices_of_machines() -> None:
    """A type of machine tells how many devices it has."""
    assert tables.gpu_instance("g5.12xlarge") == tables.Gpu("A10G", 24, "nvidia", 4)
    assert tables.gpu_instance("m5.large") is None


def test_labels_of_nodes_tell_the_device() -> None:
    """The product is closer to the truth than the machine."""
    both = {"nvidia.com/gpu.product": "NVIDIA-L4", "node.kubernetes.io/instance-type": "p5.48xlarge"}
    machine = {"node.kubernetes.io/instance-type": "p5.48xlarge"}
    assert [one and one.name for one in map(tables.gpu_of_labels, (both, machine, {"a": "b"}))] == [
        "L4",
        "H100",
        None,
    ]


@pytest.mark.parametrize(
    ("resource", "vendor", "mig"),
    [
        ("nvidia.com/gpu", "nvidia", None),
        ("nvidia.com/mig-3g.40gb", "nvidia", 40),
        ("amd.com/gpu", "amd", None),
        ("habana.ai/gaudi", "intel-gaudi", None),
        ("gpu.intel.com/xe", "intel", None),
        ("google.com/tpu", "google", None),
        ("aws.amazon.com/neuron", "aws", None),
        ("gpu.nvidia.com", "nvidia", None),
        ("cpu", None, None),
        ("nvidia.com/gpu-driver", None, None),
    ],
)
def test_vendors_of_resources(resource: str, vendor: str | None, mig: int | None) -> None:
    """The whole name counts."""
    assert tables.accelerator_vendor(resource) == vendor
    assert tables.mig_memory(resource) == mig


@pytest.mark.parametrize(
    ("image", "vendor"),
    [
        ("vllm/vllm-openai:v0.10.2", "nvidia"),
        ("vllm/vllm-openai-rocm:v0.20.0", "amd"),
        ("opea/vllm-gaudi:1.22.0", "intel-gaudi"),
        ("ghcr.io/llm-d/llm-d-xpu:v0.4.0", "intel"),
        ("ghcr.io/llm-d/llm-d-cpu:v0.9.0", "cpu"),
        ("vllm/vllm-tpu:nightly", "google"),
        ("registry.redhat.io/rhaiis/vllm-rocm-rhel9:3.0", "amd"),
        ("quay.io/me/server:v1", None),
    ],
)
def test_vendors_of_images(image: str, vendor: str | None) -> None:
    """A name that says nothing is not taken for anybody's."""
    assert tables.image_vendor(image) == vendor


@pytest.mark.parametrize(
    ("model", "billions"),
    [
        ("Qwen/Qwen2.5-7B-Instruct", 7),
        ("Qwen/Qwen2.5-VL-32B-Instruct", 32),
        ("meta-llama/Llama-3.1-70B-Instruct", 70),
        ("mistralai/Mixtral-8x7B-Instruct-v0.1", 46.7),
        ("somebody/new-4x2b", 8),
        ("Qwen/Qwen3-30B-A3B", 30),
        ("openai/gpt-oss-120b", 120),
        ("deepseek-ai/DeepSeek-R1", 671),
        ("deepseek-ai/DeepSeek-R1-Distill-Llama-70B", 70),
        ("facebook/opt-125m", 0.125),
        ("hf://Qwen/Qwen2.5-0.5B", 0.5),
        ("/models/llama-8b/", 8),
        ("sentence-transformers/all-MiniLM-L6-v2", None),
        ("models/v2", None),
    ],
)
def test_sizes_of_models_by_name(model: str, billions: float | None) -> None:
    """A number before B, a product of experts, or an exception; else nothing."""
    assert tables.model_size(model) == billions


@pytest.mark.parametrize(
    ("model", "dtype", "quantization", "size"),
    [
        ("Qwen/Qwen2.5-7B-Instruct", "auto", None, 2),
        ("Qwen/Qwen2.5-7B-Instruct", "float32", None, 4),
        ("Qwen/Qwen2.5-7B-Instruct", "auto", "fp8", 1),
        ("RedHatAI/Qwen2.5-7B-Instruct-FP8-Dynamic", "auto", None, 1),
        ("TheBloke/Llama-2-13B-AWQ", "half", None, 0.5),
        ("Qwen/Qwen2.5-7B-Instruct", "auto", "newest", None),
    ],
)
def test_bytes_of_parameters(model: str, dtype: str, quantization: str | None, size: float | None) -> None:
    """A flag wins over the name, the name over the dtype; an unknown quantization is unknown."""
    assert tables.bytes_per_parameter(model, dtype, quantization) == size


def test_memory_of_a_model() -> None:
    """Seven billion parameters of two bytes are thirteen GiB; an unknown size is none."""
    assert tables.model_memory("Qwen/Qwen2.5-7B-Instruct") == pytest.approx(13.04, abs=0.01)
    assert tables.model_memory("models/v2") is None

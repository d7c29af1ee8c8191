"""Accelerators: how much memory a product has, whose a resource or an image is, and how large a model is by its name.

Sizes are of the weights alone, as good as a name allows; the KV cache and activations are for the caller to add.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from mintage.check.tables.files import table

if TYPE_CHECKING:
    from collections.abc import Mapping

_EXPERTS = re.compile(r"(?<![a-z0-9.])(\d+)x(\d+(?:\.\d+)?)b(?![a-z0-9])")
_SIZE = re.compile(r"(?<![a-z0-9.])(?:e)?(\d+(?:\.\d+)?)(b|m)(?![a-z0-9])")


@dataclass(frozen=True, slots=True)
class Gpu:
    """A product: its memory in GiB, and how many of them a machine has (1 where only the product is known)."""

    name: str
    memory: float
    vendor: str
    count: int = 1


@cache
def gpu_product(product: str) -> Gpu | None:
    """Return a product by the value of a node label, such as `NVIDIA-A100-SXM4-80GB`; None where it is not known."""
    plain = re.sub(r"[^a-z0-9]+", "-", product.lower())
    for entry in table("gpus")["devices"]["products"]:
        if re.search(entry["match"], plain):
            return Gpu(entry["name"], entry["memory"], entry["vendor"])
    return None


@cache
def gpu_instance(instance: str) -> Gpu | None:
    """Return the devices of a cloud's type of machine, such as `g5.12xlarge`; None where it is not known."""
    for entry in table("gpus")["instances"]["types"]:
        if re.fullmatch(entry["type"], instance):
            products = table("gpus")["devices"]["products"]
            device = next(one for one in products if one["name"] == entry["product"])
            return Gpu(device["name"], device["memory"], device["vendor"], entry["count"])
    return None


def gpu_of_labels(labels: Mapping[str, str]) -> Gpu | None:
    """Return the device that labels of a node, or a nodeSelector, ask for; None where they do not tell."""
    names = table("gpus")["labels"]
    for label in names["product"]:
        if label in labels and (found := gpu_product(str(labels[label]))):
            return found
    for label in names["instance"]:
        if label in labels and (found := gpu_instance(str(labels[label]))):
            return found
    return None


@cache
def accelerator_vendor(resource: str) -> str | None:
    """Return whose an extended resource or DeviceClass is: nvidia, amd, intel-gaudi, intel, google, aws or huawei."""
    resources = table("gpus")["resources"]
    for entry in resources["vendors"]:
        if re.fullmatch(entry["match"], resource):
            vendor: str = entry["vendor"]
            return vendor
    found: str | None = resources["device_classes"].get(resource)
    return found


def mig_memory(resource: str) -> int | None:
    """Return the memory in GiB of a slice, `nvidia.com/mig-3g.40gb`; None for other resources."""
    found = re.fullmatch(table("gpus")["resources"]["mig"], resource)
    return int(found["memory"]) if found else None


@cache
def image_vendor(image: str) -> str | None:
    """Return the vendor an image is built for, or `cpu`; None where its name does not tell."""
    for entry in table("gpus")["images"]["hints"]:
        if re.search(entry["match"], image, re.IGNORECASE):
            vendor: str = entry["vendor"]
            return vendor
    return None


@cache
def model_size(model: str) -> float | None:
    """Return the parameters of a model in billions, from its name or path; None where the name does not tell.

    Upper bounds of experts are not refined: `8x7B` of an unlisted family counts as 56.
    """
    name = model.rstrip("/").rsplit("/", 1)[-1].lower()
    for entry in table("gpus")["models"]["exceptions"]:
        if re.search(entry["match"], name):
            return float(entry["billions"])
    if found := _EXPERTS.search(name):
        return int(found[1]) * float(found[2])
    if found := _SIZE.search(name):
        return float(found[1]) / (1000 if found[2] == "m" else 1)
    return None


@cache
def bytes_per_parameter(model: str, dtype: str = "auto", quantization: str | None = None) -> float | None:
    """Return the bytes one parameter takes, by `--quantization`, the name of the model, or `--dtype`; None if unknown."""
    precision = table("gpus")["precision"]
    sizes: dict[str, float] = precision["bytes"]
    name = model.lower()
    if quantization:
        return sizes.get(quantization)
    for entry in precision["fixed"]:
        if re.search(entry["match"], name):
            return float(entry["bytes"])
    if found := re.search(precision["names"], name):
        sizes = {**sizes, **precision["name_bytes"]}
        return sizes[found[1]]
    return sizes.get(dtype)


def model_memory(model: str, dtype: str = "auto", quantization: str | None = None) -> float | None:
    """Return the memory of a model's weights in GiB; None where its name does not tell."""
    size, each = model_size(model), bytes_per_parameter(model, dtype, quantization)
    return None if size is None or each is None else size * 1e9 * each / 2**30

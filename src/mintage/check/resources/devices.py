"""Checks of which accelerators a container asks for: whose they are, and whether its hardware profile allows them.

Profiles are those of Open Data Hub (opendatahub-operator v2, internal/webhook/hardwareprofile: annotations and the
containers that they apply to). A profile that is not in the tree is a reference to check elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mintage.check import quantity
from mintage.check.interface import ERROR, Check, Hit, Other
from mintage.check.resources.accelerators import PROFILE, demands
from mintage.check.tables import image_vendor
from mintage.tree.objects import at, items, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.tree.objects import Container, Object, Path
    from mintage.tree.tree import Root, Tree

_PROFILE_NAMESPACE = "opendatahub.io/hardware-profile-namespace"
# Where the containers stand that a profile applies to: a list, or a single one.
_CONTAINERS: tuple[tuple[str, Path], ...] = (
    ("Notebook", ("spec", "template", "spec", "containers")),
    ("InferenceService", ("spec", "predictor", "model")),
    ("InferenceService", ("spec", "predictor", "containers")),
    ("LLMInferenceService", ("spec", "template", "containers")),
)
_BUILDS = {
    "nvidia": "NVIDIA GPUs (CUDA)",
    "amd": "AMD GPUs (ROCm)",
    "intel-gaudi": "Intel Gaudi",
    "intel": "Intel GPUs (XPU)",
    "google": "Google TPUs",
    "aws": "AWS Neuron",
    "huawei": "Huawei Ascend",
    "cpu": "CPUs alone",
}


def _image_mismatch(container: Container, tree: Tree) -> Iterator[Hit]:
    built_for = image_vendor(container.image) if container.image and not container.init else None
    found = demands(container, tree) if built_for else None
    if not built_for or not found or built_for in {demand.vendor for demand in found}:
        return
    demand = found[0]
    yield Hit(
        f"the image of container `{container.name}` is built for {_BUILDS.get(built_for, built_for)}, but it gets `{demand.name}`",
        "take the build of the image for that accelerator, or ask for the accelerator that the image is built for",
        container.owner,
        (*container.path, "image"),
        others=(Other("the accelerators", container.owner, demand.path),),
    )


def _profile_exceeded(root: Root) -> Iterator[Hit]:
    for kind, path in _CONTAINERS:
        for item in root.of(kind):
            profile = _profile_of(root, item)
            if profile is not None:
                most = _most(profile)
                for place, container in _containers(item, path):
                    yield from _over(item, place, container, profile, most)


def _profile_of(root: Root, item: Object) -> Object | None:
    name = item.annotations.get(PROFILE)
    namespace = item.annotations.get(_PROFILE_NAMESPACE) or item.namespace
    return root.find("HardwareProfile", name, namespace) if name else None


def _most(profile: Object) -> dict[str, tuple[Path, Any]]:
    """Return the most that a profile allows of each resource, with the place of the number."""
    return {
        str(identifier.get("identifier")): (
            ("spec", "identifiers", index, "maxCount"),
            identifier["maxCount"],
        )
        for index, identifier in items(profile.spec, "identifiers")
        if identifier.get("maxCount") is not None
    }


def _containers(item: Object, path: Path) -> list[tuple[Path, dict[str, Any]]]:
    found = at(item.document, *path)
    if isinstance(found, dict):
        return [(path, found)]
    return [((*path, index), container) for index, container in items(item.document, *path)]


def _over(
    item: Object, path: Path, container: dict[str, Any], profile: Object, most: dict[str, tuple[Path, Any]]
) -> Iterator[Hit]:
    for name, (place, bound) in most.items():
        for field in ("limits", "requests"):
            value = mapping(container, "resources", field).get(name)
            asked, allowed = quantity.parse(value), quantity.parse(bound)
            if asked is not None and allowed is not None and asked > allowed:
                yield Hit(
                    f"it asks for {value} of `{name}`, but the hardware profile `{profile.name}` allows {bound} at most",
                    "ask for less, or choose a larger profile",
                    item,
                    (*path, "resources", field, name),
                    others=(Other("the profile's bound", profile, place),),
                )
                break


CHECKS = (
    Check(
        "accelerator-image-mismatch",
        ERROR,
        "container",
        _image_mismatch,
        why="An image holds the libraries of one vendor. On another vendor's accelerator the program finds no device.",
        fix="Use the image of the same vendor as the resource, in every overlay that changes one of them.",
    ),
    Check(
        "hardwareprofile-exceeded",
        ERROR,
        "root",
        _profile_exceeded,
        why="A hardware profile says what one workload may have. The dashboard refuses to save more, and the machines behind the profile may not have it.",
        fix="Stay within the profile's `maxCount`, or use another profile.",
    ),
)

"""Overlays: what must be done to the base so that it becomes what an environment's own render is. Pure.

Objects are paired by identity. A pair that differs gets a patch, an object that is only in the environment becomes
a resource of the overlay, one that is only in the base is deleted. An object that names its own namespace never
stands in the base: the overlay's namespace would be forced on it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mintage.errors import fail
from mintage.manifest import Manifest, compact
from mintage.render.patch import diff

if TYPE_CHECKING:
    from collections.abc import Iterable

Key = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Patch:
    """One object's patch: the file it goes to, what Kustomize must apply it to, and the body of the file."""

    file: str
    origin: str
    target: dict[str, str]
    body: Any  # RFC 6902 operations, or a strategic merge patch that deletes
    renames: bool = False


@dataclass(frozen=True, slots=True)
class Overlay:
    """The part of one component in one environment."""

    patches: list[Patch] = field(default_factory=list)
    resources: list[Manifest] = field(default_factory=list)


def belongs_outside(manifest: Manifest) -> bool:
    """Tell whether an object must be kept out of the namespace rewrite of an overlay."""
    return manifest.namespace is not None


def by_key(manifests: Iterable[Manifest]) -> dict[Key, Manifest]:
    """Return the objects by identity; `MintageError` where two are the same object."""
    found: dict[Key, Manifest] = {}
    for manifest in manifests:
        other = found.setdefault(manifest.key, manifest)
        if other is not manifest:
            raise twice(manifest, other.origin)
    return found


def twice(manifest: Manifest, other: str) -> Exception:
    """Return the error for an object that two services make."""
    subject = f"{manifest.kind} {manifest.name}"
    message = (
        f"`{manifest.origin}` and `{other}` both make it"
        if other != manifest.origin
        else f"`{other}` makes it twice"
    )
    return fail(subject, "object-twice", message, "rename one of the services")


def compute(base: dict[Key, Manifest], target: dict[Key, Manifest]) -> Overlay:
    """Return the overlay from the base to an environment; each patch is proved by applying it."""
    patches: list[Patch] = []
    resources: list[Manifest] = []
    files = _patch_files(base.values())
    for key, wanted in target.items():
        origin = base.get(key)
        if origin is None:
            resources.append(wanted)
        elif operations := diff(origin.document, wanted.document, f"{wanted.kind} {wanted.name}"):
            renames = origin.name != wanted.name
            patches.append(Patch(files[key], wanted.origin, target_of(origin), operations, renames))
    patches += [_deletion(manifest, files[key]) for key, manifest in base.items() if key not in target]
    return Overlay(patches, resources)


def target_of(manifest: Manifest) -> dict[str, str]:
    """Return a Kustomize target that means exactly this object: its name is a regular expression there."""
    version = manifest.api_version.rpartition("/")[2]
    return compact(group=manifest.group, version=version, kind=manifest.kind, name=_escaped(manifest.name))


def _escaped(name: str) -> str:
    return re.sub(r"([.+*?()\[\]{}^$|\\])", r"\\\1", name)


def _patch_files(manifests: Iterable[Manifest]) -> dict[Key, str]:
    """Name each object's patch file after it; kinds of two groups that share a name get the group in front."""
    found: dict[Key, str] = {}
    taken: dict[str, Key] = {}
    for manifest in manifests:
        name = (manifest.identity or manifest.name).replace(":", "-")
        file = f"patches/{manifest.kind.lower()}-{name}.yaml"
        if taken.setdefault(file, manifest.key) != manifest.key:
            file = f"patches/{manifest.kind.lower()}.{manifest.group or 'core'}-{name}.yaml"
        found[manifest.key] = file
    return found


def _deletion(manifest: Manifest, file: str) -> Patch:
    body = {
        "$patch": "delete",
        "apiVersion": manifest.api_version,
        "kind": manifest.kind,
        "metadata": {"name": manifest.name},
    }
    return Patch(file, manifest.origin, target_of(manifest), body)

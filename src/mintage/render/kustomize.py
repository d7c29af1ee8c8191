"""Kustomization documents for components, the base and the overlays. Pure; knows nothing of specs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mintage.manifest import compact

if TYPE_CHECKING:
    from collections.abc import Iterable

KUSTOMIZATION = "kustomization.yaml"


def kustomization(resources: Iterable[str], **fields: Any) -> dict[str, Any]:
    """Return a kustomization of these resources; empty fields are left out."""
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        **compact(resources=list(resources), **fields),
    }


def patch_entry(file: str, target: dict[str, str], *, renames: bool, deletes: bool) -> dict[str, Any]:
    """Return an entry of `patches`; a deletion names its target in the file, so that a miss is an error."""
    if deletes:
        return {"path": file}
    return {"path": file, "target": target, **({"options": {"allowNameChange": True}} if renames else {})}


def presence(target: dict[str, str]) -> dict[str, Any]:
    """Return a strategic merge patch that changes nothing, but for which an object of this target must be there."""
    return {
        "apiVersion": "/".join(part for part in (target.get("group"), target["version"]) if part),
        "kind": target["kind"],
        "metadata": {"name": target["name"].replace("\\", "")},
    }


def namespace_transformer(namespace: str) -> dict[str, Any]:
    """Return a transformer that gives the namespace to objects that name none, and leaves the others alone.

    Kustomize's own `namespace:` field overwrites the namespace of every object, and of some subjects and services
    inside them (Kustomize 5.5).
    """
    return {
        "apiVersion": "builtin",
        "kind": "NamespaceTransformer",
        "metadata": {"name": "namespace", "namespace": namespace},
        "fieldSpecs": [{"path": "metadata/namespace", "create": True}],
        "unsetOnly": True,
    }


def namespace_remover(target: dict[str, str]) -> dict[str, Any]:
    """Return a transformer that takes the namespace away again from a custom object that has none.

    Kustomize knows which kinds of Kubernetes have no namespace; of custom ones it assumes that they have.
    """
    return {
        "apiVersion": "builtin",
        "kind": "PatchTransformer",
        "metadata": {"name": f"cluster-scoped-{target['kind'].lower()}-{target['name']}".replace("\\", "")},
        "target": target,
        "patch": '[{"op": "remove", "path": "/metadata/namespace"}]',
    }

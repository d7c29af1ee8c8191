"""Raw: the objects of the spec, as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mintage.manifest import Manifest

if TYPE_CHECKING:
    from mintage.render.scope import Scope
    from mintage.spec.raw import Raw


def render(spec: Raw, scope: Scope) -> list[Manifest]:
    """Return the objects, with the recommended labels beneath their own; the order is that of the spec."""
    labels = scope.labels(spec.name, spec.folder)
    manifests = []
    for name, value in spec.objects.items():
        given = value["metadata"]
        metadata = {**given, "labels": {**labels, **(given.get("labels") or {})}}
        document = {**value, "metadata": metadata}
        manifests.append(Manifest(document, short=name, cluster_scoped=name in spec.cluster_scoped))
    return manifests

"""Objects that no other kind makes, written out: the way past the vocabulary, not around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import Meta

from mintage.errors import did_you_mean
from mintage.spec.decode import Complaint
from mintage.spec.fields import Name, Spec

if TYPE_CHECKING:
    from collections.abc import Iterator


_KUSTOMIZE = ("config.kubernetes.io/", "internal.config.kubernetes.io/")


class Raw(Spec, frozen=True, kw_only=True):
    """Kubernetes objects as they are, with labels, layout, namespace, references and deltas like all others."""

    kind: Literal["Raw"]
    objects: Annotated[
        dict[Name, dict[str, Any]],
        Meta(
            min_length=1, description="Objects by a name of your choice, by which environments change them."
        ),
    ]
    cluster_scoped: Annotated[
        tuple[Name, ...],
        Meta(
            description="Names in `objects` of custom kinds that have no namespace, such as a ClusterQueue."
        ),
    ] = ()

    def complaints(self) -> Iterator[Complaint]:
        """Complain about an object without apiVersion, kind or name, and about lists of objects."""
        yield from super().complaints()
        for index, name in enumerate(self.cluster_scoped):
            if name not in self.objects:
                yield Complaint(
                    ("clusterScoped", index),
                    f"no object is called `{name}`",
                    did_you_mean(name, self.objects),
                )
        for name, value in self.objects.items():
            for path in (("apiVersion",), ("kind",), ("metadata", "name")):
                if not isinstance(_at(value, path), str):
                    message = f"an object has a string `{'.'.join(path)}`, got none"
                    yield Complaint(
                        ("objects", name, *path), message, f"add `{path[-1]}: ...`", "spec-missing-field"
                    )
            for key in _at(value, ("metadata", "annotations")) or {}:
                if key.startswith(_KUSTOMIZE):
                    place = ("objects", name, "metadata", "annotations", key)
                    yield Complaint(place, f"Kustomize keeps `{key}` for itself", "remove it", on_key=True)
            if str(value.get("kind")).endswith("List") and "items" in value:
                yield Complaint(
                    ("objects", name, "kind"),
                    "a list of objects cannot be patched",
                    "write each object by itself",
                )


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value

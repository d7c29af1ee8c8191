"""Objects that no other kind makes, written out: the way past the vocabulary, not around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import Meta

from mintage.spec.decode import Complaint
from mintage.spec.fields import Name, Spec

if TYPE_CHECKING:
    from collections.abc import Iterator


class Raw(Spec, frozen=True, kw_only=True):
    """Kubernetes objects as they are, with labels, layout, namespace, references and deltas like all others."""

    kind: Literal["Raw"]
    objects: Annotated[
        dict[Name, dict[str, Any]],
        Meta(
            min_length=1, description="Objects by a name of your choice, by which environments change them."
        ),
    ]

    def complaints(self) -> Iterator[Complaint]:
        """Complain about an object without apiVersion, kind or name, and about lists of objects."""
        yield from super().complaints()
        for name, value in self.objects.items():
            for path in (("apiVersion",), ("kind",), ("metadata", "name")):
                if not isinstance(_at(value, path), str):
                    message = f"an object has a string `{'.'.join(path)}`, got none"
                    yield Complaint(
                        ("objects", name, *path), message, f"add `{path[-1]}: ...`", "spec-missing-field"
                    )
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

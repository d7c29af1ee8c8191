"""What a kind may know while it renders: the system, the environment, and the exports of other services."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mintage.spec import reference
from mintage.spec.selector import matches

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mintage.spec.exports import Export
    from mintage.spec.system import System


@dataclass(frozen=True, slots=True)
class Scope:
    """One rendering: of the base (environment None) or of an environment, seen from one namespace."""

    system: System
    environment: str | None
    exports: Mapping[str, Export]
    files: Mapping[str, str] = field(default_factory=dict)  # by name relative to the folder of specs
    home: str = ""  # namespace of the spec that is rendered, where it pins one

    @property
    def namespace(self) -> str:
        """The namespace of the environment; in the base, the one the system names."""
        return self.system.namespace_in(self.environment)

    def export(self, name: str) -> Export:
        """Return the export of a service; references are checked before rendering, so it exists."""
        return self.exports[name]

    def file(self, name: str) -> str:
        """Return the text of a file that the spec names; which files those are is said by `Spec.files`."""
        return self.files[name]

    def select(self, selector: str) -> list[Export]:
        """Return the exports a selector means, by name."""
        chosen = (export for export in self.exports.values() if matches(selector, export.kind, export.name))
        return sorted(chosen, key=lambda export: export.name)

    def host(self, export: Export) -> str:
        """Return the host name of a service: bare inside its namespace, fully qualified from another."""
        there = export.namespace or self.namespace
        return (
            export.service
            if there == (self.home or self.namespace)
            else f"{export.service}.{there}.svc.cluster.local"
        )

    def text(self, value: str) -> str:
        """Return a string with its reference, if it has one, resolved."""
        link = reference.parse(value)
        if link is None:
            return reference.unescape(value)
        export = self.export(link.name)
        return reference.text_of(link, export, self.host(export))

    def cluster_name(self, name: str) -> str:
        """Return a name for a ClusterRole or its binding that no other environment has.

        Neither namespaces nor names hold a colon, so two of them never make the same; RBAC allows it in names.
        """
        return f"{self.namespace}:{name}"

    def labels(self, name: str, component: str, **more: str) -> dict[str, str]:
        """Return the recommended labels of an object, with those of the system."""
        return {
            "app.kubernetes.io/name": name,
            "app.kubernetes.io/component": component,
            "app.kubernetes.io/part-of": self.system.name,
            "app.kubernetes.io/managed-by": "mintage",
            **self.system.labels,
            **more,
        }


def resolved(value: Any, scope: Scope) -> Any:
    """Return a spec's value with every reference in its strings turned into the text that is right in the scope."""
    if isinstance(value, str):
        return scope.text(value)
    if isinstance(value, dict):
        return {key: resolved(item, scope) for key, item in value.items()}
    if isinstance(value, list):
        return [resolved(item, scope) for item in value]
    return value

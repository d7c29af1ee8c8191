"""One Kubernetes object on its way to a file: a checked document, and what the layout needs to place it.

Knows the identity of objects and the order in which people read their keys; does not know any kind's fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# Objects of Kubernetes itself that have no namespace (kubectl api-resources of 1.32).
CLUSTER_SCOPED = frozenset(
    {
        "APIService", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "IngressClass",
        "MutatingWebhookConfiguration", "Namespace", "Node", "PersistentVolume", "PriorityClass", "RuntimeClass",
        "StorageClass", "ValidatingWebhookConfiguration",
    }
)  # fmt: skip
_TOP = ("apiVersion", "kind", "metadata", "spec")


@dataclass(frozen=True, slots=True)
class Manifest:
    """A Kubernetes object, the spec it came from, and the names that stay the same in every environment."""

    document: dict[str, Any]
    origin: str = ""  # name of the spec
    short: str = ""  # what {short} stands for in file patterns
    identity: str = ""  # the name across environments, where `metadata.name` differs between them
    file: str = ""  # set by the layout: path below the component's folder
    cluster_scoped: bool = False  # a custom kind without namespace; those of Kubernetes itself are known

    @property
    def api_version(self) -> str:
        """Group and version, such as `apps/v1`."""
        return str(self.document["apiVersion"])

    @property
    def group(self) -> str:
        """The API group, empty for the core group."""
        return self.api_version.rpartition("/")[0]

    @property
    def kind(self) -> str:
        """The kind, such as `Deployment`."""
        return str(self.document["kind"])

    @property
    def name(self) -> str:
        """The name in this environment."""
        return str(self.document["metadata"]["name"])

    @property
    def namespace(self) -> str | None:
        """The namespace the object itself names; None for "wherever the environment is"."""
        value = self.document["metadata"].get("namespace")
        return None if value is None else str(value)

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What makes it the same object in every environment: group, kind, namespace, name."""
        return self.group, self.kind, self.namespace or "", self.identity or self.name

    @property
    def has_namespace(self) -> bool:
        """Whether it lives in a namespace at all."""
        return not self.cluster_scoped and self.kind not in CLUSTER_SCOPED


def metadata(
    name: str,
    *,
    namespace: str | None = None,
    labels: dict[str, str] | None = None,
    annotations: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Return an object's metadata in reading order, without what is empty."""
    result: dict[str, Any] = {"name": name}
    if namespace:
        result["namespace"] = namespace
    if labels:
        result["labels"] = dict(labels)
    if annotations:
        result["annotations"] = dict(annotations)
    return result


def in_reading_order(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with apiVersion, kind, metadata and spec first and the rest as it was."""
    return {key: document[key] for key in (*_TOP, *document) if key in document}


def compact(**values: Any) -> dict[str, Any]:
    """Return a mapping without the keys whose value is None or empty; 0 and False stay."""
    return {
        key: value for key, value in values.items() if value is not None and value not in ("", {}, [], ())
    }

"""The check that a change of a configuration reaches the pods that use it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mintage.check import known
from mintage.check.interface import WARNING, Check, Hit, Other
from mintage.check.references.paths import of_object
from mintage.tree.objects import at, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.check.references.paths import Reference
    from mintage.tree.objects import Object, Pod
    from mintage.tree.tree import Root

_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")
_HASH = re.compile(r"-(?:[bcdfghkmt2456789]{10}|[0-9a-f]{8,64})$")  # Kustomize's, or any hexadecimal digest
_DIGEST = re.compile(r"checksum|hash|digest|config-version|restartedAt", re.IGNORECASE)
_RELOADERS = (
    "reloader.stakater.com/",
    "wave.pusher.com/",
    "configmap-reload",
    "secret.reloader",
    "mintage.dev/config",
)


def _no_rollout(root: Root) -> Iterator[Hit]:
    for item in root.of(*_WORKLOADS, group="apps"):
        if _is_reloaded(item):
            continue
        seen: set[str] = set()
        for found in item.once(of_object):
            config = _fixed_config(root, found)
            if config is None or found.name in seen:
                continue
            seen.add(found.name)
            yield Hit(
                f"a change of ConfigMap `{found.name}` does not restart the pods that use it",
                "generate it with `configMapGenerator` (a hash in its name), or put a checksum of it into the pod template's annotations",
                item,
                found.path,
                others=(Other("the ConfigMap", config, ("metadata", "name")),),
            )


def _fixed_config(root: Root, found: Reference) -> Object | None:
    """Return the ConfigMap that a pod reads at its start under a name that never changes."""
    if found.kind != "ConfigMap" or _HASH.search(found.name):
        return None
    config = root.get("ConfigMap", found.name, found.namespace)
    if config is None or config.document.get("immutable") is True or known.is_filled(config):
        return None
    return config if mapping(config.document, "data") or mapping(config.document, "binaryData") else None


def _is_reloaded(item: Object) -> bool:
    return (
        _names_reloader(item)
        or any(_has_digest(pod) for pod in item.pods)
        or any("reload" in container.image for container in item.containers)
    )


def _names_reloader(item: Object) -> bool:
    return any(
        key.startswith(_RELOADERS) or _DIGEST.search(key) for key in item.annotations if isinstance(key, str)
    )


def _has_digest(pod: Pod) -> bool:
    metadata = at(pod.owner.document, *pod.path[:-1], "metadata")
    keys = (*mapping(metadata, "annotations"), *mapping(metadata, "labels"))
    return any(_DIGEST.search(key) or key.startswith(_RELOADERS) for key in keys if isinstance(key, str))


CHECKS = (
    Check(
        "config-no-rollout",
        WARNING,
        "root",
        _no_rollout,
        why="A mounted file changes minutes later and a variable never; a server that reads its configuration at start keeps the old one.",
        fix="Let the name or a checksum annotation follow the content, so that a change rolls the pods.",
    ),
)

"""Checks of one pod or container that need nothing else."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from mintage.check.interface import ERROR, WARNING, Check, Hit
from mintage.errors import did_you_mean
from mintage.tree.objects import items

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.tree.objects import Container, Pod
    from mintage.tree.tree import Tree


def _mount_without_volume(container: Container, _: Tree) -> Iterator[Hit]:
    pod = container.pod
    if pod.owner.group == "serving.kserve.io":
        return  # volumes may come from the runtime
    volumes = {str(volume.get("name")) for _, volume in items(pod.spec, "volumes")}
    volumes |= {
        str(claim["metadata"].get("name"))
        for _, claim in items(pod.owner.spec, "volumeClaimTemplates")
        if isinstance(claim.get("metadata"), dict)
    }
    for index, mount in items(container.document, "volumeMounts"):
        name = mount.get("name")
        if isinstance(name, str) and name not in volumes:
            yield Hit(
                f"container `{container.name}` mounts `{name}`, which is no volume of the pod",
                did_you_mean(name, volumes) or "add the volume to the pod, or remove the mount",
                container.owner,
                (*container.path, "volumeMounts", index, "name"),
            )


def _env_duplicate(container: Container, _: Tree) -> Iterator[Hit]:
    names = Counter(str(entry.get("name")) for _, entry in items(container.document, "env"))
    seen: set[str] = set()
    for index, entry in items(container.document, "env"):
        name = str(entry.get("name"))
        if names[name] > 1 and name in seen:
            yield Hit(
                f"container `{container.name}` sets `{name}` {names[name]} times; the last one wins, server-side apply refuses it",
                "keep one of them",
                container.owner,
                (*container.path, "env", index, "name"),
            )
        seen.add(name)


def _volume_source_ambiguous(pod: Pod, _: Tree) -> Iterator[Hit]:
    for index, volume in items(pod.spec, "volumes"):
        sources = sorted(key for key, value in volume.items() if key != "name" and value is not None)
        if len(sources) > 1:
            yield Hit(
                f"volume `{volume.get('name')}` has {len(sources)} sources: `{'`, `'.join(sources)}`",
                f"keep one of them; a patch that replaces a source sets the old one to null: `{sources[0]}: null`",
                pod.owner,
                (*pod.path, "volumes", index, sources[-1]),
                on_key=True,
            )


CHECKS = (
    Check(
        "volume-source-ambiguous",
        ERROR,
        "pod",
        _volume_source_ambiguous,
        why="The API server refuses a volume with several sources; a strategic merge patch adds its source to that of the base.",
        fix="Keep one source; in a patch, set the other one to null or use `$patch: replace`.",
    ),
    Check(
        "mount-without-volume",
        ERROR,
        "container",
        _mount_without_volume,
        why="The API server refuses a pod whose container mounts a volume that the pod does not have.",
        fix="Add the volume to the pod, or remove the mount.",
    ),
    Check(
        "env-duplicate",
        WARNING,
        "container",
        _env_duplicate,
        why="Of two variables with one name the last wins, which is seldom the one that was meant; server-side apply refuses both.",
        fix="Keep one of them; with patches, replace the value instead of adding an item.",
    ),
)

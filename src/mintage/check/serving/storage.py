"""Checks of what servers and jobs read and leave on disk, and of the runtimes that KServe needs.

Whether a folder lasts is judged by the volume mounted nearest to it. A sized `emptyDir` is taken for a decision: somebody
has thought of how much is downloaded, and it outlives the container.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from mintage.check import known
from mintage.check.interface import ERROR, WARNING, Check, Hit, Other
from mintage.check.serving.command_line import Word, command_lines
from mintage.check.serving.vllm_args import parse
from mintage.check.tables.files import table
from mintage.errors import did_you_mean
from mintage.tree.objects import at, items

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.check.serving.vllm_args import VllmArgs
    from mintage.tree.objects import Container, Object, Path, Pod
    from mintage.tree.tree import Root, Tree

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_JOBS = frozenset({"Job", "CronJob"})
_SYSTEM = ("/dev/", "/proc/", "/sys/")
_RUNTIMES = ("ServingRuntime", "ClusterServingRuntime")


def _runtime_missing(root: Root) -> Iterator[Hit]:
    for service in root.of("InferenceService", group="serving.kserve.io"):
        for part in ("predictor", "transformer", "explainer"):
            path: Path = ("spec", part, "model", "runtime")
            name = service.at(*path)
            if not isinstance(name, str) or not name or "{{" in name or "$(" in name:
                continue
            if not _has_runtime(root, service, name):
                yield _runtime_hit(root, service, name, path)


def _runtime_hit(root: Root, service: Object, name: str, path: Path) -> Hit:
    found = root.get(_RUNTIMES[0], name)
    if found is not None:
        message = (
            f"the runtime `{name}` is in the namespace `{found.namespace}`, and this is `{service.namespace}`"
        )
        advice = "put the ServingRuntime beside the service, or make it a ClusterServingRuntime"
        return Hit(message, advice, service, path, others=(Other("the runtime", found),))
    there = [item.name for item in root.of(*_RUNTIMES)]
    return Hit(
        f"the runtime `{name}` is neither in this tree nor one that KServe brings",
        did_you_mean(name, there)
        if there
        else "add the ServingRuntime, or declare it under `externals.objects`",
        service,
        path,
    )


def _has_runtime(root: Root, service: Object, name: str) -> bool:
    if fnmatchcase(name, table("serving")["kserve"]["bundled"]):
        return True
    return known.exists(root, _RUNTIMES[1], name) or known.exists(root, _RUNTIMES[0], name, service.namespace)


def _cache_ephemeral(container: Container, _: Tree) -> Iterator[Hit]:
    args = parse(container)
    if args is None or not _downloads(args):
        return
    folder, path = _cache_folder(args)
    if folder is None or "$" in folder or "{{" in folder:
        return
    volume = _volume_at(container, folder)
    if volume is None and _mounts_a_cache(container, args):
        return
    if volume is not None and not _is_unsized(volume):
        return
    where = "an `emptyDir` without a size" if volume else "no volume"
    yield Hit(
        f"the server downloads `{args.model}` to `{folder}`, on {where}: it does so again after every restart",
        "mount a PersistentVolumeClaim there, or an `emptyDir` with a `sizeLimit` if downloading again is all right",
        container.owner,
        path,
    )


def _downloads(args: VllmArgs) -> bool:
    """Tell whether a server surely fetches its model from a hub."""
    container, facts = args.container, table("serving")["model_cache"]
    if container.init or container.document.get("envFrom") or _is_templated(container.owner):
        return False
    if any(name in container.env for name in (*facts["offline"], *facts["elsewhere"])):
        return False
    return args.complete and args.model is not None and _HUB_ID.fullmatch(args.model) is not None


def _is_templated(owner: Object) -> bool:
    """Tell whether KServe fetches models itself, or puts variables and volumes into the pods."""
    return owner.group == "serving.kserve.io" and owner.kind != "InferenceService"


def _cache_folder(args: VllmArgs) -> tuple[str | None, Path]:
    """Return the folder that the model is kept in, and what says so; None where nobody knows."""
    facts, container = table("serving")["model_cache"], args.container
    given = args.get("--download-dir")
    if given is not None:
        return given.value, given.value_path
    for name, below in facts["variables"].items():
        if name in container.env:
            value = container.env_value(name)
            place = (*container.env[name][0], "value" if value is not None else "name")
            return (str(PurePosixPath(value) / below) if value else None), place
    word = args.model_word
    return facts["default"], word.path if word else container.path


def _volume_at(container: Container, folder: str) -> dict[str, Any] | None:
    """Return the volume that a folder lies on: that of the nearest mount."""
    found: tuple[int, dict[str, Any]] | None = None
    for _, mount in items(container.document, "volumeMounts"):
        place = str(mount.get("mountPath") or "").rstrip("/")
        if place and (folder == place or folder.startswith(f"{place}/")):
            volume = _volume(container.pod, mount.get("name"))
            if found is None or len(place) > found[0]:
                found = (len(place), volume)
    return found[1] if found else None


def _volume(pod: Pod, name: Any) -> dict[str, Any]:
    """Return a volume of a pod; one that is not among its volumes comes from a template, and lasts."""
    return next(
        (volume for _, volume in items(pod.spec, "volumes") if volume.get("name") == name), {"name": name}
    )


def _is_unsized(volume: dict[str, Any]) -> bool:
    return isinstance(volume.get("emptyDir"), dict) and not volume["emptyDir"].get("sizeLimit")


def _mounts_a_cache(container: Container, args: VllmArgs) -> bool:
    """Tell whether some mount is the cache after all, where only the image knows its folder."""
    if args.get("--download-dir") is not None:
        return False
    named = table("serving")["model_cache"]["variables"]
    if any(container.env_value(name) for name in named):
        return False
    mounts = (str(mount.get("mountPath") or "") for _, mount in items(container.document, "volumeMounts"))
    return any(sign in mount for mount in mounts for sign in ("cache", "huggingface", "models", "hf"))


def _output_ephemeral(container: Container, _: Tree) -> Iterator[Hit]:
    pod = container.pod
    if pod.owner.kind not in _JOBS or container.init or _uploads(container):
        return
    for what, folder, path in _outputs(container):
        volume = _volume_at(container, folder)
        if volume is not None and (
            not isinstance(volume.get("emptyDir"), dict) or _shared(container, volume)
        ):
            continue
        where = f"the `emptyDir` `{volume['name']}`" if volume else "no volume"
        yield Hit(
            f"`{what}` is `{folder}`, on {where}: what the job leaves there goes with its pod",
            "mount a PersistentVolumeClaim there, or upload the results",
            container.owner,
            path,
        )


def _outputs(container: Container) -> Iterator[tuple[str, str, Path]]:
    """Yield what names a folder for results, the folder, and where it stands."""
    facts = table("serving")["job_outputs"]
    for line in command_lines(container):
        for index, word in enumerate(line.words):
            flag, equals, value = word.text.partition("=")
            follows = line.words[index + 1] if index + 1 < len(line.words) else None
            holder = word if equals else follows
            if flag.replace("_", "-") in facts["flags"] and holder is not None:
                folder = value if equals else holder.text
                if _is_folder(Word(folder, holder.path)):
                    yield flag, folder, holder.path
    for name in facts["variables"]:
        literal = container.env_value(name)
        if literal is not None and _is_folder(Word(literal, ())):
            yield name, literal, (*container.env[name][0], "value")


def _is_folder(word: Word) -> bool:
    return word.is_literal and word.text.startswith("/") and not word.text.startswith(_SYSTEM)


def _uploads(container: Container) -> bool:
    """Tell whether a container may bring its results elsewhere itself: nobody knows what its program does."""
    signs = table("serving")["job_outputs"]["uploads"]
    env = [f"{name}={at(entry, 'value', default='')}" for name, (_, entry) in container.env.items()]
    texts = [text for _, text in container.argv] + env
    return bool(container.document.get("envFrom")) or any(
        sign in text.lower() for text in texts for sign in signs
    )


def _shared(container: Container, volume: dict[str, Any]) -> bool:
    """Tell whether another container mounts a volume, which may carry away what is in it."""
    return any(
        mount.get("name") == volume.get("name")
        for other in container.pod.containers
        if other is not container and other.path != container.path
        for _, mount in items(other.document, "volumeMounts")
    )


CHECKS = (
    Check(
        "kserve-runtime-missing",
        ERROR,
        "root",
        _runtime_missing,
        why="An InferenceService that names a runtime waits for it for ever: KServe takes no other. A ServingRuntime must be in its namespace.",
        fix="Add the ServingRuntime to the service's namespace, or name one that is there.",
    ),
    Check(
        "model-cache-ephemeral",
        WARNING,
        "container",
        _cache_ephemeral,
        why="Weights have tens of gigabytes. On the container's own layer they are downloaded again after every restart, and fill the node's disk until pods are evicted.",
        fix="Keep the cache on a PersistentVolumeClaim, or on an `emptyDir` with a `sizeLimit`.",
    ),
    Check(
        "job-output-ephemeral",
        WARNING,
        "container",
        _output_ephemeral,
        why="A pod's own disk ends with the pod. Results of hours of training on it are lost when the job is done.",
        fix="Write to a PersistentVolumeClaim, or upload the results.",
    ),
)

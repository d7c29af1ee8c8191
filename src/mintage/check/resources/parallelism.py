"""Checks of how vLLM spreads a model over accelerators, against the accelerators that its pods get.

A server runs tensor x pipeline x prefill-context ranks for each data-parallel rank (vllm/config/parallel.py, vLLM 0.8 to
0.33). Ranks on other nodes are known for LeaderWorkerSets only; a cluster of Ray may have any number of nodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mintage.check import quantity
from mintage.check.interface import ERROR, WARNING, Check, Hit, Other
from mintage.check.resources.accelerators import is_filled_later, whole_devices
from mintage.check.serving import vllm_args
from mintage.tree.objects import at, items, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.check.resources.accelerators import Demand
    from mintage.check.serving.vllm_args import VllmArgs
    from mintage.tree.objects import Container, Object, Path
    from mintage.tree.tree import Tree

_SHARDS = ("--tensor-parallel-size", "--pipeline-parallel-size", "--prefill-context-parallel-size")
_REPLICATES = "--data-parallel-size"
_LOCAL = "--data-parallel-size-local"
_ONE_RANK = ("--data-parallel-rank", "--data-parallel-external-lb")
_ELSEWHERE = (
    "--data-parallel-start-rank",
    "--data-parallel-hybrid-lb",
    "--data-parallel-address",
    "--headless",
)
# Of these KServe makes pods only together with a service, which may change the accelerators or the arguments.
_TEMPLATES = frozenset({"ServingRuntime", "ClusterServingRuntime", "LLMInferenceServiceConfig"})
_GROUP_SIZE = (["$(LWS_GROUP_SIZE)"], ["$LWS_GROUP_SIZE"], ["${LWS_GROUP_SIZE}"])
_MASKS = ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES")


@dataclass(frozen=True, slots=True)
class Spread:
    """Over how many accelerators a server spreads: one model over `ranks`, `copies` of it in each pod, `replicas` in all.

    What cannot be told is None. `text` is what the flags say, `path` the place of the first of them.
    """

    ranks: int
    copies: int | None
    replicas: int | None
    nodes: int
    ray: bool
    text: str
    path: Path | None


def spread(args: VllmArgs) -> Spread | None:
    """Return how a server spreads its model; None where its flags do not tell."""
    numbers = {name: _number(args, name) for name in (*_SHARDS, "--nnodes")}
    if None in numbers.values() or args.text("--distributed-executor-backend") == "external_launcher":
        return None
    given = [argument for name in (*_SHARDS, _REPLICATES, _LOCAL) if (argument := args.get(name))]
    ranks = 1
    for name in _SHARDS:
        ranks *= numbers[name] or 1
    return Spread(
        ranks,
        _copies(args),
        _number(args, _REPLICATES),
        numbers["--nnodes"] or 1,
        "ray" in {args.text("--distributed-executor-backend"), args.text("--data-parallel-backend")},
        ", ".join(f"`{one.name}={one.value}`" for one in given if one.value is not None)
        or "no `--tensor-parallel-size`",
        given[0].value_path if given else None,
    )


def _number(args: VllmArgs, name: str) -> int | None:
    """Return a flag that is a number from 1 on; 1 where it is not given, None where it is no literal."""
    if args.get(name) is None:
        return 1
    found = args.integer(name)
    if found is None and _is_group_size(args, name):
        found = group_size(args.container.owner)
    return found if found is not None and found > 0 else None


def _is_group_size(args: VllmArgs, name: str) -> bool:
    """Tell whether a flag is given the variable in which a LeaderWorkerSet tells the size of its groups."""
    given = args.get(name)
    return given is not None and [word.text for word in given.values] in _GROUP_SIZE


def group_size(owner: Object) -> int | None:
    """Return how many pods a group of a LeaderWorkerSet has; None for other kinds, or where nobody can tell."""
    if owner.kind != "LeaderWorkerSet":
        return None
    return quantity.count(at(owner.spec, "leaderWorkerTemplate", "size", default=1))


def _copies(args: VllmArgs) -> int | None:
    replicas = _number(args, _REPLICATES)
    if args.get(_LOCAL) is not None:
        return args.integer(_LOCAL)
    if any(args.get(name) for name in _ONE_RANK):
        return 1
    if replicas != 1 and any(args.get(name) for name in _ELSEWHERE):
        return None
    return replicas


def _tp_mismatch(container: Container, tree: Tree) -> Iterator[Hit]:
    found = whole_devices(container, tree)
    if found is None or container.init or container.owner.kind in _TEMPLATES:
        return
    args = vllm_args.parse(container)
    if container.owner.kind == "LLMInferenceService" and (args is None or not args.get(_SHARDS[0])):
        yield from _declared(container, *found)
        return
    how = spread(args) if args else None
    if args is None or how is None or how.copies is None or _is_on_several_nodes(container):
        return
    devices, demand = found
    if container.owner.kind == "LeaderWorkerSet":
        yield from _in_group(container, tree, args, how)
        return
    needed = how.ranks * how.copies // how.nodes
    if (devices < needed and not how.ray) or (
        devices > needed and args.complete and args.plain and not how.ray and not _mask(container)
    ):
        yield _hit(container, how, needed, devices, demand)


def _is_on_several_nodes(container: Container) -> bool:
    """Tell whether an operator spreads a server over pods in a way that is not known here."""
    owner, pod = container.owner, container.pod
    if owner.kind == "LeaderWorkerSet":
        return False
    if owner.group == "ray.io" or "worker" in pod.role or _has_worker(container):
        return True
    return pod.role == "predictor" and "workerSpec" in pod.spec


def _counted(number: int) -> str:
    return "1 accelerator" if number == 1 else f"{number} accelerators"


def _hit(container: Container, how: Spread, needed: int, devices: int, demand: Demand) -> Hit:
    advice = f"ask for {needed} of `{demand.name}`, or change the flags to make use of {devices}"
    return Hit(
        f"vLLM in container `{container.name}` runs on {_counted(needed)} ({how.text}), but the container gets {devices} `{demand.name}`",
        advice,
        container.owner,
        how.path or demand.path,
        others=(Other("the accelerators", container.owner, demand.path),) if how.path else (),
    )


def _in_group(container: Container, tree: Tree, args: VllmArgs, how: Spread) -> Iterator[Hit]:
    """Judge a pod of a LeaderWorkerSet: its model may be spread over the pod, or over the whole group."""
    found = whole_devices(container, tree)
    assert found is not None
    devices, demand = found
    group = _of_group(container.owner, tree)
    if group is None or not (args.get(_SHARDS[0]) or (args.complete and args.plain)):
        return
    needed = how.ranks * (how.copies or 1) // how.nodes
    if needed == devices or how.ranks in {devices, group}:
        return
    yield Hit(
        f"vLLM in container `{container.name}` runs on {_counted(needed)} ({how.text}), but a pod gets {devices} `{demand.name}`, and the group {group}",
        "make tensor times pipeline parallelism the accelerators of one pod, or of the whole group",
        container.owner,
        how.path or demand.path,
        others=(Other("the accelerators", container.owner, demand.path),),
    )


def _of_group(owner: Object, tree: Tree) -> int | None:
    """Return the accelerators of one group of a LeaderWorkerSet; None where they cannot be told."""
    size = group_size(owner)
    leaders = {
        pod.role: sum(found[0] for one in pod.containers if (found := whole_devices(one, tree)))
        for pod in owner.pods
    }
    if size is None or "worker" not in leaders:
        return None
    return leaders.get("leader", leaders["worker"]) + (size - 1) * leaders["worker"]


def _declared(container: Container, devices: int, demand: Demand) -> Iterator[Hit]:
    """Judge `spec.parallelism` of an LLMInferenceService, from which KServe makes the flags."""
    pod = container.pod
    holder: Path = ("spec", "prefill") if pod.role.startswith("prefill") else ("spec",)
    said = mapping(container.owner.document, *holder, "parallelism")
    tensor, local = quantity.count(said.get("tensor")), quantity.count(said.get("dataLocal", 1))
    if container.name != "main" or not tensor or not local:
        return
    needed = tensor * local
    if devices < needed or (devices > needed and said.keys() == {"tensor"} and not _has_worker(container)):
        yield Hit(
            f"`parallelism` spreads the model over {_counted(needed)}, but container `{container.name}` gets {devices} `{demand.name}`",
            f"ask for {needed} of `{demand.name}`, or say `tensor: {devices}`",
            container.owner,
            (*holder, "parallelism", "tensor"),
            others=(Other("the accelerators", container.owner, demand.path),),
        )


def _has_worker(container: Container) -> bool:
    return "worker" in container.owner.spec or "worker" in mapping(container.owner.spec, "prefill")


def _mask(container: Container) -> tuple[str, list[int]] | None:
    """Return the variable that hides accelerators, and the indexes it leaves; None where there is none, or no list of numbers."""
    for name in _MASKS:
        value = container.env_value(name)
        if value is None:
            continue
        parts = [part.strip() for part in value.split(",")] if value.strip() else []
        if all(part.isdecimal() and part.isascii() and len(part) < 4 for part in parts):
            return name, [int(part) for part in parts]
    return None


def _visible_devices(container: Container, tree: Tree) -> Iterator[Hit]:
    mask = _mask(container)
    if mask is None or container.init:
        return
    name, indexes = mask
    path = (*container.env[name][0], "value")
    found = whole_devices(container, tree)
    if found is not None and any(index >= found[0] for index in indexes):
        first = next(index for index in indexes if index >= found[0])
        yield Hit(
            f"`{name}` names device {first}, but container `{container.name}` gets {found[0]} `{found[1].name}`, which count from 0",
            "drop the variable: a container sees the accelerators it gets, and no others",
            container.owner,
            path,
            others=(Other("the accelerators", container.owner, found[1].path),),
        )
        return
    args = vllm_args.parse(container)
    how = spread(args) if args else None
    needed = how.ranks * how.copies // how.nodes if how and how.copies else 1
    if len(indexes) < needed and (found is not None or indexes) and not (how and how.ray):
        text = f" ({how.text})" if how else ""
        yield Hit(
            f"`{name}` leaves {len(indexes)} of the accelerators visible, but {needed} are needed{text}",
            "drop the variable: a container sees the accelerators it gets, and no others",
            container.owner,
            path,
        )


def _no_shared_memory(container: Container, _: Tree) -> Iterator[Hit]:
    args = vllm_args.parse(container)
    how = spread(args) if args else None
    if how is None or how.ranks < 2 or container.init or is_filled_later(container.pod):
        return
    if container.pod.spec.get("hostIPC") is True or container.env_value("NCCL_SHM_DISABLE") == "1":
        return
    mounts = [mount.get("mountPath") for _, mount in items(container.document, "volumeMounts")]
    if not any(isinstance(mount, str) and mount.rstrip("/") in {"/dev/shm", "/dev"} for mount in mounts):  # noqa: S108 - a mount point
        yield Hit(
            f"vLLM in container `{container.name}` runs {how.ranks} processes ({how.text}), but nothing is mounted at `/dev/shm`, which has 64 MiB then",
            "mount an `emptyDir` with `medium: Memory` at `/dev/shm`",
            container.owner,
            how.path or container.path,
        )


CHECKS = (
    Check(
        "gpu-tp-mismatch",
        ERROR,
        "container",
        _tp_mismatch,
        why="With fewer accelerators than ranks vLLM does not start; with more of them the rest is paid for and idle.",
        fix="Make tensor x pipeline x local data parallelism the number of accelerators of the container, or of the group of a LeaderWorkerSet.",
    ),
    Check(
        "gpu-visible-devices-mismatch",
        ERROR,
        "container",
        _visible_devices,
        why="The device plugin already hides all other accelerators, and those of the container count from 0. A mask that is written for the machine hides the ones that it got.",
        fix="Drop the variable.",
    ),
    Check(
        "tp-no-shm",
        WARNING,
        "container",
        _no_shared_memory,
        why="The processes of one model talk through shared memory. A container has 64 MiB of it, and NCCL fails, or hangs, when that is used up.",
        fix="Mount an emptyDir of medium Memory at /dev/shm.",
    ),
)

"""Checks of LeaderWorkerSets: what the pods of a group are told about its size.

Defaults and rules are those of LeaderWorkerSet v0.10.0 (`size` is 1, `subGroupSize` divides `size` or `size - 1`).
"""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import TYPE_CHECKING

from mintage.check import quantity
from mintage.check.interface import ERROR, Check, Hit, Other
from mintage.check.serving import vllm_args
from mintage.check.serving.command_line import command_lines
from mintage.tree.objects import at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.tree.objects import Container, Object, Path
    from mintage.tree.tree import Tree

_SIZE: Path = ("spec", "leaderWorkerTemplate", "size")
_SUBGROUP: Path = ("spec", "leaderWorkerTemplate", "subGroupPolicy", "subGroupSize")
# vLLM's examples/online_serving/multi-node-serving.sh gets the number of nodes by this flag.
_RAY_SIZE = re.compile(r"--ray_cluster_size(?:=(?P<joined>\d{1,6}))?")


def _size_mismatch(item: Object, _: Tree) -> Iterator[Hit]:
    size = quantity.count(at(item.document, *_SIZE, default=1))
    if size is None or item.group != "leaderworkerset.x-k8s.io":
        return
    for container in item.containers:
        for path, told, text in _told(container):
            if told != size:
                noun = "pod" if size == 1 else "pods"
                yield Hit(
                    f"container `{container.name}` waits for a group of {told} pods ({text}), but `size` makes it {size} {noun}",
                    f"say `size: {told}`, or pass `$(LWS_GROUP_SIZE)`, which is the size",
                    item,
                    path,
                    others=_sizes(item),
                )
    yield from _subgroup(item, size)


def _sizes(item: Object) -> tuple[Other, ...]:
    return (Other("the size of a group", item, _SIZE),) if at(item.document, *_SIZE) is not None else ()


def _told(container: Container) -> Iterator[tuple[Path, int, str]]:
    """Yield the sizes that a container is told, with their places and how."""
    args = vllm_args.parse(container)
    nodes = args.get("--nnodes") if args else None
    if args and nodes and (number := args.integer("--nnodes")):
        yield nodes.value_path, number, f"`--nnodes={number}`"
    replicas = args.get("--data-parallel-size") if args else None
    local = args.integer("--data-parallel-size-local") if args else None
    if args and replicas and local and (total := args.integer("--data-parallel-size")):
        text = f"`--data-parallel-size={total}`, {local} of them in each"
        yield replicas.value_path, -(-total // local), text
    for line in command_lines(container):
        for word, following in zip_longest(line.words, line.words[1:]):
            found = _RAY_SIZE.fullmatch(word.text)
            value = (found["joined"] or (following.text if following else "")) if found else ""
            if value.isdecimal() and len(value) < 7:
                yield word.path, int(value), f"`--ray_cluster_size={value}`"


def _subgroup(item: Object, size: int) -> Iterator[Hit]:
    part = quantity.count(at(item.document, *_SUBGROUP))
    if part and size % part and (size - 1) % part:
        yield Hit(
            f"`subGroupSize: {part}` divides neither a group of {size} pods nor its {size - 1} workers",
            "choose a size of subgroups that divides the group",
            item,
            _SUBGROUP,
            others=_sizes(item),
        )


CHECKS = (
    Check(
        "lws-size-mismatch",
        ERROR,
        "object",
        _size_mismatch,
        why="A leader waits until as many pods as it was told of have joined. One too many and the group never starts; one too few and a machine idles.",
        fix="Let the arguments and `size` agree; `$(LWS_GROUP_SIZE)` always does.",
        kinds=frozenset({"LeaderWorkerSet"}),
    ),
)

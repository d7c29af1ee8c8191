"""The check of a model's size against the memory of its accelerators.

A lower bound, so that who is warned is surely right: weights alone, by the number of parameters in the model's name; the
KV cache and activations come on top. The product is known from node labels, machines in the tree or slices of a GPU.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mintage.check.interface import WARNING, Check, Hit, Other
from mintage.check.resources.accelerators import demands, is_filled_later
from mintage.check.resources.parallelism import spread
from mintage.check.resources.placement import machines_of
from mintage.check.serving import vllm_args
from mintage.check.tables import Gpu, gpu_instance, gpu_of_labels, mig_memory, model_memory
from mintage.tree.objects import at, items, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.check.resources.parallelism import Spread
    from mintage.check.serving.vllm_args import VllmArgs
    from mintage.tree.objects import Container, Path, Pod
    from mintage.tree.tree import Tree

_UTILIZATION = "--gpu-memory-utilization"
_MOST = 0.92  # the largest default of any release (vllm/config/cache.py, 0.8 to 0.33: 0.9, later 0.92)
# Words of formats whose size per parameter is not known, and families that are published in 8 bits without saying so.
_UNSURE = re.compile(
    r"(?<!mx)(?<!nv)fp4|fp6|nf4|exl\d|aqlm|hqq|quip|quant|bitnet|1\.58|autoround|[-_.]q\d|kimi|minimax",
    re.IGNORECASE,
)
_ELSEWHERE = ("--cpu-offload-gb", "--load-format", "--hf-overrides", "--pooler-config", "--runner")
_INSTANCE: tuple[Path, ...] = (
    ("spec", "template", "spec", "providerSpec", "value", "instanceType"),
    ("spec", "template", "spec", "providerSpec", "value", "machineType"),
    ("spec", "template", "spec", "providerSpec", "value", "vmSize"),
)


def _does_not_fit(container: Container, tree: Tree) -> Iterator[Hit]:
    args = vllm_args.parse(container)
    if args is None or not (args.complete and args.plain) or any(args.get(name) for name in _ELSEWHERE):
        return
    how, model, share = spread(args), args.model, _share(args)
    weights = _weights(args)
    found = _memory(container, tree) if weights is not None else None
    if how is None or share is None or weights is None or found is None or _shares_experts(args, how):
        return
    memory, name = found
    ranks = how.ranks
    if weights / ranks > memory * share:
        each = f", {weights / ranks:.0f} GiB on each of {ranks} accelerators" if ranks > 1 else ""
        yield Hit(
            f"the weights of `{model}` take {weights:.0f} GiB{each}, but {name} has {memory:.0f} GiB, of which vLLM may use {memory * share:.0f}",
            "spread the model over more accelerators, use larger ones, or a quantized model",
            container.owner,
            args.model_word.path if args.model_word else container.path,
            others=(Other("the parallelism", container.owner, how.path),) if how.path else (),
        )


def _shares_experts(args: VllmArgs, how: Spread) -> bool:
    """Tell whether replicas of the model hold a part of the experts each: their size alone is not known."""
    return how.replicas != 1 and args.get("--enable-expert-parallel") is not None


def _weights(args: VllmArgs) -> float | None:
    """Return the memory of the weights in GiB, by the name of the model, which may be that of its folder."""
    if args.model is None or _UNSURE.search(args.model):
        return None
    return model_memory(args.model, args.text("--dtype") or "auto", args.text("--quantization"))


def _share(args: VllmArgs) -> float | None:
    if args.get(_UTILIZATION) is None:
        return _MOST
    try:
        found = float(args.text(_UTILIZATION) or "")
    except ValueError:
        return None
    return found if 0 < found <= 1 else None


def _memory(container: Container, tree: Tree) -> tuple[float, str] | None:
    """Return the memory of one accelerator in GiB and its name; None where nobody can tell."""
    asked = demands(container, tree)
    if not asked or len(asked) != 1:
        return None
    if slice_ := mig_memory(asked[0].name):
        return slice_, f"a slice `{asked[0].name}`"
    if ".shared" in asked[0].name or "/" not in asked[0].name:
        return None
    known = _products(container.pod, tree)
    if not known or any(gpu is None or gpu.vendor != asked[0].vendor for gpu in known):
        return None
    largest = max((gpu for gpu in known if gpu is not None), key=lambda gpu: gpu.memory)
    return largest.memory, f"one {largest.name}"


def _products(pod: Pod, tree: Tree) -> list[Gpu | None]:
    """Return the products that a pod may run on; one that is not known is None."""
    if is_filled_later(pod):
        return []
    own = gpu_of_labels(
        {key: value for key, value in mapping(pod.spec, "nodeSelector").items() if isinstance(value, str)}
    )
    if own is not None:
        return [own]
    if affine := _affine(pod):
        return affine
    return [_of_machines(machines.source.document) for machines in machines_of(pod, tree)]


def _affine(pod: Pod) -> list[Gpu | None]:
    """Return the products that a required node affinity allows; none where it does not speak of products."""
    terms = items(
        pod.spec,
        "affinity",
        "nodeAffinity",
        "requiredDuringSchedulingIgnoredDuringExecution",
        "nodeSelectorTerms",
    )
    found: list[Gpu | None] = []
    for _, term in terms:
        of_term: list[Gpu | None] = []
        for _, expression in items(term, "matchExpressions"):
            values = at(expression, "values", default=[])
            if expression.get("operator") == "In" and isinstance(values, list):
                key = str(expression.get("key"))
                gpus = [gpu_of_labels({key: value}) for value in values if isinstance(value, str)]
                of_term = of_term or (gpus if any(gpus) else [])
        if not of_term:
            return []
        found += of_term
    return found


def _of_machines(document: dict[str, Any]) -> Gpu | None:
    for path in _INSTANCE:
        name = at(document, *path)
        if isinstance(name, str):
            return gpu_instance(name)
    return None


CHECKS = (
    Check(
        "model-memory-fit",
        WARNING,
        "container",
        _does_not_fit,
        why="A model whose weights do not fit into the memory that vLLM may use ends with an error of CUDA, after minutes of loading.",
        fix="Raise the tensor parallelism, choose larger accelerators, or take a quantized model. Leave room for the KV cache.",
    ),
)

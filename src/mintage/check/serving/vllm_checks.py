"""Checks of one vLLM server: flags and variables against its release, LoRA slots, and the names that clients ask for.

Flags and variables are judged only where the image tells the release; a name, only where the command line is complete.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from mintage.check.interface import ERROR, INFO, WARNING, Check, Hit, Other
from mintage.check.serving.pools import POOLS, members_of_pool, servers
from mintage.check.serving.vllm_args import ADDITIONAL, parse
from mintage.check.tables import (
    version,
    vllm_environment,
    vllm_environment_life,
    vllm_flag_life,
    vllm_flags,
)
from mintage.check.tables.files import table
from mintage.errors import did_you_mean
from mintage.tree.objects import at, items

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mintage.check.serving.vllm_args import Argument, VllmArgs
    from mintage.check.tables import Flag, Version
    from mintage.tree.objects import Container, Object, Path
    from mintage.tree.tree import Root, Tree

_FLAG = re.compile(r"--\w[\w.+-]*")  # short ones are left alone, and so are templates
_MANY = 4  # more meanings than these are not listed


def _unknown_flag(container: Container, _: Tree) -> Iterator[Hit]:
    args = parse(container)
    if args is None or args.release is None or not args.plain:
        return
    known = vllm_flags(args.release)
    if known is None:
        return
    for argument in args.arguments:
        if argument.flag is not None or not _FLAG.fullmatch(argument.spelling):
            continue
        if argument.meanings:
            yield _ambiguous(container, argument, args.release)
        elif not _is_inverse(argument.name, known, args.release):
            yield Hit(
                f"`{argument.spelling}` is no flag of vLLM {args.release}{_life(vllm_flag_life(argument.name))}",
                _advice(argument.name, known),
                container.owner,
                argument.path,
            )


def _advice(name: str, known: Mapping[str, Flag]) -> str:
    if vllm_flag_life(name) is not None:
        return "remove it, or take a release that has it"
    near = did_you_mean(name, (flag for flag in known if flag.startswith("--")))
    return near if near.startswith("did you mean") else "remove it"


def _ambiguous(container: Container, argument: Argument, release: Version) -> Hit:
    listed = ", ".join(f"`{name}`" for name in argument.meanings[:_MANY])
    more = ", ..." if len(argument.meanings) > _MANY else ""
    return Hit(
        f"`{argument.spelling}` may mean several flags of vLLM {release}: {listed}{more}",
        "write the flag's full name",
        container.owner,
        argument.path,
    )


def _is_inverse(name: str, known: Mapping[str, Flag], release: Version) -> bool:
    if release < version(table("serving")["inverse_switches"]["since"]):
        return False
    for prefix, other in (("--enable-", "--disable-"), ("--disable-", "--enable-")):
        if name.startswith(prefix):
            flag = known.get(other + name.removeprefix(prefix))
            return flag is not None and flag.takes == "switch"
    return False


def _life(life: tuple[str | None, str | None] | None) -> str:
    if life is None:
        return ""
    first, last = life
    if first and last:
        return f"; it was there from {first} to before {last}"
    return f"; it came with {first}" if first else f"; it went with {last}"


def _abbreviated_flag(container: Container, _: Tree) -> Iterator[Hit]:
    args = parse(container)
    if args is None or args.release is None:
        return
    for argument in args.arguments:
        if argument.abbreviated:
            yield Hit(
                f"`{argument.spelling}` is short for `{argument.meanings[0]}`, as long as no other flag begins like that",
                f"write `{argument.meanings[0]}`",
                container.owner,
                argument.path,
            )


def _unknown_env(container: Container, _: Tree) -> Iterator[Hit]:
    args = parse(container)
    known = vllm_environment(args.release) if args and args.release else None
    if args is None or known is None or not args.plain:
        return
    words = [text for _, text in container.argv]
    for name, (path, _entry) in container.env.items():
        if (
            not name.startswith("VLLM_")
            or name in {*known, ADDITIONAL}
            or any(name in word for word in words)
        ):
            continue
        life = vllm_environment_life(name)
        near = did_you_mean(name, known) if life is None else "remove it, or take a release that reads it"
        yield Hit(
            f"vLLM {args.release} reads no variable `{name}`{_life(life)}",
            "remove it, or look up its name in that release" if near.startswith("known:") else near,
            container.owner,
            (*path, "name"),
        )


def _lora_slots(container: Container, _: Tree) -> Iterator[Hit]:
    args = parse(container)
    if args is None:
        return
    modules, enabled = args.get("--lora-modules"), args.switch("--enable-lora")
    if modules is not None and not enabled and (args.complete or enabled is False):
        yield Hit(
            "`--lora-modules` are loaded at start, and LoRA is not enabled",
            "add `--enable-lora`",
            container.owner,
            modules.path,
        )
    slots, kept = args.integer("--max-loras"), args.integer("--max-cpu-loras")
    given = args.get("--max-cpu-loras")
    if given is not None and slots is not None and kept is not None and kept < slots:
        yield Hit(
            f"`--max-cpu-loras` is {kept}, and {slots} adapters (`--max-loras`) must fit into it",
            f"set it to {slots} or more",
            container.owner,
            given.value_path,
        )


def _served_name_mismatch(root: Root) -> Iterator[Hit]:
    for pool in root.of("InferencePool"):
        if pool.group not in POOLS:
            continue
        found = servers(members_of_pool(root, pool))
        names = [_served(args) for args in found]
        known = [name for name in names if name is not None]
        if not known or len(known) != len(names):
            continue
        yield from _asked_for(root, pool, frozenset().union(*known))
        yield from _not_shared(pool, found, known)


def _served(args: VllmArgs) -> frozenset[str] | None:
    """Return the models that a server answers for, adapters among them; None where nobody knows."""
    names = args.served_names
    modules = args.get("--lora-modules")
    words = modules.values if modules else ()
    if names is None or not all(word.is_literal for word in words):
        return None
    return frozenset((*names, *(_adapter(word.text) for word in words)))


def _adapter(text: str) -> str:
    if text.startswith("{"):
        try:
            return str(at(json.loads(text), "name"))
        except (ValueError, RecursionError):
            return ""
    return text.partition("=")[0]


def _asked_for(root: Root, pool: Object, served: frozenset[str]) -> Iterator[Hit]:
    for model in root.of("InferenceModel", "InferenceModelRewrite"):
        if at(model.spec, "poolRef", "name") != pool.name or model.namespace != pool.namespace:
            continue
        for path, name in _targets(model):
            if name not in served:
                yield Hit(
                    f"it sends requests for `{name}` to the pool `{pool.name}`, whose servers answer for {_listed(served)}",
                    did_you_mean(name, served) or "name a model that is served",
                    model,
                    path,
                    others=(Other("the pool", pool),),
                )


def _targets(model: Object) -> Iterator[tuple[Path, str]]:
    """Yield the names under which the servers are asked."""
    targets: list[tuple[Path, object]] = [
        (("spec", "targetModels", index, "name"), target.get("name"))
        for index, target in items(model.spec, "targetModels")
    ]
    if model.kind == "InferenceModel" and not targets:
        targets.append((("spec", "modelName"), model.spec.get("modelName")))
    for index, rule in items(model.spec, "rules"):
        targets += [
            (("spec", "rules", index, "targets", number, "modelRewrite"), target.get("modelRewrite"))
            for number, target in items(rule, "targets")
        ]
    yield from ((path, name) for path, name in targets if isinstance(name, str))


def _not_shared(pool: Object, found: tuple[VllmArgs, ...], names: list[frozenset[str]]) -> Iterator[Hit]:
    if frozenset.intersection(*names):
        return
    first, other = found[0], next(args for args, own in zip(found, names, strict=True) if not own & names[0])
    argument = other.get("--served-model-name")
    word = other.model_word
    yield Hit(
        f"it answers for {_listed(_served(other) or ())}, and another server of the pool `{pool.name}` for {_listed(names[0])}",
        "give the servers of a pool one name, or each model a pool",
        other.container.owner,
        argument.value_path if argument else (word.path if word else other.container.path),
        others=(
            Other("the other server", first.container.owner, first.container.path),
            Other("the pool", pool, ("spec", "selector")),
        ),
    )


def _listed(names: object) -> str:
    texts = sorted(names) if isinstance(names, frozenset) else []
    return ", ".join(f"`{name}`" for name in texts) or "nothing"


CHECKS = (
    Check(
        "vllm-unknown-flag",
        ERROR,
        "container",
        _unknown_flag,
        why="vLLM does not start with a flag that its release does not have. Flags come and go with almost every release.",
        fix="Use the flags of the image's release.",
    ),
    Check(
        "vllm-abbrev-flag",
        INFO,
        "container",
        _abbreviated_flag,
        why="vLLM takes the beginning of a flag's name for the flag, until a later release has another flag that begins like that.",
        fix="Write flags in full.",
    ),
    Check(
        "vllm-unknown-env",
        WARNING,
        "container",
        _unknown_env,
        why="A variable that the release does not read changes nothing, and vLLM says so at most in its log.",
        fix="Remove the variable, or use its name in the image's release.",
    ),
    Check(
        "vllm-served-name-mismatch",
        WARNING,
        "root",
        _served_name_mismatch,
        why="A server answers only for its `--served-model-name` and its adapters. For any other name a client gets 404, from some pods of a pool or from all.",
        fix="Use one name on both sides.",
    ),
    Check(
        "vllm-lora-slots",
        ERROR,
        "container",
        _lora_slots,
        why="vLLM does not start with adapters to load and LoRA off, or with less room for adapters in memory than on the GPU.",
        fix="Enable LoRA, and let `--max-cpu-loras` be at least `--max-loras`.",
    ),
)

"""Checks of servers that share a request: one computes the prompt (prefill), another goes on from its KV cache (decode).

Two servers are taken for a pair where one pool selects both, where one LLMInferenceService makes both, or where they
bear llm-d's role label and one model label.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mintage.check.interface import ERROR, Check, Hit, Other
from mintage.check.serving.epp_config import Picker
from mintage.check.serving.pools import POOLS, Member, members_of_pool
from mintage.check.serving.vllm_args import parse
from mintage.check.tables import version
from mintage.check.tables.epp import epp_roles, is_pd_sidecar
from mintage.check.tables.files import table
from mintage.tree.objects import items

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mintage.check.serving.vllm_args import VllmArgs
    from mintage.tree.objects import Container, Path, Pod
    from mintage.tree.tree import Root

_TRANSFER = "--kv-transfer-config"
_MODEL_LABEL = "llm-d.ai/model"
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1", ""})


@dataclass(frozen=True)
class Pair:
    """A server that computes prompts and one that goes on with them."""

    prefill: VllmArgs
    decode: VllmArgs


def pairs(root: Root) -> tuple[Pair, ...]:
    """Return the pairs of a root, each once."""
    return root.once(_pairs)


def _pairs(root: Root) -> tuple[Pair, ...]:
    found: dict[tuple[int, int], Pair] = {}
    for group in _groups(root):
        prefills = [args for member in group if member.prefills for args in member.servers]
        decodes = [args for member in group if not member.prefills for args in member.servers]
        for prefill in prefills:
            for decode in decodes:
                key = (id(prefill.container), id(decode.container))
                found.setdefault(key, Pair(prefill, decode))
    return tuple(found.values())


def _groups(root: Root) -> Iterator[list[Member]]:
    for pool in root.of("InferencePool"):
        if pool.group in POOLS:
            yield list(members_of_pool(root, pool))
    for service in root.of("LLMInferenceService"):
        yield [Member(service, pod, pod.labels) for pod in service.pods if pod.role in {"decode", "prefill"}]
    labelled: dict[tuple[str, str], list[Member]] = {}
    label = epp_roles()["label"]
    for pod in root.pods:
        if label in pod.labels and _MODEL_LABEL in pod.labels:
            key = (pod.namespace or "", pod.labels[_MODEL_LABEL])
            labelled.setdefault(key, []).append(Member(pod.owner, pod, pod.labels))
    yield from labelled.values()


def _connector_mismatch(root: Root) -> Iterator[Hit]:
    for pair in pairs(root):
        prefill, decode = pair.prefill.json(_TRANSFER), pair.decode.json(_TRANSFER)
        for args, config, other, other_config in (
            (pair.prefill, prefill, pair.decode, decode),
            (pair.decode, decode, pair.prefill, prefill),
        ):
            if config is None and other_config and args.complete and args.get(_TRANSFER) is None:
                yield Hit(
                    f"it has no `{_TRANSFER}`, and the server it shares requests with uses `{_connector(other_config)}`",
                    f"give it the same `{_TRANSFER}`",
                    args.container.owner,
                    (*args.container.path, "args")
                    if "args" in args.container.document
                    else args.container.path,
                    others=(_end(other, _TRANSFER),),
                )
        if prefill and decode:
            yield from _disagreement(pair, prefill, decode)
    yield from _sidecars_disagreement(root)


def _connector(config: dict[str, Any] | None) -> str:
    return str((config or {}).get("kv_connector"))


def _connectors(config: dict[str, Any]) -> frozenset[str]:
    """Return the connectors in use, those inside a MultiConnector too; the kinds of NIXL's count as one."""
    inner = [item for _, item in items(config, "kv_connector_extra_config", "connectors")]
    names = (_connector(item) for item in (config, *inner))
    return frozenset("NixlConnector" if name.startswith("Nixl") else name for name in names)


def _disagreement(pair: Pair, prefill: dict[str, Any], decode: dict[str, Any]) -> Iterator[Hit]:
    if not _connectors(prefill) & _connectors(decode):
        yield _transfer_hit(
            pair,
            f"it fetches KV caches by `{_connector(decode)}`, and the prefill server offers them by `{_connector(prefill)}`",
            "use one connector on both sides",
        )
    roles = (prefill.get("kv_role"), decode.get("kv_role"))
    if roles[0] == "kv_consumer" or roles[1] == "kv_producer":
        yield _transfer_hit(
            pair,
            f"the prefill server is `{roles[0]}` and this one, which decodes, `{roles[1]}`: nothing flows from there to here",
            "let prefill be `kv_producer` and decode `kv_consumer`, or both `kv_both`",
        )


def _transfer_hit(pair: Pair, message: str, advice: str) -> Hit:
    argument = pair.decode.get(_TRANSFER)
    place = argument.value_path if argument else pair.decode.container.path
    return Hit(message, advice, pair.decode.container.owner, place, others=(_end(pair.prefill, _TRANSFER),))


def _end(args: VllmArgs, flag: str) -> Other:
    argument = args.get(flag)
    path = argument.value_path if argument else args.container.path
    return Other("the other server", args.container.owner, path)


def _sidecars_disagreement(root: Root) -> Iterator[Hit]:
    facts = table("serving")["pd_sidecar"]
    for pod in root.pods:
        for sidecar, args in _beside(pod):
            flag = sidecar.flag(*facts["connector_flags"])
            speaks = facts["connectors"].get(flag.value) if flag else None
            config = args.json(_TRANSFER)
            if flag and speaks and config and _connector(config) not in speaks:
                yield Hit(
                    f"the proxy speaks `{flag.value}`, and the server beside it `{_connector(config)}`",
                    f"use {' or '.join(f'`{name}`' for name in speaks[:2])} in `{_TRANSFER}`, or another `{flag.name}`",
                    pod.owner,
                    flag.value_path,
                    others=(_end(args, _TRANSFER),),
                )


def _beside(pod: Pod) -> Iterator[tuple[Picker, VllmArgs]]:
    """Yield the proxies of a pod (flags read as Go reads them) with the servers they stand before."""
    running = pod.main_containers
    sidecars = [container for container in running if is_pd_sidecar(container.image)]
    served = [args for container in running if (args := parse(container)) is not None]
    for sidecar in sidecars:
        yield from ((Picker(sidecar, None), args) for args in served)


def _blocksize_mismatch(root: Root) -> Iterator[Hit]:
    facts = table("serving")["nixl"]
    for pair in pairs(root):
        prefill, decode = (args.integer("--block-size") for args in (pair.prefill, pair.decode))
        used = _connectors(pair.decode.json(_TRANSFER) or {}) & set(facts["connectors"])
        if not prefill or not decode or prefill == decode or not used:
            continue
        release = pair.decode.release
        equal = release is not None and release < version(facts["equal_blocks_until"])
        if not equal and decode % prefill == 0:
            continue
        argument = pair.decode.get("--block-size")
        wanted = "the same" if equal else "a multiple"
        yield Hit(
            f"its blocks have {decode} tokens, those of the prefill server {prefill}, and `{min(used)}` wants {wanted}",
            "use one `--block-size` on both sides",
            pair.decode.container.owner,
            argument.value_path if argument else pair.decode.container.path,
            others=(_end(pair.prefill, "--block-size"),),
        )


def _sidecar_port_mismatch(root: Root) -> Iterator[Hit]:
    for pod in root.pods:
        for sidecar, args in _beside(pod):
            port = _port(args)
            if port is not None:
                yield from _ports_disagree(sidecar, args, port)


def _port(args: VllmArgs) -> int | None:
    """Return where a server listens; None where nobody knows."""
    if args.get("--port") is not None:
        return args.integer("--port")
    return int(table("serving")["vllm_port"]) if args.complete else None


def _ports_disagree(sidecar: Picker, args: VllmArgs, port: int) -> Iterator[Hit]:
    facts = table("serving")["pd_sidecar"]
    target = sidecar.flag(*facts["server_port_flags"])
    listens = sidecar.value("--port")
    own = int(listens) if listens and listens.isdecimal() else facts["port"]
    others = (_end(args, "--port"),)
    if own == port and (listens is not None or sidecar.flag("--port") is None):
        yield Hit(
            f"the proxy and the server `{args.container.name}` both listen on {port}, and one of them will not start",
            "give the server another `--port`, and the proxy the same as the server's port",
            sidecar.container.owner,
            sidecar.container.path,
            others=others,
        )
    elif target and target.value and target.value.isdecimal() and int(target.value) != port:
        yield Hit(
            f"the proxy asks the server on {target.value}, and `{args.container.name}` listens on {port}",
            f"set `{target.name}={port}`",
            sidecar.container.owner,
            target.value_path,
            others=others,
        )


def _side_channel_missing(root: Root) -> Iterator[Hit]:
    facts = table("serving")["nixl"]
    name = facts["side_channel_host"]
    for args in _unique(pair.prefill for pair in pairs(root)):
        container = args.container
        if container.owner.group == "serving.kserve.io" or container.document.get("envFrom"):
            continue
        used = _connectors(args.json(_TRANSFER) or {})
        if not used & set(facts["connectors"]) or _mentions(container, name):
            continue
        entry = container.env.get(name)
        value = container.env_value(name)
        if entry is None or (value is not None and value.strip() in _LOCAL):
            place: Path = (*entry[0], "value") if entry and value else (*container.path, "env")
            yield Hit(
                f"other pods fetch its KV caches from `{value or 'localhost'}`, because `{name}` is {'that' if entry else 'not set'}",
                f"set `{name}` from the field `status.podIP`",
                container.owner,
                place if entry or "env" in container.document else container.path,
            )


def _unique(found: Iterable[VllmArgs]) -> list[VllmArgs]:
    return list({id(args.container): args for args in found}.values())


def _mentions(container: Container, name: str) -> bool:
    return any(name in text for _, text in container.argv)


_PAIR = "A decode server goes on from the KV cache that a prefill server made."
CHECKS = (
    Check(
        "pd-connector-mismatch",
        ERROR,
        "root",
        _connector_mismatch,
        why=f"{_PAIR} Both need the same connector, and roles in which one produces what the other consumes.",
        fix="Give both the same `kv_connector`.",
    ),
    Check(
        "pd-blocksize-mismatch",
        ERROR,
        "root",
        _blocksize_mismatch,
        why=f"{_PAIR} NIXL copies it block by block: up to vLLM 0.11.1 sizes must be equal, later the decode server's must be a multiple.",
        fix="Use one `--block-size`.",
    ),
    Check(
        "pd-sidecar-port-mismatch",
        ERROR,
        "root",
        _sidecar_port_mismatch,
        why="The proxy of a decode pod takes the pod's port and passes requests on to the server on another one, of which both must be told.",
        fix="Let the proxy's port for the server be the server's `--port`.",
    ),
    Check(
        "pd-side-channel-missing",
        ERROR,
        "root",
        _side_channel_missing,
        why="NIXL tells the decode server at which host it finds the prefill server, and that is `localhost` unless `VLLM_NIXL_SIDE_CHANNEL_HOST` says otherwise.",
        fix="Set the variable to the pod's address.",
    ),
)

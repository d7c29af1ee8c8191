"""Interfaces that are open to whoever reaches the pod.

Sources: Open Data Hub's KServe odh-v3.3 (annotation `security.opendatahub.io/enable-auth`), vLLM 0.21 `docs/usage/security.md` and
`vllm/envs.py`, Triton 24.08 "Secure Deployment Considerations", Gateway API Inference Extension 1.4 flags.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mintage.check.interface import WARNING, Check, Hit
from mintage.check.serving.command_line import command_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.tree.objects import Container, Object
    from mintage.tree.tree import Tree

_ENABLE_AUTH = "security.opendatahub.io/enable-auth"
_ON = frozenset({"1", "true"})


@dataclass(frozen=True, slots=True)
class _Switch:
    """A variable or flag that opens an interface: the values that do, what it opens, and what to do."""

    values: frozenset[str]
    opens: str
    advice: str


_VARIABLES = {
    "VLLM_SERVER_DEV_MODE": _Switch(
        _ON, "vLLM's development endpoints, by which any client resets caches, puts the server to sleep or calls its workers",
        "remove it in production",
    ),
    "VLLM_ALLOW_RUNTIME_LORA_UPDATING": _Switch(
        _ON, "`/v1/load_lora_adapter`, by which any client loads weights from any path",
        "load adapters at the start by `--lora-modules`, or let only trusted clients reach the port",
    ),
}  # fmt: skip
_FLAGS = {
    "--model-control-mode": _Switch(
        frozenset({"explicit", "poll"}), "the changing of models at run time, by which a client may run code of its own",
        "use `none`, or restrict the API by `--http-restricted-api=model-repository:...` and `--grpc-restricted-protocol`",
    ),
}  # fmt: skip
_RESTRICTED = ("--http-restricted-api", "--grpc-restricted-protocol")


def _llm_auth_disabled(item: Object, _: Tree) -> Iterator[Hit]:
    if item.annotations.get(_ENABLE_AUTH, "").lower() == "false":
        yield Hit(
            f'`{_ENABLE_AUTH}: "false"` lets everyone who reaches the gateway use {item.kind} `{item.name}`',
            'remove the annotation, or set it to "true"',
            item,
            ("metadata", "annotations", _ENABLE_AUTH),
        )


def _admin_api_enabled(container: Container, _: Tree) -> Iterator[Hit]:
    for name, switch in _VARIABLES.items():
        value = container.env_value(name)
        if value is not None and value.lower() in switch.values:
            path = (*container.env[name][0], "value")
            yield Hit(f"`{name}={value}` opens {switch.opens}", switch.advice, container.owner, path)
    for line in command_lines(container) if container.argv else ():
        words = [word.text for word in line.words]
        if any(word.startswith(_RESTRICTED) for word in words):
            continue
        for index, word in enumerate(line.words):
            name, equals, value = word.text.partition("=")
            if name in _FLAGS:
                value = value if equals else "".join(words[index + 1 : index + 2])
                if value in _FLAGS[name].values:
                    yield Hit(
                        f"`{name}={value}` opens {_FLAGS[name].opens}",
                        _FLAGS[name].advice,
                        container.owner,
                        word.path,
                    )


CHECKS = (
    Check(
        "llm-auth-disabled",
        WARNING,
        "object",
        _llm_auth_disabled,
        why="Whoever reaches the gateway can use the model, at your cost.",
        fix="Leave authentication on, and give clients tokens.",
        kinds=frozenset({"LLMInferenceService", "InferenceService"}),
    ),
    Check(
        "admin-api-enabled",
        WARNING,
        "container",
        _admin_api_enabled,
        why="The interface that administers a model server has no authentication of its own: every pod that reaches the port may use it.",
        fix="Switch it off in production, or let only trusted clients reach the port.",
    ),
)

"""The configuration file of an endpoint picker, and what each release of the llm-d scheduler understands.

The types follow the upstream format `EndpointPickerConfig` (inference.networking.x-k8s.io/v1alpha1), which the
scheduler decodes strictly: one unknown key and it does not start. Parameters of plugins are not checked here,
because the scheduler itself ignores those it does not know. This module knows nothing of pools or pods.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, get_args

from msgspec import Meta

from mintage.spec.decode import Complaint, Fields, Path

if TYPE_CHECKING:
    from collections.abc import Iterator

Handler = Literal["single-profile-handler", "pd-profile-handler"]
Picker = Literal["max-score-picker", "random-picker", "weighted-random-picker"]
Scorer = Literal[
    "prefix-cache-scorer",
    "kv-cache-utilization-scorer",
    "queue-scorer",
    "session-affinity-scorer",
    "load-aware-scorer",
    "active-request-scorer",
    "no-hit-lru-scorer",
    "lora-affinity-scorer",
]
# Needs a tokenizer and the events of the model servers' caches, so it takes a whole configuration, not a weight.
PreciseScorer = Literal["precise-prefix-cache-scorer"]
PluginType = Literal[
    Handler,
    Picker,
    Scorer,
    PreciseScorer,
    "by-label",
    "by-label-selector",
    "decode-filter",
    "prefill-filter",
    "prefill-header-handler",
]
HANDLERS: tuple[str, ...] = get_args(Handler)
SCORERS: tuple[str, ...] = (*get_args(Scorer), *get_args(PreciseScorer))

Release = Literal["0.3", "0.4", "0.5"]


class Generation(NamedTuple):
    """What differs between releases of the scheduler."""

    block_parameter: str  # the prefix scorer's name for the size of a block
    metrics_auth_flag: (
        bool  # whether --metrics-endpoint-auth exists; without it, a scraper always needs a token
    )
    tracing_flag: bool  # whether --tracing exists, and with it any use of the OTEL_ variables
    lacks: frozenset[str] = frozenset()  # plugins that came later


# Sources: kubernetes-sigs/gateway-api-inference-extension (1.0 in scheduler 0.3, 1.2 in 0.4, 1.3 in 0.5), its
# cmd/epp/runner/runner.go for flags and its prefix plugin's Config for parameters; for the plugins of llm-d, the
# register.go of llm-d/llm-d-inference-scheduler. In all three, weights are integers, the KV-cache metric is a
# flag (from 0.7 on it is refused), and the prefix scorer counts its blocks in characters.
GENERATIONS: dict[str, Generation] = {
    "0.3": Generation(
        "hashBlockSize", metrics_auth_flag=False, tracing_flag=False, lacks=frozenset({"no-hit-lru-scorer"})
    ),
    "0.4": Generation("blockSize", metrics_auth_flag=True, tracing_flag=True),
    "0.5": Generation("blockSize", metrics_auth_flag=True, tracing_flag=True),
}
# The scorer sees text, not tokens; four characters to the token is upstream's own estimate (its default block is
# 64 characters, "vLLM's 16 tokens").
CHARACTERS_PER_TOKEN = 4
_TAG = re.compile(r":v?(?P<release>[0-9]+\.[0-9]+)\.[0-9]+")


def release_of(image: str) -> str:
    """Return the release an image's tag names, `0.4` for `...:v0.4.0`; empty where it names none."""
    found = _TAG.search(image)
    return found["release"] if found else ""


Weights = Annotated[
    dict[Scorer, Annotated[int, Meta(ge=0)]],
    Meta(description="Weights of scorers by name, over the defaults; 0 leaves a scorer out."),
]


class Plugin(Fields, frozen=True, kw_only=True):
    """A plugin the picker loads."""

    type: Annotated[PluginType, Meta(description="Type of the plugin.")]
    name: Annotated[str | None, Meta(description="Name for profiles to refer to; the type by default.")] = (
        None
    )
    parameters: Annotated[
        dict[str, Any], Meta(description="Parameters, as the plugin's own documentation has them.")
    ] = {}

    @property
    def key(self) -> str:
        """What profiles call it."""
        return self.name or self.type


class ProfilePlugin(Fields, frozen=True, kw_only=True):
    """A plugin at work in a profile."""

    plugin_ref: Annotated[str, Meta(description="Name of the plugin.")]
    weight: Annotated[Annotated[int, Meta(ge=0)] | None, Meta(description="Weight of a scorer.")] = None


class Profile(Fields, frozen=True, kw_only=True):
    """One pass over the pods of the pool: filters, scorers and a picker."""

    name: Annotated[str, Meta(description="Name of the profile.")]
    plugins: Annotated[tuple[ProfilePlugin, ...], Meta(description="Plugins, in the order they run.")] = ()


class EndpointPickerConfig(Fields, frozen=True, kw_only=True):
    """A whole configuration, for pools whose picker the defaults do not fit."""

    plugins: Annotated[tuple[Plugin, ...], Meta(min_length=1, description="Plugins to load.")]
    scheduling_profiles: Annotated[
        tuple[Profile, ...], Meta(min_length=1, description="Profiles the handler chooses from.")
    ]

    def complaints(self) -> Iterator[Complaint]:
        """Complain about names that mean no plugin or two, misplaced weights, and handlers that do not fit."""
        counts = Counter(plugin.key for plugin in self.plugins)
        for index, plugin in enumerate(self.plugins):
            if counts[plugin.key] > 1:
                yield Complaint(
                    ("plugins", index), f"two plugins are called `{plugin.key}`", "give one of them a `name`"
                )
        yield from self._about_profiles()
        yield from self._about_handlers()

    def _about_profiles(self) -> Iterator[Complaint]:
        types = {plugin.key: plugin.type for plugin in self.plugins}
        for number, profile in enumerate(self.scheduling_profiles):
            for index, use in enumerate(profile.plugins):
                path: Path = ("schedulingProfiles", number, "plugins", index)
                if use.plugin_ref not in types:
                    yield Complaint(
                        (*path, "pluginRef"), f"no plugin is called `{use.plugin_ref}`", "add it to `plugins`"
                    )
                elif use.weight is not None and types[use.plugin_ref] not in SCORERS:
                    yield Complaint(
                        (*path, "weight"),
                        f"`{use.plugin_ref}` is not a scorer and has no weight",
                        "remove it",
                    )

    def _about_handlers(self) -> Iterator[Complaint]:
        types = [plugin.type for plugin in self.plugins]
        handlers = [name for name in types if name in HANDLERS]
        several = len(self.scheduling_profiles) > 1
        if len(handlers) > 1:
            yield Complaint(
                ("plugins",), f"expected one profile handler, got {' and '.join(handlers)}", "remove one"
            )
        elif several and handlers != ["pd-profile-handler"]:
            message = f"{len(self.scheduling_profiles)} profiles need a handler that chooses between them"
            yield Complaint(("schedulingProfiles",), message, "add `pd-profile-handler`, or keep one profile")
        if "pd-profile-handler" in handlers and "prefill-header-handler" not in types:
            yield Complaint(
                ("plugins",),
                "`pd-profile-handler` needs `prefill-header-handler` beside it",
                "add it to `plugins`",
            )

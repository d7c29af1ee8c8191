"""Checks of endpoint pickers against what stands around them: their flags, and the model servers they measure.

Only flags and metrics that the tables know for the very release are judged.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mintage.check.interface import ERROR, WARNING, Check, Hit, Other
from mintage.check.serving.epp_config import configs, pickers
from mintage.check.serving.pools import members, members_of_pool, pool_of, servers
from mintage.check.tables import vllm_metrics
from mintage.check.tables.epp import epp_flag_known, epp_flag_successor, epp_plugins, epp_rules
from mintage.check.tables.files import table
from mintage.tree.objects import at, items

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.check.serving.epp_config import EppConfig, Picker
    from mintage.check.serving.vllm_args import VllmArgs
    from mintage.tree.objects import Path
    from mintage.tree.tree import Root

_KV_METRIC = ("--kv-cache-usage-percentage-metric", "--kvCacheUsagePercentageMetric")
_METRIC = re.compile(r"(?P<name>[a-zA-Z_:][\w:]*)")
_CHARACTERS_PER_TOKEN = (
    4  # averageCharactersPerToken of prefix-cache-scorer, by which it turns tokens into characters
)
_DEFAULT_BLOCK = 16  # tokens; of vLLM and of precise-prefix-cache-scorer
_PRECISE = "precise-prefix-cache-scorer"
_PRODUCER = "precise-prefix-cache-producer"  # holds the index from llm-d 0.8 on
_LASTING = ("persistentVolumeClaim", "hostPath", "image", "csi", "nfs", "ephemeral")
_TOKENIZERS = ("local", "uds", "modelTokenizerMap", "external")


def _kv_metric_flag(root: Root) -> Iterator[Hit]:
    for picker in pickers(root):
        if picker.release is None:
            continue
        pool = pool_of(root, picker)
        given = picker.flag(*_KV_METRIC)
        text = given.value if given else epp_rules(picker.release).kv_metric
        found = _METRIC.match(text or "")
        for server in servers(members_of_pool(root, pool) if pool else ()):
            exported = vllm_metrics(server.release) if server.release else None
            if exported is None or found is None or not found["name"].startswith("vllm:"):
                continue
            if found["name"] not in exported:
                yield _kv_metric_hit(picker, server, found["name"])
                break


def _kv_metric_hit(picker: Picker, server: VllmArgs, name: str) -> Hit:
    given = picker.flag(*_KV_METRIC)
    known = vllm_metrics(server.release) if server.release else None
    right = next((metric for metric in sorted(known or ()) if metric.endswith("cache_usage_perc")), None)
    by = "" if given else f", the default of {picker.release}"
    return Hit(
        f"the picker reads the use of the KV cache from `{name}`{by}, which vLLM {server.release} does not export",
        f"set `{_KV_METRIC[0]}={right}`" if right else "name a metric that the servers export",
        picker.container.owner,
        given.value_path if given else (*picker.container.path, "image"),
        others=(
            Other(f"the server with vLLM {server.release}", server.container.owner, server.container.path),
        ),
    )


def _flag_generation(root: Root) -> Iterator[Hit]:
    for picker in pickers(root):
        if picker.release is None:
            continue
        rules = epp_rules(picker.release)
        refused = table("epp")["rules"]["metric_flags"] if rules.metric_flags_refused else ()
        for flag in picker.flags:
            successor = epp_flag_successor(flag.name) or _predecessor(flag.name)
            if epp_flag_known(flag.name, picker.release) is False:
                yield Hit(
                    f"`{flag.name}` is no flag of {picker.release}",
                    f"write `{successor}`" if successor else "remove it, or take a release that has it",
                    picker.container.owner,
                    flag.path,
                )
            elif flag.name in refused:
                yield Hit(
                    f"`{flag.name}` is refused by {picker.release}: metrics are configured in the EndpointPickerConfig",
                    "remove it",
                    picker.container.owner,
                    flag.path,
                )


def _predecessor(name: str) -> str | None:
    renamed = table("epp")["flags"]["renamed"]["names"]
    return next((old for old, new in renamed.items() if new == name), None)


def _blocksize_mismatch(root: Root) -> Iterator[Hit]:
    for config in configs(root):
        for path, size, tokens in _block_sizes(config):
            for server in servers(members(root, config)):
                argument = server.get("--block-size")
                wanted = server.integer("--block-size")
                if argument is None or wanted is None or wanted in tokens:
                    continue
                yield config.hit(
                    f"the scorer counts prefixes in blocks of {size}, the server `{server.container.name}` in blocks of {wanted} tokens",
                    f"set it to {wanted}"
                    if tokens == (size,)
                    else f"set it to {wanted * _CHARACTERS_PER_TOKEN} characters",
                    path,
                    others=(Other("the server's block size", server.container.owner, argument.value_path),),
                )
                break


def _block_sizes(config: EppConfig) -> Iterator[tuple[Path, int, tuple[int, ...]]]:
    """Yield place and number of the block sizes that are in force, and how many tokens each may mean."""
    for index, plugin in config.of_type(_PRECISE, _PRODUCER):
        place: Path = ("plugins", index, "type")
        size: Any = _DEFAULT_BLOCK
        for keys in (("tokenProcessorConfig",), ("indexerConfig", "tokenProcessorConfig")):
            found = at(plugin, "parameters", *keys, "blockSize")
            if found is not None:
                place, size = ("plugins", index, "parameters", *keys, "blockSize"), found
        if isinstance(size, int):
            yield place, size, (size,)
    read = epp_plugins(config.release)["prefix-cache-scorer"].parameters if config.release else None
    for index, plugin in config.of_type("prefix-cache-scorer"):
        for key in {"hashBlockSize", "blockSize", "blockSizeTokens"} & (read or frozenset()):
            size = at(plugin, "parameters", key)
            # With `autoTune`, the default where there is such a parameter, the server's own size is taken.
            tuned = at(plugin, "parameters", "autoTune") is not False and key != "hashBlockSize"
            if isinstance(size, int) and not tuned:
                characters = () if key == "blockSizeTokens" else (size // _CHARACTERS_PER_TOKEN,)
                yield ("plugins", index, "parameters", key), size, (size, *characters)


def _tokenizer_offline(root: Root) -> Iterator[Hit]:
    for config in configs(root):
        for index, plugin in config.of_type(_PRECISE):
            if (why := _offline(root, config)) and not _has_tokenizer(config, plugin):
                yield config.hit(
                    f"`{_PRECISE}` downloads the model's tokenizer, and {why}",
                    "mount the tokenizer and name it under `tokenizersPoolConfig.local`, set `HF_ENDPOINT` to a mirror, or use `prefix-cache-scorer`",
                    ("plugins", index, "type"),
                )


def _offline(root: Root, config: EppConfig) -> str:
    """Return why nothing can be downloaded; empty where it can."""
    if root.tree.rules.disconnected:
        return "the cluster is disconnected"
    names = table("serving")["model_cache"]["offline"] if config.picker else ()
    found = next(
        (name for name in names if config.picker and config.picker.container.env_value(name) == "1"), None
    )
    return f"the picker is told to stay offline by `{found}`" if found else ""


def _has_tokenizer(config: EppConfig, plugin: dict[str, Any]) -> bool:
    """Tell whether a tokenizer may come from inside the cluster."""
    pool = at(plugin, "parameters", "indexerConfig", "tokenizersPoolConfig", default={})
    if isinstance(pool, dict) and any(pool.get(key) for key in _TOKENIZERS):
        return True
    if config.of_type("tokenizer", "token-producer") or config.picker is None:
        return True
    container = config.picker.container
    if "HF_ENDPOINT" in container.env or container.document.get("envFrom"):
        return True
    return any(volume.get(kind) for _, volume in items(container.pod.spec, "volumes") for kind in _LASTING)


CHECKS = (
    Check(
        "epp-kv-metric-flag",
        WARNING,
        "root",
        _kv_metric_flag,
        why="vLLM renamed the metric of its KV cache. A picker that reads the other name takes every server's cache for empty, and scores by it.",
        fix="Set `--kv-cache-usage-percentage-metric` to what the servers export.",
    ),
    Check(
        "epp-flag-generation",
        ERROR,
        "root",
        _flag_generation,
        why="Flags were renamed from camelCase to kebab-case with Gateway API Inference Extension 1.0, and later ones came and went. The picker does not start with a flag it does not know.",
        fix="Use the flags of the image's release.",
    ),
    Check(
        "epp-blocksize-mismatch",
        WARNING,
        "root",
        _blocksize_mismatch,
        why="The scorer cuts prompts into blocks to guess, or to look up, what a server holds in its cache. With other blocks than the server's it is wrong: always, for the precise scorer.",
        fix="Give the scorer the server's `--block-size` (where the scorer counts characters, four a token).",
    ),
    Check(
        "epp-tokenizer-offline",
        WARNING,
        "root",
        _tokenizer_offline,
        why="The precise scorer tokenizes prompts as the server does, with a tokenizer from Hugging Face. In a disconnected cluster it never gets it.",
        fix="Mount the tokenizer, name a mirror, or use the approximate scorer.",
    ),
)

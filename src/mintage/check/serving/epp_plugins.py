"""Checks of an endpoint picker's configuration against what its release loads: plugins, keys, references, weights.

The picker decodes strictly and refuses to start over most of these. Of a release that is not known, only what holds in
every release is said.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from mintage.check.interface import ERROR, INFO, WARNING, Check, Hit
from mintage.check.serving.epp_config import configs, name_of
from mintage.check.tables.epp import epp_keys, epp_plugin_known, epp_plugin_types, epp_plugins, epp_rules
from mintage.check.tables.files import table
from mintage.errors import did_you_mean
from mintage.tree.objects import items, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.check.serving.epp_config import EppConfig
    from mintage.check.tables.epp import EppVersion
    from mintage.tree.objects import Path
    from mintage.tree.tree import Root

_SINGLE = "single-profile-handler"


def _unknown_plugin(root: Root) -> Iterator[Hit]:
    for config in configs(root):
        if config.release is None:
            continue
        for index, plugin in config.plugins:
            kind = plugin.get("type")
            if not isinstance(kind, str) or not _is_missing(kind, config):
                continue
            yield config.hit(
                f"`{kind}` is no type of plugin in {config.release}",
                _plugin_advice(kind, config.release),
                ("plugins", index, "type"),
            )


def _plugin_advice(kind: str, release: EppVersion) -> str:
    existing = epp_plugins(release)
    for names in table("serving")["epp_renamed"]["names"]:
        if kind in names and (there := [name for name in names if name in existing]):
            return f"it is called `{there[0]}` there"
    if kind in epp_plugin_types() and release.llmd is None:
        return "it may be one of llm-d's scheduler: use that image, or another plugin"
    return did_you_mean(kind, existing)


def _is_missing(kind: str, config: EppConfig) -> bool:
    assert config.release is not None
    if kind in epp_plugins(config.release):
        return False
    return kind in epp_plugin_types() or epp_plugin_known(kind, config.release) is False


def _unknown_field(root: Root) -> Iterator[Hit]:
    for config in configs(root):
        for path, document, place in _places(config):
            allowed = _keys(place, config)
            for key in document:
                if key not in allowed:
                    what = _WORDS[place]
                    whose = f"{config.release}" if config.release else "any release"
                    yield config.hit(
                        f"`{key}` is no key of {what} in {whose}, which refuses the whole file",
                        "use `parameters`"
                        if (place, key) == ("plugin", "config")
                        else did_you_mean(key, allowed),
                        (*path, key),
                        on_key=True,
                    )


_WORDS = {
    "config": "an EndpointPickerConfig",
    "plugin": "a plugin",
    "profile": "a profile",
    "reference": "a profile's plugin",
}


def _keys(place: str, config: EppConfig) -> frozenset[str]:
    """Return the keys of a place; of the file itself only those that no release has are sure."""
    if config.release is None or place == "config":
        return frozenset((*table("epp")["keys"][place], *table("serving")["epp_keys"].get(place, ())))
    return epp_keys(place, config.release)


def _places(config: EppConfig) -> Iterator[tuple[Path, dict[str, Any], str]]:
    yield (), config.value, "config"
    for index, plugin in config.plugins:
        yield ("plugins", index), plugin, "plugin"
    for index, profile in config.profiles:
        yield ("schedulingProfiles", index), profile, "profile"
        for path, reference in _references(index, profile):
            yield path, reference, "reference"


def _references(index: int, profile: dict[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    for number, reference in items(profile, "plugins"):
        yield ("schedulingProfiles", index, "plugins", number), reference


def _ref_undefined(root: Root) -> Iterator[Hit]:
    for config in configs(root):
        for path, name in _refs(config):
            if name not in config.by_name and name not in _added_by_default():
                yield config.hit(
                    f"`pluginRef: {name}` names none of the plugins of this file",
                    did_you_mean(name, config.by_name),
                    path,
                )


def _added_by_default() -> tuple[str, ...]:
    """Return the plugins that the picker declares itself where a profile lacks one of the kind."""
    return (table("epp")["rules"]["picker_default"], _SINGLE)


def _refs(config: EppConfig) -> Iterator[tuple[Path, str]]:
    """Yield every name by which the configuration refers to a plugin."""
    for index, profile in config.profiles:
        for path, reference in _references(index, profile):
            if isinstance(name := reference.get("pluginRef"), str):
                yield (*path, "pluginRef"), name
    for index, source in items(config.value, "dataLayer", "sources"):
        if isinstance(name := source.get("pluginRef"), str):
            yield ("dataLayer", "sources", index, "pluginRef"), name


def _duplicate_name(root: Root) -> Iterator[Hit]:
    for config in configs(root):
        names = Counter(name_of(plugin) for _, plugin in config.plugins)
        seen: dict[str, int] = {}
        for index, plugin in config.plugins:
            name = name_of(plugin)
            if name and names[name] > 1 and name in seen:
                yield config.hit(
                    f"{names[name]} plugins are called `{name}`, and names must differ",
                    "give each a `name` of its own",
                    ("plugins", index, "name" if "name" in plugin else "type"),
                    others=(config.other(f"the first `{name}`", ("plugins", seen[name])),),
                )
            seen.setdefault(name, index)
        yield from _duplicate_profiles(config)


def _duplicate_profiles(config: EppConfig) -> Iterator[Hit]:
    seen: dict[str, int] = {}
    for index, profile in config.profiles:
        name = profile.get("name")
        if not isinstance(name, str):
            continue
        if name in seen:
            yield config.hit(
                f"several profiles are called `{name}`, and names must differ",
                "give each a `name` of its own, or merge them",
                ("schedulingProfiles", index, "name"),
                others=(config.other(f"the first `{name}`", ("schedulingProfiles", seen[name])),),
            )
        seen.setdefault(name, index)


def _handler_count(root: Root) -> Iterator[Hit]:
    for config in configs(root):
        if _has_unknown(config):
            continue
        handlers = [
            (index, plugin) for index, plugin in config.plugins if "handler" in (config.roles(plugin) or ())
        ]
        required = config.release is not None and epp_rules(config.release).handler_required
        if len(handlers) > 1:
            names = ", ".join(f"`{name_of(plugin)}`" for _, plugin in handlers)
            yield config.hit(
                f"{len(handlers)} profile handlers ({names}), and exactly one may be there",
                "keep one of them",
                ("plugins", handlers[1][0], "type"),
            )
        elif not handlers and (required or len(config.profiles) > 1):
            yield config.hit(
                f"no plugin is a profile handler, and the {len(config.profiles)} profiles need one",
                f"add `- type: {_SINGLE}`" if len(config.profiles) < _SEVERAL else "add a profile handler",
                ("plugins",),
                on_key=True,
            )


_SEVERAL = 2


def _has_unknown(config: EppConfig) -> bool:
    return any(config.roles(plugin) is None for _, plugin in config.plugins)


def _single_handler_profiles(root: Root) -> Iterator[Hit]:
    for config in configs(root):
        handlers = config.of_type(_SINGLE)
        names = [str(profile.get("name")) for _, profile in config.profiles]
        if config.release is None or not epp_rules(config.release).single_handler_one_profile:
            continue
        if handlers and len(names) > 1:
            yield config.hit(
                f"`{_SINGLE}` runs one profile, and there are {len(names)}: {', '.join(f'`{name}`' for name in names)}",
                "drop the other profiles, or use a handler that chooses between them",
                ("plugins", handlers[0][0], "type"),
                others=(config.other("the profile that is too many", ("schedulingProfiles", 1)),),
            )


def _weights(config: EppConfig) -> Iterator[tuple[Path, dict[str, Any], dict[str, Any]]]:
    """Yield the references of profiles to plugins that there are, with the plugins."""
    for index, profile in config.profiles:
        for path, reference in _references(index, profile):
            plugin = config.by_name.get(str(reference.get("pluginRef")))
            if plugin is not None:
                yield path, reference, plugin


def _weight_type(root: Root) -> Iterator[Hit]:
    for config in configs(root):
        for path, reference, _ in _weights(config):
            weight = reference.get("weight")
            if weight is None:
                continue
            if isinstance(weight, bool) or not isinstance(weight, int | float):
                yield config.hit(
                    f"`weight` is {_shown(weight)}, and the picker reads a number",
                    "write a number without quotes",
                    (*path, "weight"),
                )
            elif _wants_integers(config) and not float(weight).is_integer():
                yield config.hit(
                    f"`weight: {weight}` is no whole number, and {config.release} takes no other",
                    "scale the weights of the profile to whole numbers",
                    (*path, "weight"),
                )


def _wants_integers(config: EppConfig) -> bool:
    return config.release is not None and epp_rules(config.release).weight_integer


def _shown(value: Any) -> str:
    return f'the text `"{value}"`' if isinstance(value, str) else f"a {type(value).__name__}"


def _weight_missing(root: Root) -> Iterator[Hit]:
    for config in configs(root):
        if config.release is None or not epp_rules(config.release).weight_required:
            continue
        for path, reference, plugin in _weights(config):
            if "scorer" in (config.roles(plugin) or ()) and reference.get("weight") is None:
                yield config.hit(
                    f"the scorer `{name_of(plugin)}` has no weight, and {config.release} has no default",
                    "add `weight: 1`",
                    (*path, "pluginRef"),
                )


def _weight_on_nonscorer(root: Root) -> Iterator[Hit]:
    for config in configs(root):
        for path, reference, plugin in _weights(config):
            roles = config.roles(plugin)
            if roles and "scorer" not in roles and reference.get("weight") is not None:
                yield config.hit(
                    f"`{name_of(plugin)}` is a {roles[0]}: its weight is not read",
                    "drop the weight",
                    (*path, "weight"),
                    on_key=True,
                )


def _parameter_unknown(root: Root) -> Iterator[Hit]:
    for config in configs(root):
        if config.release is None:
            continue
        known = epp_plugins(config.release)
        for index, plugin in config.plugins:
            found = known.get(str(plugin.get("type")))
            if found is None or found.parameters is None:
                continue
            for name in mapping(plugin, "parameters"):
                if name not in found.parameters:
                    yield config.hit(
                        f"`{found.type}` of {config.release} reads no parameter `{name}` and ignores it",
                        did_you_mean(name, found.parameters) or "remove it: the plugin has no parameters",
                        ("plugins", index, "parameters", name),
                        on_key=True,
                    )


_START = "The endpoint picker decodes its configuration strictly: it does not start, and with `FailClose` its pool serves nothing."
CHECKS = (
    Check(
        "epp-unknown-plugin",
        ERROR,
        "root",
        _unknown_plugin,
        why=f"{_START} Plugins were renamed, and some belong to llm-d's scheduler alone.",
        fix="Use the name that the plugin has in the release of the image.",
    ),
    Check(
        "epp-unknown-field",
        ERROR,
        "root",
        _unknown_field,
        why=f"{_START} A plugin's settings stand under `parameters`, for example, not under `config`.",
        fix="Use the keys of the release.",
    ),
    Check(
        "epp-ref-undefined",
        ERROR,
        "root",
        _ref_undefined,
        why="A profile refers to plugins by their names (the type, where they have none). A name that no plugin has stops the picker at start.",
        fix="Declare the plugin under `plugins`, or mend the name.",
    ),
    Check(
        "epp-duplicate-name",
        ERROR,
        "root",
        _duplicate_name,
        why="Plugins and profiles are kept by name. Two with one name, such as two plugins of one type without names, stop the picker at start.",
        fix="Give each a `name` of its own.",
    ),
    Check(
        "epp-handler-count",
        ERROR,
        "root",
        _handler_count,
        why="Exactly one profile handler decides which profiles run for a request. The picker does not start with two, or with none where it cannot choose one itself.",
        fix="Declare one profile handler.",
    ),
    Check(
        "epp-single-handler-profiles",
        ERROR,
        "root",
        _single_handler_profiles,
        why="`single-profile-handler` refuses more than one profile: the picker answers every request with an error, or does not start.",
        fix="Keep one profile, or use a handler for several.",
    ),
    Check(
        "epp-weight-type",
        ERROR,
        "root",
        _weight_type,
        why=f"{_START} Weights are whole numbers before Gateway API Inference Extension 1.4 and numbers from then on, never texts.",
        fix="Write whole numbers, or take a newer release.",
    ),
    Check(
        "epp-weight-missing",
        ERROR,
        "root",
        _weight_missing,
        why="Before Gateway API Inference Extension 1.0 a scorer without a weight stops the picker at start.",
        fix="Give every scorer a weight.",
    ),
    Check(
        "epp-weight-on-nonscorer",
        INFO,
        "root",
        _weight_on_nonscorer,
        why="Only scorers have weights. On a filter or a picker it does nothing, and whoever reads it believes otherwise.",
        fix="Remove the weight.",
    ),
    Check(
        "epp-parameter-unknown",
        WARNING,
        "root",
        _parameter_unknown,
        why="A plugin ignores parameters that it does not know, without a word: it runs with its defaults. Some were renamed between releases.",
        fix="Use the parameter's name in the release of the image.",
    ),
)

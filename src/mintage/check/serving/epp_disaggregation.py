"""Checks of endpoint pickers that send the prefill of a request and its decoding to different pods.

`pd-profile-handler` always runs both; `disagg-profile-handler` runs a prefill profile where a decider for it is named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mintage.check.interface import ERROR, Check, Hit, Other
from mintage.check.serving.epp_config import configs, name_of
from mintage.check.serving.pools import members, pool_of
from mintage.check.tables.epp import epp_roles, epp_rules
from mintage.tree.objects import at, items

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.check.serving.epp_config import EppConfig
    from mintage.tree.objects import Object
    from mintage.tree.tree import Root

_PD = "pd-profile-handler"
_DISAGGREGATED = "disagg-profile-handler"
_HEADERS = ("prefill-header-handler", "disagg-headers-handler")
_SINGLE = "single-profile-handler"


def _handler(config: EppConfig) -> tuple[int, dict[str, Any]] | None:
    """Return the handler that disaggregates, if there is one."""
    for index, plugin in config.of_type(_PD, _DISAGGREGATED):
        if plugin.get("type") == _PD or at(plugin, "parameters", "deciders", "prefill"):
            return index, plugin
    return None


def _profiles_wanted(plugin: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield role and name of the profiles that a handler runs; none where it names them in a way not known here."""
    if at(plugin, "parameters", "profiles") is not None:
        return
    for role in ("decode", "prefill"):
        name = at(plugin, "parameters", f"{role}Profile", default=role)
        if isinstance(name, str):
            yield role, name


def _pd_profiles(root: Root) -> Iterator[Hit]:
    for config in configs(root):
        found = _handler(config)
        if found is None:
            continue
        index, handler = found
        for role, name in _profiles_wanted(handler):
            at_index = next((i for i, profile in config.profiles if profile.get("name") == name), None)
            if at_index is None:
                yield config.hit(
                    f"`{name_of(handler)}` runs the profile `{name}`, and there is none: {_names(config)}",
                    f"add a profile `{name}` whose first plugin is `{role}-filter`",
                    ("plugins", index, "type"),
                )
            elif _has_filter(config, at_index) is False:
                yield config.hit(
                    f"the profile `{name}` has no filter: it {role}s on any pod of the pool",
                    f"let `{role}-filter` be its first plugin",
                    ("schedulingProfiles", at_index, "name"),
                    others=(config.other("the handler that runs it", ("plugins", index)),),
                )


def _names(config: EppConfig) -> str:
    return ", ".join(f"`{profile.get('name')}`" for _, profile in config.profiles) or "no profile at all"


def _has_filter(config: EppConfig, index: int) -> bool | None:
    """Tell whether a profile has a filter; None where one of its plugins is not known."""
    profile = next(profile for i, profile in config.profiles if i == index)
    plugins = [config.by_name.get(str(item.get("pluginRef"))) for _, item in items(profile, "plugins")]
    roles = [config.roles(plugin) if plugin else None for plugin in plugins]
    if any(found is not None and "filter" in found for found in roles):
        return True
    return None if None in roles else False


def _header_handler_missing(root: Root) -> Iterator[Hit]:
    for config in configs(root):
        handlers = config.of_type(_PD)
        if not handlers or config.release is None or not epp_rules(config.release).header_handler_required:
            continue
        if not config.of_type(*_HEADERS):
            yield config.hit(
                f"`{_PD}` chooses a prefill pod, and no plugin tells the decode pod which: `{_HEADERS[0]}` is missing",
                f"add `- type: {_HEADERS[0]}` to the plugins",
                ("plugins", handlers[0][0], "type"),
            )


def _pd_without_prefill(root: Root) -> Iterator[Hit]:
    for config in configs(root):
        found = members(root, config)
        if not found:
            continue
        handler = _handler(config)
        prefilling = [member for member in found if member.prefills]
        others = _other_end(root, config)
        if handler is not None and not prefilling and _filters_by_role(config):
            label, roles = epp_roles()["label"], sorted({member.role or "none" for member in found})
            yield config.hit(
                f"it asks for prefill pods, and the pool has none: `{label}` is {', '.join(f'`{role}`' for role in roles)}",
                f"label the prefill pods `{label}: prefill` and let the pool select them, or use `{_SINGLE}`",
                ("plugins", handler[0], "type"),
                others=others,
            )
        elif handler is None and prefilling and len(prefilling) < len(found) and _routes_to_all(config):
            yield config.hit(
                f"the pool has prefill pods ({prefilling[0].source.label}), and no handler asks them for prefill only: requests end there",
                f"use `{_PD}` (`{_DISAGGREGATED}` in newer releases), or filter with `decode-filter`",
                ("plugins",),
                on_key=True,
                others=(*others, Other("the prefill pods", prefilling[0].source)),
            )


def _filters_by_role(config: EppConfig) -> bool:
    """Tell whether prefill pods are found by llm-d's role label, and not by labels of one's own."""
    return bool(config.of_type("prefill-filter"))


def _routes_to_all(config: EppConfig) -> bool:
    """Tell whether all plugins are known and none of them leaves pods out."""
    roles = [config.roles(plugin) for _, plugin in config.plugins]
    return None not in roles and not any("filter" in (found or ()) for found in roles)


def _other_end(root: Root, config: EppConfig) -> tuple[Other, ...]:
    pool: Object | None = pool_of(root, config.picker) if config.picker else None
    return (Other("the pool", pool, ("spec", "selector")),) if pool else ()


CHECKS = (
    Check(
        "epp-pd-profiles",
        ERROR,
        "root",
        _pd_profiles,
        why="The handler for prefill and decode runs two profiles by name. Without one of them every request fails; without a filter a profile picks pods of the wrong role.",
        fix="Have a profile for each, which begins with the filter of its role.",
    ),
    Check(
        "epp-pd-header-handler-missing",
        ERROR,
        "root",
        _header_handler_missing,
        why="Up to llm-d 0.8 the address of the prefill pod reaches the decode pod in a header that a plugin of its own sets. Without it the decode pod does all the work, and the prefill pods idle.",
        fix="Add `prefill-header-handler`.",
    ),
    Check(
        "epp-pd-without-prefill",
        ERROR,
        "root",
        _pd_without_prefill,
        why="A configuration for prefill and decode needs pods of both roles in its pool; and prefill pods need a configuration that knows them, or they are sent whole requests.",
        fix="Make configuration and pods agree.",
    ),
)

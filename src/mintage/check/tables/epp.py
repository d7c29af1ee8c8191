"""What a release of the endpoint picker understands: plugins, parameters, keys, flags; and which one an image holds.

Two projects share the work: the Gateway API Inference Extension (`gie`) and llm-d's scheduler built on it (`llmd`).
A fact may depend on either. What is missing from a table that is not complete for a release is not known: None.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from mintage.check.tables.files import image_version, split_image, table
from mintage.check.tables.versions import Version, holds, version

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class EppVersion:
    """A release of an endpoint picker: the inference extension, and llm-d's scheduler where it is llm-d's."""

    gie: Version
    llmd: Version | None = None

    def __str__(self) -> str:
        return f"llm-d {self.llmd} (GIE {self.gie})" if self.llmd else f"GIE {self.gie}"


@dataclass(frozen=True, slots=True)
class Plugin:
    """A type of plugin. `roles`: handler, decider, picker, scorer, filter, request, data, parser, saturation, flow.

    `parameters` are the names it reads, None where they are not known.
    """

    type: str
    roles: tuple[str, ...]
    parameters: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class EppRules:
    """What the loader of a release insists on.

    `kv_metric` is what it reads the use of the KV cache from by default.
    """

    weight_required: bool
    weight_integer: bool
    handler_required: bool
    single_handler_one_profile: bool
    header_handler_required: bool
    metric_flags_refused: bool
    picker_default: str
    kv_metric: str
    api_versions: tuple[str, ...]


@cache
def epp_version(image: str) -> EppVersion | None:
    """Return the release in an image, or None where its name and tag do not tell, or nobody said what it is built on."""
    found = image_version(table("epp")["images"], image)
    if found is None:
        return None
    entry, release = found
    if entry["is"] == "gie":
        return EppVersion(release)
    built_on = _built_on(release)
    return EppVersion(built_on, release) if built_on else None


def _built_on(release: Version) -> Version | None:
    entries = {version(own): version(gie) for own, gie in table("epp")["built_on"]["llmd"].items()}
    minor = (*release.numbers, 0, 0)[:2]
    return next((gie for own, gie in entries.items() if (*own.numbers, 0, 0)[:2] == minor), None)


def is_pd_sidecar(image: str) -> bool:
    """Tell whether an image is the proxy that stands before a decode server and asks a prefill server first."""
    return re.fullmatch(table("epp")["sidecar_images"]["match"], split_image(image)[0]) is not None


def _applies(entry: Mapping[str, Any], at: EppVersion) -> bool:
    """Tell whether an entry holds: `llmd` needs llm-d's scheduler, and `gie` speaks of the extension under either."""
    if "llmd" in entry and (at.llmd is None or not holds(entry["llmd"], at.llmd)):
        return False
    return holds(entry.get("gie", {}), at.gie)


def _complete(entry: Mapping[str, Any], at: EppVersion) -> bool:
    return holds(entry["gie"], at.gie) and (at.llmd is None or holds(entry["llmd"], at.llmd))


@cache
def epp_plugins(at: EppVersion) -> dict[str, Plugin]:
    """Return the types of plugin known to exist in a release; use `epp_plugin_known` to judge a name."""
    return {
        name: Plugin(name, tuple(entry["roles"]), _parameters(entry, at))
        for name, entry in table("epp")["plugins"].items()
        if _applies(entry, at)
    }


def _parameters(entry: Mapping[str, Any], at: EppVersion) -> frozenset[str] | None:
    if "parameters" not in entry:
        return None
    return frozenset(name for name, limits in entry["parameters"].items() if _applies(limits, at))


def epp_plugin_known(name: str, at: EppVersion) -> bool | None:
    """Tell whether a release has a type of plugin; None where the table may lack it."""
    if name in epp_plugins(at):
        return True
    return False if _complete(table("epp")["complete"], at) else None


def epp_plugin_types() -> frozenset[str]:
    """Return every type of plugin that any release has had."""
    return frozenset(table("epp")["plugins"])


@cache
def epp_rules(at: EppVersion) -> EppRules:
    """Return what the loader of a release insists on."""
    data = table("epp")
    rules = data["rules"]
    flags = {name: _applies(limits, at) for name, limits in rules.items() if isinstance(limits, dict)}
    return EppRules(
        **flags,
        picker_default=rules["picker_default"],
        kv_metric=next(_named(data["kv_metric"]["values"], "metric", at)),
        api_versions=tuple(_named(data["api_versions"]["values"], "name", at)),
    )


def _named(entries: list[dict[str, Any]], key: str, at: EppVersion) -> Iterator[str]:
    yield from (entry[key] for entry in entries if _applies(entry, at))


def epp_keys(place: str, at: EppVersion) -> frozenset[str]:
    """Return the keys allowed in a place: `config`, `plugin`, `profile` or `reference` (a plugin within a profile)."""
    return frozenset(key for key, limits in table("epp")["keys"][place].items() if _applies(limits, at))


def epp_flag_known(name: str, at: EppVersion) -> bool | None:
    """Tell whether a release has a flag, given with its dashes; None where the table may lack it."""
    flags = table("epp")["flags"]
    long = "--" + name.lstrip("-")
    if name in flags["shared"] or long in flags["shared"]:
        return True
    if long in flags["renamed"]["names"]:
        return at.gie < version(flags["renamed"]["until"])
    return _applies(flags["names"][long], at) if long in flags["names"] else None


def epp_flag_successor(name: str) -> str | None:
    """Return the kebab-case flag that took the place of a camelCase one."""
    successor: str | None = table("epp")["flags"]["renamed"]["names"].get("--" + name.lstrip("-"))
    return successor


def epp_roles() -> Mapping[str, Any]:
    """Return the pod label of roles under `label`, and for each role filter the values it lets pass."""
    roles: dict[str, Any] = table("epp")["roles"]
    return roles

"""What controllers make of the objects of a tree, and what is in every cluster without anybody's manifest.

Only names, labels, ports and keys are told, as far as upstream fixes them; a `*` stands for what nobody can foresee.
Knows nothing of the cluster: whether the operator runs is for others to ask.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from mintage.check.tables.files import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Platform = Literal["any", "openshift"]
_FIELD = re.compile(r"\{([^{}]+)\}")
_STEP = re.compile(r"([^.\[\]]+)|\[([^\]]+)\]")


class _AbsentError(LookupError):
    """A template names a field that the owner does not have."""


@dataclass(frozen=True, slots=True)
class Generated:
    """An object that a controller makes.

    `ports` maps names to numbers and `keys` are those of a Secret or ConfigMap; None where upstream does not fix them.
    `template` is the path, within the owner, of the spec of a Pod: `spec.workerGroupSpecs.0.template.spec`.
    """

    group: str
    kind: str
    name: str
    namespace: str
    labels: Mapping[str, str]
    ports: Mapping[str, int] | None
    keys: frozenset[str] | None
    template: str | None
    source: str


def matches(pattern: str, text: str) -> bool:
    """Tell whether a generated name, or the value of a label, may be `text`; a `*` matches anything."""
    return pattern == text or ("*" in pattern and fnmatchcase(text, pattern))


@cache
def _owners() -> Mapping[tuple[str, str], dict[str, Any]]:
    return {(owner["group"], owner["kind"]): owner for owner in table("operators")["owners"]}


def generated(group: str, kind: str, document: Mapping[str, Any]) -> Iterator[Generated]:
    """Yield what controllers make of an object, given as a manifest; nothing for kinds without an entry."""
    if (owner := _owners().get((group, kind))) is None:
        return
    for entry in owner["makes"]:
        if all(_holds(document, path, wanted) for path, wanted in entry.get("when", {}).items()):
            yield from _made(entry, document, owner["source"])


def _made(entry: Mapping[str, Any], document: Mapping[str, Any], source: str) -> Iterator[Generated]:
    if "each" not in entry:
        views = [document]
    else:
        items = _get(document, entry["each"])
        views = [{**document, "item": item} for item in (items if isinstance(items, list) else [])]
    made: list[Generated] = []
    for index, view in enumerate(views):
        try:
            made.append(_object(entry, view, f"{entry.get('each')}.{index}", source))
        except _AbsentError:
            continue
    yield from _merged(made)


def _merged(made: list[Generated]) -> Iterator[Generated]:
    """Yield objects once, with the ports that each repetition added."""
    ports: dict[str, dict[str, int]] = {}
    for one in made:
        ports.setdefault(one.name, {}).update(one.ports or {})
    seen = set()
    for one in made:
        if one.kind == "Pod" or one.name not in seen:
            seen.add(one.name)
            yield one if one.ports is None or one.kind == "Pod" else replace(one, ports=ports[one.name])


def _object(entry: Mapping[str, Any], view: Mapping[str, Any], item: str, source: str) -> Generated:
    labels: dict[str, str] = {}
    for path in entry.get("labels_from", ()):
        found = _get(view, path)
        labels |= found if isinstance(found, dict) else {}
    labels |= {name: _filled(value, view) for name, value in entry.get("labels", {}).items()}
    return Generated(
        entry.get("group", ""),
        entry["kind"],
        _filled(entry["name"], view),
        _filled(entry.get("namespace", "{metadata.namespace|nothing}"), {"nothing": "", **view}),
        labels,
        _ports(entry["ports"], view) if "ports" in entry else None,
        _keys(entry, view),
        re.sub(r"^item\b", item, entry["template"]) if "template" in entry else None,
        source,
    )


def _ports(ports: Mapping[str, Any], view: Mapping[str, Any]) -> dict[str, int]:
    filled = {_filled(name, view): _filled(str(number), view) for name, number in ports.items()}
    return {name: int(number) for name, number in filled.items() if number.isdecimal()}


def _keys(entry: Mapping[str, Any], view: Mapping[str, Any]) -> frozenset[str] | None:
    if "keys" in entry:
        return frozenset(entry["keys"])
    if "keys_from" not in entry or any(_get(view, path) is not None for path in entry.get("keys_open", ())):
        return None
    return frozenset(
        key for path in (entry["keys_from"], *entry.get("keys_and", ())) for key in _names(view, path)
    )


def _names(view: Mapping[str, Any], path: str) -> Iterator[str]:
    """Yield the keys of a mapping, or one field of every item of a list: `spec.data.secretKey`."""
    found = _get(view, path)
    if isinstance(found, dict):
        yield from map(str, found)
        return
    parent, _, field = path.rpartition(".")
    items = _get(view, parent)
    mappings = (item for item in (items if isinstance(items, list) else []) if isinstance(item, dict))
    yield from (str(item[field]) for item in mappings if field in item)


def _holds(document: Mapping[str, Any], path: str, wanted: Any) -> bool:
    found = _get(document, path)
    if isinstance(wanted, bool):
        return (found is not None) is wanted
    return found is not None and re.fullmatch(wanted, str(found)) is not None


def _filled(template: str, view: Mapping[str, Any]) -> str:
    def value(found: re.Match[str]) -> str:
        for path in found[1].split("|"):
            if (field := _get(view, path)) is not None:
                return str(field)
        raise _AbsentError(found[1])

    return _FIELD.sub(value, template)


def _get(document: Any, path: str) -> Any:
    """Return the field at `a.b` or `a[b.c/d]`, or None."""
    for plain, bracketed in _STEP.findall(path):
        if not isinstance(document, dict):
            return None
        document = document.get(plain or bracketed)
    return document


def _platforms(platform: Platform) -> tuple[Platform, ...]:
    return ("any",) if platform == "any" else ("any", platform)


def _known(section: str, name: str, platform: Platform) -> bool:
    named = table("operators")["builtin"][section]
    return any(matches(pattern, name) for part in _platforms(platform) for pattern in named.get(part, ()))


def builtin_namespace(name: str, platform: Platform = "openshift") -> bool:
    """Tell whether a namespace is part of every cluster."""
    return _known("namespaces", name, platform)


def operator_namespace(name: str, platform: Platform = "openshift") -> bool:
    """Tell whether a namespace is one that a well-known project is installed into."""
    return _known("operator_namespaces", name, platform)


def builtin_role(name: str, platform: Platform = "openshift") -> bool:
    """Tell whether a Role is part of every cluster."""
    return _known("roles", name, platform)


def builtin_cluster_role(name: str, platform: Platform = "openshift") -> bool:
    """Tell whether a ClusterRole is part of every cluster."""
    return _known("cluster_roles", name, platform)


def builtin_priority_class(name: str, platform: Platform = "openshift") -> bool:
    """Tell whether a PriorityClass is part of every cluster."""
    return _known("priority_classes", name, platform)


def builtin_service_account(name: str, platform: Platform = "openshift") -> bool:
    """Tell whether a ServiceAccount is in every namespace."""
    sections = table("operators")["builtin"]["every_namespace"]
    return any(name in sections[part]["ServiceAccount"] for part in _platforms(platform))


def builtin_config_map(name: str, platform: Platform = "openshift") -> frozenset[str] | None:
    """Return the keys of a ConfigMap that is in every namespace, or None."""
    sections = table("operators")["builtin"]["every_namespace"]
    for part in _platforms(platform):
        if name in sections[part]["ConfigMap"]:
            return frozenset(sections[part]["ConfigMap"][name])
    return None


def builtin_service(namespace: str, name: str, platform: Platform = "openshift") -> Mapping[str, int] | None:
    """Return the ports by name of a Service that is part of every cluster, or None."""
    services = table("operators")["builtin"]["services"]
    for part in _platforms(platform):
        if (ports := services[part].get(f"{namespace}/{name}")) is not None:
            found: dict[str, int] = ports
            return found
    return None

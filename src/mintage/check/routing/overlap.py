"""The check for routes that claim the same requests: one match of one host at one gateway, twice.

Compares matches that are written alike. That one prefix lies inside of another is what routing is for and no finding.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mintage.check.interface import Hit, Other
from mintage.check.routing.routes import Route, is_text, routes
from mintage.tree.objects import items, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.tree.objects import Object, Path
    from mintage.tree.tree import Root

_ANY = "*"
_EVERYTHING = {"path": {"type": "PathPrefix", "value": "/"}}


@dataclass(frozen=True, slots=True)
class Claim:
    """Requests that a route wants: at an entrance (a gateway's listener, an ingress class), of a host, by a match."""

    object: Object
    path: Path
    entrance: str
    section: str
    host: str
    match: str
    shown: str

    def is_rival(self, other: Claim) -> bool:
        """Tell whether another claim of the same match is for the same listener, and not this one through another parent."""
        is_same = self.object is other.object and self.path == other.path
        return not is_same and (not (self.section and other.section) or self.section == other.section)


def path_overlap(root: Root) -> Iterator[Hit]:
    """Yield the claims that another one, earlier in the root, has made already."""
    seen: dict[tuple[str, str, str], list[Claim]] = {}
    reported: set[tuple[int, Path]] = set()
    for claim in _claims(root):
        same = seen.setdefault((claim.entrance, claim.host, claim.match), [])
        first = next((one for one in same if one.is_rival(claim)), None)
        same.append(claim)
        place = (id(claim.object), claim.path)
        if first is None or place in reported:
            continue
        reported.add(place)
        host = "" if claim.host == _ANY else f" of `{claim.host}`"
        yield Hit(
            f"{first.object.kind} `{first.object.name}` claims {claim.shown}{host} as well",
            "give each a path, host name or header of its own, or make them one route",
            claim.object,
            claim.path,
            others=(Other("the other claim", first.object, first.path),),
        )


def _claims(root: Root) -> Iterator[Claim]:
    for route in routes(root):
        if route.kind in {"HTTPRoute", "GRPCRoute"}:
            yield from _of_route(route)
    for item in root.of("Ingress", group="networking.k8s.io"):
        yield from _of_ingress(item)
    for item in root.of("Route", group="route.openshift.io"):
        host, path = item.spec.get("host"), item.spec.get("path") or "/"
        if is_text(host) and isinstance(path, str):
            yield Claim(item, ("spec", "host"), "router", "", str(host), path, f"`{path}`")


def _of_route(route: Route) -> Iterator[Claim]:
    for index, rule in items(route.spec, "rules"):
        place: Path = (*route.path, "rules", index)
        found = [((*place, "matches", number), match) for number, match in items(rule, "matches")]
        for path, match in found or [(place, _EVERYTHING)]:
            text = f"{route.kind} {json.dumps(_normal(match), sort_keys=True, default=str)}"
            for host in route.hostnames or (_ANY,):
                for entrance, section in _entrances(route):
                    yield Claim(route.object, path, entrance, section, host.lower(), text, _shown(match))


def _normal(match: dict[str, Any]) -> dict[str, Any]:
    """Return a match with its defaults, in an order that says nothing."""
    path = mapping(match, "path")
    conditions = {
        key: sorted(
            json.dumps({"type": "Exact", **entry}, sort_keys=True, default=str)
            for _, entry in items(match, key)
        )
        for key in ("headers", "queryParams")
    }
    return {
        "path": [path.get("type") or "PathPrefix", path.get("value") or "/"],
        "method": match.get("method"),
        **conditions,
    }


def _shown(match: dict[str, Any]) -> str:
    value = mapping(match, "path").get("value") or "/"
    rest = [key for key in ("headers", "queryParams", "method") if match.get(key)]
    return f"`{value}`" + (f" with the same {', '.join(rest)}" if rest else "")


def _entrances(route: Route) -> Iterator[tuple[str, str]]:
    for _, ref in items(route.spec, "parentRefs"):
        if is_text(ref.get("name")):
            namespace = ref.get("namespace") or route.object.namespace
            section = str(ref.get("sectionName") or ref.get("port") or "")
            yield f"{ref.get('kind') or 'Gateway'} {namespace}/{ref['name']}", section


def _of_ingress(item: Object) -> Iterator[Claim]:
    entrance = f"ingress {item.spec.get('ingressClassName') or item.annotations.get('kubernetes.io/ingress.class') or ''}"
    if any("canary" in key for key in item.annotations):
        return  # a second Ingress of the same match is how a canary is made
    for index, rule in items(item.spec, "rules"):
        host = rule.get("host") or _ANY
        for number, path in items(rule, "http", "paths"):
            value = path.get("path") or "/"
            if is_text(host) and isinstance(value, str):
                place = ("spec", "rules", index, "http", "paths", number)
                yield Claim(item, place, entrance, "", host, f"{path.get('pathType')} {value}", f"`{value}`")

"""Which API versions are deprecated, removed, or no longer served by the project that defines them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from mintage.check.tables.files import table
from mintage.check.tables.versions import Version, version

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class ApiLife:
    """What became of a kind in an API version; None where nothing did, or it is not known since when.

    `removed` is the first release without it and `use` what to write instead, of Kubernetes, or of `project`.
    """

    deprecated: Version | None
    removed: Version | None
    use: str | None
    project: str = "Kubernetes"

    def gone(self, at: Version) -> bool:
        """Tell whether a release does not serve it any more."""
        return self.removed is not None and self.removed <= at


@dataclass(frozen=True, slots=True)
class Served:
    """The versions of a custom resource, oldest first, in a release of its project such as `ray-project/kuberay v1.7.0`."""

    versions: tuple[str, ...]
    deprecated: frozenset[str]
    release: str


@cache
def _kubernetes() -> Mapping[tuple[str, str], ApiLife]:
    entries = table("apis")["kubernetes"]
    return {(entry["api"], kind): _life(entry) for entry in entries for kind in entry["kinds"]}


def _life(entry: Mapping[str, Any], project: str = "Kubernetes") -> ApiLife:
    deprecated, removed = (entry.get(key) and version(entry[key]) for key in ("deprecated", "removed"))
    return ApiLife(deprecated, removed, entry.get("use"), project)


def api_life(api_version: str, kind: str) -> ApiLife | None:
    """Return what became of a built-in kind, or one of the inference extension; None for what is served to this day."""
    if (life := _kubernetes().get((api_version, kind))) is not None:
        return life
    group = api_version.partition("/")[0]
    for entry in table("apis")["moved"]:
        if (entry["group"], entry["kind"]) == (group, kind):
            return _life(entry, "the Gateway API Inference Extension")
    return None


@cache
def api_served(group: str, kind: str) -> Served | None:
    """Return the versions of a custom resource that a recent release of its project serves; None for unknown kinds."""
    for entry in table("apis")["custom"]["kinds"]:
        if (entry["group"], entry["kind"]) == (group, kind):
            return Served(tuple(entry["served"]), frozenset(entry.get("deprecated", ())), entry["release"])
    return None

"""The index: what is known of each spec without parsing it again.

An entry holds all that the task graph and other services need: identity, exports by environment, what it refers
to (with places, so that a reference broken by another file is still reported at its line). It is valid as long as
the digests of the spec, of `system.yaml` and of Mintage itself are the same; the index file is a cache, no more.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mintage.disk import write_whole

if TYPE_CHECKING:
    from pathlib import Path

BASE = ""  # the environment that is none: the base
Place = tuple[str, int, int, int]  # file, line, column, width


@dataclass(slots=True)
class Use:
    """One reference to another service: the environments it is made in, where it stands, and what it says."""

    environments: tuple[str, ...]
    place: Place
    name: str  # a name or a selector
    text: str = ""  # the whole string, where it holds an `@` reference
    kinds: tuple[str, ...] = ()


@dataclass(slots=True)
class Entry:
    """What is known of one spec file."""

    path: str
    digest: str
    kind: str
    name: str
    component: str
    place: Place  # of its name, for complaints about it
    only: tuple[str, ...]
    exports: dict[str, dict[str, Any]]  # by environment; one that is like the base's is left out
    export_digest: str
    uses: list[Use] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)  # files it names, relative to specs/: digest

    def exists_in(self, environment: str) -> bool:
        """Tell whether the service exists in an environment (or the base)."""
        return not self.only or environment in self.only

    def export(self, environment: str) -> dict[str, Any] | None:
        """Return its export in an environment, or None where it does not exist there."""
        if not self.exists_in(environment):
            return None
        return self.exports.get(environment) or self.exports.get(BASE)


@dataclass(slots=True)
class Index:
    """Entries by path, and what they were made with."""

    generator: str = ""
    system_digest: str = ""
    summary: dict[str, Any] = field(
        default_factory=dict
    )  # of system.yaml: what a run that does nothing needs
    entries: dict[str, Entry] = field(default_factory=dict)


def load(path: Path) -> Index:
    """Return the saved index; an empty one where there is none or it cannot be read."""
    try:
        raw = json.loads(path.read_bytes())
        entries = {item["path"]: _entry(item) for item in raw["entries"]}
        return Index(raw["generator"], raw["system"], raw["summary"], entries)
    except (OSError, ValueError, KeyError, TypeError):
        return Index()


def _entry(item: dict[str, Any]) -> Entry:
    uses = [
        Use(tuple(environments), tuple(place), name, text, tuple(kinds))
        for environments, place, name, text, kinds in item.pop("uses")
    ]
    item["place"], item["only"] = tuple(item["place"]), tuple(item["only"])
    return Entry(**item, uses=uses)


def save(path: Path, index: Index) -> None:
    """Write the index in one step."""
    entries = [_plain(entry) for _, entry in sorted(index.entries.items())]
    raw = {
        "generator": index.generator,
        "system": index.system_digest,
        "summary": index.summary,
        "entries": entries,
    }
    write_whole(path, json.dumps(raw, separators=(",", ":")).encode())


def _plain(entry: Entry) -> dict[str, Any]:
    uses = [(use.environments, use.place, use.name, use.text, use.kinds) for use in entry.uses]
    return {**{name: getattr(entry, name) for name in Entry.__slots__}, "uses": uses}

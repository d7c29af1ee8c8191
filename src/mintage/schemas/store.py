"""The store: finds the judge of a kind, asking what the user imported, then what was fetched, then what is packaged.

    schemas = Schemas("1.32", Sources.of(root))
    judge = schemas.judge("apps/v1", "Deployment")   # None: no schema, which the caller must say
    judge.source, judge.errors(document)

Everything is read and compiled when it is first asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from mintage.schemas.core import check_minor, core, minors_of, package
from mintage.schemas.judge import Judge, SchemaError
from mintage.schemas.lock import read_lock
from mintage.schemas.own import files, own_schema
from mintage.schemas.stored import Entry, kinds_in, read_entry

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Judge", "Known", "SchemaError", "Schemas", "Sources"]

IMPORTED = "schemas"  # the folder of a workspace


@dataclass(frozen=True, slots=True)
class Sources:
    """Where schemas of custom kinds come from; by default only those that are packaged.

    `imported` is a folder that `doit schemas import` wrote, `locked` the root of a workspace with a `schemas.lock`.
    """

    imported: Path | None = None
    locked: Path | None = None
    own: bool = True

    @classmethod
    def of(cls, root: Path) -> Sources:
        """Return the sources of a workspace or of any other repository."""
        return cls(imported=root / IMPORTED, locked=root)


@dataclass(frozen=True, slots=True, order=True)
class Known:
    """A kind that can be judged, and by what: `imported`, `fetched`, `core` or `own`."""

    api_version: str
    kind: str
    origin: str


class Schemas:
    """The schemas for one minor version of Kubernetes, such as `1.32`; `MintageError` where it is not packaged."""

    def __init__(self, kubernetes_version: str, sources: Sources | None = None) -> None:
        check_minor(kubernetes_version)
        self.kubernetes_version = kubernetes_version
        self.sources = sources or Sources()
        self._judges: dict[tuple[str, str], Judge | None] = {}

    @cached_property
    def _imported(self) -> dict[tuple[str, str], Path]:
        return kinds_in(self.sources.imported) if self.sources.imported else {}

    @cached_property
    def _pinned(self) -> dict[str, dict[tuple[str, str], Path]]:
        """The files of every pin in force, by the pin's name; empty where it was not fetched."""
        root = self.sources.locked
        lock = read_lock(root) if root else None
        return {pin.name: kinds_in(pin.cached(root)) for pin in lock.active} if lock and root else {}

    @cached_property
    def _fetched(self) -> dict[tuple[str, str], Path]:
        return {kind: path for files in self._pinned.values() for kind, path in files.items()}

    @property
    def not_fetched(self) -> tuple[str, ...]:
        """The names of what `schemas.lock` pins and `doit schemas fetch` has not brought yet."""
        return tuple(name for name, files in self._pinned.items() if not files)

    def judge(self, api_version: str, kind: str) -> Judge | None:
        """Return what judges objects of a kind, None where there is no schema; `MintageError` where a file is broken."""
        key = api_version, kind
        if key not in self._judges:
            self._judges[key] = self._find(*key)
        return self._judges[key]

    def _find(self, api_version: str, kind: str) -> Judge | None:
        key = api_version, kind
        if key in self._imported:
            return _stored_judge(read_entry(self._imported[key]), "imported from")
        if key in self._fetched:
            return _stored_judge(read_entry(self._fetched[key]), "fetched from")
        packaged = core(self.kubernetes_version)
        schema = packaged.schema(api_version, kind)
        if schema is not None:
            return Judge(schema, f"Kubernetes {self.kubernetes_version} ({package()})", custom=False)
        if self.sources.own and key in files():
            stored, facts = own_schema(api_version, kind)
            source = f"Mintage's own schema of {kind} {api_version} (facts: {facts})"
            return Judge(stored.schema, source, custom=True, scope=stored.scope)
        return None

    def known(self) -> list[Known]:
        """Return every kind that can be judged, once, with the source that judges it; sorted."""
        origins = dict.fromkeys(files(), "own") if self.sources.own else {}
        for name in core(self.kubernetes_version).kinds:
            api_version, _, kind = name.rpartition("/")
            origins[api_version, kind] = "core"
        origins |= dict.fromkeys(self._fetched, "fetched") | dict.fromkeys(self._imported, "imported")
        return sorted(Known(*key, origin) for key, origin in origins.items())

    def known_kinds(self) -> set[tuple[str, str]]:
        """Return (apiVersion, kind) of everything that can be judged."""
        return {(each.api_version, each.kind) for each in self.known()}

    def versions(self, group: str, kind: str) -> list[str]:
        """Return the apiVersions in which a kind of a group can be judged; `` is the core group."""
        return [
            each.api_version
            for each in self.known()
            if each.kind == kind and each.api_version.rpartition("/")[0] == group
        ]

    def exists(self, api_version: str, kind: str) -> bool:
        """Return whether Kubernetes itself has a kind in the target version."""
        return self.kubernetes_version in minors_of(api_version, kind)

    @staticmethod
    def minors(api_version: str, kind: str) -> tuple[str, ...]:
        """Return the minor versions, oldest first, in which Kubernetes itself has a kind; empty for custom kinds."""
        return minors_of(api_version, kind)


def _stored_judge(entry: Entry, how: str) -> Judge:
    stored, source = entry.stored, entry.source
    place = source.get("file", "")
    if repository := source.get("repository"):
        place = f"{repository}@{source.get('commit', '')[:12]} {source.get('path', '')}"
    sentence = f"{stored.kind} {stored.api_version} {how} {place} ({entry.digest})"
    return Judge(stored.schema, sentence, custom=True, scope=stored.scope, deprecated=stored.deprecated)

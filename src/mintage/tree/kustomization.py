"""A kustomization file: what it names, and what it does to the objects it gathers.

Reads the fields of Kustomize 5.5 and the older spellings that it still takes. Builds nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from mintage.errors import MintageError
from mintage.source import read_all
from mintage.tree import foreign_pattern
from mintage.tree.files import joined
from mintage.tree.objects import at, items, mapping
from mintage.tree.selector_text import picks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mintage.tree.files import Files, Part
    from mintage.tree.objects import Path

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_REMOTE = re.compile(
    r"^(?:[a-z+]+://|git@|git::|[\w.-]+\.(?:com|org|io|net|dev)/|[\w.-]+@[\w.-]+:)|\?ref=|//.{0,1000}\?|\.git(?:[/?]|$)"
)
# A build of these fields alone is the sum of the resources; any other changes objects, or breaks the build.
_PLAIN = frozenset({"apiVersion", "kind", "metadata", "resources", "bases"})


@dataclass(frozen=True, slots=True)
class Entry:
    """Something a kustomization names: the field, where it stands in the file, and the path it names."""

    field: str
    path: Path
    name: str
    target: str = ""  # the path from the root of the tree; empty for what lies elsewhere

    @property
    def is_remote(self) -> bool:
        """Whether it lies on another machine."""
        return not self.target


@dataclass(frozen=True, slots=True)
class Patch:
    """A patch: the file and document it stands in, its value, and the selector of its targets.

    `within` is where the patch begins in that document: a key for text inside the kustomization, else empty. `document`
    counts the documents of such a text.
    """

    entry: Path  # in the kustomization
    file: str
    index: int
    within: Path
    value: Any  # a mapping (strategic merge) or a list of operations (JSON 6902)
    target: dict[str, Any] | None
    inline: bool = False
    document: int = 0

    @property
    def is_json(self) -> bool:
        """Whether it is a list of operations."""
        return isinstance(self.value, list)


class Kustomization:
    """One kustomization file of a tree."""

    def __init__(self, file: str, part: Part, files: Files) -> None:
        self.file = file
        self.index = part.index
        self.folder = str(PurePosixPath(file).parent)
        self.document: dict[str, Any] = part.value if isinstance(part.value, dict) else {}
        self.files = files

    def __repr__(self) -> str:
        return f"Kustomization({self.file})"

    @property
    def is_component(self) -> bool:
        """Whether it is a Component, which only makes sense inside another kustomization."""
        return self.document.get("kind") == "Component"

    @property
    def is_plain(self) -> bool:
        """Whether a build is the sum of its resources, all of which are folders, or files in its own folder."""
        if (
            not _PLAIN.issuperset(self.document)
            or self.document.get("kind", "Kustomization") != "Kustomization"
        ):
            return False
        names = sum(joined(self.folder, name) in self.files.present for name in NAMES)
        return bool(self.resources) and names == 1 and all(map(self._is_plain_entry, self.resources))

    def _is_plain_entry(self, entry: Entry) -> bool:
        below = self.folder == "." or entry.target.startswith(f"{self.folder}/")
        return self.files.is_folder(entry.target) or (below and entry.target in self.files.present)

    def strings(self, field: str) -> Iterator[tuple[int, str]]:
        """Yield the strings of a list field with their indexes."""
        found = at(self.document, field)
        for index, item in enumerate(found if isinstance(found, list) else ()):
            if isinstance(item, str):
                yield index, item

    def _entries(self, *fields: str) -> Iterator[Entry]:
        for field in fields:
            for index, item in self.strings(field):
                yield self._entry(field, (field, index), item)

    def _entry(self, field: str, path: Path, name: str) -> Entry:
        target = joined(self.folder, name)
        if target in self.files.present or self.files.is_folder(target):
            return Entry(field, path, name, target)
        return Entry(field, path, name, "" if _REMOTE.search(name) else self._through_links(target))

    def _through_links(self, target: str) -> str:
        """Return the path in the tree to which links lead from a path; the path itself where they lead elsewhere."""
        try:
            real = (self.files.root / target).resolve().relative_to(self.files.root.resolve())
        except (OSError, RuntimeError, ValueError):
            return target
        return real.as_posix() if (self.files.root / real).exists() else target

    @cached_property
    def resources(self) -> tuple[Entry, ...]:
        """What it gathers objects from: files and folders, in order."""
        return tuple(self._entries("resources", "bases"))

    @cached_property
    def components(self) -> tuple[Entry, ...]:
        """The components that it applies."""
        return tuple(self._entries("components"))

    @cached_property
    def named_files(self) -> tuple[Entry, ...]:
        """Every other file or folder that it names: patches, generators' sources, transformers, values, CRDs."""
        found = list(
            self._entries(
                "patchesStrategicMerge", "transformers", "generators", "validators", "crds", "configurations"
            )
        )
        found = [entry for entry in found if "\n" not in entry.name]
        for field in ("patches", "patchesJson6902", "replacements"):
            found += [
                self._entry(field, (field, index, "path"), item["path"])
                for index, item in items(self.document, field)
                if isinstance(item.get("path"), str)
            ]
        for kind in ("configMapGenerator", "secretGenerator"):
            for index, generator in items(self.document, kind):
                found += self._sources(kind, index, generator)
        if isinstance(schema := at(self.document, "openapi", "path"), str):
            found.append(self._entry("openapi", ("openapi", "path"), schema))
        for index, chart in items(self.document, "helmCharts"):
            if isinstance(chart.get("valuesFile"), str):
                found.append(
                    self._entry("helmCharts", ("helmCharts", index, "valuesFile"), chart["valuesFile"])
                )
        return tuple(found)

    def _sources(self, field: str, index: int, item: dict[str, Any]) -> Iterator[Entry]:
        for key in ("files", "envs"):
            sources = item.get(key)
            for position, source in enumerate(sources if isinstance(sources, list) else ()):
                if isinstance(source, str):
                    name = source.partition("=")[2] if "=" in source and key == "files" else source
                    yield self._entry(field, (field, index, key, position), name)
        if isinstance(item.get("env"), str):
            yield self._entry(field, (field, index, "env"), item["env"])

    @cached_property
    def patches(self) -> tuple[Patch, ...]:
        """The patches whose text can be read, in the order in which Kustomize applies them."""
        found: list[Patch] = []
        for index, item in self.strings("patchesStrategicMerge"):
            path: Path = ("patchesStrategicMerge", index)
            found += self._inline(path, item, None) if "\n" in item else self._from_file(path, item, None)
        for field in ("patches", "patchesJson6902"):
            for index, entry in items(self.document, field):
                target = mapping(entry, "target") or None
                if isinstance(entry.get("path"), str):
                    found += self._from_file((field, index), entry["path"], target)
                elif isinstance(entry.get("patch"), str):
                    found += self._inline((field, index, "patch"), entry["patch"], target)
        return tuple(found)

    def _from_file(self, entry: Path, name: str, target: dict[str, Any] | None) -> list[Patch]:
        file = joined(self.folder, name)
        if file not in self.files.present:
            return []
        return [
            Patch(entry, file, part.index, (), part.value, target)
            for part in self.files.parts(file)
            if isinstance(part.value, dict | list)
        ]

    def _inline(self, path: Path, text: str, target: dict[str, Any] | None) -> list[Patch]:
        try:
            documents = read_all(self.file, text.encode(), max_bytes=1_000_000, max_nodes=100_000)
        except MintageError:
            return []  # Kustomize refuses it, too: the build says so
        return [
            Patch(path, self.file, self.index, path, document.value, target, inline=True, document=number)
            for number, document in enumerate(documents)
            if isinstance(document.value, dict | list)
        ]


def selects(
    target: dict[str, Any],
    kind: str,
    name: str,
    group: str = "",
    version: str = "",
    *,
    namespace: str = "",
    labels: Mapping[str, Any] | None = None,
    annotations: Mapping[str, Any] | None = None,
) -> bool:
    """Tell whether a patch's selector means an object; its fields are anchored regular expressions.

    Labels and annotations are looked at where they are given; else they are taken to fit.
    """
    wanted = (
        ("kind", kind),
        ("name", name),
        ("group", group),
        ("version", version),
        ("namespace", namespace or "default"),
    )
    selectors = (("labelSelector", labels), ("annotationSelector", annotations))
    return all(_matches(target.get(field), value) for field, value in wanted) and all(
        picks(target[field], found)
        for field, found in selectors
        if found is not None and isinstance(target.get(field), str)
    )


def _matches(pattern: Any, value: str) -> bool:
    if not isinstance(pattern, str) or not pattern:
        return True
    found = foreign_pattern.matches(pattern, value)
    return pattern == value if found is None else found

"""Where every part of a built object comes from: resource file, generator, patch, or a field of a kustomization.

Follows a root through its resources and components as Kustomize does, and keeps for each object the layers that made
it. What a plugin or a replacement does is not followed: the layer below is named instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from mintage.tree.kustomization import NAMES, Entry, Kustomization, Patch, selects
from mintage.tree.objects import at, items, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mintage.errors import Location
    from mintage.tree.files import Files, Part
    from mintage.tree.objects import Path

_HASH = re.compile(r"-[a-z0-9]{10}")
_IDENTIFYING = ("name", "containerPort", "mountPath", "key", "topologyKey", "ip", "port")


class Layer(Protocol):
    """Something that made a part of an object."""

    def locate(self, built: dict[str, Any], path: Path, *, on_key: bool = False) -> Location | None:
        """Return the place of what stands at a path of the built object, or None where this layer did not make it."""


def translated(built: Any, value: Any, path: Path, *, whole: bool) -> Path | None:
    """Return the path in another version of a value at which the same thing stands.

    Items of lists are recognised by their names, else by their positions. Unless it must be there as a `whole`, the
    longest part of the path that there is counts.
    """
    found: Path = ()
    for step in path:
        key = step if isinstance(step, str) else _index(built, value, step)
        if key is None or (at(value, key) is None and not (isinstance(key, str) and key in mapping(value))):
            return None if whole else found
        built, value = at(built, step), at(value, key)
        found = (*found, key)
    return found


def _index(built: Any, value: Any, index: int) -> int | None:
    """Return where the item of a built list stands in another version of the list."""
    if not isinstance(value, list) or not isinstance(built, list) or index >= len(built):
        return None
    item = built[index]
    for name in _IDENTIFYING:
        if isinstance(item, dict) and name in item:
            same = (i for i, other in items(value) if other.get(name) == item[name])
            return next(same, None)
    if item in value:
        return value.index(item)
    return index if index < len(value) and len(value) == len(built) else None


@dataclass(frozen=True)
class Resource:
    """The innermost layer: the document in a resource file."""

    files: Files
    part: Part
    list_item: Path = ()

    def locate(self, built: dict[str, Any], path: Path, *, on_key: bool = False) -> Location | None:
        """Return the place of the longest part of the path that the document holds."""
        inner = translated(built, at(self.part.value, *self.list_item), path, whole=False) or ()
        return self.files.locate(self.part.file, self.part.index, (*self.list_item, *inner), on_key=on_key)


@dataclass(frozen=True)
class Named:
    """A layer that is one place whatever is asked: a generator, a field such as `namespace:`."""

    files: Files
    file: str
    index: int
    place: Path
    prefix: Path = ()  # what it made: only paths below this are its own

    def locate(self, built: dict[str, Any], path: Path, *, on_key: bool = False) -> Location | None:
        """Return its place for what it made."""
        del built
        if path[: len(self.prefix)] != self.prefix:
            return None
        return self.files.locate(self.file, self.index, self.place, on_key=on_key)


@dataclass(frozen=True)
class Merge:
    """A strategic merge patch."""

    files: Files
    patch: Patch

    def locate(self, built: dict[str, Any], path: Path, *, on_key: bool = False) -> Location | None:
        """Return the place in the patch, if the patch says what stands there."""
        inner = translated(built, self.patch.value, path, whole=True) if path else None
        if inner is None:
            return None
        return _in_patch(self.files, self.patch, inner, on_key=on_key)


@dataclass(frozen=True)
class Operations:
    """A JSON 6902 patch."""

    files: Files
    patch: Patch

    def locate(self, built: dict[str, Any], path: Path, *, on_key: bool = False) -> Location | None:
        """Return the place of the last operation that wrote what stands there."""
        found = None
        for index, operation in items(self.patch.value):
            if operation.get("op") not in {"add", "replace", "copy", "move"}:
                continue
            target = _pointer(str(operation.get("path", "")))
            if not _covers(built, target, path, operation.get("value")):
                continue
            inner = translated(
                at(built, *path[: len(target)]), operation.get("value"), path[len(target) :], whole=False
            )
            found = _in_patch(
                self.files, self.patch, (index, "value", *(inner or ())), on_key=on_key
            ) or _in_patch(self.files, self.patch, (index,), on_key=False)
        return found


def _in_patch(files: Files, patch: Patch, inner: Path, *, on_key: bool) -> Location | None:
    if patch.inline:
        return files.locate(patch.file, patch.index, patch.within)
    return files.locate(patch.file, patch.index, inner, on_key=on_key)


def _pointer(text: str) -> tuple[str, ...]:
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in text.split("/")[1:])


def _covers(built: Any, target: tuple[str, ...], path: Path, value: Any) -> bool:
    """Tell whether an operation on `target` wrote what stands at `path` now."""
    if not target or len(target) > len(path):
        return False
    if [str(step) for step in path[: len(target)]] == list(target):
        return True
    same_list = [str(step) for step in path[: len(target) - 1]] == list(target[:-1])
    return same_list and target[-1] == "-" and at(built, *path[: len(target)]) == value


@dataclass
class Traced:
    """An object on its way through a build: what it is called so far, and its layers."""

    document: dict[str, Any]
    layers: list[Layer]
    name: str
    names: list[str] = field(default_factory=list)
    hashed: bool = False

    @property
    def kind(self) -> str:
        """The kind."""
        return str(self.document.get("kind") or "")

    @property
    def api_version(self) -> str:
        """Group and version."""
        return str(self.document.get("apiVersion") or "")

    def is_called(self, name: str) -> bool:
        """Tell whether it has, or had, a name."""
        return name == self.name or name in self.names

    def becomes(self, kind: str, name: str) -> bool:
        """Tell whether a built object is this one."""
        if kind != self.kind:
            return False
        suffix = name.removeprefix(self.name)
        return name == self.name or (self.hashed and suffix != name and _HASH.fullmatch(suffix) is not None)


class SourceMap:
    """The sources of the objects of one root."""

    def __init__(self, folder: str, files: Files, kustomizations: Mapping[str, Kustomization]) -> None:
        self._files = files
        self._kustomizations = kustomizations
        self._open: list[str] = []
        self.reached: set[str] = set()  # every file that the root is built from
        self.traced = self._folder(folder)

    def layers(self, document: dict[str, Any]) -> tuple[Layer, ...]:
        """Return the layers of a built object, the innermost first."""
        kind, name = str(document.get("kind") or ""), str(mapping(document, "metadata").get("name") or "")
        found = [traced for traced in self.traced if traced.becomes(kind, name)]
        exact = [traced for traced in found if traced.api_version == document.get("apiVersion")]
        chosen = (exact or found)[:1]
        return tuple(chosen[0].layers) if chosen else ()

    def _folder(self, folder: str) -> list[Traced]:
        kustomization = self._kustomizations.get(folder)
        if kustomization is None or folder in self._open:
            return []
        self._open.append(folder)
        self.reached.add(kustomization.file)
        self.reached.update(entry.target for entry in kustomization.named_files if entry.target)
        found = [traced for entry in kustomization.resources for traced in self._entry(entry)]
        found += self._generated(kustomization)
        for entry in kustomization.components:
            found = self._component(entry.target, found)
        self._change(kustomization, found)
        self._open.pop()
        return found

    def _entry(self, entry: Entry) -> Iterator[Traced]:
        if entry.target in self._kustomizations:
            yield from self._folder(entry.target)
        elif entry.target in self._files.present:
            self.reached.add(entry.target)
            for part in self._files.parts(entry.target):
                yield from _traced(self._files, part)

    def _component(self, folder: str, objects: list[Traced]) -> list[Traced]:
        kustomization = self._kustomizations.get(folder)
        if kustomization is None or folder in self._open:
            return objects
        self._open.append(folder)
        self.reached.add(kustomization.file)
        self.reached.update(entry.target for entry in kustomization.named_files if entry.target)
        found = [*objects, *(traced for entry in kustomization.resources for traced in self._entry(entry))]
        found += self._generated(kustomization)
        for entry in kustomization.components:
            found = self._component(entry.target, found)
        self._change(kustomization, found)
        self._open.pop()
        return found

    def _generated(self, kustomization: Kustomization) -> Iterator[Traced]:
        for key, kind in (("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")):
            for index, item in items(kustomization.document, key):
                name = str(item.get("name") or "")
                layer = Named(self._files, kustomization.file, kustomization.index, (key, index))
                document = {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}}
                yield Traced(document, [layer], name, hashed=not _keeps_name(kustomization, item))

    def _change(self, kustomization: Kustomization, objects: list[Traced]) -> None:
        """Add the layers that a kustomization lays over its objects."""
        for patch in kustomization.patches:
            layer = Operations(self._files, patch) if patch.is_json else Merge(self._files, patch)
            for traced in objects:
                if _is_patched(patch, traced):
                    traced.layers.append(layer)
        self._set_fields(kustomization, objects)
        prefix, suffix = (str(kustomization.document.get(key) or "") for key in ("namePrefix", "nameSuffix"))
        for traced in objects:
            if (prefix or suffix) and traced.kind not in {"Namespace", "CustomResourceDefinition"}:
                traced.names.append(traced.name)
                traced.name = f"{prefix}{traced.name}{suffix}"

    def _set_fields(self, kustomization: Kustomization, objects: list[Traced]) -> None:
        place = (self._files, kustomization.file, kustomization.index)
        if kustomization.document.get("namespace"):
            for traced in objects:
                traced.layers.append(Named(*place, ("namespace",), ("metadata", "namespace")))
        for index, item in items(kustomization.document, "images"):
            layer = Images(*place, ("images", index), item=item)
            for traced in objects:
                traced.layers.append(layer)


@dataclass(frozen=True)
class Images(Named):
    """An entry of `images:`, which rewrites references to one image."""

    item: dict[str, Any] = field(default_factory=dict)

    def locate(self, built: dict[str, Any], path: Path, *, on_key: bool = False) -> Location | None:
        """Return its place if the path is that of an image it made."""
        image = at(built, *path)
        if not path or path[-1] != "image" or not isinstance(image, str):
            return None
        name = self.item.get("newName") or self.item.get("name")
        bare = re.split(r"@|:(?=[^/]*$)", image)[0]
        if bare != name:
            return None
        return super().locate(built, path, on_key=on_key)


def _traced(files: Files, part: Part) -> Iterator[Traced]:
    for list_item, document in documents_in(part.value):
        name = str(mapping(document, "metadata").get("name") or "")
        yield Traced(document, [Resource(files, part, list_item)], name)


def documents_in(value: Any) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the objects of a document, with their paths: itself, or the items of a list of objects."""
    if not isinstance(value, dict):
        return
    if str(value.get("kind") or "").endswith("List") and isinstance(value.get("items"), list):
        for index, item in items(value, "items"):
            yield ("items", index), item
    else:
        yield (), value


def _keeps_name(kustomization: Kustomization, item: dict[str, Any]) -> bool:
    options = {**mapping(kustomization.document, "generatorOptions"), **mapping(item, "options")}
    return bool(options.get("disableNameSuffixHash"))


def _is_patched(patch: Patch, traced: Traced) -> bool:
    if patch.target is not None:
        group, _, version = traced.api_version.rpartition("/")
        names = [traced.name, *traced.names]
        return any(selects(patch.target, traced.kind, name, group, version) for name in names)
    if patch.is_json:
        return False
    metadata = mapping(patch.value, "metadata")
    return patch.value.get("kind") == traced.kind and traced.is_called(str(metadata.get("name") or ""))


def kustomizations_of(files: Files) -> dict[str, Kustomization]:
    """Return every kustomization of a tree by its folder."""
    found: dict[str, Kustomization] = {}
    for path in files.paths:
        if path.rpartition("/")[2] in NAMES:
            for part in files.parts(path)[:1]:
                kustomization = Kustomization(path, part, files)
                found.setdefault(kustomization.folder, kustomization)
    return found

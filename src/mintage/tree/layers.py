"""The layers that make a built object, each of which knows where it wrote a part: resource, generator, patch, field.

A layer compares the built object with what it holds itself; items of lists are recognised by their names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from mintage.errors import Location, MintageError
from mintage.source import read_all
from mintage.tree.objects import at, items, mapping

if TYPE_CHECKING:
    from mintage.tree.files import Files, Part
    from mintage.tree.kustomization import Patch
    from mintage.tree.objects import Path

_IDENTIFYING = ("name", "containerPort", "mountPath", "key", "topologyKey", "ip", "port")
_IDENTITY = frozenset(
    {(), ("apiVersion",), ("kind",), ("metadata",), ("metadata", "name"), ("metadata", "namespace")}
)
_TAG = re.compile(r"@|:(?=[^/]*$)")


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


def bare_image(image: str) -> str:
    """Return an image reference without tag and digest."""
    return _TAG.split(image, maxsplit=1)[0]


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
class Labels(Named):
    """A field that sets labels or annotations: it made every value of its keys in a mapping of that name."""

    pairs: dict[str, Any] = field(default_factory=dict)
    holders: frozenset[str] = frozenset()

    def locate(self, built: dict[str, Any], path: Path, *, on_key: bool = False) -> Location | None:
        """Return the place of the pair that made a label or annotation."""
        if len(path) < 2 or path[-2] not in self.holders or path[-1] not in self.pairs:
            return None
        if at(built, *path) != self.pairs[str(path[-1])]:
            return None
        return self.files.locate(self.file, self.index, (*self.place, path[-1]), on_key=on_key)


@dataclass(frozen=True)
class Generator(Named):
    """An entry of a generator, whose keys stand in its literals and files; `merges` into another one's object."""

    item: dict[str, Any] = field(default_factory=dict)
    merges: bool = False

    def locate(self, built: dict[str, Any], path: Path, *, on_key: bool = False) -> Location | None:
        """Return the place of the literal or file that made a key, else that of the whole entry."""
        del built
        source = self._source(str(path[1])) if len(path) > 1 and path[0] in {"data", "binaryData"} else None
        if source is None and self.merges:
            return None
        return self.files.locate(self.file, self.index, (*self.place, *(source or ())), on_key=on_key)

    def _source(self, key: str) -> Path | None:
        for list_name in ("literals", "files"):
            texts = self.item.get(list_name)
            for index, text in enumerate(texts if isinstance(texts, list) else ()):
                name, equals, _ = str(text).partition("=")
                if (name if equals else str(text).rpartition("/")[2]) == key:
                    return list_name, index
        return None


@dataclass(frozen=True)
class Images(Named):
    """An entry of `images:`, which rewrites references to one image."""

    item: dict[str, Any] = field(default_factory=dict)

    def locate(self, built: dict[str, Any], path: Path, *, on_key: bool = False) -> Location | None:
        """Return its place if the path is that of an image it made."""
        image = at(built, *path)
        if not path or path[-1] != "image" or not isinstance(image, str):
            return None
        if bare_image(image) != (self.item.get("newName") or self.item.get("name")):
            return None
        return super().locate(built, path, on_key=on_key)


@dataclass(frozen=True)
class Merge:
    """A strategic merge patch."""

    files: Files
    patch: Patch

    def locate(self, built: dict[str, Any], path: Path, *, on_key: bool = False) -> Location | None:
        """Return the place in the patch, if the patch says all that stands there; what names its target is no cause.

        So it is with the name of an item of a list: in a patch it picks the item, if the patch does not add it whole.
        """
        inner = None if path in _IDENTITY else translated(built, self.patch.value, path, whole=True)
        if inner is None or not _says_all(at(self.patch.value, *inner), at(built, *path)):
            return None
        picks = len(path) > 1 and isinstance(path[-2], int) and path[-1] in _IDENTIFYING
        if picks and not _says_all(at(self.patch.value, *inner[:-1]), at(built, *path[:-1])):
            return None
        return in_patch(self.files, self.patch, inner, on_key=on_key)


def _says_all(said: Any, built: Any) -> bool:
    """Tell whether a merged value has no part from below."""
    if isinstance(built, dict):
        return isinstance(said, dict) and built.keys() <= said.keys()
    return not isinstance(built, list) or (isinstance(said, list) and len(built) <= len(said))


@dataclass(frozen=True)
class Operations:
    """A JSON 6902 patch."""

    files: Files
    patch: Patch

    def locate(self, built: dict[str, Any], path: Path, *, on_key: bool = False) -> Location | None:
        """Return the place of the last operation that wrote what stands there."""
        found = None
        for index, operation in items(self.patch.value):
            if str(operation.get("op")) not in {"add", "replace", "copy", "move"}:
                continue
            target = pointer(operation.get("path"))
            value = operation.get("value")
            if not _covers(built, target, path, value):
                continue
            inner = translated(at(built, *path[: len(target)]), value, path[len(target) :], whole=False)
            whole = in_patch(self.files, self.patch, (index, "value", *(inner or ())), on_key=on_key)
            found = whole or in_patch(self.files, self.patch, (index,))
        return found


def pointer(text: Any) -> tuple[str, ...]:
    """Return the steps of a JSON pointer; none where it is no text."""
    steps = text.split("/")[1:] if isinstance(text, str) else []
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in steps)


def _covers(built: Any, target: tuple[str, ...], path: Path, value: Any) -> bool:
    """Tell whether an operation on `target` wrote what stands at `path` now."""
    if not target or len(target) > len(path):
        return False
    if [str(step) for step in path[: len(target)]] == list(target):
        return True
    same_list = [str(step) for step in path[: len(target) - 1]] == list(target[:-1])
    return same_list and target[-1] == "-" and at(built, *path[: len(target)]) == value


def in_patch(files: Files, patch: Patch, inner: Path, *, on_key: bool = False) -> Location | None:
    """Return the place of a part of a patch: for text in a kustomization the line inside that text, if it is a block."""
    if not patch.inline:
        return files.locate(patch.file, patch.index, inner, on_key=on_key)
    outer = files.locate(patch.file, patch.index, patch.within)
    return (outer and _in_block(files, patch, inner, outer, on_key=on_key)) or outer


def _in_block(files: Files, patch: Patch, inner: Path, outer: Location, *, on_key: bool) -> Location | None:
    lines = files.text(patch.file).split("\n")
    if lines[outer.line - 1][outer.column - 1 : outer.column] != "|":
        return None
    value = next((part.value for part in files.parts(patch.file) if part.index == patch.index), None)
    text = at(value, *patch.within)
    try:
        document = read_all(patch.file, text.encode(), max_bytes=len(text) * 4, max_nodes=100_000)[
            patch.document
        ]
    except MintageError:
        return None
    found = document.locate_key(inner) if on_key else document.locate(inner)
    number = found.line if found else 0
    if not found or outer.line + number > len(lines):
        return None
    indent = lines[outer.line + number - 1].find(text.split("\n")[number - 1])
    return Location(patch.file, outer.line + number, found.column + max(indent, 0), found.width)

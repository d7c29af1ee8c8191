"""Which line Kustomize means: from the words of a failed build to a place in the tree.

Follows the names of files in the message from the root's kustomization downwards; what it does not recognise is laid
at the root's kustomization.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mintage.errors import Location
from mintage.tree.layers import in_patch
from mintage.tree.objects import items, mapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mintage.tree.files import Files
    from mintage.tree.kustomization import Entry, Kustomization

_FROM = re.compile(r"(?:accumulating resources|merging resources) from '([^']+)'")
_MALFORMED = re.compile(r"yaml: line (\d+): .{0,2000} in File: (\S+)")
_UNKNOWN_FIELD = re.compile(r'unknown field "([^"]+)"')
_NAMED_PATH = re.compile(r"""path\(([^)]{1,4096})\)|path: "?([^\s"\]]+)|from file `?([^\s`']+)""")
_NO_MATCH = re.compile(r"no matches for Id (\S+?)(?:;|$|\s)")
_POINTER = re.compile(
    r"(?:testing value|doc is missing (?:path|key):|nonexistent key:) (/\S*?)(?: failed|:|$)"
)


def place_of(reason: str, root: Kustomization, all_of: Mapping[str, Kustomization], files: Files) -> Location:
    """Return the place in the tree that Kustomize's reason for not building a root is about."""
    last, entry = _followed(reason, root, all_of)
    folders = [last, *(found for found in _below(root, all_of) if found is not last)]
    place = _malformed(reason, entry) or next(
        (place for search in _SEARCHES for place in search(reason, folders, files) if place), None
    )
    if place is None and entry is not None:
        place = files.locate(entry[0].file, entry[0].index, entry[1].path)
    return place or Location(last.file, 1, 1)


def _followed(
    reason: str, root: Kustomization, all_of: Mapping[str, Kustomization]
) -> tuple[Kustomization, tuple[Kustomization, Entry] | None]:
    """Return the kustomization to which the names in a reason lead, and the last entry on the way."""
    current, entry = root, None
    for name in _FROM.findall(reason):
        found = next((item for item in (*current.resources, *current.components) if item.name == name), None)
        if found is None:
            break
        entry = (current, found)
        current = all_of.get(found.target, current)
    return current, entry


def _below(root: Kustomization, all_of: Mapping[str, Kustomization]) -> list[Kustomization]:
    found = [root]
    for kustomization in found:
        for entry in (*kustomization.resources, *kustomization.components):
            other = all_of.get(entry.target)
            if other is not None and other not in found:
                found.append(other)
    return found


def _malformed(reason: str, entry: tuple[Kustomization, Entry] | None) -> Location | None:
    found = _MALFORMED.search(reason)
    return Location(entry[1].target, int(found[1]), 1) if found and entry else None


def _unknown_fields(reason: str, within: Iterable[Kustomization], files: Files) -> Iterator[Location | None]:
    if found := _UNKNOWN_FIELD.search(reason):
        for kustomization in within:
            if found[1] in kustomization.document:
                yield files.locate(kustomization.file, kustomization.index, (found[1],), on_key=True)


def _unmatched(reason: str, within: Iterable[Kustomization], files: Files) -> Iterator[Location | None]:
    if found := _NO_MATCH.search(reason):
        for kustomization in within:
            for patch in kustomization.patches:
                if patch.target is None and not patch.is_json and identity(patch.value) == found[1]:
                    yield in_patch(files, patch, ("metadata", "name"))


def identity(document: dict[str, Any]) -> str:
    """Return the identity of an object as Kustomize writes it: `Deployment.v1.apps/server.[noNs]`."""
    group, _, version = str(document.get("apiVersion")).rpartition("/")
    metadata = mapping(document, "metadata")
    kind = ".".join(part for part in (str(document.get("kind")), version, group) if part)
    return f"{kind}/{metadata.get('name')}.{metadata.get('namespace') or '[noNs]'}"


def _operations(reason: str, within: Iterable[Kustomization], files: Files) -> Iterator[Location | None]:
    if found := _POINTER.search(reason):
        for kustomization in within:
            for patch in kustomization.patches:
                for index, operation in items(patch.value):
                    if operation.get("path") == found[1]:
                        yield in_patch(files, patch, (index, "path"))


def _named_files(reason: str, within: Iterable[Kustomization], files: Files) -> Iterator[Location | None]:
    names = {name for groups in _NAMED_PATH.findall(reason) for name in groups if name}
    for kustomization in within:
        for entry in kustomization.named_files:
            if entry.name in names:
                yield files.locate(kustomization.file, kustomization.index, entry.path)


def _untargeted(reason: str, within: Iterable[Kustomization], files: Files) -> Iterator[Location | None]:
    if "must specify a target" in reason:
        for kustomization in within:
            for patch in kustomization.patches:
                if patch.is_json and patch.target is None:
                    yield files.locate(kustomization.file, kustomization.index, patch.entry[:2])


_SEARCHES = (_unknown_fields, _unmatched, _untargeted, _operations, _named_files)


def registered_twice(reason: str) -> str:
    """Return the identity that a build found twice, such as `Deployment.v1.apps/server.[noNs]`; empty if it found none."""
    found = re.search(r"already registered id: (\S+?)(?:'|;|$|\s)", reason)
    return found[1] if found else ""

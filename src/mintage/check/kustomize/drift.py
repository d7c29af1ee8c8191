"""Copies that ran apart: a fix that one overlay has and its siblings lack, and a folder that was copied and changed.

What overlays set differently is their purpose; only what calls itself a fix or workaround is expected in all of them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import combinations, zip_longest
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from mintage.check.interface import WARNING, Check, Hit, Other
from mintage.check.kustomize.patches import written_by
from mintage.check.kustomize.sources import place
from mintage.errors import Location, MintageError
from mintage.tree.files import YAML
from mintage.tree.kustomization import NAMES
from mintage.tree.layers import Merge, Operations, Resource, in_patch
from mintage.tree.objects import at, mapping
from mintage.tree.source_map import documents_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.tree.files import Files
    from mintage.tree.kustomization import Kustomization, Patch
    from mintage.tree.objects import Object, Path
    from mintage.tree.tree import Root, Tree

_FIX = re.compile(
    r"(?<![a-z])(?:hot|bug)?fix(?:es)?(?![a-z])|work-?around|(?<![a-z])bug(?![a-z])", re.IGNORECASE
)
_FEWEST = 3  # files: what is alike in fewer may be so by chance
_LONGEST = 1_000_000


def _overlay_drift(root: Root) -> Iterator[Hit]:
    kustomization = root.kustomization
    siblings = [other for other in root.tree.roots if _are_siblings(root, other)]
    if kustomization is None or not siblings or kustomization.file in kustomization.files.problems:
        return
    text = kustomization.files.text(kustomization.file)
    lines = text.split("\n") if _FIX.search(text) else []
    fixes = {id(patch) for patch in kustomization.patches if _is_fix(kustomization, patch, lines)}
    for item in root.objects if fixes else ():
        for layer in item.layers:
            if isinstance(layer, Merge | Operations) and id(layer.patch) in fixes:
                without = [other.folder for other in siblings if _lacks(item, layer, other)]
                if without:
                    yield Hit(
                        f"the fix of `{item.kind}/{item.name}` is missing in {', '.join(f'`{name}`' for name in without)}",
                        "move the fix to the base, or make it in each overlay",
                        item,
                        place=in_patch(layer.files, layer.patch, ()),
                    )


def _are_siblings(one: Root, other: Root) -> bool:
    folders = PurePosixPath(one.folder), PurePosixPath(other.folder)
    return one is not other and other.kustomization is not None and folders[0].parent == folders[1].parent


def _is_fix(kustomization: Kustomization, patch: Patch, lines: list[str]) -> bool:
    """Tell whether a patch calls itself a fix: by the name of its file, or by a comment in it or above its entry."""
    if not patch.inline and _FIX.search(patch.file.rpartition("/")[2]):
        return True
    text = "" if patch.inline else kustomization.files.text(patch.file)
    comments = [line for line in text.split("\n") if line.lstrip().startswith("#")]
    if lines:
        entry = place(kustomization, patch.entry[:2])
        end = entry.line - 1 if entry else 0
        while end and lines[end - 1].lstrip().startswith("#"):
            end -= 1
            comments.append(lines[end])
    return any(_FIX.search(comment) for comment in comments)


def _lacks(item: Object, layer: Merge | Operations, other: Root) -> bool:
    """Tell whether another root makes the object of the same file, and neither has the fix nor a say in it."""
    twin = next(
        (found for found in other.of(item.kind) if _file(found) and _file(found) == _file(item)), None
    )
    said = written_by(layer.patch, item.document)
    if twin is None or not said:
        return False
    return all(_is_untouched(twin, path, value) for path, value in said)


def _file(item: Object) -> tuple[Any, ...]:
    base = next((layer for layer in item.layers if isinstance(layer, Resource)), None)
    return () if base is None else (base.part.file, base.part.index, base.list_item)


def _is_untouched(twin: Object, path: Path, value: Any) -> bool:
    said = (layer for layer in twin.layers if not isinstance(layer, Resource))
    return at(twin.document, *path) != value and not any(layer.locate(twin.document, path) for layer in said)


def _duplicate_tree_drift(tree: Tree) -> Iterator[Hit]:
    files = tree.files
    if files is None:
        return
    reached = {path for root in tree.roots for path in root.reached}
    folders = _folders(files, _patches(tree))
    for one, other in _copies(folders):
        names = folders[one].keys() & folders[other].keys()
        used = any(f"{folder}/{name}" in reached for folder in (one, other) for name in names)
        changed = sorted(name for name in names if folders[one][name] != folders[other][name])
        for name in changed if used else ():
            pair = f"{one}/{name}", f"{other}/{name}"
            if _ids(files, pair[0]) == _ids(files, pair[1]):
                yield Hit(
                    f"`{name}` differs from its copy in `{one}`, while {len(names) - len(changed)} files beside it are the same",
                    "make both folders from one base",
                    place=Location(pair[1], _first_change(folders[one][name], folders[other][name]), 1),
                    others=(Other("the copy", place=Location(pair[0], 1, 1)),),
                )


def _patches(tree: Tree) -> frozenset[str]:
    return frozenset(
        entry.target for found in tree.kustomizations.values() for entry in found.named_files if entry.target
    )


def _folders(files: Files, patches: frozenset[str]) -> dict[str, dict[str, str]]:
    """Return the manifests of each folder, name -> text; folders with few of them are left out."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for path in files.paths:
        folder, _, name = path.rpartition("/")
        if PurePosixPath(path).suffix in YAML - {".json"} and name not in NAMES and path not in patches:
            try:
                found[folder][name] = files.text(path, _LONGEST)
            except MintageError:
                continue  # another check says that it cannot be read
    return {folder: texts for folder, texts in found.items() if len(texts) >= _FEWEST}


def _copies(folders: dict[str, dict[str, str]]) -> list[tuple[str, str]]:
    """Return the pairs of folders of which one was copied: nearly the same names, most texts the same."""
    shared: dict[tuple[str, str], int] = defaultdict(int)
    holders: dict[tuple[str, str], list[str]] = defaultdict(list)
    for folder, texts in folders.items():
        for name, text in texts.items():
            if "kind:" in text:
                holders[name, text].append(folder)
    for same in holders.values():
        for pair in combinations(sorted(same[:20]), 2):
            shared[pair] += 1
    return [
        pair
        for pair, count in sorted(shared.items())
        if count >= 2 and _are_alike(folders[pair[0]], folders[pair[1]], count)
    ]


def _are_alike(one: dict[str, str], other: dict[str, str], same: int) -> bool:
    names = one.keys() & other.keys()
    return len(names) * 5 >= len(one.keys() | other.keys()) * 4 and same * 2 >= len(names) > same


def _ids(files: Files, path: str) -> list[tuple[str, str, str]]:
    found = [document for part in files.parts(path) for _, document in documents_in(part.value)]
    return [
        (str(document.get("kind")), str(metadata.get("name")), str(metadata.get("namespace")))
        for document in found
        for metadata in [mapping(document, "metadata")]
    ]


def _first_change(one: str, other: str) -> int:
    """Return the number of the first line of the second text that the first one does not have there."""
    pairs = enumerate(zip_longest(one.split("\n"), other.split("\n")), start=1)
    number = next((number for number, (left, right) in pairs if left != right), 1)
    return min(number, other.count("\n") + 1)


CHECKS = (
    Check(
        "kust-overlay-drift",
        WARNING,
        "root",
        _overlay_drift,
        why="What was broken in one environment is broken in the others, too, until they get the same fix.",
        fix="Make the fix in the base.",
    ),
    Check(
        "duplicate-tree-drift",
        WARNING,
        "tree",
        _duplicate_tree_drift,
        why="A folder was copied, and only one of the copies was changed since: nobody knows which one is right.",
        fix="Make one base of them, with an overlay for what has to differ.",
    ),
)

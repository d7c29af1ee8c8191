"""Patches that reach nothing, change nothing, or break when a list is put in another order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mintage.check.interface import ERROR, INFO, Check, Hit, Other
from mintage.check.kustomize.sources import judged, place, shown, source_map
from mintage.errors import Location, did_you_mean
from mintage.source import walk
from mintage.tree.layers import Images, Merge, Operations, Resource, bare_image, in_patch, pointer, translated
from mintage.tree.objects import at, items

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mintage.tree.kustomization import Kustomization, Patch
    from mintage.tree.objects import Object, Path
    from mintage.tree.source_map import SourceMap, Traced
    from mintage.tree.tree import Root, Tree

_CONTAINERS = frozenset({"containers", "initContainers"})
_WRITES = frozenset({"add", "replace"})


def _maps(tree: Tree, kustomization: Kustomization) -> list[SourceMap]:
    """Return how the roots that use a kustomization are put together; none if one cannot be followed, or built."""
    roots = [root for root in tree.roots if kustomization.file in root.reached]
    if any(root.problems for root in roots):
        return []
    found = [source_map(root) for root in roots]
    known = [each for each in found if each is not None and each.complete]
    return known if len(known) == len(found) else []


def _patch_no_target(tree: Tree) -> Iterator[Hit]:
    for kustomization in judged(tree):
        maps = _maps(tree, kustomization)
        if maps:
            yield from _untargeted(kustomization, maps)
            yield from _unused_images(kustomization, maps)


def _untargeted(kustomization: Kustomization, maps: Iterable[SourceMap]) -> Iterator[Hit]:
    seen: set[Path] = set()
    for patch in kustomization.patches:
        picked = [
            traced for each in maps for traced in each.patched.get((kustomization.file, patch.entry), ())
        ]
        if patch.target is None or picked or patch.entry in seen:
            continue
        seen.add(patch.entry)
        names = sorted({_called(traced) for each in maps for traced in each.traced})
        wanted = f"{patch.target.get('kind', '*')}/{patch.target.get('name', '*')}"
        yield Hit(
            f"the patch of `{_target(patch.target)}` matches no object: Kustomize leaves it out without a word",
            did_you_mean(wanted, names) or "correct the target, or remove the patch",
            place=place(kustomization, (*patch.entry[:2], "target")) or Location(kustomization.file),
        )


def _called(traced: Traced) -> str:
    return f"{traced.kind}/{traced.name}"


def _target(target: dict[str, Any]) -> str:
    named = "/".join(str(target[key]) for key in ("kind", "name") if target.get(key))
    others = [f"{key}={value}" for key, value in target.items() if key in _SELECTORS and value]
    return " ".join([*([named] if named else []), *others]) or "*"


_SELECTORS = ("labelSelector", "annotationSelector", "namespace")


def _unused_images(kustomization: Kustomization, maps: Iterable[SourceMap]) -> Iterator[Hit]:
    entries = items(kustomization.document, "images")
    if not entries:
        return
    anywhere = bool(kustomization.document.get("configurations")) or bool(kustomization.document.get("crds"))
    used, elsewhere = _images(maps)
    for index, entry in entries:
        name = entry.get("name")
        if not isinstance(name, str) or name in used or (anywhere and name in elsewhere):
            continue
        where = (
            "stands in no list of containers, where alone Kustomize looks"
            if name in elsewhere
            else "no container uses"
        )
        yield Hit(
            f"`images` rewrites `{name}`, which {where}",
            did_you_mean(name, used)
            if name not in elsewhere
            else "patch the field, or name it under `configurations`",
            place=place(kustomization, ("images", index, "name")) or Location(kustomization.file),
        )


def _images(maps: Iterable[SourceMap]) -> tuple[set[str], set[str]]:
    """Return the images in containers of objects, their patches and other entries, and those that stand elsewhere."""
    used: set[str] = set()
    elsewhere: set[str] = set()
    for each in maps:
        for traced in each.traced:
            for value in _values(traced):
                for path, image in walk(value):
                    if path and path[-1] == "image" and isinstance(image, str):
                        in_list = len(path) > 2 and path[-3] in _CONTAINERS
                        (used if in_list else elsewhere).add(bare_image(image))
            used.update(
                str(layer.item.get("newName")) for layer in traced.layers if isinstance(layer, Images)
            )
    return used - {"None"}, elsewhere


def _values(traced: Traced) -> Iterator[Any]:
    yield traced.document
    for layer in traced.layers:
        if isinstance(layer, Merge):
            yield layer.patch.value
        elif isinstance(layer, Operations):
            for _, operation in items(layer.patch.value):
                # under the path it writes to, so that a container's image is seen in its list
                steps = [int(step) if step.isdigit() else step for step in pointer(operation.get("path"))]
                yield _nested(steps, operation.get("value"))


def _nested(steps: list[int | str], value: Any) -> Any:
    for step in reversed(steps):
        value = [value] if isinstance(step, int) or step == "-" else {step: value}
    return value


def _patch_noop(tree: Tree) -> Iterator[Hit]:
    """Report patches that change no object of any root; what only tests, or only names its target, is a guard."""
    idle: dict[int, bool] = {}
    patches: dict[int, tuple[Patch, Object]] = {}
    for root in tree.roots:
        for item in root.objects:
            for layer in item.layers:
                if isinstance(layer, Merge | Operations):
                    key = id(layer.patch)
                    idle[key] = idle.get(key, True) and _is_idle(item, layer)
                    patches[key] = (layer.patch, item)
    for key, (patch, item) in patches.items():
        if idle[key] and tree.files is not None:
            yield Hit(
                f"the patch of `{item.kind}/{item.name}` sets what the object says without it",
                "remove the patch, or make it an `op: test` if it is meant as a guard",
                item,
                place=in_patch(tree.files, patch, (0,) if patch.is_json else ()),
            )


def _is_idle(item: Object, layer: Merge | Operations) -> bool:
    """Tell whether a patch says nothing but what the resource file says, while nothing else speaks of it."""
    base = next((found for found in item.layers if isinstance(found, Resource)), None)
    if base is None:
        return False
    written = at(base.part.value, *base.list_item)
    said = written_by(layer.patch, item.document)
    others = [found for found in item.layers if found is not layer and found is not base]
    return bool(said) and all(
        _stands(item.document, written, path, value)
        and not any(other.locate(item.document, path) for other in others)
        for path, value in said or ()
    )


def written_by(patch: Patch, built: dict[str, Any]) -> list[tuple[Path, Any]] | None:
    """Return the paths of a built object that a patch writes, with what it writes; None where it does more than that."""
    return _operated(patch) if patch.is_json else _merged(patch.value, built)


def _operated(patch: Patch) -> list[tuple[Path, Any]] | None:
    """Return the paths that operations write, with what they write; None where they do more than that."""
    said: list[tuple[Path, Any]] = []
    for _, operation in items(patch.value):
        steps: Path = tuple(int(step) if step.isdigit() else step for step in pointer(operation.get("path")))
        if operation.get("op") == "test":
            continue
        if (
            str(operation.get("op")) not in _WRITES
            or not steps
            or (operation["op"] == "add" and _is_item(steps))
        ):
            return None
        said.append((steps, operation.get("value")))
    return said


def _is_item(steps: Path) -> bool:
    return isinstance(steps[-1], int) or steps[-1] == "-"


def _merged(said: Any, built: Any, path: Path = ()) -> list[tuple[Path, Any]] | None:
    """Return the paths in the built object that a merge writes, with what it writes; None where it may do more.

    A list counts only if it has as many items as the built one: else it may have replaced a longer one.
    """
    found: list[tuple[Path, Any]] = []
    if isinstance(said, dict) and isinstance(built, dict) and (said or not built):
        for key, value in said.items():
            if (*path, key) in _IDENTITY:
                continue
            inner = None if key.startswith("$") else _merged(value, built.get(key), (*path, key))
            if inner is None:
                return None
            found += inner
        return found
    if isinstance(said, list) and isinstance(built, list) and len(said) == len(built) and said:
        for index, value in enumerate(said):
            step = translated(said, built, (index,), whole=True)
            inner = None if step is None else _merged(value, at(built, *step), (*path, *step))
            if inner is None:
                return None
            found += inner
        return [*found, (path, built)]  # a list that was replaced may have lost what the patch does not say
    return None if said is None or isinstance(said, dict | list) else [(path, said)]


_IDENTITY = frozenset({("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace")})


def _stands(built: Any, written: Any, path: Path, value: Any) -> bool:
    """Tell whether the file and the build both say a value at a path of the built object."""
    inner = translated(built, written, path, whole=True)
    return inner is not None and at(written, *inner) == value == at(built, *path)


def _positional(root: Root) -> Iterator[Hit]:
    for item in root.objects:
        for layer in item.layers:
            if isinstance(layer, Operations) and root.tree.files is not None:
                found = next(_unguarded(layer.patch, item), None)
                if found is not None:
                    index, path = found
                    yield Hit(
                        f"the patch counts on item {path[-1]} of `{shown(path[:-1])}`, which has {len(at(item.document, *path[:-1]))} items",
                        "put an `op: test` of the item's name before it, or use a strategic merge patch",
                        item,
                        place=in_patch(root.tree.files, layer.patch, (index, "path")),
                        others=(Other("the list", item, path[:-1]),),
                    )


def _unguarded(patch: Patch, item: Object) -> Iterator[tuple[int, Path]]:
    """Yield the operations that pick an item of a longer list by its number, without a test of it before."""
    tested: list[tuple[str, ...]] = []
    for index, operation in items(patch.value):
        steps = pointer(operation.get("path"))
        if operation.get("op") == "test":
            tested.append(steps)
            continue
        for end, step in enumerate(steps):
            path = tuple(int(part) if part.isdigit() else part for part in steps[: end + 1])
            held = at(item.document, *path[:-1])
            if (
                step.isdigit()
                and isinstance(held, list)
                and len(held) > 1
                and not _tested(steps[: end + 1], tested)
            ):
                yield index, path


def _tested(steps: tuple[str, ...], tested: Iterable[tuple[str, ...]]) -> bool:
    """Tell whether an item, or the one before it, was tested."""
    *above, number = steps
    wanted = {(*above, number), (*above, str(int(number) - 1))}
    return any(found[: len(steps)] in wanted for found in tested)


CHECKS = (
    Check(
        "kust-patch-no-target",
        ERROR,
        "tree",
        _patch_no_target,
        why="Kustomize says nothing when a patch with a `target`, or an entry of `images`, matches no object: the change is just missing.",
        fix="Correct the kind and name in the target, or the name of the image.",
    ),
    Check(
        "kust-patch-noop",
        INFO,
        "tree",
        _patch_noop,
        why="Whoever reads the overlay believes that it differs from the base in this point.",
        fix="Remove the patch.",
    ),
    Check(
        "kust-positional-json-patch",
        INFO,
        "root",
        _positional,
        why="When somebody adds an item before it, the patch changes another one, and the build still works.",
        fix="Test the item's name first, or use a strategic merge patch, which goes by name.",
    ),
)

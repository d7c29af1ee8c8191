"""Strategic merges that did not do what was meant: parts of the base that stayed, items of the base that went.

A merge keeps every key of a mapping that it does not name (Kustomize 5.5), so a volume or probe of another sort gets
added to the old one, and `{}` removes nothing. Of a custom kind Kustomize knows no merge keys: whole lists go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mintage.check.interface import ERROR, WARNING, Check, Hit, Other
from mintage.check.kustomize.sources import shown
from mintage.tree.layers import Merge, Resource, in_patch, translated
from mintage.tree.objects import at, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.tree.objects import Object, Path
    from mintage.tree.tree import Tree

_HANDLERS = frozenset({"exec", "httpGet", "tcpSocket", "grpc", "sleep"})
_PROBES = frozenset({"livenessProbe", "readinessProbe", "startupProbe", "postStart", "preStop"})
_STRATEGIES = frozenset({"strategy", "updateStrategy"})
# Groups whose merge keys Kustomize 5.5 knows: those of its built-in OpenAPI document of Kubernetes.
BUILT_IN = frozenset(
    {
        "", "apps", "autoscaling", "batch", "policy", "extensions", "admissionregistration.k8s.io", "apiextensions.k8s.io",
        "apiregistration.k8s.io", "authentication.k8s.io", "authorization.k8s.io", "certificates.k8s.io",
        "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io", "flowcontrol.apiserver.k8s.io", "networking.k8s.io",
        "node.k8s.io", "rbac.authorization.k8s.io", "resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io",
    }
)  # fmt: skip


def _merges(item: Object) -> tuple[Resource, list[Merge]] | None:
    """Return the file of an object and the merges over it; None where it has none."""
    base = next((layer for layer in item.layers if isinstance(layer, Resource)), None)
    merges = [layer for layer in item.layers if isinstance(layer, Merge)]
    return (base, merges) if base is not None and merges else None


def _smp_residue(item: Object, _: Tree) -> Iterator[Hit]:
    found = _merges(item)
    if found is None:
        return
    base, merges = found
    written = at(base.part.value, *base.list_item)
    for merge in merges:
        yield from _members(item, merge, merges)
        yield from _empties(item, merge, written)


def _members(item: Object, merge: Merge, merges: list[Merge]) -> Iterator[Hit]:
    """Report values of which a merge set one member while another one is still there from below."""
    for path, value in _mappings(merge.patch.value):
        built = translated(merge.patch.value, item.document, path, whole=True)
        members = _union(path, value) if built is not None else frozenset()
        assert built is not None or not members
        present = [key for key in mapping(item.document, *(built or ())) if key in members]
        own = [key for key in present if value.get(key) is not None]
        kept = [key for key in present if not _is_set((*(built or ()), key), item, merges)]
        if own and kept and set(own) != set(kept):
            yield Hit(
                f"the merge sets `{own[0]}` of `{shown(built or ())}`, and `{kept[0]}` of the base stays beside it",
                f"add `{kept[0]}: null` to the patch",
                item,
                place=in_patch(merge.files, merge.patch, (*path, own[0]), on_key=True),
                others=(Other("what stays", item, (*(built or ()), kept[0])),),
            )


def _is_set(path: Path, item: Object, merges: list[Merge]) -> bool:
    """Tell whether one of the merges says anything at a path of the built object."""
    return any(translated(item.document, merge.patch.value, path, whole=True) is not None for merge in merges)


def _mappings(value: Any, path: Path = ()) -> Iterator[tuple[Path, dict[str, Any]]]:
    if isinstance(value, dict):
        yield path, value
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        yield from _mappings(inner, (*path, step))


def _union(path: Path, value: dict[str, Any]) -> frozenset[str]:
    """Return the keys of which a mapping may have only one; empty where it is no such mapping."""
    parent = path[-2] if len(path) > 1 and isinstance(path[-1], int) else None
    if "$patch" in value:
        return frozenset()
    if parent == "volumes":
        return frozenset(value) - {"name"} | _VOLUMES
    if parent == "env":
        return frozenset({"value", "valueFrom"})
    if path and path[-1] in _PROBES:
        return _HANDLERS
    if path and path[-1] in _STRATEGIES and str(value.get("type")) in {"Recreate", "OnDelete"}:
        return frozenset({"type", "rollingUpdate"})
    return frozenset()


_VOLUMES = frozenset(
    {
        "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "hostPath", "image", "nfs", "persistentVolumeClaim",
        "projected", "secret", "iscsi", "fc", "cephfs", "rbd",
    }
)  # fmt: skip


def _empties(item: Object, merge: Merge, written: Any) -> Iterator[Hit]:
    """Report `{}` in a merge where the base has keys: it was meant to remove them, and removes nothing."""
    for path, value in _mappings(merge.patch.value):
        if value or not path:
            continue
        built = translated(merge.patch.value, item.document, path, whole=True)
        if built is None:
            continue
        kept = mapping(item.document, *built)
        inner = translated(item.document, written, built, whole=True)
        if kept and inner is not None and mapping(written, *inner):
            yield Hit(
                f"the merge sets `{shown(built)}` to `{{}}`, which keeps `{next(iter(kept))}` of the base",
                "write `null` to drop the field, or name each key with `null`",
                item,
                place=in_patch(merge.files, merge.patch, path, on_key=True),
                others=(Other("what stays", item, built),),
            )


def _cr_list_replaced(item: Object, tree: Tree) -> Iterator[Hit]:
    found = _merges(item)
    if found is None or item.group in BUILT_IN or _has_openapi(tree):
        return
    base, merges = found
    written = at(base.part.value, *base.list_item)
    for merge in merges:
        for path, said in _lists(merge.patch.value):
            lost = _lost(at(written, *path), said)
            if lost and at(item.document, *path) == said:
                yield Hit(
                    f"the merge replaces the list `{shown(path)}` of a custom kind as a whole: {', '.join(lost[:4])} of the base {'is' if len(lost) == 1 else 'are'} gone",
                    "repeat what the base says, or use JSON 6902 operations",
                    item,
                    place=in_patch(merge.files, merge.patch, path, on_key=True),
                    others=(Other("the list of the base", place=_place(base, path)),),
                )


def _place(base: Resource, path: Path) -> Any:
    return base.files.locate(base.part.file, base.part.index, (*base.list_item, *path), on_key=True)


def _has_openapi(tree: Tree) -> bool:
    """Tell whether a kustomization brings a schema, which may have merge keys of custom kinds."""
    return any(found.document.get("openapi") for found in tree.kustomizations.values())


def _lists(value: Any, path: Path = ()) -> Iterator[tuple[Path, list[Any]]]:
    """Yield the outermost lists of a mapping."""
    for key, inner in mapping(value).items():
        if isinstance(inner, list):
            yield (*path, key), inner
        else:
            yield from _lists(inner, (*path, key))


def _lost(before: Any, after: list[Any]) -> list[str]:
    """Return what named items of a list had and have no more; only the names of those that are gone altogether."""
    named = _named(before), _named(after)
    if named[0] is None or named[1] is None:
        return []
    lost: list[str] = []
    for name, item in named[0].items():
        other = named[1].get(name)
        if other is None:
            lost.append(f"`{name}`")
        else:
            lost += (f"`{key}` of `{name}`" for key in item if key not in other)
    return lost


def _named(value: Any) -> dict[str, dict[str, Any]] | None:
    """Return the items of a list by name; None where one has none."""
    if not isinstance(value, list) or not all(
        isinstance(item, dict) and isinstance(item.get("name"), str) for item in value
    ):
        return None
    return {item["name"]: item for item in value}


CHECKS = (
    Check(
        "kust-smp-residue",
        ERROR,
        "object",
        _smp_residue,
        why="A strategic merge keeps what it does not name: the object gets two volume sources, two probe handlers or a value twice, and the API server refuses it.",
        fix="Set what must go to `null` in the patch.",
    ),
    Check(
        "kust-cr-list-replaced",
        WARNING,
        "object",
        _cr_list_replaced,
        why="Kustomize knows no merge keys of custom kinds: a list in a strategic merge replaces that of the base, with all that the base said in it.",
        fix="Repeat the whole list in the patch, or patch with JSON 6902 operations.",
    ),
)

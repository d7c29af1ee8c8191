"""Where every part of a built object comes from: resource file, generator, patch, or a field of a kustomization.

Follows a root through its resources and components as Kustomize 5.5 does, and keeps for each object the layers that
made it. What a plugin or a replacement does is not followed: the layer below is named instead.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mintage.tree.files import Part
from mintage.tree.kustomization import NAMES, Kustomization, selects
from mintage.tree.layers import Generator, Images, Labels, Layer, Merge, Named, Operations, Resource, pointer
from mintage.tree.objects import at, items, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mintage.tree.files import Files
    from mintage.tree.kustomization import Entry, Patch
    from mintage.tree.objects import Path

__all__ = ["Layer", "Resource", "SourceMap", "Traced", "documents_in", "kustomizations_of"]

_HASH = re.compile(r"-[a-z0-9]{10}$")
_LITERAL = re.compile(r"[\w:-]+")  # a pattern that matches only itself
# Their names stay what they are under `namePrefix` and `nameSuffix` (Kustomize 5.5).
_NO_PREFIX = frozenset({"Namespace", "CustomResourceDefinition", "APIService"})
_GENERATORS = (("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret"))
# What adds or drops objects that cannot be followed here, and the transformers that do not.
_OPAQUE = ("generators", "helmCharts", "helmChartInflationGenerator")
_KNOWN_TRANSFORMERS = frozenset(
    {
        "AnnotationsTransformer", "ImageTagTransformer", "LabelTransformer", "NamespaceTransformer",
        "ReplicaCountTransformer",
    }
)  # fmt: skip


@dataclass
class Traced:
    """An object on its way through a build: what it is called so far, and its layers."""

    document: dict[str, Any]
    layers: list[Layer]
    name: str
    names: list[str] = field(default_factory=list)
    hashed: bool = False
    namespace: str = ""
    labels: dict[str, Any] = field(default_factory=dict)
    annotations: dict[str, Any] = field(default_factory=dict)

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

    def rename(self, name: str) -> None:
        """Give it another name; the former ones still select it."""
        if name != self.name:
            self.names.append(self.name)
            self.name = name


class SourceMap:
    """The sources of the objects of one root.

    `reached` are the files it is built from. `patched` says which objects each entry of `patches` and its older
    spellings picks, by file and path of the entry. `complete` is False where objects come from what is not followed.
    """

    def __init__(self, folder: str, files: Files, kustomizations: Mapping[str, Kustomization]) -> None:
        self._files = files
        self._kustomizations = kustomizations
        self._open: list[str] = []
        self.complete = True
        self.reached: set[str] = set()
        self.patched: dict[tuple[str, Path], list[Traced]] = {}
        self.traced = self._folder(folder, [])
        self._by_name: dict[tuple[str, str], list[Traced]] = defaultdict(list)
        for traced in self.traced:
            self._by_name[traced.kind, traced.name].append(traced)

    def layers(self, document: dict[str, Any]) -> tuple[Layer, ...]:
        """Return the layers of a built object, the innermost first."""
        kind, name = str(document.get("kind") or ""), str(mapping(document, "metadata").get("name") or "")
        found = list(self._by_name.get((kind, name), ()))
        found += (traced for traced in self._by_name.get((kind, _HASH.sub("", name)), ()) if traced.hashed)
        namespace = at(document, "metadata", "namespace", default="")
        found.sort(
            key=lambda traced: (
                traced.api_version != document.get("apiVersion"),
                traced.namespace != namespace,
                traced.namespace != "",
            )
        )
        return tuple(found[0].layers) if found else ()

    def _folder(self, folder: str, objects: list[Traced]) -> list[Traced]:
        """Return objects and those of a folder, after what its kustomization does: to its own, a component to all."""
        kustomization = self._kustomizations.get(folder)
        if kustomization is None or folder in self._open:
            self.complete = False
            return objects
        self._open.append(folder)
        self.reached.add(kustomization.file)
        self.complete = self.complete and not self._is_opaque(kustomization)
        found = [*objects, *(traced for entry in kustomization.resources for traced in self._entry(entry))]
        self._generate(kustomization, found)
        for entry in kustomization.components:
            found = self._folder(entry.target, found)
        self._change(kustomization, found)
        for entry in kustomization.named_files:
            self._reach(entry)
        self._open.pop()
        return found

    def _is_opaque(self, kustomization: Kustomization) -> bool:
        """Tell whether a kustomization adds, drops or renames objects in ways that are not followed."""
        if any(kustomization.document.get(name) for name in _OPAQUE):
            return True
        targets = [entry.target for entry in kustomization.named_files if entry.field == "transformers"]
        kinds = [mapping(part.value).get("kind") for file in targets for part in self._files.parts(file)]
        return len(targets) < len(list(kustomization.strings("transformers"))) or not all(
            kind in _KNOWN_TRANSFORMERS for kind in kinds
        )

    def _entry(self, entry: Entry) -> Iterator[Traced]:
        if entry.target in self._kustomizations:
            yield from self._folder(entry.target, [])
        elif entry.target in self._files.present:
            self.reached.add(entry.target)
            for part in self._files.parts(entry.target):
                yield from _traced(self._files, part)
        else:
            self.complete = False

    def _reach(self, entry: Entry) -> None:
        """Count what a field other than `resources` names as reached; a folder of transformers with all it holds."""
        if entry.target in self._kustomizations:
            before = self.complete
            self._folder(entry.target, [])
            self.complete = before
        elif entry.target:
            self.reached.add(entry.target)

    def _generate(self, kustomization: Kustomization, objects: list[Traced]) -> None:
        """Add what the generators of a kustomization make, or merge it into what is there."""
        for key, kind in _GENERATORS:
            for index, item in items(kustomization.document, key):
                place = (self._files, kustomization.file, kustomization.index, (key, index))
                name = str(item.get("name") or "")
                behavior = item.get("behavior")
                same = [traced for traced in objects if traced.kind == kind and traced.is_called(name)]
                if str(behavior) in {"merge", "replace"} and same:
                    same[-1].layers.append(Generator(*place, item=item, merges=behavior == "merge"))
                    continue
                document = {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}}
                hashed = not _keeps_name(kustomization, item)
                layer = Generator(*place, item=item)
                namespace = str(item.get("namespace") or "")
                objects.append(Traced(document, [layer], name, hashed=hashed, namespace=namespace))

    def _change(self, kustomization: Kustomization, objects: list[Traced]) -> None:
        """Add the layers that a kustomization lays over its objects."""
        index = _Index(objects) if kustomization.patches else None
        for patch in kustomization.patches:
            assert index is not None
            layer = Operations(self._files, patch) if patch.is_json else Merge(self._files, patch)
            picked = [traced for traced in index.candidates(patch) if _is_patched(patch, traced)]
            self.patched.setdefault((kustomization.file, patch.entry), []).extend(picked)
            for traced in picked:
                traced.layers.append(layer)
                _rename(kustomization, patch, traced)
                index.add(traced)
        self._set_fields(kustomization, objects)
        self._set_labels(kustomization, objects)
        prefix, suffix = (str(kustomization.document.get(key) or "") for key in ("namePrefix", "nameSuffix"))
        for traced in objects:
            if traced.kind not in _NO_PREFIX:
                traced.rename(f"{prefix}{traced.name}{suffix}")

    def _set_fields(self, kustomization: Kustomization, objects: list[Traced]) -> None:
        place = (self._files, kustomization.file, kustomization.index)
        namespace = kustomization.document.get("namespace")
        if isinstance(namespace, str) and namespace:
            for traced in objects:
                is_one = traced.kind == "Namespace"  # gets the name itself
                traced.layers.append(
                    Named(*place, ("namespace",), ("metadata", "name" if is_one else "namespace"))
                )
                if is_one:
                    traced.rename(namespace)
                else:
                    traced.namespace = namespace
        for index, item in items(kustomization.document, "images"):
            for traced in objects:
                traced.layers.append(Images(*place, ("images", index), item=item))
        for index, item in items(kustomization.document, "replicas"):
            for traced in objects:
                if traced.is_called(str(item.get("name"))):
                    traced.layers.append(Named(*place, ("replicas", index, "count"), ("spec", "replicas")))

    def _set_labels(self, kustomization: Kustomization, objects: list[Traced]) -> None:
        place = (self._files, kustomization.file, kustomization.index)
        for path, pairs, wide in _labels(kustomization):
            holders = frozenset({"labels", "matchLabels", "selector"} if wide else {"labels"})
            for traced in objects:
                traced.labels.update(pairs)
                traced.layers.append(Labels(*place, path, pairs=pairs, holders=holders))
        notes = mapping(kustomization.document, "commonAnnotations")
        for traced in objects if notes else ():
            traced.annotations.update(notes)
            holders = frozenset({"annotations"})
            traced.layers.append(Labels(*place, ("commonAnnotations",), pairs=notes, holders=holders))


def _labels(kustomization: Kustomization) -> Iterator[tuple[Path, dict[str, Any], bool]]:
    """Yield where labels are set, which, and whether in selectors, too."""
    if common := mapping(kustomization.document, "commonLabels"):
        yield ("commonLabels",), common, True
    for index, item in items(kustomization.document, "labels"):
        yield ("labels", index, "pairs"), mapping(item, "pairs"), bool(item.get("includeSelectors"))


def _traced(files: Files, part: Part) -> Iterator[Traced]:
    for list_item, document in documents_in(part.value):
        metadata = mapping(document, "metadata")
        yield Traced(
            document,
            [Resource(files, part, list_item)],
            str(metadata.get("name") or ""),
            namespace=str(metadata.get("namespace") or ""),
            labels=dict(mapping(metadata, "labels")),
            annotations=dict(mapping(metadata, "annotations")),
        )


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


class _Index:
    """Objects by kind and by all their names, so that most patches look at one object instead of all."""

    def __init__(self, objects: list[Traced]) -> None:
        self._objects = objects
        self._named: dict[tuple[str, str], list[Traced]] = defaultdict(list)
        for traced in objects:
            self.add(traced)

    def add(self, traced: Traced) -> None:
        """Make an object known by its names."""
        for name in (traced.name, *traced.names):
            group = self._named[traced.kind, name]
            if not any(found is traced for found in group):
                group.append(traced)

    def candidates(self, patch: Patch) -> list[Traced]:
        """Return the objects that a patch may be meant for, in their order."""
        merges = patch.target is None and not patch.is_json
        where = patch.value if merges else patch.target or {}
        kind, name = where.get("kind"), at(where, "metadata", "name") if merges else where.get("name")
        if not isinstance(kind, str) or not isinstance(name, str):
            return self._objects
        known = merges or _LITERAL.fullmatch(kind + name) is not None
        return list(self._named.get((kind, name), ())) if known else self._objects


def _is_patched(patch: Patch, traced: Traced) -> bool:
    if patch.target is not None:
        group, _, version = traced.api_version.rpartition("/")
        names = [traced.name, *traced.names]
        return any(
            selects(
                patch.target,
                traced.kind,
                name,
                group,
                version,
                namespace=traced.namespace,
                labels=traced.labels,
                annotations=traced.annotations,
            )
            for name in names
        )
    if patch.is_json or patch.value.get("kind") != traced.kind:
        return False
    metadata = mapping(patch.value, "metadata")
    wanted = patch.value.get("apiVersion") == traced.api_version
    own = mapping(traced.document, "metadata").get("namespace")
    same = (metadata.get("namespace") or "") in {own or "", traced.namespace}
    return wanted and same and traced.is_called(str(metadata.get("name") or ""))


def _rename(kustomization: Kustomization, patch: Patch, traced: Traced) -> None:
    """Follow a patch that gives an object another name."""
    if patch.is_json:
        for _, operation in items(patch.value):
            value = operation.get("value")
            to_name = pointer(operation.get("path")) == ("metadata", "name")
            if to_name and str(operation.get("op")) in {"add", "replace"} and isinstance(value, str):
                traced.rename(value)
    elif at(kustomization.document, *patch.entry[:2], "options", "allowNameChange") is True:
        traced.rename(str(at(patch.value, "metadata", "name", default=traced.name)))


def kustomizations_of(files: Files) -> dict[str, Kustomization]:
    """Return every kustomization of a tree by its folder, those that are no YAML as empty ones; charts are left out."""
    found: dict[str, Kustomization] = {}
    charts = tuple(f"{chart}/templates/" for chart in files.charts)
    for path in files.paths:
        if path.rpartition("/")[2] in NAMES and not path.startswith(charts):
            part = next(iter(files.parts(path)), Part(path, 0, None))
            kustomization = Kustomization(path, part, files)
            found.setdefault(kustomization.folder, kustomization)
    return found

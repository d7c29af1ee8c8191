"""Loading a foreign tree: find its roots, build them, and say what could not be.

Nothing is fetched: a kustomization that needs a network or Helm is left out, visibly. Kustomize itself builds
whatever patches or renames; a sum of plain files is built here.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from mintage.errors import Location, MintageError, Problem
from mintage.tree.blame import identity, place_of
from mintage.tree.build import build, command
from mintage.tree.files import YAML, Files
from mintage.tree.kustomization import NAMES, Kustomization
from mintage.tree.objects import Object, at, items, mapping
from mintage.tree.offline import OFFLINE, Obstacles, too_heavy
from mintage.tree.source_map import Resource, SourceMap, documents_in, kustomizations_of
from mintage.tree.tree import Root, Tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mintage.spec.validation import Validation
    from mintage.tree.source_map import Layer, Traced

__all__ = ["MISSING", "OFFLINE", "is_in", "load", "repository_of", "sources"]

MISSING = "kustomize-missing"
_APPLICATION = "kind: Application"
_ADVICE = "mend the kustomization; `kubectl kustomize` on the folder shows the same"


def repository_of(path: Path) -> Path:
    """Return the folder whose files count: that of the Git repository around a path, or the path's own."""
    folder = path if path.is_dir() else path.parent
    return next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), folder)


def load(repository: Path, within: str = ".", settings: Validation | None = None, **more: Any) -> Tree:
    """Return the tree of a repository, of which only the roots in the folder (or file) `within` are judged.

    `more` are further fields of `Tree`, such as `schemas`. Raises `MintageError` where the repository is no folder.
    """
    exclude = settings.validation.exclude if settings else ()
    files = Files(repository, skip=lambda path: any(fnmatchcase(path, pattern) for pattern in exclude))
    kustomizations = kustomizations_of(files)
    found = _Loading(files, kustomizations, within)
    found.build()
    fields: dict[str, Any] = {"kubernetes_version": None}
    if settings:
        fields = {
            "kubernetes_version": settings.kubernetes_version,
            "externals": settings.externals,
            "rules": settings.validation,
        }
    loose = tuple(found.loose())  # reads files, so their problems come after
    problems = tuple(
        problem for path in sorted(files.problems) for problem in files.problems[path] if is_in(path, within)
    )
    return Tree(
        roots=tuple(found.roots()),
        loose=loose,
        files=files,
        kustomizations=kustomizations,
        problems=problems,
        notes=tuple(found.notes()),
        **{**fields, **more},
    )


def is_in(path: str, folder: str) -> bool:
    """Tell whether a path is a folder's, or the very file; `.` is the top."""
    return folder in {".", path} or path.startswith(f"{folder}/")


@dataclass
class _Built:
    """A root on its way: its objects as values, with their layers."""

    folder: str
    kustomization: Kustomization | None = None
    documents: list[tuple[dict[str, Any], tuple[Layer, ...]]] = field(default_factory=list)
    problems: tuple[Problem, ...] = ()
    reached: set[str] = field(default_factory=set)


class _Loading:
    def __init__(self, files: Files, kustomizations: Mapping[str, Kustomization], within: str) -> None:
        self.files = files
        self.kustomizations = kustomizations
        self.within = within
        self.obstacles = Obstacles(files, kustomizations)
        self.built: list[_Built] = []

    def build(self) -> None:
        """Build every root."""
        folders = self._root_folders()
        with ThreadPoolExecutor(4) as pool:
            self.built += pool.map(self._kustomized, folders)
        if self._is_file():
            self.built.append(self._plain(self.within, [self.within]))
            return
        delivered = list(self._plain_sources())
        self.built += [self._plain(folder, paths) for folder, paths in delivered]
        if not folders:
            taken = {path for _, paths in delivered for path in paths}
            rest = [path for path in self._manifests(self.within) if path not in taken]
            self.built += [self._plain(self.within, rest)] if rest or not delivered else []

    def _is_file(self) -> bool:
        return self.within in self.files.present

    def _root_folders(self) -> list[str]:
        """Return the folders of kustomizations that no other uses; the asked one counts even if it is used."""
        used = {target for folder in self.kustomizations for target in self._uses(folder)}
        found = {
            folder
            for folder, kustomization in self.kustomizations.items()
            if folder == self.within or (folder not in used and not kustomization.is_component)
        }
        found |= self._circles(found)
        return sorted(folder for folder in found if is_in(folder, self.within))

    def _uses(self, folder: str) -> Iterator[str]:
        kustomization = self.kustomizations[folder]
        for entry in (*kustomization.resources, *kustomization.components, *kustomization.named_files):
            if entry.target in self.kustomizations and entry.target != folder:
                yield entry.target

    def _circles(self, roots: set[str]) -> set[str]:
        """Return a folder of each circle of kustomizations that no root leads to: building it says what is wrong."""
        found: set[str] = set()
        seen = self._reachable(roots)
        for folder, kustomization in sorted(self.kustomizations.items()):
            if folder not in seen and not kustomization.is_component:
                found.add(folder)
                seen |= self._reachable({folder})
        return found

    def _reachable(self, folders: set[str]) -> set[str]:
        seen, waiting = set(folders), list(folders)
        while waiting:
            new = [target for target in self._uses(waiting.pop()) if target not in seen]
            seen.update(new)
            waiting += new
        return seen

    def _kustomized(self, folder: str) -> _Built:
        kustomization = self.kustomizations[folder]
        traced = SourceMap(folder, self.files, self.kustomizations)
        result = _Built(folder, kustomization, reached=traced.reached)
        tree = [found for found in self.kustomizations.values() if found.file in traced.reached]
        if obstacle := self.obstacles.of(folder) or too_heavy(self.files, result.reached):
            result.problems = (obstacle,)
        elif all(found.is_plain for found in tree) and self._is_sum(traced):
            result.documents = [(item.document, tuple(item.layers)) for item in traced.traced]
        else:
            self._by_kustomize(result, traced)
        return result

    def _is_sum(self, source_map: SourceMap) -> bool:
        """Tell whether Kustomize would build these objects and no others, without a complaint."""
        if any(path in self.files.problems for path in source_map.reached) or not source_map.complete:
            return False
        ids = {identity(traced.document) for traced in source_map.traced}
        return len(ids) == len(source_map.traced) and all(map(_is_buildable, source_map.traced))

    def _by_kustomize(self, result: _Built, source_map: SourceMap) -> None:
        builder = command()
        if builder is None:
            message = "neither kubectl nor kustomize is on PATH: this kustomization was not built"
            assert result.kustomization is not None
            place = Location(result.kustomization.file)
            result.problems = (
                Problem(place, MISSING, message, "install kubectl 1.31 or newer, or kustomize 5.1"),
            )
            return
        try:
            documents = build(builder, self.files.root / result.folder, _ADVICE)
        except MintageError as error:
            result.problems = tuple(self._at_kustomization(problem, result) for problem in error.problems)
            return
        documents = [document for document in documents if isinstance(document, dict)]
        result.documents = [(document, source_map.layers(document)) for document in documents]

    def _at_kustomization(self, problem: Problem, result: _Built) -> Problem:
        assert result.kustomization is not None
        place = place_of(problem.message, result.kustomization, self.kustomizations, self.files)
        message = problem.message
        for root in (self.files.root.resolve(), self.files.root):
            message = message.replace(f"{root}/", "").replace(str(root), ".")
        return Problem(place, problem.id, message, problem.advice)

    def _manifests(self, folder: str) -> list[str]:
        """Return the files of a folder that may hold plain manifests."""
        return [path for path in self.files.paths if is_in(path, folder) and self._may_be_manifest(path)]

    def _may_be_manifest(self, path: str) -> bool:
        name, suffix = path.rpartition("/")[2], Path(path).suffix
        if name in NAMES or suffix not in YAML or path.startswith(".github/"):
            return False
        if suffix == ".json" and path.startswith("schemas/"):
            return False  # what `doit schemas import` wrote
        if any(is_in(path, chart) for chart in self.files.charts):
            return False
        return suffix != ".json" or '"apiVersion"' in self._head(path)

    def _head(self, path: str) -> str:
        try:
            return self.files.text(path, 1_000_000)[:2000]
        except MintageError:
            return ""

    def _plain(self, folder: str, paths: Iterable[str]) -> _Built:
        result = _Built(folder)
        for path in paths:
            found = list(self._objects_in(path))
            result.documents += found
            if found:
                result.reached.add(path)
        return result

    def _objects_in(self, path: str) -> Iterator[tuple[dict[str, Any], tuple[Layer, ...]]]:
        for part in self.files.parts(path):
            for list_item, document in documents_in(part.value):
                if _is_object(document):
                    yield document, (Resource(self.files, part, list_item),)

    def _plain_sources(self) -> Iterator[tuple[str, list[str]]]:
        """Yield the folders of plain manifests that an Argo CD application delivers, with their files."""
        deep: dict[str, bool] = {}
        for source in (source for document in self._applications() for source in sources(document)):
            path = str(source["path"]).strip("/") or "."
            deep[path] = deep.get(path, False) or at(source, "directory", "recurse") is True
        for path, recurse in sorted(deep.items()):
            known = path in self.kustomizations or path in self.files.charts
            if self.files.is_folder(path) and not known and is_in(path, self.within):
                found = self._manifests(path)
                yield path, [file for file in found if recurse or str(PurePosixPath(file).parent) == path]

    def _applications(self) -> Iterator[dict[str, Any]]:
        """Yield the applications of Argo CD, whether a root makes them or not."""
        for built in self.built:
            yield from (document for document, _ in built.documents if sources(document))
        reached = {path for built in self.built for path in built.reached}
        for path in self.files.paths:
            if path not in reached and self._may_be_manifest(path) and _APPLICATION in self._head(path):
                yield from (document for document, _ in self._objects_in(path) if sources(document))

    def roots(self) -> Iterator[Root]:
        """Yield the roots, whose objects know the namespace in which Argo CD puts them."""
        namespaces = self._destinations()
        for built in self.built:
            own = namespaces.get(built.folder)
            made = [Object(document, layers, default_namespace=own) for document, layers in built.documents]
            yield Root(
                built.folder,
                made,
                kustomization=built.kustomization,
                problems=built.problems,
                reached=built.reached,
            )

    def _destinations(self) -> dict[str, str]:
        found: dict[str, set[str]] = {}
        for document in self._applications():
            namespace = at(document, "spec", "destination", "namespace")
            for source in sources(document) if isinstance(namespace, str) else ():
                found.setdefault(str(source["path"]).strip("/") or ".", set()).add(str(namespace))
        return {path: min(namespaces) for path, namespaces in found.items() if len(namespaces) == 1}

    def loose(self) -> Iterator[Object]:
        """Yield the objects in files that no root reaches; what repeats a built object there is a patch in waiting."""
        reached = {path for built in self.built for path in built.reached}
        used = {
            entry.target
            for kustomization in self.kustomizations.values()
            for entry in (*kustomization.resources, *kustomization.named_files)
        }
        known = {_name_of(document) for built in self.built for document, _ in built.documents}
        for path in self._manifests(self.within):
            if path not in reached and path not in used:
                patches = self._is_beside_kustomization(path)
                for document, layers in self._objects_in(path):
                    if not (patches and _name_of(document) in known):
                        yield Object(document, layers)

    def _is_beside_kustomization(self, path: str) -> bool:
        return any(str(parent) in self.kustomizations for parent in PurePosixPath(path).parents)

    def notes(self) -> Iterator[str]:
        """Yield what was not looked at."""
        if charts := [chart for chart in self.files.charts if is_in(chart, self.within)]:
            yield f"{len(charts)} Helm charts were not rendered: {', '.join(charts[:5])}{', ...' if len(charts) > 5 else ''}"
        if missing := [built.folder for built in self.built if any(p.id == MISSING for p in built.problems)]:
            several = "1 kustomization was" if len(missing) == 1 else f"{len(missing)} kustomizations were"
            yield f"neither kubectl nor kustomize is on PATH: {several} not built"


def _is_object(document: Any) -> bool:
    version, kind = (mapping(document).get(key) for key in ("apiVersion", "kind"))
    if not isinstance(version, str) or not isinstance(kind, str):
        return False
    return version != "builtin" and not version.startswith(
        "kustomize.config.k8s.io/"
    )  # Kustomize's own settings


def _name_of(document: dict[str, Any]) -> tuple[str, str]:
    return str(document.get("kind")), str(mapping(document, "metadata").get("name"))


def _is_buildable(traced: Traced) -> bool:
    metadata = mapping(traced.document, "metadata")
    local = mapping(metadata, "annotations").get("config.kubernetes.io/local-config")
    return _is_object(traced.document) and isinstance(metadata.get("name"), str) and not local


def sources(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the sources of an Argo CD application that name a path; none for every other object."""
    argo = str(document.get("apiVersion")).startswith("argoproj.io/")
    if document.get("kind") != "Application" or not argo:
        return []
    spec = mapping(document, "spec")
    found = [mapping(spec, "source"), *(item for _, item in items(spec, "sources"))]
    return [source for source in found if isinstance(source.get("path"), str)]

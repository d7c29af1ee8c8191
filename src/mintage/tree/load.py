"""Loading a foreign tree: find its roots, build them, and say what could not be.

Nothing is fetched: a kustomization that needs a network or Helm is left out, visibly. Kustomize itself builds
whatever patches or renames; a sum of plain files is built here.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mintage.errors import Location, MintageError, Problem
from mintage.tree.build import build, command
from mintage.tree.files import YAML, Files
from mintage.tree.kustomization import NAMES, Kustomization
from mintage.tree.objects import Object, at, mapping
from mintage.tree.source_map import Resource, SourceMap, documents_in, kustomizations_of
from mintage.tree.tree import Root, Tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mintage.spec.validation import Validation
    from mintage.tree.source_map import Layer

MISSING = "kustomize-missing"
OFFLINE = "kust-offline"  # not an id of its own: checks say which entry needs the network
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
    problems = (
        problem for path in sorted(files.problems) for problem in files.problems[path] if _is_in(path, within)
    )
    return Tree(
        roots=tuple(found.roots()),
        loose=tuple(found.loose()),
        files=files,
        kustomizations=kustomizations,
        problems=tuple(problems),
        notes=tuple(found.notes()),
        **{**fields, **more},
    )


def _is_in(path: str, folder: str) -> bool:
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
        self.built: list[_Built] = []

    def build(self) -> None:
        """Build every root."""
        folders = self._root_folders()
        with ThreadPoolExecutor(4) as pool:
            self.built += pool.map(self._kustomized, folders)
        if not folders or self._is_file():
            self.built.append(self._plain(self.within, self._manifests(self.within)))
        else:
            self.built += [self._plain(folder, self._manifests(folder)) for folder in self._plain_sources()]

    def _is_file(self) -> bool:
        return self.within in self.files.present

    def _root_folders(self) -> list[str]:
        """Return the folders of kustomizations that no other uses; the asked one counts even if it is used."""
        used = {
            entry.target
            for kustomization in self.kustomizations.values()
            for entry in (*kustomization.resources, *kustomization.components)
        }
        return [
            folder
            for folder, kustomization in sorted(self.kustomizations.items())
            if _is_in(folder, self.within)
            and (folder == self.within or (folder not in used and not kustomization.is_component))
        ]

    def _kustomized(self, folder: str) -> _Built:
        kustomization = self.kustomizations[folder]
        sources = SourceMap(folder, self.files, self.kustomizations)
        result = _Built(folder, kustomization, reached=sources.reached)
        tree = [found for found in self.kustomizations.values() if found.file in sources.reached]
        if offline := self._not_offline(tree):
            result.problems = (offline,)
        elif all(found.is_plain for found in tree) and not _has_missing(self.files, tree):
            result.documents = [(traced.document, tuple(traced.layers)) for traced in sources.traced]
        else:
            self._by_kustomize(result, sources)
        return result

    def _by_kustomize(self, result: _Built, sources: SourceMap) -> None:
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
        result.documents = [(document, sources.layers(document)) for document in documents]

    def _at_kustomization(self, problem: Problem, result: _Built) -> Problem:
        assert result.kustomization is not None
        message = problem.message.replace(f"{self.files.root}/", "").replace(str(self.files.root), ".")
        return Problem(Location(result.kustomization.file, 1, 1), problem.id, message, problem.advice)

    def _not_offline(self, tree: Iterable[Kustomization]) -> Problem | None:
        for kustomization in tree:
            remote = [
                entry for entry in (*kustomization.resources, *kustomization.components) if entry.is_remote
            ]
            if remote:
                place = self.files.locate(kustomization.file, kustomization.index, remote[0].path)
                message = f"`{remote[0].name}` lies on another machine: what uses it was not built"
                return Problem(
                    place or Location(kustomization.file), OFFLINE, message, "keep a copy in the repository"
                )
            for key in ("helmCharts", "helmChartInflationGenerator"):
                if kustomization.document.get(key):
                    place = self.files.locate(kustomization.file, kustomization.index, (key,), on_key=True)
                    message = "it inflates a Helm chart: what uses it was not built"
                    advice = "commit the rendered chart, or validate `helm template` output"
                    return Problem(place or Location(kustomization.file), OFFLINE, message, advice)
        return None

    def _manifests(self, folder: str) -> list[str]:
        """Return the files of a folder that may hold plain manifests."""
        return [path for path in self.files.paths if _is_in(path, folder) and self._may_be_manifest(path)]

    def _may_be_manifest(self, path: str) -> bool:
        name, suffix = path.rpartition("/")[2], Path(path).suffix
        if name in NAMES or suffix not in YAML or path.startswith(".github/"):
            return False
        if any(_is_in(path, chart) for chart in self.files.charts):
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

    def _plain_sources(self) -> list[str]:
        """Return the folders of plain manifests that an Argo CD application delivers."""
        wanted = {
            str(path).strip("/")
            for built in self.built
            for document, _ in built.documents
            for path in _argo_paths(document)
        }
        return sorted(
            path
            for path in wanted
            if self.files.is_folder(path)
            and path not in self.kustomizations
            and _is_in(path, self.within)
            and path not in self.files.charts
        )

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
        for built in self.built:
            for document, _ in built.documents:
                namespace = at(document, "spec", "destination", "namespace")
                for path in _argo_paths(document) if isinstance(namespace, str) else ():
                    found.setdefault(str(path).strip("/"), set()).add(str(namespace))
        return {path: min(namespaces) for path, namespaces in found.items() if len(namespaces) == 1}

    def loose(self) -> Iterator[Object]:
        """Yield the objects in files that no root reaches."""
        reached = {path for built in self.built for path in built.reached}
        used = {
            entry.target
            for kustomization in self.kustomizations.values()
            for entry in (*kustomization.resources, *kustomization.named_files)
        }
        for path in self._manifests(self.within):
            if path not in reached and path not in used:
                yield from (Object(document, layers) for document, layers in self._objects_in(path))

    def notes(self) -> Iterator[str]:
        """Yield what was not looked at."""
        if charts := [chart for chart in self.files.charts if _is_in(chart, self.within)]:
            yield f"{len(charts)} Helm charts were not rendered: {', '.join(charts[:5])}{', ...' if len(charts) > 5 else ''}"
        if missing := [built.folder for built in self.built if any(p.id == MISSING for p in built.problems)]:
            yield f"neither kubectl nor kustomize is on PATH: {len(missing)} kustomizations were not built"


def _is_object(document: Any) -> bool:
    return isinstance(mapping(document).get("apiVersion"), str) and isinstance(
        mapping(document).get("kind"), str
    )


def _has_missing(files: Files, tree: Iterable[Kustomization]) -> bool:
    return any(
        entry.target not in files.present and not files.is_folder(entry.target)
        for kustomization in tree
        for entry in kustomization.resources
    )


def _argo_paths(document: dict[str, Any]) -> list[Any]:
    if document.get("kind") != "Application" or not str(document.get("apiVersion")).startswith(
        "argoproj.io/"
    ):
        return []
    spec = mapping(document, "spec")
    sources = [
        mapping(spec, "source"),
        *(item for item in at(spec, "sources", default=[]) if isinstance(item, dict)),
    ]
    return [source["path"] for source in sources if isinstance(source.get("path"), str)]

"""The deliveries of Argo CD (and Flux) in a tree: which application takes which folder to which cluster and namespace.

An ApplicationSet counts as the applications that its templates may make; their parameters stand for any text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from mintage.errors import MintageError
from mintage.tree.objects import at, items, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.tree.objects import Object, Path
    from mintage.tree.tree import Root, Tree

GROUP = "argoproj.io"
IN_CLUSTER = "https://kubernetes.default.svc"
TRACKING = frozenset({"", "HEAD", "head", "main", "master"})  # revisions that move with the default branch
_PARAMETER = re.compile(r"\{\{.{0,200}?\}\}")
_WHOLE = re.compile(r"\s*\{\{-?\s*\.?([\w.-]+?)\s*-?\}\}\s*")  # a text that is one parameter
_REMOTE = re.compile(r"^[^\S\n]*url[^\S\n]*=[^\S\n]*(\S+)", re.MULTILINE)
_SCHEME = re.compile(r"^(?:[a-z+]+://)?(?:[^@/]+@)?")


@dataclass(frozen=True)
class Source:
    """A source of an application, with its path in the object."""

    path: Path
    document: dict[str, Any]

    @property
    def folder(self) -> str:
        """The folder that it delivers, `.` for the whole repository; empty where it names none."""
        found = self.document.get("path")
        return (found.strip("/").removeprefix("./") or ".") if isinstance(found, str) else ""

    @property
    def repository(self) -> str:
        """The address of the repository."""
        return str(self.document.get("repoURL") or "")

    @property
    def revision(self) -> str:
        """The revision, empty where it is the default branch's head."""
        return str(self.document.get("targetRevision") or "")


@dataclass(frozen=True, eq=False)
class Application:
    """An Application, with the roots of this tree that it delivers."""

    object: Object
    sources: tuple[Source, ...]
    roots: tuple[Root, ...]

    @property
    def name(self) -> str:
        """Its name."""
        return self.object.name

    @property
    def project(self) -> str:
        """The project it belongs to."""
        return str(self.object.at("spec", "project", default="default"))

    @property
    def namespace(self) -> str:
        """The namespace of what names none itself; empty where it says nothing."""
        return str(self.object.at("spec", "destination", "namespace", default=""))

    @property
    def cluster(self) -> str:
        """The cluster, by address or else by name; the one that Argo CD runs in has one spelling."""
        destination = mapping(self.object.spec, "destination")
        found = str(destination.get("server") or destination.get("name") or "")
        return IN_CLUSTER if found.rstrip("/") in {"in-cluster", IN_CLUSTER} else found

    @property
    def automated(self) -> dict[str, Any] | None:
        """How it is synchronised by itself; None where a person does it."""
        found = self.object.at("spec", "syncPolicy", "automated")
        return found if isinstance(found, dict) and found.get("enabled") is not False else None

    def has_option(self, option: str) -> bool:
        """Tell whether it has a sync option, such as `Replace=true`."""
        options = self.object.at("spec", "syncPolicy", "syncOptions")
        return isinstance(options, list) and option in options

    def delivered(self) -> Iterator[tuple[Root, Object]]:
        """Yield the objects that it delivers, with their roots."""
        for root in self.roots:
            for item in root.objects:
                yield root, item

    def namespace_of(self, item: Object) -> str:
        """Return the namespace in which it puts an object; empty for an object without one."""
        if not item.namespaced:
            return ""
        return str(item.metadata.get("namespace") or self.namespace)


def applications(tree: Tree) -> tuple[Application, ...]:
    """Return the applications of a tree, each once."""
    return tree.once(_applications)


def _applications(tree: Tree) -> tuple[Application, ...]:
    roots = {root.folder: root for root in tree.roots}
    own = tree.once(_own_repositories)
    found: dict[tuple[str, str, str], Application] = {}
    for item in tree.objects:
        if item.is_a("Application", GROUP):
            sources = tuple(_sources(item))
            delivered = tuple(
                roots[source.folder]
                for source in sources
                if source.folder in roots and normal(source.repository) in own
            )
            key = (item.namespace or "", item.name, repr(item.spec))
            found.setdefault(key, Application(item, sources, delivered))
    return tuple(found.values())


def _sources(item: Object) -> Iterator[Source]:
    if isinstance(item.spec.get("source"), dict):
        yield Source(("spec", "source"), item.spec["source"])
    for index, source in items(item.spec, "sources"):
        yield Source(("spec", "sources", index), source)


def normal(url: str) -> str:
    """Return one spelling of a repository's address, whether it is written for HTTPS or SSH."""
    bare = _SCHEME.sub("", url.strip()).rstrip("/").removesuffix(".git").lower()
    return bare.replace(":", "/", 1) if ":" in bare.partition("/")[0] else bare


def own_repositories(tree: Tree) -> frozenset[str]:
    """Return the addresses of this repository: those that Git knows, and those from which folders of it are delivered."""
    return tree.once(_own_repositories)


def _own_repositories(tree: Tree) -> frozenset[str]:
    found = set(origins(tree))
    for item in tree.objects:
        if item.is_a("Application", GROUP) and tree.files is not None:
            for source in _sources(item):
                if source.folder not in {"", "."} and tree.files.is_folder(source.folder):
                    found.add(normal(source.repository))
    if tree.files is None:  # made of values: whatever has the folder's name is the folder
        found |= {
            normal(source.repository)
            for item in tree.objects
            if item.is_a("Application", GROUP)
            for source in _sources(item)
        }
    return frozenset(found)


def origins(tree: Tree) -> frozenset[str]:
    """Return the addresses from which Git has this repository; none where it has none."""
    try:
        text = tree.files.text(".git/config") if tree.files else ""
    except MintageError:
        return frozenset()
    return frozenset(normal(url) for url in _REMOTE.findall(text))


def applications_of(tree: Tree, folder: str) -> tuple[Application, ...]:
    """Return the applications that deliver a folder."""
    return tuple(
        found for found in applications(tree) if any(source.folder == folder for source in found.sources)
    )


def is_delivered(root: Root) -> bool:
    """Tell whether an Application, an ApplicationSet or a Kustomization of Flux delivers a root."""
    return any(fnmatchcase(root.folder, pattern) for pattern in root.tree.once(_patterns))


def has_deliveries(tree: Tree) -> bool:
    """Tell whether anything in the tree delivers a root of it."""
    return any(is_delivered(root) for root in tree.roots)


def may_deliver_any(tree: Tree) -> bool:
    """Tell whether nobody knows which folders an ApplicationSet delivers."""
    return any(_is_open(item) for item in tree.objects if item.is_a("ApplicationSet", GROUP))


def _is_open(item: Object) -> bool:
    """Tell whether an ApplicationSet takes a whole path from something else than folders and lists that it names."""
    generators = item.spec.get("generators")
    patched = item.spec.get("templatePatch")
    if isinstance(patched, str) and re.search(r"\bpath\s*:", patched):
        return True
    template = mapping(item.spec, "template", "spec")
    sources = [mapping(template, "source"), *(source for _, source in items(template, "sources"))]
    paths = [source["path"] for source in sources if isinstance(source.get("path"), str)]
    return any(
        "{{" in path and not _glob(path).strip("*/") and not _filled(path, generators) for path in paths
    )


def _filled(path: str, generators: Any) -> list[str]:
    """Return what the generators put into a path that is one parameter; empty where one may put something else."""
    found = _WHOLE.fullmatch(path)
    name = found[1] if found else ""
    given = list(_values(generators, name)) if name else []
    known = [_glob(text) for text in given if isinstance(text, str) and "{{" not in text]
    return known if len(known) == len(given) and all(text.strip("*/") for text in known) else []


def _values(generators: Any, name: str) -> Iterator[Any]:
    """Yield the values of a parameter, None for what nobody knows; in a matrix or a merge one generator gives it."""
    for _, generator in items(generators):
        inner = at(generator, "matrix", "generators") or at(generator, "merge", "generators")
        if inner:
            found = [value for value in _values(inner, name) if value is not None]
            yield from found or [None]
        elif items(generator, "list", "elements"):
            yield from (element.get(name) for _, element in items(generator, "list", "elements"))
        else:
            is_folder = name in {"path", "path.path"} and at(generator, "git", "directories")
            yield from _directories([generator]) if is_folder else (None,)


def _patterns(tree: Tree) -> tuple[str, ...]:
    """Return the folders that are delivered, with `*` for what a template fills in."""
    found = [source.folder for application in applications(tree) for source in application.sources]
    for item in tree.objects:
        if item.is_a("ApplicationSet", GROUP):
            template = mapping(item.spec, "template", "spec")
            sources = [mapping(template, "source"), *(source for _, source in items(template, "sources"))]
            paths = [source["path"] for source in sources if isinstance(source.get("path"), str)]
            found += [
                text for path in paths for text in (_glob(path), *_filled(path, item.spec.get("generators")))
            ]
            found += [_glob(path) for path in _directories(item.spec.get("generators"))]
        elif item.is_a("Kustomization", "kustomize.toolkit.fluxcd.io"):
            found.append(_glob(item.spec.get("path")))
    return tuple(pattern for pattern in found if pattern and pattern != "*")


def _glob(path: Any) -> str:
    text = path if isinstance(path, str) else ""
    return _PARAMETER.sub("*", text).strip("/").removeprefix("./").rstrip("/")


def _directories(value: Any) -> Iterator[Any]:
    """Yield the paths of Git generators, at whatever depth of matrices and merges."""
    if isinstance(value, list):
        for inner in value:
            yield from _directories(inner)
    elif isinstance(value, dict):
        for _, directory in items(value, "git", "directories"):
            yield directory.get("path")
        for key in ("matrix", "merge"):
            yield from _directories(at(value, key, "generators"))

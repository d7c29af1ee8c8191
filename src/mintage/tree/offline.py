"""What keeps a kustomization from being given to Kustomize: an entry that needs a network, or YAML that fills memory.

Kustomize also reads the folders that the walk leaves out (those of tools, `exclude:`, outside the repository), so that
these are followed on the disk.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from mintage.errors import Location, MintageError, Problem
from mintage.source import read_all
from mintage.tree.files import MAX_BYTES, MAX_NODES, Files, Part
from mintage.tree.kustomization import NAMES, Kustomization

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mintage.tree.kustomization import Entry

OFFLINE = "kust-offline"  # not an id of its own: checks say which entry needs the network
HEAVY = frozenset({"file-too-large", "yaml-alias-bomb", "yaml-alias-cycle", "yaml-depth"})
_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)  # is fetched even where a folder has that name
_MAY_FETCH = re.compile(r"^[^#\n]*(?:://|\?ref=|git@|\.git\b)", re.MULTILINE)
_DATA = frozenset({"configMapGenerator", "secretGenerator"})  # whose files Kustomize does not parse
_MAX_FOLDERS = 1000  # a tree that goes on beyond is not followed, and not built


def too_heavy(files: Files, reached: Iterable[str]) -> Problem | None:
    """Return why a root is not given to Kustomize, which would fill the memory; None where nothing is known."""
    for path in sorted(reached):
        for problem in files.problems.get(path, ()):
            if problem.id in HEAVY:
                return _refused(problem, path, problem.location)
    return None


def _refused(problem: Problem, path: str, place: Location) -> Problem:
    reason = (
        "is too large to be read" if problem.id == "file-too-large" else f"cannot be read ({problem.message})"
    )
    return Problem(place, "kustomize-build", f"`{path}` {reason}: what uses it was not built", problem.advice)


@dataclass(frozen=True, slots=True)
class _Step:
    """A kustomization on the disk, and the place in the tree from which it is reached."""

    kustomization: Kustomization
    real: str
    place: Location | None  # None where the walk has seen it


class Obstacles:
    """Finds what keeps the kustomizations of a tree from being built."""

    def __init__(self, files: Files, kustomizations: Mapping[str, Kustomization]) -> None:
        self._files = files
        self._root = os.path.realpath(files.root)
        self._kustomizations = kustomizations
        self._known = {os.path.realpath(files.root / folder): folder for folder in kustomizations}

    def of(self, folder: str) -> Problem | None:
        """Return the first obstacle of a kustomization or of one below it, wherever that lies on the disk."""
        start = os.path.realpath(self._files.root / folder)
        seen, waiting = {start}, [_Step(self._kustomizations[folder], start, None)]
        while waiting:
            step = waiting.pop()
            try:
                if found := self._obstacle(step):
                    return found
                for entry in _entries(step.kustomization):
                    target = os.path.realpath(os.path.normpath(Path(step.real, entry.name)))
                    place = step.place or self._place(step, entry)
                    if target in seen:
                        continue
                    seen.add(target)
                    if len(seen) > _MAX_FOLDERS * 10:
                        message = "it names too many files to follow: what uses it was not built"
                        return Problem(place, "kustomize-build", message, "name less in one root")
                    waiting += self._next(target, entry, place)
            except _Refusal as refusal:
                return refusal.problem
        return None

    def _next(self, target: str, entry: Entry, place: Location) -> Iterator[_Step]:
        """Yield the kustomization at a path; a file that the walk did not see is looked at."""
        if known := self._known.get(target):
            yield _Step(self._kustomizations[known], target, None)
        elif os.path.isdir(target):  # noqa: PTH112 - raises nothing
            for name in NAMES:
                path = os.path.join(target, name)  # noqa: PTH118 - a string, as realpath gives it
                if os.path.lexists(path):
                    yield _Step(self._unseen(path, place), target, place)
        elif os.path.isfile(target) and entry.field not in _DATA and not self._is_seen(target):  # noqa: PTH113
            self._values(target, place)

    def _is_seen(self, target: str) -> bool:
        """Tell whether a file's problems are known, if it has any."""
        name = self._name(target)
        return name in self._files.present and name in self._files.problems

    def _unseen(self, path: str, place: Location) -> Kustomization:
        value = next((value for value in self._values(path, place, fetches=True) if value is not None), None)
        name = self._name(path)
        return Kustomization(name, Part(name, 0, value), Files(Path(self._root), skip=lambda _: True))

    def _values(self, path: str, place: Location, *, fetches: bool = False) -> list[Any]:
        """Return the documents of a file; none where it is no YAML, and a refusal where that may do harm."""
        name = self._name(path)
        try:
            if not os.path.isfile(path):  # noqa: PTH113 - a pipe is never read
                return []
            if os.path.getsize(path) > MAX_BYTES:  # noqa: PTH202
                large = Problem(place, "file-too-large", "", "move data out of it")
                raise _Refusal(_refused(large, name, place))
            data = Path(path).read_bytes()
        except OSError:
            return []  # nor can Kustomize
        if not fetches and (b"&" not in data or b"*" not in data):
            return []
        return self._parsed(name, data, place, fetches=fetches)

    def _parsed(self, name: str, data: bytes, place: Location, *, fetches: bool) -> list[Any]:
        try:
            documents = read_all(name, data, max_bytes=MAX_BYTES, max_nodes=MAX_NODES)
        except MintageError as error:
            for problem in error.problems:
                if problem.id in HEAVY:
                    raise _Refusal(_refused(problem, name, place)) from None
            if fetches and _MAY_FETCH.search(data.decode("utf-8", "replace")):
                message = f"`{name}` cannot be read, and may name another machine: what uses it was not built"
                raise _Refusal(Problem(place, OFFLINE, message, "mend the file")) from None
            return []
        return [document.value for document in documents]

    def _name(self, path: str) -> str:
        """Return how a file is called in words: relative to the tree, also if it lies outside."""
        return os.path.relpath(path, self._root).replace(os.sep, "/")

    def _place(self, step: _Step, entry: Entry) -> Location:
        found = self._files.locate(step.kustomization.file, step.kustomization.index, entry.path)
        return found or Location(step.kustomization.file)

    def _obstacle(self, step: _Step) -> Problem | None:
        kustomization = step.kustomization
        if step.place is None and kustomization.file in self._files.problems:
            self._values(os.path.join(step.real, PurePosixPath(kustomization.file).name), Location(kustomization.file), fetches=True)  # fmt: skip # noqa: PTH118
        of = "" if step.place is None else f", named by `{kustomization.file}`,"
        for entry in _entries(kustomization):
            if entry.is_remote or _URL.match(entry.name):
                message = f"`{entry.name}`{of} lies on another machine: what uses it was not built"
                place = step.place or self._place(step, entry)
                return Problem(place, OFFLINE, message, "keep a copy in the repository")
        for key in ("helmCharts", "helmChartInflationGenerator"):
            if kustomization.document.get(key):
                where = step.place or self._files.locate(
                    kustomization.file, kustomization.index, (key,), on_key=True
                )
                it = "it" if step.place is None else f"`{kustomization.file}`"
                message = f"{it} inflates a Helm chart: what uses it was not built"
                advice = "commit the rendered chart, or validate `helm template` output"
                return Problem(where or Location(kustomization.file), OFFLINE, message, advice)
        for text in _texts(kustomization.document):
            self._parsed(
                kustomization.file, text.encode(), step.place or Location(kustomization.file), fetches=False
            )
        return None


class _Refusal(Exception):  # noqa: N818 - never leaves this module
    """A file that must not reach Kustomize."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def _entries(kustomization: Kustomization) -> Iterator[Entry]:
    yield from kustomization.resources
    yield from kustomization.components
    yield from kustomization.named_files


def _texts(value: Any) -> Iterator[str]:
    """Yield the texts inside a value that are YAML with aliases: patches and generators written in place."""
    if isinstance(value, str):
        if "\n" in value and "&" in value and "*" in value:
            yield value
    elif isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in pairs:
            if key not in _DATA:
                yield from _texts(item)

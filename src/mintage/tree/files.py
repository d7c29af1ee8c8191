"""The files below a folder: which there are, and the YAML documents in them.

Folders of tools (their names begin with a dot, virtual environments, `node_modules`) are left out, links are not
followed out of the folder or into a circle. Positions are found on demand: a tree without findings keeps no nodes.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from mintage.errors import Location, MintageError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mintage.source import Document
    from mintage.tree.objects import Path as ValuePath

MAX_BYTES = 20_000_000  # bundles of CustomResourceDefinitions have some megabytes
MAX_NODES = 2_000_000
YAML = frozenset({".yaml", ".yml", ".json"})
_SKIPPED = frozenset({"node_modules", "__pycache__", "venv", "site-packages"})
_CHART = "Chart.yaml"


@dataclass(frozen=True, slots=True)
class Part:
    """One document of a file: its number in the file and its value."""

    file: str
    index: int
    value: Any


class Files:
    """The files of one folder, by path relative to it; each is read once, and only when asked for."""

    def __init__(self, root: Path, *, skip: Callable[[str], bool] = lambda _: False) -> None:
        self.root = root
        self._skip = skip
        self._parts: dict[str, tuple[Part, ...]] = {}
        self._located: dict[str, list[Document]] = {}
        self.problems: dict[str, tuple[Problem, ...]] = {}  # of files that are no YAML, once they were read

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """Every file, sorted; links to files count, links to folders are not followed."""
        return tuple(sorted(self._walk("")))

    @cached_property
    def present(self) -> frozenset[str]:
        """The same paths, to look one up."""
        return frozenset(self.paths)

    @cached_property
    def folders(self) -> frozenset[str]:
        """Every folder that holds a file at any depth; the root is `.`."""
        return frozenset(str(parent) for path in self.paths for parent in PurePosixPath(path).parents)

    @cached_property
    def charts(self) -> tuple[str, ...]:
        """The folders of Helm charts, whose templates are no YAML before Helm has rendered them."""
        return tuple(
            str(PurePosixPath(path).parent) for path in self.paths if PurePosixPath(path).name == _CHART
        )

    def _walk(self, folder: str) -> Iterator[str]:
        try:
            with os.scandir(self.root / folder) as entries:
                found = list(entries)
        except OSError as error:
            reason = error.strerror or str(error)
            self.problems[folder] = (
                Problem(Location(folder or "."), "file-unreadable", reason, "check its rights"),
            )
            return
        for entry in found:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if self._skip(path):
                continue
            if entry.is_dir(follow_symlinks=False):
                if not is_a_tools(Path(entry.path)):
                    yield from self._walk(path)
            elif _is_file(entry):
                yield path

    def is_folder(self, path: str) -> bool:
        """Tell whether a normalised path is a folder with files in it."""
        return path in self.folders

    def text(self, path: str, limit: int = MAX_BYTES) -> str:
        """Return a file as text, what is not UTF-8 replaced; `MintageError` where it cannot be read."""
        return self._bytes(path, limit).decode("utf-8", "replace")

    def _bytes(self, path: str, limit: int) -> bytes:
        target = self.root / path
        try:
            size = target.stat().st_size
            if size > limit:
                message = f"the file has {size:,} bytes; at most {limit:,} are read"
                raise MintageError(
                    [Problem(Location(path), "file-too-large", message, "move data out of it")]
                )
            return target.read_bytes()
        except OSError as error:
            reason = error.strerror or str(error)
            problem = Problem(
                Location(path), "file-unreadable", reason, "check that it exists and may be read"
            )
            raise MintageError([problem]) from None

    def parts(self, path: str) -> tuple[Part, ...]:
        """Return the documents of a YAML file, empty ones left out; none where it is broken: see `problems`."""
        if path not in self._parts:
            try:
                documents = self._read(path)
            except MintageError as error:
                self.problems[path] = error.problems
                documents = []
            self._parts[path] = tuple(
                Part(path, index, document.value)
                for index, document in enumerate(documents)
                if document.value is not None
            )
        return self._parts[path]

    def _read(self, path: str) -> list[Document]:
        from mintage.source import read_all  # noqa: PLC0415 - who only lists files parses none

        return read_all(path, self._bytes(path, MAX_BYTES), max_bytes=MAX_BYTES, max_nodes=MAX_NODES)

    def locate(self, path: str, index: int, within: ValuePath, *, on_key: bool = False) -> Location | None:
        """Return where a value of a document stands, or its key; None where nothing stands there."""
        documents = self._documents(path)
        if index >= len(documents):
            return None
        document = documents[index]
        return document.locate_key(within) if on_key else document.locate(within)

    def _documents(self, path: str) -> list[Document]:
        if path not in self._located:
            try:
                self._located[path] = self._read(path)
            except MintageError:
                self._located[path] = []
        return self._located[path]


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link to itself
        return False


def is_a_tools(folder: Path) -> bool:
    """Tell whether a folder belongs to a tool, by its name or by what is in it."""
    hidden = folder.name.startswith(".") and folder.name != ".github"
    return hidden or folder.name in _SKIPPED or os.path.exists(folder / "pyvenv.cfg")  # noqa: PTH110 - raises nothing


def joined(folder: str, path: str) -> str:
    """Return a path that is meant relative to a folder, normalised; it may begin with `..` if it leaves the tree."""
    return os.path.normpath(os.path.join(folder, path)).replace(os.sep, "/")  # noqa: PTH118 - `..` is resolved by text

"""A tree of files before it touches disk: sorted paths and their bytes. Knows nothing of where it will stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mintage.errors import fail

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class FileTree:
    """Relative paths with `/` to bytes; iterates sorted, refuses two contents for one path."""

    def __init__(self, files: Mapping[str, bytes] | None = None) -> None:
        self._files: dict[str, bytes] = {}
        # A file system may ignore case (macOS): two paths that differ only in it are the same file there.
        self._folded: dict[str, str] = {}
        for path, data in (files or {}).items():
            self.add(path, data)

    def add(self, path: str, data: bytes) -> None:
        """Add a file; `MintageError` where the path is taken or leaves the tree."""
        if path.startswith("/") or any(part in {"", ".", ".."} for part in path.split("/")):
            raise fail(
                path, "file-outside", "the path leaves the rendered tree", "change the `layout` pattern"
            )
        taken = self._folded.setdefault(path.casefold(), path)
        if taken != path or path in self._files:
            raise fail(
                path,
                "file-twice",
                f"two things are to be written to `{taken}`",
                "give one of them another name or `layout`",
            )
        self._files[path] = data

    def update(self, other: FileTree) -> None:
        """Add every file of another tree."""
        for path, data in other.items():
            self.add(path, data)

    def items(self) -> Iterator[tuple[str, bytes]]:
        """Yield (path, bytes), sorted by path."""
        return iter(sorted(self._files.items()))

    def get(self, path: str) -> bytes | None:
        """Return the bytes of a file, or None where there is none."""
        return self._files.get(path)

    def __getitem__(self, path: str) -> bytes:
        return self._files[path]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._files))

    def __len__(self) -> int:
        return len(self._files)

    def __contains__(self, path: object) -> bool:
        return path in self._files

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FileTree) and self._files == other._files

    __hash__ = None  # type: ignore[assignment]

"""Writing files so that nothing is ever half there: whole files, undone together when one of them fails.

Knows the file system; does not know what the files mean. Every file is written whole elsewhere and replaces its
target in one step; a file whose bytes are already right is not touched.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import sys
from typing import TYPE_CHECKING

from mintage.errors import MintageError, fail

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Transaction:
    """Writes and removals below one folder that can all be undone.

    A file is written whole into `scratch` and moved to its place in one step. The bytes it replaces are kept as a
    hard link (which takes no space, so that undoing works on a full disk) until `close`. A process that is killed
    leaves whole files, new or old, and its scratch folder, which `clear_scratch` removes.
    """

    def __init__(self, root: Path, scratch: Path) -> None:
        self.root = root
        self._scratch = scratch / str(os.getpid())
        self._done: list[tuple[Path, Path | None]] = []  # what was changed, and the link to what it was
        self._made: list[Path] = []  # folders
        self._present: set[Path] = set()
        self._grown: set[Path] = set()

    def write(self, path: str, data: bytes) -> bool:
        """Make a file hold these bytes; tell whether anything had to change."""
        target = self.root / path
        try:
            exists = os.path.lexists(target)
            if exists and _same(target, data):
                return False
            for folder in (self._scratch, target.parent):
                if folder not in self._present:
                    self._make_folder(folder)
            kept = self._keep(target) if exists else None
            self._place(target, data)
        except OSError as error:
            raise write_error(error, target) from error
        self._done.append((target, kept))
        return True

    def append(self, path: str, lines: bytes) -> None:
        """Add lines to the end of a file; only the first time is the file written anew, so that it can be undone."""
        target = self.root / path
        try:
            if target in self._grown:
                with target.open("ab") as file:
                    file.write(lines)
                return
            found = target.read_bytes() if target.is_file() else b""
        except OSError as error:
            raise write_error(error, target) from error
        self.write(path, found + (b"\n" if found and not found.endswith(b"\n") else b"") + lines)
        self._grown.add(target)

    def remove(self, path: str) -> bool:
        """Remove a file, and the folders that it leaves empty; tell whether it was there.

        What lies behind a linked folder is not below this one, and stays.
        """
        target = self.root / path
        try:
            if link_in(self.root, path.rpartition("/")[0]):
                return False
            if not target.is_symlink() and not target.is_file():
                _remove_empty(target.parent, self.root)  # a killed run may have come so far
                return False
            self._make_folder(self._scratch)
            kept = self._keep(target)
            target.unlink()
        except OSError as error:
            raise write_error(error, target) from error
        self._done.append((target, kept))
        self._grown.discard(target)
        _remove_empty(target.parent, self.root)
        self._present.clear()
        return True

    def rollback(self) -> int:
        """Put back every file as it was when the transaction began; return how many there were."""
        count = len({target for target, _ in self._done})
        while self._done:
            target, kept = self._done.pop()
            if kept is None:
                target.unlink(missing_ok=True)
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(kept, target)
        for folder in reversed(self._made):
            with contextlib.suppress(OSError):
                folder.rmdir()
        self.close()
        return count

    def close(self) -> None:
        """Forget how to undo."""
        self._done.clear()
        self._made.clear()
        self._present.clear()
        self._grown.clear()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _place(self, target: Path, data: bytes) -> None:
        # All new files begin in one folder: ext4 then writes a large tree several times as fast.
        new = self._scratch / "new"
        try:
            new.write_bytes(data)
            new.replace(target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            _replace(target, data)  # the scratch folder is on another file system

    def _keep(self, target: Path) -> Path:
        kept = self._scratch / str(len(self._done))
        try:
            os.link(target, kept, follow_symlinks=False)
        except OSError as error:
            if error.errno not in {errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP}:
                raise
            shutil.copy2(target, kept, follow_symlinks=False)  # another file system, or one without links
        return kept

    def _make_folder(self, folder: Path) -> None:
        missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        self._made.extend(reversed(missing))
        self._present.add(folder)


def clear_scratch(scratch: Path) -> None:
    """Remove what killed processes left; call it only while no other process has a transaction."""
    shutil.rmtree(scratch, ignore_errors=True)


def _same(target: Path, data: bytes) -> bool:
    return not target.is_symlink() and target.stat().st_size == len(data) and target.read_bytes() == data


def _replace(target: Path, data: bytes) -> None:
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        temporary.write_bytes(data)
        temporary.replace(target)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def write_whole(target: Path, data: bytes) -> None:
    """Replace one file in one step; `MintageError` where the file system refuses."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _replace(target, data)
    except OSError as error:
        raise write_error(error, target) from error


def _remove_empty(folder: Path, root: Path) -> None:
    while folder != root:
        try:
            folder.rmdir()
        except FileNotFoundError:
            pass
        except OSError:
            return
        folder = folder.parent


_ADVICE = {
    errno.ENOSPC: "free some space and run again",
    errno.EDQUOT: "free some space and run again",
    errno.EROFS: "make the folder writable and run again",
    errno.EACCES: "make the folder writable and run again",
    errno.EPERM: "make the folder writable and run again",
    errno.ENOTDIR: "a file stands where a folder is needed: move it away",
    errno.EEXIST: "a file stands where a folder is needed: move it away",
    errno.EISDIR: "a folder stands where a file is to be written: move it away",
}


def write_error(error: OSError, target: Path) -> MintageError:
    """Return the error for a file that could not be written: why, and what to do."""
    reason = (error.strerror or str(error)).lower()
    advice = _ADVICE.get(error.errno or 0, "mend the file system and run again")
    return fail(str(target), "write-failed", f"cannot write: {reason}; nothing was changed", advice)


def read_text(path: Path) -> str:
    """Return the text of a file, empty where there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return ""


def link_in(root: Path, folder: str) -> str | None:
    """Return the first part of a folder's path below root that is a symbolic link, or None; a link may lead anywhere."""
    walked = root
    for part in folder.split("/"):
        walked = walked / part
        if walked.is_symlink():
            return str(walked.relative_to(root))
    return None


@contextlib.contextmanager
def lock(path: Path) -> Iterator[None]:
    """Hold the lock file; wait, and say so, while another process of this workspace holds it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                sys.stderr.write("waiting for another run in this workspace to finish\n")
                fcntl.flock(file, fcntl.LOCK_EX)
            yield
    except OSError as error:
        raise write_error(error, path) from error

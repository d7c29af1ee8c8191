"""What a render would change, without changing it."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, NamedTuple

from mintage.tasks.rebuild import OWNED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mintage.filetree import FileTree
    from mintage.tasks.rebuild import Run


class Difference(NamedTuple):
    """A file that is not what the specs give; None stands for a file that is not there."""

    path: str
    found: bytes | None
    wanted: bytes | None

    def text(self) -> str:
        """Return a unified diff from what was found to what the specs give."""
        before, after = (
            [] if data is None else data.decode("utf-8", "replace").splitlines(keepends=True)
            for data in (self.found, self.wanted)
        )
        names = (
            "/dev/null" if self.found is None else self.path,
            "/dev/null" if self.wanted is None else self.path,
        )
        lines = difflib.unified_diff(before, after, *names)
        return "".join(
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
        )


def differences(run: Run) -> Iterator[Difference]:
    """Yield every file of the rendered tree that a render would write or remove, by path."""
    folder = run.workspace.root / run.output
    wanted = whole_tree(run)
    stale = sorted(run.owned - {*wanted})
    for path in sorted({*wanted, *stale}):
        found = _read(folder / path)
        data = wanted.get(path)
        if found != data:
            yield Difference(f"{run.output}/{path}", found, data)


def whole_tree(run: Run) -> FileTree:
    """Return the whole rendered tree as the specs give it now, ownership list included."""
    components = {name: run.rendered(name) for name in run.workspace.components}
    files = run.rendered_root({name: made.summary for name, made in components.items()})
    for made in components.values():
        files.update(made.files)
    files.add(OWNED, run.ownership(files))
    return files


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() and not path.is_symlink() else None

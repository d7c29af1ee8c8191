"""A scratch workspace for tests of Mintage and of your own dodo.py: write specs, run doit, look at the files.

Nothing of Mintage imports this module. It runs doit as a user would, in a process of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

DODO = '''\
from doit import task_params

from mintage.tasks.engine import CHECK, VALIDATION, Graph

graph = Graph(__file__)
DOIT_CONFIG = graph.config


@task_params([CHECK])
def task_render(check):
    """Write gitops/ from specs/"""
    yield from graph.render(check=check)


@task_params(VALIDATION)
def task_validate(**options):
    """Check the rendered tree"""
    yield from graph.validate(**options)
'''


class Outcome(NamedTuple):
    """How a run of doit ended."""

    code: int
    stdout: str
    stderr: str


class Space:
    """A workspace in a folder of its own."""

    def __init__(self, root: Path, dodo: str = DODO) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self.write("dodo.py", dodo)

    def write(self, path: str, text: str) -> Path:
        """Write a file, with its folders."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        return target

    def read(self, path: str) -> str:
        """Return the text of a file."""
        return (self.root / path).read_text(encoding="utf-8")

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace a text that the file holds exactly once."""
        text = self.read(path)
        assert text.count(old) == 1, f"{path} holds {old!r} {text.count(old)} times"
        self.write(path, text.replace(old, new))

    def files(self, folder: str = "gitops") -> dict[str, bytes]:
        """Return every file below a folder: path relative to it, and bytes."""
        top = self.root / folder
        return {
            path.relative_to(top).as_posix(): path.read_bytes()
            for path in sorted(top.rglob("*"))
            if path.is_file()
        }

    def start(
        self, *arguments: str, prefix: Sequence[str] = (), env: Mapping[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """Start doit in the workspace; `prefix` is a command that runs it, `env` are further variables."""
        return subprocess.Popen(  # noqa: S603 - this Python, and what the test names
            [*prefix, sys.executable, "-m", "doit", *arguments],
            cwd=self.root,
            env={**os.environ, **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(
        self, *arguments: str, prefix: Sequence[str] = (), env: Mapping[str, str] | None = None
    ) -> Outcome:
        """Run doit in the workspace to its end."""
        with self.start(*arguments, prefix=prefix, env=env) as process:
            stdout, stderr = process.communicate()
        return Outcome(process.returncode, stdout, stderr)

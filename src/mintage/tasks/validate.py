"""Validating a workspace: one task for each component, one for each root, one for what lies between roots.

Every task keeps what it found with the key of what it looked at; a run that changes nothing reads that back. What
looks and what reports is loaded only then (`mintage.tasks.judging`).
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mintage.digest import digest_of
from mintage.store.trace import Trace, Traces
from mintage.tasks.key import key
from mintage.workspace.files import SPECS
from mintage.workspace.index import BASE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mintage.report.outcome import Report
    from mintage.tasks.judging import Judging
    from mintage.tasks.outcome import Selection
    from mintage.tasks.rebuild import Run
    from mintage.tree.files import Files
    from mintage.workspace.load import Workspace

TREE = "tree"  # the task for what lies between roots, and between files
ARGOCD = "argocd"
_PACKAGE = Path(__file__).parents[1]
_NOT_TREE = ("build",)


class Validation:
    """The validation of one workspace in one run."""

    def __init__(self, run: Run) -> None:
        self.run = run

    @cached_property
    def results(self) -> Traces:
        """What each task found when it last looked."""
        return Traces(self.run.workspace.state / "findings.jsonl")

    @property
    def _workspace(self) -> Workspace:
        return self.run.workspace

    @cached_property
    def names(self) -> list[str]:
        """The tasks: components, what Kustomize builds, Argo CD, and what lies between."""
        workspace = self._workspace
        components = [f"base/{name}" for name in workspace.components]
        overlays = [f"overlays/{environment}" for environment in workspace.environments]
        argocd = [ARGOCD] if (workspace.root / workspace.output / ARGOCD).is_dir() else []
        return [*components, "base", *overlays, *argocd, TREE]

    def environment_of(self, name: str) -> str | None:
        """Return the environment that a task proves, the base's being empty, or None where it proves none."""
        if name == "base":
            return BASE
        kind, _, environment = name.partition("/")
        return environment if kind == "overlays" else None

    @cached_property
    def files(self) -> Files:
        """The files of the workspace; other workspaces inside it are left to themselves."""
        from mintage.tree.files import Files  # noqa: PLC0415 - a run that renders asks for none of them

        root = self._workspace.root
        return Files(root, skip=lambda path: path in _NOT_TREE or (root / path / "dodo.py").is_file())

    def is_current(self, name: str) -> bool:
        """Tell whether a task has looked at the very things that are there now."""
        trace = self.results.get(name)
        return trace is not None and trace.key == self._key(name)

    def judge(self, name: str) -> str:
        """Look at what a task is for, and keep what was found; return a line that says what was looked at."""
        wanted = self._key(name)
        result, line = self._judging.look(name)
        self.results.put(name, Trace(wanted, {}, result=result))
        return f"{name:<24} {line}"

    def report(self, selection: Selection, names: Iterable[str] = ()) -> Report:
        """Return the report of all tasks, or of some, from what they kept."""
        self.results.refresh()
        chosen = list(names) or self.names
        return self._judging.report(
            {name: trace.result for name in chosen if (trace := self.results.get(name))}, selection
        )

    @cached_property
    def _judging(self) -> Judging:
        from mintage.tasks.judging import Judging  # noqa: PLC0415

        return Judging(self.run, self.files)

    @cached_property
    def _judges(self) -> list[tuple[str, str]]:
        """What decides on findings beside the tree: checks and their data, and the schemas of the workspace."""
        root = self._workspace.root
        packaged = (path for path in sorted(_PACKAGE.rglob("*")) if path.suffix not in {".py", ".pyc"})
        imported = (root / "schemas.lock", *sorted((root / "schemas").rglob("*")))
        digests = [digest_of(path.read_bytes()) for path in (*packaged, *imported) if path.is_file()]
        return [
            ("mintage", self._workspace.generator),
            ("data and schemas", digest_of("".join(digests).encode())),
        ]

    def _key(self, name: str) -> str:
        if name == TREE:
            return key([*self._judges, (name, self._seal(self.files.paths))])
        return key([*self._judges, ("surroundings", self._surroundings), *self._inputs(name)])

    def _inputs(self, name: str) -> list[tuple[str, str]]:
        from mintage.tasks import prove  # noqa: PLC0415
        from mintage.tree.build import command  # noqa: PLC0415

        run, environment = self.run, self.environment_of(name)
        if environment is not None:
            return [(name, prove.proof_key(run, environment, command()))]
        if name == ARGOCD:
            return [*self._files_below(ARGOCD), ("system", self._workspace.system_digest)]
        component = name.removeprefix("base/")
        trace = run.traces.get(component)
        return [(name, run.component_key(component)), *(sorted(trace.outputs.items()) if trace else ())]

    def _files_below(self, folder: str) -> list[tuple[str, str]]:
        tree = self._workspace.root / self.run.output / folder
        return [
            (str(path), digest_of(path.read_bytes())) for path in sorted(tree.rglob("*")) if path.is_file()
        ]

    @cached_property
    def _surroundings(self) -> str:
        """What checks may look at beside specs and the rendered tree: images, scripts, workflows."""
        own = (f"{SPECS}/", f"{self.run.output}/")
        return self._seal(
            path for path in self.files.paths if not path.startswith(own) and not path.endswith(".md")
        )

    def _seal(self, paths: Iterable[str]) -> str:
        """Return a digest of the status of files: reading them all would take longer than it is worth."""
        states = []
        for path in paths:
            status = (self._workspace.root / path).lstat()
            states.append(f"{path} {status.st_size} {status.st_mtime_ns}")
        return digest_of("\n".join(states).encode("utf-8", "surrogateescape"))

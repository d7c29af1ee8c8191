"""Validating a workspace: one task for each component, one for each root, one for what lies between roots.

Every task keeps what it found with the key of what it looked at, and the whole its report; a run that changes nothing
shows that again. What looks and what reports is loaded only when something changed (`mintage.tasks.judging`).
"""

from __future__ import annotations

import contextlib
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mintage.digest import digest_of
from mintage.errors import MintageError
from mintage.store.trace import Trace, Traces, seal
from mintage.tasks import show
from mintage.tasks.key import key
from mintage.tasks.rebuild import OWNED
from mintage.tree.build import command
from mintage.tree.files import Files
from mintage.workspace.files import SYSTEM

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mintage.tasks.judging import Judging
    from mintage.tasks.key import Inputs
    from mintage.tasks.rebuild import Run
    from mintage.workspace.load import Workspace

TREE = "tree"  # the task for what lies between roots, and between files
ARGOCD = "argocd"
REPORT = "report"  # the task that shows what was found
_PACKAGE = Path(__file__).parents[1]
_FETCHED = "build/schemas"  # where schemas are put in folders that are named after their digests
_NOT_TREE = frozenset({"build"})
_NO_DATA = frozenset({".py", ".pyc", ".txt"})  # code has a digest of its own, texts are examples of checks


def files_of(root: Path, exclude: Sequence[str] = ()) -> Files:
    """Return the files of a workspace; what is built and other workspaces inside it are left to themselves."""

    def is_apart(path: str) -> bool:
        return path in _NOT_TREE or any(fnmatchcase(path, pattern) for pattern in exclude)

    return Files(root, skip=lambda path: is_apart(path) or (root / path / "dodo.py").is_file())


class Validation:
    """The validation of one workspace in one run."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._keys: dict[str, str] = {}

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
        overlays = [f"overlays/{environment}" for environment in workspace.environments]
        argocd = [ARGOCD] if (workspace.root / workspace.output / ARGOCD).is_dir() else []
        return [*self._components, "base", *overlays, *argocd, TREE]

    @property
    def _components(self) -> list[str]:
        return [f"base/{name}" for name in self._workspace.components]

    def is_current(self, name: str) -> bool:
        """Tell whether a task has looked at the very things that are there now."""
        trace = self.results.get(name)
        return trace is not None and trace.key == self._key(name)

    def judge(self, name: str) -> str:
        """Look at what a task is for, and keep what was found; return a line that says what was looked at.

        Where nothing can be kept, the next run looks again.
        """
        wanted = self._key(name)
        result, line = self._judging.look(name)
        with contextlib.suppress(MintageError):
            self.results.put(name, Trace(wanted, {}, result=result))
        return f"{name:<24} {line}"

    def tell(self, names: Sequence[str], options: Mapping[str, Any]) -> bool:
        """Show the report of some tasks, or of all where none is named; return whether it fails."""
        self.results.refresh()
        chosen = self._asked(names)
        wanted = key(
            [("asked", repr((names, sorted(options.items()), show.is_colored()))), *self._inputs(chosen)]
        )
        kept = self.results.get(REPORT)
        if kept and kept.key == wanted and not any(options.get(name) for name in ("format", "output")):
            show.say(kept.result["text"])
            return bool(kept.result["failed"])
        failed, text = self._reported(names, chosen, options)
        self._keep(REPORT, Trace(wanted, {}, result={"failed": failed, "text": text}))
        return failed

    def _reported(
        self, names: Sequence[str], chosen: Sequence[str], options: Mapping[str, Any]
    ) -> tuple[bool, str]:
        found = {name: self._result(name) for name in chosen}
        report = self._judging.report(found, show.selection(options), names)
        return report.failed, show.show(report, self._workspace.root, options)

    def _asked(self, names: Sequence[str]) -> list[str]:
        """Return the tasks whose findings belong to a report: that of a root has those of components in it."""
        roots = any(name == "base" or name.startswith("overlays/") for name in names)
        wanted = {*names, *(self._components if roots else ())}
        return [name for name in self.names if name in wanted or not names]

    def _inputs(self, names: Iterable[str]) -> Inputs:
        return [(name, self._key(name)) for name in names]

    def _result(self, name: str) -> dict[str, Any]:
        """Return what a task found, which looks now if it did not, or could not keep it."""
        if not self.is_current(name):
            self.judge(name)
        trace = self.results.get(name)
        assert trace is not None
        return trace.result

    def _keep(self, name: str, trace: Trace) -> None:
        """Keep a result, forget those of tasks that are no more, and what specs were found to say."""
        with contextlib.suppress(MintageError):
            self.results.put(name, trace)
            for old in [old for old, _ in self.results.items() if old not in {*self.names, REPORT}]:
                self.results.drop(old)
            self.results.tidy()
            self._workspace.save_index()

    @cached_property
    def _judging(self) -> Judging:
        from mintage.tasks.judging import Judging  # noqa: PLC0415

        return Judging(self.run)

    def _key(self, name: str) -> str:
        """Return the key of everything that a task may look at: of a component less than of the others."""
        if name not in self._keys:
            component = name.removeprefix("base/") if name in self._components else None
            own = self._all if component is None else self._of_component(component)
            self._keys[name] = key([*self._judges, (name, own)])
        return self._keys[name]

    @cached_property
    def _judges(self) -> Inputs:
        """What decides on findings beside the tree: checks and their data, and the schemas of the workspace."""
        root = self._workspace.root
        packaged = (path for path in sorted(_PACKAGE.rglob("*")) if path.suffix not in _NO_DATA)
        imported = (root / "schemas.lock", *sorted((root / "schemas").rglob("*")))
        digests = [_digest_of(path) for path in (*packaged, *imported) if path.is_file()]
        fetched = sorted(path.name for path in (root / _FETCHED).glob("*/*"))
        return [
            ("mintage", self._workspace.generator),
            ("data and schemas", key([("", digest) for digest in digests])),
            ("fetched", " ".join(fetched)),
        ]

    @cached_property
    def _all(self) -> str:
        """Everything: each spec, each file of the rendered tree, all other files, and Kustomize."""
        workspace = self._workspace
        specs = [(name, self.run.component_key(name)) for name in workspace.components]
        return key(
            [
                ("specs/system.yaml", workspace.system_digest),
                *specs,
                *sorted(self._rendered.items()),
                ("other files", _states(workspace.root, self._others)),
                ("repository", _states(workspace.root, [".git/config"])),  # says whose applications are ours
                ("program", _program()),
            ]
        )

    def _of_component(self, name: str) -> str:
        """Return the key of a component: its specs, its files, and those that no component made, which may patch it."""
        trace = self.run.traces.get(name)
        own = [(path, self._rendered.get(path, "")) for path in sorted(trace.outputs if trace else ())]
        return key([("specs", self.run.component_key(name)), ("shared", self._shared), *own])

    @cached_property
    def _shared(self) -> str:
        """The files of the rendered tree that no component made, or that somebody has changed since."""
        made: dict[str, str] = {}
        for name in self._workspace.components:
            trace = self.run.traces.get(name)
            made.update(trace.outputs if trace else {})
        return key(sorted(item for item in self._rendered.items() if made.get(item[0]) != item[1]))

    @cached_property
    def files(self) -> Files:
        """All files of the workspace."""
        return files_of(self._workspace.root)

    @cached_property
    def _rendered(self) -> dict[str, str]:
        """The digest of every file of the rendered tree; those that are as they were written are not read."""
        folder, prefix = f"{self._workspace.root}/{self.run.output}/", f"{self.run.output}/"
        known: dict[str, str] = {}
        for trace in self.run.traces.values():
            if seal(folder, trace.outputs) == trace.seal:
                known.update(trace.outputs)
        paths = (path.removeprefix(prefix) for path in self.files.paths if path.startswith(prefix))
        return {path: known.get(path) or _digest_of(Path(folder + path)) for path in paths if path != OWNED}

    @property
    def _others(self) -> list[str]:
        prefix, specs = f"{self.run.output}/", {*self._workspace.digests, SYSTEM}
        return [path for path in self.files.paths if path not in specs and not path.startswith(prefix)]


def _digest_of(path: Path) -> str:
    try:
        return digest_of(path.read_bytes())
    except OSError as error:
        return f"unreadable: {error.strerror}"


def _states(root: Path, paths: Iterable[str]) -> str:
    """Return a digest of the status of files: reading them all would take longer than it is worth."""
    states = []
    for path in paths:
        try:
            status = (root / path).stat()
        except OSError:
            states.append(f"{path} gone")
            continue
        states.append(f"{path} {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}")
    return digest_of("\n".join(states).encode("utf-8", "surrogateescape"))


def _program() -> str:
    """Return what identifies the version of Kustomize without running it."""
    builder = command()
    if builder is None:
        return "none"
    status = Path(builder[0]).stat()
    return f"{builder} {status.st_size} {status.st_mtime_ns}"

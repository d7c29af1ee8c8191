"""The task graph as doit sees it; the only module that makes doit tasks.

doit selects, orders and reports; whether a task is current is decided by `mintage.tasks.rebuild`, because a
rendered tree needs more than file times (files edited by hand, removed services, killed runs).
"""

from __future__ import annotations

import contextlib
import gc
import inspect
import os
import sqlite3
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doit.dependency import MD5Checker
from doit.exceptions import TaskFailed

from mintage.disk import write_error
from mintage.errors import MintageError
from mintage.report.reporter import Reporter
from mintage.report.text import problems_text
from mintage.tasks.generator import generator
from mintage.tasks.rebuild import ROOT, Run
from mintage.tasks.validate import REPORT, Validation
from mintage.workspace.load import STATE, Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Task = dict[str, Any]
_ROOM = 32_768  # bytes that doit needs for its database and the journal of that

CHECK = {
    "name": "check",
    "long": "check",
    "type": bool,
    "default": False,
    "help": "change nothing; exit 1 with a diff where the rendered tree is not what the specs give",
}


# As doit takes parameters of tasks; `mintage.tasks.show` knows what they mean.
VALIDATION = [
    {"name": name, "long": name.replace("_", "-"), "type": str, "default": "", "help": text}
    for name, text in (
        ("format", "text, json, sarif or junit; all but text go to a file"),
        ("output", "file for the report; build/reports/validate.<suffix> by default"),
        ("only", "checks that count, by id or as `group/*`, with commas between"),
        ("skip", "checks that do not count, in the same way"),
        ("fail_on", "least severity that fails: error, warning or info"),
    )
]


class Graph:
    """The tasks of the workspace that a dodo.py stands in."""

    def __init__(self, dodo: str) -> None:
        self.root = Path(dodo).resolve().parent
        self._present: set[str] = set()  # targets of tasks that were found current
        self._selected: set[str] = set()  # tasks that the command line names
        # A run makes many objects and drops few: collecting garbage as often as Python does by default finds nothing.
        gc.set_threshold(100_000, 20, 20)

    @property
    def config(self) -> dict[str, Any]:
        """The settings for `DOIT_CONFIG`; doit's own state is kept beside Mintage's.

        Where nothing can be written, doit keeps its state in memory: what only reads still works.
        """
        state = self.root / STATE
        with contextlib.suppress(OSError):
            state.mkdir(parents=True, exist_ok=True)
        database = state / "doit.db"
        _drop_damaged(database)
        return {
            "backend": "sqlite3",
            "dep_file": str(database) if _can_be_written(database) else ":memory:",
            "default_tasks": ["render"],
            "reporter": Reporter.with_summaries({"render": self._summary}, self._selected),
            "check_file_uptodate": _checker(self._present),
            "verbosity": 2,
        }

    @cached_property
    def _opened(self) -> Run | MintageError:
        try:
            return Run(Workspace(self.root, generator()))
        except MintageError as error:
            return error

    def render(self, *, check: bool = False) -> Iterator[Task]:
        """Yield a task for each component, and one for what spans them; with `check`, one that compares."""
        run = self._opened
        if isinstance(run, MintageError):
            yield self._broken(run)
        elif check:
            yield self._task("check", "check", "compare the rendered tree with the specs", self._checked(run))
        else:
            yield from self._components(run)

    def _components(self, run: Run) -> Iterator[Task]:
        workspace = run.workspace
        for name, entries in workspace.components.items():
            doc = ", ".join(entry.path for entry in entries)
            task = self._task("render", name, doc, self._written(name, run, run.write_component))
            yield {**task, **self._state(run, name, run.is_current)}
        task = self._task(
            "render",
            ROOT,
            "what spans components: overlays, Argo CD, pruning",
            self._written_root(run),
        )
        names = [f"render:{name}" for name in workspace.components]
        yield {**task, **self._state(run, ROOT, lambda _: run.is_root_current()), "task_dep": names}

    def _state(self, run: Run, name: str, is_current: Callable[[str], bool]) -> Task:
        """Return what tells doit whether a task is current, what it made, and how to clean up."""
        trace = run.traces.get(name)
        prefix = f"{run.output}/"
        targets = [prefix + path for path in trace.outputs] if trace else []

        def ask() -> bool:
            try:
                current = is_current(name)
            except MintageError:
                return False  # doit would show a traceback; the action meets the same error and can report it
            if current:
                self._present.update(targets)
            return current

        return {
            "uptodate": [_Question(ask)],
            "targets": targets,
            "clean": [(_clean, [run, name])],
            "teardown": [run.finish],
        }

    def _summary(self, changed: int) -> str:
        """Return how things stand after a render that changed so many files."""
        run = self._opened
        assert isinstance(run, Run), "specs with errors render nothing"
        run.traces.refresh()
        files = sum(len(trace.outputs) for _, trace in run.traces.items())
        state = f"{changed} changed" if changed else "up to date"
        workspace = run.workspace
        return f"{run.output}/ {state}: {files} files, {len(workspace.components)} components, {_several(workspace.environments)}"

    def _task(self, verb: str, name: str, doc: str, action: Callable[[], Any]) -> Task:
        return {
            "name": name,
            "doc": doc,
            "actions": [self._guarded(action)],
            "meta": {"mintage": {"verb": verb}},
        }

    def _guarded(self, action: Callable[[], Any]) -> Callable[[], Any]:
        """Return the action, with problems turned into a failed task that shows them."""

        def guarded() -> Any:
            try:
                return action()
            except MintageError as error:
                return self._failed(error)
            except OSError as error:
                return self._failed(write_error(error, Path(error.filename or self.root)))

        return guarded

    def _put_back(self) -> str:
        """Return a line that takes back what tasks said before one of them failed."""
        undone = 0 if isinstance(self._opened, MintageError) else self._opened.undone
        return f"{undone} files that were changed before are as they were\n" if undone else ""

    def _failed(self, error: MintageError) -> TaskFailed:
        return TaskFailed(problems_text(error.problems, self.root) + self._put_back())

    def _broken(self, error: MintageError) -> Task:
        """Return the task that stands for specs which cannot be loaded: other tasks of the dodo.py still run."""
        return {
            **self._task("render", "specs", "the specs have errors", lambda: self._failed(error)),
            "uptodate": [False],
        }

    def _written(self, name: str, run: Run, write: Callable[[str], int]) -> Callable[[], Task]:
        def written() -> Task:
            changed = write(name)
            files = len(self._outputs(run, name))
            line = f"{name:<24} {changed} of {files} files changed" if changed else ""
            return {"changed": changed, "line": line}

        return written

    def _written_root(self, run: Run) -> Callable[[], Task]:
        def written() -> Task:
            changed = run.write_root()
            return {
                "changed": changed,
                "line": f"{'overlays, Argo CD':<24} {changed} files changed" if changed else "",
            }

        return written

    def _outputs(self, run: Run, name: str) -> dict[str, Any]:
        trace = run.traces.get(name)
        return trace.outputs if trace else {}

    def _checked(self, run: Run) -> Callable[[], Any]:
        def checked() -> Any:
            from mintage.tasks.compare import differences  # noqa: PLC0415 - only with --check

            found = list(differences(run))
            for difference in found:
                print(difference.text(), end="")  # noqa: T201 - the diff is the output
            if found:
                return TaskFailed(
                    f"{run.output}/ is not what the specs give: {len(found)} files differ; run `doit render` and commit the result\n"
                )
            return {"changed": 0, "line": f"{run.output}/ is what the specs give"}

        return checked

    def validate(self, **options: str) -> Iterator[Task]:
        """Yield a task for each component, for each root, for what lies between them, and one that reports."""
        run = self._opened if not any(options.values()) else self._asked(options)
        if isinstance(run, MintageError):
            yield self._broken(run)
            return
        validation = Validation(run)
        for name in validation.names:
            task = self._task("validate", name, f"check {name}", self._judged(validation, name, options))
            yield {**task, "uptodate": [_Question(self._is_judged(validation, name))]}
        task = self._task("validate", REPORT, "report all findings", self._reported(validation, (), options))
        yield {**task, "task_dep": [f"validate:{name}" for name in validation.names]}

    def _asked(self, options: dict[str, str]) -> Run | MintageError:
        """Return the run, or what is wrong with the options, which is said before anything is looked at."""
        from mintage.tasks import show  # noqa: PLC0415

        try:
            show.selection(options)
        except MintageError as error:
            return error
        return self._opened

    def _is_judged(self, validation: Validation, name: str) -> Callable[[], bool]:
        def is_judged() -> bool:
            try:
                return self._reports_all and validation.is_current(name)
            except MintageError:
                return False  # as above: the action can report it

        return is_judged

    @property
    def _reports_all(self) -> bool:
        """Whether the task that reports was chosen; a task that was chosen by its own name reports by itself."""
        return not self._selected or bool({"validate", f"validate:{REPORT}"} & self._selected)

    def _judged(self, validation: Validation, name: str, options: dict[str, Any]) -> Callable[[], Any]:
        def judged() -> Any:
            if self._reports_all:  # doit has asked whether it is current, or was told not to
                return {"changed": 0, "line": validation.judge(name)}
            return self._reported(validation, (name,), options)()

        return judged

    def _reported(
        self, validation: Validation, names: tuple[str, ...], options: dict[str, Any]
    ) -> Callable[[], Any]:
        def reported() -> Any:
            failed = validation.tell(names, options)
            return TaskFailed("") if failed else {"changed": 0, "line": ""}

        return reported


def _drop_damaged(database: Path) -> None:
    """Remove doit's database where it cannot be read: doit would show a traceback, for ever; it only saves time."""
    if not database.exists():
        return
    try:
        with contextlib.closing(sqlite3.connect(database)) as connection:
            sound = connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
    except sqlite3.DatabaseError:
        sound = False
    if not sound:
        with contextlib.suppress(OSError):
            database.unlink()


def _can_be_written(database: Path) -> bool:
    """Tell whether a database could grow: doit itself meets a full or read-only disk with a traceback."""
    probe = database.with_name(f".probe.{os.getpid()}")
    try:
        probe.write_bytes(bytes(_ROOM))
    except OSError:
        return False
    finally:
        with contextlib.suppress(OSError):
            probe.unlink()
    return not database.exists() or os.access(database, os.W_OK)


def _checker(present: set[str]) -> type[MD5Checker]:
    """Return doit's own check of file dependencies, which need not look again at targets known to be present."""

    class Checker(MD5Checker):  # type: ignore[misc]
        def exists(self, file_path: str) -> bool:
            return file_path in present or bool(super().exists(file_path))

    return Checker


class _Question:
    """A question of doit whether a task is current; says its signature, which doit would spend long to find."""

    __signature__ = inspect.Signature()

    def __init__(self, ask: Callable[[], bool]) -> None:
        self._ask = ask

    def __call__(self) -> bool:
        return self._ask()

    def __repr__(self) -> str:
        return "inputs and outputs, as Mintage's traces have them"


def _several(environments: list[str]) -> str:
    return f"{len(environments)} environment" + ("" if len(environments) == 1 else "s")


def _clean(run: Run, name: str, dryrun: bool) -> None:
    """Remove the files of a task, as `doit clean` asks."""
    for path in run.clean(name, dryrun=dryrun):
        print(f"removing {run.output}/{path}")  # noqa: T201 - as doit's own clean does


__all__ = ["CHECK", "VALIDATION", "Graph"]

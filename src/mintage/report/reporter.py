"""The reporter of doit runs: one line for each task that did something, a summary, and problems without noise.

Tasks of Mintage are told by their `meta`; other tasks of the same dodo.py are shown as doit shows them.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, ClassVar

from doit.reporter import ConsoleReporter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_MOST_LINES = 40


class Reporter(ConsoleReporter):  # type: ignore[misc]
    """Shows Mintage's own tasks by what they did, and leaves out those that had nothing to do."""

    desc = "Mintage: what changed, and a summary"
    # By verb: what says, given a number of changes, how things stand. It is kept here and not in the tasks, because
    # with `-n` doit sends tasks between processes.
    summaries: ClassVar[Mapping[str, Callable[[int], str]]] = {}
    selected: ClassVar[set[str]] = set()

    @classmethod
    def with_summaries(
        cls, summaries: Mapping[str, Callable[[int], str]], selected: set[str]
    ) -> type[Reporter]:
        """Return a reporter that ends with these summaries, and tells by `selected` what the command line chose."""
        return type(
            cls.__name__, (cls,), {"summaries": summaries, "selected": selected, "__doc__": cls.__doc__}
        )

    def __init__(self, outstream: Any, options: dict[str, Any]) -> None:
        super().__init__(outstream, options)
        self.failures: list[dict[str, Any]] = []
        self._changes: dict[str, int] = {}  # by verb, of every verb that had a task
        self._shown = 0

    def initialize(self, tasks: Any, selected_tasks: Sequence[str]) -> None:
        """Take note of what was chosen, before anything runs."""
        super().initialize(tasks, selected_tasks)
        self.selected.update(selected_tasks)

    def write(self, text: str) -> None:
        """Write, unless whoever reads has seen enough, as `head` does: then the rest goes nowhere."""
        try:
            super().write(text)
            self.outstream.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno() if sys.__stdout__ else 1)

    def _is_ours(self, task: Any) -> bool:
        return bool(task.meta and "mintage" in task.meta)

    def execute_task(self, task: Any) -> None:
        """Say nothing yet of our own tasks: what they did is known when they are done."""
        if not self._is_ours(task):
            super().execute_task(task)

    def add_success(self, task: Any) -> None:
        """Show what one of our tasks did."""
        if self._is_ours(task):
            verb = task.meta["mintage"]["verb"]
            self._changes[verb] = self._changes.get(verb, 0) + task.values.get("changed", 0)
            if line := task.values.get("line"):
                self._show(verb, line)

    def _show(self, verb: str, line: str) -> None:
        """Show a task's line; of a great many, the first ones."""
        self._shown += 1
        if self._shown <= _MOST_LINES:
            self.write(f"{verb:<9} {line}\n")

    def skip_uptodate(self, task: Any) -> None:
        """Leave out what is up to date; the summary counts it."""
        if self._is_ours(task):
            self._changes.setdefault(task.meta["mintage"]["verb"], 0)
        else:
            super().skip_uptodate(task)

    def add_failure(self, task: Any, fail: Any) -> None:
        """Show the problems of one of our tasks as they are, on standard error."""
        if not self._is_ours(task) or fail.traceback:  # a traceback is a mistake of Mintage: show all of it
            super().add_failure(task, fail)
        elif fail.report:
            sys.stderr.write(fail.message)
            self.failures.append({"task": task, "exception": fail})

    def complete_run(self) -> None:
        """End with a summary of each verb, unless something failed."""
        ours = [failure for failure in self.failures if self._is_ours(failure["task"])]
        self.failures = [failure for failure in self.failures if failure not in ours]
        super().complete_run()
        if self._shown > _MOST_LINES:
            self.write(f"... and {self._shown - _MOST_LINES} more\n")
        if not ours:
            for verb, changes in self._changes.items():
                if verb in self.summaries and (line := self.summaries[verb](changes)):
                    self.write(f"{line}\n")

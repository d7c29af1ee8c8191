"""The reporter of doit runs: one line for each task that did something, a summary, and problems without noise.

Tasks of Mintage are told by their `meta`; other tasks of the same dodo.py are shown as doit shows them.
"""

from __future__ import annotations

import sys
from typing import Any

from doit.reporter import ConsoleReporter

_MOST_LINES = 40


class Reporter(ConsoleReporter):  # type: ignore[misc]
    """Shows Mintage's own tasks by what they did, and leaves out those that had nothing to do."""

    desc = "Mintage: what changed, and a summary"

    def __init__(self, outstream: Any, options: dict[str, Any]) -> None:
        super().__init__(outstream, options)
        self.failures: list[dict[str, Any]] = []
        self._summaries: dict[
            str, Any
        ] = {}  # by verb: what says, given a number of changes, how things stand
        self._changes: dict[str, int] = {}
        self._shown = 0

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
            self._summaries.setdefault(verb, task.meta["mintage"]["summary"])
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
            self._summaries.setdefault(task.meta["mintage"]["verb"], task.meta["mintage"]["summary"])
        else:
            super().skip_uptodate(task)

    def add_failure(self, task: Any, fail: Any) -> None:
        """Show the problems of one of our tasks as they are, on standard error."""
        if not self._is_ours(task):
            super().add_failure(task, fail)
        elif fail.report:
            sys.stderr.write(fail.message)
            self._summaries.pop(task.meta["mintage"]["verb"], None)
            self.failures.append({"task": task, "exception": fail})

    def complete_run(self) -> None:
        """End with a summary of each verb, unless something failed."""
        ours = [failure for failure in self.failures if self._is_ours(failure["task"])]
        self.failures = [failure for failure in self.failures if failure not in ours]
        super().complete_run()
        if self._shown > _MOST_LINES:
            self.write(f"... and {self._shown - _MOST_LINES} more\n")
        if not ours:
            for verb, summary in self._summaries.items():
                if line := summary(self._changes.get(verb, 0)):
                    self.write(f"{line}\n")

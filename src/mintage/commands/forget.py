"""`doit forget`: also forget what Mintage knows of a task, so that it runs again."""

from __future__ import annotations

from pathlib import Path

from doit.cmd_forget import Forget as DoitForget

from mintage.store.trace import Traces
from mintage.workspace.load import STATE


class Forget(DoitForget):  # type: ignore[misc]
    """doit's own command, which does not know that Mintage decides by its own traces."""

    def _execute(self, forget_sub: bool, forget_disable_default: bool, forget_all: bool) -> None:
        forgotten: list[str] = []
        remove = self.dep_manager.remove

        def remember(name: str) -> None:
            forgotten.append(name)
            remove(name)

        self.dep_manager.remove = remember
        super()._execute(forget_sub, forget_disable_default, forget_all)
        _forget(None if forget_all else forgotten)


def _forget(tasks: list[str] | None) -> None:
    """Drop the traces of these tasks of the workspace in the current folder, or all of them."""
    for verb, file in (("render", "traces.jsonl"), ("validate", "findings.jsonl")):
        traces = Traces(Path(STATE) / file)
        known = [name for name, _ in traces.items()]
        chosen = known if tasks is None else [name for name in known if f"{verb}:{name}" in tasks]
        for name in chosen:
            traces.drop(name)

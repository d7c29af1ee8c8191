"""After any history, the tree is what a fresh clone renders, and files of others are untouched."""

from __future__ import annotations

import json
import os
import shutil
import signal
import tempfile
import time
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from lab import render_of, run_in
from mintage.errors import MintageError
from mintage.testing import Space
from random_specs import Specs, systems, write

OWN = ("README.md", "base/notes.txt", "base/one/mine.yaml", "overlays/dev/patches/mine.yaml", "own/deep/file")
POOL = st.integers(0, 7)


def render(root: Path) -> bool:
    """Do what `doit render` does, in this process; tell whether the specs were accepted."""
    try:
        run = run_in(root)
    except MintageError:
        return False
    for name in run.workspace.components:
        if not run.is_current(name):
            run.write_component(name)
    if not run.is_root_current():
        run.write_root()
    run.finish()
    return True


class History(RuleBasedStateMachine):
    """What people, machines and accidents do to a workspace."""

    def __init__(self) -> None:
        super().__init__()
        self.space = Space(Path(tempfile.mkdtemp()))
        self.mine: dict[str, bytes] = {}
        self.fresh = False  # whether nothing has happened since the last render

    def teardown(self) -> None:
        """Remove the workspace."""
        shutil.rmtree(self.space.root)

    @initialize(specs=systems())
    def begin(self, specs: Specs) -> None:
        """Start with a system that was rendered."""
        write(self.space, specs)
        self.render()

    def _specs(self) -> list[Path]:
        found = sorted((self.space.root / "specs").rglob("*.yaml"))
        return [path for path in found if path.stem not in {"system", "store", "robot"}]

    def _outputs(self) -> list[Path]:
        owned = (self.space.root / "gitops").rglob("*")
        found = sorted(path for path in owned if path.is_file())
        return [
            path for path in found if path.relative_to(self.space.root / "gitops").as_posix() not in self.mine
        ]

    @rule(specs=systems())
    def edit_many(self, specs: Specs) -> None:
        """Replace the specs of several services, and those of the system."""
        for path in (self.space.root / "specs").rglob("*.yaml"):
            path.unlink()
        write(self.space, specs)
        self.fresh = False

    @rule(specs=systems(), which=POOL)
    def edit_one(self, specs: Specs, which: int) -> None:
        """Add or replace one spec."""
        name = sorted(specs)[which % len(specs)]
        for path in (self.space.root / "specs").rglob(f"{name}.yaml"):
            path.unlink()
        write(self.space, {name: specs[name]})
        self.fresh = False

    @precondition(lambda self: len(self._specs()) > 1)
    @rule(which=POOL)
    def remove_one(self, which: int) -> None:
        """Take a service away."""
        found = self._specs()
        found[which % len(found)].unlink()
        self.fresh = False

    @precondition(lambda self: self._specs())
    @rule(which=POOL, folder=st.sampled_from(("", "more/")))
    def rename_file(self, which: int, folder: str) -> None:
        """Move the file of a spec; the service stays what it is."""
        found = self._specs()
        path = found[which % len(found)]
        target = self.space.root / f"specs/{folder}{path.name}"
        target.parent.mkdir(exist_ok=True)
        path.rename(target)
        self.fresh = False

    @precondition(lambda self: self._specs())
    @rule(which=POOL, component=st.sampled_from(("one", "two", "three")))
    def move_component(self, which: int, component: str) -> None:
        """Let a service belong elsewhere."""
        found = self._specs()
        path = found[which % len(found)]
        path.write_text(json.dumps({**json.loads(path.read_text()), "component": component}))
        self.fresh = False

    @precondition(lambda self: self._outputs())
    @rule(which=st.integers(0, 99), keep_times=st.booleans())
    def edit_output(self, which: int, keep_times: bool) -> None:
        """Edit a rendered file by hand, perhaps without a trace in its times."""
        found = [path for path in self._outputs() if path.name != ".mintage"] or self._outputs()
        path = found[which % len(found)]
        status = path.stat()
        path.write_bytes(path.read_bytes()[:-1] + b"#")
        if keep_times:
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        self.fresh = False

    @precondition(lambda self: self._outputs())
    @rule(which=st.integers(0, 99))
    def delete_output(self, which: int) -> None:
        """Delete a rendered file, which may be the list of files."""
        found = [path for path in self._outputs() if path.name != ".mintage"]
        if found:
            found[which % len(found)].unlink()
        self.fresh = False

    @rule(
        which=st.sampled_from(
            ("build", "build/state/traces.jsonl", "build/state/index.json", "build/state/doit.db")
        )
    )
    def lose_state(self, which: str) -> None:
        """Lose the state, or part of it."""
        path = self.space.root / which
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        self.fresh = False

    @rule(which=st.sampled_from(("traces.jsonl", "index.json")), cut=st.integers(1, 200))
    def damage_state(self, which: str, cut: int) -> None:
        """Cut a file of the state short."""
        path = self.space.root / "build/state" / which
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-cut])
        self.fresh = False

    @rule(path=st.sampled_from(OWN))
    def add_own_file(self, path: str) -> None:
        """Put a file of one's own into the tree."""
        target = self.space.write(f"gitops/{path}", f"mine: {path}\n")
        self.mine[path] = target.read_bytes()

    @rule(after=st.integers(0, 40))
    def render_and_be_killed(self, after: int) -> None:
        """End a render at some moment, without a chance to clear up."""
        child = os.fork()
        if child == 0:
            try:
                render(self.space.root)
            finally:
                os._exit(0)
        time.sleep(after / 1000)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        self.fresh = False

    @rule()
    def render(self) -> None:
        """Render."""
        self.fresh = render(self.space.root)

    @rule()
    def render_twice(self) -> None:
        """Render, and find nothing left to do."""
        self.fresh = render(self.space.root)
        if self.fresh:
            run = run_in(self.space.root)
            assert all(run.is_current(name) for name in run.workspace.components)
            assert run.is_root_current()

    @invariant()
    def tree_is_clean(self) -> None:
        """After a render, nothing of the history shows."""
        if self.fresh:
            assert self.space.files() == {**render_of(self.space.root / "specs"), **self.mine}

    @invariant()
    def own_files_are_untouched(self) -> None:
        """At any moment."""
        assert {path: (self.space.root / "gitops" / path).read_bytes() for path in self.mine} == self.mine


TestHistory = History.TestCase
TestHistory.settings = settings(
    max_examples=300, stateful_step_count=30, deadline=None, suppress_health_check=[*HealthCheck]
)

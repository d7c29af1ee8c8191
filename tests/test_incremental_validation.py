"""After any history, a validation reports what it would report in a fresh clone."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from lab import run_in
from mintage.errors import MintageError
from mintage.tasks.validate import Validation
from mintage.testing import Space
from random_specs import Specs, systems, write
from test_incremental import render

POOL = st.integers(0, 99)


def told(root: Path) -> tuple[bool, str] | None:
    """Do what `doit validate` does, in this process; return how it ended and what it said, None for broken specs."""
    try:
        validation = Validation(run_in(root))
    except MintageError:
        return None
    for name in validation.names:
        if not validation.is_current(name):
            validation.judge(name)
    with contextlib.redirect_stdout(io.StringIO()) as out:
        failed = validation.tell((), {})
    return failed, out.getvalue()


def told_in_a_clone(root: Path) -> tuple[bool, str] | None:
    """Return what a copy without state says."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        shutil.copytree(root, clone, ignore=shutil.ignore_patterns("build"), symlinks=True)
        return told(clone)


class History(RuleBasedStateMachine):
    """What happens to a workspace between two validations. There is no Kustomize: others test what it says."""

    def __init__(self) -> None:
        super().__init__()
        self.space = Space(Path(tempfile.mkdtemp()))
        self._path = os.environ["PATH"]
        os.environ["PATH"] = "/nowhere"

    def teardown(self) -> None:
        """Remove the workspace."""
        os.environ["PATH"] = self._path
        shutil.rmtree(self.space.root)

    @initialize(specs=systems())
    def begin(self, specs: Specs) -> None:
        """Start with a system that was rendered and validated, in which there is something to find."""
        self._write(specs)
        render(self.space.root)

    def _write(self, specs: Specs) -> None:
        latest = {"image": "registry.test/store:latest"}
        write(
            self.space,
            {name: {**spec, **(latest if name == "store" else {})} for name, spec in specs.items()},
        )

    def _specs(self) -> list[Path]:
        found = sorted((self.space.root / "specs").glob("*.yaml"))
        return [path for path in found if path.stem not in {"system", "store", "robot"}]

    def _outputs(self) -> list[Path]:
        found = sorted((self.space.root / "gitops").rglob("*"))
        return [path for path in found if path.is_file() and path.name != ".mintage"]

    @rule(specs=systems(), which=POOL)
    def edit_one(self, specs: Specs, which: int) -> None:
        """Add or replace one spec, which may be the system's."""
        name = sorted(specs)[which % len(specs)]
        self._write({name: specs[name]})

    @precondition(lambda self: len(self._specs()) > 1)
    @rule(which=POOL)
    def remove_one(self, which: int) -> None:
        """Take a service away."""
        found = self._specs()
        found[which % len(found)].unlink()

    @precondition(lambda self: self._specs())
    @rule(which=POOL, component=st.sampled_from(("one", "two", "three")))
    def move_component(self, which: int, component: str) -> None:
        """Let a service belong elsewhere."""
        found = self._specs()
        path = found[which % len(found)]
        path.write_text(json.dumps({**json.loads(path.read_text()), "component": component}, indent=1))

    @precondition(lambda self: self._outputs())
    @rule(
        which=POOL,
        store=st.booleans(),
        keep_times=st.booleans(),
        line=st.sampled_from(("# moved\n", "# moved\n", "- [\n")),
    )
    def edit_output(self, which: int, store: bool, keep_times: bool, line: str) -> None:
        """Put a line on top of a rendered file, perhaps without a trace in its times."""
        found = self._outputs()
        found = [path for path in found if store and path.name == "deployment-store.yaml"] or found
        path = found[which % len(found)]
        status = path.stat()
        path.write_text(line + path.read_text())
        if keep_times:
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    @precondition(lambda self: self._outputs())
    @rule(which=POOL)
    def delete_output(self, which: int) -> None:
        """Delete a rendered file."""
        found = self._outputs()
        found[which % len(found)].unlink()

    @rule(path=st.sampled_from(("gitops/own.yaml", "gitops/base/own.yaml", "Dockerfile", "Dockerfile")))
    def toggle_own_file(self, path: str) -> None:
        """Put a file beside the others, or take it away."""
        target = self.space.root / path
        if target.exists():
            target.unlink()
        else:
            self.space.write(path, "FROM a:latest\nRUN pip install vllm\nCOPY gone /a\n")

    @rule(accept=st.sampled_from(("missing-resources", "image-latest", "image-latst", "pss-run-as-non-root")))
    def accept(self, accept: str) -> None:
        """Accept findings in a spec."""
        path = self.space.root / "specs/store.yaml"
        with path.open("a") as file:
            file.write(f"\n# mintage: accept-file[{accept}] known\n")

    @rule(cut=st.integers(1, 400))
    def damage_state(self, cut: int) -> None:
        """Cut the state short."""
        path = self.space.root / "build/state/findings.jsonl"
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-cut])

    @rule()
    def render(self) -> None:
        """Render, as far as the specs allow."""
        with contextlib.suppress(MintageError):
            render(self.space.root)

    @invariant()
    def report_is_that_of_a_clone(self) -> None:
        """Find that the state is worth nothing but time."""
        assert told(self.space.root) == told_in_a_clone(self.space.root)

    @rule()
    def validate_twice(self) -> None:
        """Validate, and find nothing left to look at."""
        first = told(self.space.root)
        if first is not None:
            validation = Validation(run_in(self.space.root))
            assert all(map(validation.is_current, validation.names))
            assert told(self.space.root) == first


TestHistory = History.TestCase
TestHistory.settings = settings(
    max_examples=15, stateful_step_count=12, deadline=None, suppress_health_check=[*HealthCheck]
)

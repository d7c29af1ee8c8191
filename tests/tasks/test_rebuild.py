"""A run decides what is current, writes what is not, and undoes everything when something fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lab import STORE, WEB, lab, render_of, run_in
from mintage.errors import MintageError
from mintage.store.trace import Traces
from mintage.tasks.rebuild import OWNED, ROOT, Run

if TYPE_CHECKING:
    from pathlib import Path

    from mintage.testing import Space


@pytest.fixture
def space(tmp_path: Path) -> Space:
    """Return a workspace."""
    return lab(tmp_path)


def finish(run: Run) -> list[str]:
    """Do what is to be done, as doit would; return the tasks that ran."""
    ran = []
    for name in run.workspace.components:
        if not run.is_current(name):
            run.write_component(name)
            ran.append(name)
    if not run.is_root_current():
        run.write_root()
        ran.append(ROOT)
    run.finish()
    return ran


def test_a_run_makes_the_tree_and_the_next_does_nothing(space: Space) -> None:
    """The tree is that of a fresh clone."""
    assert finish(run_in(space.root)) == ["storage", "web", ROOT]
    assert finish(run_in(space.root)) == []
    assert space.files() == render_of(space.root / "specs")


def test_the_root_is_made_of_what_components_say_of_themselves(space: Space) -> None:
    """A change inside a file does not reach it; a new file does."""
    finish(run_in(space.root))
    space.edit("specs/store.yaml", "replicas: 3", "replicas: 4")
    assert finish(run_in(space.root)) == ["storage"]
    space.edit("specs/store.yaml", "replicas: 1", "replicas: 1\nconfig: {a.txt: b}")
    assert finish(run_in(space.root)) == ["storage", ROOT]


def test_a_failure_undoes_the_whole_run(space: Space) -> None:
    """Also components that were done before; the run says how many files it put back."""
    finish(run_in(space.root))
    before = space.files()
    space.edit("specs/store.yaml", "replicas: 3", "replicas: 4")
    space.write("specs/web.yaml", f"{WEB}config: {{a.txt: b}}\n")
    space.write("gitops/base/web/configmap-web.yaml", "mine\n")
    run = run_in(space.root)
    assert run.write_component("storage") == 1
    with pytest.raises(MintageError):
        run.write_component("web")
    assert run.undone == 1
    (space.root / "gitops/base/web/configmap-web.yaml").unlink()
    assert space.files() == before


def test_a_killed_root_prunes_again(space: Space) -> None:
    """The root is recorded when everything is done, and not before."""
    finish(run_in(space.root))
    for name in ("web", "robot"):
        (space.root / f"specs/{name}.yaml").unlink()
    traces = space.read("build/state/traces.jsonl")
    finish(run_in(space.root))
    added = space.read("build/state/traces.jsonl")[len(traces) :].splitlines()
    assert [line.split('"')[1] for line in added][-1] == ROOT
    assert sum(f'"{ROOT}"' in line for line in added) == 1


def test_new_files_are_listed_before_they_are_written(space: Space) -> None:
    """A run that is killed in between leaves no file that nobody knows."""
    run = run_in(space.root)
    run.write_component("storage")
    listed = set(space.read(f"gitops/{OWNED}").splitlines())
    assert {path for path in space.files() if path != OWNED} <= listed
    run.finish()
    for name in ("store", "web", "robot"):
        (space.root / f"specs/{name}.yaml").unlink()
    space.write("specs/other.yaml", STORE.replace("name: store", "name: other").replace("storage", "other"))
    (space.root / "build/state/traces.jsonl").unlink()
    finish(run_in(space.root))
    assert space.files() == render_of(space.root / "specs")


def test_what_was_forgotten_is_rendered_and_not_written(space: Space) -> None:
    """The bytes are right already."""
    finish(run_in(space.root))
    Traces(space.root / "build/state/traces.jsonl").drop("web")
    run = run_in(space.root)
    assert run.write_component("web") == 0
    run.finish()


def test_cleaning_removes_the_files_of_a_task(space: Space) -> None:
    """A dry run only names them; what is not known cannot be cleaned."""
    finish(run_in(space.root))
    before = space.files()
    named = run_in(space.root).clean("storage", dryrun=True)
    assert space.files() == before
    assert run_in(space.root).clean("storage", dryrun=False) == named
    assert set(before) - set(space.files()) == set(named)
    assert run_in(space.root).clean("storage", dryrun=False) == []


def test_the_list_of_files_is_sorted_and_says_what_it_is(space: Space) -> None:
    """It is read by people, and compared by Git."""
    finish(run_in(space.root))
    head, *listed = space.read(f"gitops/{OWNED}").splitlines()
    assert head.startswith("# ")
    assert listed == sorted(listed)
    assert set(listed) == set(space.files()) - {OWNED}

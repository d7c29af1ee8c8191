"""A second render does nothing, quickly and without a trace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab import render_of

if TYPE_CHECKING:
    from mintage.testing import Space


def _states(space: Space, folder: str) -> dict[str, tuple[int, int]]:
    paths = (path for path in (space.root / folder).rglob("*") if path.is_file())
    return {str(path): (path.stat().st_mtime_ns, path.stat().st_ino) for path in paths}


def test_the_first_render_says_what_it_wrote(space: Space) -> None:
    """One line for each component, one for what spans them, and a summary."""
    outcome = space.run("render")
    assert (outcome.code, outcome.stderr) == (0, "")
    assert outcome.stdout == (
        "render    storage                  7 of 7 files changed\n"
        "render    web                      11 of 11 files changed\n"
        "render    overlays, Argo CD        8 files changed\n"
        "gitops/ 26 changed: 26 files, 2 components, 2 environments\n"
    )


def test_the_tree_is_what_the_specs_give(rendered: Space) -> None:
    """What stands on disk is what a render in memory gives, byte for byte, and nothing else."""
    assert rendered.files() == render_of(rendered.root / "specs")


def test_a_second_render_writes_no_file(rendered: Space) -> None:
    """Neither the tree nor the state is touched, but for what doit itself keeps."""
    before = _states(rendered, "gitops"), _states(rendered, "build")
    outcome = rendered.run("render")
    assert (outcome.code, outcome.stderr) == (0, "")
    assert outcome.stdout == "gitops/ up to date: 26 files, 2 components, 2 environments\n"
    after = _states(rendered, "gitops"), _states(rendered, "build")
    assert after[0] == before[0]
    changed = {path for path, state in after[1].items() if before[1].get(path) != state}
    assert {path.rpartition("/")[2] for path in changed} <= {"doit.db"}


def test_without_a_command_doit_renders(space: Space) -> None:
    """`doit` alone is `doit render`."""
    assert space.run().code == 0
    assert space.files() == render_of(space.root / "specs")


def test_a_run_from_another_folder_renders_this_workspace(space: Space) -> None:
    """The place of dodo.py decides, not the current folder."""
    (space.root / "elsewhere").mkdir()
    outcome = space.run("-f", f"{space.root}/dodo.py", "render", prefix=("env", "-C", "elsewhere"))
    assert outcome.code == 0, outcome.stderr
    assert space.files() == render_of(space.root / "specs")

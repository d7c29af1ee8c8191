"""doit's own commands work as its users expect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lab import render_of

if TYPE_CHECKING:
    from mintage.testing import Space

DONE = "gitops/ up to date: 26 files, 2 components, 2 environments\n"
LISTED = """\
render                   Write gitops/ from specs/
render:_root             what spans components: overlays, Argo CD, pruning
render:storage           specs/store.yaml
render:web               specs/robot.yaml, specs/web.yaml
validate                 Check the rendered tree
validate:base            check base
validate:base/storage    check base/storage
validate:base/web        check base/web
validate:overlays/dev    check overlays/dev
validate:overlays/prod   check overlays/prod
validate:report          report all findings
validate:tree            check tree
"""


def _made_again(space: Space) -> list[str]:
    outcome = space.run("-r", "executed-only", "render")
    assert outcome.code == 0, outcome.stderr
    return [line.split(":")[-1].strip() for line in outcome.stdout.splitlines() if line.startswith(".")]


def test_list_shows_the_tasks(space: Space) -> None:
    """Each component is one, with the specs it is made from."""
    outcome = space.run("list", "--all")
    assert (outcome.code, outcome.stderr) == (0, "")
    assert outcome.stdout == LISTED


def test_list_tells_what_would_run(rendered: Space) -> None:
    """`U` is up to date, `R` is to run."""
    rendered.edit("specs/store.yaml", "replicas: 3", "replicas: 4")
    lines = rendered.run("list", "--all", "--status").stdout.splitlines()
    assert {"R render:storage", "U render:web"} <= {line.partition("  ")[0].strip() for line in lines}


def test_list_takes_no_lock_that_stays(rendered: Space) -> None:
    """A command that only asks leaves the workspace to others."""
    rendered.edit("specs/store.yaml", "replicas: 3", "replicas: 4")
    rendered.run("list", "--all", "--status")
    assert rendered.run("render").stderr == ""


def test_info_shows_the_files_of_a_task(rendered: Space) -> None:
    """And whether it is up to date."""
    outcome = rendered.run("info", "render:storage")
    assert outcome.code == 0
    assert "status     : up-to-date" in outcome.stdout
    assert " - gitops/base/storage/deployment-store.yaml\n" in outcome.stdout


def test_clean_removes_the_tree_and_nothing_else(rendered: Space) -> None:
    """Files of others stay; the next render makes everything again."""
    rendered.write("gitops/README.md", "ours")
    assert rendered.run("clean").code == 0
    assert rendered.files() == {"README.md": b"ours"}
    assert rendered.run("render").code == 0
    assert rendered.files() == {**render_of(rendered.root / "specs"), "README.md": b"ours"}


def test_clean_of_one_task_removes_its_files(rendered: Space) -> None:
    """The other component stays current."""
    assert rendered.run("clean", "render:web").code == 0
    assert not (rendered.root / "gitops/base/web").exists()
    assert (rendered.root / "gitops/base/storage").exists()
    assert "web" in _made_again(rendered)
    assert rendered.files() == render_of(rendered.root / "specs")


def test_a_dry_run_of_clean_removes_nothing(rendered: Space) -> None:
    """It says what it would remove."""
    before = rendered.files()
    outcome = rendered.run("clean", "--dry-run")
    assert outcome.code == 0
    assert "removing gitops/base/web/deployment-web.yaml\n" in outcome.stdout
    assert rendered.files() == before
    assert rendered.run("render").stdout == DONE


@pytest.mark.parametrize(
    ("arguments", "again"),
    [
        ((), ["storage", "web", "_root"]),
        (("render",), ["storage", "web", "_root"]),
        (("render:web",), ["web"]),
        (("--all",), ["storage", "web", "_root"]),
    ],
)
def test_forget_makes_tasks_run_again(rendered: Space, arguments: tuple[str, ...], again: list[str]) -> None:
    """They find their files as they should be, and change none."""
    assert rendered.run("forget", *arguments).code == 0
    assert _made_again(rendered) == again
    assert rendered.run("render").stdout == DONE


def test_always_execute_runs_everything(rendered: Space) -> None:
    """With `-a` the tree is rendered whatever the state says; the same bytes are not written again."""
    before = (rendered.root / "gitops/base/web/deployment-web.yaml").stat().st_mtime_ns
    outcome = rendered.run("-a", "render")
    assert (outcome.code, outcome.stdout) == (0, DONE)
    assert (rendered.root / "gitops/base/web/deployment-web.yaml").stat().st_mtime_ns == before


@pytest.mark.parametrize("kind", ["process", "thread"])
def test_parallel_tasks_make_the_same_tree(space: Space, kind: str) -> None:
    """`-n` divides the components among processes or threads."""
    outcome = space.run("-n", "2", "-P", kind, "render")
    assert (outcome.code, outcome.stderr) == (0, "")
    assert outcome.stdout.endswith("gitops/ 26 changed: 26 files, 2 components, 2 environments\n")
    assert space.files() == render_of(space.root / "specs")
    assert space.run("-n", "2", "-P", kind, "render").stdout == DONE


def test_one_component_can_be_rendered_alone(space: Space) -> None:
    """The rest follows with the next render."""
    assert space.run("render:web").code == 0
    assert not (space.root / "gitops/base/storage").exists()
    assert space.run("render").code == 0
    assert space.files() == render_of(space.root / "specs")


def test_going_on_after_an_error_renders_the_others(space: Space) -> None:
    """`--continue` is a wish for half a tree; the next render completes it."""
    target = space.write("gitops/base/storage/deployment-store.yaml", "mine\n")
    outcome = space.run("--continue", "render")
    assert outcome.code != 0
    assert "Traceback" not in outcome.stderr
    assert (space.root / "gitops/base/web/deployment-web.yaml").is_file()
    target.unlink()
    assert space.run("render").code == 0
    assert space.files() == render_of(space.root / "specs")


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_completion_is_made_for_shells(space: Space, shell: str) -> None:
    """As for any dodo.py."""
    outcome = space.run("tabcompletion", "--shell", shell)
    assert (outcome.code, outcome.stderr) == (0, "")
    assert "render" in outcome.stdout or "tasks" in outcome.stdout


def test_the_help_of_render_knows_check(space: Space) -> None:
    """`doit help render` shows what the task takes."""
    outcome = space.run("help", "render")
    assert outcome.code == 0
    assert "--check" in outcome.stdout


def test_the_help_of_validate_knows_its_options(space: Space) -> None:
    """`doit help validate` shows what the task takes."""
    outcome = space.run("help", "validate")
    assert outcome.code == 0
    for option in ("--format", "--output", "--only", "--skip", "--fail-on"):
        assert option in outcome.stdout

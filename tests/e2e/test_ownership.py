"""What Mintage wrote is told by the list in the tree, not by what it remembers of another branch."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mintage.testing import Space

MINE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: mine}\n"


def test_a_file_that_took_the_place_of_a_removed_one_stays(rendered: Space) -> None:
    """As after a switch of branches that keeps build/: the list says that the file is not Mintage's."""
    path = "gitops/base/web/deployment-web.yaml"
    for name in ("web", "robot"):
        (rendered.root / f"specs/{name}.yaml").unlink()
    listed = rendered.read("gitops/.mintage").splitlines(keepends=True)
    rendered.write("gitops/.mintage", "".join(line for line in listed if "web" not in line))
    rendered.write(path, MINE)
    outcome = rendered.run("render")
    assert outcome.code == 0, outcome.stderr
    assert rendered.read(path) == MINE


def test_a_file_in_a_new_output_folder_is_not_replaced(rendered: Space) -> None:
    """That a file of this name was written in the old folder means nothing in the new one."""
    rendered.edit("specs/system.yaml", "name: lab\n", "name: lab\noutput: deploy\n")
    rendered.write("deploy/base/web/deployment-web.yaml", MINE)
    outcome = rendered.run("render")
    assert outcome.code == 1
    assert "deploy/base/web/deployment-web.yaml: error[file-in-the-way]" in outcome.stderr
    assert rendered.read("deploy/base/web/deployment-web.yaml") == MINE


def test_a_list_that_names_files_outside_the_tree_removes_none(rendered: Space) -> None:
    """Whoever edits the list cannot make Mintage delete the specs."""
    with (rendered.root / "gitops/.mintage").open("a") as file:
        file.write("../specs/web.yaml\n/etc/hostname\nbase/../../dodo.py\n")
    rendered.edit("specs/web.yaml", "web:1", "web:2")
    assert rendered.run("render").code == 0
    assert (rendered.root / "specs/web.yaml").exists()
    assert (rendered.root / "dodo.py").exists()


def test_a_file_that_a_spec_names_is_rendered_as_it_was_digested(rendered: Space) -> None:
    """An edit while the run is on belongs to the next run."""
    from mintage.workspace.load import Workspace

    rendered.write("specs/note.txt", "first")
    workspace = Workspace(rendered.root, "test")
    workspace.file("note.txt")
    rendered.write("specs/note.txt", "second")
    assert workspace.file("note.txt") == "first"


def test_a_damaged_state_costs_time_and_nothing_else(rendered: Space) -> None:
    """Doit would show a traceback for ever; Mintage's own traces are only remembered."""
    before = rendered.files()
    rendered.write("build/state/doit.db", "not a database")
    rendered.write("build/state/traces.jsonl", '[2,"storage",[1,2,3,4]]\nnonsense\n')
    rendered.write("build/state/index.json", "{")
    outcome = rendered.run("render")
    assert (outcome.code, outcome.stderr) == (0, "")
    assert rendered.files() == before

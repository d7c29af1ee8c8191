"""Files of services that are gone are removed; everything else in the tree is the user's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab import ROBOT, render_of

if TYPE_CHECKING:
    from mintage.testing import Space


def _remove_web(space: Space) -> None:
    for name in ("web", "robot"):
        (space.root / f"specs/{name}.yaml").unlink()


def test_the_files_of_a_removed_service_are_pruned(rendered: Space) -> None:
    """Argo CD would go on deploying them."""
    _remove_web(rendered)
    outcome = rendered.run("render")
    assert outcome.code == 0, outcome.stderr
    assert rendered.files() == render_of(rendered.root / "specs")


def test_the_folders_it_leaves_empty_are_removed(rendered: Space) -> None:
    """A clone has none either: Git keeps no folders."""
    _remove_web(rendered)
    rendered.run("render")
    assert not (rendered.root / "gitops/base/web").exists()


def test_files_that_mintage_did_not_write_stay(rendered: Space) -> None:
    """They keep their folder, too."""
    rendered.write("gitops/base/web/NOTES.md", "mine")
    rendered.write("gitops/base/extra/own.yaml", "mine: too\n")
    _remove_web(rendered)
    assert rendered.run("render").code == 0
    assert rendered.files() == {
        **render_of(rendered.root / "specs"),
        "base/web/NOTES.md": b"mine",
        "base/extra/own.yaml": b"mine: too\n",
    }


def test_another_clone_prunes_as_well(rendered: Space) -> None:
    """The list of files is in the tree, so that no local state is needed."""
    import shutil

    shutil.rmtree(rendered.root / "build")
    _remove_web(rendered)
    rendered.run("render")
    assert rendered.files() == render_of(rendered.root / "specs")


def test_a_service_that_moves_leaves_nothing_behind(rendered: Space) -> None:
    """Another component is another folder."""
    rendered.write("specs/robot.yaml", ROBOT.replace("component: web", "component: people"))
    rendered.run("render")
    assert rendered.files() == render_of(rendered.root / "specs")


def test_a_removed_environment_takes_its_overlay_along(rendered: Space) -> None:
    """Every file of it, and the folder."""
    rendered.edit("specs/system.yaml", "  dev: {namespace: lab-dev}\n", "")
    rendered.edit("specs/store.yaml", "  dev: {volumes: {/data: {pvc: null, emptyDir: {}}}}\n", "")
    assert rendered.run("render").code == 0
    assert rendered.files() == render_of(rendered.root / "specs")
    assert not (rendered.root / "gitops/overlays/dev").exists()


def test_a_list_that_was_tampered_with_removes_nothing_outside(rendered: Space) -> None:
    """The list comes from a clone, and so from anyone: paths that leave the tree mean nothing."""
    rendered.write("mine.txt", "mine")
    listing = rendered.read("gitops/.mintage")
    rendered.write(
        "gitops/.mintage", f"{listing}../mine.txt\n{rendered.root}/mine.txt\nbase/../../mine.txt\n"
    )
    _remove_web(rendered)
    assert rendered.run("render").code == 0
    assert rendered.read("mine.txt") == "mine"


def test_pruning_does_not_follow_a_link_out_of_the_tree(rendered: Space) -> None:
    """A folder of the tree that became a link leads to files of someone else."""
    import shutil

    outside = rendered.root / "outside"
    shutil.move(rendered.root / "gitops/base/web", outside)
    (rendered.root / "gitops/base/web").symlink_to(outside)
    before = rendered.files("outside")
    _remove_web(rendered)
    rendered.run("render")
    assert rendered.files("outside") == before

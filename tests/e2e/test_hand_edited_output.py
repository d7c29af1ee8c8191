"""Rendered files are Mintage's: what someone did to them is undone, whatever their times say."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lab import render_of

if TYPE_CHECKING:
    from mintage.testing import Space

DEPLOYMENT = "gitops/base/storage/deployment-store.yaml"


def _restored(space: Space) -> str:
    outcome = space.run("render")
    assert outcome.code == 0, outcome.stderr
    assert space.files() == render_of(space.root / "specs")
    return outcome.stdout


def test_an_edit_is_undone(rendered: Space) -> None:
    """Only the component of the file is rendered again."""
    rendered.edit(DEPLOYMENT, "replicas: 1", "replicas: 9")
    assert _restored(rendered) == (
        "render    storage                  1 of 7 files changed\n"
        "gitops/ 1 changed: 26 files, 2 components, 2 environments\n"
    )


def test_an_edit_that_keeps_size_and_time_is_undone(rendered: Space) -> None:
    """No time of a file is believed alone."""
    target = rendered.root / DEPLOYMENT
    status = target.stat()
    rendered.edit(DEPLOYMENT, "replicas: 1", "replicas: 9")
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
    _restored(rendered)


def test_a_deleted_file_comes_back(rendered: Space) -> None:
    """With its folder."""
    for path in (rendered.root / "gitops/base/storage").iterdir():
        path.unlink()
    (rendered.root / "gitops/base/storage").rmdir()
    _restored(rendered)


def test_a_deleted_tree_comes_back(rendered: Space) -> None:
    """State without a tree is worth nothing."""
    import shutil

    shutil.rmtree(rendered.root / "gitops")
    _restored(rendered)


def test_a_file_that_was_touched_is_left_alone(rendered: Space) -> None:
    """Same bytes, same file."""
    (rendered.root / DEPLOYMENT).touch()
    before = (rendered.root / DEPLOYMENT).stat().st_mtime_ns
    assert _restored(rendered) == "gitops/ up to date: 26 files, 2 components, 2 environments\n"
    assert (rendered.root / DEPLOYMENT).stat().st_mtime_ns == before


def test_a_file_replaced_by_a_link_becomes_a_file(rendered: Space) -> None:
    """What the link led to is not written to."""
    other = rendered.write("other.yaml", rendered.read(DEPLOYMENT))
    (rendered.root / DEPLOYMENT).unlink()
    (rendered.root / DEPLOYMENT).symlink_to(other)
    _restored(rendered)
    assert not (rendered.root / DEPLOYMENT).is_symlink()
    assert other.is_file()


def test_an_edited_list_of_files_is_mended(rendered: Space) -> None:
    """The list is an output as well; what is missing in it is still known from the last run."""
    rendered.write("gitops/.mintage", "")
    _restored(rendered)


def test_an_edited_kustomization_is_undone(rendered: Space) -> None:
    """Files that span components are as safe as the others."""
    rendered.write("gitops/overlays/prod/kustomization.yaml", "resources: []\n")
    assert _restored(rendered) == (
        "render    overlays, Argo CD        1 files changed\n"
        "gitops/ 1 changed: 26 files, 2 components, 2 environments\n"
    )


def test_a_moved_workspace_needs_no_render(rendered: Space) -> None:
    """Nothing in the state holds the path of the folder."""
    from mintage.testing import Space as Moved

    moved = Moved(rendered.root.rename(rendered.root.with_name("moved")))
    outcome = moved.run("render")
    assert outcome.stdout == "gitops/ up to date: 26 files, 2 components, 2 environments\n"

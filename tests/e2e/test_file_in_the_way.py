"""What Mintage did not write it neither replaces nor removes; the whole run is undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab import render_of

if TYPE_CHECKING:
    from mintage.testing import Space


def test_a_file_of_someone_else_stops_the_run(space: Space) -> None:
    """The error names it, and components that were written before are undone."""
    space.write("gitops/base/web/service-web.yaml", "mine\n")
    outcome = space.run("render")
    assert outcome.code == 1
    assert outcome.stderr == (
        "gitops/base/web/service-web.yaml: error[file-in-the-way]: Mintage did not write this file and will not replace it\n"
        "  = move it away, or delete it if it is not needed\n"
        "8 files that were changed before are as they were\n"
    )
    assert space.files() == {"base/web/service-web.yaml": b"mine\n"}
    assert not (space.root / "gitops/base/storage").exists()


def test_a_folder_in_the_way_stops_the_run(space: Space) -> None:
    """It may hold anything."""
    space.write("gitops/base/web/service-web.yaml/notes", "mine\n")
    outcome = space.run("render")
    assert outcome.code == 1
    assert "gitops/base/web/service-web.yaml: error[file-in-the-way]" in outcome.stderr
    assert space.files() == {"base/web/service-web.yaml/notes": b"mine\n"}


def test_a_file_where_a_folder_is_needed_stops_the_run(space: Space) -> None:
    """The advice says what to do."""
    space.write("gitops/overlays/dev", "mine\n")
    outcome = space.run("render")
    assert outcome.code == 1
    assert outcome.stderr.splitlines()[1] == "  = a file stands where a folder is needed: move it away"
    assert space.files() == {"overlays/dev": b"mine\n"}


def test_when_it_is_moved_away_the_run_goes_through(space: Space) -> None:
    """The failed run left nothing that could confuse the next."""
    target = space.write("gitops/base/web/service-web.yaml", "mine\n")
    assert space.run("render").code == 1
    target.unlink()
    assert space.run("render").code == 0
    assert space.files() == render_of(space.root / "specs")


def test_the_same_bytes_are_not_in_the_way(rendered: Space) -> None:
    """A tree that was copied without its list and its state is adopted."""
    import shutil

    shutil.rmtree(rendered.root / "build")
    (rendered.root / "gitops/.mintage").unlink()
    assert rendered.run("render").code == 0
    assert rendered.files() == render_of(rendered.root / "specs")


def test_an_old_rendered_file_is_not_in_the_way(rendered: Space) -> None:
    """Its first line says who wrote it."""
    import shutil

    shutil.rmtree(rendered.root / "build")
    (rendered.root / "gitops/.mintage").unlink()
    rendered.edit("specs/store.yaml", "9000", "9001")
    assert rendered.run("render").code == 0
    assert rendered.files() == render_of(rendered.root / "specs")

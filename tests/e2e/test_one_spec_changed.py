"""A change costs what it changes: its component, and those that see it through an export."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lab import STORE, WEB, render_of

if TYPE_CHECKING:
    from mintage.testing import Space


def _ran(space: Space) -> list[str]:
    """Render again and return the tasks that were run."""
    outcome = space.run("-r", "executed-only", "render")
    assert outcome.code == 0, outcome.stderr
    assert space.files() == render_of(space.root / "specs")
    return [line.split(":")[-1].strip() for line in outcome.stdout.splitlines() if line.startswith(".")]


def test_only_the_component_of_a_changed_spec_is_rendered(rendered: Space) -> None:
    """A number of pods shows in its own files and nowhere else."""
    rendered.edit("specs/web.yaml", "replicas: 2", "replicas: 4")
    assert _ran(rendered) == ["web"]


def test_what_refers_to_a_service_does_not_see_its_pods(rendered: Space) -> None:
    """The export has no replicas: the web service, which refers to the store, is not rendered again."""
    rendered.edit("specs/store.yaml", "replicas: 3", "replicas: 5")
    assert _ran(rendered) == ["storage"]


def test_what_refers_to_a_service_sees_its_port(rendered: Space) -> None:
    """The port is in the export, and so in the address the web service is given."""
    rendered.edit("specs/store.yaml", "9000", "9001")
    assert _ran(rendered) == ["storage", "web"]
    assert "http://store:9001" in rendered.read("gitops/base/web/deployment-web.yaml")


def test_a_new_object_reaches_the_root(rendered: Space) -> None:
    """The lists of files and patches span components; they are made again when they change."""
    rendered.edit("specs/web.yaml", "prod: {replicas: 2}", "dev: {replicas: 2}")
    assert _ran(rendered) == ["web", "_root"]


def test_a_comment_changes_no_file(rendered: Space) -> None:
    """The spec is read again, and what comes out is the same."""
    rendered.write("specs/web.yaml", f"# what people see\n{WEB}")
    outcome = rendered.run("render")
    assert outcome.stdout == "gitops/ up to date: 26 files, 2 components, 2 environments\n"


def test_an_edit_that_keeps_size_and_time_is_seen(rendered: Space) -> None:
    """rsync, tar and caches restore times; bytes decide."""
    import os

    target = rendered.root / "specs/store.yaml"
    status = target.stat()
    rendered.edit("specs/store.yaml", "replicas: 3", "replicas: 4")
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert _ran(rendered) == ["storage"]


@pytest.mark.parametrize("value", ["true", "1.5", '"1"', "2"])
def test_a_delta_that_python_takes_for_the_same_is_not_lost(rendered: Space, value: str) -> None:
    """1 and true are equal to Python, and different variables to a program."""
    rendered.write(
        "specs/store.yaml",
        STORE.replace("prod: {replicas: 3}", f"prod: {{env: {{A: {value}}}}}") + "env: {A: 1}\n",
    )
    assert rendered.run("render").code == 0
    patch = "gitops/overlays/prod/patches/deployment-store.yaml"
    shown = {"true": '"true"', "1.5": '"1.5"', "2": '"2"'}
    if value in shown:
        assert f"value: {shown[value]}" in rendered.read(patch)
    else:
        assert not (rendered.root / patch).exists()  # the number and the text are the same variable


def test_a_change_of_the_system_renders_everything(rendered: Space) -> None:
    """Every object carries its labels."""
    rendered.edit("specs/system.yaml", "name: lab\n", "name: lab\nlabels: {team: a}\n")
    assert _ran(rendered) == ["storage", "web", "_root"]

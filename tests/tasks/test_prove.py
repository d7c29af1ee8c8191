"""A proof holds for the very tree and specs it was made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lab import lab, run_in
from mintage.manifest import Manifest
from mintage.tasks.compare import whole_tree
from mintage.tasks.prove import expected, in_namespace
from mintage.tasks.validate import Validation

if TYPE_CHECKING:
    from pathlib import Path

    from mintage.testing import Space


@pytest.fixture
def space(tmp_path: Path) -> Space:
    """Return a workspace with its tree."""
    made = lab(tmp_path)
    for path, data in whole_tree(run_in(tmp_path)).items():
        made.write(f"gitops/{path}", data.decode())
    return made


def test_objects_are_expected_where_the_environment_puts_them(space: Space) -> None:
    """The base has no namespace; cluster-scoped objects never have one."""
    run = run_in(space.root)
    assert {key[2] for key in expected(run, "")} == {""}
    assert {key[2] for key in expected(run, "prod") if not key[1].startswith("Cluster")} == {"lab-prod"}
    assert {key[2] for key in expected(run, "prod") if key[1].startswith("Cluster")} == {""}


def test_a_namespace_is_put_only_where_there_is_none() -> None:
    """And what is given stays as it was."""
    document = {"apiVersion": "v1", "kind": "Role", "metadata": {"name": "a"}}
    assert in_namespace(Manifest(document), "b")["metadata"] == {"name": "a", "namespace": "b"}
    assert document["metadata"] == {"name": "a"}
    pinned = {"apiVersion": "v1", "kind": "Role", "metadata": {"name": "a", "namespace": "c"}}
    assert in_namespace(Manifest(pinned), "b") is pinned


@pytest.mark.kustomize
@pytest.mark.parametrize("name", ["base", "overlays/dev", "base/web", "tree"])
def test_what_was_judged_is_remembered_until_something_changes(space: Space, name: str) -> None:
    """A file of the tree, or a spec."""

    def is_current() -> bool:
        return Validation(run_in(space.root)).is_current(name)

    assert not is_current()
    Validation(run_in(space.root)).judge(name)
    assert is_current()
    text = space.read("specs/web.yaml")
    space.edit("specs/web.yaml", "8080", "8081")
    assert not is_current()
    space.write("specs/web.yaml", text)
    assert is_current() or name == "tree"  # which goes by the times of files


@pytest.mark.kustomize
def test_a_file_of_the_tree_that_changed_is_built_again(space: Space) -> None:
    """And one that is as it was is not."""
    name = "overlays/dev"
    Validation(run_in(space.root)).judge(name)
    text = space.read("gitops/base/web/service-web.yaml")
    space.write("gitops/base/web/service-web.yaml", f"{text}\n")
    assert not Validation(run_in(space.root)).is_current(name)
    space.write("gitops/base/web/service-web.yaml", text)
    assert Validation(run_in(space.root)).is_current(name)

"""A proof holds for the very tree and specs it was made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lab import lab, run_in
from mintage.manifest import Manifest
from mintage.tasks.compare import whole_tree
from mintage.tasks.prove import expected, in_namespace, is_recorded, prove

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
@pytest.mark.parametrize("environment", ["", "dev", "prod"])
def test_a_proof_is_remembered_until_something_changes(space: Space, environment: str) -> None:
    """A file of the tree, or a spec."""
    run = run_in(space.root)
    assert not is_recorded(run, environment)
    prove(run, environment)
    assert is_recorded(run_in(space.root), environment)
    text = space.read("gitops/base/web/service-web.yaml")
    space.write("gitops/base/web/service-web.yaml", f"{text}\n")
    assert not is_recorded(run_in(space.root), environment)
    space.write("gitops/base/web/service-web.yaml", text)
    assert is_recorded(run_in(space.root), environment)
    space.edit("specs/web.yaml", "8080", "8081")
    assert not is_recorded(run_in(space.root), environment)

"""The model of a workspace: objects as the specs render them, with the files on disk behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lab import lab, run_in
from mintage.tasks.model import Model

if TYPE_CHECKING:
    from pathlib import Path

    from mintage.testing import Space


@pytest.fixture
def rendered(tmp_path: Path) -> Space:
    """Return the lab, rendered."""
    space = lab(tmp_path / "lab")
    assert space.run("render").code == 0
    return space


def test_every_environment_is_a_root(rendered: Space) -> None:
    """With the namespace and the values of the environment."""
    roots = {root.folder: root for root in Model(run_in(rendered.root)).tree.roots}
    assert list(roots) == ["gitops/overlays/dev", "gitops/overlays/prod"]
    store = roots["gitops/overlays/prod"].get("Deployment", "store")
    assert store is not None
    assert (store.namespace, store.at("spec", "replicas")) == ("lab-prod", 3)
    assert {place.file for place in store.locate(("spec", "replicas"))} == {
        "specs/store.yaml",
        "gitops/overlays/prod/patches/deployment-store.yaml",
        "gitops/base/storage/deployment-store.yaml",
    }


def test_objects_are_known_by_their_component(rendered: Space) -> None:
    """In every root."""
    found = Model(run_in(rendered.root)).of_component
    assert {(folder, item.kind) for folder, item in found["storage"] if item.kind == "Deployment"} == {
        ("gitops/overlays/dev", "Deployment"),
        ("gitops/overlays/prod", "Deployment"),
    }


def test_what_settings_leave_out_is_no_part_of_it(rendered: Space) -> None:
    """Nor are other workspaces inside this one, nor what was built."""
    rendered.write("lab/a.yaml", "a: b\n")
    rendered.write("other/dodo.py", "")
    rendered.write("other/a.yaml", "a: b\n")
    rendered.write("mine/a.yaml", "a: b\n")
    system = rendered.read("specs/system.yaml")
    rendered.write("specs/system.yaml", f"{system}validation: {{exclude: [mine]}}\n")
    paths = Model(run_in(rendered.root)).files.paths
    assert "lab/a.yaml" in paths
    assert [path for path in paths if path.startswith(("other/", "mine/", "build/"))] == []

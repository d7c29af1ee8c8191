"""Mintage writes into the workspace and nowhere else: it follows no link."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mintage.testing import Space


@pytest.mark.parametrize("link", ["gitops", "gitops/base", "gitops/base/web", "gitops/overlays/prod"])
def test_a_folder_that_is_a_link_is_refused(space: Space, link: str) -> None:
    """The folder it leads to stays empty."""
    outside = space.root.parent / "outside"
    outside.mkdir()
    (space.root / link).parent.mkdir(parents=True, exist_ok=True)
    (space.root / link).symlink_to(outside)
    outcome = space.run("render")
    assert outcome.code == 1
    message = (
        f"{link}: error[file-outside]: a folder of the rendered tree is a link\n  = replace it by a folder\n"
    )
    assert outcome.stderr.startswith(message)
    assert list(outside.iterdir()) == []


def test_a_file_that_is_a_link_is_in_the_way(space: Space) -> None:
    """It is not Mintage's, whatever it leads to."""
    target = space.write("mine.yaml", "mine\n")
    space.write("gitops/base/README", "ours\n")
    (space.root / "gitops/base/kustomization.yaml").symlink_to(target)
    outcome = space.run("render")
    assert outcome.code == 1
    assert "gitops/base/kustomization.yaml: error[file-in-the-way]" in outcome.stderr
    assert space.read("mine.yaml") == "mine\n"


def test_a_spec_may_be_a_link_inside_the_workspace(space: Space) -> None:
    """Two environments of a repository may share files."""
    (space.root / "shared").mkdir()
    (space.root / "specs/web.yaml").rename(space.root / "shared/web.yaml")
    (space.root / "specs/web.yaml").symlink_to("../shared/web.yaml")
    assert space.run("render").code == 0


def test_a_spec_that_leads_out_of_the_workspace_is_refused(space: Space) -> None:
    """A clone would not have it."""
    outside = space.root.parent / "web.yaml"
    (space.root / "specs/web.yaml").rename(outside)
    (space.root / "specs/web.yaml").symlink_to(outside)
    outcome = space.run("render")
    assert outcome.code == 1
    assert "specs/web.yaml: error[file-outside]: the link leaves the workspace\n" in outcome.stderr

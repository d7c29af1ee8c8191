"""Workspaces to run doit in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lab import lab

if TYPE_CHECKING:
    from pathlib import Path

    from mintage.testing import Space


@pytest.fixture
def space(tmp_path: Path) -> Space:
    """Return a workspace with specs, not rendered yet."""
    return lab(tmp_path / "lab")


@pytest.fixture
def rendered(space: Space) -> Space:
    """Return the same workspace, rendered."""
    outcome = space.run("render")
    assert outcome.code == 0, outcome.stderr
    return space


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder runs doit."""
    for item in items:
        if "e2e" in item.path.parts:
            item.add_marker(pytest.mark.e2e)

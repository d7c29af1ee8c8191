"""Workspaces to run doit in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mintage.testing import Space

if TYPE_CHECKING:
    from pathlib import Path

SYSTEM = """\
kind: System
name: lab
environments:
  dev: {namespace: lab-dev}
  prod: {namespace: lab-prod}
"""
STORE = """\
kind: Workload
name: store
component: storage
image: registry.test/store:1
replicas: 1
ports: {api: 9000}
volumes: {/data: {pvc: {size: 1Gi}}}
environments:
  dev: {volumes: {/data: {pvc: null, emptyDir: {}}}}
  prod: {replicas: 3}
"""
WEB = """\
kind: Workload
name: web
image: registry.test/web:1
ports: {http: 8080}
env: {STORE: "@store"}
identity: robot
environments:
  prod: {replicas: 2}
"""
ROBOT = """\
kind: Identity
name: robot
component: web
clusterRules: ["pods: read"]
"""


def lab(root: Path) -> Space:
    """Make the workspace of most tests: a store with a claim, and a web service that refers to it."""
    space = Space(root)
    for name, text in (("system", SYSTEM), ("store", STORE), ("web", WEB), ("robot", ROBOT)):
        space.write(f"specs/{name}.yaml", text)
    return space


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

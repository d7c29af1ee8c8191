"""The key of a component covers what it is rendered from, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lab import STORE, lab
from mintage.tasks.generator import generator
from mintage.tasks.key import component_inputs, key
from mintage.workspace.load import Workspace

if TYPE_CHECKING:
    from pathlib import Path

    from mintage.testing import Space


@pytest.fixture
def space(tmp_path: Path) -> Space:
    """Return a workspace."""
    return lab(tmp_path)


def keys(space: Space, generator: str = "test") -> dict[str, str]:
    """Return the key of each component."""
    workspace = Workspace(space.root, generator)
    return {name: key(component_inputs(workspace, entries)) for name, entries in workspace.components.items()}


def changed(space: Space, before: dict[str, str]) -> set[str]:
    """Return the components whose key is another one now."""
    return {name for name, found in keys(space).items() if before[name] != found}


def test_inputs_can_be_read(space: Space) -> None:
    """The list that explains a key is the list it is made of."""
    workspace = Workspace(space.root, "test")
    assert [name for name, _ in component_inputs(workspace, workspace.components["web"])] == [
        "mintage",
        "specs/system.yaml",
        "specs/robot.yaml",
        "specs/web.yaml",
        "exports of robot",
        "exports of store",
    ]


def test_the_same_specs_have_the_same_keys(space: Space) -> None:
    """In another process, on another day."""
    assert keys(space) == keys(space)


@pytest.mark.parametrize(
    ("path", "old", "new", "components"),
    [
        ("specs/web.yaml", "replicas: 2", "replicas: 3", {"web"}),
        ("specs/robot.yaml", "pods", "jobs.batch", {"web"}),
        ("specs/store.yaml", "replicas: 3", "replicas: 4", {"storage"}),
        ("specs/store.yaml", "9000", "9001", {"storage", "web"}),
        ("specs/store.yaml", "  prod: {replicas: 3}", "  prod: {ports: {more: 1}}", {"storage", "web"}),
        ("specs/system.yaml", "lab-dev", "lab-test", {"storage", "web"}),
    ],
)
def test_a_change_reaches_those_it_concerns(
    space: Space, path: str, old: str, new: str, components: set[str]
) -> None:
    """Others see a service through its export only, in any environment."""
    before = keys(space)
    space.edit(path, old, new)
    assert changed(space, before) == components


def test_another_generator_changes_every_key(space: Space) -> None:
    """What another version rendered is not believed."""
    assert not set(keys(space).values()) & set(keys(space, "other").values())


def test_a_selector_sees_services_come_and_go(space: Space) -> None:
    """What it means is part of the key."""
    space.write(
        "specs/rules.yaml",
        "kind: Traffic\nname: rules\nallow: [{name: a, to: Workload/*, from: anywhere}]\n",
    )
    before = keys(space)
    space.write("specs/new.yaml", STORE.replace("name: store", "name: new").replace("storage", "other"))
    assert {name for name, found in keys(space).items() if before.get(name) != found} == {"other", "rules"}


def test_the_generator_is_stable_and_covers_the_code() -> None:
    """A digest, the same for the same code."""
    assert generator() == generator()
    assert len(generator()) == 64

"""A workspace is read once; what did not change is not parsed again, and what depends on a change is checked again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lab import STORE, WEB, lab
from mintage.errors import MintageError
from mintage.workspace.load import Workspace

if TYPE_CHECKING:
    from pathlib import Path

    from mintage.testing import Space


@pytest.fixture
def space(tmp_path: Path) -> Space:
    """Return a workspace."""
    return lab(tmp_path)


def opened(space: Space, generator: str = "test") -> Workspace:
    """Open the workspace, and save what was found out."""
    workspace = Workspace(space.root, generator)
    workspace.save_index()
    return workspace


def problems(space: Space) -> list[tuple[str, str]]:
    """Return place and message of each problem."""
    with pytest.raises(MintageError) as caught:
        Workspace(space.root, "test")
    return [(str(problem.location), problem.message) for problem in caught.value.problems]


def parsed(space: Space, generator: str = "test") -> set[str]:
    """Return the specs that are parsed when the workspace is opened."""
    return set(opened(space, generator)._variants)


def test_components_are_in_the_order_of_the_system(space: Space) -> None:
    """The others follow by name."""
    assert list(opened(space).components) == ["storage", "web"]
    space.edit("specs/system.yaml", "name: lab\n", "name: lab\ncomponents: [web]\n")
    assert list(opened(space).components) == ["web", "storage"]
    assert [entry.name for entry in opened(space).components["web"]] == ["robot", "web"]


def test_what_did_not_change_is_not_parsed_again(space: Space) -> None:
    """A comment in one spec costs one spec."""
    everything = {"specs/robot.yaml", "specs/store.yaml", "specs/web.yaml"}
    assert parsed(space) == everything
    assert parsed(space) == set()
    space.write("specs/web.yaml", f"# new\n{WEB}")
    assert parsed(space) == {"specs/web.yaml"}
    assert parsed(space) == set()


def test_another_system_or_another_mintage_parses_everything(space: Space) -> None:
    """What they found out may not hold."""
    parsed(space)
    assert len(parsed(space, "other")) == 3
    space.edit("specs/system.yaml", "lab-dev", "lab-test")
    assert len(parsed(space, "other")) == 3


def test_the_index_is_written_only_when_it_is_new(space: Space) -> None:
    """A run that does nothing writes nothing."""
    opened(space)
    target = space.root / "build/state/index.json"
    before = target.stat()
    opened(space)
    assert target.stat() == before


def test_a_workspace_from_the_index_is_like_one_that_was_read(space: Space) -> None:
    """Components, exports and places are the same."""
    first, second = opened(space), opened(space)
    assert list(first.index.entries) == list(second.index.entries)
    assert [entry.uses for entry in first.index.entries.values()] == [
        entry.uses for entry in second.index.entries.values()
    ]
    assert dict(first.exports("prod")) == dict(second.exports("prod"))
    assert second.exports("dev")["store"].ports == {"api": 9000}


def test_a_change_elsewhere_breaks_a_reference_at_its_own_place(space: Space) -> None:
    """The spec that refers is not parsed again, and still knows its lines."""
    opened(space)
    space.edit("specs/store.yaml", "ports: {api: 9000}\n", "")
    assert problems(space) == [("specs/web.yaml:5:14", "`store` has no Service to refer to")]
    space.write("specs/store.yaml", STORE.replace("name: store", "name: shop"))
    assert problems(space) == [("specs/web.yaml:5:14", "no service is called `store`")]


def test_a_service_that_is_only_somewhere_cannot_be_referred_to_everywhere(space: Space) -> None:
    """The message says where it is."""
    opened(space)
    space.edit("specs/store.yaml", "  dev: {volumes: {/data: {pvc: null, emptyDir: {}}}}\n", "")
    space.write("specs/store.yaml", space.read("specs/store.yaml") + "only: [prod]\n")
    assert problems(space) == [
        ("specs/web.yaml:5:14", "`store` does not exist in the base and in `dev`: it is `only` in prod")
    ]


def test_a_reference_to_the_wrong_kind_is_a_problem(space: Space) -> None:
    """A workload is no identity."""
    space.edit("specs/web.yaml", "identity: robot", "identity: store")
    assert problems(space) == [("specs/web.yaml:6:11", "`store` is of kind Workload, expected Identity")]


def test_two_services_of_one_name_are_a_problem(space: Space) -> None:
    """The second one is named, with the place of the first."""
    space.write("specs/zoo.yaml", STORE)
    assert problems(space) == [
        ("specs/zoo.yaml:2:7", "a service called `store` stands already at specs/store.yaml:2:7")
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("components: [storge]", "no service has the component `storge`"),
        ("defaults: {Wrkload: {}}", "unknown kind `Wrkload`"),
    ],
)
def test_a_system_that_speaks_of_what_is_not_there_is_a_problem(
    space: Space, line: str, message: str
) -> None:
    """It would silently do nothing."""
    space.edit("specs/system.yaml", "name: lab\n", f"name: lab\n{line}\n")
    assert [found[1] for found in problems(space)] == [message]


def test_a_selector_that_means_nothing_is_a_problem(space: Space) -> None:
    """At its own place in system.yaml."""
    space.edit("specs/system.yaml", "{namespace: lab-dev}", "{namespace: lab-dev, set: {Workload/x*: {}}}")
    assert problems(space) == [("specs/system.yaml:4:35", "no service matches `Workload/x*`")]


def test_all_files_are_judged_before_anything_is_said(space: Space) -> None:
    """Problems come by file and line."""
    space.edit("specs/web.yaml", "image", "imag")
    space.edit("specs/store.yaml", "replicas: 1", "replicas: x")
    assert [place for place, _ in problems(space)] == [
        "specs/store.yaml:5:11",
        "specs/web.yaml:1:1",
        "specs/web.yaml:3:1",
    ]


def test_a_broken_spec_still_counts_as_a_name(space: Space) -> None:
    """What refers to it is not blamed."""
    space.edit("specs/store.yaml", "replicas: 1", "replicas: x")
    assert [place for place, _ in problems(space)] == ["specs/store.yaml:5:11"]


def test_problems_are_not_remembered(space: Space) -> None:
    """Only what is right is saved."""
    opened(space)
    space.edit("specs/store.yaml", "replicas: 1", "replicas: x")
    assert problems(space) == problems(space)
    space.write("specs/store.yaml", STORE)
    assert list(opened(space).components) == ["storage", "web"]


def test_a_file_that_a_spec_names_is_part_of_it(space: Space) -> None:
    """Its change is the spec's change; what is missing is reported where it is named."""
    spec = "kind: Monitoring\nname: eyes\ndashboards: [{name: board, file: board.json, key: b.json}]\n"
    space.write("specs/eyes.yaml", spec)
    space.write("specs/board.json", '{"title": "one"}')
    before = opened(space).by_name["eyes"]
    space.write("specs/board.json", '{"title": "two"}')
    after = opened(space).by_name["eyes"]
    assert before.files["board.json"] != after.files["board.json"]
    (space.root / "specs/board.json").unlink()
    (problem,) = problems(space)
    assert problem[0].startswith("specs/eyes.yaml:3:")

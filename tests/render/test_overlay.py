"""An overlay pairs objects by identity: it patches, adds and deletes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintage.errors import MintageError
from mintage.manifest import Manifest
from mintage.render.overlay import belongs_outside, by_key, compute


def made(
    kind: str = "Deployment", name: str = "web", api: str = "apps/v1", identity: str = "", **fields: Any
) -> Manifest:
    """Return an object."""
    document = {"apiVersion": api, "kind": kind, "metadata": {"name": name}, **fields}
    return Manifest(document, origin="spec", identity=identity)


def overlay(base: list[Manifest], target: list[Manifest]) -> Any:
    """Return the overlay between two lists of objects."""
    return compute(by_key(base), by_key(target))


def test_what_is_the_same_needs_nothing() -> None:
    """Most objects are."""
    found = overlay([made(spec=1)], [made(spec=1)])
    assert (found.patches, found.resources) == ([], [])


def test_what_differs_is_patched() -> None:
    """The target is exactly this object; the body is a guarded patch."""
    (patch,) = overlay([made(spec=1)], [made(spec=2)]).patches
    assert patch.file == "patches/deployment-web.yaml"
    assert patch.target == {"group": "apps", "version": "v1", "kind": "Deployment", "name": "web"}
    assert [operation["op"] for operation in patch.body] == ["test", "replace"]
    assert (patch.origin, patch.renames) == ("spec", False)


def test_what_is_only_in_the_environment_is_a_resource() -> None:
    """Of the overlay, as it is."""
    added = made("ConfigMap")
    assert overlay([], [added]).resources == [added]


def test_what_is_only_in_the_base_is_deleted() -> None:
    """By a patch that Kustomize refuses where it finds nothing to delete."""
    (patch,) = overlay([made("Service", api="v1")], []).patches
    assert patch.body == {
        "$patch": "delete",
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
    }


def test_an_object_may_have_another_name_in_an_environment() -> None:
    """It is the same by identity; the patch must be allowed to rename."""
    (patch,) = overlay(
        [made("ClusterRole", "a-robot", identity="robot")], [made("ClusterRole", "b-robot", identity="robot")]
    ).patches
    assert patch.renames
    assert patch.target["name"] == "a-robot"
    assert patch.file == "patches/clusterrole-robot.yaml"


def test_the_core_group_has_no_name() -> None:
    """Kustomize takes an absent group for it."""
    (patch,) = overlay([made("Service", api="v1", spec=1)], [made("Service", api="v1", spec=2)]).patches
    assert patch.target == {"version": "v1", "kind": "Service", "name": "web"}


@given(st.text("ab.*+?()[]{}^$|\\:-", min_size=1, max_size=8))
def test_a_target_means_its_object_and_no_other(name: str) -> None:
    """A name is a regular expression to Kustomize: every character that means more is escaped."""
    (patch,) = overlay([made(name=name, spec=1)], [made(name=name, spec=2)]).patches
    assert re.fullmatch(patch.target["name"], name)
    assert not re.fullmatch(patch.target["name"], f"{name}a")
    assert not any(
        re.fullmatch(patch.target["name"], name[:at] + "x" + name[at + 1 :]) for at in range(len(name))
    )


def test_kinds_of_two_groups_get_files_of_their_own() -> None:
    """Both are called Gateway."""
    base = [made("Gateway", api="a.io/v1", spec=1), made("Gateway", api="b.io/v1", spec=1)]
    target = [made("Gateway", api="a.io/v1", spec=2), made("Gateway", api="b.io/v1", spec=2)]
    assert [patch.file for patch in overlay(base, target).patches] == [
        "patches/gateway-web.yaml",
        "patches/gateway.b.io-web.yaml",
    ]


@pytest.mark.parametrize(
    ("origins", "message"), [(("a", "b"), "`b` and `a` both make it"), (("a", "a"), "`a` makes it twice")]
)
def test_an_object_that_is_made_twice_is_refused(origins: tuple[str, str], message: str) -> None:
    """The error names the services."""
    with pytest.raises(MintageError) as caught:
        by_key([Manifest(made().document, origin=origin) for origin in origins])
    (problem,) = caught.value.problems
    assert (problem.location.file, problem.id, problem.message) == ("Deployment web", "object-twice", message)


def test_an_object_with_a_namespace_of_its_own_stays_out_of_the_base() -> None:
    """The overlay's namespace would be forced on it."""
    pinned = Manifest({"apiVersion": "v1", "kind": "Role", "metadata": {"name": "a", "namespace": "b"}})
    assert belongs_outside(pinned)
    assert not belongs_outside(made())

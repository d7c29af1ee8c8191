"""A scope is all a kind may know while it renders."""

from __future__ import annotations

from mintage.render.scope import Scope, resolved
from mintage.spec.exports import Export
from mintage.spec.system import Environment, System

SYSTEM = System(
    kind="System",
    name="lab",
    namespace="home",
    labels={"team": "a"},
    environments={"dev": Environment(namespace="lab-dev"), "prod": Environment()},
)
HERE = Export(kind="Workload", name="here", component="c", service="here", ports={"api": 1})
THERE = Export(
    kind="Workload", name="there", component="c", service="there", ports={"api": 2}, namespace="other"
)
EXPORTS = {"there": THERE, "here": HERE}


def scope(environment: str | None = "dev", home: str = "") -> Scope:
    """Return a scope."""
    return Scope(SYSTEM, environment, EXPORTS, {"a.json": "text"}, home)


def test_the_namespace_is_that_of_the_environment() -> None:
    """The system's where it names none, and in the base."""
    assert [scope(name).namespace for name in ("dev", "prod", None)] == ["lab-dev", "home", "home"]


def test_a_host_is_short_inside_its_namespace() -> None:
    """And fully qualified from any other."""
    assert scope().host(HERE) == "here"
    assert scope().host(THERE) == "there.other.svc.cluster.local"
    assert scope(home="other").host(THERE) == "there"
    assert scope(home="other").host(HERE) == "here.lab-dev.svc.cluster.local"


def test_references_are_resolved_wherever_strings_stand() -> None:
    """In lists and mappings; everything else stays as it is."""
    value = {"a": ["@here", {"b": "@there.host"}], "@here": 1, "c": "@@x", "d": None, "e": True}
    assert resolved(value, scope()) == {
        "a": ["http://here:1", {"b": "there.other.svc.cluster.local"}],
        "@here": 1,
        "c": "@x",
        "d": None,
        "e": True,
    }


def test_services_are_selected_by_name() -> None:
    """In the order of their names, whatever the order of the specs."""
    assert [export.name for export in scope().select("Workload/*")] == ["here", "there"]
    assert [export.name for export in scope().select("there")] == ["there"]
    assert scope().select("Gateway/*") == []


def test_labels_say_what_an_object_belongs_to() -> None:
    """Those of the system, then those of the object."""
    assert scope().labels("web", "front", app="web") == {
        "app.kubernetes.io/name": "web",
        "app.kubernetes.io/component": "front",
        "app.kubernetes.io/part-of": "lab",
        "app.kubernetes.io/managed-by": "mintage",
        "team": "a",
        "app": "web",
    }


def test_names_without_namespace_carry_that_of_the_environment() -> None:
    """So that environments do not share them."""
    assert {scope(name).cluster_name("robot") for name in ("dev", "prod")} == {"lab-dev:robot", "home:robot"}


def test_files_are_found_by_name() -> None:
    """Those that the spec names."""
    assert scope().file("a.json") == "text"

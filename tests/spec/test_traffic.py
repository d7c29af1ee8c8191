"""What a Traffic spec refuses, and which services it looks at."""

from __future__ import annotations

import pytest

from mintage.errors import MintageError
from mintage.source import read
from mintage.spec.decode import Layer, Layers, decode
from mintage.spec.fields import Reference
from mintage.spec.traffic import Namespaces, Traffic


def parsed(*entries: str) -> Traffic:
    """Return a spec with these entries."""
    text = "kind: Traffic\nname: net\nallow:\n" + "".join(f"- {entry}\n" for entry in entries)
    document = read("specs/net.yaml", text.encode())
    return decode(document.value, Traffic, Layers((Layer(document),)))


def refused(*entries: str) -> list[tuple[str, str, str]]:
    """Return the problems of these entries: place, message and advice."""
    with pytest.raises(MintageError) as caught:
        parsed(*entries)
    return [(str(problem.location), problem.message, problem.advice) for problem in caught.value.problems]


def test_callers_are_a_word_or_a_list_of_namespaces() -> None:
    """`from` takes both forms, under the name that YAML has for it."""
    spec = parsed(
        "{name: a, to: all, from: namespace}",
        "{name: b, to: web, from: anywhere}",
        "{name: c, to: web, from: {namespaces: [monitoring]}}",
    )

    assert [entry.from_ for entry in spec.allow] == [
        "namespace",
        "anywhere",
        Namespaces(namespaces=("monitoring",)),
    ]


def test_an_unknown_caller_is_refused_with_the_known_ones() -> None:
    """A misspelt word is answered with the word that was meant."""
    assert refused("{name: a, to: all, from: anywere}") == [
        (
            "specs/net.yaml:4:28",
            "expected one of `anywhere`, `namespace`, got the string 'anywere'",
            "did you mean `anywhere`?",
        )
    ]


def test_nobody_is_not_a_caller() -> None:
    """An empty list would be a policy that lets nothing in under a name that says it does."""
    assert refused("{name: a, to: web, from: {namespaces: []}}") == [
        ("specs/net.yaml:4:41", "expected at least 1 items, got 0 items", "")
    ]


def test_ports_need_a_service() -> None:
    """`all` has no ports that a name could belong to."""
    assert refused("{name: a, to: all, from: namespace, ports: [http]}") == [
        (
            "specs/net.yaml:4:39",
            "`to: all` opens every port of every pod; `ports` are those of a service",
            "name a service in `to`, or remove `ports`",
        )
    ]


def test_policies_have_names_of_their_own() -> None:
    """Two entries with one name would be one object."""
    assert refused("{name: a, to: all, from: namespace}", "{name: a, to: web, from: anywhere}") == [
        ("specs/net.yaml:5:10", "`a` stands twice", "rename one of the two")
    ]


def test_it_refers_to_its_targets_and_to_all_services_it_must_miss() -> None:
    """A new service anywhere can make a selector unsound, so the spec depends on all of them."""
    spec = parsed("{name: a, to: all, from: namespace}", "{name: b, to: ModelServer/*, from: anywhere}")

    assert list(spec.references()) == [
        Reference(("allow", 1, "to"), "ModelServer/*"),
        Reference(("allow",), "*/*"),
    ]


def test_a_policy_for_all_pods_refers_to_nobody() -> None:
    """It is the same whatever the services are."""
    assert list(parsed("{name: a, to: all, from: namespace}").references()) == []

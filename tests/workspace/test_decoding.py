"""A spec becomes one typed value for the base and one for each environment."""

from __future__ import annotations

from typing import Any

import pytest

from mintage.errors import MintageError
from mintage.source import read
from mintage.spec.decode import Layer, Layers, decode
from mintage.spec.system import System
from mintage.spec.workload import Workload
from mintage.workspace.decoding import Variant, sketch, uses, variants

SYSTEM = """\
kind: System
name: lab
environments:
  dev: {set: {Workload/*: {replicas: 2, env: {FROM: set}}, web: {env: {BY: name}}}}
  prod: {}
defaults:
  Workload: {replicas: 9, env: {FROM: defaults}, strategy: Recreate}
"""
WEB = "kind: Workload\nname: web\nimage: a:1\n"


def made(text: str, system: str = SYSTEM) -> dict[str, Variant]:
    """Return the variants of a spec."""
    document = read("specs/system.yaml", system.encode())
    typed = decode(document.value, System, Layers((Layer(document),)))
    return variants(read("specs/web.yaml", text.encode()), typed, document)


def specs(text: str) -> dict[str, Workload]:
    """Return the typed specs by environment."""
    found = {}
    for name, variant in made(text).items():
        assert isinstance(variant.spec, Workload)
        found[name] = variant.spec
    return found


def problems(text: str, system: str = SYSTEM) -> list[tuple[str, str, str]]:
    """Return place, id and message of each problem."""
    with pytest.raises(MintageError) as caught:
        made(text, system)
    return [(str(problem.location), problem.id, problem.message) for problem in caught.value.problems]


def test_deltas_are_laid_over_one_another_in_order() -> None:
    """Defaults, spec, what the system sets, and last what the spec itself says of the environment."""
    assert {name: spec.replicas for name, spec in specs(WEB).items()} == {"": 9, "dev": 2, "prod": 9}
    assert {name: spec.replicas for name, spec in specs(f"{WEB}replicas: 3\n").items()} == {
        "": 3,
        "dev": 2,
        "prod": 3,
    }
    own = specs(f"{WEB}replicas: 3\nenvironments: {{dev: {{replicas: 4}}}}\n")
    assert {name: spec.replicas for name, spec in own.items()} == {"": 3, "dev": 4, "prod": 3}


def test_mappings_merge_and_lists_are_replaced() -> None:
    """Key by key, to any depth."""
    found = specs(f"{WEB}args: [a, b]\nenv: {{X: 1}}\nenvironments: {{prod: {{args: [c], env: {{Z: 2}}}}}}\n")
    assert found["prod"].args == ("c",)
    assert found["prod"].env == {"FROM": "defaults", "X": 1, "Z": 2}
    assert found["dev"].env == {"FROM": "set", "X": 1, "BY": "name"}


def test_null_takes_a_value_away() -> None:
    """Also one that the defaults have brought."""
    assert specs(f"{WEB}strategy: null\n")[""].strategy == "RollingUpdate"
    found = specs(f"{WEB}env: {{X: 1}}\nenvironments: {{prod: {{env: {{X: null, FROM: null}}}}}}\n")
    assert found["prod"].env == {}


@pytest.mark.parametrize(("base", "delta"), [("1", "true"), ("true", "1"), ("0", "false")])
def test_a_delta_of_another_type_is_a_delta(base: str, delta: str) -> None:
    """To Python 1 and true are equal."""
    found = specs(f"{WEB}env: {{X: {base}}}\nenvironments: {{prod: {{env: {{X: {delta}}}}}}}\n")
    assert repr(found["prod"].env["X"]) == repr(read("x", f"x: {delta}".encode()).value["x"])


def test_an_environment_without_delta_shares_the_spec_of_the_base() -> None:
    """It is decoded once."""
    found = made(WEB)
    assert found["prod"].spec is found[""].spec
    assert found["dev"].spec is not found[""].spec


def test_a_problem_is_placed_where_the_value_comes_from() -> None:
    """In the spec, in the environment's part of it, or in system.yaml."""
    assert problems(f"{WEB}environments: {{dev: {{replicas: x}}}}\n") == [
        ("specs/web.yaml:4:32", "spec-invalid", "expected an integer, got the string 'x'")
    ]
    place, _, _ = problems(WEB, SYSTEM.replace("replicas: 2", "replicas: x"))[0]
    assert place.startswith("specs/system.yaml:4:")


def test_all_environments_are_judged() -> None:
    """Not only the first that is wrong."""
    found = problems(f"{WEB}environments: {{dev: {{replicas: x}}, prod: {{imag: y}}, test: {{}}}}\n")
    assert [(id_, message) for _, id_, message in found] == [
        ("spec-invalid", "expected an integer, got the string 'x'"),
        ("spec-unknown-field", "unknown field `imag`"),
        ("environment-unknown", "no environment is called `test`"),
    ]


@pytest.mark.parametrize("field", ["name: other", "component: other", "only: [dev]", "namespace: other"])
def test_a_delta_cannot_move_a_service(field: str) -> None:
    """Neither its own nor the system's."""
    message = f"`{field.partition(':')[0]}` is the same in every environment"
    assert message in {found[2] for found in problems(f"{WEB}environments: {{dev: {{{field}}}}}\n")}
    assert message in {found[2] for found in problems(WEB, SYSTEM.replace("replicas: 2", field))}


@pytest.mark.parametrize(
    ("text", "id_", "message"),
    [
        ("[]", "spec-invalid", "expected a mapping with `kind` and `name`"),
        ("name: web", "spec-missing-field", "required field `kind` is missing"),
        ("kind: Wrkload", "spec-unknown-kind", "unknown kind `Wrkload`"),
        ("kind: System", "spec-unknown-kind", "a workspace has one `System`, in `specs/system.yaml`"),
        ("kind: [a]", "spec-unknown-kind", "unknown kind `['a']`"),
    ],
)
def test_what_is_no_spec_is_said(text: str, id_: str, message: str) -> None:
    """In one sentence."""
    assert problems(text)[0][1:] == (id_, message)


def test_uses_tell_where_and_in_which_environments_something_is_referred_to() -> None:
    """Once for each place; a service that does not exist somewhere refers to nothing there."""
    text = f'{WEB}env: {{A: "@store", B: "@@no"}}\nidentity: robot\nenvironments: {{dev: {{env: {{A: "@other/x"}}}}}}\n'
    found = {
        (use.name, use.environments, use.place[1], use.kinds)
        for use, problem in uses(made(text))
        if not problem
    }
    assert found == {
        ("store", ("", "prod"), 4, ()),
        ("other", ("dev",), 6, ()),
        ("robot", ("", "dev", "prod"), 5, ("Identity",)),
    }
    only = uses(made(f'{WEB}only: [prod]\nenv: {{A: "@store"}}\n'))
    assert [use.environments for use, _ in only] == [("prod",)]


def test_a_malformed_reference_is_a_problem_at_its_place() -> None:
    """It would end up in the cluster as it stands."""
    ((_, problem),) = uses(made(f'{WEB}args: ["--a=@Store"]\n'))
    assert problem is not None
    assert (str(problem.location), problem.id) == ("specs/web.yaml:4:8", "reference-malformed")
    assert problem.message == "`@Store` is not a reference"


@pytest.mark.parametrize(
    ("text", "name"),
    [("{", None), ("[]", None), ("kind: X", None), ("name: [a]", None), ("name: web", "web")],
)
def test_a_sketch_has_a_name_or_is_none(text: str, name: str | None) -> None:
    """It stands for a spec with errors when others refer to it."""
    found: Any = sketch("specs/web.yaml", text.encode())
    assert (found and found.name) == name


def test_a_sketch_knows_the_references_in_its_strings() -> None:
    """They are checked although the rest is wrong."""
    found = sketch("specs/web.yaml", b'kind: X\nname: web\nenv: {A: "@store", B: "@Bad"}\n')
    assert found is not None
    assert [(use.name, use.place[1]) for use in found.uses] == [("store", 3)]

"""A reference holds in the environment it is made in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mintage.testing import Space

CANARY = "kind: Workload\nname: canary\nimage: registry.test/canary:1\nports: {api: 7000}\nonly: [prod]\n"


def test_a_delta_may_refer_to_what_exists_in_its_environment_only(space: Space) -> None:
    """The base never looks at what prod says."""
    space.write("specs/canary.yaml", CANARY)
    space.edit("specs/web.yaml", "prod: {replicas: 2}", 'prod: {env: {CANARY: "@canary"}}')
    outcome = space.run("render")
    assert outcome.code == 0, outcome.stderr
    assert "http://canary:7000" in space.read("gitops/overlays/prod/patches/deployment-web.yaml")


def test_a_delta_may_refer_to_a_port_of_its_environment_only(space: Space) -> None:
    """As long as the port is there where the reference is."""
    space.edit("specs/store.yaml", "prod: {replicas: 3}", "prod: {ports: {admin: 9001}}")
    space.edit("specs/web.yaml", "prod: {replicas: 2}", 'prod: {env: {ADMIN: "@store:admin"}}')
    outcome = space.run("render")
    assert outcome.code == 0, outcome.stderr
    assert "http://store:9001" in space.read("gitops/overlays/prod/patches/deployment-web.yaml")


def test_a_reference_to_what_another_environment_has_is_an_error(space: Space) -> None:
    """It names the environments in which nothing is there."""
    space.write("specs/canary.yaml", CANARY)
    space.edit("specs/web.yaml", 'env: {STORE: "@store"}', 'env: {STORE: "@canary"}')
    outcome = space.run("render")
    assert (outcome.code, outcome.stderr) == (
        1,
        (
            "specs/web.yaml:5:14: error[reference-unknown]: `canary` does not exist in the base and in `dev`:"
            " it is `only` in prod\n"
            ' 5 | env: {STORE: "@canary"}\n'
            "   |              ^^^^^^^^^\n"
            "  = refer to it in those environments only\n"
        ),
    )


def test_a_field_cannot_reach_another_namespace(space: Space) -> None:
    """A ServiceAccount of elsewhere would be none."""
    space.edit("specs/robot.yaml", "component: web\n", "component: web\nnamespace: other\n")
    outcome = space.run("render")
    assert outcome.code == 1
    assert (
        "error[reference-namespace]: `robot` lives in namespace `other`, and this field reaches its own only"
        in outcome.stderr
    )


def test_an_escaped_sign_is_a_reference_too(space: Space) -> None:
    """YAML spells the same string in several ways."""
    space.edit("specs/web.yaml", '"@store"', r'"\x40store"')
    assert space.run("render").code == 0
    assert "http://store:9000" in space.read("gitops/base/web/deployment-web.yaml")


def test_a_variable_that_reads_as_something_else_is_an_error(space: Space) -> None:
    """The program would get 3.1."""
    space.edit(
        "specs/web.yaml", 'env: {STORE: "@store"}', "env: {PY: 3.10, LIVE: true, SIZE: 4, RATE: 1234567.5}"
    )
    outcome = space.run("render")
    assert outcome.stderr == (
        "specs/web.yaml:5:11: error[env-misread]: `3.10` is read as 3.1, and a program would see that\n"
        " 5 | env: {PY: 3.10, LIVE: true, SIZE: 4, RATE: 1234567.5}\n"
        "   |           ^^^^\n"
        '  = write "3.10" in quotes if it is text\n'
    )
    space.edit("specs/web.yaml", "PY: 3.10", 'PY: "3.10"')
    assert space.run("render").code == 0
    written = space.read("gitops/base/web/deployment-web.yaml")
    assert [text in written for text in ('"3.10"', '"true"', '"4"', '"1234567.5"')] == [True] * 4

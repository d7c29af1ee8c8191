"""Two objects of one cluster never share an identity, and a patch never means two objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mintage.testing import Space

DELIVERY = "delivery: {argocd: {repository: https://git.test/lab.git}}\n"
RAW = "kind: Raw\nname: extra\nobjects:\n  one: {apiVersion: %s, kind: %s, metadata: {name: thing}, spec: {a: 1}}\n"


def test_namespaces_and_names_that_run_into_each_other_do_not_collide(space: Space) -> None:
    """`lab` + `dev-robot` and `lab-dev` + `robot` are two names."""
    space.write("specs/robot2.yaml", 'kind: Identity\nname: dev-robot\nclusterRules: ["nodes: read"]\n')
    space.edit("specs/system.yaml", "prod: {namespace: lab-prod}", "prod: {namespace: lab}")
    outcome = space.run("render")
    assert outcome.code == 0, outcome.stderr
    names = {
        line.split()[-1]
        for path, data in space.files().items()
        for line in data.decode().splitlines()
        if "clusterrole-" in path and "robot" in line and ("name: lab" in line or "value: lab" in line)
    }
    assert names == {"lab:robot", "lab-dev:robot", "lab:dev-robot", "lab-dev:dev-robot"}


def test_an_object_that_two_environments_would_share_is_refused(space: Space) -> None:
    """The Application that syncs last would win."""
    space.write("specs/extra.yaml", RAW % ("rbac.authorization.k8s.io/v1", "ClusterRole"))
    with (space.root / "specs/system.yaml").open("a") as file:
        file.write(DELIVERY)
    outcome = space.run("render")
    assert (outcome.code, outcome.stderr.splitlines()[:2]) == (
        1,
        [
            "ClusterRole thing: error[object-twice]: `extra` makes it in `dev` and in `prod`, which share a cluster",
            "  = give it a name of its own in each environment, or make it in one with `only`",
        ],
    )


def test_a_patch_that_would_mean_a_pinned_object_too_is_refused(space: Space) -> None:
    """Kustomize's targets know no namespace."""
    pinned = RAW % ("apps/v1", "Deployment")
    space.write("specs/extra.yaml", pinned.replace("name: thing", "name: web, namespace: other"))
    outcome = space.run("render")
    assert outcome.code == 1
    assert outcome.stderr.splitlines()[:2] == [
        (
            "Deployment web: error[object-twice]: the patch of another Deployment web would change it too:"
            " a patch knows no namespace"
        ),
        "  = rename one of them; this one is of `extra`",
    ]


def _not_proved(space: Space) -> list[str]:
    """Return what Kustomize does not build as the specs render it; other findings are not asked for."""
    outcome = space.run("validate", "--only", "yaml-invalid")
    assert outcome.stderr == ""
    return [line for line in outcome.stdout.splitlines() if "error[" in line]


@pytest.mark.kustomize
def test_a_custom_object_without_namespace_gets_none(space: Space) -> None:
    """Kustomize assumes that custom kinds have one; the project of Argo CD must allow it."""
    text = RAW % ("kueue.x-k8s.io/v1beta2", "ClusterQueue")
    space.write("specs/extra.yaml", f"{text}clusterScoped: [one]\nonly: [prod]\n")
    with (space.root / "specs/system.yaml").open("a") as file:
        file.write(DELIVERY)
    assert space.run("render").code == 0
    assert _not_proved(space) == []
    assert "kind: ClusterQueue" in space.read("gitops/argocd/appproject.yaml")


@pytest.mark.kustomize
def test_a_role_binding_to_another_namespaces_account_stays_as_it_is(space: Space) -> None:
    """The overlay's namespace is for objects, not for what they point at."""
    space.write(
        "specs/extra.yaml",
        "kind: Raw\nname: extra\nobjects:\n  one:\n    apiVersion: rbac.authorization.k8s.io/v1\n    kind: RoleBinding\n"
        "    metadata: {name: one}\n    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: one}\n"
        "    subjects: [{kind: ServiceAccount, name: default, namespace: zoo}]\n",
    )
    assert space.run("render").code == 0
    assert _not_proved(space) == []


@pytest.mark.kustomize
def test_a_system_without_a_base_is_proved_too(space: Space) -> None:
    """When every service is of some environment only, there is nothing to lay the overlays over."""
    for name in ("store", "web", "robot"):
        with (space.root / f"specs/{name}.yaml").open("a") as file:
            file.write("only: [dev, prod]\n")
    assert space.run("render").code == 0
    assert _not_proved(space) == []

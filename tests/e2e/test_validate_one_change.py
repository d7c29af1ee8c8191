"""After a change, only what may be affected is looked at again; a report never shows what was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mintage.testing import Space

ROOTS = ["base", "overlays/dev", "overlays/prod", "tree"]


def _looked_at(stdout: str) -> list[str]:
    return [line.split()[1] for line in stdout.splitlines() if line.startswith("validate ")]


def _report(stdout: str) -> str:
    return "".join(line for line in stdout.splitlines(keepends=True) if not line.startswith("validate "))


def _as_anew(space: Space) -> str:
    """Return the report of a run that knows nothing."""
    assert space.run("forget", "validate").code == 0
    return _report(space.run("validate").stdout)


@pytest.fixture
def validated(rendered: Space) -> Space:
    """Return a workspace with a finding in the store, validated."""
    rendered.edit("specs/store.yaml", "store:1", "store:latest")
    assert rendered.run("render").code == 0
    outcome = rendered.run("validate")
    assert "image-latest" in outcome.stdout
    return rendered


def test_a_changed_spec_is_looked_at_with_all_roots(validated: Space) -> None:
    """The other component is not: what checks ask of the rest of the tree is asked of the roots."""
    validated.edit("specs/web.yaml", "web:1", "web:latest")
    assert validated.run("render").code == 0
    outcome = validated.run("validate")
    assert _looked_at(outcome.stdout) == ["base/web", *ROOTS]
    assert outcome.stdout.count("warning[image-latest]") == 2
    assert _report(outcome.stdout) == _as_anew(validated)


def test_a_rendered_file_edited_by_hand_moves_its_findings(validated: Space) -> None:
    """The place of the object as it is written is part of the report."""
    path = "gitops/base/storage/deployment-store.yaml"
    validated.write(path, "# mine\n" + validated.read(path))
    outcome = validated.run("validate")
    assert _looked_at(outcome.stdout)[0] == "base/storage"
    assert _report(outcome.stdout) == _as_anew(validated)


def test_an_edited_kustomization_concerns_every_component(validated: Space) -> None:
    """It may patch any of them."""
    path = "gitops/overlays/prod/kustomization.yaml"
    validated.write(path, "# mine\n" + validated.read(path))
    outcome = validated.run("validate")
    assert _looked_at(outcome.stdout) == ["base/storage", "base/web", *ROOTS]
    assert _report(outcome.stdout) == _as_anew(validated)


def test_a_file_beside_the_tree_concerns_the_roots(validated: Space) -> None:
    """Recipes of images, scripts and documents are looked at there."""
    validated.write("Dockerfile", "FROM scratch\n")
    assert _looked_at(validated.run("validate").stdout) == ROOTS


def test_a_removed_component_leaves_no_findings(validated: Space) -> None:
    """Nor does it stay in the state."""
    validated.edit("specs/web.yaml", ' {STORE: "@store"}', " {}")
    (validated.root / "specs/store.yaml").unlink()
    assert validated.run("render").code == 0
    outcome = validated.run("validate")
    assert "store" not in outcome.stdout
    assert _report(outcome.stdout) == _as_anew(validated)


def test_changed_settings_hold_at_once(validated: Space) -> None:
    """A finding that is accepted is not shown, and one that is not found is told."""
    rules = "validation:\n  accept:\n    - {check: image-latest, object: %s, reason: pinned by the mirror}\n"
    system = validated.read("specs/system.yaml")
    validated.write("specs/system.yaml", system + rules % "Deployment/store")
    outcome = validated.run("validate")
    assert "image-latest" not in outcome.stdout
    assert "suppressed  1 finding\n" in outcome.stdout
    validated.write("specs/system.yaml", system + rules % "Deployment/shop")
    outcome = validated.run("validate")
    assert "warning[image-latest]" in outcome.stdout
    assert (
        "specs/system.yaml:8:15: warning[suppression-unused]: `accept` names `image-latest` of `Deployment/shop`, which is not found"
        in outcome.stdout
    )


@pytest.mark.kustomize
def test_a_hand_edited_tree_is_not_what_the_specs_render(validated: Space) -> None:
    """And is told until it is put right."""
    path = "gitops/base/storage/deployment-store.yaml"
    text = validated.read(path)
    validated.edit(path, "replicas: 1", "replicas: 7")
    outcome = validated.run("validate")
    assert outcome.code == 1
    assert (
        "gitops/base: error[overlay-not-render]: Deployment store differs at .spec.replicas" in outcome.stdout
    )
    assert validated.run("validate").code == 1
    validated.write(path, text)
    assert validated.run("validate").code == 0

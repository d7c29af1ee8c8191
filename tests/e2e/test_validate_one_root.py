"""A task of a validation that is chosen alone reports what it is for, and fails by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mintage.testing import Space


def test_a_root_alone_is_reported_with_its_components(rendered: Space) -> None:
    """As somebody sees it who delivers this one."""
    rendered.edit("specs/store.yaml", "store:1", "store:latest")
    rendered.run("render")
    outcome = rendered.run("validate:overlays/prod")
    assert outcome.code == 0
    assert "checked     8 objects in 1 root, with " in outcome.stdout
    assert "warning[image-latest]" in outcome.stdout
    assert "Deployment lab-prod/store (in gitops/overlays/prod)" in outcome.stdout
    assert "dev" not in outcome.stdout


def test_a_component_alone_is_reported(rendered: Space) -> None:
    """And nothing is said of acceptances that others may need."""
    rendered.edit("specs/web.yaml", "web:1", "web:latest")
    path = "specs/store.yaml"
    rendered.write(path, rendered.read(path) + "# mintage: accept-file[image-latest] one tag\n")
    rendered.run("render")
    outcome = rendered.run("validate:base/web")
    assert outcome.code == 0
    assert "specs/web.yaml:3:8: warning[image-latest]" in outcome.stdout
    assert "suppression-unused" not in outcome.stdout
    assert "suppression-unused" in rendered.run("validate").stdout


def test_it_fails_by_itself(rendered: Space) -> None:
    """Where its findings are bad enough; the other root may be fine."""
    rendered.edit(
        "specs/store.yaml", "prod: {replicas: 3}", "prod: {replicas: 3, image: 'registry.test/store:latest'}"
    )
    rules = "validation: {failOn: warning, skip: [missing-resources, missing-readiness]}\n"
    rendered.write("specs/system.yaml", rendered.read("specs/system.yaml") + rules)
    rendered.run("render")
    assert rendered.run("validate:overlays/prod").code == 1
    assert rendered.run("validate:overlays/dev").code == 0
    assert rendered.run("validate:base/web").code == 0
    assert rendered.run("validate").code == 1

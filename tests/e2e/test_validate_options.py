"""What a validation of the workspace is asked for on the command line."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mintage.testing import Space


@pytest.mark.parametrize(
    ("option", "text"),
    [
        (
            ("--format", "jsn"),
            "--format: error[option-unknown]: `jsn` is not a value of --format\n  = did you mean `json`?\n",
        ),
        (
            ("--fail-on", "eror"),
            "--fail-on: error[option-unknown]: `eror` is not a value of --fail-on\n  = did you mean `error`?\n",
        ),
        (
            ("--only", "image-latst"),
            "--only, --skip: error[check-unknown]: no check is called `image-latst`\n  = did you mean `image-latest`?\n",
        ),
    ],
)
def test_words_that_mean_nothing_are_refused_before_anything_is_looked_at(
    rendered: Space, option: tuple[str, ...], text: str
) -> None:
    """With the nearest word that does."""
    outcome = rendered.run("validate", *option)
    assert (outcome.code, outcome.stdout, outcome.stderr) == (1, "", text)


@pytest.mark.parametrize("format", ["json", "sarif", "junit"])
def test_a_format_is_written_to_a_file(rendered: Space, format: str) -> None:  # noqa: A002 - the option's name
    """Beside the text on the terminal, also when nothing has changed."""
    rendered.run("validate")
    suffix = {"junit": "xml"}.get(format, format)
    outcome = rendered.run("validate", "--format", format)
    assert outcome.code == 0
    assert outcome.stdout.endswith(f"build/reports/validate.{suffix}: the same as {format}\n")
    text = rendered.read(f"build/reports/validate.{suffix}")
    assert ET.fromstring(text).tag == "testsuites" if suffix == "xml" else json.loads(text)  # noqa: S314 - our own


def test_a_group_can_be_chosen_and_left_out(rendered: Space) -> None:
    """As `group/*`."""
    outcome = rendered.run("validate", "--only", "resources/*", "--skip", "missing-resources")
    assert outcome.stdout.splitlines()[-1] == "no findings"
    assert (
        rendered.run("validate", "--only", "resources/*").stdout.splitlines()[-1] == "2 warnings in 2 files"
    )


def test_without_kustomize_the_rest_is_validated(rendered: Space) -> None:
    """That nothing was proved is a finding: a gate that passes without looking is no gate."""
    outcome = rendered.run("validate", env={"PATH": "/nowhere"})
    assert (outcome.code, outcome.stderr) == (0, "")
    assert (
        "gitops: warning[kustomize-missing]: neither kubectl nor kustomize is on PATH: it is not proved that"
        " Kustomize builds what the specs render\n"
        "  = in gitops/base, gitops/overlays/dev, gitops/overlays/prod\n"
        "  = install kubectl 1.31 or newer, or kustomize 5.1\n"
    ) in outcome.stdout
    assert rendered.run("validate", "--fail-on", "warning", env={"PATH": "/nowhere"}).code == 1
    assert "kustomize-missing" not in rendered.run("validate").stdout


def test_a_system_without_environments_is_its_base(space: Space) -> None:
    """Which is then the root that is delivered."""
    space.write("specs/system.yaml", "kind: System\nname: lab\n")
    for name in ("store", "web"):
        text = space.read(f"specs/{name}.yaml")
        space.write(f"specs/{name}.yaml", text[: text.index("environments:")])
    assert space.run("render").code == 0
    outcome = space.run("validate")
    assert (outcome.code, outcome.stderr) == (0, "")
    assert "roots       gitops/base  8 objects" in outcome.stdout


def test_components_may_be_called_like_environments(space: Space) -> None:
    """Their tasks have other names."""
    space.edit("specs/store.yaml", "component: storage", "component: prod")
    space.edit("specs/web.yaml", "name: web\n", "name: web\ncomponent: overlays\n")
    assert space.run("render").code == 0
    outcome = space.run("validate")
    assert outcome.code == 0
    looked_at = [line.split()[1] for line in outcome.stdout.splitlines() if line.startswith("validate ")]
    assert {"base/prod", "base/overlays", "overlays/prod"} <= {*looked_at}


@pytest.mark.kustomize
def test_the_namespaces_of_environments_are_declared(rendered: Space) -> None:
    """`specs/system.yaml` names them; nobody has to say so twice."""
    outcome = rendered.run("validate", "--only", "namespace-undeclared", "--fail-on", "info")
    assert outcome.code == 0, outcome.stdout

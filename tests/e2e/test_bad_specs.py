"""Mistakes are reported all at once, each with its place and what to do; nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lab import render_of

if TYPE_CHECKING:
    from mintage.testing import Space

ALL = """\
specs/robot.yaml:4:16: error[spec-invalid]: expected `resources: verbs`, such as `pods, deployments.apps: read`, got `pods`
 4 | clusterRules: ["pods"]
   |                ^^^^^^
  = write rules such as `pods, deployments.apps: read`

specs/store.yaml:5:1: error[spec-unknown-field]: unknown field `replica`
 5 | replica: 1
   | ^^^^^^^
  = did you mean `replicas`?

specs/store.yaml:6:14: error[spec-invalid]: expected at most 65535, got 90000
 6 | ports: {api: 90000}
   |              ^^^^^

specs/web.yaml:5:14: error[reference-unknown]: no service is called `stroe`
 5 | env: {STORE: "@stroe"}
   |              ^^^^^^^^
  = did you mean `store`?

specs/x.yaml:1:7: error[spec-unknown-kind]: unknown kind `Wrkload`
 1 | kind: Wrkload
   |       ^^^^^^^
  = did you mean `Workload`?

specs/z.yml: error[spec-file-name]: a spec ends in `.yaml`, got `.yml`
  = rename the file

6 errors
"""


def _spoil(space: Space) -> None:
    space.edit("specs/store.yaml", "replicas: 1", "replica: 1")
    space.edit("specs/store.yaml", "9000", "90000")
    space.edit("specs/web.yaml", "@store", "@stroe")
    space.edit("specs/robot.yaml", "pods: read", "pods")
    space.write("specs/x.yaml", "kind: Wrkload\nname: odd\n")


def test_all_errors_of_all_files_are_shown_at_once(space: Space) -> None:
    """Whoever writes specs mends them in one go."""
    _spoil(space)
    outcome = space.run("render")
    assert (outcome.code, outcome.stdout) == (1, "")
    without_z = ALL.replace(ALL[ALL.index("specs/z.yml") : ALL.index("6 errors")], "").replace("6 e", "5 e")
    assert outcome.stderr == without_z


def test_a_file_that_is_no_spec_hides_no_other_mistake(space: Space) -> None:
    """It may be the one that a reference is looking for; what is wrong for certain is still reported."""
    _spoil(space)
    space.write("specs/z.yml", "kind: Workload\n")
    outcome = space.run("render")
    unsure = ALL[ALL.index("specs/web.yaml") : ALL.index("specs/x.yaml")]
    assert outcome.stderr == ALL.replace(unsure, "").replace("6 e", "5 e")


@pytest.mark.parametrize(
    "command", [("render",), ("render", "--check"), ("validate",), ("-n", "2", "render")]
)
def test_every_command_that_needs_specs_fails(space: Space, command: tuple[str, ...]) -> None:
    """With the same words, and exit code 1."""
    _spoil(space)
    outcome = space.run(*command)
    assert (outcome.code, outcome.stdout) == (1, "")
    assert outcome.stderr.endswith("\n5 errors\n")
    assert "Traceback" not in outcome.stderr


def test_a_broken_spec_leaves_the_tree_as_it_was(rendered: Space) -> None:
    """Half a tree is worse than an old one."""
    before = rendered.files()
    _spoil(rendered)
    assert rendered.run("render").code == 1
    assert rendered.files() == before


def test_a_mended_spec_is_rendered(space: Space) -> None:
    """Nothing of the failure is remembered."""
    _spoil(space)
    assert space.run("render").code == 1
    for name, text in {"store": ("replica: 1", "replicas: 1"), "web": ("@stroe", "@store")}.items():
        space.edit(f"specs/{name}.yaml", *text)
    space.edit("specs/store.yaml", "90000", "9000")
    space.edit("specs/robot.yaml", '"pods"', '"pods: read"')
    (space.root / "specs/x.yaml").unlink()
    assert space.run("render").code == 0
    assert space.files() == render_of(space.root / "specs")


def test_a_reference_that_another_file_broke_is_reported_at_its_place(rendered: Space) -> None:
    """The spec that refers was not changed; the index knows where the reference stands."""
    (rendered.root / "specs/store.yaml").unlink()
    outcome = rendered.run("render")
    assert outcome.code == 1
    assert outcome.stderr == (
        "specs/web.yaml:5:14: error[reference-unknown]: no service is called `store`\n"
        ' 5 | env: {STORE: "@store"}\n'
        "   |              ^^^^^^^^\n"
        "  = known: `robot`, `web`\n"
    )


def test_an_object_that_two_components_make_is_refused(space: Space) -> None:
    """Kustomize would refuse the whole overlay, and name neither spec."""
    space.write(
        "specs/more.yaml", "kind: Workload\nname: more\nimage: a:1\nservice: web\nports: {http: 80}\n"
    )
    outcome = space.run("render")
    assert outcome.code == 1
    assert "Service web: error[object-twice]: `more` and `web` both make it\n  = rename" in outcome.stderr
    assert space.files() == {}

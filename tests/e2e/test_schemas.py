"""Schemas in a workspace: what goes wrong on a user's machine is told in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mintage.testing import Space

BOX = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
spec:
  group: example.io
  names: {kind: Box}
  versions:
  - {name: v1, served: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {a: {type: string}}}}}}}
"""


@pytest.mark.parametrize(
    ("path", "text", "args", "told"),
    [
        ("crds.yaml", "kind: CustomResourceDefinition\nspec:\n\t- a\n", ("import", "crds.yaml"), "crds.yaml:3:1: error[yaml-syntax]: "),
        ("crds.yaml", "kind: CustomResourceDefinition\n", ("import", "crds.yaml"), "crds.yaml:1:1: error[crd-invalid]: a CustomResourceDefinition without `spec.names`\n"),
        ("crds.yaml", "\x00\x01", ("import", "crds.yaml"), "crds.yaml:1:1: error[yaml-syntax]: "),
        ("schemas/example.io", "a file", ("list",), ""),
        ("schemas", BOX, ("import", "crd.yaml"), "error[write-failed]: cannot write: "),
        ("schemas/example.io/Box_v1.json", "{", ("list",), "error[schema-file-invalid]: the file is not a stored schema\n"),
        ("schemas.lock", "schemas: [\n", ("fetch",), "schemas.lock:2:1: error[yaml-syntax]: "),
        ("schemas.lock", "schemas:\n- nmae: x\n", ("list",), "schemas.lock:2:3: error[lock-invalid]: unknown field `nmae`\n"),
        ("specs/system.yaml", "kind: [\n", ("list",), "specs/system.yaml:2:1: error[yaml-syntax]: "),
    ],
)  # fmt: skip
def test_broken_files_are_errors_with_a_place(
    space: Space, path: str, text: str, args: tuple[str, ...], told: str
) -> None:
    """Exit code 1 and never a traceback."""
    space.write("crd.yaml", BOX)
    space.write(path, text)
    outcome = space.run("schemas", *args)
    assert "Traceback" not in outcome.stderr
    assert told in outcome.stderr
    assert outcome.code == (1 if told else 0)


def test_what_is_imported_is_listed_first(space: Space) -> None:
    """Beside a dodo.py, specs and what they say of the version."""
    space.write("crds/box.yaml", BOX)
    assert space.run("schemas", "import", "crds").code == 0
    outcome = space.run("schemas", "list")
    assert (outcome.code, outcome.stderr) == (0, "")
    assert (
        "Box               example.io/v1                   imported from crds/box.yaml (sha256:"
        in outcome.stdout
    )


def test_a_folder_that_may_not_be_written(space: Space) -> None:
    """Root may write everywhere, so a file stands where a folder is needed."""
    space.write("crd.yaml", BOX)
    space.write("schemas/example.io", "mine")
    outcome = space.run("schemas", "import", "crd.yaml")
    assert outcome.code == 1
    assert "error[write-failed]: cannot write: " in outcome.stderr
    assert space.read("schemas/example.io") == "mine"

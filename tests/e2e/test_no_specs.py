"""Where there is nothing to render, Mintage says how to begin."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from mintage.testing import Space

if TYPE_CHECKING:
    from pathlib import Path

CASES = {
    "specs/: error[workspace-no-specs]: the workspace has no folder `specs`\n  = create `specs/system.yaml` with `kind: System` and `name: ...`, and a spec beside it\n": {},
    "specs/system.yaml: error[workspace-no-system]: the file is missing\n  = create it with `kind: System` and `name: ...`\n": {
        "web": "kind: Workload\nname: web\nimage: a:1\n"
    },
    "specs/: error[workspace-no-specs]: there is no spec beside `system.yaml`\n  = add a spec such as `specs/web.yaml`\n": {
        "system": "kind: System\nname: lab\n"
    },
}


@pytest.mark.parametrize("message", CASES)
def test_what_is_missing_is_said(tmp_path: Path, message: str) -> None:
    """With exit code 1, and nothing rendered."""
    space = Space(tmp_path / "lab")
    for name, text in CASES[message].items():
        space.write(f"specs/{name}.yaml", text)
    assert space.run("render") == (1, "", message)
    assert not (space.root / "gitops").exists()


def test_a_tree_is_not_emptied_because_the_specs_are_gone(rendered: Space) -> None:
    """A checkout without specs is a mistake, not a wish."""
    before = rendered.files()
    shutil.rmtree(rendered.root / "specs")
    assert rendered.run("render").code == 1
    assert rendered.files() == before

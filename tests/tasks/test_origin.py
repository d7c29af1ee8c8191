"""A part of a rendered object leads back to the line of the spec that it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lab import lab, run_in
from mintage.tasks.model import Model

if TYPE_CHECKING:
    from pathlib import Path

    from mintage.tree.objects import Path as ValuePath


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("spec", "template", "spec", "containers", 0, "image"), "image:"),
        (("spec", "template", "spec", "containers", 0, "ports", 0, "containerPort"), "8080"),
        (("spec", "nothing", "like", "it"), "name: web"),
    ],
)
def test_a_value_is_found_in_its_spec(tmp_path: Path, path: ValuePath, text: str) -> None:
    """By the value or the name of the field; else the spec itself is named."""
    lab(tmp_path)
    run = run_in(tmp_path)
    model = Model(run)
    root = next(root for root in model.tree.roots if root.folder.endswith("prod"))
    item = root.get("Deployment", "web")
    assert item is not None
    (place, *_) = item.locate(path)
    assert place.file == "specs/web.yaml"
    assert text in (tmp_path / "specs/web.yaml").read_text().splitlines()[place.line - 1]

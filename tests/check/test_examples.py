"""The example of every check: the check fires in the bad tree, where it should, and not in the good one."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from judging import found_in
from mintage.check.example import example, examples
from mintage.check.table import checks
from mintage.schemas.store import Schemas
from mintage.tree.load import load
from mintage.tree.settings import read_settings

if TYPE_CHECKING:
    from pathlib import Path

    from mintage.finding import Finding
    from mintage.spec.validation import Validation


# Files that no text can stand for: too large, unreadable.
WITHOUT = {"file-too-large", "file-unreadable"}
UNBUILT = {"kustomize-missing"}  # shows where neither kubectl nor kustomize is on PATH


def found(folder: Path, side: str, id: str) -> list[Finding]:  # noqa: A002 - the field's name
    """Write one side of an example to a folder and return what its check finds there."""
    files = example(id)[side]
    before = example(id).get("before")
    written(folder / ".before", before or {})  # a hidden folder is no part of the tree
    if any(name.endswith("kustomization.yaml") for name in files) and not shutil.which("kubectl"):
        pytest.skip("kubectl is not on PATH")
    written(folder, files)
    settings = read_settings(folder)
    with pytest.MonkeyPatch.context() as patch:
        if id in UNBUILT:
            patch.setenv("PATH", "")
        tree = load(folder, settings=settings, **judged(settings))
    tree.before = load(folder / ".before") if before else None
    alone = checks()[id].on != "report"  # what is wrong with acceptances shows when the others have run
    return [finding for finding in found_in(tree, [id] if alone else []) if finding.id == id]


def written(folder: Path, files: dict[str, str]) -> None:
    """Write the files of an example to a folder."""
    for name, text in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def judged(settings: Validation | None) -> dict[str, Any]:
    """Return the schemas that judge the example."""
    return {"schemas": Schemas((settings and settings.kubernetes_version) or "1.32")}


@pytest.mark.parametrize("id", sorted(checks().keys() - WITHOUT))
def test_a_check_fires_in_its_bad_example(id: str, tmp_path: Path) -> None:  # noqa: A002
    """With a place in a file, a sentence and a line of what to do."""
    hits = found(tmp_path, "bad", id)
    assert hits, f"{id} does not fire in its example"
    for hit in hits:
        assert (tmp_path / hit.location.file).exists(), f"{hit.location} is no place in the example"
        assert hit.advice
        assert not hit.message.endswith(".")


@pytest.mark.parametrize("id", sorted(checks().keys() - WITHOUT))
def test_a_check_is_silent_in_its_good_example(id: str, tmp_path: Path) -> None:  # noqa: A002
    """What is right is not reported."""
    assert found(tmp_path, "good", id) == []


def test_every_example_belongs_to_a_check() -> None:
    """And every check has both trees."""
    assert set(examples()) == checks().keys() - WITHOUT
    assert [name for name in examples() if not (example(name)["bad"] and example(name)["good"])] == []

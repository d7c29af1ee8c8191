"""A check that must know more than an object is not answered by a component, and is by its root."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lab import lab, run_in
from mintage.check.interface import WARNING, Check, Hit
from mintage.tasks.apart import BeyondError, apart, of_object
from mintage.tree.objects import Object
from mintage.tree.tree import Tree, of_documents

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def _named(item: Object, _: Tree) -> Iterator[Hit]:
    yield Hit(f"it is called {item.name}", "", item)


def _lonely(item: Object, tree: Tree) -> Iterator[Hit]:
    yield Hit("it is there", "", item)
    if len(tree.objects) == 1:
        yield Hit("it is alone", "", item)


NAMED = Check("named", WARNING, "object", _named, "why", "fix")
LONELY = Check("lonely", WARNING, "object", _lonely, "why", "fix")


def test_a_check_that_looks_further_is_not_answered() -> None:
    """Not even half: its first hit counts no more than its second."""
    item = Object({"kind": "Pod", "metadata": {"name": "a"}})
    settings = apart(Tree(kubernetes_version="1.30"))
    assert [finding.message for finding in of_object(settings, item, NAMED) or ()] == ["it is called a"]
    assert of_object(settings, item, LONELY) is None


@pytest.mark.parametrize("name", ["roots", "objects", "files", "kustomizations", "before"])
def test_settings_are_all_that_is_seen(name: str) -> None:
    """Everything else is of other components, or of files."""
    settings = apart(of_documents({"a": []}, kubernetes_version="1.30"))
    assert (settings.kubernetes_version, settings.loose) == ("1.30", ())
    with pytest.raises(BeyondError):
        getattr(settings, name)


def test_components_and_roots_together_find_what_a_look_at_everything_finds(tmp_path: Path) -> None:
    """Nothing is lost between them, and nothing is found twice."""
    from mintage.check.run import findings, merged
    from mintage.check.table import checks
    from mintage.tasks.judging import Judging, _findings

    space = lab(tmp_path / "lab")
    space.edit("specs/store.yaml", "store:1", "store:latest")
    assert space.run("render").code == 0
    run = run_in(space.root)
    judging = Judging(run)
    names = ["base/storage", "base/web", "base", "overlays/dev", "overlays/prod", "tree"]
    parts = [found for name in names for found in _findings(judging.look(name)[0])]
    known = [found for found in parts if found.id in checks()]
    assert merged(("", found) for found in known) == findings(judging.model.tree, list(checks().values()))
    assert {found.id for found in known} >= {"image-latest", "missing-resources", "missing-readiness"}

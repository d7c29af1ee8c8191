"""Invariant: what we render is clean, and each check bites: one mutation of the rendered tree makes exactly it fire."""

from __future__ import annotations

import importlib
import pkgutil
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from check import mutations
from check.mutations.mutation import Mutation, Objects
from judging import found_in
from mintage.check.table import checks
from mintage.schemas.store import Schemas
from mintage.tree.load import load
from mintage.tree.objects import Object
from mintage.tree.tree import Root, Tree

pytestmark = pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not on PATH")
REPOSITORY = Path(__file__).parents[2]


def _all() -> dict[str, Mutation]:
    found: dict[str, Mutation] = {}
    for module in pkgutil.iter_modules(mutations.__path__):
        if module.name != "mutation":
            group = importlib.import_module(f"check.mutations.{module.name}").MUTATIONS
            found.update({mutation.id: mutation for mutation in group})
    return found


MUTATIONS = _all()


@cache
def settings() -> dict[str, Any]:
    """Return what the workspace says of its surroundings."""
    from mintage.tasks.generator import generator
    from mintage.workspace.load import Workspace

    system = Workspace(REPOSITORY, generator()).system
    return {
        "schemas": Schemas(system.kubernetes_version),
        "kubernetes_version": system.kubernetes_version,
        "externals": system.externals,
        "rules": system.validation,
    }


@cache
def rendered() -> Tree:
    """Return the rendered tree as it stands in the repository."""
    return load(REPOSITORY, "gitops", **settings())


@cache
def baseline() -> frozenset[tuple[str, str]]:
    """Return what is found without a mutation; a test says that it is nothing."""
    return frozenset((finding.id, finding.subject) for finding in found_in(rendered()))


def mutated(mutation: Mutation, folder: Path) -> Tree:
    """Return the tree after a mutation."""
    if mutation.files is not None:
        ignored = shutil.ignore_patterns("build", ".*", "tests", "docs", "src", "bench")
        shutil.copytree(REPOSITORY, folder, dirs_exist_ok=True, ignore=ignored)
        mutation.files(folder)
        return load(folder, "gitops", **settings())
    assert mutation.change is not None
    tree = rendered()
    objects = Objects({root.folder: [item.document for item in root.objects] for root in tree.roots})
    mutation.change(objects)
    roots = tuple(
        Root(
            root.folder,
            [Object(document) for document in objects.roots[root.folder]],
            kustomization=root.kustomization,
            reached=root.reached,
        )
        for root in tree.roots
    )
    return Tree(roots, files=tree.files, kustomizations=tree.kustomizations, **settings())


def changed(mutation: Mutation, folder: Path) -> Tree:
    """Return the tree after a mutation, with what it is compared to and judged by."""
    tree = mutated(mutation, folder)
    tree.before = rendered() if mutation.since else None
    tree.rules = mutation.rules or tree.rules
    return tree


@pytest.mark.parametrize("id", MUTATIONS)
def test_a_mutation_makes_its_check_fire_and_no_other(
    id: str,  # noqa: A002
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On the object that was changed."""
    mutation, known = MUTATIONS[id], baseline()
    if not mutation.kubectl:
        monkeypatch.setenv("PATH", "")
    found = {(hit.id, hit.subject) for hit in found_in(changed(mutation, tmp_path))} - known
    assert {name for name, _ in found} == {id, *mutation.also}
    assert mutation.subject in {subject for name, subject in found if name == id}


def test_the_rendered_tree_is_clean() -> None:
    """In every environment, of every severity; what is accepted says why in `specs/system.yaml`."""
    assert baseline() == frozenset()


def test_every_check_has_its_mutation() -> None:
    """One for each."""
    assert checks().keys() == MUTATIONS.keys()

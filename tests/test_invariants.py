"""What holds for every system: overlays are renders, guards bite, and a tree does not depend on its history."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonpatch
import pytest
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st

from lab import run_in
from mintage.check import proof
from mintage.errors import MintageError
from mintage.manifest import CLUSTER_SCOPED
from mintage.render.patch import identical
from mintage.source import read_stream
from mintage.tasks.compare import whole_tree
from mintage.tasks.prove import expected
from mintage.testing import Space
from mintage.tree.build import command
from random_specs import ENVIRONMENTS, Specs, systems, write

if TYPE_CHECKING:
    from mintage.tasks.rebuild import Run

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
Object = dict[str, Any]


class Tree:
    """A rendered tree as Kustomize reads it: the part of Kustomize's language that Mintage uses, strictly."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self._files = files

    def documents(self, path: str) -> list[Any]:
        """Return the documents of a file."""
        return read_stream(path, self._files[path])

    def build(self, folder: str) -> list[Object]:
        """Return the objects of a folder: resources, then patches, then the namespace."""
        (body,) = self.documents(f"{folder}/kustomization.yaml")
        objects = [found for name in body.pop("resources", []) for found in self._resource(folder, name)]
        for patch in body.pop("patches", []):
            objects = self._patched(objects, folder, patch)
        for name in body.pop("transformers", []):
            for transformer in self.documents(f"{folder}/{name}"):
                _transform(objects, transformer)
        assert body.keys() == {"apiVersion", "kind"}
        return objects

    def _resource(self, folder: str, name: str) -> list[Object]:
        path = f"{folder}/{name}"
        while "../" in path:
            path = re.sub(r"[^/]+/\.\./", "", path, count=1)
        return self.documents(path) if path in self._files else self.build(path)

    def _patched(self, objects: list[Object], folder: str, patch: Object) -> list[Object]:
        body, *more = self.documents(f"{folder}/{patch['path']}")
        if patch["path"] == "targets.yaml":
            for target in (body, *more):
                kind = (target.pop("apiVersion"), target.pop("kind"), target.pop("metadata")["name"])
                assert target == {}, "it only asks for the object"
                assert len([found for found in objects if _names(found) == kind]) == 1
            return objects
        if isinstance(body, dict):
            assert body.pop("$patch") == "delete"
            (gone,) = [found for found in objects if proof.identity(found) == proof.identity(body)]
            return [found for found in objects if found is not gone]
        (hit,) = [found for found in objects if _is_meant(patch["target"], found)]
        changed = jsonpatch.apply_patch(hit, body)
        if changed["metadata"]["name"] != hit["metadata"]["name"]:
            assert patch["options"] == {"allowNameChange": True}
        return [changed if found is hit else found for found in objects]


def _names(found: Object) -> tuple[str, str, str]:
    return found["apiVersion"], found["kind"], found["metadata"]["name"]


def _is_meant(target: dict[str, str], found: Object) -> bool:
    group, _, version = found["apiVersion"].rpartition("/")
    names = {"group": group, "version": version, "kind": found["kind"], "name": found["metadata"]["name"]}
    return all(re.fullmatch(pattern, names[key]) for key, pattern in target.items())


def _transform(objects: list[Object], transformer: Object) -> None:
    """Give the namespace to what names none; or take it from what has none in a cluster."""
    if transformer["kind"] == "NamespaceTransformer":
        assert transformer["unsetOnly"] is True
        for found in objects:
            if found["kind"] not in CLUSTER_SCOPED:
                found["metadata"].setdefault("namespace", transformer["metadata"]["namespace"])
        return
    assert transformer["kind"] == "PatchTransformer"
    (operation,) = read_stream("patch", transformer["patch"].encode())[0]
    assert operation == {"op": "remove", "path": "/metadata/namespace"}
    (hit,) = [found for found in objects if _is_meant(transformer["target"], found)]
    hit["metadata"].pop("namespace", None)


def _opened(folder: Path) -> Run:
    """Open a workspace; a system that Mintage refuses is no example (Hypothesis complains when most are)."""
    try:
        return run_in(folder)
    except MintageError:
        reject()


def _assert_same(built: dict[proof.Key, Any], wanted: dict[proof.Key, Any]) -> None:
    assert [problem.message for problem in proof.differences("overlay", built, wanted)] == []


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
@given(systems())
def test_every_overlay_is_a_render(specs: Specs) -> None:
    """Patches, resources and deletions over the base give what the environment's own render gives."""
    with tempfile.TemporaryDirectory() as folder:
        write(Space(Path(folder)), specs)
        run = _opened(Path(folder))
        tree = Tree(dict(whole_tree(run).items()))
        for environment in ENVIRONMENTS:
            objects = tree.build(f"overlays/{environment}")
            built = {proof.identity(found): found for found in objects}
            assert len(built) == len(objects)
            _assert_same(built, expected(run, environment))


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
@given(systems())
def test_a_system_renders_the_same_bytes_whatever_the_order_of_its_files(specs: Specs) -> None:
    """The order in which files were written, and so stand in their folder, shows nowhere."""
    trees = []
    for names in (list(specs), list(reversed(specs))):
        with tempfile.TemporaryDirectory() as folder:
            write(Space(Path(folder)), {name: specs[name] for name in names})
            trees.append(dict(whole_tree(_opened(Path(folder))).items()))
    assert trees[0] == trees[1]


def _write_tree(folder: Path, specs: Specs) -> Run:
    write(Space(folder), specs)
    run = _opened(folder)
    for path, data in whole_tree(run).items():
        target = folder / "gitops" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return run


@pytest.mark.kustomize
@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=SLOW)
@given(st.integers(1, 8).flatmap(lambda count: st.tuples(*(systems(index) for index in range(count)))))
def test_kustomize_builds_of_every_overlay_what_is_rendered(batch: tuple[Specs, ...]) -> None:
    """Kubectl itself is the judge; several systems share a process by an umbrella."""
    builder = command()
    assert builder is not None
    with tempfile.TemporaryDirectory() as top:
        runs = [_write_tree(Path(top) / f"w{index}", specs) for index, specs in enumerate(batch)]
        for environment in ENVIRONMENTS:
            umbrella = Path(top) / environment
            umbrella.mkdir()
            resources = [f"../w{index}/gitops/overlays/{environment}" for index in range(len(batch))]
            (umbrella / "kustomization.yaml").write_text(json.dumps({"resources": resources}))
            wanted = {key: found for run in runs for key, found in expected(run, environment).items()}
            _assert_same(proof.build(builder, umbrella), wanted)


def _guards(tree: Tree, environment: str) -> list[tuple[Object, str]]:
    """Return the guards of an overlay: the target, and the pointer to a value of the base as it stands."""
    (body,) = tree.documents(f"overlays/{environment}/kustomization.yaml")
    found = []
    for patch in body.get("patches", []):
        operations, *_ = tree.documents(f"overlays/{environment}/{patch['path']}")
        for operation in operations if isinstance(operations, list) else []:
            if operation["op"] == "test":
                found.append((patch["target"], operation["path"]))
            elif operation["op"] != "replace" and re.search(r"/(\d+|-)$", operation["path"]):
                break  # from here on pointers mean a list that has been changed
    return found


def _changed(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return f"{value}x"
    if isinstance(value, int | float):
        return value + 1
    return {**value, "x": 1} if isinstance(value, dict) else [*value, "x"]


def _edit_base(folder: Path, target: dict[str, str], pointer: str) -> None:
    """Change the value at a pointer of the object that is meant, in the file of the base that holds it."""
    for path in (folder / "gitops/base").glob("*/*.yaml"):
        documents = read_stream(path.name, path.read_bytes())
        hits = [document for document in documents if "spec" in document or "kind" in document]
        for document in hits:
            if "metadata" in document and _is_meant(target, document):
                holder = jsonpatch.JsonPointer(pointer)
                holder.set(document, _changed(holder.resolve(document)))
                path.write_text("".join(f"---\n{json.dumps(part)}\n" for part in documents))
                return
    raise AssertionError(f"no object of the base is meant by {target}")


@pytest.mark.kustomize
@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(systems(), st.data())
def test_a_base_that_was_edited_by_hand_fails_to_build(specs: Specs, data: st.DataObject) -> None:
    """A change under a guard is never patched over in silence (under another name, the object is missed)."""
    builder = command()
    assert builder is not None
    with tempfile.TemporaryDirectory() as top:
        run = _write_tree(Path(top), specs)
        tree = Tree(dict(whole_tree(run).items()))
        guards = [
            (environment, *guard) for environment in ENVIRONMENTS for guard in _guards(tree, environment)
        ]
        assume(guards)
        environment, target, pointer = data.draw(st.sampled_from(guards))
        _edit_base(Path(top), target, pointer)
        overlay = f"{top}/gitops/overlays/{environment}"
        done = subprocess.run([*builder, overlay], capture_output=True, check=False, text=True)
    assert done.returncode != 0
    reason = "no resource matches strategic merge patch" if pointer == "/metadata/name" else "testing value"
    assert reason in done.stderr


def test_the_judge_of_this_module_is_strict() -> None:
    """1 and true are not the same, nor are objects with another order of list items."""
    assert not identical({"a": 1}, {"a": True})
    assert proof.first_difference([1, 2], [2, 1]) == "[0]: built 1, rendered 2"

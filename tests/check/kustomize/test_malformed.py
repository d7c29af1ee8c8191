"""Invariant: no value in a kustomization, a patch or a manifest makes loading or a check of these groups fail."""

from __future__ import annotations

import json
import random
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest

from mintage.check import gitops, kustomize
from mintage.check.example import example, examples
from mintage.check.run import findings
from mintage.source import read_all, walk
from mintage.tree.load import load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHECKS = (*kustomize.CHECKS, *gitops.CHECKS)
IDS = {check.id for check in CHECKS}
VALUES: tuple[Any, ...] = (
    None,
    7,
    "text",
    [],
    {},
    [{}],
    [[]],
    {"a": {"b": [1]}},
    [None, 3, "x", {}],
    {"name": 4, "path": []},
    True,
    "../..",
    "[",
)
KUSTOMIZATION = {
    "apiVersion": "kustomize.config.k8s.io/v1beta1",
    "kind": "Kustomization",
    "resources": ["server.yaml", "../more"],
    "components": ["../part"],
    "patches": [
        {"path": "patch.yaml", "target": {"kind": "Deployment", "labelSelector": "a=b"}, "options": {"allowNameChange": True}},
        {"patch": '[{"op": "replace", "path": "/spec/replicas", "value": 2}]', "target": {"name": "server"}},
    ],
    "patchesStrategicMerge": ["merge.yaml", "a: b\nc: d\n"],
    "images": [{"name": "a/b", "newName": "c/d", "newTag": "1"}],
    "replicas": [{"name": "server", "count": 2}],
    "labels": [{"pairs": {"a": "b"}, "includeSelectors": True}],
    "commonLabels": {"c": "d"},
    "commonAnnotations": {"e": "f"},
    "configMapGenerator": [{"name": "x", "literals": ["a=b"], "files": ["k=patch.yaml"], "envs": [], "behavior": "merge"}],
    "transformers": ["patch.yaml"],
    "helmCharts": [{"name": "x", "valuesFile": "server.yaml"}],
    "openapi": {"path": "x.json"},
    "namespace": "n",
    "namePrefix": "p-",
}  # fmt: skip
PATCH = [{"op": "add", "path": "/spec/replicas", "value": 3}, {"op": "test", "path": "/a/0/b", "value": 1}]
MERGE: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "server"},
    "spec": {"strategy": {"type": "Recreate"}, "template": {"spec": {"volumes": [{"name": "v", "emptyDir": {}}]}}},
}  # fmt: skip


def disturbed(value: Any, chance: random.Random) -> Any:
    """Return a copy in which a random subtree is something else."""
    copy = deepcopy(value)
    paths = [path[: chance.randint(1, len(path))] for path, _ in walk(copy) if path]
    if not paths:
        return chance.choice(VALUES)
    path = chance.choice(paths)
    holder = copy
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = deepcopy(chance.choice(VALUES))
    return copy


@pytest.mark.parametrize("seed", range(120))
def test_a_malformed_kustomization_is_no_traceback(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the kustomization, its patches and the object; what is built and what is not."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    if seed % 6:
        monkeypatch.setenv("PATH", "")
    values: dict[str, Any] = {
        "over/kustomization.yaml": KUSTOMIZATION,
        "over/patch.yaml": PATCH,
        "over/merge.yaml": MERGE,
    }
    spec: Any = {"replicas": 1, "template": {"spec": {"volumes": []}}}
    values["over/server.yaml"] = MERGE | {"spec": spec}
    for _ in range(3):
        name = chance.choice(list(values))
        values[name] = disturbed(values[name], chance)
    for name, value in values.items():
        target = tmp_path / name
        target.parent.mkdir(exist_ok=True)
        target.write_text(json.dumps(value), encoding="utf-8")
    tree = load(tmp_path)
    assert tree.roots
    findings(tree, CHECKS)


def documents(text: str) -> Iterator[Any]:
    """Yield the values of a file's documents."""
    for document in read_all("example", text.encode(), max_bytes=10**6, max_nodes=10**5):
        yield document.value


@pytest.mark.kustomize
@pytest.mark.parametrize("id", sorted(IDS & set(examples())))
def test_a_malformed_example_is_no_traceback(id: str, tmp_path: Path) -> None:  # noqa: A002
    """Whatever one of its values is replaced by."""
    chance = random.Random(id)  # noqa: S311 - no secret
    files = {**example(id)["bad"]}
    for attempt in range(4):
        folder = tmp_path / str(attempt)
        for name, text in files.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            values = [disturbed(value, chance) for value in documents(text)] if name.endswith(".yaml") else []
            target.write_text("\n---\n".join(map(json.dumps, values)) if values else text, encoding="utf-8")
        findings(load(folder), CHECKS)

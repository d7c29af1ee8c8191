"""Whatever stands in a manifest, the checks of references and images answer; what is malformed is the schema's business."""

from __future__ import annotations

import random
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from mintage.check import images, references
from mintage.check.example import example
from mintage.check.run import findings
from mintage.source import walk
from mintage.spec.validation import Externals, Rules
from mintage.tree.tree import of_documents

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKS = (*references.CHECKS, *images.CHECKS)
ODD: tuple[Any, ...] = (
    None, 7, True, -1.5, "", "a/b:c", "http://a.b.svc:99999", [], {}, ["x"], [None], {"x": None}, [[{}]], {"name": ["b"]},
)  # fmt: skip
SETTINGS: dict[str, Any] = {"externals": Externals(hosts=("x",)), "rules": Rules(first_party=("*",))}


def objects(id: str) -> Iterator[dict[str, Any]]:  # noqa: A002 - the field's name
    """Yield the objects of the bad example of a check."""
    for name, text in example(id)["bad"].items():
        if name.endswith(".yaml") and name != "mintage.yaml":
            yield from (
                item for item in yaml.safe_load_all(text) if isinstance(item, dict) and "kind" in item
            )


def put(document: Any, path: tuple[str | int, ...], value: Any) -> None:
    """Set what stands at a path."""
    for step in path[:-1]:
        document = document[step]
    document[path[-1]] = value


@pytest.mark.parametrize("seed", range(4))
def test_malformed_objects_crash_no_check(seed: int) -> None:
    """Parts of every example are replaced by something else, and all checks look at all of them."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    whole = [item for check in CHECKS for item in objects(check.id)]
    for _ in range(25):
        mutants = deepcopy(whole)
        for item in mutants:
            paths = [path for path, _ in walk(item) if path and path[0] not in {"kind", "apiVersion"}]
            put(item, rng.choice(paths), deepcopy(rng.choice(ODD)))
        tree = of_documents({"one": mutants, "two": deepcopy(mutants[::2])}, **SETTINGS)
        assert isinstance(findings(tree, CHECKS), list)


@pytest.mark.parametrize("key", [1, True, None])
def test_a_key_that_is_no_text_is_passed_over(key: Any) -> None:
    """In labels and annotations of objects and pods, and in the data of a ConfigMap that is asked for a key."""
    metadata = {"name": "a", "labels": {key: "x"}, "annotations": {key: "x"}}
    asked = {"name": "K", "valueFrom": {"configMapKeyRef": {"name": "a", "key": "1"}}}
    container = {"name": "c", "image": "x:1", "env": [asked]}
    template = {"metadata": metadata, "spec": {"containers": [container]}}
    documents = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {key: "x", "b": "y"}},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {"template": template}},
    ]
    hits = findings(of_documents({"a": documents}), CHECKS)
    assert "ref-key-missing" not in {hit.id for hit in hits}

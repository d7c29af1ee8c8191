"""Property: the checks of resources and of batch systems never crash, whatever stands where."""

from __future__ import annotations

import random
from copy import deepcopy
from typing import Any

import pytest

from mintage.check import batch, resources
from mintage.check.example import example
from mintage.check.run import findings
from mintage.source import read_all, walk
from mintage.spec.validation import Rules
from mintage.tree.tree import of_documents

CHECKS = (*resources.CHECKS, *batch.CHECKS)
_STRANGE: tuple[Any, ...] = (None, 0, -1, 1.5, 10**30, True, "", "x", "$(A)", "{{ .A }}", "'", "²", [], ["x"], [None], {}, {"a": None}, {1: 2}, [{}])  # fmt: skip


def documents() -> list[dict[str, Any]]:
    """Return the objects of all examples of these groups."""
    texts = [
        text
        for check in CHECKS
        for files in example(check.id).values()
        for name, text in files.items()
        if name != "mintage.yaml"
    ]
    return [
        document.value
        for text in texts
        for document in read_all("x", text.encode(), max_bytes=100_000, max_nodes=10_000)
    ]


def put(document: Any, path: tuple[str | int, ...], value: Any) -> None:
    """Replace what stands at a path."""
    for step in path[:-1]:
        document = document[step]
    document[path[-1]] = value


@pytest.mark.parametrize("seed", range(60))
def test_malformed_values_never_crash(seed: int) -> None:
    """Every part of the objects may be anything."""
    choose = random.Random(seed)  # noqa: S311 - not for secrets
    found = deepcopy(documents())
    for document in found:
        for _ in range(choose.randint(1, 3)):
            path = choose.choice([path for path, _ in walk(document) if path])
            put(document, path, deepcopy(choose.choice(_STRANGE)))
    rules = Rules(capacity={"nvidia.com/gpu": 1})
    assert isinstance(findings(of_documents({"a": found, "b": found[::3]}, rules=rules), CHECKS), list)

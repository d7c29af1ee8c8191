"""Property: the checks of batch workloads say nothing wrong of malformed values, they only must not crash."""

from __future__ import annotations

import random
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from mintage.check.batch import CHECKS
from mintage.check.example import example
from mintage.check.run import findings
from mintage.source import read_all, walk
from mintage.tree.tree import of_documents

_STRANGE: tuple[Any, ...] = (None, 0, -1, 1.5, True, "", "x", "$(A)", "{{ .A }}", "'", [], ["x"], [None], {}, {"a": None}, [{}])  # fmt: skip


def documents() -> list[dict[str, Any]]:
    """Return the objects of all examples of this group."""
    texts = [
        text
        for check in CHECKS
        for files in example(check.id).values()
        for name, text in files.items()
        if Path(name).name not in {"mintage.yaml", "kustomization.yaml"} and name.endswith(".yaml")
    ]
    return [
        document.value
        for text in texts
        for document in read_all("x", text.encode(), max_bytes=100_000, max_nodes=10_000)
    ]


@pytest.mark.parametrize("seed", range(20))
def test_malformed_values_never_crash(seed: int) -> None:
    """Every part of the objects may be anything, or missing."""
    choose = random.Random(seed)  # noqa: S311 - no secret
    found = deepcopy(documents())
    for document in found:
        for _ in range(choose.randint(1, 4)):
            *above, last = choose.choice([path for path, _ in walk(document) if path])
            inner: Any = document
            for step in above:
                inner = inner[step]
            if isinstance(inner, dict) and choose.random() < 0.3:
                del inner[last]
            else:
                inner[last] = deepcopy(choose.choice(_STRANGE))
    assert isinstance(findings(of_documents({"a": found, "b": found[::3]}), CHECKS), list)

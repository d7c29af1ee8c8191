"""Whatever stands in a manifest, the checks of network and routing answer; what is malformed is the schema's business."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from mintage.check import network, routing
from mintage.check.example import example
from mintage.check.run import findings
from mintage.source import walk
from mintage.tree.tree import of_documents

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKS = (*network.CHECKS, *routing.CHECKS)
ODD: tuple[Any, ...] = (
    None,
    7,
    True,
    -1.5,
    "",
    "$(X)",
    "a/b:c",
    [],
    {},
    ["x"],
    [None],
    {"x": None},
    [[{}]],
    {"a": ["b"]},
)


def documents(id: str) -> list[dict[str, Any]]:  # noqa: A002 - the field's name
    """Return the objects of the bad example of a check."""
    texts = (text for name, text in example(id)["bad"].items() if name != "mintage.yaml")
    return [document for text in texts for document in yaml.safe_load_all(text) if document]


def put(document: Any, path: tuple[str | int, ...], value: Any) -> None:
    """Set what stands at a path."""
    for step in path[:-1]:
        document = document[step]
    document[path[-1]] = value


def mutants(seed: int, each: int) -> Iterator[dict[str, list[dict[str, Any]]]]:
    """Yield two roots made of examples, each with some parts replaced by something else."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    names = [check.id for check in CHECKS]
    for _ in range(each):
        roots = {
            folder: [item for name in rng.sample(names, 4) for item in documents(name)]
            for folder in ("one", "two")
        }
        for objects in roots.values():
            for item in objects:
                for path in rng.sample([path for path, _ in walk(item) if path and path[0] != "kind"], 2):
                    try:
                        put(item, path, rng.choice(ODD))
                    except (TypeError, KeyError, IndexError):
                        continue  # an earlier change took the place away
        yield roots


@pytest.mark.parametrize("seed", range(10))
def test_no_value_makes_a_check_fail(seed: int) -> None:
    """Neither null, nor a number, nor a text or list where something else should stand."""
    for roots in mutants(seed, 12):
        for finding in findings(of_documents(roots), CHECKS):
            assert finding.message
            assert finding.advice

"""Property: checks say nothing wrong of malformed values, they only must not crash."""

from __future__ import annotations

import random
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mintage.check import ports, schema, security, structure
from mintage.check.example import example
from mintage.check.run import findings
from mintage.errors import MintageError
from mintage.schemas.store import Schemas
from mintage.source import read_all
from mintage.tree.tree import of_documents

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKS = (*structure.CHECKS, *schema.CHECKS, *ports.CHECKS, *security.CHECKS)
REPOSITORY = Path(__file__).parents[3]
_STRANGE: tuple[Any, ...] = (
    None, 0, -1, 1.5, True, "", "x", "$(A)", [], {}, [None], [1], ["a"], {"a": None}, {"name": 1}, [{"name": ["x"]}],
)  # fmt: skip
SCHEMAS = Schemas("1.32")


def documents() -> list[dict[str, Any]]:
    """Return the objects of the rendered base and of all examples of these groups."""
    texts = [
        path.read_text(encoding="utf-8") for path in sorted((REPOSITORY / "gitops/base").rglob("*.yaml"))
    ]
    texts += [text for check in CHECKS for text in example(check.id).get("bad", {}).values()]
    found = []
    for text in texts:
        try:
            found += [each.value for each in read_all("x", text.encode(), max_bytes=10**6, max_nodes=10**5)]
        except MintageError:
            continue  # the example of a broken file
    return [value for value in found if isinstance(value, dict) and "apiVersion" in value]


def paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of every part of a value."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in inner:
        yield from paths(item, (*path, step))


def damaged(document: dict[str, Any], choose: random.Random) -> dict[str, Any]:
    """Return an object in which two parts are something else."""
    result = deepcopy(document)
    for _ in range(2):
        *before, last = choose.choice([path for path in paths(result) if path and path != ("kind",)])
        part: Any = result
        for step in before:
            part = part[step]
        part[last] = deepcopy(choose.choice(_STRANGE))
    return result


@pytest.mark.parametrize("seed", range(12))
def test_malformed_values_never_crash(seed: int) -> None:
    """Whatever stands where something else should, in an object and in what it was before."""
    choose = random.Random(seed)  # noqa: S311 - no secret
    found = documents()
    assert len(found) > 60
    tree = of_documents(
        {"a": [damaged(document, choose) for document in found]},
        schemas=SCHEMAS,
        kubernetes_version="1.32",
        before=of_documents({"a": [damaged(document, choose) for document in found]}),
    )
    assert findings(tree, CHECKS)

"""Property: the checks of inference servers say nothing wrong of malformed values, they only must not crash."""

from __future__ import annotations

import random
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from mintage.check.example import example
from mintage.check.run import findings
from mintage.check.serving import CHECKS
from mintage.source import read_all, walk
from mintage.spec.validation import Rules
from mintage.tree.tree import of_documents

_STRANGE: tuple[Any, ...] = (None, 0, -1, 1.5, True, "", "x", "$(A)", "{{ .A }}", "'", [], ["x"], [None], {}, {"a": None}, [{}])  # fmt: skip


def documents() -> list[dict[str, Any]]:
    """Return the objects of all examples of this group."""
    texts = [
        text
        for check in CHECKS
        for files in example(check.id).values()
        for name, text in files.items()
        if Path(name).name != "mintage.yaml"
    ]
    return [
        document.value
        for text in texts
        for document in read_all("x", text.encode(), max_bytes=100_000, max_nodes=10_000)
    ]


def strange(choose: random.Random) -> Any:
    """Return a value that fits nowhere."""
    return deepcopy(choose.choice(_STRANGE))


def put(document: Any, path: tuple[str | int, ...], value: Any) -> None:
    """Replace what stands at a path."""
    for step in path[:-1]:
        document = document[step]
    document[path[-1]] = value


@pytest.mark.parametrize("seed", range(8))
def test_malformed_values_never_crash(seed: int) -> None:
    """Every part of the objects may be anything; texts inside them may be cut anywhere."""
    choose = random.Random(seed)  # noqa: S311 - no secret
    found = deepcopy(documents())
    for document in found:
        for _ in range(choose.randint(1, 3)):
            path, value = choose.choice([(path, value) for path, value in walk(document) if path])
            cut = isinstance(value, str) and len(value) > 1 and choose.random() < 0.5
            put(document, path, value[: choose.randrange(len(value))] if cut else strange(choose))
    tree = of_documents({"a": found, "b": found[::3]}, rules=Rules(disconnected=True))
    assert isinstance(findings(tree, CHECKS), list)


def test_malformed_configurations_never_crash() -> None:
    """The text of a configuration is YAML of any shape, too."""
    choose = random.Random(1)  # noqa: S311 - no secret
    for _ in range(300):
        document = {"apiVersion": "v1", "kind": "EndpointPickerConfig", "plugins": [{"type": "queue-scorer", "parameters": {"a": 1}}, {"type": "prefix-cache-scorer"}], "schedulingProfiles": [{"name": "p", "plugins": [{"pluginRef": "queue-scorer", "weight": 1}]}]}  # fmt: skip
        for _ in range(2):
            paths = [path for path, _ in walk(document) if path and path != ("kind",)]
            put(document, choose.choice(paths), strange(choose))
        service = {
            "apiVersion": "serving.kserve.io/v1alpha2",
            "kind": "LLMInferenceService",
            "metadata": {"name": "x"},
            "spec": {
                "router": {
                    "scheduler": {
                        "config": {"inline": document},
                        "template": {
                            "containers": [
                                {"name": "main", "image": "ghcr.io/llm-d/llm-d-inference-scheduler:v0.4.0"}
                            ]
                        },
                    }
                },
                "prefill": {"template": {"containers": [{"name": "main"}]}},
            },
        }
        assert isinstance(findings(of_documents({"a": [service]}), CHECKS), list)

"""Environment variables that would not come out as they stand in the file. No I/O.

Kubernetes refuses a variable that is not a string. A spec may write numbers and truths bare, so one that YAML reads
as something else than what is written (`3.10`, `0123`, `on`) must not pass in silence.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import yaml

from mintage.errors import Problem
from mintage.source import location, scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.source import Document


def misread_variables(document: Document) -> Iterator[Problem]:
    """Complain about bare environment variables that would not come out as they stand; Kubernetes refuses them."""
    for node, value in _misread_below(document, "env"):
        message = f"`{node.value}` is read as {json.dumps(value)}, and a program would see that"
        advice = f'write "{node.value}" in quotes if it is text'
        yield Problem(location(document.file, node), "env-misread", message, advice)


def _misread_below(document: Document, key: str) -> Iterator[tuple[yaml.Node, Any]]:
    """Yield bare scalars in mappings under a key that read as a number or a truth written otherwise (`3.10`, `on`)."""
    if document.root is not None:
        yield from _misread(document.root, key)


def _misread(node: yaml.Node, key: str) -> Iterator[tuple[yaml.Node, Any]]:
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _misread(item, key)
    elif isinstance(node, yaml.MappingNode):
        for name, item in node.value:
            yield from _misread(item, key)
            if name.value == key and isinstance(item, yaml.MappingNode):
                yield from _otherwise_written(item)


def _otherwise_written(mapping: yaml.MappingNode) -> Iterator[tuple[yaml.Node, Any]]:
    for _, item in mapping.value:
        if isinstance(item, yaml.ScalarNode):
            value = scalar(item)
            if isinstance(value, bool | int | float) and json.dumps(value) != item.value:
                yield item, value

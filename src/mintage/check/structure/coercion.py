"""Bare scalars that YAML reads as another type than their text says, where text is meant.

Knows the words that catch people (`on`, `0777`, `22:22`, `1.10`), and the fields whose values are always text. What a
schema already refuses at the same place is left to it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from mintage.check.interface import WARNING, Check, Hit
from mintage.check.schema.judged import places_of_errors
from mintage.errors import MintageError
from mintage.source import location, read_all
from mintage.tree.files import MAX_BYTES, MAX_NODES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.tree.tree import Tree

_WORD = r"[yYnN]|[yY]es|YES|[nN]o|NO|[oO]n|ON|[oO]ff|OFF"
_OCTAL = r"[-+]?0[0-7_]+"
_SIXTY = r"[0-9]+(?::[0-5]?[0-9])+"
_FLOAT = r"[0-9]+\.[0-9]+|[0-9][0-9_]*[eE][0-9]+|[0-9]+_[0-9_]+"
_CATCHES = re.compile(rf"(?:(?P<word>{_WORD})|(?P<octal>{_OCTAL})|(?P<sixty>{_SIXTY})|(?P<float>{_FLOAT}))")
# A line that may hold one: cheaper than composing every file.
_SUSPICIOUS = re.compile(
    rf"(?:[:\[,]|-)[ \t]+(?:{_WORD}|{_OCTAL}|{_SIXTY}|{_FLOAT})[ \t]*(?:[,\]}}\r\n#]|$)", re.MULTILINE
)
_MAPS_OF_TEXT = frozenset(
    {"labels", "annotations", "matchLabels", "nodeSelector", "stringData", "commonLabels", "commonAnnotations", "rayStartParams"}
)  # fmt: skip
_LISTS_OF_TEXT = frozenset({"args", "command", "literals"})
_TEXTS = frozenset({"newTag", "rayVersion", "targetRevision"})
_PERMISSIONS = re.compile(r"mode|umask|perm", re.IGNORECASE)
_AS = {
    "word": "a boolean",
    "octal": "an octal number",
    "sixty": "a number to the base of sixty",
    "float": "a number",
}
Keys = tuple[str | int, ...]


def _yaml_type_coercion(tree: Tree) -> Iterator[Hit]:
    if tree.files is None:
        return
    for file in sorted(_files_of_objects(tree)):
        for node, keys in _suspicious(tree, file):
            kind = _caught(node, keys)
            place = location(file, node)
            if kind is None or place in tree.once(places_of_errors):
                continue
            yield Hit(
                f"`{node.value}` at `{'.'.join(map(str, keys))}` is read as {_read_as(node.value, kind)}, not as text",
                f'write "{node.value}" in quotes' if kind != "octal" else _mend_octal(node.value),
                place=place,
            )


def _files_of_objects(tree: Tree) -> set[str]:
    found = {path for root in tree.roots for path in root.reached}
    return found | {place.file for item in tree.loose for place in item.locate()}


def _suspicious(tree: Tree, file: str) -> Iterator[tuple[yaml.ScalarNode, Keys]]:
    """Yield the bare scalars of a file that may be caught, with their paths."""
    assert tree.files is not None
    if file not in tree.files.present or not file.endswith((".yaml", ".yml", "Kustomization")):
        return
    try:
        text = tree.files.text(file)
        if not _SUSPICIOUS.search(text):
            return
        documents = read_all(file, text.encode(), max_bytes=MAX_BYTES, max_nodes=MAX_NODES)
    except MintageError:
        return  # said by other checks
    for document in documents:
        if document.root is not None:
            yield from _scalars(document.root, ())


def _scalars(node: Any, keys: Keys) -> Iterator[tuple[yaml.ScalarNode, Keys]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _scalars(value, (*keys, str(key.value)))
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _scalars(item, (*keys, index))
    elif node.tag == "bare" and _CATCHES.fullmatch(node.value):
        yield node, keys


def _caught(node: yaml.ScalarNode, keys: Keys) -> str | None:
    """Return how a scalar is misread, or None where its place is not known to hold text."""
    found = _CATCHES.fullmatch(node.value)
    kind = found.lastgroup if found else None
    if _is_text(keys):
        return kind
    return kind if kind == "octal" and _is_decimal(keys) else None


def _is_decimal(keys: Keys) -> bool:
    """Tell whether a number with a leading zero is not meant to be octal: it may be permissions, also as a patch's value."""
    return keys[-1:] != ("value",) and not any(
        isinstance(key, str) and _PERMISSIONS.search(key) for key in keys[-2:]
    )


def _is_text(keys: Keys) -> bool:
    if len(keys) < 2:
        return False
    last, parent = keys[-1], keys[-2]
    if isinstance(last, int):
        return parent in _LISTS_OF_TEXT
    if last in _TEXTS or parent in _MAPS_OF_TEXT:
        return True
    return last == "value" and isinstance(parent, int) and len(keys) > 2 and keys[-3] == "env"


def _read_as(text: str, kind: str) -> str:
    if kind == "octal":
        return f"the number {int(text.replace('_', ''), 8)}"
    if kind == "float" and "." in text:
        return f"the number {float(text):g}"
    return f"{_AS[kind]} by readers of YAML 1.1" if kind == "sixty" else _AS[kind]


def _mend_octal(text: str) -> str:
    return f'write {text.lstrip("+-0_") or "0"} if it is a decimal number, "{text}" in quotes if it is text'


CHECKS = (
    Check(
        "yaml-type-coercion",
        WARNING,
        "tree",
        _yaml_type_coercion,
        why="YAML reads `on` as true, `0777` as 511, `1.10` as 1.1: the value that arrives is not the one in the file.",
        fix="Quote what is text.",
    ),
)

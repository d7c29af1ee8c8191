"""Reading YAML as Kubernetes does, with the place of every value.

The reader follows sigs.k8s.io/yaml (kubectl, Argo CD): `yes` and `on` are booleans, 0777 is octal, 1e3 is the
number 1000, `22:22` and dates stay strings. It knows nothing of specs; it refuses what no spec needs and what
hurts (several documents, aliases that multiply, keys that are not strings, files over a size).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import yaml

from mintage.errors import Location, MintageError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_BYTES = 1_000_000
MAX_NODES = 100_000
MAX_DEPTH = 64
_HARMLESS = 4096  # so many characters cannot nest deep enough to exhaust a stack

_BOOLEANS = {
    spelling: truth
    for truth, words in ((True, ("y", "yes", "on", "true")), (False, ("n", "no", "off", "false")))
    for word in words
    for spelling in (word, word.capitalize(), word.upper())
}
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_INTEGER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|[1-9][0-9]*|0)")
_DOT_FLOAT = re.compile(r"\.[0-9](?:_?[0-9])*(?:[eE][-+]?[0-9](?:_?[0-9])*)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_FIRST_OF_NUMBER = frozenset("0123456789+-.")


_BARE = "bare"  # the tag of a scalar that stands in the file without quotes and without a tag
_TEXT = "tag:yaml.org,2002:str"
_SCALAR_TAGS = (_BARE, _TEXT)
_COLLECTION_TAGS = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")
# Parsers refuse most of these; the others end a line for some readers, or break a build of Kustomize.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
_NOT_CARRIED = re.compile(r"[\x7f-\x9f\ufffe\uffff]")  # not even as an escape
_DEEP_LINE = re.compile(r"\n\ufeff? *(?:[-?:][ \t]+){16}")  # `- - - -`: each a level on one line


class _Loader(getattr(yaml, "CBaseLoader", yaml.BaseLoader)):  # type: ignore[misc]
    """Composes nodes only: every scalar stays the text that stands in the file, resolved by `scalar`."""

    def resolve(self, kind: type[yaml.Node], value: str, implicit: tuple[bool, bool]) -> str:
        if kind is yaml.ScalarNode:
            return _BARE if implicit[0] else _TEXT
        return str(super().resolve(kind, value, implicit))


def _plain(text: str) -> Any:
    """Return what sigs.k8s.io/yaml (its goyaml.v2) makes of a bare scalar."""
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if text[0] not in _FIRST_OF_NUMBER:
        return text
    digits = text.replace("_", "")
    if _INTEGER.fullmatch(digits):
        return _integer(digits)
    if _DOT_FLOAT.fullmatch(text) if text[0] == "." else _FLOAT.fullmatch(digits):
        value = float(digits)
        return _number(value) if math.isfinite(value) else text
    return math.nan if _NOT_FINITE.fullmatch(text) else text


def _integer(digits: str) -> int:
    body = digits.lstrip("+-")
    sign = -1 if digits[0] == "-" else 1
    if len(body) > 100:  # Python counts long decimals slowly, and from 4300 digits on not at all
        return sign * 2**64
    if len(body) > 1 and body[0] == "0" and body[1].isdigit():
        return sign * int(body, 8)
    return sign * int(body, 0)


def _number(value: float) -> float:
    """Return the float as it arrives through JSON, where Go writes a whole one with its shortest digits."""
    whole = value.is_integer() and abs(value) < 2**63
    return int(Decimal(repr(value))) if whole else value


def scalar(node: yaml.ScalarNode) -> Any:
    """Return the JSON value of a scalar node; NaN stands for the floats JSON cannot hold."""
    return _plain(node.value) if node.tag == _BARE else node.value


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document: its value, and the nodes that know where each part of it stands."""

    file: str
    text: str
    value: Any
    root: yaml.Node | None

    def locate(self, path: Sequence[str | int]) -> Location | None:
        """Return the place of the value at a path of keys and indexes, or None where it has none."""
        found = _find(self.root, path)
        return None if found is None else location(self.file, found[1])

    def locate_key(self, path: Sequence[str | int]) -> Location | None:
        """Like `locate`, but the place of the last key itself, for complaints about the key."""
        found = _find(self.root, path)
        return None if found is None else location(self.file, found[0])


def _find(root: yaml.Node | None, path: Sequence[str | int]) -> tuple[yaml.Node, yaml.Node] | None:
    """Return the (key, value) nodes at a path; the root and items of sequences are their own key."""
    key, node = root, root
    for step in path:
        if isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == step), None)
            if pair is None:
                return None
            key, node = pair
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            key = node = node.value[step]
        else:
            return None
    return None if key is None or node is None else (key, node)


def location(file: str, node: yaml.Node) -> Location:
    """Return where a node stands; its width is that of its text when it fits on one line."""
    start, end = node.start_mark, node.end_mark
    width = max(1, end.column - start.column) if start.line == end.line else 1
    return Location(file, start.line + 1, start.column + 1, width)


def read(file: str, data: bytes) -> Document:
    """Parse one file of one document; `MintageError` with every problem found in it."""
    documents = read_all(file, data, max_bytes=MAX_BYTES, max_nodes=MAX_NODES)
    if len(documents) > 1:
        message = f"expected one document, got {len(documents)}"
        second = documents[1].root
        place = Location(file) if second is None else location(file, second)
        advice = "give each document a file of its own"
        raise MintageError([Problem(place, "yaml-several-documents", message, advice)])
    return documents[0] if documents else Document(file, data.decode("utf-8-sig"), None, None)


def read_all(file: str, data: bytes, *, max_bytes: int, max_nodes: int) -> list[Document]:
    """Parse a file of any number of documents; `MintageError` with every problem found in it."""
    text = _decode(file, data, max_bytes)
    try:
        _check_depth(file, text)
        nodes = list(yaml.compose_all(text, Loader=_Loader))
    except yaml.YAMLError as error:
        raise MintageError([_syntax_problem(file, text, error)]) from None
    builder = _Builder(file, max_nodes)
    documents = [Document(file, text, None if root is None else builder.build(root), root) for root in nodes]
    if builder.problems:
        raise MintageError(builder.problems)
    return documents


def _decode(file: str, data: bytes, max_bytes: int) -> str:
    if len(data) > max_bytes:
        message = f"the file has {len(data):,} bytes; at most {max_bytes:,} are read"
        raise MintageError([Problem(Location(file), "file-too-large", message, "move data out of the file")])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"byte 0x{data[error.start]:02x} is not UTF-8"
        place = _place(file, data[: error.start].decode("utf-8-sig"))
        raise MintageError([Problem(place, "yaml-encoding", message, "save the file as UTF-8")]) from None
    if found := _FORBIDDEN.search(text):
        message = f"character U+{ord(found[0]):04X} cannot stand in YAML"
        place = _place(file, text[: found.start()])
        raise MintageError([Problem(place, "yaml-character", message, "take it out of the file")])
    return text


def _place(file: str, before: str) -> Location:
    """Return the place right after a text."""
    line = before.count("\n") + 1
    return Location(file, line, len(before) - before.rfind("\n"))


def _check_depth(file: str, text: str) -> None:
    """Refuse what would exhaust the C stack of the composer, which recurses; the parser below it does not."""
    if len(text) <= _HARMLESS:
        return
    flows = max(text.count("["), text.count("{"))
    shallow = flows < MAX_DEPTH and " " * MAX_DEPTH not in text and "\r" not in text
    if shallow and not _DEEP_LINE.search("\n" + text):
        return
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                mark = event.start_mark
                assert mark is not None  # the parser marks every event
                raise _too_deep(Location(file, mark.line + 1, mark.column + 1))
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _too_deep(place: Location) -> MintageError:
    message = f"values are nested more than {MAX_DEPTH} deep"
    return MintageError([Problem(place, "yaml-depth", message, "flatten the document")])


def _syntax_problem(file: str, text: str, error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    sentence = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error).split("\n")[0]
    if mark is None:
        return Problem(Location(file), "yaml-syntax", sentence, "check that the file is YAML")
    line = [*text.split("\n"), ""][min(mark.line, text.count("\n") + 1)]
    if line[mark.column : mark.column + 1] == "\t" or line[: mark.column].lstrip(" ").startswith("\t"):
        sentence, advice = "a tab stands where YAML wants spaces", "indent with spaces, never with tabs"
    elif line[mark.column : mark.column + 1] in {"@", "`", "%"}:
        sentence = f"a bare value cannot begin with `{line[mark.column]}`"
        advice = 'put it in quotes, as in "@minio"'
    else:
        advice = "check quotes, colons and indentation here and on the line above"
    return Problem(Location(file, mark.line + 1, mark.column + 1), "yaml-syntax", sentence, advice)


_KINDS = {bool: "a boolean", int: "a number", float: "a number", type(None): "null"}


def _cut(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}..."


class _Builder:
    """Turns nodes into values and gathers what is wrong with them on the way."""

    def __init__(self, file: str, max_nodes: int = MAX_NODES) -> None:
        self.file = file
        self.max_nodes = max_nodes
        self.problems: list[Problem] = []
        self.count = 0
        self.parents: list[yaml.Node] = []

    def build(self, node: yaml.Node) -> Any:
        self.count += 1
        if self.count > self.max_nodes:
            message = f"the document grows beyond {self.max_nodes:,} values when its aliases are expanded"
            self._complain(node, "yaml-alias-bomb", message, "write the values out")
            raise MintageError(self.problems)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        if not self._enter(node):
            return None
        is_mapping = isinstance(node, yaml.MappingNode)
        result = self._mapping(node) if is_mapping else [self.build(item) for item in node.value]
        self.parents.pop()
        return result

    def _enter(self, node: yaml.Node) -> bool:
        if node.tag not in _COLLECTION_TAGS:
            self._refuse_tag(node)
        if node in self.parents:
            message = "this value holds itself through an alias"
            self._complain(node, "yaml-alias-cycle", message, "write the values out")
            return False
        if len(self.parents) == MAX_DEPTH:
            raise _too_deep(location(self.file, node))
        self.parents.append(node)
        return True

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        value = scalar(node)
        if node.tag not in _SCALAR_TAGS:
            self._refuse_tag(node)
        if isinstance(value, str):
            if node.style == '"' and (found := _NOT_CARRIED.search(value)):
                message = f"character U+{ord(found[0]):04X} does not survive Kustomize"
                self._complain(node, "yaml-character", message, "take it out of the text")
        elif isinstance(value, float) and not math.isfinite(value):
            message = f"`{node.value}` is not a JSON number"
            self._complain(node, "yaml-not-finite", message, "quote it if it is text")
        elif isinstance(value, int) and not -(2**63) <= value < 2**63:
            message = f"the number {_cut(node.value)} does not fit into 64 bits"
            self._complain(node, "yaml-number-range", message, "quote it if it is text")
        return value

    def _mapping(self, node: yaml.Node) -> dict[str, Any]:
        result: dict[str, Any] = {}
        first: dict[str, yaml.Node] = {}
        merged: dict[str, Any] = {}
        for key, item in node.value:
            merge = self._is_merge(key)
            name = "<<" if merge else self._key(key)
            if name in first:
                line = first[name].start_mark.line + 1
                self._complain(
                    key,
                    "yaml-duplicate-key",
                    f"key `{name}` stands already on line {line}",
                    "remove one of the two",
                )
                continue
            first[name] = key
            if merge:
                merged = self._merge(item)
            else:
                result[name] = self.build(item)
        return {**merged, **result}

    def _is_merge(self, key: yaml.Node) -> bool:
        return isinstance(key, yaml.ScalarNode) and key.value == "<<" and key.tag == _BARE

    def _merge(self, node: yaml.Node) -> dict[str, Any]:
        sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
        merged: dict[str, Any] = {}
        for source in reversed(sources):
            value = self.build(source)
            if isinstance(value, dict):
                merged.update(value)
            else:
                self._complain(
                    source,
                    "yaml-merge",
                    "`<<` takes a mapping or a list of mappings",
                    "name an anchor of a mapping",
                )
        return merged

    def _key(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            return self._refuse_key(node, "...", "a collection")
        value = self._scalar(node)
        if not isinstance(value, str):
            return self._refuse_key(node, node.value, _KINDS[type(value)])
        if value == "<<":
            advice = "remove the quotes if it is a merge"
            self._complain(node, "yaml-key-type", "key `<<` in quotes does not survive Kustomize", advice)
        return value

    def _refuse_tag(self, node: yaml.Node) -> None:
        tag = node.tag.replace("tag:yaml.org,2002:", "!!")
        self._complain(node, "yaml-tag", f"tag `{tag}` means nothing here", "remove the tag")

    def _refuse_key(self, node: yaml.Node, text: str, read_as: str) -> str:
        message = f"key `{text}` is read as {read_as}, expected a string"
        self._complain(node, "yaml-key-type", message, f'write "{text}" in quotes')
        return text

    def _complain(self, node: yaml.Node, id: str, message: str, advice: str) -> None:  # noqa: A002
        self.problems.append(Problem(location(self.file, node), id, message, advice))


def walk(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Yield every scalar of a value with its path, in the order of the document."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from walk(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from walk(item, (*path, index))
    else:
        yield path, value


def read_stream(file: str, data: bytes) -> list[Any]:
    """Parse the output of another program: any number of documents, of any size; empty ones are left out."""
    try:
        nodes = [node for node in yaml.compose_all(data.decode(), Loader=_Loader) if node is not None]
    except yaml.YAMLError as error:
        raise MintageError([_syntax_problem(file, data.decode(), error)]) from None
    values = []
    for node in nodes:
        builder = _Builder(file)
        values.append(builder.build(node))
        if builder.problems:
            raise MintageError(builder.problems)
    return [value for value in values if value is not None]

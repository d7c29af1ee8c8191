"""One YAML document as sigs.k8s.io/yaml (goyaml.v2) reads it, with that reader's error texts.

`yes` and `on` are booleans, 0777 is octal, dates and 22:22 stay strings, later keys win, `<<` merges in place.
It knows nothing of Kubernetes. Values are built from parser events with a stack of our own: neither depth nor
aliases can exhaust the interpreter's.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_DEPTH = 10_000
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_PREFIX = "tag:yaml.org,2002:"
_BOOLEANS = {
    spelling: truth
    for truth, words in ((True, ("y", "yes", "on", "true")), (False, ("n", "no", "off", "false")))
    for word in words
    for spelling in (word, word.capitalize(), word.upper())
}
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_INFINITE = {
    sign + dot: value
    for dot in (".inf", ".Inf", ".INF")
    for sign, value in (("", math.inf), ("+", math.inf), ("-", -math.inf))
}
_NOT_NUMBERS = frozenset({".nan", ".NaN", ".NAN"})
_INTEGER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|[1-9][0-9]*|0)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_DOT_FLOAT = re.compile(r"\.[0-9](?:_?[0-9])*(?:[eE][-+]?[0-9](?:_?[0-9])*)?")
_NUMERIC = frozenset("0123456789+-.")


class YamlError(Exception):
    """The text is not a document that Go would read; the message is worded as Go's."""


def read(data: bytes, *, strict: bool = False) -> Any:
    """Return the JSON value of the first document of a text; under `strict` a repeated key is an error."""
    try:
        loader = _LOADER(data)
    except yaml.YAMLError as error:
        raise YamlError(_syntax(error)) from None
    try:
        return _Builder(strict=strict).build(loader.get_event)
    except yaml.YAMLError as error:
        raise YamlError(_syntax(error)) from None
    finally:
        loader.dispose()


def _syntax(error: yaml.YAMLError) -> str:
    """Word an error of libyaml as its Go port does, which counts lines a little differently."""
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error).split("\n")[0]
    mark = getattr(error, "problem_mark", None)
    context = getattr(error, "context_mark", None)
    line = 0
    if mark is not None and mark.line:
        line = mark.line + isinstance(error, yaml.scanner.ScannerError)
    elif context is not None:
        line = context.line
    return f"error converting YAML to JSON: yaml: {f'line {line}: ' if line else ''}{problem}"


def scalar(text: str) -> Any:  # noqa: PLR0911 - a table of cases
    """Return what a plain scalar means; floats that JSON cannot hold come back as floats."""
    if not text or text[0] not in _NUMERIC:
        if text in _NULLS:
            return None
        return _BOOLEANS.get(text, text)
    if text in _INFINITE:
        return _INFINITE[text]
    if text in _NOT_NUMBERS:
        return math.nan
    digits = text.replace("_", "")
    if _INTEGER.fullmatch(digits):
        return _integer(digits)
    if _DOT_FLOAT.fullmatch(text) if text[0] == "." else _FLOAT.fullmatch(digits):
        value = float(digits)
        return _whole(value) if math.isfinite(value) else text
    return text


def _integer(digits: str) -> Any:
    body = digits.lstrip("+-")
    sign = -1 if digits[0] == "-" else 1
    if len(body) > 400:  # beyond every float as well; Python itself refuses from 4300 digits on
        return digits
    if len(body) > 1 and body[0] == "0" and body[1].isdigit():
        value = sign * int(body, 8)
    else:
        value = sign * int(body, 0)
    return value if -(2**63) <= value < 2**64 else _whole(float(value))


def _whole(value: float) -> Any:
    """Return whole floats as integers, as which they pass through JSON."""
    return int(Decimal(repr(value))) if value.is_integer() else value


@dataclass(slots=True)
class _Frame:
    """A collection that is being read."""

    value: Any
    anchor: str | None
    size: int = 1
    key: str | None = None
    merging: bool = False
    keys: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Anchored:
    value: Any
    size: int


class _Builder:
    """Turns parser events into a value."""

    def __init__(self, *, strict: bool) -> None:
        self.strict = strict
        self.root: Any = None
        self.size = 1
        self.frames: list[_Frame] = []
        self.anchors: dict[str, _Anchored | None] = {}
        self.decoded = 0
        self.aliased = 0
        self.duplicates: list[str] = []

    def build(self, get_event: Callable[[], Any]) -> Any:
        handlers: dict[type[yaml.Event], Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._start,
            yaml.SequenceStartEvent: self._start,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.AliasEvent: self._alias,
        }
        while True:
            event = get_event()
            kind = type(event)
            if kind in handlers:
                handlers[kind](event)
            elif kind in {yaml.DocumentEndEvent, yaml.StreamEndEvent}:
                break
        if self.duplicates:
            raise _conversion("yaml: unmarshal errors:\n  " + "\n  ".join(self.duplicates))
        return self.root

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        self.decoded += 1
        plain, tag = event.implicit[0], event.tag
        frame = self.frames[-1] if self.frames else None
        value: Any = event.value
        if frame is not None and frame.key is None and type(frame.value) is dict:
            self._key(frame, event)
            return
        if plain:
            value = scalar(value)
        elif tag is not None:
            value = _tagged(tag, value)
        if type(value) is float and not math.isfinite(value):
            raise _conversion(f"json: unsupported value: {_not_finite(value)}")
        if event.anchor is not None:
            self.anchors[event.anchor] = _Anchored(value, 1)
        self._add(value, 1, event)

    def _key(self, frame: _Frame, event: yaml.ScalarEvent) -> None:
        text = event.value
        plain = event.implicit[0]
        if event.anchor is not None:
            self.anchors[event.anchor] = _Anchored(scalar(text) if plain else text, 1)
        if (plain and text == "<<") or event.tag == f"{_PREFIX}merge":
            frame.merging = True
            frame.key = "<<"
            return
        value = scalar(text) if plain else text if event.tag is None else _tagged(event.tag, text)
        frame.key = value if type(value) is str else _key_text(value)

    def _start(self, event: yaml.CollectionStartEvent) -> None:
        self.decoded += 1
        frame = self.frames[-1] if self.frames else None
        mapping = type(event) is yaml.MappingStartEvent
        if frame is not None and frame.key is None and type(frame.value) is dict:
            shown = "map[interface {}]interface {}{...}" if mapping else "[]interface {}{...}"
            raise _conversion(f"yaml: invalid map key: {shown}")
        if len(self.frames) >= MAX_DEPTH:
            raise _conversion(f"yaml: exceeded max depth of {MAX_DEPTH}")
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        self.frames.append(_Frame({} if mapping else [], event.anchor))

    def _end(self, event: yaml.CollectionEndEvent) -> None:
        frame = self.frames.pop()
        if frame.anchor is not None:
            self.anchors[frame.anchor] = _Anchored(frame.value, frame.size)
        self._add(frame.value, frame.size, event)

    def _alias(self, event: yaml.AliasEvent) -> None:
        name = event.anchor
        if name not in self.anchors:
            raise _conversion(f"yaml: unknown anchor '{name}' referenced")
        found = self.anchors[name]
        if found is None:
            raise _conversion(f"yaml: anchor '{name}' value contains itself")
        self.decoded += found.size
        self.aliased += found.size
        self._check_aliases()
        frame = self.frames[-1] if self.frames else None
        if frame is not None and frame.key is None and type(frame.value) is dict:
            frame.key = found.value if type(found.value) is str else _key_text(found.value)
        else:
            self._add(found.value, found.size, event)

    def _check_aliases(self) -> None:
        """Refuse what goyaml.v2 refuses: large documents may consist of aliases to a small part only."""
        if self.aliased <= 100 or self.decoded <= 1000:
            return
        share = 0.99 - 0.89 * (min(max(self.decoded, 400_000), 4_000_000) - 400_000) / 3_600_000
        if self.aliased / self.decoded > share:
            raise _conversion("yaml: document contains excessive aliasing")

    def _add(self, value: Any, size: int, event: yaml.Event) -> None:
        if not self.frames:
            self.root = value
            return
        frame = self.frames[-1]
        frame.size += size
        if type(frame.value) is list:
            frame.value.append(value)
            return
        key, frame.key = frame.key, None
        assert key is not None  # a value in a mapping follows its key
        if frame.merging:
            frame.merging = False
            _merge(frame.value, value)
            return
        if self.strict and key in frame.keys:
            mark = event.start_mark
            line = mark.line + 1 if mark is not None else 0
            self.duplicates.append(f"line {line}: key {_quoted(key)} already set in map")
        frame.keys.add(key)
        frame.value[key] = value


def _merge(target: dict[str, Any], source: Any) -> None:
    sources = list(reversed(source)) if isinstance(source, list) else [source]
    for mapping in sources:
        if not isinstance(mapping, dict):
            raise _conversion("yaml: map merge requires map or sequence of maps as the value")
        target.update(mapping)


def _tagged(tag: str, text: str) -> Any:
    """Return the value of a scalar with an explicit tag; unknown tags leave the text alone."""
    short = tag.removeprefix(_PREFIX)
    if short == "binary":
        try:
            return base64.b64decode("".join(text.split()), validate=True).decode("utf-8", "replace")
        except binascii.Error:
            raise _conversion("yaml: !!binary value contains invalid base64 data") from None
    kinds: dict[str, Any] = {"null": type(None), "bool": bool, "int": int, "float": (int, float)}
    if short not in kinds or tag == short:
        return text
    value = scalar(text)
    if type(value) is bool and short != "bool":
        value = text
    if not isinstance(value, kinds[short]):
        raise _conversion(f"yaml: cannot decode !!str `{text[:10]}` as a !!{short}")
    return value


def _key_text(value: Any) -> str:
    if value is None:
        raise _conversion("unsupported map key of type: %!s(<nil>), key: <nil>")
    if isinstance(value, dict | list):
        raise _conversion("yaml: invalid map key")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        return {"+Inf": ".inf", "-Inf": "-.inf"}.get(_not_finite(value), ".nan")
    return str(value)


def _not_finite(value: float) -> str:
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _conversion(message: str) -> YamlError:
    return YamlError(f"error converting YAML to JSON: {message}")

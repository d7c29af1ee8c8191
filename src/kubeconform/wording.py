"""How santhosh-tekuri/jsonschema v6, the library inside kubeconform, words values: quotes, numbers, pointers."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

_ESCAPES = {
    "\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v",
    "\\": "\\\\", "'": "\\'",
}  # fmt: skip
_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def quote(text: str) -> str:
    """Return a text in single quotes, with Go's escapes."""
    return "'" + "".join(map(_escaped, text)) + "'"


def go_quote(text: str) -> str:
    """Return a text in double quotes, as Go's %q."""
    return '"' + "".join({"'": "'", '"': '\\"'}.get(char) or _escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def quoted(texts: Iterable[str]) -> str:
    """Return texts in quotes, with commas."""
    return ", ".join(map(quote, texts))


def display(value: Any) -> str:
    """Return a value as it stands in a list of allowed values."""
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, dict | list):
        return "value"
    return (
        {None: "<nil>", True: "true", False: "false"}.get(value) or str(value)
        if not _is_number(value)
        else str(value)
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def kind(value: Any) -> str:
    """Return the JSON type of a value; numbers are numbers, whole or not."""
    if value is None:
        return "null"
    kinds = {bool: "boolean", str: "string", list: "array", dict: "object"}
    return kinds.get(type(value), "number")


def number(value: float) -> str:
    """Return a number as Go's English printer writes a float: 65,535, and powers of ten from a million on."""
    sign, digits, exponent = Decimal(repr(float(value))).normalize().as_tuple()
    assert isinstance(exponent, int)  # schemas and manifests hold finite numbers only
    text = "".join(map(str, digits))
    point = len(text) + exponent
    minus = "-" if sign else ""
    if text == "0":
        return f"{minus}0"
    if point - 1 < -4 or point - 1 >= 6:
        raised = f"{abs(point - 1):02d}".translate(_RAISED)
        fraction = f".{text[1:]}" if text[1:] else ""
        return f"{minus}{text[0]}{fraction}\u202f\u00d7\u202f10{'⁻' if point < 1 else ''}{raised}"
    whole = text[:point].ljust(point, "0") if point > 0 else "0"
    fraction = text[point:] if point > 0 else "0" * -point + text
    return f"{minus}{int(whole):,}{f'.{fraction}' if fraction else ''}"


def count(value: int) -> str:
    """Return a whole number with its thousands set apart."""
    return f"{value:,}"


def pointer(path: tuple[str | int, ...]) -> str:
    """Return the JSON pointer of a path."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)

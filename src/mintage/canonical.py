"""The one writer of YAML (and of the JSON inside it).

House style is kubectl's: sequences stand under their key without indentation, scripts are literal blocks,
nothing is folded, and a string is quoted exactly when a YAML 1.1 reader, a YAML 1.2 reader or the reader of
kubectl and Argo CD (sigs.k8s.io/yaml) would take it for something else. Libraries do not manage the last
part: PyYAML writes the string 1234e56 bare and Kubernetes reads the number 1.234e+59. What no spelling would
bring through Kustomize is refused. Reading is the business of `mintage.source`.
"""

from __future__ import annotations

import json
import math
import re
from functools import lru_cache
from typing import Any

# What PyYAML (YAML 1.1), ruamel.yaml (1.2), or either of Go's parsers takes for something else than a string.
_RETYPED = re.compile(
    r"""
      (?=[-+.0-9]) [-+]? (?=\.?[0-9_]) [0-9_]*\.?[0-9_]* (?:[eE][-+]?[0-9_]*)?  # 1_000, .5, 017, 1e3, 1234e56
    | [-+]? 0 [xXoObB] [0-9a-fA-F_]*                                 # 0x1f, 0o17, 0b1
    | [-+]? [0-9][0-9_]* (?: :[0-9_]*)+ (?:\.[0-9_]*)?               # 22:22, 190:20:30.15 in base sixty
    | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2} (?:[Tt\ ].*)?                   # 2001-01-01, 2001-1-1T00:00:00Z
    | (?i: [-+]?\.?(?:inf|nan) | y | n | yes | no | on | off | true | false | null )
    | (?: ~ | = | << | - | --- | \.\.\. ) (?:\ .*)?                   # null, value, merge and document marks
    """,
    re.VERBOSE,
)
_PLAIN = re.compile(
    r"[\w/.()$^;+\\<~=-]"  # a first character that opens nothing in YAML
    r"(?:[^\x00-\x20\x7f-\x9f\ud800-\udfff\u2028\u2029\ufeff\ufffe\uffff:]"
    r"|[ ](?!#)|:(?! |$))*(?<![ ])"
)
_ESCAPED = re.compile(r"[\x00-\x08\x0b-\x1f\u2028\u2029\ufeff]")
# Kustomize writes these bare between its own steps: U+0085 comes out as a blank, the others stop the build.
_REFUSED = re.compile(r"[\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_LONGEST_KEY = 1024  # how far readers look ahead for the colon; Kustomize escapes <, > and & on its way


@lru_cache(maxsize=65536)
def string(text: str) -> str:
    """Return a string as a one-line YAML scalar that every reader takes for the same string."""
    if _PLAIN.fullmatch(text) and not _RETYPED.fullmatch(text):
        return text
    return _quoted(text)


@lru_cache(maxsize=65536)
def _key(key: str) -> str:
    if not isinstance(key, str):
        raise TypeError(f"a key is a string, got {type(key).__name__}")
    if key == "<<":
        raise ValueError("key `<<` does not survive Kustomize, which takes it for a merge even in quotes")
    if len(_quoted(key)) + 5 * sum(map(key.count, "<>&")) > _LONGEST_KEY:
        raise ValueError(f"key `{key[:20]}...` has {len(key):,} characters, too many for readers of YAML")
    return string(key)


def _quoted(text: str) -> str:
    """Return the double-quoted form: JSON's, which is YAML's too once the odd characters are escaped."""
    _check(text)
    encoded = json.dumps(text, ensure_ascii=False)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", encoded)


def _check(text: str) -> None:
    if found := _REFUSED.search(text):
        raise ValueError(
            f"character U+{ord(found[0]):04X} does not survive Kustomize: take it out of the text"
        )


def number(value: float) -> str:
    """Return an integer or a finite float as every reader reads it back; `ValueError` where none could."""
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise ValueError(f"{value} does not fit into 64 bits: Kubernetes would round it")
        return str(value)
    if not math.isfinite(value):
        raise ValueError(f"{value} has no place in a Kubernetes manifest")
    text = repr(value)
    return text.replace("e", ".0e") if "e" in text and "." not in text else text


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return string(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number(value)
    raise TypeError(f"a manifest holds JSON values only, got {type(value).__name__}")


def _block(text: str) -> str | None:
    """Return the header of a literal block for this text, or None where only quotes keep it whole."""
    if "\n" not in text or text[0] in "\n \t" or text[-1] in " \t" or " \n" in text or "\t\n" in text:
        return None
    if _ESCAPED.search(text):
        return None
    _check(text)
    if not text.endswith("\n"):
        return "|-"
    return "|+" if text.endswith("\n\n") else "|"


def _write(value: Any, indent: str, lines: list[str], lead: str) -> None:
    """Append a value; `lead` is what already stands on its first line ("key:", "-", or nothing)."""
    if isinstance(value, dict):
        _write_mapping(value, indent, lines, lead)
    elif isinstance(value, list | tuple):
        _write_sequence(value, indent, lines, lead)
    elif isinstance(value, str) and (header := _block(value)):
        lines.append(f"{lead} {header}" if lead else header)
        inner = indent if lead.endswith("-") else indent + "  "
        body = value.removesuffix("\n")
        lines.extend(inner + line if line else "" for line in body.split("\n"))
    else:
        lines.append(f"{lead} {_scalar(value)}" if lead else _scalar(value))


def _write_mapping(value: dict[str, Any], indent: str, lines: list[str], lead: str) -> None:
    if not value:
        lines.append(f"{lead} {{}}" if lead else "{}")
        return
    first = lead.endswith("-")  # the first key of a sequence's item stands beside its dash
    if lead and not first:
        lines.append(lead)
    for key, item in value.items():
        prefix = f"{lead} {_key(key)}:" if first else f"{indent}{_key(key)}:"
        first = False
        if isinstance(item, str) and "\n" not in item:
            lines.append(f"{prefix} {string(item)}")  # most of a manifest: worth a short cut
        elif isinstance(item, dict):
            _write_mapping(item, indent + "  ", lines, prefix)
        elif isinstance(item, list | tuple):
            _write_sequence(item, indent, lines, prefix)
        else:
            _write(item, indent, lines, prefix)


def _write_sequence(value: list[Any] | tuple[Any, ...], indent: str, lines: list[str], lead: str) -> None:
    if not value:
        lines.append(f"{lead} []" if lead else "[]")
        return
    first = lead.endswith("-")
    if lead and not first:
        lines.append(lead)
    for item in value:
        dash = f"{lead} -" if first else f"{indent}-"
        first = False
        _write(item, indent + "  ", lines, dash)


def yaml_text(value: Any) -> str:
    """Return one YAML document, newline at its end; `TypeError` for anything that is not a JSON value."""
    lines: list[str] = []
    _write(value, "", lines, "")
    return "\n".join(lines) + "\n"


def yaml_stream(values: list[Any]) -> str:
    """Return several documents, divided by `---`."""
    return "---\n".join(yaml_text(value) for value in values)


def json_text(value: Any) -> str:
    """Return readable JSON with two-space indentation, keys in the order given, newline at the end."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    _check(text)
    return text + "\n"

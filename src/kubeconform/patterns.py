r"""Regular expressions of Go (RE2), translated to the dialect that the schema engine compiles.

Schemas are written for Go's `regexp`. The engine matches in linear time too, but reads ECMA 262, which has no
`(?i)` in the middle, no `\A`, `\z`, `\Q...\E`, `\pL` and no `[[:alpha:]]`. Expressions that neither knows are
left as they are; the engine then refuses the schema, as Go would.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import jsonschema_rs

OPTIONS = jsonschema_rs.RegexOptions()
_POSIX = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "ascii": r"\x00-\x7F", "blank": r"\t ", "cntrl": r"\x00-\x1F\x7F",
    "digit": "0-9", "graph": "!-~", "lower": "a-z", "print": " -~", "punct": r"!-\/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ", "upper": "A-Z", "word": "0-9A-Za-z_", "xdigit": "0-9A-Fa-f",
}  # fmt: skip
_TOKEN = re.compile(
    r"\\Q(?P<quoted>.*?)(?:\\E|$)"
    r"|\\p(?P<letter>[A-Z])"
    r"|\\x\{(?P<code>[0-9A-Fa-f]+)\}"
    r"|\[:(?P<posix>\w+):\]"
    r"|\(\?(?P<flags>[imsU]+)\)"
    r"|(?P<named>\(\?P<)"
    r"|(?P<escape>\\.)"
    r"|(?P<other>.)",
    re.DOTALL,
)


@lru_cache(maxsize=4096)
def translate(pattern: str) -> str:
    """Return an expression of the engine's dialect that matches what Go's would."""
    if not re.search(r"\\[AzQpx]|\(\?|\[:", pattern):
        return pattern
    out: list[str] = []
    flags: list[list[str]] = [
        []
    ]  # those set in each group that is open; they last to its end, beyond every `|`
    in_class = False
    for token in _TOKEN.finditer(pattern):
        other = token["other"]
        if in_class:
            in_class = other != "]"
            out.append(_piece(token))
        elif token["flags"]:
            flags[-1].append(f"(?{token['flags']}:")
            out.append(flags[-1][-1])
        elif token["named"] or other == "(":
            flags.append([])
            out.append("(?<" if token["named"] else "(")
        elif other == ")" and len(flags) > 1:
            out.append(")" * len(flags.pop()) + ")")
        elif other == "|":
            out.append(")" * len(flags[-1]) + "|" + "".join(flags[-1]))
        else:
            in_class = other == "["
            out.append(_piece(token))
    return "".join(out) + ")" * len(flags[0])


def _piece(token: re.Match[str]) -> str:
    if token["quoted"] is not None:
        return "".join(f"\\{char}" if char in r"^$\.*+?()[]{}|/" else char for char in token["quoted"])
    if token["letter"]:
        return rf"\p{{{token['letter']}}}"
    if token["code"]:
        return rf"\u{{{token['code']}}}" if len(token["code"]) > 2 else rf"\x{token['code']:0>2}"
    if token["posix"]:
        return _POSIX.get(token["posix"], token[0])
    return {r"\A": "^", r"\z": "$"}.get(token[0], token[0])


@lru_cache(maxsize=4096)
def _matcher(pattern: str) -> jsonschema_rs.Draft4Validator:
    return jsonschema_rs.Draft4Validator({"pattern": translate(pattern)}, pattern_options=OPTIONS)


def matches(pattern: str, text: str) -> bool:
    """Return whether the text holds what the pattern of a schema describes."""
    return _matcher(pattern).is_valid(text)


def translated(schema: Any) -> Any:
    """Return a schema with its patterns translated; the very same object where there is nothing to do."""
    if isinstance(schema, list):
        items = [translated(item) for item in schema]
        return schema if all(new is old for new, old in zip(items, schema, strict=True)) else items
    if not isinstance(schema, dict):
        return schema
    changed = {key: new for key, old in schema.items() if (new := translated(old)) is not old}
    pattern = schema.get("pattern")
    if isinstance(pattern, str) and (new := translate(pattern)) != pattern:
        changed["pattern"] = new
    if isinstance(by_name := schema.get("patternProperties"), dict):
        changed["patternProperties"] = {
            translate(key): value for key, value in changed.get("patternProperties", by_name).items()
        }
    return {**schema, **changed} if changed else schema

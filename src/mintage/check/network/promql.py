"""The series that a PromQL expression asks for: metric names and label matchers.

A reader of tokens, not of the grammar: it knows where a name is a metric and where it is a function, an aggregation, a
label or a keyword (Prometheus 3.5, `promql/parser/lex.go`). An expression in which something is filled in later
(Grafana's variables in a name, templates) gives no name there; one that cannot be read, such as LogQL, gives None.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from mintage.tree import foreign_pattern

_TOKEN = re.compile(
    r"""(?P<space>\s+|\#[^\n]*)
    |(?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)
    |(?P<number>0x[0-9a-fA-F]+|(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?:[a-z][0-9a-z]*)?)
    |(?P<name>(?:[A-Za-z_:]|\$\{[^}]*\}|\$\w+|\[\[\w+(?::\w+)?\]\])(?:[\w:]|\$\{[^}]*\}|\$\w+|\[\[\w+(?::\w+)?\]\])*)
    |(?P<sign>=~|!~|!=|==|>=|<=|[-+*/%^=<>(){}\[\],@])""",
    re.VERBOSE,
)
_AGGREGATORS = frozenset(
    {
        "avg", "bottomk", "count", "count_values", "group", "limitk", "limit_ratio", "max", "min", "quantile", "stddev",
        "stdvar", "sum", "topk",
    }
)  # fmt: skip
_GROUPING = frozenset({"by", "without", "on", "ignoring", "group_left", "group_right"})
_WORDS = frozenset({"and", "or", "unless", "atan2", "bool", "offset", "inf", "nan", "anchored", "smoothed"})
_MATCHES = frozenset({"=", "!=", "=~", "!~"})
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_ESCAPE = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Matcher:
    """A condition on a label; the operator is `=`, `!=`, `=~` or `!~`."""

    label: str
    operator: str
    value: str

    @property
    def is_filled_in(self) -> bool:
        """Whether a variable or a template stands in the value."""
        return "$" in self.value or "{{" in self.value or "[[" in self.value

    def accepts(self, value: str) -> bool:
        """Tell whether a value satisfies it; patterns are anchored, and one that cannot be read accepts all."""
        if self.operator in {"=", "!="}:
            return (value == self.value) == (self.operator == "=")
        found = foreign_pattern.matches(self.value, value)
        return found is None or found == (self.operator == "=~")


@dataclass(frozen=True, slots=True)
class Series:
    """One vector selector; the name is None where it is filled in later, or is a pattern."""

    name: str | None
    matchers: tuple[Matcher, ...] = ()


class _UnreadableError(Exception):
    """The text is no PromQL, as far as can be told."""


@cache
def series_in(expression: str) -> tuple[Series, ...] | None:
    """Return the series that an expression asks for, in order; None where it cannot be read."""
    if "{{" in expression:
        return None
    try:
        return tuple(_Reader(_tokens(expression)).read())
    except _UnreadableError:
        return None


def _tokens(expression: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    position = 0
    while position < len(expression):
        token = _TOKEN.match(expression, position)
        if token is None:
            # The only colon outside of a name separates range and step of a subquery.
            if expression[position] != ":":
                raise _UnreadableError
            position += 1
            continue
        if token.lastgroup not in {"space", None}:
            found.append((str(token.lastgroup), token[0]))
        position = token.end()
    return found


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.position = 0
        self.found: list[Series] = []

    def read(self) -> list[Series]:
        depth: list[str] = []
        while self.position < len(self.tokens):
            kind, text = self._next()
            if kind == "name":
                self._name(text)
            elif text == "{":
                self.found.append(self._series(None))
            elif text == "[":
                self._skip("[")
            elif text == "(":
                depth.append(text)
            elif text == ")":
                if not depth:
                    raise _UnreadableError
                depth.pop()
            elif text in {"]", "}", "=", "=~", "!~"}:
                raise _UnreadableError
        if depth:
            raise _UnreadableError
        return self.found

    def _next(self) -> tuple[str, str]:
        if self.position >= len(self.tokens):
            raise _UnreadableError
        self.position += 1
        return self.tokens[self.position - 1]

    def _peek(self) -> str:
        return self.tokens[self.position][1] if self.position < len(self.tokens) else ""

    def _name(self, text: str) -> None:
        word, following = text.lower(), self._peek()
        if word in _GROUPING:
            if following == "(":
                self._next()
                self._skip("(")
        elif (
            (word in _AGGREGATORS and following.lower() in _GROUPING | {"("})
            or word in _WORDS
            or following == "("
        ):
            pass
        elif following == "{":
            self._next()
            self.found.append(self._series(text))
        else:
            self.found.append(Series(_plain(text)))

    def _skip(self, opening: str) -> None:
        """Pass over everything to the bracket that closes one that was read."""
        inner = 1
        while inner:
            _, text = self._next()
            inner += (text == opening) - (text == _CLOSING[opening])

    def _series(self, name: str | None) -> Series:
        matchers: list[Matcher] = []
        while (token := self._next())[1] != "}":
            if token[1] == ",":
                continue
            if token[0] == "string" and self._peek() not in _MATCHES:
                name = _unquoted(token[1])
                continue
            if token[0] not in {"name", "string"}:
                raise _UnreadableError
            matchers.append(self._matcher(token))
        exact = next((one.value for one in matchers if one.label == "__name__" and one.operator == "="), name)
        return Series(_plain(exact) if exact is not None else None, tuple(matchers))

    def _matcher(self, token: tuple[str, str]) -> Matcher:
        (_, operator), (kind, value) = self._next(), self._next()
        if operator not in _MATCHES or kind != "string":
            raise _UnreadableError
        label = _unquoted(token[1]) if token[0] == "string" else token[1]
        return Matcher(label, operator, _unquoted(value))


def _plain(name: str) -> str | None:
    return None if "$" in name or "[[" in name else name


def _unquoted(text: str) -> str:
    inner = text[1:-1]
    return inner if text[0] == "`" else _ESCAPE.sub(r"\1", inner)

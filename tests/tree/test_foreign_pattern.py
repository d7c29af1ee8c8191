"""Promise: a regular expression in a foreign file never hangs or ends a run."""

from __future__ import annotations

import pytest

from mintage.check.network.promql import Matcher
from mintage.tree.foreign_pattern import compiled, matches
from mintage.tree.kustomization import selects

HOSTILE = (
    "(a|a)*b",
    "(a+)+b",
    "((a?)b?)*c",
    "(a|a){1,200}b",
    "(a{2,}){2,}b",
    ".*.*.*.*.*.*x",
    "a?" * 40 + "a" * 40,
    "(a|a)" * 40 + "b",
    "a{99999999999999999999}",
    "$((" * 6600,
    "(" * 200,
    "a" * 301,
    "[",
    "[[:alpha:]]+",
    "(?=a)a",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_pattern_is_unknown(text: str) -> None:
    """It is not compiled; a patch's target is compared literally, and a matcher accepts all."""
    assert compiled(text) is None
    assert matches(text, "a" * 60) is None
    assert not selects({"name": text}, "Service", "a" * 60)
    assert selects({"name": text}, "Service", text)
    assert Matcher("job", "=~", text).accepts("a" * 60)


@pytest.mark.parametrize(
    ("text", "subject", "expected"),
    [
        ("a.*", "abc", True),
        ("(web|api)-.*", "web-1", True),
        ("(?:web|api)(-canary)?", "api", True),
        ("(?i)WEB", "web", True),
        (r"[^]a|*+]\d{1,3}\(", "x12(", True),
        ("vllm:.+_(sum|count|bucket)", "vllm:x_sum", True),
        ("a|b", "c", False),
        ("(ab)+", "abab", True),
        ("a{x", "a{x", True),
        (".*", "a" * 257, None),
    ],
)
def test_an_ordinary_pattern_is_matched_whole(text: str, subject: str, expected: bool | None) -> None:
    """Choices, sets and repeats as they are written by hand; a subject that is too long is unknown."""
    assert matches(text, subject) is expected

"""Patterns of Go's dialect match here what they match there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubeconform.patterns import matches, translate, translated

SAME = [
    r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
    r"^\d+\.\w$",
    "a{1,3}",
    r"[\w.-]+",
    r"^\/a\-b$",
    "^(?i:a)$",
    r"\\Aa",
]
TRANSLATED = {
    r"^(?i)(abort|warn)?$": r"^(?i:(abort|warn)?$)",
    "a(?i)b|c": "a(?i:b)|(?i:c)",
    r"(?i)a(b(?s)c)d": r"(?i:a(b(?s:c))d)",
    r"\Aab\z": "^ab$",
    r"^\Qa.b\E$": r"^a\.b$",
    r"^(?P<n>a)$": "^(?<n>a)$",
    r"^\pL+$": r"^\p{L}+$",
    r"^[[:alpha:]_]+$": r"^[A-Za-z_]+$",
    r"[(?i)]": r"[(?i)]",
    r"\x{41}\x{1F600}": r"\x41\u{1F600}",
}


@pytest.mark.parametrize("pattern", SAME)
def test_patterns_of_both_dialects_stay(pattern: str) -> None:
    """Nothing is rewritten without need."""
    assert translate(pattern) == pattern


@pytest.mark.parametrize(("pattern", "expected"), TRANSLATED.items())
def test_patterns_of_go_alone_are_rewritten(pattern: str, expected: str) -> None:
    """Into what the engine compiles."""
    assert translate(pattern) == expected
    matches(pattern, "")


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("^(?i)(abort|warn)?$", "ABORT", True),
        ("^(?i)(abort|warn)?$", "aborted", False),
        ("^(a(?i)b|c)$", "C", True),
        ("^(a(?i)b|c)$", "aB", True),
        ("^(a(?i)b|c)$", "AB", False),
        (r"\Aab\z", "ab\n", False),
        ("^[[:upper:]]$", "É", False),
        (r"^\d$", "٣", False),
        (r"^\pL$", "é", True),
        ("b", "abc", True),
    ],
)  # fmt: skip
def test_they_match_as_in_go(pattern: str, text: str, expected: bool) -> None:
    """Anywhere in the text, digits of ASCII, the end without a line break."""
    assert matches(pattern, text) is expected


@pytest.mark.parametrize("pattern", ["(?<=a)b", "(", "a{2,1}", r"(a)\1"])
def test_what_go_refuses_is_refused(pattern: str) -> None:
    """Look-behind, back-references, and what is broken."""
    with pytest.raises(ValueError, match="regex"):
        matches(pattern, "")


def test_schemas_are_copied_only_where_a_pattern_changes() -> None:
    """The rest is shared."""
    schema = {"properties": {"a": {"pattern": "^a$"}, "pattern": {"type": "string"}}, "allOf": [{}]}
    assert translated(schema) is schema
    changed = translated({"allOf": [schema, {"patternProperties": {r"\Aa": {"pattern": r"b\z"}}}]})
    assert changed == {"allOf": [schema, {"patternProperties": {"^a": {"pattern": "b$"}}}]}
    assert changed["allOf"][0] is schema


@given(st.text(max_size=12))
def test_quoted_text_matches_itself(text: str) -> None:
    r"""Between \Q and \E nothing means anything."""
    if "\\E" not in text and not text.endswith("\\"):
        assert matches(rf"^\Q{text}\E$", text)

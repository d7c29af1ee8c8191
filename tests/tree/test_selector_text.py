"""Promise: label selectors mean what they mean to kubectl."""

from __future__ import annotations

import pytest

from mintage.tree.selector_text import picks


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("", True),
        ("app=a", True),
        ("app==a,tier=b", True),
        ("app=a, tier!=b", False),
        ("app in (a, c)", True),
        ("app notin (a,c),tier", False),
        ("none notin (x)", True),
        ("none!=x", True),
        ("tier", True),
        ("!tier", False),
        ("!none", True),
        ("none", False),
    ],
)
def test_a_selector_picks_labels(selector: str, expected: bool) -> None:
    """Equality, sets and existence, joined by commas."""
    assert picks(selector, {"app": "a", "tier": "b"}) is expected

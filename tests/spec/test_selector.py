"""Selectors name several services at once."""

from __future__ import annotations

import pytest

from mintage.spec.selector import matches


@pytest.mark.parametrize(
    ("selector", "hits"),
    [
        ("web", True),
        ("web2", False),
        ("we*", False),  # a pattern needs a kind: a bare word is a name
        ("Workload/web", True),
        ("Workload/*", True),
        ("Workload/w?b", True),
        ("*/web", True),
        ("*/*", True),
        ("workload/web", False),
        ("Model*/web", False),
        ("Identity/*", False),
        ("Workload/", False),
    ],
)
def test_a_selector_means_a_service_or_not(selector: str, hits: bool) -> None:
    """By name alone, or by kind and pattern; case counts."""
    assert matches(selector, "Workload", "web") is hits

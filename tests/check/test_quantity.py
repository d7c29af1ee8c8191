"""Kubernetes quantities are read exactly."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintage.check.quantity import count, parse


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", Fraction(1)),
        (3, Fraction(3)),
        (0.5, Fraction(1, 2)),
        ("500m", Fraction(1, 2)),
        ("1.5Gi", Fraction(3 * 2**29)),
        (".5", Fraction(1, 2)),
        ("5.", Fraction(5)),
        ("2e3", Fraction(2000)),
        ("2E-1", Fraction(1, 5)),
        ("1E", Fraction(10**18)),
        ("1Ei", Fraction(2**60)),
        ("100n", Fraction(1, 10**7)),
        ("-1k", Fraction(-1000)),
        ("+1u", Fraction(1, 10**6)),
    ],
)
def test_a_quantity_is_read_to_the_last_digit(text: Any, value: Fraction) -> None:
    """With every suffix."""
    assert parse(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1 Gi",
        "1gi",
        "Gi",
        "1e",
        "1ee3",
        "1e1.5",
        "$(CPU)",
        "{{ cpu }}",
        "1KI",
        "½",
        "\uff11",
        "1e9999",
        True,
        None,
        [],
        {},
    ],
)
def test_what_is_no_quantity_has_no_value(text: Any) -> None:
    """It does not raise."""
    assert parse(text) is None


@pytest.mark.parametrize(("text", "number"), [("4", 4), (4, 4), ("4000m", 4), ("1k", 1000), ("0", 0)])
def test_a_count_is_a_whole_number(text: Any, number: int) -> None:
    """However it is written."""
    assert count(text) == number


@pytest.mark.parametrize("text", ["500m", "-1", "x", None, 1.5])
def test_half_a_device_is_no_count(text: Any) -> None:
    """Nor is a negative one."""
    assert count(text) is None


@given(st.one_of(st.text(max_size=12), st.floats(), st.integers(), st.binary(max_size=4)))
def test_nothing_raises(value: Any) -> None:
    """Whatever stands there."""
    found = parse(value)
    assert found is None or isinstance(found, Fraction)


@given(st.integers(0, 10**15), st.sampled_from(["", "k", "M", "Ki", "Mi"]))
def test_a_suffix_multiplies(number: int, suffix: str) -> None:
    """By a constant."""
    one, many = parse(f"1{suffix}"), parse(f"{number}{suffix}")
    assert one is not None
    assert many == number * one

"""One selector for several sets of labels."""

from __future__ import annotations

from typing import Any

import pytest

from mintage.render.label_selectors import selector_for

A = {"role": "decode", "serving": "true", "app": "a"}
B = {"role": "decode", "serving": "true", "app": "b"}


@pytest.mark.parametrize(
    ("wanted", "others", "expected"),
    [
        ([A], [B], {"matchLabels": A}),
        ([A, B], [], {"matchLabels": {"role": "decode", "serving": "true"}}),
        ([A, {**B, "role": "prefill"}], [], {"matchLabels": {"serving": "true"}}),
    ],
)
def test_what_the_wanted_have_in_common_selects_them(
    wanted: list[dict[str, str]], others: list[dict[str, str]], expected: dict[str, Any]
) -> None:
    """Common labels are kept, in the order of the first set."""
    assert selector_for(wanted, others) == expected


def test_common_labels_that_mean_another_give_way_to_one_key() -> None:
    """A third set with the common labels makes them unsound, so the key that tells the sets apart is listed."""
    other = {"role": "decode", "serving": "true", "app": "c"}

    assert selector_for([B, A], [other]) == {
        "matchExpressions": [{"key": "app", "operator": "In", "values": ["a", "b"]}]
    }


def test_a_key_that_only_some_have_is_not_used() -> None:
    """`In` on a key selects nothing of a set without it."""
    assert selector_for([{"a": "1", "z": "1"}, {"z": "2"}], []) == {
        "matchExpressions": [{"key": "z", "operator": "In", "values": ["1", "2"]}]
    }


def test_nothing_is_returned_where_no_selector_is_sound() -> None:
    """Sets without a common key, and a set that another contains, cannot be told apart by one selector."""
    assert selector_for([{"a": "1"}, {"b": "1"}], []) is None
    assert selector_for([{"a": "1"}], [{"a": "1", "b": "2"}]) is None


def test_an_empty_selector_is_never_returned() -> None:
    """The empty selector means everything."""
    assert selector_for([{}], []) is None

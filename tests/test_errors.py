"""Problems are values with an order, and advice names what was probably meant."""

from __future__ import annotations

import pytest

from mintage.errors import Location, MintageError, Problem, did_you_mean, fail


def test_a_place_is_written_as_editors_take_it() -> None:
    """File, line and column; the file alone where the whole file is meant."""
    assert str(Location("specs/a.yaml", 3, 7, 4)) == "specs/a.yaml:3:7"
    assert str(Location("specs/a.yaml")) == "specs/a.yaml"


def test_an_error_tells_its_problems_in_the_order_of_files_and_lines() -> None:
    """Line 9 comes before line 10, and a file as a whole before its lines."""
    places = [
        Location("b", 10, 1),
        Location("b", 9, 5),
        Location("a", 11, 1),
        Location("b"),
        Location("b", 9, 2),
    ]
    error = MintageError(Problem(place, "id", "wrong") for place in places)
    assert [str(problem.location) for problem in error.problems] == [
        "a:11:1",
        "b",
        "b:9:2",
        "b:9:5",
        "b:10:1",
    ]
    assert str(error) == "a:11:1: wrong; b: wrong; b:9:2: wrong; b:9:5: wrong; b:10:1: wrong"


def test_an_error_tells_a_problem_once() -> None:
    """Three environments may find the same mistake; two mistakes in one place are two."""
    problem = Problem(Location("a", 1, 1), "id", "wrong", "do this")
    other = Problem(Location("a", 1, 1), "id", "also wrong")
    assert MintageError([problem, other, problem]).problems == (other, problem)


def test_problems_do_not_change() -> None:
    """They are collected, sorted and compared."""
    problem = Problem(Location("a"), "id", "wrong")
    with pytest.raises(AttributeError, match="cannot assign to field 'message'"):
        problem.message = "right"  # type: ignore[misc]


def test_a_problem_of_a_whole_file_is_made_in_one_call() -> None:
    """For what stands on no line."""
    error = fail("specs", "empty", "there are no specs", "add one")
    assert error.problems == (Problem(Location("specs"), "empty", "there are no specs", "add one"),)


@pytest.mark.parametrize(
    ("word", "known", "advice"),
    [
        ("imge", ["image", "name"], "did you mean `image`?"),
        ("Image", ["image"], "did you mean `image`?"),
        ("x", ["b", "a"], "known: `a`, `b`"),
        ("x", [], ""),
        ("", ["a"], "known: `a`"),
        ("zz", [f"n{number:02}" for number in range(20)], "known: " + ", ".join(f"`n{number:02}`" for number in range(20))),
        ("zz", [f"n{number:02}" for number in range(21)], "known: " + ", ".join(f"`n{number:02}`" for number in range(20)) + ", ..."),
    ],
)  # fmt: skip
def test_advice_names_the_nearest_word_or_all_of_them(word: str, known: list[str], advice: str) -> None:
    """Twenty at most."""
    assert did_you_mean(word, known) == advice


def test_advice_does_not_depend_on_the_order_of_what_is_known() -> None:
    """Sets have another order in every process."""
    words = ["gpu-memory", "gpu-memoru", "gpu-memort", "other"]
    assert {did_you_mean("gpu-memorx", order) for order in (words, words[::-1], frozenset(words))} == {
        "did you mean `gpu-memory`?"
    }

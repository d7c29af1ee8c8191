"""The command line of a script is read from its text, or not at all."""

from __future__ import annotations

import pytest

from mintage.tree.scripts import command_line

HEAD = "import argparse\nparser = argparse.ArgumentParser()\n"


def test_flags_are_those_that_the_parser_is_given() -> None:
    """In all their spellings, in groups and subcommands."""
    found = command_line(
        HEAD + "parser.add_argument('-n', '--number')\nparser.add_argument('name')\n"
        "group = parser.add_argument_group('g')\ngroup.add_argument('--fast', action=argparse.BooleanOptionalAction)\n"
        "sub = parser.add_subparsers().add_parser('run')\nsub.add_argument('--steps')\n"
    )
    assert found is not None
    assert found.flags == {"-h", "--help", "-n", "--number", "--fast", "--no-fast", "--steps"}


@pytest.mark.parametrize(
    ("flag", "known"),
    [
        ("--number", True),
        ("--num", True),
        ("--n", False),
        ("-n", True),
        ("-n5", True),
        ("-x", False),
        ("--numbers", False),
    ],
)
def test_an_unambiguous_beginning_will_do(flag: str, known: bool) -> None:
    """As argparse has it."""
    found = command_line(HEAD + "parser.add_argument('-n', '--number')\nparser.add_argument('--none')\n")
    assert found is not None
    assert found.knows(flag) is known


def test_abbreviations_can_be_off() -> None:
    """`allow_abbrev=False`."""
    found = command_line(
        "import argparse\np = argparse.ArgumentParser(allow_abbrev=False)\np.add_argument('--number')\n"
    )
    assert found is not None
    assert not found.knows("--num")


@pytest.mark.parametrize(
    "text",
    [
        "print('no parser')",
        "def broken(",
        "\x00",
        HEAD + "parser.parse_known_args()",
        HEAD + "for name in NAMES:\n    parser.add_argument(name)",
        HEAD + "add_engine_arguments(parser)",
        HEAD + "Trainer.add_arguments(parser=parser)",
        "import argparse\np = argparse.ArgumentParser(parents=[base])",
        "import argparse, click\np = argparse.ArgumentParser()",
        "import argparse\np = argparse.ArgumentParser()\nq = argparse.ArgumentParser()",
    ],
)
def test_what_is_not_all_there_is_not_described(text: str) -> None:
    """Options that come from elsewhere, or are computed."""
    assert command_line(text) is None


def test_a_parser_may_go_to_the_scripts_own_functions() -> None:
    """What they add stands in the same text."""
    found = command_line(HEAD + "def more(p):\n    p.add_argument('--more')\nmore(parser)\n")
    assert found is not None
    assert "--more" in found.flags

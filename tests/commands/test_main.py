"""The parser of `mintage`: what is wrong with arguments is said in two lines."""

from __future__ import annotations

import pytest

from mintage.commands.main import main


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((), "mintage: error: the following arguments are required: COMMAND\n  = see `mintage --help`\n"),
        (
            ("validate", "--sinec=x"),
            "mintage: error: unrecognized arguments: --sinec=x\n  = did you mean `--since`?\n",
        ),
        (
            ("validate", "--color", "blue"),
            (
                "mintage validate: error: argument --color: invalid choice: 'blue' (choose from 'auto', 'always', 'never')\n"
                "  = see `mintage validate --help`\n"
            ),
        ),
    ],
)
def test_wrong_arguments_end_with_2(
    arguments: tuple[str, ...], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """As every program's."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert (caught.value.code, capsys.readouterr().err) == (2, text)


def test_help_says_what_exit_codes_mean(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever puts it into a pipeline needs them."""
    with pytest.raises(SystemExit) as caught:
        main(("validate", "--help"))
    assert caught.value.code == 0
    assert "Exit code: 0 fine, 1 findings, 2 usage." in capsys.readouterr().out

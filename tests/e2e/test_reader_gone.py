"""Whoever reads the output may stop reading, as `head` does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mintage.testing import Space

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("command", ["render", "validate"])
def test_a_closed_pipe_is_no_failure(rendered: Space, command: str) -> None:
    """The run goes on, and its exit code is its own."""
    with rendered.start(command) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        problems = process.stderr.read()
    assert (process.returncode, problems) == (0, "")

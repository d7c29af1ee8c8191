"""A validation that finds nothing changed looks at nothing, and says the same again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mintage.testing import DODO

if TYPE_CHECKING:
    from mintage.testing import Space

TASKS = ["base/storage", "base/web", "base", "overlays/dev", "overlays/prod", "tree"]
LOADED = ("mintage.check.table", "mintage.schemas", "mintage.report.outcome", "yaml", "msgspec")
WATCH = f"""
import atexit
import sys

atexit.register(lambda: print("loaded", *sorted({set(LOADED)!r} & sys.modules.keys())))
"""


def _looked_at(stdout: str) -> list[str]:
    return [line.split()[1] for line in stdout.splitlines() if line.startswith("validate ")]


def _report(stdout: str) -> str:
    return "".join(line for line in stdout.splitlines(keepends=True) if not line.startswith("validate "))


def test_the_second_run_looks_at_nothing(rendered: Space) -> None:
    """It prints the report of the first one, to the letter."""
    first, second = rendered.run("validate"), rendered.run("validate")
    assert _looked_at(first.stdout) == TASKS
    assert (second.code, second.stderr) == (first.code, "") == (0, "")
    assert second.stdout == _report(first.stdout)
    assert "checked     15 objects in 2 roots, with " in second.stdout


def test_the_second_run_loads_neither_checks_nor_schemas(space: Space) -> None:
    """Nor what parses specs; the first run shows that the watch sees them."""
    space.write("dodo.py", DODO + WATCH)
    assert space.run("render").code == 0
    loaded = [space.run("validate").stdout.splitlines()[-1] for _ in range(2)]
    assert loaded == [
        "loaded mintage.check.table mintage.report.outcome mintage.schemas msgspec yaml",
        "loaded",
    ]


def test_rendering_loads_no_checks(space: Space) -> None:
    """Whoever renders need not wait for them."""
    space.write("dodo.py", DODO + WATCH)
    assert space.run("render").stdout.splitlines()[-1] == "loaded msgspec yaml"


def test_specs_are_not_parsed_again_though_nothing_was_rendered(rendered: Space) -> None:
    """As in the clone of a build server, which validates the tree that was committed."""
    import shutil

    shutil.rmtree(rendered.root / "build")
    rendered.run("validate")
    assert (rendered.root / "build/state/index.json").is_file()


def test_other_options_make_another_report(rendered: Space) -> None:
    """From what was found before: nothing is looked at again."""
    rendered.run("validate")
    outcome = rendered.run("validate", "--only", "missing-resources", "--fail-on", "warning")
    assert outcome.code == 1
    assert _looked_at(outcome.stdout) == []
    assert outcome.stdout.splitlines()[-1] == "2 warnings in 2 files"
    again = rendered.run("validate")
    assert (again.code, _looked_at(again.stdout)) == (0, [])


@pytest.mark.parametrize(
    ("arguments", "again"),
    [
        (("forget", "validate"), TASKS),
        (("forget", "validate:base/web"), ["base/web"]),
        (("forget", "--all"), TASKS),
    ],
)
def test_what_is_forgotten_is_looked_at_again(
    rendered: Space, arguments: tuple[str, ...], again: list[str]
) -> None:
    """And nothing else."""
    report = _report(rendered.run("validate").stdout)
    assert rendered.run(*arguments).code == 0
    outcome = rendered.run("validate")
    assert (_looked_at(outcome.stdout), _report(outcome.stdout)) == (again, report)


def test_always_execute_looks_at_everything(rendered: Space) -> None:
    """With `-a`, whatever the state says."""
    rendered.run("validate")
    assert _looked_at(rendered.run("-a", "validate").stdout) == TASKS


def test_cleaning_removes_no_findings(rendered: Space) -> None:
    """`doit clean validate` has nothing to remove."""
    rendered.run("validate")
    assert rendered.run("clean", "validate").code == 0
    assert _looked_at(rendered.run("validate").stdout) == []
    assert "error" not in rendered.run("list", "--all", "--status").stderr

"""The layers of the code: imports go down only, modules stay small, and a run that does nothing loads little."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import mintage
from lab import lab
from mintage.testing import DODO

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(mintage.__file__).parent
LAYERS = (
    ("errors", "digest", "canonical", "source"),
    ("spec", "manifest", "filetree", "finding"),
    ("workspace", "disk", "store", "schemas", "tree"),
    ("render", "check"),
    ("report", "tasks"),
    ("commands",),
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
APART = {"render", "check"}  # verbs never import each other
KNOWS_DOIT = {"tasks.engine", "report.reporter"}
BESIDE = {"", "testing"}  # the package itself, and what it ships for tests
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").removesuffix("."): path
    for path in sorted(PACKAGE.rglob("*.py"))
}


def _imports(path: Path) -> Iterator[str]:
    """Yield every module a file imports, at whatever depth, for types or for real."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            assert node.module is not None
            yield from (_module(node.module, alias.name) for alias in node.names)


def _module(source: str, name: str) -> str:
    """Return the module that `from source import name` means."""
    whole = f"{source}.{name}"
    return whole if whole.removeprefix("mintage.") in MODULES and source != "" else source


def _own(path: Path) -> set[str]:
    return {
        name.removeprefix("mintage").removeprefix(".")
        for name in _imports(path)
        if name.split(".")[0] == "mintage"
    }


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down_only(module: str) -> None:
    """A module knows its own package and what lies below; verbs and views do not know each other."""
    part = module.partition(".")[0]
    if part in BESIDE:
        return
    for imported in _own(MODULES[module]) - {""}:
        other = imported.partition(".")[0]
        assert other in LEVEL, f"{module} imports {imported}, which has no place in the layers"
        assert LEVEL[other] <= LEVEL[part], f"{module} imports {imported} from above"
        assert other == part or not {other, part} <= APART, f"{module} imports {imported}, another verb"


def test_every_module_has_a_place() -> None:
    """A new package must be put into a layer."""
    parts = {module.partition(".")[0] for module in MODULES} - BESIDE
    assert parts == LEVEL.keys()


def test_nothing_imports_what_is_shipped_for_tests() -> None:
    """It may depend on anything, and nothing on it."""
    assert [module for module, path in MODULES.items() if "testing" in _own(path)] == []


@pytest.mark.parametrize("module", MODULES)
def test_few_modules_know_doit(module: str) -> None:
    """Tasks are made in one place, reported in one, and commands extend doit's own."""
    knows = any(name.split(".")[0] == "doit" for name in _imports(MODULES[module]))
    assert not knows or module in KNOWS_DOIT or module.startswith("commands.")


@pytest.mark.parametrize("module", MODULES)
def test_modules_are_short(module: str) -> None:
    """400 lines can be read in one go."""
    assert len(MODULES[module].read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize("module", MODULES)
def test_modules_say_what_they_are_for(module: str) -> None:
    """In a docstring that ends as a sentence does."""
    text = ast.get_docstring(ast.parse(MODULES[module].read_text(encoding="utf-8")))
    assert text
    assert text.splitlines()[0].endswith((".", ":", ",")) or "\n" in text


HEAVY = (
    "yaml",
    "msgspec",
    "jsonpatch",
    "jsonpointer",
    "mintage.render.gitops",
    "mintage.spec.fields",
    "mintage.source",
)
WATCH = f"""
import atexit
import sys

atexit.register(lambda: print("loaded", *sorted({set(HEAVY)!r} & sys.modules.keys())))
"""


@pytest.mark.e2e
def test_a_run_that_does_nothing_loads_no_parser(tmp_path: Path) -> None:
    """YAML, types and patches are for what has changed; the first run shows that the watch sees them."""
    space = lab(tmp_path / "lab")
    space.write("dodo.py", DODO + WATCH)
    first, second = space.run("render").stdout, space.run("render").stdout
    assert {"yaml", "msgspec", "jsonpatch"} <= set(first.splitlines()[-1].split())
    assert second.splitlines()[-1] == "loaded"


@pytest.mark.e2e
def test_the_shipped_dodo_is_like_the_one_of_this_repository() -> None:
    """Whoever tests with it, tests what users have: the same tasks with the same words."""
    theirs = (PACKAGE.parents[1] / "dodo.py").read_text(encoding="utf-8")
    for line in DODO.splitlines():
        assert line in theirs or '"""' in line


def test_these_tests_see_function_level_imports(tmp_path: Path) -> None:
    """A late import is an import."""
    path = tmp_path / "late.py"
    path.write_text(
        "def f():\n    if True:\n        from mintage.render import patch\n        import doit.task\n"
    )
    assert set(_imports(path)) == {"mintage.render.patch", "doit.task"}

"""What a Python script says of its command line, read from its syntax tree; it is never run.

Knows `argparse` of Python 3.11 to 3.13. A script whose options come from elsewhere (a library adds them, they are
computed, another parser is used) is not described: the answer is None.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

_OTHERS = frozenset(
    {
        "click",
        "typer",
        "fire",
        "hydra",
        "absl",
        "docopt",
        "tyro",
        "simple_parsing",
        "jsonargparse",
        "transformers",
    }
)
_TAKES_FLAGS = frozenset(
    {"add_argument", "add_argument_group", "add_mutually_exclusive_group", "add_subparsers", "add_parser"}
)


@dataclass(frozen=True, slots=True)
class CommandLine:
    """The options of a script; with `abbreviates`, an unambiguous beginning of a long one will do."""

    flags: frozenset[str]
    abbreviates: bool = True

    def knows(self, flag: str) -> bool:
        """Tell whether the script accepts a flag."""
        if flag in self.flags:
            return True
        if not flag.startswith("--"):
            return any(len(own) == 2 and flag.startswith(own) for own in self.flags)
        return self.abbreviates and sum(own.startswith(flag) for own in self.flags) == 1


def command_line(source: str) -> CommandLine | None:
    """Return the options of a script, or None where its text does not tell them all."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    parsers = [call for call in calls if _name(call) == "ArgumentParser"]
    if (
        len(parsers) != 1
        or _imports(tree) & _OTHERS
        or any(_name(call) == "parse_known_args" for call in calls)
    ):
        return None
    if any(
        keyword.arg in {"parents", "prefix_chars", "fromfile_prefix_chars", None}
        for keyword in parsers[0].keywords
    ):
        return None
    if _is_handed_on(tree, calls):
        return None
    flags = {"-h", "--help"}
    for call in calls:
        if _name(call) == "add_argument":
            own = _flags(call)
            if own is None:
                return None
            flags |= own
    return CommandLine(frozenset(flags), not _forbids(parsers[0], "allow_abbrev"))


def _name(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _imports(tree: ast.AST) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def _flags(call: ast.Call) -> set[str] | None:
    """Return the flags that a call adds; None where they are computed."""
    if not all(isinstance(arg, ast.Constant) and isinstance(arg.value, str) for arg in call.args):
        return None
    if not call.args:
        return None
    names = {str(arg.value) for arg in call.args if isinstance(arg, ast.Constant)}
    flags = {name for name in names if name.startswith("-")}
    if any(
        keyword.arg == "action" and "BooleanOptionalAction" in ast.dump(keyword.value)
        for keyword in call.keywords
    ):
        flags |= {f"--no-{name.removeprefix('--')}" for name in flags if name.startswith("--")}
    return flags


def _is_handed_on(tree: ast.AST, calls: list[ast.Call]) -> bool:
    """Tell whether a parser is given to a function that the script does not define."""
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    parsers = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and _name(node.value) in {"ArgumentParser", *_TAKES_FLAGS}
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return any(
        isinstance(argument, ast.Name) and argument.id in parsers and _name(call) not in own
        for call in calls
        for argument in (*call.args, *(keyword.value for keyword in call.keywords))
    )


def _forbids(call: ast.Call, option: str) -> bool:
    return any(
        keyword.arg == option and isinstance(keyword.value, ast.Constant) and keyword.value.value is False
        for keyword in call.keywords
    )

"""The page of all checks: id, severity, why it matters, how to mend it, and an example with its correction.

Made from the table of checks and their examples. Pure: writes no file.
"""

from __future__ import annotations

from difflib import unified_diff
from typing import TYPE_CHECKING

from mintage.check.example import example
from mintage.check.table import groups

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.check.interface import Check

_HEAD = """
Every finding of [`doit validate` and `mintage validate`](../validate.md) carries the id of its check. An **error** does not
work, a **warning** may not, an **info** is worth knowing. Each example is a small tree in which the check fires; the lines
that begin with `-` and `+` show what mends it.

`--only` and `--skip` take ids, and `group/*` for all checks of a group. How to accept a finding is said in
[validate](../validate.md#accepting-findings).
"""
_WHOLE = 10_000  # lines of context: all of a small file


def checks_page(mark: str) -> str:
    """Return the page as Markdown; `mark` says that it is generated."""
    return "\n".join([f"<!-- {mark} -->\n\n# Checks", _HEAD, *_overview(), *_details()])


def _overview() -> Iterator[str]:
    total = sum(len(group) for group in groups().values())
    yield f"There are {total} checks.\n"
    yield "| group | checks |\n|---|---|"
    for name, group in groups().items():
        yield f"| [{name}](#{name}) | {', '.join(f'[`{check.id}`](#{check.id})' for check in group)} |"
    yield ""


def _details() -> Iterator[str]:
    for name, group in groups().items():
        yield f"## {name}\n"
        for check in group:
            yield f"### {check.id}\n"
            yield f"**{check.severity.word}.** {check.why}\n\n{check.fix}\n"
            yield from _example(check)


def _example(check: Check) -> Iterator[str]:
    trees = example(check.id)
    if not trees:
        return
    yield "```diff"
    for path in sorted({*trees["bad"], *trees["good"]}):
        yield f"  # {path}"
        yield from _difference(trees["bad"].get(path, ""), trees["good"].get(path, ""))
    yield "```\n"


def _difference(bad: str, good: str) -> Iterator[str]:
    """Yield the lines of a file with what is taken out and what is put in; all of it as it is where nothing differs."""
    old, new = bad.splitlines(), good.splitlines()
    if old == new:
        yield from (f"  {line}".rstrip() for line in old)
        return
    for line in list(unified_diff(old, new, lineterm="", n=_WHOLE))[3:]:
        yield f"{line[0]} {line[1:]}".rstrip()

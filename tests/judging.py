"""Judging a tree in tests as `mintage validate` does: checks, acceptances, and what is wrong with these."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mintage.check import suppression
from mintage.check.run import findings
from mintage.check.table import checks
from mintage.tasks.outcome import Judged, Selection, report_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mintage.finding import Finding
    from mintage.tree.tree import Tree


def found_in(tree: Tree, only: Iterable[str] = ()) -> set[Finding]:
    """Return the findings that stand, of all checks or of some."""
    names = tuple(only)
    chosen = [check for check in checks().values() if not names or check.id in names]
    paths = tree.files.paths if tree.files else ()
    yaml = [path for path in paths if path.endswith((".yaml", ".yml"))]
    comments = suppression.comments(tree.files, yaml) if tree.files else []
    report = report_of(
        findings(tree, chosen),
        Judged(),
        tree.rules,
        comments,
        settings="mintage.yaml",
        environments={},
        selection=Selection(only=names),
    )
    return set(report.findings)

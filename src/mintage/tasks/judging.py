"""Looking at a workspace's tree for the tasks of a validation, and reporting what they found."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from mintage.check import suppression
from mintage.check.run import merged, of_objects, of_root, of_tree
from mintage.check.schema.judged import coverage, remarks
from mintage.check.table import checks
from mintage.errors import Location, MintageError
from mintage.finding import Finding, Severity
from mintage.report import outcome
from mintage.tasks import prove
from mintage.tasks.apart import apart, of_object
from mintage.tasks.model import Model
from mintage.tasks.outcome import Judged, report_of
from mintage.tree.build import command
from mintage.tree.load import MISSING
from mintage.workspace.files import SYSTEM
from mintage.workspace.index import BASE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mintage.check.interface import Check
    from mintage.report.outcome import Report
    from mintage.tasks.outcome import Selection
    from mintage.tasks.rebuild import Run
    from mintage.tree.objects import Object
    from mintage.tree.tree import Root

Result = dict[str, Any]  # what a task keeps: findings as plain values, and of a root what judged its objects
_TREE = "tree"
_SCOPES = frozenset({"object", "pod", "container"})  # what is checked object by object


class Judging:
    """What looks at the tree of one run; the tree is modelled when it is first asked for."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.model = Model(run)
        self._checks = list(checks().values())
        self._single = [check for check in self._checks if check.on in _SCOPES]

    def look(self, name: str) -> tuple[Result, str]:
        """Return what a task finds, and a line that says what was looked at."""
        root = self._root(name)
        if name == _TREE:
            found = merged(("", finding) for finding in of_tree(self.model.tree, self._checks))
            return _result(
                found
            ), f"{len(self.model.tree.roots)} roots and {len(self.model.files.paths)} files"
        if name == "base" or name.startswith("overlays/"):
            environment = name.partition("/")[2] or BASE
            count = len(prove.expected(self.run, environment))
            proved = ", as Kustomize builds them and as the specs render them" if command() else ""
            found = [*self._proved(environment), *(self._of_root(root) if root else ())]
            return {**_result(found), **self._coverage(root)}, f"{count} objects{proved}"
        if root is not None:
            by_itself = (
                (root.folder, found) for found in of_objects(self.model.tree, root.objects, self._checks)
            )
            found = [*self._of_root(root, []), *merged(by_itself)]
            return {**_result(found), **self._coverage(root)}, f"{len(root.objects)} objects"
        objects = self.model.of_component.get(name.removeprefix("base/"), [])
        return _result(self._of_component(objects)), f"{len(objects)} objects"

    def _root(self, name: str) -> Root | None:
        folder = f"{self.run.output}/{name}"
        return next((root for root in self.model.tree.roots if root.folder == folder), None)

    def _proved(self, environment: str) -> list[Finding]:
        """Return where Kustomize does not build what the specs render."""
        builder = command()
        if builder is None:
            place = Location(self.run.output)
            message = "neither kubectl nor kustomize is on PATH: it is not proved that Kustomize builds what the specs render"
            return [
                Finding(
                    place,
                    MISSING,
                    Severity.WARNING,
                    message,
                    "install kubectl 1.31 or newer, or kustomize 5.1",
                    roots=(f"{self.run.output}/{prove.folder(environment)}",),
                )
            ]
        try:
            problems = prove.problems(self.run, environment, builder)
        except MintageError as error:
            problems = list(error.problems)
        return [
            Finding(problem.location, problem.id, Severity.ERROR, problem.message, problem.advice)
            for problem in problems
        ]

    def _of_component(self, objects: Iterable[tuple[str, Object]]) -> list[Finding]:
        """Return what is found in objects by themselves; a component's key says no more than that.

        What is found in several roots is kept for each of them, since somebody may ask for one.
        """
        settings = apart(self.model.tree)
        return [
            replace(finding, roots=(folder,))
            for folder, item in objects
            for check in self._single
            if check.applies(item)
            for finding in of_object(settings, item, check) or ()
        ]

    def _of_root(self, root: Root, objects: Sequence[Object] | None = None) -> list[Finding]:
        """Return what is found between objects, and in those objects of which a check must know more."""
        settings = apart(self.model.tree)
        found = list(of_root(root, self._checks))
        for check, item in self._pairs(root.objects if objects is None else objects):
            if of_object(settings, item, check) is None:
                found += of_objects(self.model.tree, [item], [check])
        return merged((root.folder, finding) for finding in found)

    def _pairs(self, objects: Iterable[Object]) -> Iterator[tuple[Check, Object]]:
        return ((check, item) for item in objects for check in self._single if check.applies(item))

    def _coverage(self, root: Root | None) -> Result:
        """Return what a root's task says of the schemas that judged its objects."""
        if root is None:
            return {}
        seen = coverage(self.model.tree, [root])
        return {
            "objects": len(root.objects),
            "judged": dict(seen.judged),
            "unjudged": dict(seen.unjudged),
            "notes": remarks(self.model.tree, [root]),
        }

    def report(self, kept: Mapping[str, Result], selection: Selection, names: Sequence[str] = ()) -> Report:
        """Return the report of tasks, from what they kept; of some tasks where names are given, else of all."""
        workspace = self.run.workspace
        roots = [
            outcome.Root(f"{self.run.output}/{name}", result["objects"])
            for name, result in kept.items()
            if "objects" in result
        ]
        found = (finding for name, result in kept.items() for finding in self._asked(name, result, names))
        return report_of(
            merged(("", finding) for finding in found),
            Judged(roots, _summed(kept, "judged"), _summed(kept, "unjudged"), _notes(kept)),
            workspace.system.validation,
            suppression.comments(self.model.files, [SYSTEM, *workspace.digests]),
            settings=SYSTEM,
            environments={f"{self.run.output}/overlays/{name}": name for name in workspace.environments},
            selection=selection,
            is_looked_at=lambda _: not names,
            locate=workspace.system_document.locate,
        )

    def _asked(self, name: str, result: Result, names: Sequence[str]) -> Iterator[Finding]:
        """Yield the findings of a task; of one that was not named, those in the roots that were."""
        folders = {f"{self.run.output}/{asked}" for asked in names}
        for finding in _findings(result):
            if not names or name in names or folders & {*finding.roots}:
                yield finding


def _result(found: Iterable[Finding]) -> Result:
    return {"findings": [msgspec.to_builtins(finding) for finding in found]}


def _findings(result: Result) -> list[Finding]:
    return msgspec.convert(result["findings"], type=list[Finding])


def _notes(kept: Mapping[str, Result]) -> list[str]:
    return sorted({note for result in kept.values() for note in result.get("notes", ())})


def _summed(kept: Mapping[str, Result], field: str) -> dict[str, int]:
    total: dict[str, int] = {}
    for result in kept.values():
        for name, count in result.get(field, {}).items():
            total[name] = total.get(name, 0) + count
    return total

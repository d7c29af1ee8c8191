"""`mintage validate PATH`: check a tree of manifests that has no specs, or one that has."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mintage.check import suppression, table
from mintage.check.run import findings
from mintage.check.schema.judged import coverage
from mintage.errors import MintageError, fail
from mintage.report import outcome
from mintage.schemas.store import Schemas, Sources
from mintage.spec.validation import FILE, Validation
from mintage.tasks import show
from mintage.tasks.outcome import Judged, report_of
from mintage.tree.load import MISSING, OFFLINE, load, repository_of
from mintage.tree.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mintage.report.outcome import Report
    from mintage.tree.tree import Root, Tree

_VERSION = "1.32"
_SYSTEM = "specs/system.yaml"


def validate(options: Mapping[str, Any]) -> int:
    """Check a path and show the report; return the exit code. `MintageError` where nothing can be checked."""
    path = Path(options["path"])
    if not path.exists():
        raise fail(str(path), "path-missing", "there is no such file or folder", "name a folder of manifests")
    selection = show.selection(options)
    table.selected(selection.only, selection.skip)  # names that nothing has are said before anything is read
    folder = path.resolve()
    repository = repository_of(folder)
    settings, file = _settings(folder, repository)
    version = options["kubernetes_version"] or settings.kubernetes_version or _VERSION
    schemas = Schemas(version, Sources.of(repository))
    within = folder.relative_to(repository).as_posix()
    tree = load(repository, within, settings, schemas=schemas)
    tree.kubernetes_version = version
    if not tree.objects and not tree.problems and not any(root.problems for root in tree.roots):
        raise fail(
            str(path),
            "nothing-to-check",
            "it holds no manifests and no kustomization",
            "name a folder that does",
        )
    if options["since"]:
        from mintage.commands.since import tree_at  # noqa: PLC0415 - only with --since

        tree.before = tree_at(repository, options["since"], within, settings)
    report = _report(tree, file, selection)
    _show(_seen_from_here(report, repository), options)
    return 1 if report.failed else 0


def _settings(folder: Path, repository: Path) -> tuple[Validation, str]:
    """Return the settings that hold for a folder, and the file they stand in, relative to the repository."""
    top = folder if folder.is_dir() else folder.parent
    for place in (top, *top.parents):
        if (place / FILE).is_file():
            return read_settings(place) or Validation(kind="Validation"), (place / FILE).relative_to(
                repository
            ).as_posix()
        if (place / _SYSTEM).is_file():
            return _of_system(place), (place / _SYSTEM).relative_to(repository).as_posix()
        if place == repository:
            break
    return Validation(kind="Validation"), FILE


def _of_system(place: Path) -> Validation:
    from mintage.tasks.generator import generator  # noqa: PLC0415 - only in a workspace
    from mintage.workspace.load import Workspace  # noqa: PLC0415

    system = Workspace(place, generator()).system
    return Validation(
        kind="Validation",
        kubernetes_version=system.kubernetes_version,
        externals=system.externals,
        validation=system.validation,
    )


def _report(tree: Tree, file: str, selection: Any) -> Report:
    ids = {check.id for check in table.selected(selection.only, selection.skip)}
    checks = [check for check in table.checks().values() if check.id in ids]
    seen = coverage(tree)
    assert tree.files is not None
    yaml = [path for path in tree.files.paths if path.endswith((".yaml", ".yml"))]
    return report_of(
        findings(tree, checks),
        Judged([_shown(root) for root in tree.roots], seen.judged, seen.unjudged, tree.notes),
        tree.rules,
        suppression.comments(tree.files, yaml),
        settings=file,
        environments={},
        selection=selection,
    )


def _shown(root: Root) -> outcome.Root:
    status = outcome.RootStatus.BUILT
    if root.problems:
        skipped = all(problem.id in {MISSING, OFFLINE} for problem in root.problems)
        status = outcome.RootStatus.SKIPPED if skipped else outcome.RootStatus.FAILED
    return outcome.Root(root.folder, len(root.objects), status)


def _seen_from_here(report: Report, repository: Path) -> Report:
    """Return the report with places as a shell or an editor takes them: relative to the current folder."""
    here = Path.cwd()
    prefix = os.path.relpath(repository, here)
    if prefix == ".":
        return report

    def moved(place: Any) -> Any:
        return replace(place, file=os.path.normpath(os.path.join(prefix, place.file)))  # noqa: PTH118 - `..` is resolved by text

    def of(finding: Any) -> Any:
        related = tuple(replace(other, location=moved(other.location)) for other in finding.related)
        return replace(finding, location=moved(finding.location), related=related)

    return replace(
        report,
        findings=tuple(map(of, report.findings)),
        suppressed=tuple(
            replace(item, finding=of(item.finding), place=item.place and moved(item.place))
            for item in report.suppressed
        ),
    )


def _show(report: Report, options: Mapping[str, Any]) -> None:
    color = options["color"] == "always" or (options["color"] == "auto" and show.is_colored())
    text = show.text_of(
        report, Path.cwd(), options["format"] or "text", color=color and not options["output"]
    )
    if not options["output"]:
        sys.stdout.write(text)
        return
    try:
        show.write(Path(options["output"]), text)
    except MintageError as error:
        raise MintageError(
            replace(problem, advice="name a file that can be written") for problem in error.problems
        ) from None
    sys.stdout.write(f"{options['output']}: {len(report.findings)} findings\n")

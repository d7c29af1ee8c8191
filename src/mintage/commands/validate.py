"""`mintage validate PATH`: check a tree of manifests that has no specs, or one that has."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mintage.check import suppression, table
from mintage.check.run import findings
from mintage.check.schema.judged import coverage, remarks
from mintage.errors import Location, MintageError, fail
from mintage.report import outcome
from mintage.report.style import several
from mintage.schemas.store import Schemas, Sources
from mintage.source import read
from mintage.spec.decode import Layer, Layers, decode
from mintage.spec.system import System
from mintage.spec.validation import FILE, Validation
from mintage.tasks import show
from mintage.tasks.outcome import Judged, report_of
from mintage.tree.files import is_a_tools, joined
from mintage.tree.kustomization import NAMES
from mintage.tree.load import MISSING, OFFLINE, is_in, load, repository_of
from mintage.tree.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mintage.errors import Problem
    from mintage.finding import Finding
    from mintage.report.outcome import Report
    from mintage.tasks.outcome import Selection
    from mintage.tree.tree import Root, Tree

_VERSION = "1.32"
_ADVICE = "name a folder or a file that does"
_NAME = "system.yaml"
_SYSTEM = f"specs/{_NAME}"


def validate(options: Mapping[str, Any]) -> int:
    """Check a path and show the report; return the exit code. `MintageError` where nothing can be checked."""
    selection = show.selection(options)  # what means nothing is said before anything is read
    folder = _existing(options["path"])
    repository = _repository(folder)
    try:
        tree, file = _tree(folder, repository, options)
        report = _report(tree, file, selection, folder.relative_to(repository).as_posix())
    except MintageError as error:
        raise MintageError(
            replace(problem, location=_mover(repository)(problem.location)) for problem in error.problems
        ) from None
    return _show(report, repository, options)


def _existing(path: str) -> Path:
    """Return the path without links; a kustomization's file stands for its folder. `MintageError` where there is nothing."""
    if path == "-":
        advice = "write it to a file and name that; `kubeconform-py -` reads a stream and checks schemas"
        raise fail(
            "-", "path-missing", "PATH is a folder or a file; a stream has no places to point at", advice
        )
    try:
        if path:
            found = Path(path).resolve(strict=True)
            return found.parent if found.name in NAMES and found.is_file() else found
        message, advice = "PATH is empty", "name a folder of manifests, such as `.`"
    except FileNotFoundError:
        message, advice = "there is no such file or folder", "name a folder of manifests"
    except (OSError, RuntimeError, ValueError) as error:
        message, advice = f"it cannot be read: {getattr(error, 'strerror', '') or error}", "check its rights"
    raise fail(path, "path-missing", message, advice)


def _repository(folder: Path) -> Path:
    """Return the folder whose files count; that which is named, where a walk from the repository leaves it out."""
    found = repository_of(folder)
    steps = folder.relative_to(found).parts
    top = folder if folder.is_dir() else folder.parent
    return (
        top if any(is_a_tools(found.joinpath(*steps[: depth + 1])) for depth in range(len(steps))) else found
    )


def _tree(folder: Path, repository: Path, options: Mapping[str, Any]) -> tuple[Tree, str]:
    """Return the tree that is to be judged, and the file that its settings stand in."""
    settings, file = _settings(folder, repository)
    version = options["kubernetes_version"] or settings.kubernetes_version or _VERSION
    schemas = _schemas(version, repository, "--kubernetes-version" if options["kubernetes_version"] else file)
    within = folder.relative_to(repository).as_posix()
    tree = load(repository, within, settings, schemas=schemas)
    tree.kubernetes_version = version
    if not tree.objects and not tree.problems and not any(root.problems for root in tree.roots):
        raise fail(within, "nothing-to-check", "it holds no manifests and no kustomization", _ADVICE)
    if options["since"]:
        from mintage.commands.since import tree_at  # noqa: PLC0415 - only with --since

        tree.before = tree_at(repository, options["since"], within, settings)
    return tree, file


def _schemas(version: str, repository: Path, place: str) -> Schemas:
    try:
        return Schemas(version, Sources.of(repository))
    except MintageError as error:
        raise MintageError(replace(problem, location=Location(place)) for problem in error.problems) from None


def _settings(folder: Path, repository: Path) -> tuple[Validation, str]:
    """Return the settings that hold for a folder, and the file they stand in, relative to the repository."""
    top = folder if folder.is_dir() else folder.parent
    for place in (top, *top.parents):
        for name, reader in ((FILE, read_settings), (_SYSTEM, _of_system)):
            if (place / name).is_file() and (found := _read(reader, place, repository)):
                return found, (place / name).relative_to(repository).as_posix()
        if place == repository:
            break
    return Validation(kind="Validation"), FILE


def _read(reader: Callable[[Path], Validation | None], place: Path, repository: Path) -> Validation | None:
    """Return the settings of a folder; what is wrong with them has its place in the repository."""
    try:
        return reader(place)
    except OSError as error:
        raise fail(str(place), "file-unreadable", error.strerror or str(error), "check its rights") from None
    except MintageError as error:
        raise MintageError(
            replace(problem, location=_moved(problem.location, place.relative_to(repository).as_posix()))
            for problem in error.problems
        ) from None


def _of_system(place: Path) -> Validation | None:
    """Return what `specs/system.yaml` of a workspace says; None where the file is something else."""
    document = read(_SYSTEM, (place / _SYSTEM).read_bytes())
    if not isinstance(document.value, dict) or document.value.get("kind") != "System":
        return None
    system = decode(document.value, System, Layers((Layer(document),)))
    return Validation(
        kind="Validation",
        kubernetes_version=system.kubernetes_version,
        externals=system.externals,
        validation=system.validation,
    )


def _report(tree: Tree, file: str, selection: Selection, within: str) -> Report:
    checks = table.selected(selection.only, selection.skip)
    seen = coverage(tree)
    files = tree.files
    assert files is not None
    yaml = [path for path in files.paths if path.endswith((".yaml", ".yml"))]
    found = findings(tree, checks)
    said = {finding.location.file for finding in found}
    left = tuple(problem for problem in tree.problems if problem.location.file not in said)
    if left and not found and not tree.objects and not any(root.problems for root in tree.roots):
        raise MintageError(left)  # all there is cannot be read
    return report_of(
        found,
        Judged(
            [_shown(root) for root in tree.roots],
            seen.judged,
            seen.unjudged,
            (*tree.notes, *_loose(tree), *_notes(left), *remarks(tree)),
        ),
        tree.rules,
        suppression.comments(files, yaml),
        settings=file,
        environments={},
        selection=selection,
        locate=lambda path: files.locate(file, 0, path),
        is_looked_at=lambda place: is_in(place.file, within) and not _is_of_specs(place.file, file),
    )


def _loose(tree: Tree) -> Iterator[str]:
    """Yield how many objects were looked at outside of any root."""
    if tree.loose:
        yield f"{several(len(tree.loose), 'object')} in files that no root reaches: judged by themselves, not as part of a whole"


def _notes(problems: Sequence[Problem]) -> Iterator[str]:
    """Yield what is to be said of broken files that nobody would take for manifests."""
    files = sorted({problem.location.file for problem in problems})
    if files:
        more = f" and {len(files) - 1} more" if len(files) > 1 else ""
        yield f"not read, since no YAML and no manifest by its looks: {files[0]}{more}"


def _is_of_specs(path: str, settings: str) -> bool:
    """Tell whether a file is a spec: what is accepted there is for `doit validate`, which knows what came of it."""
    specs = settings.removesuffix(f"/{_NAME}") if settings.endswith(_NAME) else None
    return specs is not None and is_in(path, specs)


def _shown(root: Root) -> outcome.Root:
    status = outcome.RootStatus.BUILT
    if root.problems:
        skipped = all(problem.id in {MISSING, OFFLINE} for problem in root.problems)
        status = outcome.RootStatus.SKIPPED if skipped else outcome.RootStatus.FAILED
    return outcome.Root(root.folder, len(root.objects), status)


def _mover(repository: Path) -> Callable[[Location], Location]:
    """Return what turns places in the repository into places as a shell or an editor takes them: seen from here."""
    here = Path.cwd()

    def moved(place: Location) -> Location:
        if place.file.startswith("--"):
            return place
        return replace(place, file=Path(os.path.relpath(repository / place.file, here)).as_posix())

    return moved


def _moved(place: Location, prefix: str) -> Location:
    return replace(place, file=joined(prefix, place.file))


def _seen_from_here(report: Report, repository: Path) -> Report:
    """Return the report with places and folders relative to the current folder."""
    moved = _mover(repository)

    def folder(name: str) -> str:
        return moved(Location(name)).file

    def of(finding: Finding) -> Finding:
        related = tuple(replace(other, location=moved(other.location)) for other in finding.related)
        roots = tuple(map(folder, finding.roots))
        return replace(finding, location=moved(finding.location), related=related, roots=roots)

    return replace(
        report,
        findings=tuple(map(of, report.findings)),
        roots=tuple(replace(root, folder=folder(root.folder)) for root in report.roots),
        suppressed=tuple(
            replace(item, finding=of(item.finding), place=item.place and moved(item.place))
            for item in report.suppressed
        ),
    )


def _write(output: str, text: str) -> None:
    try:
        show.write(Path(output), text)
    except MintageError as error:
        advice = "name a file that can be written"
        raise MintageError(replace(problem, advice=advice) for problem in error.problems) from None


def _show(report: Report, repository: Path, options: Mapping[str, Any]) -> int:
    """Show a report, or write it; return the exit code."""
    color = options["color"] == "always" or (options["color"] == "auto" and show.is_colored())
    chosen, output = options["format"] or "text", options["output"]
    if chosen == "sarif":  # whose places are relative to the top of the repository
        text = show.text_of(report, repository, chosen, color=False)
    else:
        seen = _seen_from_here(report, repository)
        text = show.text_of(seen, Path.cwd(), chosen, color=color and not output, tree=repository)
    if output:
        _write(output, text)
        text = f"{output}: {several(len(report.findings), 'finding')}\n"
    try:
        show.say(text)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads the report has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if report.failed:
        return 1
    return 0 if report.judged or report.unjudged else 2  # a gate that has not looked is no gate

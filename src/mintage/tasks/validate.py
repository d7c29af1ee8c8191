"""Validating a workspace: one task for each component, one for each root, one for what lies between roots.

Every task keeps what it found with the key of what it looked at; a run that changes nothing reads that back. The
tree is modelled once in a run, from the direct render, and only if some task is not current.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mintage.digest import digest_of
from mintage.errors import MintageError
from mintage.finding import Finding, Severity
from mintage.store.trace import Trace, Traces
from mintage.tasks import prove
from mintage.tasks.key import key
from mintage.tasks.model import ARGOCD, Model
from mintage.tree.build import command
from mintage.workspace.index import BASE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mintage.report.outcome import Report
    from mintage.tasks.outcome import Selection
    from mintage.tasks.rebuild import Run
    from mintage.tree.objects import Object
    from mintage.tree.tree import Root
    from mintage.workspace.load import Workspace

TREE = "tree"  # the task for what lies between roots, and between files
_PACKAGE = Path(__file__).parents[1]


class Validation:
    """The validation of one workspace in one run."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.results = Traces(run.workspace.state / "findings.jsonl")
        self.model = Model(run)

    @property
    def _workspace(self) -> Workspace:
        return self.run.workspace

    @property
    def names(self) -> list[str]:
        """The tasks: components, what Kustomize builds, Argo CD, and what lies between."""
        workspace = self._workspace
        components = [f"base/{name}" for name in workspace.components]
        overlays = [prove.folder(environment) for environment in workspace.environments]
        argocd = [ARGOCD] if (workspace.root / workspace.output / ARGOCD).is_dir() else []
        return [*components, "base", *overlays, *argocd, TREE]

    def environment_of(self, name: str) -> str | None:
        """Return the environment that a task proves, the base's being empty, or None where it proves none."""
        if name == "base":
            return BASE
        kind, _, environment = name.partition("/")
        return environment if kind == "overlays" else None

    # --- keys -----------------------------------------------------------------------------------------------

    @cached_property
    def _judges(self) -> list[tuple[str, str]]:
        """What decides on findings beside the tree: checks and their data, and the schemas of the workspace."""
        root = self._workspace.root
        data = [
            path
            for path in sorted(_PACKAGE.rglob("*"))
            if path.is_file() and path.suffix not in {".py", ".pyc"}
        ]
        own = [
            path for path in (root / "schemas.lock", *sorted((root / "schemas").rglob("*"))) if path.is_file()
        ]
        digests = [digest_of(path.read_bytes()) for path in (*data, *own)]
        return [
            ("mintage", self._workspace.generator),
            ("data and schemas", digest_of("".join(digests).encode())),
        ]

    def _key(self, name: str) -> str:
        run, environment = self.run, self.environment_of(name)
        if environment is not None:
            builder = command() or [""]
            return key([*self._judges, (name, prove.proof_key(run, environment, builder))])
        if name == TREE:
            return key([*self._judges, (name, self._seal)])
        if name == ARGOCD:
            return key([*self._judges, *self._files_below(ARGOCD), ("system", self._workspace.system_digest)])
        component = name.removeprefix("base/")
        trace = run.traces.get(component)
        rendered = sorted(trace.outputs.items()) if trace else []
        return key([*self._judges, (name, run.component_key(component)), *rendered])

    def _files_below(self, folder: str) -> list[tuple[str, str]]:
        tree = self._workspace.root / self.run.output / folder
        return [
            (str(path), digest_of(path.read_bytes())) for path in sorted(tree.rglob("*")) if path.is_file()
        ]

    @cached_property
    def _seal(self) -> str:
        """A digest of the status of every file: reading them all would take longer than it is worth."""
        states = []
        for path in self.model.files.paths:
            status = (self._workspace.root / path).lstat()
            states.append(f"{path} {status.st_size} {status.st_mtime_ns}")
        return digest_of("\n".join(states).encode("utf-8", "surrogateescape"))

    def is_current(self, name: str) -> bool:
        """Tell whether a task has looked at the very things that are there now."""
        trace = self.results.get(name)
        return trace is not None and trace.key == self._key(name)

    # --- judging --------------------------------------------------------------------------------------------

    def judge(self, name: str) -> str:
        """Look at what a task is for, and keep what was found; return a line that says what was looked at."""
        wanted = self._key(name)
        environment = self.environment_of(name)
        found, line = (self._proved(environment), "") if environment is not None else ([], "")
        tree = self.model.tree
        folder = f"{self.run.output}/{name}"
        if name == TREE:
            found, line = (
                list(self._between()),
                f"{len(tree.roots)} roots and {len(self.model.files.paths)} files",
            )
        elif name.startswith("base/"):
            objects = self.model.of_component.get(name.removeprefix("base/"), [])
            found, line = list(self._of_objects(objects)), f"{len(objects)} objects"
        else:
            root = next((root for root in tree.roots if root.folder == folder), None)
            if root is not None:
                found += self._of_root(root, objects=name == ARGOCD)
            count = len(root.objects) if root else len(prove.expected(self.run, environment or BASE))
            line = f"{count} objects{'' if name == ARGOCD else ', as Kustomize builds them and as the specs render them'}"
        self.results.put(name, Trace(wanted, {}, result={"findings": _plain(found), **self._coverage(name)}))
        return f"{name:<24} {line}"

    def _proved(self, environment: str) -> list[Finding]:
        """Return where Kustomize does not build what the specs render."""
        builder = command()
        if builder is None:
            return []
        try:
            problems = prove.problems(self.run, environment, builder)
        except MintageError as error:
            problems = list(error.problems)
        return [
            Finding(problem.location, problem.id, Severity.ERROR, problem.message, problem.advice)
            for problem in problems
        ]

    def _between(self) -> Iterator[Finding]:
        from mintage.check.run import of_tree  # noqa: PLC0415
        from mintage.check.table import checks  # noqa: PLC0415

        return of_tree(self.model.tree, list(checks().values()))

    def _of_objects(self, objects: Iterable[tuple[str, Object]]) -> Iterator[Finding]:
        from mintage.check.run import merged, of_objects  # noqa: PLC0415
        from mintage.check.table import checks  # noqa: PLC0415

        known = list(checks().values())
        by_root: dict[str, list[Object]] = {}
        for folder, item in objects:
            by_root.setdefault(folder, []).append(item)
        return iter(
            merged(
                (folder, finding)
                for folder, group in by_root.items()
                for finding in of_objects(self.model.tree, group, known)
            )
        )

    def _of_root(self, root: Root, *, objects: bool) -> list[Finding]:
        from mintage.check.run import merged, of_objects, of_root  # noqa: PLC0415
        from mintage.check.table import checks  # noqa: PLC0415

        known = list(checks().values())
        found = [(root.folder, finding) for finding in of_root(root, known)]
        if objects:
            found += [(root.folder, finding) for finding in of_objects(self.model.tree, root.objects, known)]
        return merged(found)

    def _coverage(self, name: str) -> dict[str, Any]:
        """Return what a root's task says of the schemas that judged its objects."""
        from mintage.check.schema.judged import coverage  # noqa: PLC0415

        root = next(
            (root for root in self.model.tree.roots if root.folder == f"{self.run.output}/{name}"), None
        )
        if root is None:
            return {}
        seen = coverage(self.model.tree, [root])
        return {"objects": len(root.objects), "judged": dict(seen.judged), "unjudged": dict(seen.unjudged)}

    # --- reporting ------------------------------------------------------------------------------------------

    def report(self, selection: Selection, names: Iterable[str] = ()) -> Report:
        """Return the report of all tasks, or of some, from what they kept."""
        from mintage.check import suppression  # noqa: PLC0415
        from mintage.check.run import merged  # noqa: PLC0415
        from mintage.report import outcome  # noqa: PLC0415
        from mintage.tasks.outcome import Judged, report_of  # noqa: PLC0415
        from mintage.workspace.files import SYSTEM  # noqa: PLC0415

        self.results.refresh()
        chosen = list(names) or self.names
        kept = [(name, trace.result) for name in chosen if (trace := self.results.get(name))]
        roots = [
            outcome.Root(f"{self.run.output}/{name}", result["objects"])
            for name, result in kept
            if "objects" in result
        ]
        missing = (
            []
            if command()
            else ["neither kubectl nor kustomize is on PATH: overlays were not built and proved"]
        )
        judged = Judged(roots, _summed(kept, "judged"), _summed(kept, "unjudged"), missing)
        system = self._workspace.system
        specs = [SYSTEM, *self._workspace.digests]
        return report_of(
            merged(("", finding) for _, result in kept for finding in _typed(result["findings"])),
            judged,
            system.validation,
            suppression.comments(self.model.files, specs),
            settings=SYSTEM,
            environments={
                f"{self.run.output}/{prove.folder(environment)}": environment
                for environment in self._workspace.environments
            },
            selection=selection,
        )


def _plain(found: Iterable[Finding]) -> list[Any]:
    import msgspec  # noqa: PLC0415

    return [msgspec.to_builtins(finding) for finding in found]


def _typed(found: list[Any]) -> list[Finding]:
    import msgspec  # noqa: PLC0415

    return msgspec.convert(found, type=list[Finding])


def _summed(kept: Iterable[tuple[str, dict[str, Any]]], field: str) -> dict[str, int]:
    total: dict[str, int] = {}
    for _, result in kept:
        for name, count in result.get(field, {}).items():
            total[name] = total.get(name, 0) + count
    return total

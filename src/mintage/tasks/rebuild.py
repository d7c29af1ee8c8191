"""Rendering what is not current, and nothing else.

`Run` is one run over one workspace: it decides by traces, renders through `mintage.render`, writes through one
transaction that is undone as a whole when anything fails, and keeps the ownership list by which files of removed
services are pruned. It prints nothing and knows nothing of doit.
"""

from __future__ import annotations

import contextlib
import os
from functools import cached_property
from threading import RLock
from typing import TYPE_CHECKING, Any

from mintage.digest import digest_of, digest_of_value
from mintage.disk import Transaction, clear_scratch, link_in, lock, read_text
from mintage.errors import Location, MintageError, Problem, fail
from mintage.store.trace import Trace, Traces, holds, is_intact, seal
from mintage.tasks.key import component_inputs, key
from mintage.workspace.index import BASE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from mintage.filetree import FileTree
    from mintage.render.gitops import Component, Objects
    from mintage.render.scope import Scope
    from mintage.spec.fields import Spec
    from mintage.workspace.index import Entry
    from mintage.workspace.load import Workspace

ROOT = "_root"  # the task for what spans components; no component can be called so
OWNED = ".mintage"  # the list of files that Mintage wrote, in the rendered tree so that every clone has it
_OWNED_HEAD = "# The files of this folder that Mintage wrote and may remove. Everything else is yours.\n"


class Run:
    """One run: which components are current, and the means to make the others so."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.traces = Traces(workspace.state / "traces.jsonl")
        self._process = os.getpid()
        self._turn = RLock()  # with `doit -n -P thread`, tasks share the transaction
        self._holds_lock = False
        self._refused: MintageError | None = None
        self._locked = contextlib.ExitStack()
        self._transaction: Transaction | None = None
        self.undone = 0  # files that were put back because something failed

    @property
    def _scratch(self) -> Path:
        return self.workspace.state / "scratch"

    @property
    def output(self) -> str:
        """The folder of the rendered tree, relative to the workspace."""
        return self.workspace.output

    def component_key(self, name: str) -> str:
        """Return the key of a component's inputs."""
        return key(component_inputs(self.workspace, self.workspace.components[name]))

    def is_current(self, name: str) -> bool:
        """Tell whether a component's files are what its inputs give, and stand as they were written."""
        wanted = self.component_key(name)
        return self._intact(name, wanted) or (self._claimed() and self._intact(name, wanted))

    def is_root_current(self) -> bool:
        """Tell the same of the files that span components; call it when the components are current."""
        self.traces.refresh()
        return self._root_intact() or (self._claimed() and self._root_intact())

    def _root_intact(self) -> bool:
        rendered = all(self.traces.get(name) for name in self.workspace.components)
        return rendered and self._intact(ROOT, self._root_key()) and not self._abandoned()

    def _claimed(self) -> bool:
        """Take the workspace's lock, because something will be written; tell whether it was taken only now.

        Then another run may have done the work in the meantime. doit asks in the process that was started; with `-n`,
        its children write under the lock it holds.
        """
        with self._turn:
            if self._refused:
                raise self._refused
            if self._process != os.getpid() or self._holds_lock:
                return False
            try:
                self._locked.enter_context(lock(self.workspace.state / "lock"))
            except MintageError as error:
                self._refused = error  # children must not write without it either
                raise
            self._holds_lock = True
            clear_scratch(self._scratch)
            self.traces.refresh()
            return True

    def _intact(self, task: str, wanted: str) -> bool:
        trace = self.traces.get(task)
        if trace is None or trace.key != wanted:
            return False
        folder = f"{self.workspace.root}/{self.output}/"
        return is_intact(folder, trace)

    def _root_key(self) -> str:
        found = ((name, self.traces.get(name)) for name in self.workspace.components)
        seen = [(name, trace.result["digest"]) for name, trace in found if trace]
        return key(
            [
                ("mintage", self.workspace.generator),
                ("specs/system.yaml", self.workspace.system_digest),
                *seen,
            ]
        )

    def rendered(self, name: str) -> Component:
        """Return a component as its specs give it now; writes nothing."""
        from mintage.render.gitops import component  # noqa: PLC0415 - a run that does nothing renders nothing

        entries = self.workspace.components[name]
        sources = {entry.name: entry.path for entry in entries}
        environments = {
            environment: self.objects(name, environment) for environment in self.workspace.environments
        }
        return component(name, self.objects(name, BASE), environments, sources)

    def objects(self, name: str, environment: str) -> Objects:
        """Return the objects of a component in an environment (or the base), rendered directly."""
        from mintage.render.gitops import objects  # noqa: PLC0415

        entries = [entry for entry in self.workspace.components[name] if entry.exists_in(environment)]
        specs, scopes = [], []
        for entry in entries:
            spec, scope = self._resolved(entry, environment)
            specs.append(spec)
            scopes.append(scope)
        return objects(specs, scopes)

    def _resolved(self, entry: Entry, environment: str) -> tuple[Spec, Scope]:
        """Return a spec with its references turned to text, and the scope in which they were."""
        from mintage.render.scope import Scope, resolved  # noqa: PLC0415
        from mintage.spec.decode import decode  # noqa: PLC0415

        workspace = self.workspace
        variant = workspace.variants(entry.path)[environment]
        texts = {name: workspace.file(name) for name in entry.files}
        scope = Scope(
            workspace.system,
            environment or None,
            workspace.exports(environment),
            texts,
            variant.spec.namespace or "",
        )
        if not workspace.has_references(entry.path):
            return variant.spec, scope
        # The base's own value still holds what environments change; that is resolved where it is used.
        plain = {name: part for name, part in variant.value.items() if name != "environments"}
        value = resolved(plain, scope)
        if value == plain:
            return variant.spec, scope
        return decode(value, type(variant.spec), variant.layers), scope

    def rendered_root(self, summaries: dict[str, dict[str, Any]]) -> FileTree:
        """Return the files that span components."""
        from mintage.render.gitops import root  # noqa: PLC0415

        return root(self.workspace.system, summaries)

    def write_component(self, name: str) -> int:
        """Render one component and write what differs; return how many files had to change."""
        with self._undone_on_failure():
            made = self.rendered(name)
            # The root of the tree is made from the summary and the names of the files, and from nothing else.
            seen = digest_of_value([made.summary, list(made.files)])
            changed, outputs = self._write(made.files)
            self._record(name, self.component_key(name), outputs, {**made.summary, "digest": seen})
            return changed

    def write_root(self) -> int:
        """Write what spans components, and prune what no service makes any more; return how many files changed."""
        with self._undone_on_failure():
            self.traces.refresh()
            self._check_paths()
            summaries = {name: self._trace(name).result for name in self.workspace.components}
            changed, outputs = self._write(self.rendered_root(summaries))
            changed += self._prune(outputs)
            self._record(ROOT, self._root_key(), outputs, {})  # not before: a killed run must prune again
            self.traces.tidy()
            self.workspace.save_index()
            return changed

    def clean(self, task: str, *, dryrun: bool) -> list[str]:
        """Remove the files of a task and forget it; return their paths. With `dryrun`, only return them."""
        trace = self.traces.get(task)
        if trace is None:
            return []
        present = [
            path for path in sorted(trace.outputs) if (self.workspace.root / self.output / path).is_file()
        ]
        if not dryrun:
            with self._undone_on_failure():
                assert self._transaction is not None
                for path in present:
                    self._transaction.remove(path)
                self.traces.drop(task)
            self.finish()
        return present

    def finish(self) -> None:
        """End the run: forget how to undo it, let the next one begin."""
        with self._turn:
            if self._transaction is not None:
                self._transaction.close()
                self._transaction = None
            self._locked.close()
            self._holds_lock = False
            with contextlib.suppress(MintageError):  # a cache: what ails the disk has been said by now
                self.workspace.save_index()

    def _trace(self, name: str) -> Trace:
        trace = self.traces.get(name)
        assert trace is not None, f"{name} was not rendered before the root"
        return trace

    @contextlib.contextmanager
    def _undone_on_failure(self) -> Iterator[None]:
        """Begin the transaction if need be, and undo the whole run when something fails."""
        with self._turn:
            try:
                self._claimed()
                if self._transaction is None:
                    self._transaction = Transaction(self.workspace.root / self.output, self._scratch)
                yield
            except BaseException:
                if self._transaction is not None:
                    self.undone = self._transaction.rollback()
                raise

    def _write(self, files: FileTree) -> tuple[int, dict[str, str]]:
        """Write files; return how many had to change, and the digests of all."""
        assert self._transaction is not None
        self._refuse_foreign(files)
        self._announce(files)
        outputs = {}
        changed = 0
        for path, data in files.items():
            if self._transaction.write(path, data):
                changed += 1
            outputs[path] = digest_of(data)
        self.owned.update(outputs)
        return changed, outputs

    def _record(self, task: str, wanted: str, outputs: dict[str, str], result: dict[str, Any]) -> None:
        folder = f"{self.workspace.root / self.output}/"
        self.traces.put(task, Trace(wanted, outputs, seal(folder, outputs), result))

    def _announce(self, files: FileTree) -> None:
        """List new files as Mintage's before they are there: a run that is killed must not leave orphans."""
        assert self._transaction is not None
        new = [path for path in files if path not in self.owned]
        if new:
            self._transaction.append(OWNED, "".join(f"{path}\n" for path in new).encode())

    def _refuse_foreign(self, files: FileTree) -> None:
        """Refuse to replace a file that Mintage did not write, or to write through a link."""
        folder = self.workspace.root / self.output
        folders = sorted({path.rpartition("/")[0] for path in files})
        links = {link for part in folders if (link := link_in(self.workspace.root, f"{self.output}/{part}"))}
        advice = "replace it by a folder"
        problems = [
            Problem(Location(link), "file-outside", "a folder of the rendered tree is a link", advice)
            for link in links
        ]
        for path, data in files.items():
            if not links and path not in self.owned and _is_foreign(folder / path, data):
                message = "Mintage did not write this file and will not replace it"
                advice = "move it away, or delete it if it is not needed"
                problems.append(
                    Problem(Location(f"{self.output}/{path}"), "file-in-the-way", message, advice)
                )
        if problems:
            raise MintageError(problems)

    @cached_property
    def owned(self) -> set[str]:
        """The files that Mintage wrote in this run or before it, in this clone or another."""
        listed = read_text(self.workspace.root / self.output / OWNED).splitlines()
        inside = (line for line in listed if not line.startswith(("#", "/")) and ".." not in line.split("/"))
        owned = {path for path in inside if path}
        # A trace may be of another branch or another output folder: by itself it makes no file Mintage's.
        folder = self.workspace.root / self.output
        for trace in self.traces.values():
            for path, digest in trace.outputs.items():
                if path not in owned and holds(f"{folder}/{path}", digest):
                    owned.add(path)
        return owned

    def _abandoned(self) -> bool:
        """Tell whether there are traces of components that exist no more."""
        return any(task != ROOT and task not in self.workspace.components for task, _ in self.traces.items())

    def _check_paths(self) -> None:
        """Refuse a file that two components make: objects of one kind and name, in two API groups."""
        first: dict[str, str] = {}
        for name in self.workspace.components:
            for path in self._trace(name).outputs:
                if (other := first.setdefault(path, name)) != name:
                    message = f"the components `{other}` and `{name}` both write it"
                    raise fail(f"{self.output}/{path}", "file-twice", message, "rename one of the objects")

    def ownership(self, paths: Iterable[str]) -> bytes:
        """Return the list of the files that are Mintage's."""
        return (_OWNED_HEAD + "".join(f"{path}\n" for path in sorted(paths))).encode()

    def _prune(self, outputs: dict[str, str]) -> int:
        """Remove what is made no more and list what is; `outputs` are the root's files, and get the list."""
        assert self._transaction is not None
        live = {ROOT, *self.workspace.components}
        made = {path for name in self.workspace.components for path in self._trace(name).outputs} | {*outputs}
        folder = self.workspace.root / self.output
        present = {path.casefold(): path for path in made}
        removed = [
            path
            for path in sorted(self.owned - made - {OWNED})
            if not _is_same_file(folder, path, present.get(path.casefold()))
            and self._transaction.remove(path)
        ]
        listing = self.ownership(made)
        changed = self._transaction.write(OWNED, listing)
        outputs[OWNED] = digest_of(listing)
        for task in [task for task, _ in self.traces.items() if task not in live]:
            self.traces.drop(task)
        return len(removed) + changed


def _is_same_file(folder: Path, path: str, other: str | None) -> bool:
    """Tell whether two paths that differ in case are one file, as they are where the file system ignores case."""
    return other is not None and (folder / path).exists() and (folder / path).samefile(folder / other)


def _is_foreign(target: Any, data: bytes) -> bool:
    from mintage.render.gitops import MARK  # noqa: PLC0415

    if target.is_symlink():
        return True
    try:
        found = target.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return found != data and not found.startswith(MARK.encode())

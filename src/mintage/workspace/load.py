"""Loading a workspace: read every spec, decode what changed, check what holds between specs.

All problems of all files are found before any is raised. What did not change since the last run is taken from
the index, so that a run that changes nothing parses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mintage.digest import digest_of, digest_of_value
from mintage.errors import Location, MintageError, Problem
from mintage.workspace import files, index
from mintage.workspace.index import BASE, Entry, Index

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mintage.source import Document
    from mintage.spec.exports import Export
    from mintage.spec.fields import Spec
    from mintage.spec.system import System
    from mintage.workspace.decoding import Variant

STATE = "build/state"


class Workspace:
    """The specs of one folder, as they were when it was opened.

    `generator` identifies this version of Mintage: what another version found out is not believed.
    """

    def __init__(self, root: Path, generator: str) -> None:
        self.root = root
        self.state = root / STATE
        self.generator = generator
        paths, problems = files.spec_files(root)
        self._contents = files.contents(root, paths, problems)
        if files.SYSTEM not in self._contents:
            raise MintageError(problems)
        self.digests = {path: digest_of(data) for path, data in self._contents.items()}
        self.system_digest = self.digests.pop(files.SYSTEM)
        self._variants: dict[str, dict[str, Variant]] = {}
        self._exports: dict[str, Exports] = {}
        self._beside: dict[str, bytes] = {}
        saved = index.load(self.state / "index.json")
        known = (saved.generator, saved.system_digest) == (generator, self.system_digest)
        self._saved = saved
        self.index = self._update(saved if known else Index(generator, self.system_digest), problems)

    @property
    def environments(self) -> list[str]:
        """The names of the environments, in the order of `system.yaml`."""
        return list(self.index.summary["environments"])

    @property
    def output(self) -> str:
        """The folder of the rendered tree, relative to the root."""
        return str(self.index.summary["output"])

    @cached_property
    def components(self) -> dict[str, list[Entry]]:
        """The entries of each component, components in the order of the base."""
        found: dict[str, list[Entry]] = {}
        for _, entry in sorted(self.index.entries.items()):
            found.setdefault(entry.component, []).append(entry)
        order = {name: position for position, name in enumerate(self.index.summary["components"])}
        return dict(sorted(found.items(), key=lambda item: (order.get(item[0], len(order)), item[0])))

    @cached_property
    def by_name(self) -> dict[str, Entry]:
        """The entries by name of the service."""
        return {entry.name: entry for entry in self.index.entries.values()}

    @cached_property
    def system_document(self) -> Document:
        """The parsed `system.yaml`."""
        from mintage.source import read  # noqa: PLC0415 - a run that does nothing parses nothing

        return read(files.SYSTEM, self._contents[files.SYSTEM])

    @cached_property
    def system(self) -> System:
        """The typed `system.yaml`."""
        from mintage.spec.decode import Complaint, Layer, Layers, decode  # noqa: PLC0415
        from mintage.spec.system import System  # noqa: PLC0415

        layers = Layers((Layer(self.system_document),))
        if not isinstance(self.system_document.value, dict):
            raise MintageError(
                [
                    layers.problem(
                        Complaint(
                            (),
                            "expected a mapping with `kind: System`",
                            "begin with `kind: System` and `name: ...`",
                        )
                    )
                ]
            )
        return decode(self.system_document.value, System, layers)

    def variants(self, path: str) -> dict[str, Variant]:
        """Return the typed spec of a file, for the base and each environment."""
        if path not in self._variants:
            from mintage.source import read  # noqa: PLC0415
            from mintage.workspace.decoding import variants  # noqa: PLC0415

            self._variants[path] = variants(
                read(path, self._contents[path]), self.system, self.system_document
            )
        return self._variants[path]

    def has_references(self, path: str) -> bool:
        """Tell whether the strings of a spec may hold references; false means that none does."""
        # A backslash may spell the sign in double quotes.
        return any(sign in self._contents[name] for sign in (b"@", b"\\") for name in (path, files.SYSTEM))

    def exports(self, environment: str) -> Exports:
        """Return the exports of all services of an environment, by name."""
        if environment not in self._exports:
            self._exports[environment] = Exports(self.by_name, environment)
        return self._exports[environment]

    def file(self, name: str) -> str:
        """Return the text of a file that a spec names."""
        try:
            return self._read_once(name).decode("utf-8")
        except UnicodeDecodeError as error:
            raise MintageError(
                [
                    Problem(
                        Location(f"specs/{name}"),
                        "yaml-encoding",
                        "the file is not UTF-8",
                        "save it as UTF-8",
                    )
                ]
            ) from error

    def _read_once(self, name: str) -> bytes:
        """Return a file that a spec names as it was when it was first read: what is digested is what is rendered."""
        if name not in self._beside:
            self._beside[name] = files.read_beside_specs(self.root, name)
        return self._beside[name]

    def save_index(self) -> None:
        """Write the index for the next run, where it is not as the last one left it."""
        if self.index is not self._saved:
            index.save(self.state / "index.json", self.index)
            self._saved = self.index

    def _update(self, saved: Index, problems: list[Problem]) -> Index:
        """Return the index of the specs as they are now; `problems` are those of files that cannot be read."""
        entries: dict[str, Entry] = {}
        broken: list[str] = []
        readable = not problems
        for path, digest in self.digests.items():
            old = saved.entries.get(path)
            try:
                if old is not None and old.digest == digest and self._files_unchanged(old):
                    entries[path] = old
                else:
                    entries[path] = self._entry(path, problems)
            except MintageError as error:
                problems += error.problems
                broken.append(path)
        if not problems and entries == saved.entries and saved.summary:
            return saved
        return self._checked(saved, entries, broken, problems, readable=readable)

    def _files_unchanged(self, entry: Entry) -> bool:
        try:
            return all(digest_of(self._read_once(name)) == seen for name, seen in entry.files.items())
        except MintageError:
            return False  # decoding the spec again finds out where it names the file

    def _checked(
        self,
        saved: Index,
        entries: dict[str, Entry],
        broken: list[str],
        problems: list[Problem],
        *,
        readable: bool,
    ) -> Index:
        """Check what holds between specs and return the new index; raise all problems there are.

        A file that could not be decoded may still define what others refer to: its name counts as known.
        """
        from mintage.workspace.checking import problems_between  # noqa: PLC0415
        from mintage.workspace.decoding import sketch  # noqa: PLC0415
        from mintage.workspace.variables import misread_variables  # noqa: PLC0415

        try:
            system, document = self.system, self.system_document
        except MintageError as error:
            raise MintageError([*problems, *error.problems]) from None
        problems += misread_variables(document)
        sketches = [sketch(path, self._contents[path]) for path in broken]
        complete = readable and all(found is not None for found in sketches)
        problems += problems_between(
            entries,
            saved.entries,
            [found for found in sketches if found],
            system,
            document,
            complete=complete,
        )
        if problems:
            raise MintageError(problems)
        summary = {
            "environments": list(system.environments),
            "output": system.output,
            "components": list(system.components),
        }
        return Index(self.generator, self.system_digest, summary, entries)

    def _entry(self, path: str, problems: list[Problem]) -> Entry:
        """Decode one spec and return its entry; what is wrong with its references is added to the problems."""
        from mintage.workspace.decoding import catalogue_problems, uses  # noqa: PLC0415

        found = self.variants(path)
        problems += catalogue_problems(found, self.system)
        base = found[BASE]
        place = base.layers.locate(("name",))
        collected = []
        for use, problem in uses(found):
            if problem:
                problems.append(problem)
            else:
                collected.append(use)
        exports = _exports({name: variant.spec for name, variant in found.items()})
        return Entry(
            path=path,
            digest=self.digests[path],
            kind=base.spec.kind,
            name=base.spec.name,
            component=base.spec.folder,
            place=(place.file, place.line, place.column, place.width),
            only=base.spec.only,
            exports=exports,
            export_digest=digest_of_value([base.spec.only, exports]),
            uses=collected,
            files=self._named_files(base),
        )

    def _named_files(self, base: Variant) -> dict[str, str]:
        found: dict[str, str] = {}
        problems = []
        for path, name in base.spec.files():
            try:
                found[name] = digest_of(self._read_once(name))
            except MintageError as error:
                place = base.layers.locate(path)
                problems += [
                    Problem(place, problem.id, f"`{name}`: {problem.message}", problem.advice)
                    for problem in error.problems
                ]
        if problems:
            raise MintageError(problems)
        return found


class Exports(Mapping[str, "Export"]):
    """The exports of one environment by name; each becomes a typed value when it is first asked for."""

    def __init__(self, entries: dict[str, Entry], environment: str) -> None:
        self._entries = {name: entry for name, entry in entries.items() if entry.exists_in(environment)}
        self._environment = environment
        self._typed: dict[str, Export] = {}

    def __getitem__(self, name: str) -> Export:
        if name not in self._typed:
            import msgspec  # noqa: PLC0415

            from mintage.spec.exports import Export  # noqa: PLC0415

            self._typed[name] = msgspec.convert(self._entries[name].export(self._environment), type=Export)
        return self._typed[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def _exports(specs: dict[str, Spec]) -> dict[str, dict[str, Any]]:
    """Return the exports by environment, without those that are like the base's."""
    import msgspec  # noqa: PLC0415

    plain = {environment: msgspec.to_builtins(spec.exports()) for environment, spec in specs.items()}
    return {
        environment: export
        for environment, export in plain.items()
        if environment == BASE or export != plain[BASE]
    }

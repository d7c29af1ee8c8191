"""Importing CustomResourceDefinitions into a workspace: from files, folders, a stream, or the cluster.

All are read and converted before the first file is written, and either all are written or none. It does not know how
schemas are chosen.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from mintage.digest import digest_of, digest_of_value
from mintage.disk import Transaction
from mintage.errors import Location, MintageError, Problem, fail
from mintage.schemas.convert import KIND, definitions
from mintage.schemas.stored import file_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mintage.schemas.stored import Stored

_ENDINGS = (".yaml", ".yml", ".json")
_CLUSTER = ("kubectl", "get", "customresourcedefinitions", "-o", "yaml")
_PATIENCE = 120  # seconds for a cluster with thousands of definitions


@dataclass(slots=True)
class Batch:
    """Schemas on their way to a folder, with the place each came from, and what was passed over."""

    files: dict[str, bytes] = field(default_factory=dict)
    places: dict[str, tuple[str, Stored]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def add(self, file: str, data: bytes, *, must_define: bool = True, digest: str = "") -> None:
        """Add the definitions of one text; problems are gathered."""
        try:
            found = definitions(file, data)
        except MintageError as error:
            self.problems += error.problems
            return
        if must_define and not found.schemas and not found.remarks:
            message = f"no {KIND} stands here"
            advice = "name a file or folder with CRDs, such as the crds/ of a Helm chart"
            self.problems.append(Problem(Location(file), "crd-none", message, advice))
        self.remarks += [f"{file}: {remark}" for remark in found.remarks]
        for stored in found.schemas:
            self._place(file, stored, digest)

    def _place(self, file: str, stored: Stored, digest: str) -> None:
        other = self.places.setdefault(stored.name, (file, stored))
        if other[1].schema != stored.schema:
            message = f"{stored.kind} {stored.api_version} is defined otherwise in {other[0]}"
            self.problems.append(
                Problem(Location(file), "crd-twice", message, "import the definition that your cluster has")
            )
        elif other[1] is stored:
            source = {"file": file, "sha256": digest or digest_of_value(stored.schema)}
            self.files[stored.name] = file_bytes(stored, source)


def from_operands(root: Path, operands: Sequence[str], stream: bytes = b"") -> Batch:
    """Return the schemas of files and folders as a user names them; `-` stands for the stream."""
    batch = Batch()
    for operand in operands:
        if operand == "-":
            batch.add("stdin", stream)
        elif Path(operand).is_dir():
            _add_folder(batch, root, Path(operand))
        else:
            data = _read(Path(operand))
            batch.add(_named(root, Path(operand)), data, digest=digest_of(data))
    _finish(batch)
    return batch


def from_cluster() -> Batch:
    """Return the schemas of the cluster that kubectl reaches."""
    if shutil.which("kubectl") is None:
        advice = "install kubectl, or export on another machine: kubectl get crd -o yaml > crds.yaml"
        raise fail("kubectl", "kubectl-missing", "kubectl is not on PATH", advice)
    try:
        done = subprocess.run(_CLUSTER, capture_output=True, check=False, timeout=_PATIENCE)  # noqa: S603 - a fixed command
    except (OSError, subprocess.TimeoutExpired) as error:
        raise fail("kubectl", "kubectl-failed", f"`{' '.join(_CLUSTER)}` did not run: {error}") from error
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
        message = f"`{' '.join(_CLUSTER)}` failed: {lines[-1]}"
        raise fail(
            "kubectl", "kubectl-failed", message, "check the current context: kubectl config current-context"
        )
    batch = Batch()
    batch.add("cluster", done.stdout)
    _finish(batch)
    return batch


def _finish(batch: Batch) -> None:
    if batch.problems:
        raise MintageError(batch.problems)


def _add_folder(batch: Batch, root: Path, folder: Path) -> None:
    """Add every definition below a folder; files that hold none are passed over."""
    before = len(batch.places) + len(batch.remarks) + len(batch.problems)
    for path in _files(folder):
        data = _read(path)
        if KIND.encode() in data:
            batch.add(_named(root, path), data, must_define=False, digest=digest_of(data))
    if before == len(batch.places) + len(batch.remarks) + len(batch.problems):
        advice = f"looked into files that end in {', '.join(_ENDINGS)}"
        batch.problems.append(
            Problem(Location(f"{folder}/"), "crd-none", f"no {KIND} stands in this folder", advice)
        )


def _files(folder: Path) -> Iterator[Path]:
    for where, folders, names in os.walk(folder):
        folders.sort()
        yield from (Path(where, name) for name in sorted(names) if name.endswith(_ENDINGS))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise fail(str(path), "file-missing", "there is no such file or folder", "check the name") from None
    except OSError as error:
        message = f"cannot read: {(error.strerror or str(error)).lower()}"
        raise fail(str(path), "file-unreadable", message, "check its permissions") from error


def _named(root: Path, path: Path) -> str:
    """Return a file as it is written into what will be committed: never with folders of this machine."""
    absolute, top = path.resolve(), root.resolve()
    if absolute.is_relative_to(top):
        return absolute.relative_to(top).as_posix()
    return path.name if path.is_absolute() or ".." in path.parts else path.as_posix()


def write(folder: Path, files: dict[str, bytes]) -> list[str]:
    """Write stored schemas below a folder, all or none; return those that changed.

    Raises `MintageError` where a file stands there that is not a stored schema, or the file system refuses.
    """
    foreign = [name for name in sorted(files) if _is_foreign(folder / name)]
    if foreign:
        message, advice = "this file is not a stored schema and will not be replaced", "move it away"
        raise MintageError(
            Problem(Location(str(folder / name)), "file-in-the-way", message, advice) for name in foreign
        )
    with TemporaryDirectory() as kept:
        transaction = Transaction(folder, Path(kept))
        try:
            return [name for name, data in sorted(files.items()) if transaction.write(name, data)]
        except MintageError:
            transaction.rollback()
            raise


def _is_foreign(path: Path) -> bool:
    return path.is_file() and not path.read_bytes().startswith(b'{"apiVersion":"')

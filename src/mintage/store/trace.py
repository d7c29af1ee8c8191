"""Traces: for each task, the key of its inputs and what it made of them.

A trace is written the moment its task is done, as one line at the end of a journal, so that a killed run loses
nothing that was finished; a line that was cut short is ignored. The journal is rewritten when most of it is old.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mintage.digest import digest_of
from mintage.disk import write_error, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_VERSION = 2


@dataclass(slots=True)
class Trace:
    """The last success of a task: the key of its inputs, its outputs, and the values others need of it.

    `seal` is made of the outputs' file status when they were last seen: while it is the same, they are, too.
    """

    key: str
    outputs: dict[str, str]  # path -> digest
    seal: str = ""
    result: dict[str, Any] = field(default_factory=dict)


class Traces:
    """The traces of one workspace."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines = self._size = 0
        self._traces = self._load()

    def _load(self) -> dict[str, Trace]:
        try:
            content = self._path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return {}
        self._size, self._lines = len(content), 0
        lines = content.split(b"\n")[:-1]
        traces: dict[str, Trace] = {}
        for line in _parsed(lines):
            self._lines += 1
            with contextlib.suppress(KeyError, TypeError, ValueError, AttributeError):
                _apply(traces, line)
        return traces

    def refresh(self) -> None:
        """Take in what other processes of the same run have recorded."""
        with contextlib.suppress(FileNotFoundError):
            if self._path.stat().st_size != self._size:
                self._traces = self._load()

    def get(self, task: str) -> Trace | None:
        """Return the trace of a task, if it has one."""
        return self._traces.get(task)

    def items(self) -> Iterable[tuple[str, Trace]]:
        """Return every task with its trace."""
        return self._traces.items()

    def values(self) -> Iterable[Trace]:
        """Return every trace."""
        return self._traces.values()

    def put(self, task: str, trace: Trace) -> None:
        """Record a success."""
        self._traces[task] = trace
        self._append(task, trace)

    def drop(self, task: str) -> None:
        """Forget a task, so that it runs again."""
        if self._traces.pop(task, None) is not None:
            self._append(task, None)

    def _append(self, task: str, trace: Trace | None) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._append_line(_line(task, trace))
        except OSError as error:
            raise write_error(error, self._path) from error
        self._lines += 1

    def _append_line(self, line: bytes) -> None:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            # A killed run may have left half a line, which must not swallow this one.
            end = os.lseek(descriptor, 0, os.SEEK_END)
            lead = b"\n" if end and os.pread(descriptor, 1, end - 1) != b"\n" else b""
            written = os.write(descriptor, lead + line)
            end = os.lseek(descriptor, 0, os.SEEK_CUR)
            # What another process has written in between was not taken in: then the size must stay another one.
            self._size = end if end - written == self._size else self._size
        finally:
            os.close(descriptor)

    def tidy(self) -> None:
        """Rewrite the journal when most of it is old; no other process may be writing to it."""
        if self._lines > 2 * len(self._traces) + 64:
            content = b"".join(_line(task, trace) for task, trace in sorted(self._traces.items()))
            write_whole(self._path, content)
            self._lines, self._size = len(self._traces), len(content)


def _parsed(lines: list[bytes]) -> list[Any]:
    """Return the JSON values of the lines, without those that are damaged."""
    try:
        values: list[Any] = json.loads(b"[" + b",".join(lines) + b"]")  # one call is faster than a thousand
    except ValueError:
        values = []
        for line in lines:
            with contextlib.suppress(ValueError):
                values.append(json.loads(line))
    return values


def _line(task: str, trace: Trace | None) -> bytes:
    body = None if trace is None else [trace.key, trace.outputs, trace.seal, trace.result]
    return json.dumps([_VERSION, task, body], separators=(",", ":")).encode() + b"\n"


def _apply(traces: dict[str, Trace], line: Any) -> None:
    version, task, body = line
    if version != _VERSION:
        return
    if body is None:
        traces.pop(task, None)
        return
    trace = Trace(*body)
    if not (isinstance(trace.outputs, dict) and isinstance(trace.result, dict) and isinstance(task, str)):
        raise TypeError(f"the trace of {task} is damaged")
    traces[task] = trace


def seal(folder: str, paths: Iterable[str]) -> str:
    """Return the seal of files: nothing can write to one of them and leave size, times and inode as they were.

    A file that is missing makes the seal empty, and so unlike any other.
    """
    lstat = os.lstat
    try:
        states = [lstat(folder + path) for path in paths]
    except OSError:
        return ""
    return digest_of(
        repr(
            [(state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino) for state in states]
        ).encode()
    )


def is_intact(folder: str, trace: Trace) -> bool:
    """Tell whether a task's outputs, below a folder, hold what it wrote; reads them only where the seal is broken."""
    if seal(folder, trace.outputs) == trace.seal:
        return True
    return all(holds(folder + path, digest) for path, digest in trace.outputs.items())


def holds(path: str, digest: str) -> bool:
    """Tell whether a file, which must not be a link, holds the bytes of this digest."""
    if os.path.islink(path):  # noqa: PTH114 - a string is at hand
        return False
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return digest_of(file.read()) == digest
    except OSError:
        return False

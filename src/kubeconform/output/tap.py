"""The Test Anything Protocol, version 13: one line per result as it comes, the plan at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from kubeconform.validator import Status

if TYPE_CHECKING:
    from kubeconform.validator import Result


class TapOutput:
    """One test per result, empty ones included."""

    def __init__(self, stream: TextIO, *, summary: bool, stdin: bool, verbose: bool) -> None:
        del summary, stdin, verbose  # the protocol has no room for them
        self.stream = stream
        self.count = 0

    def write(self, result: Result) -> None:
        """Report one result."""
        self.count += 1
        if self.count == 1:
            self.stream.write("TAP version 13\n")
        named = f"{self.count} - {result.path} ({result.signature.qualified_name})"
        line = {
            Status.VALID: f"ok {named}",
            Status.INVALID: f"not ok {named}: {result.message}",
            Status.ERROR: f"not ok {self.count} - {result.path}: {result.message}",
            Status.SKIPPED: f"ok {named} # skip",
            Status.EMPTY: f"ok {self.count} - {result.path} (empty)",
        }[result.status]
        self.stream.write(f"{line}\n")

    def flush(self) -> None:
        """Write the plan."""
        self.stream.write(f"1..{self.count}\n")

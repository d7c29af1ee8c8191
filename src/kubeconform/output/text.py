"""Lines for people: plain, or with marks and colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from kubeconform.output.tally import Tally
from kubeconform.validator import Status

if TYPE_CHECKING:
    from kubeconform.validator import Result

_RED, _GREEN, _YELLOW, _RESET = "\033[31m", "\033[32m", "\033[33m", "\033[0m"


class TextOutput:
    """One line for every resource that is not fine, for all of them under -verbose."""

    def __init__(self, stream: TextIO, *, summary: bool, stdin: bool, verbose: bool) -> None:
        self.stream = stream
        self.summary = summary
        self.stdin = stdin
        self.verbose = verbose
        self.tally = Tally()

    def write(self, result: Result) -> None:
        """Report one result."""
        self.tally.add(result)
        quiet = result.status in {Status.VALID, Status.SKIPPED} and not self.verbose
        if not quiet and result.status is not Status.EMPTY:
            self.stream.write(self.line(result))

    def flush(self) -> None:
        """Write the summary, if it was asked for."""
        if self.summary:
            self.stream.write(self.tally.sentence(stdin=self.stdin))

    def line(self, result: Result) -> str:
        """Return the line about a result."""
        signature = result.signature
        named = f"{signature.kind} {signature.name}"
        what = {
            Status.VALID: f"{named} is valid",
            Status.INVALID: f"{named} is invalid: {result.message}",
            Status.SKIPPED: f"{signature.name} {signature.kind} skipped",
        }.get(result.status)
        if what is None:
            who = f"{named} " if signature.kind and signature.name else ""
            what = f"{who}failed validation: {result.message}"
        return f"{result.path} - {what}\n"


class PrettyOutput(TextOutput):
    """The same with a mark in front, in colours."""

    def line(self, result: Result) -> str:
        """Return the line about a result."""
        signature = result.signature
        both = bool(signature.kind and signature.name)
        named = f"{signature.kind} {signature.name}"
        mark, colour, what = {
            Status.VALID: ("\u2714", _GREEN, f"{named} is valid"),
            Status.INVALID: ("\u2716", _RED, f"{named} is invalid: {result.message}"),
            Status.SKIPPED: (
                "-",
                _YELLOW,
                f"{named} skipped" if both else f"{signature.kind} skipped".lstrip(),
            ),
        }.get(result.status, ("\u2716", _RED, ""))
        if result.status is Status.ERROR:
            who = f"{signature.kind} failed" if both else "failed"
            what = f"{who} validation: {signature.name} {result.message}"
        return f"{colour}{mark}{_RESET} {result.path}: {colour}{what}{_RESET}\n"

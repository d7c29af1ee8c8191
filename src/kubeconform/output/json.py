"""One JSON object, written at the end as Go writes it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TextIO

from kubeconform.output.tally import Tally
from kubeconform.validator import Status

if TYPE_CHECKING:
    from kubeconform.validator import Result

_STATUSES = {
    Status.VALID: "statusValid",
    Status.INVALID: "statusInvalid",
    Status.ERROR: "statusError",
    Status.SKIPPED: "statusSkipped",
    Status.EMPTY: "",
}
_FAILURES = {Status.INVALID, Status.ERROR}
_FOR_HTML = str.maketrans({char: f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"})


class JsonOutput:
    """Failures under `resources`, everything under -verbose; counts under `summary` with -summary."""

    def __init__(self, stream: TextIO, *, summary: bool, stdin: bool, verbose: bool) -> None:
        del stdin  # the object is the same
        self.stream = stream
        self.summary = summary
        self.verbose = verbose
        self.tally = Tally()
        self.resources: list[dict[str, Any]] = []

    def write(self, result: Result) -> None:
        """Keep one result for the end."""
        self.tally.add(result)
        if self.verbose or result.status in _FAILURES:
            self.resources.append(_entry(result))

    def flush(self) -> None:
        """Write the object."""
        document: dict[str, Any] = {"resources": self.resources}
        if self.summary:
            counts = self.tally.counts
            document["summary"] = {
                "valid": counts[Status.VALID],
                "invalid": counts[Status.INVALID],
                "errors": counts[Status.ERROR],
                "skipped": counts[Status.SKIPPED],
            }
        self.stream.write(json.dumps(document, indent=2, ensure_ascii=False).translate(_FOR_HTML) + "\n")


def _entry(result: Result) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "filename": result.path,
        "kind": result.signature.kind,
        "name": result.signature.name,
        "version": result.signature.version,
        "status": _STATUSES[result.status],
        "msg": result.message,
    }
    if result.errors:
        entry["validationErrors"] = [{"path": error.path, "msg": error.message} for error in result.errors]
    return entry

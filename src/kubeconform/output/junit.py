"""JUnit XML: a suite per file, a case per resource, written at the end."""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

from kubeconform.validator import Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kubeconform.validator import Result

_ENTITIES = str.maketrans({
    "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;", "\n": "&#xA;", "\t": "&#x9;", "\r": "&#xD;",
})  # fmt: skip
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(slots=True)
class _Suite:
    name: str
    number: int
    cases: list[str] = field(default_factory=list)
    counts: Counter[Status] = field(default_factory=Counter)


class JunitOutput:
    """A document that CI servers read; -summary and -verbose change nothing."""

    def __init__(self, stream: TextIO, *, summary: bool, stdin: bool, verbose: bool) -> None:
        del summary, stdin, verbose  # there is always everything
        self.stream = stream
        self.started = time.monotonic()
        self.suites: dict[str, _Suite] = {}

    def write(self, result: Result) -> None:
        """Keep one result for the end; an empty one makes its suite only."""
        suite = self.suites.setdefault(result.path, _Suite(result.path, len(self.suites) + 1))
        if result.status is not Status.EMPTY:
            suite.counts[result.status] += 1
            suite.cases.append(_case(result))

    def flush(self) -> None:
        """Write the document."""
        total: Counter[Status] = Counter()
        for suite in self.suites.values():
            total += suite.counts
        attributes = {
            "name": "kubeconform",
            "time": f"{time.monotonic() - self.started:.9g}",
            "tests": total.total(),
            "failures": total[Status.INVALID],
            "disabled": total[Status.SKIPPED],
            "errors": total[Status.ERROR],
        }
        body = "".join(f"\n{line}" for suite in self.suites.values() for line in _suite_lines(suite))
        self.stream.write(
            f"<testsuites{_attributes(attributes)}>{body}{chr(10) if body else ''}</testsuites>\n"
        )


def _suite_lines(suite: _Suite) -> list[str]:
    attributes = {
        "name": suite.name,
        "id": suite.number,
        "tests": suite.counts.total(),
        "failures": suite.counts[Status.INVALID],
        "errors": suite.counts[Status.ERROR],
        "disabled": 0,
        "skipped": suite.counts[Status.SKIPPED],
    }
    start = f"  <testsuite{_attributes(attributes)}>"
    return [start, *suite.cases, "  </testsuite>"] if suite.cases else [f"{start}</testsuite>"]


def _case(result: Result) -> str:
    signature = result.signature
    attributes = {
        "name": f"{signature.namespace}/{signature.name}" if signature.namespace else signature.name,
        "classname": f"{signature.kind}@{signature.version}",
    }
    start = f"    <testcase{_attributes(attributes)}>"
    element = {Status.INVALID: "failure", Status.ERROR: "error", Status.SKIPPED: "skipped"}.get(result.status)
    if element is None:
        return f"{start}</testcase>"
    details = {"message": result.message} if element == "skipped" else {"message": result.message, "type": ""}
    return f"{start}\n      <{element}{_attributes(details)}></{element}>\n    </testcase>"


def _attributes(values: Mapping[str, object]) -> str:
    return "".join(f' {name}="{_escape(str(value))}"' for name, value in values.items())


def _escape(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text).translate(_ENTITIES)

"""Showing a report: on the terminal, or in a file in the format that was asked for."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from mintage.disk import write_error, write_whole
from mintage.errors import did_you_mean, fail
from mintage.tasks.outcome import SEVERITIES, Selection

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mintage.report.outcome import Report

FORMATS = {"text": "txt", "json": "json", "sarif": "sarif", "junit": "xml"}


def selection(options: Mapping[str, Any]) -> Selection:
    """Return what options ask for; `MintageError` for words that mean nothing."""
    _check(options)
    lists = {
        name: tuple(filter(None, (word.strip() for word in options.get(name, "").split(","))))
        for name in ("only", "skip")
    }
    return Selection(**lists, fail_on=options.get("fail_on", ""))


def _check(options: Mapping[str, Any]) -> None:
    for name, known in (("format", FORMATS), ("fail_on", SEVERITIES)):
        word = options.get(name, "")
        if word and word not in known:
            flag = f"--{name.replace('_', '-')}"
            raise fail(
                flag, "option-unknown", f"`{word}` is not a value of {flag}", did_you_mean(word, known)
            )


def text_of(report: Report, root: Path, format: str, *, color: bool) -> str:  # noqa: A002 - the option's name
    """Return a report in one of the formats; places are relative to `root`."""
    if format == "json":
        from mintage.report.findings_json import report_json  # noqa: PLC0415

        return report_json(report, root)
    if format == "sarif":
        from mintage.report.sarif import report_sarif  # noqa: PLC0415

        return report_sarif(report, root)
    if format == "junit":
        from mintage.report.junit import report_junit  # noqa: PLC0415

        return report_junit(report, root)
    from mintage.report.findings_text import report_text  # noqa: PLC0415

    return report_text(report, root, color=color)


def is_colored() -> bool:
    """Tell whether the terminal shows colours and nobody asked for none (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def show(report: Report, root: Path, options: Mapping[str, Any]) -> None:
    """Print a report as text; write it to a file, too, where a format or a file is asked for."""
    print(text_of(report, root, "text", color=is_colored()), end="")  # noqa: T201 - the report is the output
    chosen = options.get("format") or "text"
    output = options.get("output") or (
        f"build/reports/validate.{FORMATS[chosen]}" if chosen != "text" else ""
    )
    if output:
        write(root / output, text_of(report, root, chosen, color=False))
        print(f"{output}: the same as {chosen}")  # noqa: T201


def write(target: Path, text: str) -> None:
    """Write a report to a file; `MintageError` where that cannot be."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, text.encode("utf-8", "replace"))
    except OSError as error:
        raise write_error(error, target) from None

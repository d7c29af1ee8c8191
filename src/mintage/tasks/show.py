"""Showing a report: on the terminal, or in a file in the format that was asked for."""

from __future__ import annotations

import os
import sys
from errno import EISDIR
from typing import TYPE_CHECKING, Any

from mintage.disk import write_error, write_whole
from mintage.errors import did_you_mean, fail
from mintage.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mintage.report.outcome import Report
    from mintage.tasks.outcome import Selection

LEVELS = tuple(severity.word for severity in Severity)
FORMATS = {"text": "txt", "json": "json", "sarif": "sarif", "junit": "xml"}


def selection(options: Mapping[str, Any]) -> Selection:
    """Return what options ask for; `MintageError` for words that mean nothing."""
    from mintage.check import table  # noqa: PLC0415 - a run that shows what was kept loads no checks
    from mintage.tasks.outcome import Selection  # noqa: PLC0415

    _check(options)
    lists = {
        name: tuple(filter(None, (word.strip() for word in options.get(name, "").split(","))))
        for name in ("only", "skip")
    }
    table.selected(lists["only"], lists["skip"])
    return Selection(**lists, fail_on=options.get("fail_on", ""))


def _check(options: Mapping[str, Any]) -> None:
    for name, known in (("format", FORMATS), ("fail_on", LEVELS)):
        word = options.get(name, "")
        if word and word not in known:
            flag = f"--{name.replace('_', '-')}"
            raise fail(
                flag, "option-unknown", f"`{word}` is not a value of {flag}", did_you_mean(word, known)
            )


def text_of(report: Report, root: Path, format: str, *, color: bool, tree: Path | None = None) -> str:  # noqa: A002 - the option's name
    """Return a report in one of the formats; places are relative to `root`, lines are shown of files in `tree`."""
    if format == "json":
        from mintage.report.findings_json import report_json  # noqa: PLC0415

        return report_json(report, root)
    if format == "sarif":
        from mintage.report.sarif import report_sarif  # noqa: PLC0415

        return report_sarif(report, root)
    if format == "junit":
        from mintage.report.junit import report_junit  # noqa: PLC0415

        return report_junit(report, root, tree=tree)
    from mintage.report.findings_text import report_text  # noqa: PLC0415

    return report_text(report, root, color=color, tree=tree)


def is_colored() -> bool:
    """Tell whether the terminal shows colours and nobody asked for none (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def say(text: str) -> None:
    """Print a text; what the terminal's encoding does not have becomes a question mark."""
    stream = sys.stdout if hasattr(sys.stdout, "encoding") else sys.__stdout__  # doit's own has none
    encoding = (stream.encoding if stream else None) or "utf-8"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding))


def show(report: Report, root: Path, options: Mapping[str, Any]) -> str:
    """Print a report as text and return that; write it to a file, too, where a format or a file is asked for."""
    text = text_of(report, root, "text", color=is_colored())
    say(text)
    chosen = options.get("format") or "text"
    output = options.get("output") or (
        f"build/reports/validate.{FORMATS[chosen]}" if chosen != "text" else ""
    )
    if output:
        write(root / output, text_of(report, root, chosen, color=False))
        say(f"{output}: the same as {chosen}\n")
    return text


def write(target: Path, text: str) -> None:
    """Write a report to a file; `MintageError` where that cannot be."""
    try:
        if target.is_dir():
            raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, text.encode("utf-8", "replace"))
    except OSError as error:
        raise write_error(error, target) from None

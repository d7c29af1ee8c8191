"""The program: flags in, results out, exit code. Everything it prints is worded as kubeconform words it."""

from __future__ import annotations

import os
import re
import stat
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from kubeconform import __version__, flags
from kubeconform.output import FORMATS, Output
from kubeconform.validator import Options, Result, SetupError, Status, Validator

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as the console script does; return the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _run(words)
    except BrokenPipeError:
        # The reader went away; what it has not read nobody misses. Python must not write again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130


def _run(words: list[str]) -> int:
    program = Path(sys.argv[0]).name if Path(sys.argv[0]).name != "__main__.py" else "kubeconform"
    try:
        line = flags.parse(words)
    except flags.FlagError as error:
        _complain(f"{error}\n{flags.usage(program)}" if str(error) else flags.usage(program))
        return 1
    if line["h"]:
        sys.stdout.write(f"{flags.usage(program)}\n")
        return 0
    if line["v"]:
        sys.stdout.write(f"{__version__}\n")
        return 0
    from_stdin = not line.operands or line.operands == ["-"]
    if from_stdin and _stdin_is_terminal():
        _complain(f"{time.strftime('%Y/%m/%d %H:%M:%S')} failing to read data from stdin")
        return 1
    try:
        return _validate(line, from_stdin=from_stdin)
    except SetupError as error:
        _complain(str(error))
        return 1


def _validate(line: flags.CommandLine, *, from_stdin: bool) -> int:
    make = FORMATS.get(line["output"])
    if make is None:
        raise SetupError("'outputFormat' must be 'json', 'junit', 'pretty', 'tap' or 'text'")
    _tolerate_odd_names()
    output = make(sys.stdout, summary=line["summary"], stdin=from_stdin, verbose=line["verbose"])
    ignored = [_pattern(text) for text in line["ignore-filename-pattern"]]
    validator = Validator(_options(line))
    if from_stdin:
        results = validator.validate("stdin", sys.stdin.buffer)
    else:
        results = validator.validate_files(line.operands, ignored)
    success = _report(results, output, exit_on_error=line["exit-on-error"])
    output.flush()
    sys.stdout.flush()
    return 0 if success else 1


def _report(results: Iterator[Result], output: Output, *, exit_on_error: bool) -> bool:
    success = True
    with closing(results):  # type: ignore[type-var]  # they are generators
        for result in results:
            output.write(result)
            if result.status in {Status.INVALID, Status.ERROR}:
                success = False
                if exit_on_error:
                    break
    return success


def _options(line: flags.CommandLine) -> Options:
    return Options(
        schema_locations=line["schema-location"],
        cache=line["cache"],
        skip=_names(line["skip"]),
        reject=_names(line["reject"]),
        kubernetes_version=line["kubernetes-version"],
        strict=line["strict"],
        ignore_missing_schemas=line["ignore-missing-schemas"],
        skip_tls=line["insecure-skip-tls-verify"],
        workers=line["n"],
        log=_log if line["debug"] else lambda _message: None,
    )


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split(",")) - {""}


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise SetupError(f"error parsing regexp: {error}: `{text}`") from None


def _stdin_is_terminal() -> bool:
    try:
        return stat.S_ISCHR(os.fstat(sys.stdin.fileno()).st_mode)
    except (AttributeError, OSError, ValueError):
        return False


def _tolerate_odd_names() -> None:
    """File names need not be text; they must not end the report."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")


def _log(message: str) -> None:
    sys.stderr.write(f"{time.strftime('%Y/%m/%d %H:%M:%S')} {message}\n")


def _complain(message: str) -> None:
    sys.stderr.write(f"{message}\n")

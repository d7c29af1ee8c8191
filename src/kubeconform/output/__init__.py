"""The output formats: one object each, told every result in order and flushed at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TextIO

from kubeconform.output.json import JsonOutput
from kubeconform.output.junit import JunitOutput
from kubeconform.output.tap import TapOutput
from kubeconform.output.text import PrettyOutput, TextOutput

if TYPE_CHECKING:
    from kubeconform.validator import Result


class Output(Protocol):
    """What the program needs of a format."""

    def write(self, result: Result) -> None:
        """Report one result, now or at the end."""

    def flush(self) -> None:
        """Write what is left."""


class _Maker(Protocol):
    def __call__(self, stream: TextIO, *, summary: bool, stdin: bool, verbose: bool) -> Output: ...


FORMATS: dict[str, _Maker] = {
    "json": JsonOutput,
    "junit": JunitOutput,
    "pretty": PrettyOutput,
    "tap": TapOutput,
    "text": TextOutput,
}
__all__ = ["FORMATS", "Output"]

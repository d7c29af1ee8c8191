"""Colours of a terminal, and the words that count. Whether there is to be colour is for the caller to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mintage.finding import Severity

SEVERITIES = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.INFO: "1;36"}
_PLURALS = {Severity.ERROR: "errors", Severity.WARNING: "warnings", Severity.INFO: "infos"}


@dataclass(frozen=True, slots=True)
class Style:
    """Paints, or leaves a text as it is."""

    color: bool
    strong: ClassVar[str] = "1"
    faint: ClassVar[str] = "34"
    good: ClassVar[str] = "1;32"

    def paint(self, text: str, code: str) -> str:
        """Return a text in a colour, given by the number that a terminal knows it by."""
        return f"\x1b[{code}m{text}\x1b[0m" if self.color and text else text


def several(number: int, one: str, more: str = "") -> str:
    """Return a number of things: `1 root`, `1,200 roots`."""
    return f"{number:,} {one if number == 1 else more or one + 's'}"


def severities(number: int, severity: Severity) -> str:
    """Return a number of findings of a severity: `1 error`, `2 warnings`."""
    return several(number, severity.word, _PLURALS[severity])

"""What a check has to say: a severity, a stable id, the object, the place of the cause, and what to do.

A `Finding` is data. Which checks there are is known to `mintage.check`, how a finding is shown to `mintage.report`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from mintage.errors import Location  # noqa: TC001 - findings are read back by their annotations


class Severity(IntEnum):
    """How bad it is: an error does not work, a warning may not, an info is worth knowing."""

    INFO = 1
    WARNING = 2
    ERROR = 3

    @property
    def word(self) -> str:
        """The word that users read and write: `error`, `warning` or `info`."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, order=True)
class Related:
    """The other end of a relation, or another place that had its part in a finding."""

    location: Location
    text: str


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that a check found.

    `subject` is the object as people call it, `Deployment zelda-rl-dev/vision`, or empty where the finding is about a file.
    `roots` are the built folders it was found in, such as `gitops/overlays/dev`. The line of a confidential finding holds
    a secret and must not be shown.
    """

    location: Location
    id: str
    severity: Severity = field(compare=False)
    message: str
    advice: str = ""
    subject: str = ""
    roots: tuple[str, ...] = ()
    related: tuple[Related, ...] = ()
    confidential: bool = field(default=False, compare=False)

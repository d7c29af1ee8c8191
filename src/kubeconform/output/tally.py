"""How many results of each kind there were, and the sentence about them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from kubeconform.validator import Status

if TYPE_CHECKING:
    from kubeconform.validator import Result


class Tally:
    """Counts results, and the files they come from."""

    def __init__(self) -> None:
        self.counts: Counter[Status] = Counter()
        self.files: set[str] = set()

    def add(self, result: Result) -> None:
        """Count one result; empty ones count their file only."""
        self.counts[result.status] += 1
        self.files.add(result.path)

    @property
    def resources(self) -> int:
        """Return how many resources there were."""
        return self.counts.total() - self.counts[Status.EMPTY]

    def sentence(self, *, stdin: bool) -> str:
        """Return the line that -summary prints."""
        files = len(self.files)
        where = "parsing stdin" if stdin else f"in {files} file{'s' if files > 1 else ''}"
        found = f"{self.resources} resource{'s' if self.resources > 1 else ''} found {where}"
        parts = (
            f"{name}: {self.counts[status]}"
            for name, status in (
                ("Valid", Status.VALID),
                ("Invalid", Status.INVALID),
                ("Errors", Status.ERROR),
                ("Skipped", Status.SKIPPED),
            )
        )
        return f"Summary: {found} - {', '.join(parts)}\n"

"""What a check is: an id, a severity, what it looks at, and a pure function that yields hits.

A hit names an object and a path in it; where that stands in a file is found out by `mintage.check.run`, for hits only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mintage.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mintage.errors import Location
    from mintage.tree.objects import Object, Path

ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO
# object: (Object, Tree) · pod: (Pod, Tree) · container: (Container, Tree) · root: (Root) · tree: (Tree)
# report: what is wrong with acceptances of findings, see `mintage.check.suppression`
Scope = Literal["object", "pod", "container", "root", "tree", "report"]


@dataclass(frozen=True, slots=True)
class Other:
    """The other end of a relation: an object and a path in it, or a place in a file."""

    text: str
    subject: Object | None = None
    path: Path = ()
    place: Location | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """What a check found: a sentence with got vs expected, and one line of what to do.

    The place is that of `path` in `subject`, of its key with `on_key`, or `place` where the hit is about a file. The line of a
    `confidential` hit holds a secret: reports name its place and do not show it.
    """

    message: str
    advice: str
    subject: Object | None = None
    path: Path = ()
    on_key: bool = False
    place: Location | None = None
    others: tuple[Other, ...] = ()
    confidential: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """A check.

    `why` is a sentence or two on what goes wrong in the cluster, `fix` says what to do in general. `kinds` limits a check
    of objects to some kinds; None is every kind. Its example is the file `examples/<id>.txt` beside this module.
    """

    id: str
    severity: Severity
    on: Scope
    run: Callable[..., Iterable[Any]]  # of hits; with the ids of their checks where it is about a report
    why: str
    fix: str
    kinds: frozenset[str] | None = None

    def applies(self, subject: Any) -> bool:
        """Tell whether it looks at an object."""
        return self.kinds is None or subject.kind in self.kinds

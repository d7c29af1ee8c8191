"""The table of all checks, by group."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from mintage.errors import Location, MintageError, Problem, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mintage.check.interface import Check

# In the order in which people read about them; each is a package beside this module, with a table `CHECKS`.
GROUPS = (
    "structure",
    "schema",
    "ports",
    "security",
    "kustomize",
    "references",
    "images",
    "resources",
    "batch",
    "serving",
    "network",
    "routing",
    "gitops",
    "suppression",
)


@cache
def group(name: str) -> tuple[Check, ...]:
    """Return the checks of a group, which is loaded only now: whoever asks for one group waits for no other."""
    module = import_module(f"mintage.check.{name}")
    found: tuple[Check, ...] = module.CHECKS
    return found


def groups() -> dict[str, tuple[Check, ...]]:
    """Return the checks of every group."""
    return {name: group(name) for name in GROUPS}


@cache
def checks() -> dict[str, Check]:
    """Return every check by its id."""
    return {check.id: check for group in groups().values() for check in group}


def chosen(only: Iterable[str] = (), skip: Iterable[str] = ()) -> dict[str, tuple[Check, ...]]:
    """Return the checks that are asked for by group; names are ids or `group/*`.

    Raises `MintageError` for names that nothing has.
    """
    named = tuple(only)
    wanted, unwanted = _ids(named), _ids(skip)
    return {
        name: tuple(
            check for check in group(name) if (not named or check.id in wanted) and check.id not in unwanted
        )
        for name in _groups_in(named)
    }


def selected(only: Iterable[str] = (), skip: Iterable[str] = ()) -> tuple[Check, ...]:
    """Return the checks that are asked for, as `chosen` does, in one list."""
    return tuple(check for found in chosen(only, skip).values() for check in found)


def _groups_in(only: tuple[str, ...]) -> tuple[str, ...]:
    """Return the groups that may hold what is asked for: all of them, unless only groups are named."""
    named = {name.removesuffix("/*") for name in only}
    return tuple(name for name in GROUPS if name in named) if only and named <= {*GROUPS} else GROUPS


def advice_for(name: str) -> str:
    """Return what to do about a name that no check has: the nearest one, or the groups to look in."""
    near = did_you_mean(name, [*checks(), *(f"{each}/*" for each in GROUPS)])
    if near.startswith("did you mean"):
        return near
    return f"take an id of docs/reference/checks.md, or a group: {', '.join(f'{each}/*' for each in GROUPS)}"


def _ids(names: Iterable[str]) -> set[str]:
    found: set[str] = set()
    problems = []
    for name in names:
        known_group, _, rest = name.partition("/")
        if rest == "*" and known_group in GROUPS:
            found.update(check.id for check in group(known_group))
        elif name in checks():
            found.add(name)
        else:
            message = f"no check is called `{name}`"
            problems.append(Problem(Location("--only, --skip"), "check-unknown", message, advice_for(name)))
    if problems:
        raise MintageError(problems)
    return found

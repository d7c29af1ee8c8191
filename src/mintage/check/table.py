"""The table of all checks, by group."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from mintage.check.interface import Check
from mintage.errors import Location, MintageError, Problem, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

Table = dict[str, tuple[Check, ...]]


@cache
def groups() -> Table:
    """Return the checks of each group, in the order in which people read about them."""
    from mintage.check import (
        batch,
        gitops,
        images,
        kustomize,
        network,
        ports,
        references,
        resources,
        routing,
        schema,
        security,
        serving,
        structure,
        suppression,
    )  # noqa: PLC0415 - whoever validates nothing loads no checks

    return {
        "structure": structure.CHECKS,
        "schema": schema.CHECKS,
        "ports": ports.CHECKS,
        "security": security.CHECKS,
        "kustomize": kustomize.CHECKS,
        "references": references.CHECKS,
        "images": images.CHECKS,
        "resources": resources.CHECKS,
        "batch": batch.CHECKS,
        "serving": serving.CHECKS,
        "network": network.CHECKS,
        "routing": routing.CHECKS,
        "gitops": gitops.CHECKS,
        "suppression": suppression.CHECKS,
    }


@cache
def checks() -> dict[str, Check]:
    """Return every check by its id."""
    return {check.id: check for group in groups().values() for check in group}


@cache
def group_of() -> dict[str, str]:
    """Return the group of every check by the check's id."""
    return {check.id: name for name, group in groups().items() for check in group}


def selected(only: Iterable[str] = (), skip: Iterable[str] = ()) -> tuple[Check, ...]:
    """Return the checks that are asked for, by id or as `group/*`; `MintageError` for names that nothing has."""
    wanted, unwanted = _ids(only), _ids(skip)
    return tuple(
        check
        for check in checks().values()
        if (not wanted or check.id in wanted) and check.id not in unwanted
    )


def _ids(names: Iterable[str]) -> set[str]:
    found: set[str] = set()
    problems = []
    for name in names:
        group, _, rest = name.partition("/")
        if rest == "*" and group in groups():
            found.update(check.id for check in groups()[group])
        elif name in checks():
            found.add(name)
        else:
            known = [*checks(), *(f"{group}/*" for group in groups())]
            message = f"no check is called `{name}`"
            problems.append(
                Problem(Location("--only, --skip"), "check-unknown", message, did_you_mean(name, known))
            )
    if problems:
        raise MintageError(problems)
    return found

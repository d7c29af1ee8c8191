"""Which operators, packages and charts bring the definitions of which API groups, from `data/providers.yaml`."""

from __future__ import annotations

from functools import cache

from mintage.check.tables.files import table


@cache
def names_for(group: str) -> tuple[str, ...]:
    """Return words of which one is in the name of whatever brings a group; none where nobody here knows."""
    return next(
        (tuple(entry["names"]) for entry in table("providers")["providers"] if group in entry["groups"]), ()
    )


@cache
def on_platform() -> frozenset[str]:
    """Return the groups that OpenShift itself serves."""
    return frozenset(table("providers")["platform"]["groups"])

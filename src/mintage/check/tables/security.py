"""Pod Security Standards as data, and what a secret looks like: by the form of a value, or by the name of its key."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, cast

from mintage.check.tables.files import table

_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[-. ]")
_LONGEST = 20_000  # of a value, how much is searched for a form that begins with no fixed text


@dataclass(frozen=True, slots=True)
class Control:
    """A rule of a Pod Security Standard about one field.

    `allowed` are the values it may have, `refused` those it may not; of a list, all must be in `subset` and `includes`
    must be among them. None: no such rule. `absent` tells whether the field may be left out.
    """

    name: str
    at: Literal["pod", "container", "volume", "either"]
    field: str
    absent: bool
    allowed: tuple[Any, ...] | None = None
    refused: tuple[Any, ...] | None = None
    subset: frozenset[str] | None = None
    includes: frozenset[str] | None = None


@cache
def pod_security(level: Literal["baseline", "restricted"]) -> tuple[Control, ...]:
    """Return the controls that a level adds; restricted asks for those of baseline as well."""
    return tuple(_control(entry) for entry in table("security")["standards"][level])


def _control(entry: dict[str, Any]) -> Control:
    return Control(
        entry["control"],
        cast("Literal['pod', 'container', 'volume', 'either']", entry["at"]),
        entry["field"],
        entry["absent"],
        allowed=tuple(entry["allowed"]) if "allowed" in entry else None,
        refused=tuple(entry["refused"]) if "refused" in entry else None,
        subset=frozenset(entry["subset"]) if "subset" in entry else None,
        includes=frozenset(entry["includes"]) if "includes" in entry else None,
    )


@cache
def _tokens() -> tuple[tuple[str, re.Pattern[str], str], ...]:
    return tuple(
        (entry["name"], re.compile(entry["match"]), entry.get("needs", ""))
        for entry in table("security")["secrets"]["tokens"]
    )


@cache
def _not_values() -> re.Pattern[str]:
    return re.compile("|".join(table("security")["secrets"]["not_values"]), re.IGNORECASE)


def secret_token(value: str) -> str | None:
    """Return what kind of secret a value contains, such as `GitHub token`; None where it has no such form."""
    start = value[:_LONGEST]
    for name, pattern, needs in _tokens():
        if pattern.search(value) if not needs else needs in start and pattern.search(start):
            return name
    return None


@cache
def secret_key(key: str) -> bool:
    """Tell whether the value of a key or variable of this name is a secret: `DB_PASSWORD`, `apiKey`, not `max_tokens`."""
    secrets = table("security")["secrets"]
    name = _CAPITAL.sub("_", key).lower()
    return re.search(secrets["keys"], name) is not None and re.search(secrets["not_keys"], name) is None


def secret_value(value: str) -> bool:
    """Tell whether a value may be a secret at all: no reference, template, placeholder, number or path."""
    return _not_values().search(value.strip()) is None

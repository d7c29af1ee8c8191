"""`schemas.lock`: which upstream definitions a workspace is judged by, each pinned to a commit and a SHA-256.

Fetching downloads exactly these files, refuses one whose bytes are others, and keeps the converted schemas under the
digest of the file. Branches and tags are never resolved.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mintage.errors import Location, MintageError, Problem, did_you_mean, fail
from mintage.schemas.explain import kind_of
from mintage.schemas.stored import FORMAT
from mintage.source import Document, read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCK = "schemas.lock"
CACHE = f"build/schemas/{FORMAT}"
_FIELDS = ("name", "repository", "commit", "path", "sha256")
_PATTERNS = {
    "repository": (re.compile(r"[\w.-]+/[\w.-]+"), "OWNER/NAME"),
    "commit": (re.compile(r"[0-9a-f]{40}"), "40 hexadecimal digits (a branch or a tag is not resolved)"),
    "path": (re.compile(r"(?!/)(?!.*(?:^|/)\.\.?(?:/|$))[^\s?#\\]+"), "a path within the repository"),
    "sha256": (re.compile(r"[0-9a-f]{64}"), "64 hexadecimal digits"),
}
_WHOLE = Location(LOCK)


@dataclass(frozen=True, slots=True)
class Pin:
    """One file of one repository at one commit."""

    name: str
    repository: str
    commit: str
    path: str
    sha256: str
    profiles: tuple[str, ...] = ()
    place: Location = _WHOLE

    @property
    def source(self) -> dict[str, str]:
        """What a stored schema says of where it comes from."""
        return {
            "repository": self.repository,
            "commit": self.commit,
            "path": self.path,
            "sha256": self.sha256,
        }

    def cached(self, root: Path) -> Path:
        """Return the folder of its converted schemas."""
        return root / CACHE / self.sha256


@dataclass(frozen=True, slots=True)
class Lock:
    """The pins of a workspace, and the profile in force; a pin without profiles belongs to every one."""

    pins: tuple[Pin, ...] = ()
    profile: str = ""

    @property
    def active(self) -> tuple[Pin, ...]:
        """The pins of the profile in force."""
        return tuple(pin for pin in self.pins if not pin.profiles or self.profile in pin.profiles)


def read_lock(root: Path) -> Lock | None:
    """Return the lock of a workspace, None where it has none; `MintageError` with every problem in it."""
    path = root / LOCK
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        message = f"cannot read: {(error.strerror or str(error)).lower()}"
        raise fail(LOCK, "file-unreadable", message, "check its permissions") from error
    document = read(LOCK, data)
    problems = list(_problems(document))
    if problems:
        raise MintageError(problems)
    return _lock(document)


def _lock(document: Document) -> Lock:
    value = document.value
    pins = tuple(
        Pin(
            **{field: each[field] for field in _FIELDS},
            profiles=tuple(each.get("profiles", ())),
            place=document.locate(("schemas", index)) or _WHOLE,
        )
        for index, each in enumerate(value["schemas"])
    )
    return Lock(pins, value.get("profile", ""))


def _problems(document: Document) -> Iterator[Problem]:
    value = document.value
    if not isinstance(value, dict) or not isinstance(value.get("schemas"), list):
        yield Problem(
            _WHOLE,
            "lock-invalid",
            "expected `schemas:` with a list of pinned files",
            "each has name, repository, commit, path and sha256",
        )
        return
    yield from _unknown(document, (), value, ("profile", "schemas"))
    known = {
        name
        for each in value["schemas"]
        if isinstance(each, dict)
        for name in _texts(each.get("profiles", []))
    }
    profile = value.get("profile", "")
    if profile and profile not in known:
        place = document.locate(("profile",)) or _WHOLE
        yield Problem(
            place, "lock-invalid", f"no pin is of profile `{profile}`", did_you_mean(str(profile), known)
        )
    for index, each in enumerate(value["schemas"]):
        yield from _pin_problems(document, index, each)


def _pin_problems(document: Document, index: int, value: Any) -> Iterator[Problem]:
    path = ("schemas", index)
    place = document.locate(path) or _WHOLE
    if not isinstance(value, dict):
        yield Problem(place, "lock-invalid", f"expected a mapping with {', '.join(_FIELDS)}")
        return
    yield from _unknown(document, path, value, (*_FIELDS, "profiles"))
    for name in _FIELDS:
        if name not in value:
            yield Problem(place, "lock-invalid", f"field `{name}` is missing")
        elif not isinstance(value[name], str):
            where = document.locate((*path, name)) or place
            message = f"{name}: expected a string, got {kind_of(value[name])}"
            yield Problem(where, "lock-invalid", message, "write it in quotes")
    if "profiles" in value and (
        not isinstance(value["profiles"], list) or _texts(value["profiles"]) != value["profiles"]
    ):
        yield Problem(place, "lock-invalid", "profiles: expected a list of strings")
    for name, (pattern, expected) in _PATTERNS.items():
        if isinstance(text := value.get(name), str) and not pattern.fullmatch(text):
            where = document.locate((*path, name)) or place
            yield Problem(where, "lock-invalid", f"{name}: expected {expected}, got `{text}`")


def _texts(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _unknown(
    document: Document, path: tuple[str | int, ...], value: dict[str, Any], known: tuple[str, ...]
) -> Iterator[Problem]:
    for name in value:
        if name not in known:
            place = document.locate_key((*path, name)) or _WHOLE
            yield Problem(place, "lock-invalid", f"unknown field `{name}`", did_you_mean(name, known))

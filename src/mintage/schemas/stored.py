"""Stored schemas of custom kinds on disk: one JSON file for each version of a kind, below a folder for its group.

Which folder holds what is told by file names, so that only the schema of a kind that is there is ever read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mintage.errors import fail

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mintage.schemas.nodes import Schema

FORMAT = 1
ADVICE = "import or fetch it again"


@dataclass(frozen=True, slots=True)
class Stored:
    """The schema of one version of a custom kind, as it is stored."""

    api_version: str
    kind: str
    scope: str
    schema: Schema = field(repr=False)
    deprecated: str = ""

    @property
    def name(self) -> str:
        """The path of its file: `group/Kind_version.json`."""
        group, _, version = self.api_version.rpartition("/")
        return f"{group}/{self.kind}_{version}.json"


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored schema and what it was made from."""

    stored: Stored
    source: Mapping[str, str]

    @property
    def digest(self) -> str:
        """The start of the SHA-256 of the file that the schema was made from."""
        return f"sha256:{self.source.get('sha256', '')[:12]}"


def file_bytes(stored: Stored, source: Mapping[str, str]) -> bytes:
    """Return the file of a stored schema; the same schema and source give the same bytes."""
    value = {
        "format": FORMAT,
        "apiVersion": stored.api_version,
        "kind": stored.kind,
        "scope": stored.scope,
        "deprecated": stored.deprecated,
        "source": dict(source),
        "schema": stored.schema,
    }
    return (json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n").encode()


def kinds_in(folder: Path) -> dict[tuple[str, str], Path]:
    """Return the files of a folder by (apiVersion, kind), which begins with a capital; empty where there is no folder."""
    found = {}
    for group in _folders(folder):
        for path in sorted(group.glob("[A-Z]*_*.json")):
            kind, _, version = path.stem.rpartition("_")
            found[f"{group.name}/{version}", kind] = path
    return found


def _folders(folder: Path) -> list[Path]:
    try:
        return sorted(entry for entry in folder.iterdir() if entry.is_dir() and "." in entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        message = f"cannot read: {(error.strerror or str(error)).lower()}"
        raise fail(str(folder), "file-unreadable", message, "check its permissions") from error


def read_entry(path: Path) -> Entry:
    """Return a stored schema; `MintageError` where the file is not one."""
    try:
        value = json.loads(path.read_bytes())
        entry = _entry(value)
    except OSError as error:
        message = f"cannot read: {(error.strerror or str(error)).lower()}"
        raise fail(str(path), "file-unreadable", message, "check its permissions") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise fail(str(path), "schema-file-invalid", "the file is not a stored schema", ADVICE) from error
    if value["format"] != FORMAT:
        message = f"the file has format {value['format']}, this version of Mintage reads {FORMAT}"
        raise fail(str(path), "schema-file-format", message, ADVICE)
    return entry


def _entry(value: dict[str, Any]) -> Entry:
    schema, source = value["schema"], value["source"]
    if not isinstance(schema, dict) or not isinstance(source, dict):
        raise TypeError("schema and source are objects")
    stored = Stored(value["apiVersion"], value["kind"], value["scope"], schema, value["deprecated"])
    return Entry(stored, source)

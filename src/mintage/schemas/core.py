"""The packaged schemas of core Kubernetes: one minor version at a time, and which kind exists in which minor.

The files are made by `mintage.schemas.precompile`. A minor that is not packaged is an error that says which are.
"""

from __future__ import annotations

import gzip
import json
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from mintage.errors import fail
from mintage.schemas.nodes import Schema, closure, reference_to
from mintage.schemas.rules import ADDED, REPLACED, ROOTS_WITHOUT_NAME, UNIQUE, WITH_NAME
from mintage.schemas.tighten import merged, tightened

FOLDER = Path(__file__).with_name("core")
INDEX = "index.json"
OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"


@cache
def _index() -> dict[str, Any]:
    return _read(INDEX)


def _read(name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(gzip.decompress((FOLDER / f"{name}.gz").read_bytes()))
    return value


@cache
def known_minors() -> tuple[str, ...]:
    """Return the minor versions that are packaged, oldest first: `1.25`, `1.26`, ..."""
    numbers = sorted({minor for minors in _index()["kinds"].values() for minor in minors})
    return tuple(f"1.{number}" for number in numbers)


def package() -> str:
    """Return the package and version that the schemas were made from."""
    return str(_index()["package"])


def minors_of(api_version: str, kind: str) -> tuple[str, ...]:
    """Return the minor versions in which a kind of Kubernetes itself exists, oldest first; empty for any other kind."""
    return tuple(f"1.{minor}" for minor in _index()["kinds"].get(f"{api_version}/{kind}", ()))


def check_minor(minor: str, file: str = "kubernetesVersion") -> None:
    """Raise `MintageError` where the schemas of a minor version are not packaged."""
    known = known_minors()
    if minor not in known:
        message = f"no schemas of Kubernetes {minor}: {known[0]} to {known[-1]} are packaged"
        shorter = ".".join(minor.split(".")[:2])
        advice = (
            f"write `{shorter}`" if shorter in known else f"name one of them; the newest is `{known[-1]}`"
        )
        raise fail(file, "kubernetes-version-unknown", message, advice)


@cache
def core(minor: str) -> Core:
    """Return the schemas of a minor version such as `1.32`; `MintageError` where they are not packaged."""
    check_minor(minor)
    return Core(minor)


class Core:
    """The definitions of one minor version; nothing is read before it is asked for."""

    def __init__(self, minor: str) -> None:
        self.minor = minor
        self._plain: dict[str, Schema] = {}
        self._ruled: dict[str, Schema] = {}

    @cached_property
    def _data(self) -> dict[str, Any]:
        return _read(f"1.{self.minor.partition('.')[2]}.json")

    @property
    def kinds(self) -> dict[str, str]:
        """The kinds, as `apps/v1/Deployment`, and the names of their definitions."""
        kinds: dict[str, str] = self._data["kinds"]
        return kinds

    def plain(self, name: str) -> Schema:
        """Return a definition as the schema of a custom resource would hold it; `KeyError` where there is none."""
        if name not in self._plain:
            replaced = REPLACED.get(name)
            self._plain[name] = replaced or tightened(self._data["definitions"][name])
        return self._plain[name]

    def ruled(self, name: str) -> Schema:
        """Return a definition with what the server enforces beyond its published schema."""
        if name not in self._ruled:
            schema = self.plain(name)
            schema = merged(schema, ADDED.get(name, {}))
            self._ruled[name] = _with_unique(schema, UNIQUE.get(name, {}))
        return self._ruled[name]

    def schema(self, api_version: str, kind: str) -> Schema | None:
        """Return the schema of a kind with all that it refers to, or None where this version does not have it."""
        name = self.kinds.get(f"{api_version}/{kind}")
        if name is None:
            return None
        root = self.ruled(name)
        if _is_named(root, api_version):
            root = merged(root, WITH_NAME)
        return {**root, "$defs": self._closure(root)}

    def _closure(self, root: Schema) -> dict[str, Schema]:
        return closure(root, self.ruled)


def _is_named(root: Schema, api_version: str) -> bool:
    """Return whether objects of a kind must have a name."""
    metadata = root.get("properties", {}).get("metadata")
    return metadata == reference_to(OBJECT_META) and api_version.partition("/")[0] not in ROOTS_WITHOUT_NAME


def _with_unique(schema: Schema, unique: dict[str, list[list[str]]]) -> Schema:
    known = schema.get("properties", {})
    keys = {name: {"x-mintage-unique": value} for name, value in unique.items() if name in known}
    return merged(schema, {"properties": keys}) if keys else schema

"""The data files beside the checks, read when first asked for.

Every table says where its facts come from: `source` at the top of a file, of a table, or of an entry.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Any

from mintage.check.tables.versions import Version, version

NAMES = ("apis", "epp", "gpus", "metrics", "operators", "security", "vllm")
_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")


@cache
def table(name: str) -> dict[str, Any]:
    """Return a data file by its name without `.yaml`; the result is shared and must not be changed."""
    import yaml  # noqa: PLC0415 - a run without checks that need tables loads no parser

    text = (files("mintage.check") / "data" / f"{name}.yaml").read_bytes()
    loaded: dict[str, Any] = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
    return loaded


def split_image(image: str) -> tuple[str, str]:
    """Return repository and tag of an image; the tag is empty where there is none. A digest says nothing of a version."""
    rest = _DIGEST.sub("", image)
    name, colon, tag = rest.rpartition(":")
    return (name, tag) if colon and "/" not in tag else (rest, "")


def image_version(entries: list[dict[str, Any]], image: str) -> tuple[dict[str, Any], Version] | None:
    """Return the entry of an image table that an image is of, and the version it holds; None where nobody can say.

    `tag` is a pattern with a group `version`; `releases` maps the beginning of the image's own version to what it holds.
    """
    repository, tag = split_image(image)
    for entry in entries:
        if re.fullmatch(entry["match"], repository):
            found = _release(entry, tag) if "releases" in entry else _tag(entry, tag)
            return (entry, found) if found else None
    return None


def _tag(entry: dict[str, Any], tag: str) -> Version | None:
    found = re.match(entry["tag"], tag)
    return version(found["version"]) if found else None


def _release(entry: dict[str, Any], tag: str) -> Version | None:
    for own, held in entry["releases"].items():
        if re.match(rf"v?{re.escape(own)}(?![0-9])", tag):
            return version(held)
    return None

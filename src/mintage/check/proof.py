"""The proof that Kustomize makes of the tree what was meant: build a folder, compare every object.

`kubectl kustomize` (or `kustomize build`) does the building; what is expected comes from the direct render. Knows
nothing of specs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mintage.errors import Location, Problem
from mintage.tree.build import build as kustomize_build

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

Key = tuple[str, str, str, str]  # apiVersion, kind, namespace, name


def build(builder: Sequence[str], folder: Path) -> dict[Key, Any]:
    """Return the objects that Kustomize makes of a folder, by identity; `MintageError` with its words if it fails."""
    documents = kustomize_build(builder, folder, "run `doit render`; if it stays, report it")
    return {identity(document): document for document in documents}


def identity(document: Mapping[str, Any]) -> Key:
    """Return what tells one object of a tree from the others."""
    metadata = document["metadata"]
    return (
        str(document["apiVersion"]),
        str(document["kind"]),
        str(metadata.get("namespace", "")),
        str(metadata["name"]),
    )


def differences(folder: str, built: Mapping[Key, Any], expected: Mapping[Key, Any]) -> Iterator[Problem]:
    """Yield a problem for each object that the built tree and the direct render do not share to the last field."""
    advice = "run `doit render`; if it stays, the patch is wrong: report it with this message"
    for key in sorted(built.keys() | expected.keys()):
        subject = f"{key[1]} {key[3]}"
        if key not in built:
            message = f"{subject} is rendered, but Kustomize does not build it"
        elif key not in expected:
            message = f"Kustomize builds {subject}, which no spec renders"
        elif (where := first_difference(built[key], expected[key])) is not None:
            message = f"{subject} differs at {where or 'its root'}"
        else:
            continue
        yield Problem(Location(folder), "overlay-not-render", message, advice)


def first_difference(built: Any, expected: Any, path: str = "") -> str | None:
    """Return the path of the first difference and both values, or None where there is none."""
    if isinstance(built, dict) and isinstance(expected, dict):
        for key in sorted(built.keys() ^ expected.keys()):
            return f"{path}.{key}: only in {'the build' if key in built else 'the render'}"
        pairs = [(f"{path}.{key}", built[key], expected[key]) for key in sorted(built)]
    elif isinstance(built, list) and isinstance(expected, list) and len(built) == len(expected):
        pairs = [(f"{path}[{i}]", *items) for i, items in enumerate(zip(built, expected, strict=True))]
    elif type(built) is type(expected) and built == expected:
        return None
    else:
        return f"{path}: built {built!r}, rendered {expected!r}"
    return next(
        (found for place, one, other in pairs if (found := first_difference(one, other, place))), None
    )

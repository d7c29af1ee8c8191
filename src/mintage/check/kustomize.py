"""The proof that Kustomize makes of the tree what was meant: build a folder, compare every object.

`kubectl kustomize` (or `kustomize build`) does the building; what is expected comes from the direct render. Knows
nothing of specs.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

from mintage.errors import Location, Problem, fail
from mintage.source import read_stream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

Key = tuple[str, str, str, str]  # apiVersion, kind, namespace, name


def command() -> list[str] | None:
    """Return the command that builds a kustomization on this machine, or None where there is none."""
    if kubectl := shutil.which("kubectl"):
        return [kubectl, "kustomize"]
    if kustomize := shutil.which("kustomize"):
        return [kustomize, "build"]
    return None


def build(builder: Sequence[str], folder: Path) -> dict[Key, Any]:
    """Return the objects that Kustomize makes of a folder, by identity; `MintageError` with its words if it fails."""
    done = subprocess.run([*builder, str(folder)], capture_output=True, check=False)  # noqa: S603 - found on PATH
    if done.returncode:
        raise fail(
            str(folder),
            "kustomize-build",
            f"Kustomize cannot build it: {_reason(done.stderr.decode('utf-8', 'replace'))}",
            "run `doit render`; if it stays, report it",
        )
    return {identity(document): document for document in read_stream(str(folder), done.stdout)}


def _reason(stderr: str) -> str:
    """Return what Kustomize says of a failure, without the timestamps and the quoting of kubectl's log."""
    quoted = re.search(r'err="(.*)"\s*(?:>|$)', stderr, re.DOTALL)
    text = quoted[1].replace("\\n", " ").replace('\\"', '"') if quoted else stderr
    lines = [line.strip() for line in text.splitlines() if line.strip() not in {"", ">"}]
    return " ".join(lines).removeprefix("Error: ") or "no reason given"


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

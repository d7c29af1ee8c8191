"""`python -m mintage.schemas.precompile`: make the packaged schemas of core Kubernetes from `kubernetes-validate`.

That package (a development dependency) carries the strict JSON schemas of every minor version as data. Each becomes
one compressed file without descriptions; an index says which kind exists in which minors. The same input gives the
same content. What the server enforces beyond these schemas stands in `mintage.schemas.rules`.
"""

from __future__ import annotations

import gzip
import json
import sys
from importlib import metadata, resources
from typing import TYPE_CHECKING, Any

from mintage.errors import MintageError
from mintage.schemas.core import FOLDER, INDEX
from mintage.schemas.nodes import mapped

if TYPE_CHECKING:
    from collections.abc import Iterable

PACKAGE = "kubernetes-validate"
MINORS = range(25, 38)
_DROPPED = frozenset({"description", "x-kubernetes-group-version-kind", "x-kubernetes-unions"})


def content() -> dict[str, bytes]:
    """Return the files by name, not compressed yet."""
    found = {minor: _definitions(minor) for minor in MINORS}
    files = {
        f"1.{minor}.json": _json({"definitions": _stripped(given), "kinds": dict(_kinds(given))})
        for minor, given in found.items()
    }
    minors: dict[str, list[int]] = {}
    for minor, given in found.items():
        for kind, _ in _kinds(given):
            minors.setdefault(kind, []).append(minor)
    index = {"package": f"{PACKAGE} {metadata.version(PACKAGE)}", "kinds": minors}
    return {**files, INDEX: _json(index)}


def _definitions(minor: int) -> dict[str, Any]:
    folder = resources.files("kubernetes_validate") / "kubernetes-json-schema" / f"v1.{minor}.0-local-strict"
    given: dict[str, Any] = json.loads((folder / "_definitions.json").read_bytes())["$defs"]
    return given


def _kinds(definitions: dict[str, Any]) -> Iterable[tuple[str, str]]:
    """Yield (`apps/v1/Deployment`, name of its definition); what every group has, such as DeleteOptions, is left out."""
    for name, schema in sorted(definitions.items()):
        known = schema.get("x-kubernetes-group-version-kind", [])
        if len(known) == 1:
            group, version, kind = (known[0][part] for part in ("group", "version", "kind"))
            yield f"{group}/{version}/{kind}".lstrip("/"), name


def _stripped(definitions: dict[str, Any]) -> dict[str, Any]:
    return {name: mapped(schema, _without_words) for name, schema in definitions.items()}


def _without_words(node: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in node.items() if key not in _DROPPED}


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def compressed(data: bytes) -> bytes:
    """Return the file of some content; the time of compression is not part of it."""
    return gzip.compress(data, 9, mtime=0)


def main() -> int:
    """Write the files that are not right yet; return the exit code."""
    for name, data in content().items():
        target = FOLDER / f"{name}.gz"
        if not target.is_file() or gzip.decompress(target.read_bytes()) != data:
            target.write_bytes(compressed(data))
            sys.stdout.write(f"{target.name} {target.stat().st_size:,} bytes\n")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, ImportError, MintageError) as error:
        sys.exit(str(error))

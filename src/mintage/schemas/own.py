"""Mintage's own schemas of custom kinds, written by hand: used where a workspace has imported and fetched none.

Each file under `own/` names its kind, the facts it was written from, and a schema in shorthand: a node with fields is
closed, `core:PodSpec` refers to a definition of core Kubernetes. What a schema leaves open it says with `{}`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mintage.schemas.stored import Stored
from mintage.schemas.core import OBJECT_META
from mintage.schemas.nodes import Schema, closure, mapped, reference_to
from mintage.source import read

if TYPE_CHECKING:
    from mintage.schemas.core import Core

FOLDER = Path(__file__).with_name("own")
_PLACES = (
    "io.k8s.api.core.v1.",
    "io.k8s.apimachinery.pkg.apis.meta.v1.",
    "io.k8s.apimachinery.pkg.util.intstr.",
    "io.k8s.apimachinery.pkg.api.resource.",
)
_CORE = "core:"


@cache
def files() -> dict[tuple[str, str], str]:
    """Return the names of the files by (apiVersion, kind): `ray.io_v1_RayCluster.yaml`."""
    found = {}
    for path in FOLDER.iterdir():
        if path.name.endswith(".yaml"):
            group, version, kind = path.name.removesuffix(".yaml").split("_")
            found[f"{group}/{version}", kind] = path.name
    return dict(sorted(found.items()))


def own_schema(api_version: str, kind: str, core: Core) -> Stored:
    """Return the schema of a kind; `KeyError` where there is none. Core definitions are those of the given version."""
    name = files()[api_version, kind]
    value = read(name, (FOLDER / name).read_bytes()).value
    local = {key: _whole(node) for key, node in (value.get("definitions") or {}).items()}
    root = _whole(
        {
            "type": "object",
            "required": sorted({"apiVersion", "kind", "metadata", *value.get("required", ())}),
            "properties": {
                "apiVersion": {"const": api_version},
                "kind": {"const": kind},
                "metadata": reference_to(OBJECT_META),
                **value["fields"],
            },
        }
    )
    needed = closure(root, lambda name: local[name] if name in local else core.plain(name))
    return Stored(api_version, kind, value.get("scope", "Namespaced"), {**root, "$defs": needed})


def facts(api_version: str, kind: str) -> str:
    """Return what a schema was written from, such as `kserve/kserve v0.20.0`."""
    name = files()[api_version, kind]
    return str(read(name, (FOLDER / name).read_bytes()).value["facts"])


def _whole(node: Schema) -> Schema:
    return mapped(node, _closed)


def _closed(node: Schema) -> Schema:
    result: dict[str, Any] = {**node}
    reference = node.get("$ref")
    if isinstance(reference, str) and reference.startswith(_CORE):
        return reference_to(_place(reference.removeprefix(_CORE)))
    if isinstance(reference, str) and not reference.startswith("#"):
        return reference_to(reference)
    if "properties" in node:
        result.setdefault("type", "object")
        result.setdefault("additionalProperties", False)
    return result


def _place(name: str) -> str:
    """Return the whole name of a core definition: `PodSpec` is that of core/v1."""
    special = {
        "LabelSelector": _PLACES[1],
        "ObjectMeta": _PLACES[1],
        "Condition": _PLACES[1],
        "IntOrString": _PLACES[2],
        "Quantity": _PLACES[3],
    }
    return f"{special.get(name, _PLACES[0])}{name}"

"""Mintage's own schemas of custom kinds, written by hand: used where a workspace has imported and fetched none.

Each file under `own/` names the facts it was written from and holds a schema in shorthand:

- a word is a type (`string`, `any`), a definition of the file, or one of core Kubernetes (`core:PodSpec`);
  `[X]` is a list of X, `{X}` a map to X;
- `fields` makes an object that knows these fields only, `name!` one that must be there, `extends` adds the fields of
  a core definition, none of which must be there, and `name: none` takes one out again;
- `keys` names the fields by which items of a list differ; all else are keywords of JSON Schema.

Operators carry a Kubernetes API of their own version, so core definitions are those of the newest packaged minor.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from mintage.schemas.core import OBJECT_META, core, known_minors
from mintage.schemas.nodes import Schema, closure, mapped, reference_to
from mintage.schemas.rules import REPLACED
from mintage.schemas.stored import Stored
from mintage.schemas.tighten import tightened
from mintage.source import read

FOLDER = Path(__file__).with_name("own")
_CORE = "core:"
_IN_CORE = "io.k8s.api.core.v1."
_ELSEWHERE = {
    "LabelSelector": "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector",
    "OwnerReference": "io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference",
    "NetworkPolicyEgressRule": "io.k8s.api.networking.v1.NetworkPolicyEgressRule",
    "NetworkPolicyIngressRule": "io.k8s.api.networking.v1.NetworkPolicyIngressRule",
    "HorizontalPodAutoscalerBehavior": "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerBehavior",
    "DeploymentStrategy": "io.k8s.api.apps.v1.DeploymentStrategy",
    "IngressTLS": "io.k8s.api.networking.v1.IngressTLS",
    "IntOrString": "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
    "Quantity": "io.k8s.apimachinery.pkg.api.resource.Quantity",
}
_TYPES = frozenset({"string", "integer", "number", "boolean", "object", "array"})
_INNER = ("items", "additionalProperties")
_COMBINATIONS = ("anyOf", "oneOf", "allOf")


@cache
def files() -> dict[tuple[str, str], str]:
    """Return the names of the files by (apiVersion, kind): `ray.io_v1_RayCluster.yaml`."""
    found = {}
    for path in FOLDER.iterdir():
        if path.name.endswith(".yaml"):
            group, version, kind = path.name.removesuffix(".yaml").split("_")
            found[f"{group}/{version}", kind] = path.name
    return dict(sorted(found.items()))


@cache
def own_schema(api_version: str, kind: str) -> tuple[Stored, str]:
    """Return the schema of a kind and the facts it was written from; `KeyError` where there is none."""
    name = files()[api_version, kind]
    value = read(name, (FOLDER / name).read_bytes()).value
    local = _definitions(value)
    identity = {
        "apiVersion!": {"const": api_version},
        "kind!": {"const": kind},
        "metadata!": reference_to(OBJECT_META),
    }
    root = expanded({"fields": {**identity, **value["fields"]}})
    needed = closure(root, lambda each: local[each] if each in local else _definition(each))
    stored = Stored(api_version, kind, value.get("scope", "Namespaced"), {**root, "$defs": needed})
    return stored, value["facts"]


def _definitions(value: dict[str, Any]) -> dict[str, Schema]:
    """Return the definitions of a file, and of the one that it says it `shares` them with."""
    shared = value.get("shares")
    whole = _definitions(read(shared, (FOLDER / shared).read_bytes()).value) if shared else {}
    return whole | {key: expanded(node) for key, node in (value.get("definitions") or {}).items()}


@cache
def _definition(name: str) -> Schema:
    """Return a core definition as operators embed it: a quantity is no fraction, and null is nothing."""
    if name == _ELSEWHERE["Quantity"]:
        return {**REPLACED[name], "type": ["integer", "string"]}
    return mapped(core(known_minors()[-1]).plain(name), _never_null)


def _never_null(node: Schema) -> Schema:
    """Return a schema without null as a type: the server drops null fields of custom resources before it validates."""
    if not isinstance(node.get("type"), list):
        return node
    kinds = [kind for kind in node["type"] if kind != "null"]
    return {**node, "type": kinds if len(kinds) > 1 else kinds[0]}


def expanded(node: Any) -> Schema:
    """Return the JSON schema of a node in shorthand."""
    if isinstance(node, str):
        return _word(node)
    if isinstance(node, list):
        return {"type": "array", "items": expanded(node[0])}
    if "$ref" in node or "const" in node:
        return dict(node)
    result = {key: value for key, value in node.items() if key not in {"fields", "extends", "keys"}}
    if "fields" in node:
        result = {**result, **_object(node)}
    if "keys" in node:
        result |= {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": node["keys"]}
    for key in _INNER:
        if isinstance(result.get(key), dict | str | list):
            result[key] = expanded(result[key])
    for key in _COMBINATIONS:
        if key in result:
            result[key] = [expanded(each) for each in result[key]]
    return tightened(result)


def _word(word: str) -> Schema:
    if word == "any":
        return {}
    if word.startswith("{"):
        return {"type": "object", "additionalProperties": expanded(word[1:-1])}
    if word.startswith(_CORE):
        return reference_to(_place(word.removeprefix(_CORE)))
    return {"type": word} if word in _TYPES else reference_to(word)


def _object(node: Schema) -> Schema:
    properties: dict[str, Any] = {}
    if "extends" in node:
        properties |= _definition(_place(node["extends"].removeprefix(_CORE)))["properties"]
    properties |= {name.removesuffix("!"): expanded(field) for name, field in node["fields"].items()}
    for name in [name for name, field in node["fields"].items() if field == "none"]:
        del properties[name]
    required = sorted(name.removesuffix("!") for name in node["fields"] if name.endswith("!"))
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        **({"required": required} if required else {}),
    }


def _place(name: str) -> str:
    """Return the whole name of a core definition: `PodSpec` is that of core/v1."""
    return _ELSEWHERE.get(name, _IN_CORE + name)

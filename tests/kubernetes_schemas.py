"""Judge Kubernetes objects offline, as strictly as a server would (tests only).

Core kinds are judged by the strict schemas that the package kubernetes-validate ships as data, custom resources
by the upstream CustomResourceDefinitions in the folder named by MINTAGE_UPSTREAM_CRDS: a folder of files, or one
that holds `crds.tar.xz`. A kind without a schema is an error, never a pass. CEL rules are not evaluated, and
what only a server knows (quotas, immutable fields, other objects) is not judged.

    python tests/kubernetes_schemas.py FILE...
"""

from __future__ import annotations

import atexit
import json
import os
import re
import sys
import tarfile
import tempfile
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLE = "MINTAGE_UPSTREAM_CRDS"
CORE_VERSION = "1.32"
_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Judge:
    """What judges one kind: its compiled schema, and the structural schema that holds defaults (CRDs only)."""

    validator: jsonschema_rs.Validator
    structural: Schema


def has_schema(document: Schema) -> bool:
    """Return whether the document's apiVersion and kind can be judged here."""
    return _judge(*_identity(document)) is not None


def errors(document: Schema) -> list[str]:
    """Return what is wrong with an object, one sentence with its path each; empty when it is valid."""
    group, version, kind = _identity(document)
    name = (document.get("metadata") or {}).get("name", "?")
    title = f"{kind}/{name}"
    judge = _judge(group, version, kind)
    if judge is None:
        return [f"{title}: no schema for {kind} of {document.get('apiVersion')}{_why_not(group)}"]
    completed = _with_defaults(deepcopy(document), judge.structural)
    sentences = {_sentence(error) for error in judge.validator.iter_errors(completed)}
    sentences |= set(_duplicates(completed, judge.structural, ""))
    return [f"{title}: {sentence}" for sentence in sorted(sentences)]


def missing_folder() -> str:
    """Return why custom resources cannot be judged, or "" where they can."""
    named = os.environ.get(VARIABLE, "")
    if not named:
        return f"{VARIABLE} is not set"
    return "" if Path(named).is_dir() else f"{VARIABLE} names {named}, which is not a folder"


def _why_not(group: str) -> str:
    return f" ({missing_folder()})" if missing_folder() and "." in group else ""


def _identity(document: Schema) -> tuple[str, str, str]:
    group, _, version = str(document.get("apiVersion", "")).rpartition("/")
    return group, version, str(document.get("kind", ""))


def _sentence(error: jsonschema_rs.ValidationError) -> str:
    path = "".join(
        f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.instance_path
    ).lstrip(".")
    message = (
        error.message if len(error.message) <= 300 else f"{error.message[:140]} ... {error.message[-140:]}"
    )
    return f"{path or '(root)'}: {message}"


@cache
def _judge(group: str, version: str, kind: str) -> _Judge | None:
    definition = _core_kinds().get((group, version, kind))
    if definition:
        return _Judge(_compiled(_closed_over({"$ref": f"#/$defs/{definition}"}, _core())), {})
    if group == "build.openshift.io" and (extra := _openshift_builds()):
        name = f"com.github.openshift.api.build.{version}.{kind}"
        return (
            _Judge(_compiled(_closed_over({"$ref": f"#/$defs/{name}"}, extra)), {}) if name in extra else None
        )
    for candidate in _custom_definition(group, kind).get("spec", {}).get("versions", []):
        if candidate["name"] == version and candidate.get("served", True):
            structural = candidate["schema"]["openAPIV3Schema"]
            return _Judge(_compiled(_custom_schema(structural, group, version, kind)), structural)
    return None


def _compiled(schema: Schema) -> jsonschema_rs.Validator:
    # Rust's linear regexes are RE2 in all but name, and RE2 is what the API server matches patterns with.
    engine = jsonschema_rs.RegexOptions()
    return jsonschema_rs.Draft202012Validator(schema, pattern_options=engine, validate_formats=False)


# --- core kinds -------------------------------------------------------------------------------------------


@cache
def _core() -> dict[str, Schema]:
    folder = (
        resources.files("kubernetes_validate") / "kubernetes-json-schema" / f"v{CORE_VERSION}.0-local-strict"
    )
    definitions: dict[str, Schema] = json.loads((folder / "_definitions.json").read_bytes())["$defs"]
    return definitions


@cache
def _core_kinds() -> dict[tuple[str, str, str], str]:
    return {
        (gvk["group"], gvk["version"], gvk["kind"]): name
        for name, schema in _core().items()
        for gvk in schema.get("x-kubernetes-group-version-kind", [])
        if len(schema["x-kubernetes-group-version-kind"])
        == 1  # DeleteOptions and WatchEvent are of every group
    }


def _closed_over(schema: Schema, definitions: dict[str, Schema]) -> Schema:
    """Return the schema with every definition it needs, so that it stands alone."""
    needed: dict[str, Schema] = {}
    pending = [schema]
    while pending:
        for name in _references(pending.pop()):
            if name not in needed:
                needed[name] = definitions[name]
                pending.append(needed[name])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "$defs": needed}


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(reference := node.get("$ref"), str):
            yield reference.rpartition("/")[2]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


@cache
def _openshift_builds() -> dict[str, Schema]:
    """Return the definitions of BuildConfig, which OpenShift serves without a CRD; empty where they are absent."""
    files = (
        [] if missing_folder() else sorted(upstream_folder().rglob("buildconfigs.openapi-definitions.json"))
    )
    if not files:
        return {}
    definitions = json.loads(files[0].read_bytes().replace(b"#/definitions/", b"#/$defs/"))["definitions"]
    loose = {"io.k8s.apimachinery.pkg.api.resource.Quantity", "io.k8s.apimachinery.pkg.apis.meta.v1.Time"}
    kept = {
        name: _core().get(name, {}) if name in loose else _strict(schema)
        for name, schema in definitions.items()
    }
    return {
        **kept,
        _META: _core()[_META],
        **{name: _core()[name] for name in _closed_over(_core()[_META], _core())["$defs"]},
    }


# --- custom resources -------------------------------------------------------------------------------------


@cache
def upstream_folder() -> Path:
    """Return the folder of the upstream CRDs, unpacked for this run where they come as an archive."""
    folder = Path(os.environ[VARIABLE])
    archive = folder / "crds.tar.xz"
    if not archive.is_file():
        return folder
    unpacked = tempfile.TemporaryDirectory(prefix="mintage-crds-")
    atexit.register(unpacked.cleanup)
    with tarfile.open(archive) as tar:
        tar.extractall(unpacked.name, filter="data")
    return Path(unpacked.name)


_NAMES = (re.compile(rb"^  group: (\S+)$", re.MULTILINE), re.compile(rb"^    kind: (\S+)$", re.MULTILINE))
_DIVIDER = re.compile(rb"^---.*\n", re.MULTILINE)


@cache
def _custom_index() -> dict[tuple[str, str], bytes]:
    """Map (group, kind) to the text of its definition, found without parsing: 18 MB of YAML take ten seconds."""
    index: dict[tuple[str, str], bytes] = {}
    files = [path for path in upstream_folder().rglob("*.yaml") if "_variants" not in path.parts]
    for path in sorted(files, key=lambda path: (path.name.startswith("_"), path)):
        for text in _DIVIDER.split(path.read_bytes()):
            group, kind = (pattern.search(text) for pattern in _NAMES)
            if group and kind:
                index.setdefault((group[1].decode(), kind[1].decode()), text)
    return index


@cache
def _custom_definition(group: str, kind: str) -> Schema:
    text = b"" if missing_folder() else _custom_index().get((group, kind), b"")
    return yaml.load(text, Loader=_LOADER) or {}  # noqa: S506 - a safe loader in C


def _custom_schema(structural: Schema, group: str, version: str, kind: str) -> Schema:
    root = _strict(structural)
    properties = root.setdefault("properties", {})
    properties["apiVersion"] = {"const": f"{group}/{version}"}
    properties["kind"] = {"const": kind}
    properties["metadata"] = {"$ref": f"#/$defs/{_META}"}
    root["required"] = sorted({*root.get("required", []), "apiVersion", "kind", "metadata"})
    return _closed_over(root, _core())


_KEPT = frozenset(
    {
        "$ref", "enum", "exclusiveMaximum", "exclusiveMinimum", "maxItems", "maxLength", "maxProperties", "maximum",
        "minItems", "minLength", "minProperties", "minimum", "multipleOf", "pattern", "required", "type", "uniqueItems",
    }
)  # fmt: skip
_INTEGER_OR_STRING = ["integer", "string"]


def _strict(node: Schema, *, closed: bool = True) -> Schema:
    """Translate a structural schema: unknown fields are refused wherever the server would prune them."""
    result = {key: value for key, value in node.items() if key in _KEPT}
    if node.get("x-kubernetes-int-or-string") or node.get("format") == "int-or-string":
        result["type"] = _INTEGER_OR_STRING
    _translate_bounds(result)
    properties = {name: _strict(value, closed=closed) for name, value in node.get("properties", {}).items()}
    keeps_unknown = node.get("x-kubernetes-preserve-unknown-fields", False)
    if node.get("x-kubernetes-embedded-resource"):
        properties |= {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"$ref": f"#/$defs/{_META}"},
        }
        result["required"] = sorted({*result.get("required", []), "apiVersion", "kind"})
    if properties:
        result["properties"] = properties
    if isinstance(more := node.get("additionalProperties"), dict):
        result["additionalProperties"] = _strict(more, closed=closed)
    elif more is False or (closed and more is None and node.get("type") == "object" and not keeps_unknown):
        result["additionalProperties"] = False
    if isinstance(items := node.get("items"), dict):
        result["items"] = _strict(items, closed=closed)
    _translate_combinators(node, result)
    return _nullable(result) if node.get("nullable") else result


def _translate_bounds(schema: Schema) -> None:
    """Turn the boolean exclusive bounds of OpenAPI 3.0 into numbers."""
    for exclusive, inclusive in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if schema.pop(exclusive, False) is True and inclusive in schema:
            schema[exclusive] = schema.pop(inclusive)


def _translate_combinators(node: Schema, result: Schema) -> None:
    for combinator in ("allOf", "anyOf", "oneOf"):
        if members := node.get(combinator):  # one upstream definition says `anyOf: null`
            result[combinator] = [_strict(member, closed=False) for member in members]
    if "not" in node:
        result["not"] = _strict(node["not"], closed=False)


def _nullable(schema: Schema) -> Schema:
    kind = schema.get("type")
    if kind is not None:
        schema["type"] = [*(kind if isinstance(kind, list) else [kind]), "null"]
    if "enum" in schema:
        schema["enum"] = [*schema["enum"], None]
    return schema


def _with_defaults(value: Any, structural: Schema) -> Any:
    """Fill in the defaults of a structural schema, which the server does before it validates."""
    if isinstance(value, dict):
        more = structural.get("additionalProperties")
        properties = structural.get("properties", {})
        for name, schema in properties.items():
            absent = name not in value or (value[name] is None and not schema.get("nullable"))
            if "default" in schema and absent:
                value[name] = deepcopy(schema["default"])
        for name, item in value.items():
            schema = properties.get(name, more)
            if isinstance(schema, dict):
                value[name] = _with_defaults(item, schema)
    elif isinstance(value, list) and isinstance(items := structural.get("items"), dict):
        return [_with_defaults(item, items) for item in value]
    return value


def _duplicates(value: Any, structural: Schema, path: str) -> Iterator[str]:
    """Name the items that a list with unique keys holds twice."""
    if isinstance(value, dict):
        more = structural.get("additionalProperties")
        for name, item in value.items():
            schema = structural.get("properties", {}).get(name, more)
            if isinstance(schema, dict):
                yield from _duplicates(item, schema, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list):
        keys = structural.get("x-kubernetes-list-map-keys") or []
        seen: list[Any] = []
        for index, item in enumerate(value):
            key = [item.get(name) for name in keys] if keys and isinstance(item, dict) else item
            if structural.get("x-kubernetes-list-type") in {"map", "set"} and key in seen:
                yield f"{path}[{index}]: {json.dumps(key)} stands twice in the list"
            seen.append(key)
            yield from _duplicates(item, structural.get("items") or {}, f"{path}[{index}]")


def main(files: list[str]) -> int:
    """Print what is wrong with the objects in these files; 1 where anything is."""
    from mintage.source import read

    found = 0
    for file in files:
        for text in _DIVIDER.split(Path(file).read_bytes()):
            document = read(file, text).value
            for sentence in [] if document is None else errors(document):
                found += 1
                print(f"{file}: {sentence}")  # noqa: T201 - a program's output
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""CustomResourceDefinitions out of bytes, and the form in which their schemas are stored.

The stored form is one JSON schema for each version of a kind: strict, without descriptions, with the defaults, list
keys and CEL rules of the definition beside the keywords, and what is repeated in it held once. The translation itself
is that of `kubeconform.structural`. It does not know where schemas are kept.
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kubeconform import patterns
from kubeconform.resources import split
from kubeconform.structural import convert
from kubeconform.yaml_reader import YamlError, read
from mintage.errors import Location, MintageError, Problem, fail
from mintage.schemas.judge import compiled
from mintage.schemas.nodes import Schema, mapped, parts, reference_to, with_parts
from mintage.schemas.stored import Stored
from mintage.schemas.tighten import tightened

if TYPE_CHECKING:
    from collections.abc import Iterator

KIND = "CustomResourceDefinition"
_BESIDE = ("x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-validations")
_WORTH_A_NAME = 120  # characters of a repeated part; shorter ones are repeated
_LONGEST = 64_000_000
# What comes out of translating and compiling something that is no structural schema.
_NO_SCHEMA = (ValueError, TypeError, AttributeError, KeyError, RecursionError)


@dataclass(frozen=True, slots=True)
class Found:
    """What a text holds: schemas, and a remark on each version that gives none."""

    schemas: list[Stored] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def definitions(file: str, data: bytes) -> Found:
    """Return the schemas of every definition in a text: documents, and the items of lists.

    Raises `MintageError` with every problem of the file; where it holds no definition at all, that is one.
    """
    if len(data) > _LONGEST:
        message = f"the file has {len(data):,} bytes, at most {_LONGEST:,} are read"
        raise fail(file, "file-too-large", message, "split it")
    found = Found()
    problems: list[Problem] = []
    for line, document in _documents(data):
        try:
            for value in _values(file, line, document):
                _convert(file, line, value["spec"], found)
        except MintageError as error:
            problems += error.problems
    if problems:
        raise MintageError(problems)
    return found


def _documents(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the documents of a text and the line each begins on."""
    at = 0
    for document in split(io.BytesIO(data)):
        at = max(data.find(document, at), at)
        yield data.count(b"\n", 0, at) + 1, document
        at += len(document)


def _values(file: str, line: int, document: bytes) -> Iterator[dict[str, Any]]:
    try:
        value = read(document)
    except YamlError as error:
        raise _unreadable(file, line, str(error)) from None
    except UnicodeDecodeError as error:
        raise _unreadable(file, line, f"byte {error.start} is not UTF-8") from None
    pending = [value]
    while pending:
        each = pending.pop(0)
        if not isinstance(each, dict):
            continue
        if isinstance(each.get("items"), list):
            pending += each["items"]
        elif each.get("kind") == KIND:
            _check(file, line, each)
            yield each


def _unreadable(file: str, line: int, text: str) -> MintageError:
    """Return the error for a document that is no YAML; the reader counts lines from the document's first."""
    sentence = text.removeprefix("error converting YAML to JSON: ").removeprefix("yaml: ")
    if sentence.startswith("line ") and ":" in sentence:
        number, _, sentence = sentence.removeprefix("line ").partition(": ")
        line += int(number) - 1
    advice = "check quotes, colons and indentation here and above"
    return MintageError([Problem(Location(file, line, 1), "yaml-syntax", sentence, advice)])


def _check(file: str, line: int, definition: dict[str, Any]) -> None:
    """Refuse a definition that lacks what every one has."""
    spec = definition.get("spec")
    names = spec.get("names") if isinstance(spec, dict) else None
    if not isinstance(spec, dict) or not isinstance(names, dict):
        raise _invalid(file, line, f"a {KIND} without `spec.names`")
    if not isinstance(names.get("kind"), str) or "." not in str(spec.get("group")):
        raise _invalid(file, line, f"a {KIND} without `spec.group` and `spec.names.kind`")
    versions = spec.get("versions", [{}])
    if not isinstance(versions, list) or not all(isinstance(each, dict) for each in versions):
        raise _invalid(file, line, f"`spec.versions` of {names['kind']} is not a list of mappings")


def _invalid(file: str, line: int, message: str) -> MintageError:
    advice = "export it again: `kubectl get crd NAME -o yaml`"
    return MintageError([Problem(Location(file, line, 1), "crd-invalid", message, advice)])


def _convert(file: str, line: int, spec: dict[str, Any], found: Found) -> None:
    """Add the schema of every version of a definition, or a remark."""
    kind, group = spec["names"]["kind"], spec["group"]
    for version in spec.get("versions") or [{"name": spec.get("version", "")}]:
        name = str(version.get("name", ""))
        title = f"{kind} {group}/{name}"
        structural = _structural(version) or _structural({"schema": spec.get("validation")})
        if version.get("served") is False:
            found.remarks.append(f"{title} is not served")
        elif not structural:
            found.remarks.append(f"{title} has no schema: it would accept anything")
        else:
            try:
                schema = stored_schema(structural, group, name, kind)
                compiled(schema)
            except _NO_SCHEMA as error:
                raise _invalid(file, line, f"the schema of {title} is none: {error}") from None
            scope = str(spec.get("scope", "Namespaced"))
            found.schemas.append(Stored(f"{group}/{name}", kind, scope, schema, _warning(version, title)))


def _warning(version: dict[str, Any], title: str) -> str:
    return (
        str(version.get("deprecationWarning") or f"{title} is deprecated")
        if version.get("deprecated")
        else ""
    )


def _structural(version: dict[str, Any]) -> Schema:
    """Return the schema of a version, empty where it says nothing."""
    holder = version.get("schema")
    structural = holder.get("openAPIV3Schema") if isinstance(holder, dict) else None
    return structural if isinstance(structural, dict) and _says_something(structural) else {}


def _says_something(structural: Schema) -> bool:
    """Return whether a schema names any field beside those that every object has."""
    if not isinstance(structural.get("properties"), dict):
        return False
    named = structural["properties"].keys() - {"apiVersion", "kind", "metadata"}
    return any(structural["properties"][name] for name in named)


def stored_schema(structural: Schema, group: str, version: str, kind: str) -> Schema:
    """Return the stored form of a structural schema."""
    strict = convert(structural, group, version, kind, deny_root_additional_properties=True)
    strict.pop("$schema")
    whole: Schema = patterns.translated(tightened(_with_beside(strict, structural)))
    return with_shared(mapped(whole, _without_description))


def _without_description(node: Schema) -> Schema:
    return {key: value for key, value in node.items() if key != "description"}


def _with_beside(strict: Schema, structural: Schema) -> Schema:
    """Return a translated schema with what the translation has no keyword for."""
    result = {**strict, **{key: structural[key] for key in _BESIDE if structural.get(key)}}
    known = structural.get("properties") or {}
    if "properties" in result:
        result["properties"] = {
            name: _with_beside(inner, known[name])
            if isinstance(known.get(name), dict) and "const" not in inner
            else inner
            for name, inner in result["properties"].items()
        }
    for key in ("items", "additionalProperties"):
        if isinstance(result.get(key), dict) and isinstance(structural.get(key), dict):
            result[key] = _with_beside(result[key], structural[key])
    return result


def with_shared(schema: Schema) -> Schema:
    """Return an equal schema in which what is repeated is a definition; the same parts get the same names."""
    pool = _Pool()
    return pool.document(pool.add(schema))


class _Pool:
    """Every different part of a schema once, by the digest of its text."""

    def __init__(self) -> None:
        self._parts: dict[str, Schema] = {}
        self._uses: dict[str, int] = {}
        self._inlined: dict[str, Schema] = {}
        self._named: dict[str, Schema] = {}

    def add(self, node: Schema) -> str:
        folded = with_parts(node, lambda inner: reference_to(self.add(inner)))
        text = json.dumps(folded, sort_keys=True)
        name = hashlib.sha256(text.encode(), usedforsecurity=False).hexdigest()[:12]
        if name not in self._parts:
            self._parts[name] = folded
            for inner in parts(folded):
                used = _name(inner)
                self._uses[used] = self._uses.get(used, 0) + 1
        return name

    def document(self, root: str) -> Schema:
        whole = self._inline(root)
        return {**whole, "$defs": dict(sorted(self._named.items()))} if self._named else whole

    def _inline(self, name: str) -> Schema:
        if name not in self._inlined:
            self._inlined[name] = with_parts(self._parts[name], self._placed)
        return self._inlined[name]

    def _placed(self, reference: Schema) -> Schema:
        name = _name(reference)
        whole = self._inline(name)
        # Who fills in the defaults of an object looks for them in its fields, not behind a reference.
        if self._uses[name] == 1 or "default" in whole or len(json.dumps(whole)) < _WORTH_A_NAME:
            return whole
        self._named[name] = whole
        return reference_to(name)


def _name(reference: Schema) -> str:
    return str(reference["$ref"]).rpartition("/")[2]

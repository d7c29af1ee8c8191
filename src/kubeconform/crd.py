"""CustomResourceDefinitions to JSON schema files: `python -m kubeconform.crd [-compat] FILE|URL...`.

A schema per version is written to the working directory. The environment steers as for openapi2jsonschema:
FILENAME_FORMAT (with {kind}, {group}, {fullgroup} and {version}; {kind}_{version} by default) and
DENY_ROOT_ADDITIONAL_PROPERTIES. Under -compat the schema is what that script writes, with its gaps.
"""

from __future__ import annotations

import io
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import build_opener

from kubeconform.resources import split
from kubeconform.structural import Schema, convert
from kubeconform.yaml_reader import YamlError, read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

FORMAT = "{kind}_{version}"
_INT_OR_STRING = {"oneOf": [{"type": "string"}, {"type": "integer"}]}


@dataclass(frozen=True, slots=True)
class Definition:
    """One version of a custom kind, and its structural schema."""

    group: str
    version: str
    kind: str
    structural: Schema

    def file_name(self, pattern: str = FORMAT) -> str:
        """Return the name of its schema file."""
        name = pattern.format(
            kind=self.kind, group=self.group.split(".")[0], fullgroup=self.group, version=self.version
        )
        return f"{Path(name.lower()).name}.json"

    def schema(self, *, deny_root: bool = False, compat: bool = False) -> Schema:
        """Return its JSON schema."""
        if compat:
            return compatible(self.structural, deny_root=deny_root)
        return convert(
            self.structural, self.group, self.version, self.kind, deny_root_additional_properties=deny_root
        )


def definitions(data: bytes) -> Iterator[Definition]:
    """Yield the definitions in a text: documents, and the items of lists; other kinds are passed over."""
    for document in split(io.BytesIO(data)):
        value = read(document)
        if not isinstance(value, dict):
            continue
        items = value.get("items")
        for item in items if isinstance(items, list) else [value]:
            if isinstance(item, dict) and item.get("kind") == "CustomResourceDefinition":
                yield from _versions(item.get("spec") or {})


def _versions(spec: Schema) -> Iterator[Definition]:
    shared = (spec.get("validation") or {}).get("openAPIV3Schema")  # v1beta1 has one schema for all versions
    kind, group = str((spec.get("names") or {}).get("kind", "")), str(spec.get("group", ""))
    for version in spec.get("versions") or [{"name": spec.get("version", "")}]:
        structural = (version.get("schema") or {}).get("openAPIV3Schema") or shared
        if isinstance(structural, dict):
            yield Definition(group, str(version.get("name", "")), kind, structural)


def compatible(structural: Schema, *, deny_root: bool = False) -> Schema:
    """Return what openapi2jsonschema makes of a structural schema."""
    closed: Schema = _closed(structural, skip=not deny_root)
    replaced: Schema = _without_formats(closed)
    return replaced


def _closed(node: Any, *, skip: bool = False) -> Any:
    if not isinstance(node, dict):
        return node
    result = {key: _closed(value) for key, value in node.items()}
    if "properties" in node and not skip:
        result.setdefault("additionalProperties", False)
    return result


def _without_formats(node: Any) -> Any:
    if isinstance(node, list):
        return [_without_formats(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _INT_OR_STRING
        if isinstance(value, dict) and value.get("format") == "int-or-string"
        else _without_formats(value)
        for key, value in node.items()
    }


def main(arguments: Sequence[str] | None = None, environment: Mapping[str, str] = os.environ) -> int:
    """Write the schemas of the definitions in files or at URLs; return the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    compat = "-compat" in words or "--compat" in words
    sources = [word for word in words if word not in {"-compat", "--compat"}]
    if not sources:
        sys.stderr.write("usage: openapi2jsonschema-py [-compat] FILE|URL...\n")
        return 1
    pattern = environment.get("FILENAME_FORMAT", FORMAT)
    deny_root = bool(environment.get("DENY_ROOT_ADDITIONAL_PROPERTIES"))
    failed = False
    for source in sources:
        try:
            for definition in definitions(_content(source)):
                name = definition.file_name(pattern)
                schema = definition.schema(deny_root=deny_root, compat=compat)
                Path(name).write_text(json.dumps(schema, indent=2) + "\n", encoding="utf-8")
                sys.stdout.write(f"JSON schema written to {name}\n")
        except (OSError, YamlError) as error:
            sys.stderr.write(f"{source}: {error}\n")
            failed = True
        except (KeyError, IndexError, ValueError) as error:
            sys.stderr.write(f"FILENAME_FORMAT {pattern!r}: {error}\n")
            return 1
    return 1 if failed else 0


def _content(source: str) -> bytes:
    if not source.startswith(("http://", "https://")):
        return Path(source).read_bytes()
    with build_opener().open(source, timeout=60) as response:
        body: bytes = response.read()
        return body


if __name__ == "__main__":
    sys.exit(main())

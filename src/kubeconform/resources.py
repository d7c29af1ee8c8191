"""Resources out of bytes: the text is split into documents, Lists into their items, each gets its signature.

It follows kubeconform: documents end at a line that starts with `---`, whatever else stands on that line; only
the kind `List` is expanded. It does not know schemas.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

from kubeconform.yaml_reader import YamlError, read

if TYPE_CHECKING:
    from collections.abc import Iterator

_SEPARATOR = b"\n---"
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Signature:
    """Who a resource is; empty strings where the document does not say."""

    kind: str = ""
    version: str = ""
    namespace: str = ""
    name: str = ""

    @property
    def group_version_kind(self) -> str:
        """Return `apps/v1/Deployment`, the form that -skip and -reject take."""
        return f"{self.version}/{self.kind}"

    @property
    def qualified_name(self) -> str:
        """Return `version/kind/namespace/name`."""
        return f"{self.version}/{self.kind}/{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Resource:
    """One document, or one item of a List; `error` tells why it cannot be judged, None values are empty."""

    path: str
    value: dict[str, Any] | None
    signature: Signature = field(default_factory=Signature)
    error: str = ""


def from_stream(path: str, stream: BinaryIO, *, strict: bool = False) -> Iterator[Resource]:
    """Yield the resources of a stream, read piece by piece; one empty resource where there is none."""
    found = False
    for document in split(stream):
        if document:
            for resource in from_document(path, document, strict=strict):
                found = True
                yield resource
    if not found:
        yield Resource(path, None)


def split(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the documents of a stream without holding more than one of them and a block."""
    buffer, start, searched = b"", 0, 0
    at_end = False
    while not at_end:
        block = stream.read(_BLOCK)
        at_end = not block
        buffer, searched, start = buffer[start:] + block, searched - start, 0
        while True:
            at = buffer.find(_SEPARATOR, max(searched, start))
            if at < 0:
                searched = max(start, len(buffer) - len(_SEPARATOR))
                break
            line_end = buffer.find(b"\n", at + len(_SEPARATOR))
            if line_end < 0 and not at_end:
                searched = at
                break
            yield buffer[start:at]
            # the line's own end may begin the next separator
            start = searched = len(buffer) if line_end < 0 else line_end + 1
    if start < len(buffer):
        yield buffer[start:]


def from_document(path: str, data: bytes, *, strict: bool = False) -> Iterator[Resource]:
    """Yield the resource of a document, or those of its items if it is a List."""
    try:
        value = read(data, strict=strict)
    except YamlError as error:
        yield Resource(path, None, error=f"error unmarshalling resource: {error}")
        return
    resource = from_value(path, value)
    if not resource.error and resource.value is not None and resource.signature.kind.lower() == "list":
        items = resource.value.get("items")
        yield from (from_value(path, item) for item in items or () if isinstance(items, list))
    else:
        yield resource


def from_value(path: str, value: Any) -> Resource:
    """Return the resource of a value that is already read."""
    if value is None:
        return Resource(path, None)
    if not isinstance(value, dict):
        kind = _json_kind(value)
        cannot = f"json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}"
        message = f"error unmarshalling resource: error unmarshaling JSON: while decoding JSON: {cannot}"
        return Resource(path, None, error=message)
    signature, problem = _sign(value)
    return Resource(path, value, signature, f"error while parsing: {problem}" if problem else "")


def _sign(value: dict[str, Any]) -> tuple[Signature, str]:
    metadata = value.get("metadata")
    problems: list[str] = []
    if metadata is not None and not isinstance(metadata, dict):
        problems.append(
            f"cannot unmarshal {_json_kind(metadata)} into Go struct field .Metadata of type struct"
        )
    fields = metadata if isinstance(metadata, dict) else {}

    def text(holder: dict[str, Any], key: str, field: str) -> str:
        found = holder.get(key)
        if isinstance(found, dict | list):
            problems.append(
                f"cannot unmarshal {_json_kind(found)} into Go struct field .{field} of type string"
            )
            return ""
        return _text(found)

    generated = text(fields, "generateName", "Metadata.GenerateName")
    name = text(fields, "name", "Metadata.Name")
    signature = Signature(
        kind=text(value, "kind", "Kind"),
        version=text(value, "apiVersion", "APIVersion"),
        namespace=text(fields, "namespace", "Metadata.Namespace"),
        name=f"{generated}{{{{ generateName }}}}" if generated else name,
    )
    if problems:
        return signature, f"error unmarshaling JSON: while decoding JSON: json: {problems[0]}"
    if not signature.kind:
        return signature, "missing 'kind' key"
    return signature, "" if signature.version else "missing 'apiVersion' key"


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _json_kind(value: Any) -> str:
    kinds = {dict: "object", list: "array", str: "string", bool: "bool"}
    return kinds.get(type(value), "number")

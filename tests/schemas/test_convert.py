"""CustomResourceDefinitions become small strict schemas, the same every time, whatever the text they come in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mintage.errors import MintageError
from mintage.schemas.convert import definitions, with_shared
from mintage.schemas.judge import Judge
from mintage.schemas.stored import file_bytes

BOX = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: boxes.example.io}
spec:
  group: example.io
  scope: Cluster
  names: {kind: Box, plural: boxes}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        description: A box.
        required: [spec]
        properties:
          apiVersion: {type: string}
          kind: {type: string}
          metadata: {type: object}
          spec:
            type: object
            description: What is wanted.
            properties:
              size: {type: integer, format: int32, default: 1, description: How large.}
              either: {x-kubernetes-int-or-string: true}
              free: {type: object, x-kubernetes-preserve-unknown-fields: true}
              maybe: {type: string, nullable: true}
              word: {type: string, pattern: '^(?i)(abort|warn)?$'}
              when: {type: string, format: date-time}
              names:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [id]
                items: {type: object, required: [id], properties: {id: {type: string}}}
            x-kubernetes-validations: [{rule: self.size > 0, message: not empty}]
"""


def box(spec: Any, **more: Any) -> dict[str, Any]:
    """Return a box."""
    return {"apiVersion": "example.io/v1", "kind": "Box", "metadata": {"name": "b"}, "spec": spec, **more}


def judge(text: str = BOX) -> Judge:
    """Return the judge that a definition makes."""
    (stored,) = definitions("box.yaml", text.encode()).schemas
    return Judge(stored.schema, "", custom=True, scope=stored.scope)


def test_what_is_stored() -> None:
    """The version, its scope, and no prose."""
    (stored,) = definitions("box.yaml", BOX.encode()).schemas
    assert (stored.api_version, stored.kind, stored.scope, stored.deprecated) == (
        "example.io/v1",
        "Box",
        "Cluster",
        "",
    )
    assert stored.name == "example.io/Box_v1.json"
    assert "How large" not in json.dumps(stored.schema)


def test_it_judges_as_the_server_does() -> None:
    """Strictly, with int-or-string, nullable, RE2 patterns, list keys and CEL rules."""
    by = judge()
    assert by.errors(box({"either": "a", "free": {"x": 1}, "maybe": None, "word": "WARN"})) == []
    assert by.errors(box({"when": "2026-01-31T08:00:00Z", "names": [{"id": "a"}, {"id": "b"}]})) == []
    wrong = box({"siez": 1, "size": 2**31, "word": "stop", "names": [{"id": "a"}, {"id": "a"}]}, extra=1)
    assert [(error.path, error.unknown) for error in by.errors(wrong)] == [
        (("extra",), True),
        (("spec", "names", 1), False),
        (("spec", "siez"), True),
        (("spec", "size"), False),
        (("spec", "word"), False),
    ]
    pytest.importorskip("celpy", reason="the optional package cel-python is not installed")
    assert [error.message for error in by.cel_errors(box({"size": 0}))] == ["not empty"]


@pytest.mark.parametrize(
    "text",
    [
        BOX,
        "---\n" + BOX + "---\n",
        json.dumps({"apiVersion": "v1", "kind": "List", "items": []})[:-2] + "]}\n---\n" + BOX,
        "apiVersion: v1\nkind: List\nitems:\n- " + BOX.replace("\n", "\n  ").rstrip() + "\n- {kind: Pod}\n",
        "apiVersion: v1\nkind: ConfigMap\n---\n" + BOX,
    ],
)
def test_documents_lists_and_bundles(text: str) -> None:
    """As files, as the output of kubectl, among other objects: the same schema."""
    (stored,) = definitions("x.yaml", text.encode()).schemas
    assert stored.schema == definitions("box.yaml", BOX.encode()).schemas[0].schema


def test_the_same_definition_gives_the_same_bytes() -> None:
    """Also where keys stand in another order, as a cluster returns them."""
    import yaml

    turned = yaml.safe_dump(yaml.safe_load(BOX), sort_keys=True)
    one, two = (definitions("x", text.encode()).schemas[0] for text in (BOX, turned))
    assert file_bytes(one, {"file": "a"}) == file_bytes(two, {"file": "a"})


def test_what_gives_no_schema_is_remarked() -> None:
    """A version that is not served, and one that accepts anything, such as those of minimal charts."""
    unserved = BOX.replace("served: true", "served: false")
    assert definitions("x", unserved.encode()).remarks == ["Box example.io/v1 is not served"]
    head = BOX.partition("        required")[0]
    found = definitions("x", head.encode())
    assert (found.schemas, found.remarks) == (
        [],
        ["Box example.io/v1 has no schema: it would accept anything"],
    )


def test_a_deprecated_version_carries_its_warning() -> None:
    """That of the definition, or one like the server's."""
    text = BOX.replace("    served: true\n", "    served: true\n    deprecated: true\n")
    assert definitions("x", text.encode()).schemas[0].deprecated == "Box example.io/v1 is deprecated"
    text = text.replace("deprecated: true\n", "deprecated: true\n    deprecationWarning: use v2\n")
    assert definitions("x", text.encode()).schemas[0].deprecated == "use v2"


@pytest.mark.parametrize(
    ("text", "line", "name", "message"),
    [
        ("kind: [\n", 1, "yaml-syntax", "did not find expected node content"),
        (BOX + "---\nkind: 'x\n", BOX.count("\n") + 3, "yaml-syntax", "found unexpected end of stream"),
        (BOX.replace("group: example.io", "group: 5"), 1, "crd-invalid", "a CustomResourceDefinition without `spec.group` and `spec.names.kind`"),
        ("kind: CustomResourceDefinition\nspec: 3\n", 1, "crd-invalid", "a CustomResourceDefinition without `spec.names`"),
        (BOX + "---\nkind: CustomResourceDefinition\nspec: {names: {kind: A}, group: b.c, versions: [1]}\n", BOX.count("\n") + 2, "crd-invalid", "`spec.versions` of A is not a list of mappings"),
        (BOX.replace("type: integer", "type: whole"), 1, "crd-invalid", "the schema of Box example.io/v1 is none: "),
        (BOX.replace("'^(?i)(abort|warn)?$'", "'('"), 1, "crd-invalid", "the schema of Box example.io/v1 is none: "),
        (BOX.replace("properties: {id: {type: string}}", "properties: [id]"), 1, "crd-invalid", "the schema of Box example.io/v1 is none: "),
    ],
)  # fmt: skip
def test_broken_definitions_are_errors_with_a_place(text: str, line: int, name: str, message: str) -> None:
    """Never a traceback."""
    with pytest.raises(MintageError) as raised:
        definitions("x.yaml", text.encode())
    (problem,) = raised.value.problems
    assert (problem.location.file, problem.location.line, problem.id) == ("x.yaml", line, name)
    assert message in problem.message


@pytest.mark.parametrize("data", [b"- 1\n", b"", b"just words\n", b"kind: Pod\n---\n"])
def test_what_is_no_definition_gives_none(data: bytes) -> None:
    """Lists, words, nothing at all."""
    found = definitions("x", data)
    assert (found.schemas, found.remarks) == ([], [])


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"kind: \x80\n", b"\x00\x01"])
def test_binary_files_are_no_yaml(data: bytes) -> None:
    """An error in words."""
    with pytest.raises(MintageError) as raised:
        definitions("x", data)
    assert [problem.id for problem in raised.value.problems] == ["yaml-syntax"]


def test_what_is_repeated_stands_once() -> None:
    """And means the same; what has a default stays where it is."""
    part = {
        "type": "object",
        "properties": {f"field{number}": {"type": "string", "minLength": number} for number in range(9)},
    }
    schema = {
        "type": "object",
        "properties": {
            "a": part,
            "b": {"type": "array", "items": part},
            "c": {**part, "default": {}},
            "d": {**part, "default": {}},
        },
    }
    small = with_shared(schema)
    assert len(small["$defs"]) == 1
    assert (
        small["properties"]["a"]
        == small["properties"]["b"]["items"]
        == {"$ref": f"#/$defs/{next(iter(small['$defs']))}"}
    )
    assert small["properties"]["c"]["default"] == {}
    for value in ({"a": {"field3": "xx"}}, {"b": [{"field3": "xxx"}]}, {"c": {"field8": ""}}, {"a": 1}):
        whole = Judge(schema, "", custom=False).validator.is_valid(value)
        assert Judge(small, "", custom=False).validator.is_valid(value) == whole

"""CustomResourceDefinitions become schemas that judge as the API server does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from kubeconform import Options, Status, Validator, patterns
from kubeconform.crd import Definition, compatible, definitions, main
from kubeconform.structural import OBJECT_META, convert, with_defaults
from kubernetes_schemas import upstream_folder


def problems(structural: dict[str, Any], **fields: Any) -> list[str]:
    """Return what is wrong with a resource that has these fields."""
    schema = convert(structural, "example.io", "v1", "Box", deny_root_additional_properties=True)
    value = {"apiVersion": "example.io/v1", "kind": "Box", "metadata": {"name": "x"}, **fields}
    validator = jsonschema_rs.Draft7Validator(patterns.translated(schema), pattern_options=patterns.OPTIONS)
    return [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(value)]


def valid(spec: dict[str, Any], value: Any) -> bool:
    """Return whether a spec takes a value."""
    return problems({"type": "object", "properties": {"spec": spec}}, spec=value) == []


def test_unknown_fields_are_refused_where_the_server_drops_them() -> None:
    """At every level that names its fields."""
    spec = {
        "type": "object",
        "properties": {"a": {"type": "object", "properties": {"b": {"type": "string"}}}},
    }
    assert valid(spec, {"a": {"b": "x"}})
    assert not valid(spec, {"c": 1})
    assert not valid(spec, {"a": {"c": 1}})


def test_unknown_fields_are_kept_where_the_server_keeps_them() -> None:
    """And what is known below is still judged."""
    known = {"a": {"type": "object", "properties": {"b": {"type": "string"}}}}
    spec = {"type": "object", "x-kubernetes-preserve-unknown-fields": True, "properties": known}
    assert valid(spec, {"c": 1})
    assert not valid(spec, {"a": {"c": 1}})
    assert valid({"type": "object", "additionalProperties": {"type": "integer"}}, {"c": 1})
    assert not valid({"type": "object", "additionalProperties": {"type": "integer"}}, {"c": "1"})


def test_members_of_combinators_stay_open() -> None:
    """They name a part of the fields only."""
    fields = {"a": {"type": "string"}, "b": {"type": "string"}}
    members = [{"required": ["a"], "properties": {"a": {"minLength": 1}}}, {"required": ["b"]}]
    spec = {"type": "object", "properties": fields, "oneOf": members}
    assert valid(spec, {"a": "x"})
    assert not valid(spec, {"a": "x", "b": "x"})
    assert not valid(spec, {})


@pytest.mark.parametrize(("value", "expected"), [(1, True), ("1", True), (1.5, False), (None, False)])
def test_integers_or_strings(value: Any, expected: bool) -> None:
    """By the extension or by the old format."""
    alternatives = {"anyOf": [{"type": "integer"}, {"type": "string"}], "x-kubernetes-int-or-string": True}
    assert valid(alternatives, value) is expected
    assert valid({"x-kubernetes-int-or-string": True, "anyOf": None}, value) is expected
    assert valid({"format": "int-or-string", "type": "string"}, value) is expected


def test_null_is_for_nullable_fields() -> None:
    """Also where the values are listed."""
    assert valid({"type": "string", "nullable": True, "enum": ["a"]}, None)
    assert not valid({"type": "string", "enum": ["a"]}, None)


def test_embedded_resources_have_their_kind_and_any_fields() -> None:
    """And metadata that is judged."""
    spec = {"type": "object", "x-kubernetes-embedded-resource": True}
    assert valid(spec, {"apiVersion": "v1", "kind": "Pod", "spec": {"x": 1}})
    assert not valid(spec, {"kind": "Pod"})
    assert not valid(spec, {"apiVersion": "v1", "kind": "Pod", "metadata": {"nmae": "x"}})


def test_bounds_of_openapi_are_translated() -> None:
    """Exclusive ones are booleans there."""
    spec = {
        "type": "integer",
        "minimum": 1,
        "exclusiveMinimum": True,
        "maximum": 3,
        "exclusiveMaximum": False,
    }
    assert [value for value in range(5) if valid(spec, value)] == [2, 3]


def test_patterns_may_be_gos() -> None:
    """They are written as they are, and translated when they are compiled."""
    spec = {"type": "string", "pattern": "^(?i)(abort|warn)?$"}
    assert valid(spec, "ABORT")
    assert not valid(spec, "stop")


def test_the_root_says_what_it_is() -> None:
    """Other kinds, versions and fields of metadata are refused."""
    structural = {"type": "object", "properties": {"spec": {"type": "object"}}}
    assert problems(structural) == []
    assert problems(structural, kind="Bax") == ["['kind']: \"Box\" was expected"]
    assert problems(structural, metadata={"nmae": "x"}) != []
    assert problems(structural, more=1) != []
    schema = convert(structural, "example.io", "v1", "Box")
    assert "additionalProperties" not in schema
    assert schema["properties"]["metadata"] == OBJECT_META
    assert schema["required"] == ["apiVersion", "kind", "metadata"]


def test_definitions_may_narrow_the_name() -> None:
    """Which is all that they may say of metadata."""
    name = {"type": "object", "properties": {"name": {"type": "string", "maxLength": 3}}}
    structural = {"type": "object", "properties": {"metadata": name}}
    assert problems(structural, metadata={"name": "abc", "labels": {"a": "b"}}) == []
    assert problems(structural, metadata={"name": "abcd"}) != []


@pytest.mark.parametrize(
    ("member", "expected"),
    [
        ({"required": ["policy"]}, True),
        ({"properties": {"policy": {"enum": ["None"]}}, "required": ["policy"]}, True),
        ({"properties": {"policy": {"enum": ["Subdomain"]}}}, False),
        ({"not": {"properties": {"policy": {"enum": ["None"]}}}}, False),
        ({"not": {"required": ["policy"]}}, False),
        ({"anyOf": [{"required": ["policy"]}, {"required": ["x"]}]}, True),
    ],
)
def test_combinators_see_what_defaults_fill_in(member: dict[str, Any], expected: bool) -> None:
    """The server fills in defaults before it validates; the schema must come to the same verdict without them."""
    spec = {
        "type": "object",
        "required": ["policy"],
        "properties": {"policy": {"type": "string", "default": "None"}, "x": {}},
        "anyOf": [member],
    }
    assert valid(spec, {}) is expected
    assert valid(spec, {"policy": "None"}) is expected


def test_defaults_inside_nested_conditions_count_too() -> None:
    """A condition may look several levels down."""
    inner = {"type": "object", "properties": {"mode": {"type": "string", "default": "a"}}}
    condition = {"properties": {"inner": {"properties": {"mode": {"enum": ["b"]}}}}}
    spec = {"type": "object", "properties": {"inner": inner}, "allOf": [condition]}
    assert not valid(spec, {"inner": {}})
    assert valid(spec, {"inner": {"mode": "b"}})


def test_defaults_are_filled_in_for_those_who_want_them() -> None:
    """Nested ones, in lists and maps as well; null counts as absent unless it is allowed."""
    leaf = {"type": "object", "properties": {"n": {"default": 1}, "m": {"default": 2, "nullable": True}}}
    structural = {
        "properties": {
            "o": {**leaf, "default": {}},
            "l": {"items": leaf},
            "m": {"additionalProperties": leaf},
        }
    }
    value = {"l": [{"n": None, "m": None}], "m": {"k": {"n": 3}}, "other": [1]}
    assert with_defaults(value, structural) == {
        "o": {"n": 1, "m": 2},
        "l": [{"n": 1, "m": None}],
        "m": {"k": {"n": 3, "m": 2}},
        "other": [1],
    }
    assert value["l"] == [{"n": None, "m": None}]


# --- files ----------------------------------------------------------------------------------------------------

BOX = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
spec:
  group: example.IO.net
  names: {kind: Box}
  versions:
  - name: v1
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {a: {format: int-or-string}}}}}}
  - name: v2
    schema: {openAPIV3Schema: {type: object}}
"""
OLD = """\
kind: CustomResourceDefinition
spec: {group: g, version: v1beta1, names: {kind: Old}, validation: {openAPIV3Schema: {type: object}}}
"""


def test_definitions_are_found_in_documents_and_lists() -> None:
    """Of both generations; other kinds are passed over."""
    one = json.dumps({"kind": "List", "items": [{"kind": "Pod"}, *_values(BOX)]})
    text = f"# none\n---\n{one}\n---\nkind: Pod\n---\n{OLD}"
    found = [(item.group, item.version, item.kind) for item in definitions(text.encode())]
    assert found == [
        ("example.IO.net", "v1", "Box"),
        ("example.IO.net", "v2", "Box"),
        ("g", "v1beta1", "Old"),
    ]


def _values(text: str) -> list[Any]:
    from kubeconform.yaml_reader import read

    return [read(text.encode())]


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("{kind}_{version}", "box_v1.json"),
        ("{kind}-{group}-{version}", "box-example-v1.json"),
        ("{fullgroup}_{kind}", "example.io_box.json"),
        ("../{kind}", "box.json"),
    ],
)
def test_files_are_named_by_a_pattern(pattern: str, name: str) -> None:
    """In lower case, and never outside the working directory."""
    assert Definition("Example.io", "v1", "Box", {}).file_name(pattern) == name


def test_the_program_writes_a_file_per_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And says so, as openapi2jsonschema does; kubeconform finds them by their names."""
    monkeypatch.chdir(tmp_path)
    Path("crd.yaml").write_text(BOX)
    assert main(["crd.yaml"], {"FILENAME_FORMAT": "{kind}-{group}-{version}"}) == 0
    written = "JSON schema written to box-example-v1.json\nJSON schema written to box-example-v2.json\n"
    assert capsys.readouterr().out == written
    validator = Validator(Options(schema_locations=["{{ .ResourceKind }}{{ .KindSuffix }}.json"]))
    box = b"apiVersion: example.IO.net/v1\nkind: Box\nmetadata: {name: x}\nspec: {a: 1, b: 2}\n"
    (result,) = validator.validate("box.yaml", box)
    assert result.status is Status.INVALID
    assert result.message.endswith("- at '/spec': additional properties 'b' not allowed")


def test_urls_are_sources_too(
    site: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And one that fails does not keep the others from being written."""
    monkeypatch.chdir(tmp_path)
    site.put("/crd.yaml", BOX)
    assert main([f"{site.url}/gone.yaml", f"{site.url}/crd.yaml", "no.yaml"], {}) == 1
    out, err = capsys.readouterr()
    assert out.splitlines() == ["JSON schema written to box_v1.json", "JSON schema written to box_v2.json"]
    assert [line.split(": ")[0] for line in err.splitlines()] == [f"{site.url}/gone.yaml", "no.yaml"]


def test_what_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback for broken files, patterns or no file at all."""
    monkeypatch.chdir(tmp_path)
    Path("bad.yaml").write_text("a: [")
    Path("crd.yaml").write_text(BOX)
    assert main(["bad.yaml"], {}) == 1
    assert main(["crd.yaml"], {"FILENAME_FORMAT": "{nope}"}) == 1
    assert main([], {}) == 1
    assert capsys.readouterr().err == (
        "bad.yaml: error converting YAML to JSON: yaml: line 1: did not find expected node content\n"
        "FILENAME_FORMAT '{nope}': 'nope'\n"
        "usage: openapi2jsonschema-py [-compat] FILE|URL...\n"
    )


def test_compat_writes_what_the_script_writes() -> None:
    """Closed but for the root, with its own int-or-string, and nothing else."""
    structural = {
        "type": "object",
        "properties": {
            "spec": {
                "properties": {"a": {"format": "int-or-string", "description": "x"}},
                "anyOf": [{"properties": {}}],
            }
        },
    }
    spec = {
        "properties": {"a": {"oneOf": [{"type": "string"}, {"type": "integer"}]}},
        "anyOf": [{"properties": {}}],
        "additionalProperties": False,
    }
    assert compatible(structural) == {"type": "object", "properties": {"spec": spec}}
    assert compatible(structural, deny_root=True)["additionalProperties"] is False


# --- the real ones --------------------------------------------------------------------------------------------


def _real() -> list[Definition]:
    return [
        item for path in sorted(upstream_folder().rglob("*.yaml")) for item in definitions(path.read_bytes())
    ]


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Convert all the definitions there are."""
    folder = tmp_path_factory.mktemp("converted")
    for item in _real():
        path = folder / item.file_name("{kind}-{group}-{version}")
        if not path.exists():
            path.write_text(json.dumps(item.schema()))
    return folder


@pytest.mark.crds
def test_every_upstream_definition_becomes_a_schema_that_compiles(converted: Path) -> None:
    """For kubeconform as well: draft 7, and patterns that Go reads."""
    paths = sorted(converted.iterdir())
    assert len(paths) > 60
    for path in paths:
        schema = json.loads(path.read_bytes())
        jsonschema_rs.Draft7Validator(patterns.translated(schema), pattern_options=patterns.OPTIONS)


def _verdicts(folder: Path, text: str) -> list[tuple[str, list[str]]]:
    validator = Validator(
        Options(schema_locations=[f"{folder}/{{{{ .ResourceKind }}}}{{{{ .KindSuffix }}}}.json"])
    )
    results = validator.validate("it.yaml", text.encode())
    return [
        (result.status.value, [f"{error.path}: {error.message}" for error in result.errors])
        for result in results
    ]


ROUTE = """\
apiVersion: route.openshift.io/v1
kind: Route
metadata: {name: x}
spec:
  host: a.example.com
  to: {kind: Service, name: s, weight: 100}
  port: {targetPort: http}
"""
RULE = """\
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: x}
spec: {groups: [{name: g, partial_response_strategy: ABORT, rules: [{alert: A, expr: "1"}]}]}
"""
SERVICE = """\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: x}
spec:
  model: {uri: "hf://a/b", name: b}
  replicas: 1
  template: {containers: [{name: main, image: i, resources: {limits: {nvidia.com/gpu: 1}}}]}
"""


@pytest.mark.crds
@pytest.mark.parametrize(
    "text", [ROUTE, RULE, SERVICE], ids=["Route", "PrometheusRule", "LLMInferenceService"]
)
def test_good_custom_resources_are_valid(converted: Path, text: str) -> None:
    """One relies on a default, one on a pattern of Go, one on integers where there are quantities."""
    assert _verdicts(converted, text) == [("valid", [])]


@pytest.mark.crds
@pytest.mark.parametrize(
    ("text", "old", "new", "expected"),
    [
        (SERVICE, "replicas: 1", "replicsa: 1", "/spec: additional properties 'replicsa' not allowed"),
        (SERVICE, "replicas: 1", "replicas: one", "/spec/replicas: got string, want integer"),
        (SERVICE, "image: i", "imgae: i", "/spec/template/containers/0: additional properties 'imgae' not allowed"),
        (SERVICE, 'uri: "hf://a/b", ', "", "/spec/model: missing property 'uri'"),
        (ROUTE, "kind: Service", "kind: Pod", "/spec/to/kind: value must be one of 'Service', ''"),
        (RULE, "ABORT", "maybe", "/spec/groups/0/partial_response_strategy: 'maybe' does not match pattern '^(?i)(abort|warn)?$'"),
    ],
)  # fmt: skip
def test_faults_in_custom_resources_are_found(
    converted: Path, text: str, old: str, new: str, expected: str
) -> None:
    """A typo, a wrong type, a typo in a container, a missing field, a wrong value, a wrong word."""
    assert _verdicts(converted, text.replace(old, new)) == [("invalid", [expected])]

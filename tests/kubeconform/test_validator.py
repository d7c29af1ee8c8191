"""Which schema judges a resource, and what comes of it; the schemas are served on this machine."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from kubeconform import Options, Result, SetupError, Signature, Status, ValidationError, Validator

if TYPE_CHECKING:
    from pathlib import Path

NAMED = b"apiVersion: example.io/v1\nkind: Name\nmetadata: {name: x}\nfirstName: foo\n"
SCHEMA = {
    "type": "object",
    "properties": {"firstName": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
    "required": ["firstName"],
}
PAGE = "/name-example-v1.json"


def judge(site: Any, data: bytes = NAMED, *locations: str, **options: Any) -> list[Result]:
    """Return the results for a text, with schemas from the server."""
    named = locations or ("{{ .ResourceKind }}{{ .KindSuffix }}.json",)
    wanted = Options(schema_locations=[f"{site.url}/{name}" for name in named], retry_wait=0, **options)
    return list(Validator(wanted).validate("it.yaml", data))


def test_resources_that_fit_are_valid(site: Any) -> None:
    """One schema serves all resources of a kind."""
    site.put(PAGE, SCHEMA)
    signature = Signature("Name", "example.io/v1", "", "x")
    assert judge(site, NAMED + b"---\n" + NAMED) == [Result("it.yaml", Status.VALID, signature)] * 2
    assert site.asked == [PAGE]


def test_all_errors_of_a_resource_are_told(site: Any) -> None:
    """In one message, and one by one."""
    site.put(PAGE, SCHEMA)
    (result,) = judge(site, NAMED.replace(b"firstName: foo", b"age: -1"))
    assert result.status is Status.INVALID
    assert result.message == (
        f"problem validating schema. Check JSON formatting: jsonschema validation failed with '{site.url}{PAGE}#' "
        "- at '': missing property 'firstName' - at '/age': minimum: got -1, want 0"
    )
    assert result.errors == (
        ValidationError("", "missing property 'firstName'"),
        ValidationError("/age", "minimum: got -1, want 0"),
    )


@pytest.mark.parametrize(
    ("page", "status"),
    [("nothing", 404), ("<html>", 200), ('{"type": "objec"}', 200), ('{"pattern": "(?<=a)"}', 200), ("[1]", 200),
     ('{"$schema": "http://example.invalid/own"}', 200), ('{"$ref": "gone.json"}', 200)],
)  # fmt: skip
def test_locations_without_a_usable_schema_are_passed_over(site: Any, page: str, status: int) -> None:
    """Missing, no JSON, no schema: the next location is asked."""
    site.put("/first.json", page, status=status)
    site.put(PAGE, SCHEMA)
    (result,) = judge(site, NAMED, "first.json", PAGE[1:])
    assert result.status is Status.VALID
    assert site.asked[0] == "/first.json"
    assert site.asked[-1] == PAGE


def test_the_first_location_wins(site: Any) -> None:
    """Even where a later one would be kinder."""
    site.put("/first.json", {"required": ["age"]})
    site.put(PAGE, SCHEMA)
    (result,) = judge(site, NAMED, "first.json", PAGE[1:])
    assert result.status is Status.INVALID
    assert site.asked == ["/first.json"]


def test_failing_locations_are_errors(site: Any) -> None:
    """Another location might judge otherwise than the one that is down."""
    site.put("/first.json", "no", status=500)
    site.put(PAGE, SCHEMA)
    (result,) = judge(site, NAMED, "first.json", PAGE[1:])
    assert result.status is Status.ERROR
    assert (
        result.message
        == f"error while downloading schema at {site.url}/first.json - received HTTP status 500"
    )


def test_kinds_without_a_schema_are_errors_or_skipped(site: Any) -> None:
    """Each is asked for once."""
    (result,) = judge(site)
    assert (result.status, result.message) == (Status.ERROR, "could not find schema for Name")
    assert site.asked == [PAGE]
    skipped = judge(site, NAMED, ignore_missing_schemas=True)
    assert [result.status for result in skipped] == [Status.SKIPPED]


@pytest.mark.parametrize("name", ["Name", "example.io/v1/Name"])
def test_kinds_are_skipped_and_rejected_by_name_or_group_version_kind(site: Any, name: str) -> None:
    """Without a look at any schema."""
    (skipped,) = judge(site, skip=frozenset({name}))
    assert skipped.status is Status.SKIPPED
    (rejected,) = judge(site, reject=frozenset({name}))
    assert (rejected.status, rejected.message) == (Status.ERROR, "prohibited resource kind Name")
    assert site.asked == []


def test_another_version_of_a_kind_is_not_skipped(site: Any) -> None:
    """The whole of group/version/Kind must match."""
    site.put(PAGE, SCHEMA)
    assert [result.status for result in judge(site, skip=frozenset({"example.io/v2/Name"}))] == [Status.VALID]


def test_references_are_fetched_and_cached(site: Any, tmp_path: Path) -> None:
    """Relative to the schema, over HTTP, with what they refer to themselves."""
    site.put("/s/a.json", {"properties": {"age": {"$ref": "../defs.json#/definitions/age"}}})
    site.put("/defs.json", {"definitions": {"age": {"$ref": "#/definitions/n"}, "n": {"type": "integer"}}})
    bad = NAMED + b"age: old\n"
    for _time in range(2):
        (result,) = judge(site, bad, "s/a.json", cache=str(tmp_path))
        assert result.errors == (ValidationError("/age", "got string, want integer"),)
    assert site.asked == ["/s/a.json", "/defs.json"]
    expected = {
        hashlib.sha256(f"{site.url}/{name}".encode()).hexdigest() for name in ("s/a.json", "defs.json")
    }
    assert {kept.name for kept in tmp_path.iterdir()} == expected


def test_references_between_files_work(tmp_path: Path) -> None:
    """From the folder of the schema."""
    (tmp_path / "name.json").write_text('{"$ref": "sub/other.json"}')
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "other.json").write_text('{"required": ["age"]}')
    options = Options(schema_locations=[f"{tmp_path}/{{{{ .ResourceKind }}}}.json"])
    (result,) = Validator(options).validate("it.yaml", NAMED)
    url = f"file://{tmp_path}/name.json#"
    assert result.message.endswith(
        f"jsonschema validation failed with '{url}' - at '': missing property 'age'"
    )


def test_strict_asks_for_the_strict_schemas(site: Any) -> None:
    """Under another path."""
    site.put("/x-strict.json", SCHEMA)
    assert judge(site, NAMED, "x{{ .StrictSuffix }}.json", strict=True)[0].status is Status.VALID


@pytest.mark.parametrize(("draft", "asserted"), [(None, True), ("draft-07", True), ("draft/2020-12", False)])
def test_formats_count_up_to_draft_seven(site: Any, draft: str | None, asserted: bool) -> None:
    """Later drafts take them for remarks, in the library of kubeconform as well."""
    schema: dict[str, Any] = {"properties": {"firstName": {"format": "ipv4"}}}
    if draft:
        schema["$schema"] = f"https://json-schema.org/{draft}/schema#"
    site.put(PAGE, schema)
    (result,) = judge(site)
    assert (result.status is Status.INVALID) is asserted


def test_without_a_dialect_a_schema_is_draft_four(site: Any) -> None:
    """Where exclusiveMinimum is a boolean and const means nothing."""
    age = {"minimum": 1, "exclusiveMinimum": True, "const": 7}
    site.put(PAGE, {"properties": {"age": age}})
    one, two = (judge(site, NAMED + b"age: %d\n" % age)[0] for age in (1, 2))
    assert one.errors == (ValidationError("/age", "exclusiveMinimum: got 1, want 1"),)
    assert two.status is Status.VALID


def test_results_come_in_the_order_of_the_input(site: Any) -> None:
    """However long the schemas take, and however many there are."""
    texts = []
    for number in range(600):
        site.put(f"/k{number % 40}-v1.json", {})
        texts.append(f"apiVersion: v1\nkind: K{number % 40}\nmetadata: {{name: n{number}}}\n")
    results = judge(site, "---\n".join(texts).encode(), workers=8)
    assert [result.signature.name for result in results] == [f"n{number}" for number in range(600)]
    assert len(site.asked) == 40


def test_values_too_deep_to_judge_are_errors(site: Any) -> None:
    """Not a traceback."""
    site.put(PAGE, SCHEMA)
    (result,) = judge(site, NAMED + b"x: " + b"[" * 600 + b"]" * 600)
    assert result.status in {Status.ERROR, Status.VALID}
    deep = NAMED + b"".join(b"  " * level + b"a:\n" for level in range(400))
    assert judge(site, deep)[0].status in {Status.ERROR, Status.VALID}


def test_options_that_cannot_work_are_refused_at_once(tmp_path: Path) -> None:
    """In kubeconform's words."""
    with pytest.raises(SetupError) as caught:
        Validator(Options(cache="gone"))
    assert str(caught.value) == "failed opening cache folder gone: stat gone: no such file or directory"
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(SetupError, match=r"^cache folder .*file is not a directory$"):
        Validator(Options(cache=str(file)))
    with pytest.raises(
        SetupError, match=r"^failed initialising schema location registry: template: tpl:1:3: "
    ):
        Validator(Options(schema_locations=["{{ .Foo }}"]))

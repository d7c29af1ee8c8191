"""The schemas say what the decoder says, and the pages leave no field out."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import msgspec
import pytest

from mintage.errors import MintageError
from mintage.report.reference import reference
from mintage.source import read
from mintage.spec.decode import Layer, Layers, decode, merge, without_nulls
from mintage.spec.kinds import SPECS, spec_type
from mintage.spec.system import System

if TYPE_CHECKING:
    from collections.abc import Iterator

SPEC_FILES = sorted((Path(__file__).parents[2] / "specs").glob("*.yaml"))
KINDS = ("System", *SPECS)
# Values that are wrong in most places and right in some.
STRANGERS: tuple[Any, ...] = (None, {}, [], "?", True, 7, 0.5, {"stranger": 1}, [{"stranger": 1}])


@cache
def schema(kind: str) -> dict[str, Any]:
    """Return the schema of a kind."""
    found: dict[str, Any] = json.loads(reference()[f"{kind}.schema.json"])
    return found


@cache
def validator(kind: str) -> Any:
    """Return what judges the files of a kind."""
    return jsonschema_rs.validator_for(schema(kind))


@cache
def defaults() -> dict[str, Any]:
    """Return the defaults of the workspace, by kind."""
    found: dict[str, Any] = value_of(SPEC_FILES[0].with_name("system.yaml"))["defaults"]
    return found


@cache
def text_of(path: Path) -> bytes:
    """Return the bytes of a spec file."""
    return path.read_bytes()


def value_of(path: Path) -> Any:
    """Return what stands in a spec file."""
    return read(path.name, text_of(path)).value


def refusals(value: Any) -> set[str]:
    """Return the ids with which the decoder refuses the shape of a spec file, in the base or any environment."""
    kind = value["kind"]
    expected = System if kind == "System" else spec_type(kind)
    layers = Layers((Layer(read("specs/x.yaml", b"{}")),))
    found: set[str] = set()
    for whole in [value] if kind == "System" else variants(value):
        try:
            msgspec.convert(whole, type=expected)
        except msgspec.ValidationError:
            with pytest.raises(MintageError) as caught:
                decode(whole, expected, layers)
            found |= {problem.id for problem in caught.value.problems}
    return found


def variants(value: Any) -> Iterator[Any]:
    """Yield a spec as it is in the base, and as each of its own deltas makes it."""
    base = merge(without_nulls(defaults().get(value["kind"], {})), value)
    yield base
    given = value.get("environments")
    for delta in given.values() if isinstance(given, dict) else ():
        shared = {key: item for key, item in base.items() if key != "environments"}
        yield merge(shared, delta) if isinstance(delta, dict) else shared


def mutations(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield the value with each part of it replaced by strangers, one at a time."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        for changed_path, changed in (
            *(((*path, key), stranger) for stranger in STRANGERS),
            *mutations(item, (*path, key)),
        ):
            copy = dict(value) if isinstance(value, dict) else list(value)
            copy[key] = changed
            yield changed_path, copy


@pytest.mark.parametrize("kind", KINDS)
def test_every_schema_is_a_schema_that_stands_by_itself(kind: str) -> None:
    """An editor needs no other file: every reference leads into the schema, and no definition is left over."""
    jsonschema_rs.meta.validate(schema(kind))
    used = set(re.findall(r'"\$ref": "#/\$defs/(\w+)"', json.dumps(schema(kind))))
    assert used == set(schema(kind).get("$defs", {}))
    assert schema(kind)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("path", SPEC_FILES, ids=lambda path: path.name)
def test_every_spec_of_the_workspace_is_valid(path: Path) -> None:
    """What renders shows no error in an editor, fields that only the system's defaults give included."""
    value = value_of(path)
    assert [str(error) for error in validator(value["kind"]).iter_errors(value)] == []


@pytest.mark.parametrize("path", SPEC_FILES, ids=lambda path: path.name)
def test_schema_and_decoder_agree_on_every_change(path: Path) -> None:
    """Whatever a value is replaced by, the editor complains where the decoder does, missing fields aside."""
    value = value_of(path)
    kind = value["kind"]
    disagreed = []
    for where, changed in mutations(value):
        if where in {("kind",), ("name",)} or "environments" in where[1:2] or where[0] == "defaults":
            continue
        ids = refusals(changed)
        if kind == "System" and "set" in where:
            continue  # the decoder of the system takes any mapping there; it is judged with the specs it is for
        refused = bool(ids - {"spec-missing-field"})
        if validator(kind).is_valid(changed) == refused and not _may_differ(where, changed, ids, kind):
            disagreed.append((where, changed, ids))
    assert disagreed == []


def _may_differ(where: tuple[Any, ...], changed: Any, ids: set[str], kind: str) -> bool:
    """Tell where schema and decoder differ on purpose.

    Lists and the system are never merged with anything, so there the schema requires what is required; a mapping may
    yet be filled by the defaults, so the schema lets it be empty.
    """
    whole = kind == "System" or any(isinstance(part, int) for part in where)
    if ids == {"spec-missing-field"} and whole:
        return True
    held = changed
    for part in where:
        held = held[part]
    return ids == {"spec-invalid"} and held in (None, {})


@pytest.mark.parametrize("kind", SPECS)
def test_an_unknown_field_is_refused_in_the_spec_and_in_its_deltas(kind: str) -> None:
    """A typing error is seen while it is made."""
    valid = {"kind": kind, "name": "web", "environments": {"prod": {}}}
    assert validator(kind).is_valid(valid)
    assert not validator(kind).is_valid({**valid, "replica": 1})
    assert not validator(kind).is_valid({**valid, "environments": {"prod": {"replica": 1}}})
    assert not validator(kind).is_valid({**valid, "environments": {"prod": {"component": "other"}}})


def test_kind_and_name_must_stand_in_the_file_itself() -> None:
    """Everything else may come from the defaults."""
    assert not validator("Workload").is_valid({"kind": "Workload"})
    assert not validator("Workload").is_valid({"kind": "Gateway", "name": "web"})
    assert not validator("Workload").is_valid({"kind": "Workload", "name": None})


def test_null_removes_a_field_but_no_part_of_a_list() -> None:
    """Mappings merge, lists replace each other whole."""
    spec = {"kind": "Workload", "name": "web", "resources": {"limits": None}, "volumes": {"/data": None}}
    assert validator("Workload").is_valid(spec)
    assert not validator("Workload").is_valid({**spec, "args": [None]})


def test_a_delta_for_many_services_is_a_partial_spec_of_their_kind() -> None:
    """`set` is checked as the specs are that it is laid over; a name may be of any kind."""
    system = validator("System")

    def with_set(selector: str, delta: Any) -> dict[str, Any]:
        return {"kind": "System", "name": "shop", "environments": {"prod": {"set": {selector: delta}}}}

    assert system.is_valid(with_set("ModelServer/*", {"replicas": 2, "model": None}))
    assert not system.is_valid(with_set("ModelServer/*", {"replicas": "2"}))
    assert not system.is_valid(with_set("Workload/*", {"tensorParallel": 2}))
    assert system.is_valid(with_set("vision", {"tensorParallel": 2}))
    assert not system.is_valid(with_set("vision", {"tensorParalel": 2}))


def test_defaults_are_partial_specs_by_kind() -> None:
    """A default for a kind that is not there, or of a field that only a spec can say, does nothing."""
    system = validator("System")
    assert system.is_valid({"kind": "System", "name": "shop", "defaults": {"Workload": {"replicas": 2}}})
    bad: tuple[dict[str, Any], ...] = (
        {"Server": {}},
        {"Workload": {"name": "web"}},
        {"Workload": {"environments": {}}},
    )
    for given in bad:
        assert not system.is_valid({"kind": "System", "name": "shop", "defaults": given})


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_has_a_description_and_a_row(kind: str) -> None:
    """A page says what each field is for, of the kind and of everything inside it."""
    page = reference()[f"{kind}.md"].decode()
    for definition in (schema(kind), *schema(kind).get("$defs", {}).values()):
        for name, field in definition["properties"].items():
            assert field["description"].endswith("."), f"{definition['title']}.{name}"
            # The fields of kinds have pages of their own, not a place on that of the system.
            assert f"| `{name}` |" in page or f"## {definition['title']}\n" not in page
    assert all(row.count(" | ") == 3 for row in page.splitlines() if row.startswith("| `"))


def test_the_page_says_type_default_and_purpose() -> None:
    """One row of each sort."""
    page = reference()["Workload.md"].decode()
    assert "| `image` | text | **required** | Container image. |" in page
    assert "| `replicas` | integer, at least 0 | `1` | Pods of a service; a job has none of it. |" in page
    assert "| `run` | `cron` or `job` or `service` | `service` |" in page
    assert "| `volumes` | mapping to [Volume](#volume) |  | Volumes by mount path. |" in page
    assert "## Volume\n" in page


def test_the_reference_is_the_same_every_time() -> None:
    """It is committed, so it must not change by itself."""
    assert reference() == reference()

"""Mintage's own schemas: whole, strict, and never in the way of what the definitions allow."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from mintage.schemas.core import Core, core
from mintage.schemas.nodes import closure, reference_to, references
from mintage.schemas.own import FOLDER, expanded, files, own_schema
from mintage.schemas.store import Judge, Schemas
from schemas.rendered import rendered, upstream


@pytest.mark.parametrize("kind", files(), ids=lambda kind: kind[1])
def test_every_schema_is_whole_and_compiles(kind: tuple[str, str]) -> None:
    """It says what facts it was written from."""
    stored, facts = own_schema(*kind)
    assert set(references(stored.schema)) <= stored.schema["$defs"].keys()
    assert Judge(stored.schema, "", custom=True).validator
    assert "/" in facts
    assert (FOLDER / files()[kind]).stat().st_size < 10_000


def test_every_custom_kind_that_is_rendered_has_one() -> None:
    """Without a network and without an import nothing that Mintage writes goes unjudged."""
    schemas = Schemas("1.32")
    kinds = {(document["apiVersion"], document["kind"]) for document in rendered()}
    assert kinds == files().keys()
    for kind in kinds:
        judge = schemas.judge(*kind)
        assert judge is not None
        assert judge.source.startswith(f"Mintage's own schema of {kind[1]} {kind[0]} (facts: ")


@pytest.mark.crds
@pytest.mark.parametrize("kind", files(), ids=lambda kind: kind[1])
def test_field_names_are_those_of_upstream(kind: tuple[str, str]) -> None:
    """At every depth that ours describes: one that we do not know would be refused, one too many overlooked."""
    stored, _ = own_schema(*kind)
    differences = list(
        _differences(stored.schema, upstream()[kind].schema, stored.schema, upstream()[kind].schema, "")
    )
    assert differences == []


def _differences(ours: Any, theirs: Any, our: dict[str, Any], their: dict[str, Any], path: str) -> list[str]:
    """Compare the fields of two schemas; what comes from core definitions may be newer or older."""
    if "io.k8s." in str(ours.get("$ref", "")):
        return []
    ours, theirs = _whole(ours, our), _whole(theirs, their)
    known, wanted = ours.get("properties", {}), theirs.get("properties", {})
    found = [f"{path}.{name}" for name in known.keys() ^ wanted.keys() if known and name not in _newer()]
    for name in known.keys() & wanted.keys() - {"metadata"}:
        found += _differences(known[name], wanted[name], our, their, f"{path}.{name}")
    for key in ("items", "additionalProperties"):
        if isinstance(ours.get(key), dict) and isinstance(theirs.get(key), dict):
            found += _differences(ours[key], theirs[key], our, their, f"{path}[]")
    return found


@cache
def _newer() -> frozenset[str]:
    """Return the fields that came to pods since the Kubernetes that upstream definitions embed."""
    old, new = (
        {name for each in core(minor).kinds.values() for name in _fields(core(minor), each)}
        for minor in ("1.33", "1.37")
    )
    return frozenset(new - old)


def _fields(packaged: Core, name: str) -> set[str]:
    definitions = closure(reference_to(name), packaged.plain)
    return {field for each in definitions.values() for field in each.get("properties", {})}


def _whole(node: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        node = document["$defs"][node["$ref"].removeprefix("#/$defs/")]
    return node


def test_shorthand() -> None:
    """Words, lists, maps, objects."""
    assert expanded("string") == {"type": "string"}
    assert expanded("any") == {}
    assert expanded("{integer}") == {"type": "object", "additionalProperties": {"type": "integer"}}
    assert expanded(["Local"]) == {"type": "array", "items": {"$ref": "#/$defs/Local"}}
    assert expanded("core:PodSpec") == {"$ref": "#/$defs/io.k8s.api.core.v1.PodSpec"}
    assert expanded({"fields": {"a!": "string", "b": {"type": "array", "keys": ["x"], "items": "any"}}}) == {
        "type": "object",
        "required": ["a"],
        "additionalProperties": False,
        "properties": {
            "a": {"type": "string"},
            "b": {
                "type": "array",
                "items": {},
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["x"],
            },
        },
    }
    more = expanded({"extends": "core:Container", "fields": {"extra": "string", "tty": "none"}})["properties"]
    assert {"image", "extra"} <= more.keys()
    assert "tty" not in more

"""What a Raw spec may say."""

from __future__ import annotations

import pytest

from mintage.errors import MintageError
from mintage.source import read
from mintage.spec.decode import Layer, Layers, decode
from mintage.spec.raw import Raw


def complaints(objects: str) -> list[tuple[str, str, str]]:
    """Return place, message and advice of every problem of a spec with these objects."""
    document = read("specs/raw.yaml", f"kind: Raw\nname: extra\nobjects: {objects}\n".encode())
    with pytest.raises(MintageError) as caught:
        decode(document.value, Raw, Layers((Layer(document),)))
    return [(str(p.location), p.message, p.advice) for p in caught.value.problems]


def test_an_object_says_what_it_is_and_how_it_is_called() -> None:
    """All that is missing is said at once, each at the object it is missing from."""
    assert complaints(
        "{a: {kind: Service, metadata: {}}, b: {apiVersion: v1, kind: 1, metadata: {name: b}}}"
    ) == [
        ("specs/raw.yaml:3:11", "an object has a string `apiVersion`, got none", "add `apiVersion: ...`"),
        ("specs/raw.yaml:3:30", "an object has a string `metadata.name`, got none", "add `name: ...`"),
        ("specs/raw.yaml:3:71", "an object has a string `kind`, got none", "add `kind: ...`"),
    ]


def test_a_list_of_objects_is_refused() -> None:
    """Kustomize would take it apart, and no patch would find it."""
    text = "{a: {apiVersion: v1, kind: ConfigMapList, metadata: {name: a}, items: []}}"
    assert complaints(text) == [
        ("specs/raw.yaml:3:37", "a list of objects cannot be patched", "write each object by itself")
    ]


def test_a_spec_without_objects_is_refused() -> None:
    """It would render nothing and look as if it did."""
    assert complaints("{}") == [("specs/raw.yaml:3:10", "expected at least 1 entries, got 0 entries", "")]


def test_annotations_that_kustomize_keeps_for_itself_are_refused() -> None:
    """`config.kubernetes.io/local-config` makes it drop the object, without a word."""
    text = "{a: {apiVersion: v1, kind: A, metadata: {name: a, annotations: {config.kubernetes.io/local-config: 'true'}}}}"
    assert complaints(text) == [
        ("specs/raw.yaml:3:74", "Kustomize keeps `config.kubernetes.io/local-config` for itself", "remove it")
    ]

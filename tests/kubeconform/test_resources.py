"""Documents, Lists and signatures, as kubeconform takes them apart."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubeconform.resources import Resource, Signature, from_stream, split


class Drip(io.RawIOBase):
    """A stream that gives few bytes at a time."""

    def __init__(self, data: bytes, size: int) -> None:
        self.data, self.size = data, size

    def read(self, _size: int = -1) -> bytes:
        """Return the next bytes."""
        given, self.data = self.data[: self.size], self.data[self.size :]
        return given


def documents(data: bytes) -> list[bytes]:
    """Return the documents of a text."""
    return list(split(io.BytesIO(data)))


def resources(data: bytes, **options: bool) -> list[Resource]:
    """Return the resources of a text."""
    return list(from_stream("it.yaml", io.BytesIO(data), **options))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", []),
        (b"a: 1", [b"a: 1"]),
        (b"a: 1\n---\nb: 2\n", [b"a: 1", b"b: 2\n"]),
        (b"---\na: 1\n", [b"---\na: 1\n"]),
        (b"a: 1\n---", [b"a: 1"]),
        (b"a: 1\n--- ", [b"a: 1"]),
        (b"a: 1\n--- # two\nb: 2", [b"a: 1", b"b: 2"]),
        (b"a: 1\n---\n---\n---\nb: 2", [b"a: 1", b"---", b"b: 2"]),
        (b"a: |\n  ---\n", [b"a: |\n  ---\n"]),
        (b"a: 1\r\n---\r\nb: 2", [b"a: 1\r", b"b: 2"]),
    ],
)
def test_documents_end_at_a_line_of_hyphens(data: bytes, expected: list[bytes]) -> None:
    """What else stands on that line is dropped."""
    assert documents(data) == expected


@given(
    st.lists(st.sampled_from([b"\n---", b"\n", b"-", b"a", b"\n---\n", b"ab: 1"]), max_size=30),
    st.integers(1, 7),
)
def test_where_the_blocks_end_makes_no_difference(pieces: list[bytes], size: int) -> None:
    """Streams arrive in any portions."""
    data = b"".join(pieces)
    assert list(split(Drip(data, size))) == documents(data)  # type: ignore[arg-type]


def test_lists_are_expanded_once() -> None:
    """Items count, the List does not; other kinds that end in List are resources."""
    item = "{apiVersion: v1, kind: %s, metadata: {name: x}}"
    text = f"apiVersion: v1\nkind: List\nitems: [{item % 'A'}, {item % 'list'}]\n---\n{item % 'PodList'}\n"
    assert [found.signature.kind for found in resources(text.encode())] == ["A", "list", "PodList"]


@pytest.mark.parametrize("data", [b"", b"# x\n", b"---\n", b"apiVersion: v1\nkind: List\nitems: []\n"])
def test_files_without_resources_still_count(data: bytes) -> None:
    """One empty resource says that the file was seen."""
    assert resources(data) == [Resource("it.yaml", None)]


def test_generated_names_are_shown_as_such() -> None:
    """They win over a name."""
    (found,) = resources(b"apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: pi-, namespace: ns}\n")
    assert found.signature == Signature("Job", "batch/v1", "ns", "pi-{{ generateName }}")
    assert found.signature.qualified_name == "batch/v1/Job/ns/pi-{{ generateName }}"
    assert found.signature.group_version_kind == "batch/v1/Job"


MAP = "json: cannot unmarshal {} into Go value of type map[string]interface {{}}"
DECODING = "error unmarshaling JSON: while decoding JSON: "
ERRORS = {
    b"apiVersion: v1\nmetadata: {name: x}": "error while parsing: missing 'kind' key",
    b"apiVersion: v1\nkind:\n": "error while parsing: missing 'kind' key",
    b"kind: Pod": "error while parsing: missing 'apiVersion' key",
    b"- a": f"error unmarshalling resource: {DECODING}{MAP.format('array')}",
    b"abc": f"error unmarshalling resource: {DECODING}{MAP.format('string')}",
    b"apiVersion: v1\nkind: {}": f"error while parsing: {DECODING}json: cannot unmarshal object into Go struct field .Kind of type string",
    b"a: [": "error unmarshalling resource: error converting YAML to JSON: yaml: line 1: did not find expected node content",
}


@pytest.mark.parametrize(("data", "message"), ERRORS.items())
def test_documents_that_are_no_resources_say_why(data: bytes, message: str) -> None:
    """In kubeconform's words."""
    assert [found.error for found in resources(data)] == [message]


def test_numbers_and_booleans_in_names_are_text() -> None:
    """As Go converts them for fields that hold strings."""
    (found,) = resources(b"apiVersion: v1\nkind: 1\nmetadata: {name: true}")
    assert (found.signature.kind, found.signature.name) == ("1", "true")


def test_repeated_keys_matter_under_strict() -> None:
    """And in Lists as well, whose items have none of their own once they are read."""
    text = b"apiVersion: v1\nkind: List\nitems:\n- {kind: A, kind: B, apiVersion: v1}\n"
    assert [found.signature.kind for found in resources(text)] == ["B"]
    (found,) = resources(text, strict=True)
    assert 'key "kind" already set in map' in found.error

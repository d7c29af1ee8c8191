"""YAML is what goyaml.v2 makes of it: values, and the words about what it refuses."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import go_readers
from kubeconform.yaml_reader import YamlError, read
from test_canonical import corpus

SCALARS: dict[str, Any] = {
    "yes": True, "Y": True, "on": True, "TRUE": True, "no": False, "n": False, "Off": False, "false": False,
    "yEs": "yEs", "tRUE": "tRUE", "~": None, "null": None, "NULL": None, "nULL": "nULL", "None": "None", "": None,
    "1": 1, "+1": 1, "-0": 0, "1_000": 1000, "0777": 511, "0o17": 15, "014": 12, "08": 8, "0x1F": 31, "0b101": 5,
    "9223372036854775807": 2**63 - 1, "18446744073709551616": 18446744073709552000,
    "1.5": 1.5, ".5": 0.5, "5.": 5, "2.0": 2, "1e3": 1000, "1.5e-7": 1.5e-7, "-0.0": 0, "005e500": "005e500",
    ".5_0": 0.5, ".5e_3": ".5e_3", "1.2.3": "1.2.3", "0x1p4": "0x1p4", "0xg": "0xg", "+": "+",
    "22:22": "22:22", "190:20:30": "190:20:30", "2024-01-01": "2024-01-01", "2001-01-01T00:00:00Z": "2001-01-01T00:00:00Z",
    "=": "=", "<<": "<<", "inf": "inf", "nan": "nan", ".": ".", "4Gi": "4Gi", "100m": "100m", "é": "é",
    "!!str 12": "12", "'12'": "12", '"yes"': "yes", "''": "", '"\\x41"': "A", "!foo 3": "3", "!!int '3'": 3,
    "!!float 3": 3, "!!bool yes": True, "!!binary aGVsbG8=": "hello", "!!timestamp 2001-01-01": "2001-01-01",
    "{1: a, true: b, 1.5: c}": {"1": "a", "true": "b", "1.5": "c"}, "!!set {a}": {"a": None},
    "[&a b, *a]": ["b", "b"], "|\n  x\n  y": "x\ny\n", "{a: 1, a: 2}": {"a": 2},
    "{b: 9, <<: {a: 1, b: 2}}": {"a": 1, "b": 2}, "{<<: {a: 1, b: 2}, b: 9}": {"a": 1, "b": 9},
    "{<<: [{a: 1}, {a: 2, b: 3}], c: 7}": {"a": 1, "b": 3, "c": 7}, '{"<<": 1}': {"<<": 1},
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), SCALARS.items())
def test_values_are_read_as_go_reads_them(text: str, expected: Any) -> None:
    """No dates, no base sixty, the booleans and octals of YAML 1.1, merges in the order of the keys."""
    value = read(f"a: {text}\n".encode())
    assert json.dumps(value, sort_keys=True) == json.dumps({"a": expected}, sort_keys=True)


@pytest.mark.kustomize
def test_kubectl_agrees_with_the_table() -> None:
    """The table above is not ours."""
    lines = "".join(f"k{number}: {text}\n" for number, text in enumerate(SCALARS))
    theirs = go_readers.server(lines)
    expected = {f"k{number}": value for number, value in enumerate(SCALARS.values())}
    assert go_readers.typed(theirs) == go_readers.typed(expected)


PREFIX = "error converting YAML to JSON: "
REFUSED = {
    "a: [1\nb: 2\n": "yaml: line 1: did not find expected ',' or ']'",
    "x: 1\na: b: c\n": "yaml: line 2: mapping values are not allowed in this context",
    "x: 1\n\ta: 1\n": "yaml: line 2: found a tab character that violates indentation",
    "a: *nope\n": "yaml: unknown anchor 'nope' referenced",
    "a: &a [*a]\n": "yaml: anchor 'a' value contains itself",
    "<<: 3\n": "yaml: map merge requires map or sequence of maps as the value",
    "a: .nan\n": "json: unsupported value: NaN",
    "a: -.inf\n": "json: unsupported value: -Inf",
    "a: !!null x\n": "yaml: cannot decode !!str `x` as a !!null",
    "a: !!binary '*'\n": "yaml: !!binary value contains invalid base64 data",
    "a: \x01\n": "yaml: control characters are not allowed",
}


@pytest.mark.parametrize(("text", "message"), REFUSED.items())
def test_what_go_refuses_is_refused_in_its_words(text: str, message: str) -> None:
    """With the line, counted as its port of libyaml counts."""
    with pytest.raises(YamlError) as caught:
        read(text.encode())
    assert str(caught.value) == PREFIX + message


@pytest.mark.kustomize
@pytest.mark.parametrize("text", REFUSED)
def test_kubectl_uses_the_same_words(text: str) -> None:
    """But for the line, which its other lines shift by four."""
    with pytest.raises(go_readers.Refused) as caught:
        go_readers.server(text)
    words = REFUSED[text].rpartition(": ")[2] if "line" in REFUSED[text] else REFUSED[text]
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "data", [b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", b"\xff\xfe\x00", b"\xc3\x28", bytes(range(256)) * 9]
)
def test_binary_data_is_an_error(data: bytes) -> None:
    """Never a traceback."""
    with pytest.raises(YamlError, match=r"^error converting YAML to JSON: yaml: "):
        read(data)


def test_bombs_of_aliases_are_refused() -> None:
    """Nine levels of nine: a billion values in a few lines."""
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    with pytest.raises(YamlError, match="document contains excessive aliasing"):
        read("\n".join(levels).encode())


def test_many_aliases_that_do_not_multiply_are_fine() -> None:
    """A document may name one anchor a hundred times."""
    text = "a: &a {x: 1}\nb: [" + ", ".join(["*a"] * 100) + "]\n" + "".join(f"k{n}: 1\n" for n in range(300))
    assert len(read(text.encode())["b"]) == 100


@pytest.mark.parametrize("depth", [900, 5_000])
def test_deep_nesting_does_not_exhaust_the_stack(depth: int) -> None:
    """It is read, or refused with a reason."""
    for text in ("[" * depth + "]" * depth, "\n".join("  " * n + "a:" for n in range(depth))):
        try:
            read(text.encode())
        except YamlError as error:
            assert "max" in str(error) or "nest" in str(error) or "depth" in str(error)  # noqa: PT017 - either is fine


def test_repeated_keys_are_errors_under_strict_only() -> None:
    """All of them, with their lines; a key that a merge brought may be set again."""
    text = b"kind: A\nspec:\n  a: 1\n  a: 2\nkind: B\n"
    assert read(text) == {"kind": "B", "spec": {"a": 2}}
    with pytest.raises(YamlError) as caught:
        read(text, strict=True)
    lines = '\n  line 4: key "a" already set in map\n  line 5: key "kind" already set in map'
    assert str(caught.value) == f"{PREFIX}yaml: unmarshal errors:{lines}"
    assert read(b"a: {<<: {b: 1}, b: 2}", strict=True) == {"a": {"b": 2}}


@pytest.mark.parametrize("text", ["", "\n", "# x\n", "---\n", "~", "\ufeff"])
def test_texts_without_a_value_are_null(text: str) -> None:
    """Nothing, a comment, a mark."""
    assert read(text.encode()) is None


def test_only_the_first_document_of_a_text_counts() -> None:
    """Documents are split before they are read."""
    assert read(b"a: 1\n...\n---\nb: [\n") == {"a": 1}


def test_byte_order_marks_and_windows_line_ends_change_nothing() -> None:
    """Also in UTF-16."""
    assert read(b"\xef\xbb\xbfa: |\r\n  x\r\n  y\r\n") == {"a": "x\ny\n"}
    assert read("a: é\n".encode("utf-16")) == {"a": "é"}


PRINTABLE = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(PRINTABLE),
    lambda values: st.lists(values, max_size=4) | st.dictionaries(st.text(PRINTABLE, max_size=8), values, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(JSON)
def test_json_is_read_as_json(value: Any) -> None:
    """Every JSON text is YAML; whole floats come back as integers."""
    text = json.dumps(value, ensure_ascii=False)
    meant = json.loads(text)
    assert go_readers.typed(_whole(read(text.encode()))) == go_readers.typed(_whole(meant))


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return float(value) if isinstance(value, float) and math.isfinite(value) else value


@given(st.binary(max_size=200))
def test_no_bytes_make_the_reader_fail_otherwise(data: bytes) -> None:
    """A value or a `YamlError`, whatever comes."""
    try:
        read(data)
    except YamlError as error:
        assert str(error).startswith(PREFIX)  # noqa: PT017 - either outcome is fine


@given(st.text(alphabet="abc:- {}[]&*!|>'\"#,?%@`<~\n\t0123.", max_size=60))
def test_text_that_libyaml_takes_is_taken(text: str) -> None:
    """Errors of syntax are those of the parser; only meaning can be refused on top."""
    try:
        events = list(yaml.parse(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader)))
    except yaml.YAMLError:
        return
    ends = [event for event in events if isinstance(event, yaml.DocumentEndEvent)]
    try:
        read(text.encode())
    except YamlError as error:
        assert "line" not in str(error) or not ends  # noqa: PT017 - a meaning Go refuses


@pytest.mark.kustomize
def test_kubectl_reads_every_bare_scalar_of_the_corpus_the_same() -> None:
    """Tens of thousands of spellings in one list; those it could not hold are left out."""
    texts = [
        text
        for text in corpus()
        if text.isascii() and text.isprintable() and text.lower()[-4:] not in {".inf", ".nan"}
    ]
    bare = [text for text in texts if _bare(text)]
    assert len(bare) > 30_000
    lines = "values:\n" + "".join(f"- {text}\n" for text in bare)
    theirs, ours = go_readers.server(lines)["values"], read(lines.encode())["values"]
    differing = [
        (text, there, here)
        for text, there, here in zip(bare, theirs, ours, strict=True)
        if repr(go_readers.typed(there)) != repr(go_readers.typed(here))
    ]
    assert differing == []


def _bare(text: str) -> bool:
    try:
        events = list(yaml.parse(f"- {text}\n", Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader)))
    except yaml.YAMLError:
        return False
    scalars = [event for event in events if isinstance(event, yaml.ScalarEvent)]
    return len(events) == 7 and len(scalars) == 1 and not scalars[0].style and scalars[0].value == text

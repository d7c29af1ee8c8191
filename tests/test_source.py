"""YAML is read as kubectl reads it; what hurts is refused with its place; every value knows where it stands."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import go_readers
from mintage.canonical import yaml_text
from mintage.errors import Location, MintageError, Problem
from mintage.source import MAX_BYTES, MAX_NODES, read, read_stream, walk
from test_canonical import VALUES, corpus


def value(text: str) -> Any:
    """Return what a text is read as."""
    return read("it.yaml", text.encode()).value


def refusals(text: str | bytes) -> list[tuple[str, str, str, str]]:
    """Return place, id, message and advice of everything refused in a text."""
    with pytest.raises(MintageError) as caught:
        read("it.yaml", text.encode() if isinstance(text, str) else text)
    return [(str(found.location), found.id, found.message, found.advice) for found in caught.value.problems]


# --- scalars --------------------------------------------------------------------------------------------------

SCALARS: dict[str, Any] = {
    "yes": True, "Y": True, "on": True, "TRUE": True, "no": False, "N": False, "Off": False, "false": False,
    "yEs": "yEs", "tRUE": "tRUE", "~": None, "null": None, "NULL": None, "nULL": "nULL", "None": "None",
    "1": 1, "+1": 1, "-1": -1, "0": 0, "-0": 0, "1_000": 1000, "0777": 511, "0o17": 15, "0x1F": 31, "-0x1f": -31,
    "0b101": 5, "-0b11": -3, "08": 8, "0_7": 7, "9223372036854775807": 2**63 - 1, "-9223372036854775808": -(2**63),
    "1.5": 1.5, ".5": 0.5, "5.": 5, "2.0": 2, "1e3": 1000, "1.5e-7": 1.5e-7, "-0.0": 0, "1e20": 1e20, "1e22": 1e22,
    "1234e56": 1.234e59, "005e500": "005e500", "47840131602430128.0": 47840131602430130, ".5_0": 0.5,
    ".5e_3": ".5e_3", "._5": "._5", "1.2.3": "1.2.3", "0x1p4": "0x1p4", "0xg": "0xg", "-": "-", "+": "+", "-_": "-_",
    "22:22": "22:22", "190:20:30": "190:20:30", "2001-01-01": "2001-01-01", "2001-01-01T00:00:00Z": "2001-01-01T00:00:00Z",
    "=": "=", "<<": "<<", "infinity": "infinity", "inf": "inf", "nan": "nan", ".": ".", "4Gi": "4Gi", "100m": "100m",
    "!!str 12": "12", "'12'": "12", '"yes"': "yes", "''": "", "": None, '"\\u00e9\\x41"': "\u00e9A",
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), SCALARS.items())
def test_scalars_are_read_as_the_reader_of_kubectl_reads_them(text: str, expected: Any) -> None:
    """The booleans and octals of YAML 1.1, no dates, no base sixty, floats that overflow are text."""
    if text == "-":
        text = "'-'"
    assert repr(value(f"a: {text}\n")) == repr({"a": expected})


@pytest.mark.kustomize
@pytest.mark.parametrize("text", SCALARS)
def test_kubectl_agrees_with_the_table(text: str) -> None:
    """The table above is kubectl's, not ours."""
    quoted = "'-'" if text == "-" else text
    assert go_readers.typed(go_readers.server(f"a: {quoted}\n")) == go_readers.typed({"a": SCALARS[text]})


def _bare(text: str) -> bool:
    """Return whether a text in a sequence is one bare scalar that holds just this text."""
    try:
        events = list(yaml.parse(f"- {text}\n", Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader)))
    except yaml.YAMLError:
        return False
    scalars = [event for event in events if isinstance(event, yaml.ScalarEvent)]
    return (
        len(events) == 7 and len(scalars) == 1 and scalars[0].style in (None, "") and scalars[0].value == text
    )


@pytest.mark.kustomize
def test_kubectl_reads_every_bare_scalar_of_the_corpus_the_same() -> None:
    """Some 38 000 of them, against goyaml.v2: the parser of kubectl and of the API server.

    Kustomize is not asked: its goyaml.v3 takes `yes` for text and dates for timestamps, and it is never given
    a scalar that `mintage.canonical` did not write.
    """
    texts = [
        text
        for text in corpus()
        if text.isascii() and text.isprintable() and text.lower()[-4:] not in {".inf", ".nan"}
    ]
    bare = [text for text in texts if _bare(text)]
    assert len(bare) > 30_000
    read_by_go = go_readers.server("values:\n" + "".join(f"- {text}\n" for text in bare))["values"]
    differing = [
        (text, theirs, ours)
        for text, theirs in zip(bare, read_by_go, strict=True)
        if repr(go_readers.typed(ours := value(f"- {text}\n")[0])) != repr(go_readers.typed(theirs))
    ]
    assert differing == []


@given(VALUES)
def test_what_the_writer_writes_is_read_back(meant: Any) -> None:
    """Reader and writer are each other's inverse, up to what JSON keeps apart."""
    assert repr(go_readers.typed(value(yaml_text({"a": meant})))) == repr(go_readers.typed({"a": meant}))


@given(st.integers(-(2**63), 2**63 - 1))
def test_every_integer_of_64_bits_is_read_exactly(number: int) -> None:
    """Beyond 2^53 as well, where floats have gaps."""
    assert value(f"{number}") == number
    assert value(f"{number:#x}") == number
    assert value(f"{number:#o}") == number


# --- documents ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["", "\n", "# only a comment\n", "---\n", "--- # nothing\n...\n", "\ufeff", "~", "\r\n"]
)
def test_files_without_a_value_are_null(text: str) -> None:
    """Nothing, a comment, or a document mark."""
    assert value(text) is None


def test_byte_order_marks_and_windows_line_ends_change_nothing() -> None:
    """Values and columns are those of the file without them."""
    document = read("it.yaml", b"\xef\xbb\xbfa: 1\r\nb:\r\n  c: |\r\n    x\r\n    y\r\n")
    assert document.value == {"a": 1, "b": {"c": "x\ny\n"}}
    assert document.locate(("a",)) == Location("it.yaml", 1, 4)
    assert document.locate_key(("b", "c")) == Location("it.yaml", 3, 3)


def test_aliases_and_merges_are_expanded() -> None:
    """A key that stands in the mapping wins over a merged one, the first of several sources over the others."""
    text = "x: &x {a: 1, b: 2}\nu: &u {b: 3, c: 4}\nz:\n  b: 9\n  <<: [*x, *u]\nw: [*x, *x]\nv: {<<: *u}\n"
    assert value(text) == {
        "x": {"a": 1, "b": 2},
        "u": {"b": 3, "c": 4},
        "z": {"a": 1, "b": 9, "c": 4},
        "w": [{"a": 1, "b": 2}, {"a": 1, "b": 2}],
        "v": {"b": 3, "c": 4},
    }


def test_values_know_where_they_stand() -> None:
    """Lines and columns count from 1; a width is given where a value ends on its line."""
    document = read(
        "it.yaml",
        "a: one\nb:\n- two\n- {c: 'three', d: [4]}\n- |\n  text\ne: é: x\n".replace("é: x", "éx").encode(),
    )
    assert document.locate(("a",)) == Location("it.yaml", 1, 4, 3)
    assert document.locate_key(("a",)) == Location("it.yaml", 1, 1, 1)
    assert document.locate(("b", 0)) == Location("it.yaml", 3, 3, 3)
    assert document.locate(("b", 1, "c")) == Location("it.yaml", 4, 7, 7)
    assert document.locate_key(("b", 1, "d")) == Location("it.yaml", 4, 16, 1)
    assert document.locate(("b", 1, "d", 0)) == Location("it.yaml", 4, 20, 1)
    assert document.locate(("b", 2)) == Location("it.yaml", 5, 3, 1)
    assert document.locate(()) == Location("it.yaml", 1, 1, 1)


@pytest.mark.parametrize("path", [("x",), ("a", "b"), ("l", 2), ("l", "0"), (0,), ("a", 0)])
def test_paths_that_lead_nowhere_have_no_place(path: tuple[str | int, ...]) -> None:
    """The caller decides what to point at instead."""
    assert read("it.yaml", b"a: 1\nl: [1, 2]\n").locate(path) is None


def test_an_empty_file_has_no_places() -> None:
    """There is nothing to point at."""
    assert read("it.yaml", b"").locate(()) is None


def test_a_walk_yields_every_scalar_with_its_path() -> None:
    """In the order of the document."""
    assert list(walk({"b": [1, {"c": None}], "a": "x", "e": {}})) == [
        (("b", 0), 1),
        (("b", 1, "c"), None),
        (("a",), "x"),
    ]


# --- what is refused ------------------------------------------------------------------------------------------

QUOTE = "quote it if it is text"
OUT = "write the values out"
CHECK = "check quotes, colons and indentation here and on the line above"
REFUSED: dict[str | bytes, tuple[str, str, str, str]] = {
    "a: 1\nb: 2\na: 3\n": ("it.yaml:3:1", "yaml-duplicate-key", "key `a` stands already on line 1", "remove one of the two"),
    "x: {<<: {a: 1}, <<: {b: 1}}": ("it.yaml:1:17", "yaml-duplicate-key", "key `<<` stands already on line 1", "remove one of the two"),
    "a: &a [*a]": ("it.yaml:1:4", "yaml-alias-cycle", "this value holds itself through an alias", OUT),
    "a: &a {b: {<<: {c: *a}}}": ("it.yaml:1:4", "yaml-alias-cycle", "this value holds itself through an alias", OUT),
    "a: .nan": ("it.yaml:1:4", "yaml-not-finite", "`.nan` is not a JSON number", QUOTE),
    "- -.INF": ("it.yaml:1:3", "yaml-not-finite", "`-.INF` is not a JSON number", QUOTE),
    "a: 9223372036854775808": ("it.yaml:1:4", "yaml-number-range", "the number 9223372036854775808 does not fit into 64 bits", QUOTE),
    "a: -0x8000000000000001": ("it.yaml:1:4", "yaml-number-range", "the number -0x8000000000000001 does not fit into 64 bits", QUOTE),
    f"a: {'9' * 5000}": ("it.yaml:1:4", "yaml-number-range", f"the number {'9' * 37}... does not fit into 64 bits", QUOTE),
    "yes: 1": ("it.yaml:1:1", "yaml-key-type", "key `yes` is read as a boolean, expected a string", 'write "yes" in quotes'),
    "a:\n  8080: 1": ("it.yaml:2:3", "yaml-key-type", "key `8080` is read as a number, expected a string", 'write "8080" in quotes'),
    "1.5: 1": ("it.yaml:1:1", "yaml-key-type", "key `1.5` is read as a number, expected a string", 'write "1.5" in quotes'),
    "~: 1": ("it.yaml:1:1", "yaml-key-type", "key `~` is read as null, expected a string", 'write "~" in quotes'),
    "? [a]\n: 1": ("it.yaml:1:3", "yaml-key-type", "key `...` is read as a collection, expected a string", 'write "..." in quotes'),
    '"<<": 1': ("it.yaml:1:1", "yaml-key-type", "key `<<` in quotes does not survive Kustomize", "remove the quotes if it is a merge"),
    "<<: 1": ("it.yaml:1:5", "yaml-merge", "`<<` takes a mapping or a list of mappings", "name an anchor of a mapping"),
    "a: {<<: [{}, b]}": ("it.yaml:1:14", "yaml-merge", "`<<` takes a mapping or a list of mappings", "name an anchor of a mapping"),
    "a: !!int 1": ("it.yaml:1:4", "yaml-tag", "tag `!!int` means nothing here", "remove the tag"),
    "a: !secret b": ("it.yaml:1:4", "yaml-tag", "tag `!secret` means nothing here", "remove the tag"),
    "a: !!python/object:os.system [x]": ("it.yaml:1:4", "yaml-tag", "tag `!!python/object:os.system` means nothing here", "remove the tag"),
    "!!set {a}": ("it.yaml:1:1", "yaml-tag", "tag `!!set` means nothing here", "remove the tag"),
    "!x a: 1": ("it.yaml:1:1", "yaml-tag", "tag `!x` means nothing here", "remove the tag"),
    "a: 1\n---\nb: 2\n---\n": ("it.yaml:3:1", "yaml-several-documents", "expected one document, got 3", "give each document a file of its own"),
    "a:\n\tb: 1": ("it.yaml:2:1", "yaml-syntax", "a tab stands where YAML wants spaces", "indent with spaces, never with tabs"),
    "a:\n  b: 1\n \tc: 2\n": ("it.yaml:3:2", "yaml-syntax", "a tab stands where YAML wants spaces", "indent with spaces, never with tabs"),
    "-\tb:\t1\n-\t\tc\n- d: [\n": ("it.yaml:1:2", "yaml-syntax", "a tab stands where YAML wants spaces", "indent with spaces, never with tabs"),
    "a: 'x\ty\n": ("it.yaml:2:1", "yaml-syntax", "found unexpected end of stream", CHECK),
    "a: [1, 2\nb: 3\n": ("it.yaml:2:2", "yaml-syntax", "did not find expected ',' or ']'", CHECK),
    "a: b: c\n": ("it.yaml:1:5", "yaml-syntax", "mapping values are not allowed in this context", CHECK),
    "a: @b\n": ("it.yaml:1:4", "yaml-syntax", "a bare value cannot begin with `@`", 'put it in quotes, as in "@minio"'),
    "a: *b\n": ("it.yaml:1:4", "yaml-syntax", "found undefined alias", CHECK),
    'a: "\\ud83d\\ude00"\n': ("it.yaml:1:7", "yaml-syntax", "found invalid Unicode character escape code", CHECK),
    "a: b\nc: d\x00e\n": ("it.yaml:2:5", "yaml-character", "character U+0000 cannot stand in YAML", "take it out of the file"),
    "é: \x1b[0m\n": ("it.yaml:1:4", "yaml-character", "character U+001B cannot stand in YAML", "take it out of the file"),
    "a: b\u2028c\n": ("it.yaml:1:5", "yaml-character", "character U+2028 cannot stand in YAML", "take it out of the file"),
    "a: b\x85c\n": ("it.yaml:1:5", "yaml-character", "character U+0085 cannot stand in YAML", "take it out of the file"),
    'a: ["\\x7f"]\n': ("it.yaml:1:5", "yaml-character", "character U+007F does not survive Kustomize", "take it out of the text"),
    '"\\N": 1\n': ("it.yaml:1:1", "yaml-character", "character U+0085 does not survive Kustomize", "take it out of the text"),
    b"a: 1\n\xc3\xa9\xc3\xa9: \xff\n": ("it.yaml:2:5", "yaml-encoding", "byte 0xff is not UTF-8", "save the file as UTF-8"),
    b"\xff\xfea\x00": ("it.yaml:1:1", "yaml-encoding", "byte 0xff is not UTF-8", "save the file as UTF-8"),
    b"a: \xed\xa0\x80": ("it.yaml:1:4", "yaml-encoding", "byte 0xed is not UTF-8", "save the file as UTF-8"),
    b"#" * (MAX_BYTES + 1): ("it.yaml", "file-too-large", "the file has 1,000,001 bytes; at most 1,000,000 are read", "move data out of the file"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "refusal"), REFUSED.items(), ids=[str(text)[:30] for text in REFUSED])
def test_hazards_are_refused_with_their_place(text: str | bytes, refusal: tuple[str, str, str, str]) -> None:
    """What is wrong, where, and what to do."""
    assert refusals(text) == [refusal]


def test_all_mistakes_of_a_file_are_told_at_once() -> None:
    """In the order of its lines."""
    found = refusals("a: .nan\nb: !x y\nc: {yes: 1, d: 2, d: 3}\ne: &e [*e]\n")
    assert [(place, id_) for place, id_, *_ in found] == [
        ("it.yaml:1:4", "yaml-not-finite"),
        ("it.yaml:2:4", "yaml-tag"),
        ("it.yaml:3:5", "yaml-key-type"),
        ("it.yaml:3:19", "yaml-duplicate-key"),
        ("it.yaml:4:4", "yaml-alias-cycle"),
    ]


def test_aliases_that_multiply_are_refused() -> None:
    """Ten lines could stand for ten billion values."""
    lines = ["l0: &l0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 10)]
    message = f"the document grows beyond {MAX_NODES:,} values when its aliases are expanded"
    assert refusals("\n".join(lines)) == [("it.yaml:1:37", "yaml-alias-bomb", message, OUT)]


def test_merges_that_multiply_are_refused() -> None:
    """Merged mappings are expanded as well."""
    lines = ["l0: &l0 {a: 1, b: 2}"]
    lines += [f"l{n}: &l{n} {{<<: [{', '.join([f'*l{n - 1}'] * 10)}]}}" for n in range(1, 10)]
    assert [id_ for _, id_, *_ in refusals("\n".join(lines))] == ["yaml-alias-bomb"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[" * 480_000, "it.yaml:1:65"),
        ("[" * 65 + "]" * 65, "it.yaml:1:65"),
        ("{a: " * 200_000, "it.yaml:1:257"),
        ("- " * 400_000 + "a", "it.yaml:1:129"),
        ("-  " * 300_000 + "a", "it.yaml:1:193"),
        ("- ? " * 200_000 + "a", "it.yaml:1:129"),
        ("# x\n\ufeff" + "- " * 400_000, "it.yaml:2:130"),
        ("".join(f"{' ' * depth}a:\n" for depth in range(1300)), "it.yaml:65:65"),
    ],
    ids=range(8),
)
def test_deep_nesting_is_refused_and_does_not_exhaust_the_stack(text: str, place: str) -> None:
    """The composer recurses in C: 40 000 levels would end the process."""
    assert refusals(text) == [
        (place, "yaml-depth", "values are nested more than 64 deep", "flatten the document")
    ]


def test_nesting_of_64_levels_is_read() -> None:
    """The limit itself is allowed."""
    assert value("[" * 64 + "]" * 64) == yaml.safe_load("[" * 64 + "]" * 64)


def test_files_of_a_megabyte_are_read() -> None:
    """The limit itself is allowed."""
    assert value("a" * (MAX_BYTES - 1) + "\n") == "a" * (MAX_BYTES - 1)


@given(
    st.binary(max_size=60)
    | st.text("-?:[]{}&*a!|>'\"%@`# \n\t\r,<~=1.\\x\u0085\ufeff\x7f", max_size=40).map(str.encode)
)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """No input ends in a traceback; every refusal has a message and a place inside the file."""
    problems: tuple[Problem, ...] = ()
    try:
        document = read("it.yaml", data)
    except MintageError as error:
        problems = error.problems
    else:
        assert all(document.locate(path) != Location("it.yaml") for path, _ in walk(document.value))
    lines = data.count(b"\n") + data.count(b"\r") + 2  # the end of the last line is the start of another
    assert all(problem.message and problem.location.line <= lines for problem in problems)


# --- streams --------------------------------------------------------------------------------------------------


def test_a_stream_has_any_number_of_documents() -> None:
    """Empty ones are left out, and a size limit would be that of the other program."""
    assert read_stream("out", b"---\na: 1\n---\n---\n- yes\n...\n") == [{"a": 1}, [True]]
    assert read_stream("out", b"") == []


def test_a_stream_is_refused_like_a_file() -> None:
    """With the place in the stream."""
    with pytest.raises(MintageError, match=r"^out:3:8: key `b` stands already on line 3$"):
        read_stream("out", b"a: 1\n---\n{b: 1, b: 2}\n")
    with pytest.raises(MintageError, match=r"^out:1:4: found undefined alias$"):
        read_stream("out", b"a: *b\n")

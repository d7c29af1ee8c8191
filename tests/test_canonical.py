"""What is written is what every reader reads back: PyYAML (1.1), ruamel.yaml (1.2), kubectl and Kustomize."""

from __future__ import annotations

import math
import re
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

import go_readers
from mintage.canonical import json_text, string, yaml_stream, yaml_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

REFUSED = re.compile(r"[\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
ODD = "\x80\x85\x9f\xa0\xad\u0130\u0660\u200b\u2028\u2029\ud7ff\ue000\ufeff\ufffd\ufffe\ufffféß日😀\U0001fffe\U0010ffff"
WORDS = [
    "y",
    "n",
    "yes",
    "no",
    "on",
    "off",
    "true",
    "false",
    "null",
    "none",
    "nil",
    "nan",
    "inf",
    "infinity",
    "~",
]
SIGNS = ("", "-", "+")
PREFIXES = ("", "0", "0x", "0X", "0o", "0O", "0b", "0B", "00")
DIGITS = [
    "1",
    "17",
    "8",
    "_1",
    "1_0",
    "1_",
    "f",
    "_",
    "1.5",
    ".5",
    "5.",
    "._",
    ".",
    "1:30",
    "190:20:30",
    "59:60",
    "1:2.5",
    "1,000",
    ":",
]
EXPONENTS = ("", "e3", "E3", "e+3", "e-3", "e", "e+", "e_3", "p4")
TIMES = (
    "",
    "T1:2:3",
    "t01:02:03Z",
    " 01:02:03",
    "  01:02:03.5 +1",
    "T01:02:03+01:00",
    "T",
    "Z",
    "-rc1",
    "\t01:02:03",
)


def _joined(*parts: Any) -> Iterator[str]:
    return map("".join, product(*parts))


@cache
def corpus() -> tuple[str, ...]:
    """Return some 90 000 strings that one reader or another has been seen to retype."""
    characters = [*map(chr, range(128)), *ODD]
    found: dict[str, None] = dict.fromkeys(
        ["", "a" * 5000, "a b " * 400 + ".", "x: " * 500, "#" * 2000, "\t", "\u00a0\n"]
    )
    for word in WORDS:
        found |= dict.fromkeys(
            _joined(("", ".", "-", "+", "-.", "+.", " "), *({c, c.upper()} for c in word), ("", " "))
        )
    found |= dict.fromkeys(
        _joined("05ea", "05ea", "05ea", "05ea", "05ea", "05ea", "05ea")
    )  # the shapes of a short git SHA
    found |= dict.fromkeys(_joined(SIGNS, PREFIXES, DIGITS, EXPONENTS))
    found |= dict.fromkeys(_joined(characters))
    found |= dict.fromkeys(_joined(characters, characters))
    found |= dict.fromkeys(_joined(*["-:#,[]{}&*!|>'\"%@`?~=<.\n\t a0\\"] * 3))
    for length in (4, 5):
        found |= dict.fromkeys(_joined(*[("a", " ", "\n", "\t", "#", "- b", ":")] * length))
    found |= dict.fromkeys(
        _joined(("2001-", "0001-", "999-", "12345-"), ("1", "01", "13"), "-", ("2", "02", "32"), TIMES)
    )
    found |= dict.fromkeys(
        _joined(
            ("---", "...", "--", "- - -", "<<", "=", "!!str", "&a", "*a", "%YAML"),
            ("", " ", "\n", " a", "\na"),
        )
    )
    return tuple(text for text in found if not REFUSED.search(text))


def _fits_a_key(text: str) -> bool:
    return text != "<<" and len(text) < 1000


def _pyyaml(text: str) -> Any:
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - safe


def _pyyaml_python(text: str) -> Any:
    return yaml.safe_load(text)


def _ruamel(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def _ruamel_1_1(text: str) -> Any:
    reader = YAML(typ="safe", pure=True)
    reader.version = (1, 1)
    return reader.load(text)


READERS = [_pyyaml, _ruamel]


# --- every reader reads what was meant ----------------------------------------------------------------------


@pytest.mark.parametrize("read", READERS)
def test_every_string_of_the_corpus_is_read_back_as_itself(read: Callable[[str], Any]) -> None:
    """As items of a sequence, in YAML 1.1 and 1.2."""
    assert read(yaml_text(list(corpus()))) == list(corpus())


@pytest.mark.parametrize("read", READERS)
def test_every_string_of_the_corpus_is_read_back_as_a_key(read: Callable[[str], Any]) -> None:
    """As keys of a mapping, in YAML 1.1 and 1.2."""
    keys = {text: number for number, text in enumerate(corpus()) if _fits_a_key(text)}
    assert read(yaml_text(keys)) == keys


@pytest.mark.parametrize("read", [_pyyaml_python, _ruamel_1_1])
def test_slower_readers_agree_on_a_sample(read: Callable[[str], Any]) -> None:
    """The readers in pure Python are other code than those in C, and slow."""
    sample = list(corpus()[::40])
    assert read(yaml_text(sample)) == sample


@pytest.mark.parametrize("read", READERS)
def test_a_document_may_be_one_string(read: Callable[[str], Any]) -> None:
    """At the left margin `---` and `...` mean more than elsewhere."""
    for text in (
        "",
        "a",
        "---",
        "--- a",
        "...",
        "---\na\n",
        "a\n---\nb",
        "%YAML 1.1\n",
        "- a\n",
        "\n",
        "a\n\n",
    ):
        assert read(yaml_text(text)) == text


@pytest.mark.kustomize
def test_kubectl_reads_every_string_of_the_corpus_as_itself() -> None:
    """sigs.k8s.io/yaml, which kubectl and Argo CD use."""
    meant = {"values": list(corpus()), "keys": {text: [] for text in corpus() if _fits_a_key(text)}}
    assert go_readers.server(yaml_text(meant)) == meant


@pytest.mark.kustomize
def test_kustomize_carries_every_string_of_the_corpus(tmp_path: Path) -> None:
    """Kustomize reads with other rules than kubectl and writes anew; its time grows with the square of a mapping."""
    texts = corpus()
    keys: list[dict[str, Any]] = [
        {text: [] for text in texts[start : start + 1000] if _fits_a_key(text)}
        for start in range(0, len(texts), 1000)
    ]
    meant = {"values": list(texts), "keys": keys}
    assert go_readers.kustomize(tmp_path, yaml_text(meant)) == meant


STRINGS = st.text(
    st.characters(codec="utf-8").filter(lambda character: not REFUSED.match(character)), max_size=30
)
TRICKY = st.text("-+.:_ 0123456789eExobaf#\n'\"{}[],&*!|>%@`~=<yntTZ", max_size=12)
SCALARS = (
    STRINGS
    | TRICKY
    | st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
)
KEYS = (STRINGS | TRICKY).filter(_fits_a_key)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=25,
)


@given(VALUES)
@example([[[{"a": [[{"b": []}], {}], "": "a\n"}], "x\ny"], [], [[]]])
@example({"-": {"?": [{"- ": {":": "|\n"}}]}})
@example(
    [[-0.0, 0, 1e20, 1e-7, 5e-324, 1.7976931348623157e308, 123456789.123, -(2**63), 2**63 - 1, 2**53 + 1]]
)
def test_nested_values_are_read_back_with_their_types(value: Any) -> None:
    """`1`, `1.0`, `True` and `"1"` are four values, and -0.0 keeps its sign."""
    for read in READERS:
        assert repr(read(yaml_text(value))) == repr(value)


@pytest.mark.kustomize
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(VALUES, min_size=10, max_size=40))
def test_kubectl_and_kustomize_read_nested_values(tmp_path: Path, values: list[Any]) -> None:
    """Whatever is nested in whatever, Go reads the same types."""
    meant = {"values": values}
    assert repr(go_readers.typed(go_readers.server(yaml_text(meant)))) == repr(go_readers.typed(meant))
    assert repr(go_readers.typed(go_readers.kustomize(tmp_path, yaml_text(meant)))) == repr(
        go_readers.typed(meant)
    )


def test_several_documents_are_read_back_one_by_one() -> None:
    """A literal block at the end of one does not run into the next."""
    values = [{"a": "x\n\n"}, ["b"], "c", {"d": {}}]
    assert list(yaml.safe_load_all(yaml_stream(values))) == values


# --- what is refused ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_floats_that_json_lacks_are_refused(value: float) -> None:
    """NaN and infinity."""
    with pytest.raises(ValueError, match=f"^{value} has no place in a Kubernetes manifest$"):
        yaml_text({"a": value})


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 10**30])
def test_integers_beyond_64_bits_are_refused(value: int) -> None:
    """Go would read a rounded float."""
    with pytest.raises(ValueError, match=f"^{value} does not fit into 64 bits: Kubernetes would round it$"):
        yaml_text([value])


@pytest.mark.parametrize("value", [b"bytes", {1}, object(), 1j, range(3)])
def test_what_is_not_json_is_refused(value: Any) -> None:
    """A manifest holds JSON values only."""
    with pytest.raises(TypeError, match=f"^a manifest holds JSON values only, got {type(value).__name__}$"):
        yaml_text({"a": [value]})


@pytest.mark.parametrize("key", [1, True, None, 1.5, ("a",)])
def test_keys_that_are_not_strings_are_refused(key: Any) -> None:
    """JSON knows no other keys."""
    with pytest.raises(TypeError, match=f"^a key is a string, got {type(key).__name__}$"):
        yaml_text([{key: 1}])


@pytest.mark.parametrize("character", ["\x7f", "\x80", "\x85", "\x9f", "\ud800", "\ufffe", "\uffff"])
@pytest.mark.parametrize("around", ["{}", "a {} b", "a\n{}\nb\n", '"{}"', " {}"])
def test_characters_that_kustomize_cannot_carry_are_refused(character: str, around: str) -> None:
    """Wherever they stand: failing here beats a build that fails, or a blank in place of U+0085, later."""
    message = rf"^character U\+{ord(character):04X} does not survive Kustomize: take it out of the text$"
    for value in ({"a": around.format(character)}, {around.format(character): 1}):
        with pytest.raises(ValueError, match=message):
            yaml_text(value)


def test_the_merge_key_is_refused_even_as_text() -> None:
    """Kustomize drops the key `<<` although it stands in quotes."""
    with pytest.raises(ValueError, match=r"^key `<<` does not survive Kustomize"):
        yaml_text({"<<": "text"})


@pytest.mark.parametrize("key", ["k" * 1022, "\u65e5" * 1022, '"' * 511, "<&>" * 56 + "a" * 14, "\x01" * 170])
def test_the_longest_keys_are_read_back(key: str) -> None:
    """Readers look 1024 characters ahead for the colon after a key."""
    for read in READERS:
        assert read(yaml_text([{key: 1}])) == [{key: 1}]
    with pytest.raises(ValueError, match=r"^key `.*\.\.\.` has .* characters, too many for readers of YAML$"):
        yaml_text({key + key[0]: 1})


@pytest.mark.kustomize
@pytest.mark.parametrize(
    "text", [r'a: "x\u0085y"', r'a: "x\x7fy"', r'a: "x\uFFFEy"', '"<<": text', f"a: {{? {'k' * 1023} : 1}}"]
)
def test_kustomize_still_cannot_carry_what_is_refused(tmp_path: Path, text: str) -> None:
    """The refusals above have a reason for as long as this holds."""
    meant = yaml.safe_load(text)
    try:
        carried = go_readers.kustomize(tmp_path, f"spec:\n  {text}\n")
    except go_readers.Refused:
        return
    assert carried != {"spec": meant}


# --- style ----------------------------------------------------------------------------------------------------

STYLE = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: it
  labels: {}
data:
  run.sh: |
    #!/bin/sh
    set -eu

      echo "indented: $1"  # a comment
  no-newline: |-
    a
    b
  two-newlines: |+
    a

  trailing-blank: "a \\nb"
  leading-blank: " a\\nb"
items:
- name: a
  args:
  - --flag
  - |
    x
    y
  list:
  - - 1
    - 2
  - []
- b: 1
  c:
    d: null
"""


def test_the_style_is_that_of_kubectl() -> None:
    """Sequences stand under their key, several lines are a literal block, blanks at line ends go into quotes."""
    assert yaml_text(yaml.safe_load(STYLE)) == STYLE


def test_long_lines_are_not_folded() -> None:
    """500 characters with blanks stay one line, plain or quoted."""
    for line in ("word " * 100 + "end", "word: " * 100, "日本 " * 200 + "."):
        assert yaml_text({"a": line}).count("\n") == 1


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (1e20, "1.0e+20"),
        (1e-7, "1.0e-07"),
        (1.5e300, "1.5e+300"),
        (0.1, "0.1"),
        (2.0, "2.0"),
        (-0.0, "-0.0"),
        (2**53 + 1, "9007199254740993"),
        (True, "true"),
        (None, "null"),
    ],
)
def test_numbers_have_one_spelling(value: float | None, written: str) -> None:
    """A YAML 1.1 reader wants a dot and a signed exponent in a float."""
    assert yaml_text(value) == f"{written}\n"


COMMON = """
--host=0.0.0.0 --port=8000 -c /bin/sh . .. ./run.sh ~/.cache $(POD_NAME) $HOME (a) ^a.*$ a;b
quay.io/org/image:v1.2.3 vllm/vllm-openai@sha256:0ab1 ghcr.io/llm-d/llm-d:0.3 localhost:5000/a
https://example.com/a?b=c&d=e#f s3://bucket/key hf://Qwen/Qwen2.5-VL-7B oci://registry/a:1
4Gi 100m 30s 15d 1h30m 500Mi 2Ti 1.5Gi 0.5m 2.5GB 5k 10.0.0.0/8 10.0.0.1 10.0.0.1-10.0.0.9 10.0.0.1:80
1.2.3 v1 v0.12.1 1.29.x 1.2.3-rc1 2024-01-15-rc1 8000-8080 a100 cafe1 f5 e2 d3 face-1 zero-3
vllm:num_requests_running a:b sum(rate(a[5m]))by(b) nvidia.com/gpu app.kubernetes.io/name
Name=tag key=value a,b a{x}b --x={} a[0] user@host 100% a* it's a"b" caf\u00e9 \u00fcbung \u65e5\u672c None nil infinity
-- --a + _ __ _1 1a 0xyz 12e3x deadbeef abcdef0 http grpc-web HTTP/1.1 $(A):$(B) -Xmx4g \\n C:\\x ${a:-b}
"""
AMBIGUOUS = """
1234e56 0123456 1_000 0x1f 0o17 0b11 017 08 1.5 .5 5. 1e3 +1 -1 22:22 8080:8080 2001-01-01 ~ = << - --- ...
y N yes Off TRUE null .inf -.INF .NaN a: *a &a !a | 'a' "a" %a @a `a ?a :a [a {a ,a #a } ]
"""


@pytest.mark.parametrize("text", COMMON.split())
def test_common_strings_stay_plain(text: str) -> None:
    """Quotes that say nothing hide those that do."""
    assert string(text) == text


@pytest.mark.parametrize(
    "text",
    ["a b", "a  b", "echo 'x' \"y\" && z", "0 3 1 * *", "a, b", "a -b", "a [b] {c}", "x # y"[:1] + "#y"],
)
def test_common_strings_with_blanks_stay_plain(text: str) -> None:
    """A blank alone is no reason for quotes."""
    assert string(text) == text


@pytest.mark.parametrize("text", ["", " a", "a ", "a: b", "a #b", "- a", "> a", *AMBIGUOUS.split()])
def test_ambiguous_strings_are_quoted(text: str) -> None:
    """A reader of some version would take them for something else."""
    assert string(text) == '"' + text.replace('"', '\\"') + '"'


def test_odd_characters_are_escaped_so_that_a_reviewer_sees_them() -> None:
    """A byte order mark or a separator of lines is invisible otherwise."""
    assert yaml_text({"a": "x\ufeff\u2028\x00\x1b\r\t\n"}) == 'a: "x\\ufeff\\u2028\\u0000\\u001b\\r\\t\\n"\n'


def test_json_keeps_the_order_of_keys_and_ends_with_a_newline() -> None:
    """Dashboards are reviewed as well."""
    assert json_text({"b": [1], "a": "é"}) == '{\n  "b": [\n    1\n  ],\n  "a": "é"\n}\n'


@pytest.mark.parametrize("value", [math.nan, "\ud800"])
def test_json_refuses_what_is_not_json(value: Any) -> None:
    """NaN and halves of characters."""
    with pytest.raises(ValueError, match=r"not JSON compliant|U\+D800"):
        json_text([value])

"""The command line is Go's: spellings, values, texts of help and errors."""

from __future__ import annotations

import pytest

from kubeconform import flags

USAGE = """\
Usage: kubeconform [OPTION]... [FILE OR FOLDER]...
  -cache string
    \tcache schemas downloaded via HTTP to this folder
  -debug
    \tprint debug information
  -exit-on-error
    \timmediately stop execution when the first error is encountered
  -h\tshow help information
  -ignore-filename-pattern value
    \tregular expression specifying paths to ignore (can be specified multiple times)
  -ignore-missing-schemas
    \tskip files with missing schemas instead of failing
  -insecure-skip-tls-verify
    \tdisable verification of the server's SSL certificate. This will make your HTTPS connections insecure
  -kubernetes-version value
    \tversion of Kubernetes to validate against, e.g.: 1.18.0 (default master)
  -n int
    \tnumber of goroutines to run concurrently (default 4)
  -output string
    \toutput format - json, junit, pretty, tap, text (default "text")
  -reject string
    \tcomma-separated list of kinds or GVKs to reject
  -schema-location value
    \toverride schemas location search path (can be specified multiple times)
  -skip string
    \tcomma-separated list of kinds or GVKs to ignore
  -strict
    \tdisallow additional properties not in schema or duplicated keys
  -summary
    \tprint a summary at the end (ignored for junit output)
  -v\tshow version information
  -verbose
    \tprint results for all resources (ignored for tap and junit output)
"""


def test_usage_is_what_go_prints_for_the_same_flags() -> None:
    """Sorted, with tabs, and defaults in parentheses."""
    assert flags.usage("kubeconform") == USAGE


@pytest.mark.parametrize("words", [["-cache", "x"], ["--cache", "x"], ["-cache=x"], ["--cache=x"]])
def test_values_follow_the_flag_or_an_equals_sign(words: list[str]) -> None:
    """One hyphen or two are the same."""
    assert flags.parse(words)["cache"] == "x"


@pytest.mark.parametrize(
    ("word", "value"),
    [("-strict", True), ("--strict=true", True), ("-strict=0", False), ("-strict=F", False)],
)
def test_booleans_take_a_value_only_after_an_equals_sign(word: str, value: bool) -> None:
    """Go's spellings of truth."""
    line = flags.parse([word, "false"])
    assert line["strict"] is value
    assert line.operands == ["false"]


def test_flags_of_many_values_keep_their_order() -> None:
    """Schema locations are asked in the order given."""
    assert flags.parse(["-schema-location", "b", "--schema-location=a"])["schema-location"] == ["b", "a"]


def test_flags_end_at_the_first_operand() -> None:
    """A lone hyphen is an operand, two hyphens end the flags, as in Go."""
    assert flags.parse(["-n=2", "a", "-strict"]).operands == ["a", "-strict"]
    assert flags.parse(["-", "-strict"]).operands == ["-", "-strict"]
    assert flags.parse(["--", "-strict"]).operands == ["-strict"]


VERSION = (
    'invalid value "1.25" for flag -kubernetes-version: 1.25 is not a valid version. '
    'Valid values are "master" (default) or full version x.y.z (e.g. "1.27.2")'
)
ERRORS = {
    ("-xyz",): "flag provided but not defined: -xyz",
    ("--xyz=1",): "flag provided but not defined: -xyz",
    ("---strict",): "bad flag syntax: ---strict",
    ("-=x",): "bad flag syntax: -=x",
    ("-cache",): "flag needs an argument: -cache",
    ("-n", "x"): 'invalid value "x" for flag -n: parse error',
    ("-n", "99999999999999999999"): 'invalid value "99999999999999999999" for flag -n: value out of range',
    ("-strict=maybe",): 'invalid boolean value "maybe" for -strict: parse error',
    ("-kubernetes-version", "1.25"): VERSION,
    ("-help",): "",
}


@pytest.mark.parametrize(("words", "text"), ERRORS.items())
def test_errors_are_worded_as_go_words_them(words: tuple[str, ...], text: str) -> None:
    """What cannot be read is named."""
    with pytest.raises(flags.FlagError) as caught:
        flags.parse(list(words))
    assert str(caught.value) == text


@pytest.mark.parametrize("version", ["master", "1.27.2", "3.8.0"])
def test_versions_are_master_or_three_numbers(version: str) -> None:
    """Nothing is known of which versions exist."""
    assert flags.parse(["-kubernetes-version", version])["kubernetes-version"] == version

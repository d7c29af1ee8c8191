"""Formats say what is wrong, in the words of the Go library where it has its own."""

from __future__ import annotations

import pytest

from kubeconform.formats import CHECKS, PREDICATES

CASES: dict[str, dict[str, str]] = {
    "duration": {
        "1h30m": "", "0": "", "-1.5h": "", "300ms": "", "1µs": "", "PT1H30M": "", "P1D": "", "P3W": "", "P1Y2M3DT4H5M6S": "",
        "10": "must start with P", "1x": "must start with P", "": "must start with P", "P": "nothing after P",
        "PT": "no time elements", "P1": "missing unit", "PD": "missing number", "PW": "no number in week", "PxW": "invalid week",
        "P1X": "invalid unit 'X'", "PT1S2H": "unit 'H' out of order", "P1DT1HT1M": "more than one T",
    },
    "date-time": {
        "2024-02-29T23:59:60Z": "", "2024-01-01t00:00:00.5+05:30": "", "2024-01-01": "less than 20 characters long",
        "2024-01-01 00:00:00Z": "11th character must be t or T", "2024-01-01T00:00:61Z": "invalid time element: hour/min/sec out of range",
        "2024-01-01T12:00:60Z": "invalid time element: invalid leap second",
        "2023-02-29T00:00:00Z": 'invalid date element: parsing time "2023-02-29": day out of range',
        "2024-01-01T00:00:00+0100": "invalid time element: invalid hour/min/sec or offset",
    },
    "time": {"00:00:00": "less than 9 characters long", "23:59:59Z": "", "00-00-00Z": "missing colon in correct place",
             "01:29:60+01:30": "", "00:00:00+24:00": "hour/min in offset out of range"},
    "date": {"2024-01-31": "", "x": 'parsing time "x" as "2006-01-02": cannot parse "x" as "2006"'},
    "ipv4": {"10.0.0.1": "", "1.2.3": "expected four decimals", "01.2.3.4": "leading zeros", "256.1.1.1": "decimal must be between 0 and 255",
             "a.1.1.1": 'strconv.Atoi: parsing "a": invalid syntax'},
    "ipv6": {"::1": "", "fe80::1%eth0": "zone id is not a part of ipv6 address", "1": "missing colon", "::g": 'ParseAddr("::g"): unable to parse IP'},
    "hostname": {"a-1.Example.com.": "", "-a": "label starts with hyphen", "a-": "label ends with hyphen", "a..b": "label must be 1 to 63 characters long",
                 "a_b": "invalid character '_'", "a" * 64: "label must be 1 to 63 characters long", ".".join(["a" * 60] * 5): "more than 253 characters long"},
    "email": {"a.b@example.com": "", "a": "missing @", ".a@b": "starts with dot", "a.@b": "ends with dot", "a..b@c": "consecutive dots", "a b@c": "invalid character ' '",
              '"a b"@c': "", "a@[1.2.3.4]": "", "a@[IPv6:::1]": "", "a@[1.2]": "invalid ipv4 address: expected four decimals", "a@-": "invalid domain: label starts with hyphen",
              "a" * 65 + "@b": "local part more than 64 characters long", "a@" + "b" * 254: "more than 255 characters long",
              '"a"b"@c': "backslash and quote are not allowed within quoted local part"},
    "uuid": {"2EB8AA08-AA98-11EA-B4AA-73B441D16380": "", "1": "must have 5 elements", "2eb8aa0-aa98-11ea-b4aa-73b441d16380": "element 1 must be 8 characters long",
             "2eb8aa0g-aa98-11ea-b4aa-73b441d16380": "non-hex character 'g'"},
    "uri": {"http://a/b?c#d": "", "urn:x": "", "/a": "relative url", "http://[::1]:80/": "", "http://a b/": 'parse "http://a b/": invalid character " " in host name',
            "http://a:x/": 'parse "http://a:x/": invalid port ":x" after host', "http://a/%zz": 'parse "http://a/%zz": invalid URL escape "%zz"',
            ":a": 'parse ":a": missing protocol scheme', "a\n": 'parse "a\\n": net/url: invalid control character in URL'},
    "uri-reference": {"/a": "", "a\\b": "contains \\"},
    "uri-template": {"/a/{b}": "", "/{a{b}}": "nested curly braces", "/{a": "no matching closing brace"},
    "json-pointer": {"": "", "/a~0~1": "", "a": "not starting with /", "/~2": "~ must be followed by 0 or 1"},
    "relative-json-pointer": {"0": "", "1/a": "", "1#": "", "x": "must start with non-negative integer", "01": "starts with zero"},
    "period": {"2024-01-01T00:00:00Z/PT1H": "", "P1D/2024-01-01T00:00:00Z": "", "x": "missing slash", "P1/x": "invalid start duration: missing unit",
               "2024-01-01T00:00:00Z/P": "invalid end duration: nothing after P"},
    "semver": {"1.2.3-rc.1+b": "", "1.2": "not a semantic version"},
    "regex": {"^(?i)a$": "", "(": "error parsing regexp: ("},
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "problem"), [(name, *case) for name, cases in CASES.items() for case in cases.items()]
)
def test_formats_tell_what_is_wrong(name: str, text: str, problem: str) -> None:
    """Empty for what is right."""
    assert CHECKS[name](text) == problem
    assert PREDICATES[name](text) is (problem == "")


def test_every_format_has_a_case() -> None:
    """The two of IRIs are those of URIs."""
    assert CHECKS.keys() - CASES.keys() == {"iri", "iri-reference"}


def test_formats_of_the_engine_that_go_does_not_assert_are_not_asserted() -> None:
    """Internationalised names."""
    assert PREDICATES["idn-email"]("anything")

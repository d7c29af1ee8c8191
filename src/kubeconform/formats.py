"""The formats that kubeconform asserts; each check returns what is wrong with a text, or "".

These are the formats of santhosh-tekuri/jsonschema v6, with `duration` as kubeconform widens it to Go's durations.
Formats that are not here (int32, byte, int-or-string...) are not asserted, as there.
"""

from __future__ import annotations

import ipaddress
import re
from datetime import date
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from kubeconform.wording import go_quote

if TYPE_CHECKING:
    from collections.abc import Callable

_GO_DURATION = re.compile(r"[-+]?(?:0|(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+)")
_ELEMENT = re.compile(r"([0-9]*)(.?)", re.DOTALL)
_TIME = re.compile(
    r"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?(?:[zZ]|([-+])([0-9]{2}):([0-9]{2}))", re.ASCII
)
_SEMVER = re.compile(
    r"(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)){2}"
    r"(?:-(?:0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*))*)?"
    r"(?:\+[\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*)?",
    re.ASCII,
)
_LABEL_CHARS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")
_LOCAL_CHARS = _LABEL_CHARS | frozenset(".!#$%&'*+/=?^_`{|}~")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def duration(text: str) -> str:
    """Check a duration of Go (1h30m) or of ISO 8601 (PT1H30M)."""
    return "" if _GO_DURATION.fullmatch(text) else iso_duration(text)


def iso_duration(text: str) -> str:  # noqa: PLR0911 - one per thing that can be wrong
    """Check a duration of ISO 8601."""
    if not text.startswith("P"):
        return "must start with P"
    body = text[1:]
    if not body:
        return "nothing after P"
    if body.endswith("W"):
        weeks = body[:-1]
        return "no number in week" if not weeks else "" if _digits(weeks) else "invalid week"
    day_part, *time_parts = body.split("T")
    if problem := _elements(day_part, "YMD"):
        return problem
    if time_parts and not time_parts[0]:
        return "no time elements"
    if time_parts and (problem := _elements(time_parts[0], "HMS")):
        return problem
    if len(time_parts) > 1:
        return "more than one T" if time_parts[1] else "no time elements"
    return ""


def _elements(text: str, units: str) -> str:
    position = 0
    while text:
        found = _ELEMENT.match(text)
        assert found is not None  # it matches the empty text
        digits, unit = found.groups()
        if not digits:
            return "missing number"
        if not unit:
            return "missing unit"
        at = units.find(unit)
        if at < position:
            return f"invalid unit '{unit}'" if at < 0 else f"unit '{unit}' out of order"
        position = at + 1
        text = text[found.end() :]
    return ""


def period(text: str) -> str:
    """Check two date-times, or one and a duration, with a slash between."""
    start, slash, end = text.partition("/")
    if not slash:
        return "missing slash"
    for name, part in (("start", start), ("end", end)):
        is_duration = part.startswith("P") and (name == "start" or not start.startswith("P"))
        problem = iso_duration(part) if is_duration else date_time(part)
        if problem:
            return f"invalid {name} {'duration' if is_duration else 'date-time'}: {problem}"
    return ""


def full_date(text: str) -> str:
    """Check a calendar day."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII) and text[:4] != "0000":
        try:
            date.fromisoformat(text)
        except ValueError:
            return f"parsing time {go_quote(text)}: day out of range"
        return ""
    return f'parsing time {go_quote(text)} as "2006-01-02": cannot parse {go_quote(text)} as "2006"'


def full_time(text: str) -> str:
    """Check a time of day with its offset, leap seconds included."""
    if len(text) < 9:
        return "less than 9 characters long"
    found = _TIME.fullmatch(text)
    if found is None:
        return (
            "missing colon in correct place"
            if text[2] + text[5] != "::"
            else "invalid hour/min/sec or offset"
        )
    hour, minute, second = (int(part) for part in found.groups()[:3])
    if hour > 23 or minute > 59 or second > 60:
        return "hour/min/sec out of range"
    sign, *offset = found.groups()[3:]
    shift = int(offset[0]) * 60 + int(offset[1]) if sign else 0
    if sign and (int(offset[0]) > 23 or int(offset[1]) > 59):
        return "hour/min in offset out of range"
    universal = (hour * 60 + minute - (-shift if sign == "-" else shift)) % (24 * 60)
    return "invalid leap second" if second == 60 and universal != 24 * 60 - 1 else ""


def date_time(text: str) -> str:
    """Check a day and a time of RFC 3339."""
    if len(text) < 20:
        return "less than 20 characters long"
    if text[10] not in "tT":
        return "11th character must be t or T"
    if problem := full_date(text[:10]):
        return f"invalid date element: {problem}"
    problem = full_time(text[11:])
    return f"invalid time element: {problem}" if problem else ""


def ipv4(text: str) -> str:
    """Check four decimals with dots."""
    groups = text.split(".")
    if len(groups) != 4:
        return "expected four decimals"
    for group in groups:
        if len(group) > 1 and group[0] == "0":
            return "leading zeros"
        if not _digits(group):
            return f"strconv.Atoi: parsing {go_quote(group)}: invalid syntax"
        if int(group[:5]) > 255:
            return "decimal must be between 0 and 255"
    return ""


def ipv6(text: str) -> str:
    """Check an IPv6 address without a zone."""
    if ":" not in text:
        return "missing colon"
    if "%" in text:
        return "zone id is not a part of ipv6 address"
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return f"ParseAddr({go_quote(text)}): unable to parse IP"
    return ""


def hostname(text: str) -> str:
    """Check the name of a host, with or without the last dot."""
    text = text.removesuffix(".")
    if len(text) > 253:
        return "more than 253 characters long"
    for label in text.split("."):
        if not 1 <= len(label) <= 63:
            return "label must be 1 to 63 characters long"
        if label.startswith("-"):
            return "label starts with hyphen"
        if label.endswith("-"):
            return "label ends with hyphen"
        if problem := _only(label, _LABEL_CHARS):
            return problem
    return ""


def email(text: str) -> str:
    """Check an address of mail."""
    if len(text.encode()) > 254:
        return "more than 255 characters long"
    local, at, domain = text.rpartition("@")
    if not at:
        return "missing @"
    if problem := _local_part(local):
        return problem
    if domain.startswith("[") and domain.endswith("]"):
        inner = domain[1:-1]
        family, check = ("ipv6", ipv6) if inner.startswith("IPv6:") else ("ipv4", ipv4)
        problem = check(inner.removeprefix("IPv6:"))
        return f"invalid {family} address: {problem}" if problem else ""
    problem = hostname(domain)
    return f"invalid domain: {problem}" if problem else ""


def _local_part(local: str) -> str:
    if len(local) > 64:
        return "local part more than 64 characters long"
    if len(local) > 1 and local[0] == '"' == local[-1]:
        bad = "\\" in local or '"' in local[1:-1]
        return "backslash and quote are not allowed within quoted local part" if bad else ""
    for refused, problem in (
        (local.startswith("."), "starts with dot"),
        (local.endswith("."), "ends with dot"),
        (".." in local, "consecutive dots"),
    ):
        if refused:
            return problem
    return _only(local, _LOCAL_CHARS)


def uuid(text: str) -> str:
    """Check five groups of hexadecimal digits."""
    groups, lengths = text.split("-"), (8, 4, 4, 4, 12)
    if len(groups) != 5:
        return "must have 5 elements"
    for index, (group, length) in enumerate(zip(groups, lengths, strict=True), 1):
        if len(group) != length:
            return f"element {index} must be {length} characters long"
        if wrong := re.search("[^0-9a-fA-F]", group):
            return f"non-hex character '{wrong[0]}'"
    return ""


def json_pointer(text: str) -> str:
    """Check a JSON pointer."""
    if text and not text.startswith("/"):
        return "not starting with /"
    return "~ must be followed by 0 or 1" if re.search(r"~(?![01])", text) else ""


def relative_json_pointer(text: str) -> str:
    """Check a relative JSON pointer."""
    found = re.match(r"[0-9]+", text)
    if found is None:
        return "must start with non-negative integer"
    if len(found[0]) > 1 and text[0] == "0":
        return "starts with zero"
    rest = text[found.end() :]
    return "" if rest == "#" else json_pointer(rest)


def uri_reference(text: str) -> str:
    """Check what may stand in a link."""
    return "contains \\" if "\\" in text else _url(text)


def uri(text: str) -> str:
    """Check an absolute URL."""
    return _url(text) or ("" if _SCHEME.match(text) else "relative url")


def _url(text: str) -> str:  # noqa: PLR0911 - one per thing that can be wrong
    shown = f"parse {go_quote(text)}"
    if any(ord(char) < 0x20 or ord(char) == 0x7F for char in text):
        return f"{shown}: net/url: invalid control character in URL"
    if text.startswith(":"):
        return f"{shown}: missing protocol scheme"
    try:
        parts = urlsplit(text)
        port, host = (
            parts.netloc.rpartition("@")[2].rpartition("]")[2].rpartition(":")[2],
            parts.hostname or "",
        )
    except ValueError as error:
        return f"{shown}: {error}"
    if ":" in parts.netloc.rpartition("]")[2].rpartition("@")[2] and port and not _digits(port):
        return f"{shown}: invalid port {go_quote(':' + port)} after host"
    if " " in parts.netloc:
        return f'{shown}: invalid character " " in host name'
    if bad := _BAD_ESCAPE.search(parts.path):
        return f"{shown}: invalid URL escape {go_quote(parts.path[bad.start() : bad.start() + 3])}"
    problem = ipv6(host) if ":" in host else ""
    return f"invalid ipv6 address: {problem}" if problem else ""


def uri_template(text: str) -> str:
    """Check that the braces of a URL's path are in pairs."""
    if problem := _url(text):
        return problem
    for part in urlsplit(text).path.split("/"):
        depth = 0
        for char in unquote(part):
            depth += {"{": 1, "}": -1}.get(char, 0)
            if depth not in {0, 1}:
                return "nested curly braces"
        if depth:
            return "no matching closing brace"
    return ""


def regex(text: str) -> str:
    """Check a regular expression of Go."""
    from kubeconform.patterns import matches  # noqa: PLC0415 - formats are needed without patterns

    try:
        matches(text, "")
    except ValueError:
        return f"error parsing regexp: {text}"
    return ""


def semver(text: str) -> str:
    """Check a semantic version."""
    return "" if _SEMVER.fullmatch(text) else "not a semantic version"


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _only(text: str, allowed: frozenset[str]) -> str:
    wrong = next((char for char in text if char not in allowed), None)
    return "" if wrong is None else f"invalid character '{wrong}'"


CHECKS: dict[str, Callable[[str], str]] = {
    "date": full_date, "date-time": date_time, "duration": duration, "email": email, "hostname": hostname,
    "ipv4": ipv4, "ipv6": ipv6, "iri": uri, "iri-reference": uri_reference, "json-pointer": json_pointer,
    "period": period, "regex": regex, "relative-json-pointer": relative_json_pointer, "semver": semver,
    "time": full_time, "uri": uri, "uri-reference": uri_reference, "uri-template": uri_template, "uuid": uuid,
}  # fmt: skip
_NOT_ASSERTED = ("idn-email", "idn-hostname")


def _holds(check: Callable[[str], str], text: str) -> bool:
    return not check(text)


# What the schema engine calls; it knows some formats by itself that are not asserted here.
PREDICATES: dict[str, Callable[[str], bool]] = {
    name: partial(_holds, check) for name, check in CHECKS.items()
}
PREDICATES |= dict.fromkeys(_NOT_ASSERTED, lambda _text: True)

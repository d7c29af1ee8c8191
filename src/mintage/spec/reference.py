"""References in strings: `@minio`, `@minio:console`, `@gateway/vision`, `@minio#bucket`, `@minio.host`.

A reference is a whole string, or all that follows `--flag=`; `@@` stands for a plain `@`. This module parses them and
turns one into text for an export; it does not know where exports come from.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mintage.errors import did_you_mean

if TYPE_CHECKING:
    from mintage.spec.exports import Export

_PATTERN = re.compile(
    r"@(?P<name>[a-z0-9]([-a-z0-9]*[a-z0-9])?)"
    r"(?:\.(?P<part>[a-z]+))?"
    r"(?::(?P<port>[a-z0-9-]+))?"
    r"(?:#(?P<bucket>[a-z0-9.-]+)|(?P<path>/.*))?"
)
_FLAG = re.compile(r"[-A-Za-z0-9_.]+=(?=@)")
PARTS = ("url", "host", "port", "address")
_DEFAULT_PORTS = {"http": 80, "https": 443}


class ReferenceMeaninglessError(ValueError):
    """A reference that means nothing: the message, and one line of what to do."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


@dataclass(frozen=True, slots=True)
class Link:
    """A parsed reference, and the text that stands before it."""

    prefix: str
    name: str
    part: str = "url"
    port: str = ""
    path: str = ""
    bucket: str = ""


def parse(text: str) -> Link | None:
    """Return the reference in a string, or None where there is none; `ReferenceMeaninglessError` where it is malformed."""
    flag = _FLAG.match(text)
    start = flag.end() if flag else 0
    if not text.startswith("@", start) or text.startswith("@@", start) or "\n" in text:
        return None
    found = _PATTERN.fullmatch(text, start)
    if found is None or (found["part"] or "url") not in PARTS:
        advice = "write `@name`, `@name:port`, `@name/path`, `@name#bucket` or `@name.host`; `@@` stands for a plain @"
        raise ReferenceMeaninglessError(f"`{text[start:]}` is not a reference", advice)
    return Link(
        text[:start],
        found["name"],
        found["part"] or "url",
        found["port"] or "",
        found["path"] or "",
        found["bucket"] or "",
    )


def unescape(text: str) -> str:
    """Return a string without reference as it is meant: `@@` at the place of a reference is one `@`."""
    flag = _FLAG.match(text)
    start = flag.end() if flag else 0
    return text[:start] + text[start + 1 :] if text.startswith("@@", start) and "\n" not in text else text


def text_of(link: Link, export: Export, host: str) -> str:
    """Return what a reference stands for, given the export and the host name that is right where it is used."""
    if link.bucket:
        return link.prefix + _bucket(link, export)
    if not export.service:
        raise ReferenceMeaninglessError(
            f"`{export.name}` has no Service to refer to", f"give {export.kind} `{export.name}` a port"
        )
    port = _port(link, export)
    _check_route(link, export)
    parts = {
        "host": host,
        "port": str(port),
        "address": f"{host}:{port}",
        "url": _url(export.scheme, host, port),
    }
    return link.prefix + parts[link.part] + link.path


def _url(scheme: str, host: str, port: int) -> str:
    return f"{scheme}://{host}" + ("" if _DEFAULT_PORTS.get(scheme) == port else f":{port}")


def _bucket(link: Link, export: Export) -> str:
    if link.bucket not in export.buckets:
        raise ReferenceMeaninglessError(
            f"`{export.name}` has no bucket `{link.bucket}`", did_you_mean(link.bucket, export.buckets)
        )
    return link.bucket


def _port(link: Link, export: Export) -> int:
    if not link.port:
        return next(iter(export.ports.values()))
    if link.port in export.ports:
        return export.ports[link.port]
    if link.port.isdigit() and int(link.port) in export.ports.values():
        return int(link.port)
    raise ReferenceMeaninglessError(
        f"`{export.name}` has no port `{link.port}`", did_you_mean(link.port, export.ports)
    )


def _check_route(link: Link, export: Export) -> None:
    """Refuse a path on a gateway that lies under none of its routes; other services may have any path."""
    if not (export.routes and link.path and link.path != "/"):
        return
    if not any(
        link.path == route or link.path.startswith(route.rstrip("/") + "/") for route in export.routes
    ):
        raise ReferenceMeaninglessError(
            f"`{export.name}` has no route for `{link.path}`", did_you_mean(link.path, export.routes)
        )

"""The addresses that containers are given in variables and arguments, and the Services that they mean.

Only literal text counts: what a variable takes from a Secret or what a program puts together is not known here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mintage.check import known

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.check.known import KnownService
    from mintage.tree.objects import Container, Path
    from mintage.tree.tree import Root

_URL = re.compile(
    r"(?<![\w+.-])(?P<scheme>[a-z][a-z0-9+.-]*)://(?:[^/@\s\"']*@)?(?P<host>[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)"
    r"(?::(?P<port>\d{1,5}))?(?=[/?#,;\s\"']|$)"
)
_PLAIN = re.compile(r"(?:--?[\w-]+=)?(?P<host>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?):(?P<port>\d{2,5})")
_DEFAULT_PORTS = {
    "http": 80, "https": 443, "ws": 80, "wss": 443, "redis": 6379, "rediss": 6379, "postgres": 5432,
    "postgresql": 5432, "mongodb": 27017, "amqp": 5672, "nats": 4222, "grpc": 443, "mysql": 3306, "ray": 10001,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Address:
    """A host and port in a container's variables or arguments; `path` is the place of the text."""

    host: str
    port: int | None
    scheme: str
    path: Path


def addresses(container: Container) -> Iterator[Address]:
    """Yield the addresses that a container is given."""
    for path, entry in container.env.values():
        if isinstance(value := entry.get("value"), str):
            yield from in_text(value, (*path, "value"))
    for path, text in container.argv:
        yield from in_text(text, path)


def in_text(text: str, path: Path) -> Iterator[Address]:
    """Yield the addresses in a text: URLs, and a host with a port that is all there is."""
    if "://" not in text:
        if plain := _PLAIN.fullmatch(text.strip()):
            yield Address(plain["host"], int(plain["port"]), "", path)
        return
    for found in _URL.finditer(text):
        port = int(found["port"]) if found["port"] else _DEFAULT_PORTS.get(found["scheme"])
        yield Address(found["host"].lower(), port, found["scheme"], path)


def service_of(root: Root, host: str, namespace: str | None) -> KnownService | None:
    """Return the Service that a host means for a pod of a namespace; None where it means something else, or nobody knows."""
    name, _, rest = host.partition(".")
    place, _, suffix = rest.partition(".")
    if suffix not in {"", "svc", "svc.cluster.local"}:
        return None
    return known.service(root, name, place or namespace)


def is_outside(host: str) -> bool:
    """Tell whether a host is none of the cluster: a name with a public domain, not an address of a Service or a machine."""
    last = host.rpartition(".")[2]
    inside = (
        last in {"local", "svc", "internal", "localhost", "lan", "test", "example", "invalid"}
        or ".svc." in host
    )
    return "." in host and not inside and not last.isdigit()

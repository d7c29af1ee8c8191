"""The addresses that stand in the texts of a tree: URLs and names of Services, parsed.

A host is taken for a Service by its form (`svc`, `svc.ns`, `svc.ns.svc`, `svc.ns.svc.cluster.local`); one in which
something is filled in later is left out. Knows nothing of what exists.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mintage.tree.objects import mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.tree.objects import Container, Object, Path
    from mintage.tree.tree import Root, Tree

_SCHEMES = "https?|grpcs?|tcp|tls|wss?|rediss?|postgres(?:ql)?|mysql|mariadb|mongodb|amqps?|nats|kafka|ray|ldaps?|mqtt|otlp|udp|clickhouse"
_URL = re.compile(
    rf"(?<![\w.+-])(?:jdbc:)?(?P<scheme>{_SCHEMES})(?:\+\w+)?://"
    r"(?:[^\s/\"'<>]*@)?(?P<host>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?P<dot>\.?)(?::(?P<port>\d{1,5})(?!\d))?(?P<rest>[\s\S]?)"
)
_USER = re.compile(r"(?<=://).+(?=@)")  # who asks, and the password: it may not be in a message
_BARE = re.compile(
    r"(?<![\w./@-])(?P<host>[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9-]+)+\.svc(?:\.cluster\.local)?)(?![\w-]|\.\w)(?::(?P<port>\d{1,5}))?"
    r"(?P<rest>[\s\S]?)"
)
# In shell, YAML, TOML, INI and Python: what stands in a comment is read by nobody.
_COMMENT = re.compile(r"^[ \t]*#.*$|(?<=[ \t])#[ \t].*$", re.MULTILINE)
_NUMERIC = re.compile(r"[\d.]+")
_FILLED_IN = frozenset("$({<%*-_")
_NOWHERE = frozenset(
    {"localhost", "kubernetes", "metadata", "host", "hostname", "server", "example", "ip6-localhost", "service", "address"}
)  # fmt: skip
_EXAMPLES = (
    ".example",
    ".example.com",
    ".example.org",
    ".example.net",
    ".invalid",
    ".test",
    ".localhost",
    ".local",
)
_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}


@dataclass(frozen=True, slots=True)
class Address:
    """A host in a text, with the port that is asked for (None where nobody says) and where the text stands.

    `in_pod` is False for texts that no process is known to read, such as a ConfigMap's; `explicit` says that the port
    stands in the text. `name` and `namespace` are those of the Service that a cluster's DNS finds. The user and password of a URL are left out of `text`.
    """

    owner: Object
    path: Path
    text: str
    host: str
    port: int | None
    explicit: bool
    in_pod: bool

    @property
    def labels(self) -> list[str]:
        """The labels of the host."""
        return self.host.split(".")


def addresses(root: Root) -> tuple[Address, ...]:
    """Return the addresses in the objects of a root; once a root: `root.once`."""
    return tuple(found for item in root.objects for found in item.once(of_object))


def of_object(item: Object) -> tuple[Address, ...]:
    """Return the addresses in the texts of an object; once an object: `item.once`."""
    found: dict[tuple[Path, str, int | None], Address] = {}
    for path, text, in_pod in _texts(item):
        for address in parsed(item, path, text, in_pod=in_pod):
            found.setdefault((path, address.host, address.port), address)
    return tuple(found.values())


def _texts(item: Object) -> Iterator[tuple[Path, str, bool]]:
    for container in item.containers:
        yield from ((path, text, True) for path, text in container_texts(container))
    for field in ("entrypoint", "runtimeEnvYAML") if item.kind == "RayJob" else ():
        if isinstance(item.spec.get(field), str):
            yield ("spec", field), item.spec[field], True
    if item.kind == "ConfigMap":
        for key, text in mapping(item.document, "data").items():
            if isinstance(text, str):
                yield ("data", key), text, False
    for key, text in item.annotations.items():
        if isinstance(key, str) and not key.startswith("kubectl.kubernetes.io/"):
            yield ("metadata", "annotations", key), text, False


def container_texts(container: Container) -> Iterator[tuple[Path, str]]:
    """Yield the literal values of a container's variables, its command and its arguments, with their paths."""
    for path, entry in container.env.values():
        if isinstance(entry.get("value"), str):
            yield (*path, "value"), entry["value"]
    yield from container.argv


def parsed(item: Object, path: Path, text: str, *, in_pod: bool) -> Iterator[Address]:
    """Yield the addresses in one text; comments of scripts and configurations are left out."""
    text = _COMMENT.sub("", text) if "#" in text else text
    for sign, pattern in (("://", _URL), (".svc", _BARE)):
        if sign in text:
            for found in pattern.finditer(text):
                yield from _address(item, path, found, in_pod=in_pod)


def _address(item: Object, path: Path, found: re.Match[str], *, in_pod: bool) -> Iterator[Address]:
    host, rest = found["host"], found["rest"]
    parts = found.groupdict()
    if (rest in _FILLED_IN and rest) or host != host.lower() or _NUMERIC.fullmatch(host):
        return
    if (
        rest == ":"
        and parts["port"] is None
        and found.string[found.end() : found.end() + 1] in _FILLED_IN | {""}
    ):
        return  # the port is filled in later, or is a placeholder
    if host in _NOWHERE or (host.endswith(_EXAMPLES) and not host.endswith(".svc.cluster.local")):
        return
    port = int(parts["port"]) if parts["port"] else None
    default = _PORTS.get(parts.get("scheme") or "") if in_pod and rest != ":" else None
    text = _USER.sub("...", found[0].removesuffix(rest) if rest else found[0])
    yield Address(item, path, text, host, port or default, port is not None, in_pod)


def local(address: Address, namespaces: frozenset[str]) -> tuple[str, str | None] | None:
    """Return Service and namespace (None: its own) of a host inside the cluster; None for one outside of it.

    `namespaces` are those that the tree knows: they tell `name.namespace` from a domain of two labels.
    """
    labels = address.labels
    if len(labels) == 1:
        return labels[0], None
    if "svc" in labels[2:]:
        place = labels.index("svc", 2)
        if labels[place + 1 :] in ([], ["cluster", "local"]):
            return labels[place - 2], labels[place - 1]
        return None
    if len(labels) <= 3 and labels[-1] in namespaces:
        return labels[-2], labels[-1]
    return None


def known_namespaces(tree: Tree) -> frozenset[str]:
    """Return the namespaces that the tree puts objects in, or makes; once a tree: `tree.once`."""
    made: set[str] = {item.name for item in tree.of("Namespace")}
    return frozenset(made.union(*(root.namespaces for root in tree.roots)))


def words(item: Any) -> Iterator[str]:
    """Yield every text below a value, keys left out."""
    if isinstance(item, str):
        yield item
    elif isinstance(item, dict):
        for inner in item.values():
            yield from words(inner)
    elif isinstance(item, list):
        for inner in item:
            yield from words(inner)

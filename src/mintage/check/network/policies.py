"""NetworkPolicies as values: whom they close, and what each of their rules lets through.

Follows networking.k8s.io/v1 of Kubernetes 1.32: a pod is closed in a direction as soon as a policy that selects it names
that direction, and then only what some rule admits gets through. An answer is True, False, or None where it depends on
labels, namespaces or addresses that nobody here knows. Of other kinds of policy it is only known that they exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TYPE_CHECKING, Any, Literal

from mintage.check.selectors import Selector, covers, judged, matches, requirements, selects
from mintage.tree.objects import at, items, mapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mintage.check.known import KnownPod
    from mintage.tree.objects import Object, Path
    from mintage.tree.tree import Root

Direction = Literal["ingress", "egress"]
NAME_LABEL = "kubernetes.io/metadata.name"
_PEERS = {"ingress": "from", "egress": "to"}
# Policies of other makers, which may admit or refuse what a NetworkPolicy does not.
_OTHER_KINDS = (
    "CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy", "AdminNetworkPolicy", "BaselineAdminNetworkPolicy",
    "GlobalNetworkPolicy", "EgressFirewall", "EgressNetworkPolicy", "ClusterNetworkPolicy",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PortRule:
    """Ports that a rule admits: from a number to a number, or those of a name; all where both are missing."""

    protocol: str
    first: int | None = None
    last: int | None = None
    name: str = ""

    def admits(self, number: int, protocol: str, pod: KnownPod | None) -> bool | None:
        """Tell whether a connection to a port of a pod passes; None for the pod asks for an address outside."""
        if protocol != self.protocol:
            return False
        if self.name:
            own = pod.ports.get(self.name) if pod else None
            unknown = pod is not None and pod.open and own is None
            return None if unknown else own == number
        if self.first is None:
            return True
        return self.first <= number <= (self.last or self.first)

    def covers(self, other: PortRule) -> bool:
        """Tell whether it admits whatever another one does."""
        if self.protocol != other.protocol:
            return False
        if self.first is None and not self.name:
            return True
        if self.name or other.name or self.first is None or other.first is None:
            return self == other
        return self.first <= other.first and (other.last or other.first) <= (self.last or self.first)


@dataclass(frozen=True, slots=True)
class Peer:
    """Whom a rule admits: pods of its own namespace, of some namespaces, or addresses; `path` is its place."""

    path: Path
    pods: Selector | None = None
    namespaces: Selector | None = None
    block: IPv4Network | IPv6Network | None = None

    @property
    def named_namespaces(self) -> frozenset[str]:
        """The namespaces that it admits by name; empty where it selects them otherwise."""
        for item in requirements(self.namespaces) or ():
            if item.key == NAME_LABEL and item.operator == "In":
                return item.values
        return frozenset()

    def covers(self, other: Peer) -> bool:
        """Tell whether it admits whomever another one does, both in one namespace."""
        if self.block is not None or other.block is not None:
            return self.block is not None and self.block == other.block
        if self.namespaces is None:
            if other.namespaces is not None:
                return False
        elif other.namespaces is None:
            if requirements(self.namespaces) != ():
                return False
        elif not covers(self.namespaces, other.namespaces):
            return False
        return covers(self.pods or {}, other.pods or {})


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: peers and ports, None where it admits any of them."""

    path: Path
    peers: tuple[Peer, ...] | None
    ports: tuple[PortRule, ...] | None

    def admits_port(self, number: int, protocol: str = "TCP", pod: KnownPod | None = None) -> bool | None:
        """Tell whether it admits a connection to a port."""
        return (
            anyway(port.admits(number, protocol, pod) for port in self.ports)
            if self.ports is not None
            else True
        )

    def covers(self, other: Rule) -> bool:
        """Tell whether it admits whatever another rule of the same namespace does."""
        return _covers(self.peers, other.peers) and _covers(self.ports, other.ports)


def _covers(wide: tuple[Any, ...] | None, narrow: tuple[Any, ...] | None) -> bool:
    if wide is None:
        return True
    return narrow is not None and all(any(item.covers(other) for item in wide) for other in narrow)


@dataclass(frozen=True, slots=True)
class Policy:
    """A NetworkPolicy; a direction is None where it says nothing of it."""

    object: Object
    selector: Selector
    ingress: tuple[Rule, ...] | None
    egress: tuple[Rule, ...] | None

    def rules(self, direction: Direction) -> tuple[Rule, ...] | None:
        """Return the rules of a direction, None where it does not close it."""
        return self.ingress if direction == "ingress" else self.egress


def anyway(answers: Iterable[bool | None]) -> bool | None:
    """Return True where one answer is, else None where one is not known, else False."""
    unknown = False
    for answer in answers:
        if answer:
            return True
        unknown = unknown or answer is None
    return None if unknown else False


def policies(root: Root) -> tuple[Policy, ...]:
    """Return the policies of a root and of those beside it."""
    return root.once(_policies)


def _policies(root: Root) -> tuple[Policy, ...]:
    found = (
        item
        for near in (root, *root.companions)
        for item in near.of("NetworkPolicy", group="networking.k8s.io")
    )
    return tuple(policy(item) for item in found)


def has_other_kinds(root: Root) -> bool:
    """Tell whether policies of other makers stand beside them, which nobody here understands."""
    return any(near.of(*_OTHER_KINDS) for near in (root, *root.companions))


def policy(item: Object) -> Policy:
    """Return a NetworkPolicy as a value; what is malformed in it is left out, as the schema says so."""
    types = item.spec.get("policyTypes")
    named = types if isinstance(types, list) and types else _default_types(item)
    ingress = tuple(_rules(item, "ingress")) if "Ingress" in named else None
    egress = tuple(_rules(item, "egress")) if "Egress" in named else None
    return Policy(item, mapping(item.spec, "podSelector"), ingress, egress)


def _default_types(item: Object) -> list[str]:
    return ["Ingress", "Egress"] if item.spec.get("egress") else ["Ingress"]


def _rules(item: Object, direction: Direction) -> Iterator[Rule]:
    for index, rule in items(item.spec, direction):
        path: Path = ("spec", direction, index)
        field = _PEERS[direction]
        peers = [_peer((*path, field, number), peer) for number, peer in items(rule, field)]
        ports = [_port(port) for _, port in items(rule, "ports")]
        yield Rule(path, tuple(peers) if peers else None, tuple(ports) if ports else None)


def _peer(path: Path, peer: dict[str, Any]) -> Peer:
    pods, namespaces = peer.get("podSelector"), peer.get("namespaceSelector")
    return Peer(
        path,
        pods if isinstance(pods, dict) else None,
        namespaces if isinstance(namespaces, dict) else None,
        _block(at(peer, "ipBlock", "cidr")),
    )


def _block(cidr: Any) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(cidr, strict=False) if isinstance(cidr, str) else None
    except ValueError:
        return None


def _port(port: dict[str, Any]) -> PortRule:
    protocol, value, end = str(port.get("protocol") or "TCP"), port.get("port"), port.get("endPort")
    if isinstance(value, str):
        return PortRule(protocol, name=value)
    number = value if isinstance(value, int) else None
    return PortRule(protocol, number, end if isinstance(end, int) else None)


def _by_pod(root: Root) -> dict[int, list[tuple[Policy, bool | None]]]:
    """Return the policies that select, or may select, each pod, by the pod's identity."""
    found: dict[int, list[tuple[Policy, bool | None]]] = {}
    for one in policies(root):
        for pod, answer in judged(root, one.selector, one.object.namespace):
            found.setdefault(id(pod), []).append((one, answer))
    return found


def closing(root: Root, pod: KnownPod, direction: Direction) -> list[Policy]:
    """Return the policies that surely close a pod in a direction; empty where there is none."""
    near = root.once(_by_pod).get(id(pod), ())
    return [found for found, answer in near if answer and found.rules(direction) is not None]


def opening(root: Root, pod: KnownPod, direction: Direction) -> Iterator[tuple[Policy, Rule]]:
    """Yield the rules that hold, or may hold, for a pod."""
    for found, _ in root.once(_by_pod).get(id(pod), ()):
        yield from ((found, rule) for rule in found.rules(direction) or ())


def passes(
    root: Root, direction: Direction, pod: KnownPod, peer: KnownPod, number: int, protocol: str = "TCP"
) -> bool | None:
    """Tell whether the policies of a pod let it talk with another in one direction; the port is the server's."""
    if not closing(root, pod, direction):
        return True
    server = pod if direction == "ingress" else peer
    return anyway(
        _both(rule.admits_port(number, protocol, server), _admits_peer(root, found, rule, peer))
        for found, rule in opening(root, pod, direction)
    )


def _both(one: bool | None, other: bool | None) -> bool | None:
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def _admits_peer(root: Root, found: Policy, rule: Rule, peer: KnownPod) -> bool | None:
    if rule.peers is None:
        return True
    return anyway(_is_peer(root, found, one, peer) for one in rule.peers)


def _is_peer(root: Root, found: Policy, one: Peer, peer: KnownPod) -> bool | None:
    if one.block is not None:
        return None
    pods = selects(one.pods or {}, peer)
    if one.namespaces is not None:
        return _both(_is_namespace(root, one.namespaces, peer.namespace), pods)
    if one.pods is None:
        return None
    own = found.object.namespace
    same = None if None in {own, peer.namespace} and own != peer.namespace else own == peer.namespace
    return _both(same, pods)


def _is_namespace(root: Root, selector: Selector, name: str | None) -> bool | None:
    """Tell whether a selector selects a namespace; of one that does not stand in the tree only the name is known."""
    asked = requirements(selector)
    if asked is None:
        return None
    if not asked:
        return True
    if name is None:
        return None
    item = root.find("Namespace", name)
    if item is not None:
        return matches(selector, {**item.labels, NAME_LABEL: name}) or None
    own = [one.holds({NAME_LABEL: name}) for one in asked if one.key == NAME_LABEL]
    if False in own:
        return False
    return True if len(own) == len(asked) else None


def is_public(block: IPv4Network | IPv6Network) -> bool:
    """Tell whether a block of addresses holds any outside of private networks."""
    return not block.is_private or block.prefixlen == 0

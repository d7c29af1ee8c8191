"""Checks of single NetworkPolicies and of pairs of them.

A policy that only closes (it has no rules) is never called redundant: people keep it to be sure.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mintage.check.interface import ERROR, INFO, WARNING, Check, Hit, Other
from mintage.check.network.policies import NAME_LABEL, Policy, policies
from mintage.check.network.services import blamed
from mintage.check.selectors import (
    covers,
    is_in,
    pods_in,
    requirements,
    selects_nothing,
    shown,
)
from mintage.tree.objects import at, mapping
from mintage.tree.source_map import Resource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.check.network.policies import Direction, Peer, Rule
    from mintage.tree.objects import Object
    from mintage.tree.tree import Root

_DNS = (53, 5353)  # OpenShift's DNS pods listen on 5353
_DIRECTIONS: tuple[Direction, ...] = ("ingress", "egress")
_CLAIMS_OWN = re.compile(r"(same|intra|own|within|inside)[-_.]?(the[-_.])?(ns|namespace)\b")


def own_policies(root: Root) -> list[Policy]:
    """Return the policies of a root itself."""
    own = set(map(id, root.objects))
    return [policy for policy in policies(root) if id(policy.object) in own]


def _no_pod(root: Root) -> Iterator[Hit]:
    for policy in own_policies(root):
        item = policy.object
        if not selects_nothing(root, policy.selector, item.namespace):
            continue
        labels = mapping(policy.selector, "matchLabels")
        texts = {key: value for key, value in labels.items() if isinstance(value, str)}
        key, advice = blamed(texts, [pod.labels for pod in pods_in(root, item.namespace)])
        below = ("matchLabels", *key) if key else ()
        yield Hit(
            f"the policy is for pods with `{shown(policy.selector)}`, which no pod here has",
            advice,
            item,
            ("spec", "podSelector", *below),
        )


def _wider(root: Root) -> dict[int, list[Policy]]:
    """Return the policies of a root that select whatever each of them selects, itself among them, by identity."""
    own = own_policies(root)
    asked = [(policy, requirements(policy.selector)) for policy in own]
    by_label: dict[tuple[str, frozenset[str]], list[Policy]] = {}
    always: list[Policy] = []
    for policy, found in asked:
        exact = [item for item in found or () if item.operator == "In" and len(item.values) == 1]
        (by_label.setdefault((exact[0].key, exact[0].values), []) if exact else always).append(policy)
    result: dict[int, list[Policy]] = {}
    for policy, found in asked:
        near = [other for item in found or () for other in by_label.get((item.key, item.values), ())]
        result[id(policy)] = [other for other in (*always, *near) if _is_wider(other, policy)]
    return result


def _is_wider(wide: Policy, narrow: Policy) -> bool:
    return is_in(wide.object.namespace, narrow.object.namespace) and covers(wide.selector, narrow.selector)


def _redundant(root: Root) -> Iterator[Hit]:
    wider = root.once(_wider)
    for policy in own_policies(root):
        for other in wider[id(policy)]:
            if (
                policy is not other
                and _subsumes(other, policy)
                and not (_subsumes(policy, other) and _first(policy, other))
            ):
                yield Hit(
                    f"NetworkPolicy `{other.object.name}` admits all that this one admits, for the same pods",
                    "remove it, or let it admit what the other does not",
                    policy.object,
                    ("spec",),
                    others=(Other("the policy that admits the same and more", other.object, ("spec",)),),
                )
                break


def _first(policy: Policy, other: Policy) -> bool:
    return policy.object.name < other.object.name


def _subsumes(wide: Policy, narrow: Policy) -> bool:
    """Tell whether a policy closes nothing and opens nothing that another does not."""
    if not _is_wider(wide, narrow):
        return False
    rules = [rule for direction in _DIRECTIONS for rule in narrow.rules(direction) or ()]
    return bool(rules) and all(_direction_subsumed(wide, narrow, direction) for direction in _DIRECTIONS)


def _direction_subsumed(wide: Policy, narrow: Policy, direction: Direction) -> bool:
    outer, inner = wide.rules(direction), narrow.rules(direction)
    if inner is None:
        return True
    return outer is not None and all(any(rule.covers(other) for rule in outer) for other in inner)


def _self_block(root: Root) -> Iterator[Hit]:
    for policy in own_policies(root):
        for direction in _DIRECTIONS:
            rules = policy.rules(direction)
            if (
                rules is None
                or policy.object.namespace is None
                or _admits_own(rules, policy.object.namespace)
            ):
                continue
            for peer in _peers(rules):
                for name in sorted(peer.named_namespaces):
                    if reason := _meant_own(root, policy.object, name):
                        yield _self_block_hit(policy.object, peer, name, reason)


def _peers(rules: tuple[Rule, ...]) -> Iterator[Peer]:
    for rule in rules:
        yield from rule.peers or ()


def _admits_own(rules: tuple[Rule, ...], own: str) -> bool:
    """Tell whether rules admit pods of the policy's own namespace, or may; one that lets everybody in does."""
    if any(rule.peers is None for rule in rules):
        return True
    return any(
        peer.namespaces is None or not peer.named_namespaces or own in peer.named_namespaces
        for peer in _peers(rules)
    )


def _meant_own(root: Root, item: Object, name: str) -> str:
    """Return why a namespace that a policy admits must be meant to be the policy's own; empty where nothing says so."""
    if _CLAIMS_OWN.search(item.name):
        return "its name says that it is about its own namespace"
    if name in _written_namespaces(item):
        return "that is the namespace of the file, which the overlay replaces"
    others = (variant for variant in root.variants if name in variant.namespaces - root.namespaces)
    return next((f"that is where `{variant.folder}` goes" for variant in others), "")


def _written_namespaces(item: Object) -> set[str]:
    """Return the namespace that the manifest names in its file, if what reaches the cluster has another one."""
    written = {
        at(layer.part.value, *layer.list_item, "metadata", "namespace")
        for layer in item.layers
        if isinstance(layer, Resource)
    }
    return {name for name in written if isinstance(name, str)} - {item.namespace or ""}


def _self_block_hit(item: Object, peer: Peer, name: str, reason: str) -> Hit:
    path = (*peer.path, "namespaceSelector", "matchLabels", NAME_LABEL)
    return Hit(
        f"the policy is in namespace `{item.namespace}` and admits `{name}` instead of it; {reason}",
        "use `podSelector: {}` without a namespaceSelector, which means the policy's own namespace everywhere",
        item,
        path if item.at(*path) == name else (*peer.path, "namespaceSelector"),
    )


def _dns_udp_only(root: Root) -> Iterator[Hit]:
    for policy in own_policies(root):
        near = root.once(_wider)[id(policy)]
        for rule in policy.egress or ():
            number = next((number for number in _DNS if _is_only(rule, number, "UDP")), None)
            if number is None or any(_opens_tcp(other, rule, number) for other in near):
                continue
            yield Hit(
                f"DNS is admitted over UDP only: port {number} is closed for TCP",
                f"add `{{protocol: TCP, port: {number}}}` to the rule",
                policy.object,
                (*rule.path, "ports"),
            )


def _is_only(rule: Rule, number: int, protocol: str) -> bool:
    """Tell whether a rule opens just a port by its number, for a protocol."""
    return any(
        port.first == number and port.last is None and port.protocol == protocol for port in rule.ports or ()
    )


def _opens_tcp(policy: Policy, rule: Rule, number: int) -> bool:
    return any(
        other.admits_port(number) is not False
        and (other.peers is None or rule.peers is None or _reaches(other, rule))
        for other in policy.egress or ()
    )


def _reaches(other: Rule, rule: Rule) -> bool:
    return all(
        any(peer.covers(one) or peer.block is not None for peer in other.peers or ())
        for one in rule.peers or ()
    )


CHECKS = (
    Check(
        "netpol-no-pod",
        WARNING,
        "root",
        _no_pod,
        why="A policy that selects no pod closes nothing and opens nothing: what it was written for stays as it was.",
        fix="Let podSelector name labels that the pods have; for pods that an operator makes, the labels it gives them.",
    ),
    Check(
        "netpol-redundant",
        INFO,
        "root",
        _redundant,
        why="Policies add up. One that another covers does nothing, and whoever tightens it sees no effect.",
        fix="Remove the narrower policy, or tighten the wider one.",
    ),
    Check(
        "netpol-self-block",
        ERROR,
        "root",
        _self_block,
        why="Kustomize does not rewrite namespace names in selectors. A policy that names its base's namespace, or another"
        " environment's, closes its own pods to each other and opens them to strangers.",
        fix="Use `podSelector: {}` without a namespaceSelector: it means the namespace that the policy is in.",
    ),
    Check(
        "netpol-dns-udp-only",
        WARNING,
        "root",
        _dns_udp_only,
        why="Answers that do not fit into a datagram are asked for again over TCP; some resolvers use TCP from the start."
        " With port 53 open for UDP only, long answers fail now and then.",
        fix="Open port 53 for both protocols.",
    ),
)

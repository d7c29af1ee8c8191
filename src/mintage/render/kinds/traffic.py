"""Traffic: ingress NetworkPolicies that select pods by the labels services export."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from mintage.errors import did_you_mean, fail
from mintage.manifest import Manifest, metadata
from mintage.render.label_selectors import selector_for
from mintage.spec.traffic import ALL, Namespaces

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.render.scope import Scope
    from mintage.spec.traffic import Allow, Traffic


class Target(NamedTuple):
    """Pods that are to be reached: whose they are, their labels, and the open ports."""

    service: str
    labels: dict[str, str]
    ports: tuple[int, ...]


class Opening(NamedTuple):
    """What one policy opens: a selector of pods, the ports, and the service that gives it a name."""

    service: str
    selector: dict[str, Any]
    ports: tuple[int, ...]


def render(spec: Traffic, scope: Scope) -> list[Manifest]:
    """Return the policies of every entry, in the order of the spec."""
    return [
        _policy(name, opening, entry, spec, scope)
        for entry in spec.allow
        for name, opening in _named(entry, spec, scope)
    ]


def _named(entry: Allow, spec: Traffic, scope: Scope) -> Iterator[tuple[str, Opening]]:
    """Yield the entry's openings with the names of their policies: the entry's own where one is enough."""
    openings = (
        [Opening("", {}, ())] if entry.to == ALL else list(_openings(_targets(entry, spec, scope), scope))
    )
    seen: Counter[str] = Counter()
    for opening in openings:
        seen[opening.service] += 1
        number = f"-{seen[opening.service]}" if seen[opening.service] > 1 else ""
        yield entry.name if len(openings) == 1 else f"{entry.name}-{opening.service}{number}", opening


def _targets(entry: Allow, spec: Traffic, scope: Scope) -> list[Target]:
    """Return the pods an entry lets traffic through to; `MintageError` when there are none."""
    pods = [(export.name, pod) for export in scope.select(entry.to) for pod in export.pods]
    found: dict[object, Target] = {}
    for service, pod in pods:
        ports = {number for name, number in pod.ports.items() if not entry.ports or name in entry.ports}
        if ports:
            found.setdefault(
                (_key(pod.labels), *sorted(ports)), Target(service, pod.labels, tuple(sorted(ports)))
            )
    known = {name for _, pod in pods for name in pod.ports}
    for name in entry.ports:
        if name not in known:
            message = f"`{entry.name}`: no pod of `{entry.to}` has a port `{name}`"
            raise fail(f"{spec.kind} {spec.name}", "reference-unknown", message, did_you_mean(name, known))
    if not found:
        message = f"`{entry.name}`: no pod of `{entry.to}` has a port"
        raise fail(
            f"{spec.kind} {spec.name}",
            "reference-unknown",
            message,
            "give the service a port, or remove the entry",
        )
    return list(found.values())


def _openings(targets: list[Target], scope: Scope) -> Iterator[Opening]:
    """Yield as few openings as reach the targets on their ports and reach no other pod."""
    every_pod = [pod.labels for export in scope.select("*/*") for pod in export.pods]
    for ports in dict.fromkeys(target.ports for target in targets):
        group = [target for target in targets if target.ports == ports]
        wanted = {_key(target.labels) for target in group}
        others = [labels for labels in every_pod if _key(labels) not in wanted]
        selector = selector_for([target.labels for target in group], others)
        if selector is not None:
            yield Opening(group[0].service, selector, ports)
        else:
            yield from (Opening(target.service, {"matchLabels": target.labels}, ports) for target in group)


def _key(labels: dict[str, str]) -> frozenset[tuple[str, str]]:
    return frozenset(labels.items())


def _policy(name: str, opening: Opening, entry: Allow, spec: Traffic, scope: Scope) -> Manifest:
    rule: dict[str, Any] = {"from": _peers(entry)}
    if opening.ports:
        rule["ports"] = [{"protocol": "TCP", "port": port} for port in opening.ports]
    return Manifest(
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": metadata(
                name, labels=scope.labels(spec.name, spec.folder), annotations=spec.annotations
            ),
            "spec": {"podSelector": opening.selector, "policyTypes": ["Ingress"], "ingress": [rule]},
        }
    )


def _peers(entry: Allow) -> list[dict[str, Any]]:
    """Return the callers; an empty selector stands for every pod or every namespace."""
    if isinstance(entry.from_, Namespaces):
        key = "kubernetes.io/metadata.name"  # a label the API server itself puts on every namespace
        return [{"namespaceSelector": {"matchLabels": {key: name}}} for name in entry.from_.namespaces]
    return [{"podSelector": {}}] if entry.from_ == "namespace" else [{"namespaceSelector": {}}]

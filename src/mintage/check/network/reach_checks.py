"""Checks of who can reach whom through the NetworkPolicies of a tree.

Silent where policies of other makers stand in the tree, where labels or namespaces are not known, and for pods on the
network of their machine, to which policies do not apply.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from mintage.check import known
from mintage.check.interface import ERROR, WARNING, Check, Hit, Other
from mintage.check.network.monitors import (
    monitors,
    number_of,
    pods_behind,
    prometheus_namespaces,
    scraped_ports,
    vllm_in,
)
from mintage.check.network.policies import (
    closing,
    has_other_kinds,
    is_public,
    opening,
    passes,
)
from mintage.check.references.addresses import (
    container_texts,
    known_namespaces,
    local,
    parsed,
)
from mintage.check.selectors import is_in, requirements
from mintage.tree.objects import items, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.check.known import KnownPod, KnownService
    from mintage.check.network.policies import Peer, Policy, Rule
    from mintage.check.references.addresses import Address
    from mintage.tree.objects import Container, Path
    from mintage.tree.tree import Root

# Hosts of model hubs and object stores, from which a pod that names them loads.
_HUBS = (
    "huggingface.co", "*.huggingface.co", "hf.co", "*.hf.co", "modelscope.cn", "*.modelscope.cn", "*.amazonaws.com",
    "storage.googleapis.com", "*.blob.core.windows.net", "api.ngc.nvidia.com", "*.r2.cloudflarestorage.com",
)  # fmt: skip
_PROXIES = frozenset({"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"})
_OFFLINE = frozenset({"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_ENDPOINT", "VLLM_USE_MODELSCOPE"})
_HUB_MODEL = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_WAY_OUT = re.compile(r"egress|proxy|istio")
_HTTPS = 443


def _clients(root: Root) -> Iterator[KnownPod]:
    """Yield the pods of a root itself to which policies apply."""
    own = set(map(id, root.objects))
    for pod in known.pods(root):
        if pod.pod and id(pod.source) in own and not pod.pod.spec.get("hostNetwork"):
            yield pod


def _judged_clients(root: Root) -> list[KnownPod]:
    if has_other_kinds(root) or not any(near.of("NetworkPolicy") for near in (root, *root.companions)):
        return []
    return list(_clients(root))


def _containers(pod: KnownPod) -> tuple[Container, ...]:
    return pod.pod.containers if pod.pod else ()


def _blocks_client(root: Root) -> Iterator[Hit]:
    for client in _judged_clients(root):
        for container in _containers(client):
            for address in _addresses(container):
                service = _service_of(root, address, client.namespace)
                if service is not None and (found := _blocked(root, client, service, address)):
                    yield _blocked_hit(client, service, address, found)


def _addresses(container: Container) -> Iterator[Address]:
    for path, text in container_texts(container):
        yield from parsed(container.owner, path, text, in_pod=True)


def _service_of(root: Root, address: Address, namespace: str | None) -> KnownService | None:
    """Return the Service that an address means for a pod of a namespace."""
    found = local(address, root.tree.once(known_namespaces))
    return known.service(root, found[0], found[1] or namespace) if found else None


def _is_outside(host: str) -> bool:
    return "." in host and host.rpartition(".")[2] not in {"svc", "local", "internal", "lan"}


def _blocked(
    root: Root, client: KnownPod, service: KnownService, address: Address
) -> tuple[str, Policy] | None:
    """Return the direction and a policy that blocks a client from all pods of a Service; None where one may be reached."""
    servers = list(_servers(root, service, address.port))
    if not servers:
        return None
    found = [_blocked_pair(root, client, server, number) for server, number in servers]
    return found[0] if all(found) else None


def _servers(root: Root, service: KnownService, number: int | None) -> Iterator[tuple[KnownPod, int]]:
    """Yield the pods behind a port of a Service with the ports they listen on; nothing where one is not known."""
    headless = service.source is not None and service.source.spec.get("clusterIP") == "None"
    target = next((port.target for port in service.ports or () if port.number == number), None)
    if target is None or number is None:
        return
    found = [(pod, number if headless else number_of(pod, target)) for pod in pods_behind(root, service)]
    if all(port is not None for _, port in found):
        yield from ((pod, port) for pod, port in found if port is not None)


def _blocked_pair(root: Root, client: KnownPod, server: KnownPod, number: int) -> tuple[str, Policy] | None:
    if client.pod is server.pod or (server.pod and server.pod.spec.get("hostNetwork")):
        return None
    if passes(root, "egress", client, server, number) is False:
        return "egress", closing(root, client, "egress")[0]
    if passes(root, "ingress", server, client, number) is False:
        return "ingress", closing(root, server, "ingress")[0]
    return None


def _blocked_hit(client: KnownPod, service: KnownService, address: Address, found: tuple[str, Policy]) -> Hit:
    direction, policy = found
    whose = "this pod may not send there" if direction == "egress" else "its pods do not admit this one"
    return Hit(
        f"port {address.port} of Service `{service.name}` cannot be reached: {whose}, by NetworkPolicy `{policy.object.name}`",
        f"add an {direction} rule for this connection to a policy that selects the {'client' if direction == 'egress' else 'server'}",
        client.source,
        address.path,
        others=(Other(f"NetworkPolicy `{policy.object.name}`", policy.object, ("spec",)),),
    )


def _egress_external(root: Root) -> Iterator[Hit]:
    for pod in _judged_clients(root):
        policies = closing(root, pod, "egress")
        if not policies:
            continue
        for container in _containers(pod):
            for host, port, path in _needs(root, pod, container):
                if not any(_leads_outside(rule, port) for _, rule in opening(root, pod, "egress")):
                    yield _external_hit(pod, policies[0], host, port, path)


def _external_hit(pod: KnownPod, policy: Policy, host: str, port: int, path: Path) -> Hit:
    return Hit(
        f"the pod needs `{host}`, but NetworkPolicy `{policy.object.name}` closes it and no rule admits port {port} outside of the cluster",
        f"add an egress rule for port {port} without `to`, or with an ipBlock that holds the host",
        pod.source,
        path,
        others=(Other(f"NetworkPolicy `{policy.object.name}`", policy.object, ("spec",)),),
    )


def _needs(root: Root, pod: KnownPod, container: Container) -> Iterator[tuple[str, int, Path]]:
    """Yield the hosts outside of the cluster that a container cannot do without: host, port and place."""
    if _may_set(root, container, _PROXIES):
        return
    for address in _addresses(container):
        wanted = any(fnmatchcase(address.host, pattern) for pattern in _HUBS)
        if _is_outside(address.host) and (wanted or known.is_external_host(root.tree, address.host)):
            yield address.host, address.port or _HTTPS, address.path
    if (model := _hub_model(root, pod, container)) is not None:
        yield "huggingface.co", _HTTPS, model


def _may_set(root: Root, container: Container, names: frozenset[str]) -> bool:
    """Tell whether a container has, or may have, one of some variables."""
    if names & container.env.keys():
        return True
    for _, entry in items(container.document, "envFrom"):
        for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            name = mapping(entry, field).get("name")
            keys = (
                known.keys(root, kind, name, container.pod.namespace)
                if isinstance(name, str)
                else frozenset()
            )
            if keys is None or names & keys:
                return True
    return False


def _hub_model(root: Root, pod: KnownPod, container: Container) -> Path | None:
    """Return the place of the name of a model that the container loads from Hugging Face; None where it may not."""
    uri = container.document.get("storageUri")
    if isinstance(uri, str) and uri.startswith("hf://"):
        return (*container.path, "storageUri")
    if vllm_in(container.image) is None or _may_set(root, container, _OFFLINE) or _is_preloaded(root, pod):
        return None
    texts = container.argv
    for index, (path, text) in enumerate(texts):
        value = text.removeprefix("--model=")
        named = value != text or (index and texts[index - 1][1] in {"--model", "serve"})
        if named and _HUB_MODEL.fullmatch(value):
            return path
    return None


def _is_preloaded(root: Root, pod: KnownPod) -> bool:
    """Tell whether another pod uses a claim of this one, and so may have put the model there."""
    own = _claims(pod)
    return any(own & _claims(other) for other in known.pods(root) if other.source is not pod.source)


def _claims(pod: KnownPod) -> set[str]:
    volumes = items(pod.pod.spec, "volumes") if pod.pod else []
    claims = (mapping(volume, "persistentVolumeClaim").get("claimName") for _, volume in volumes)
    return {claim for claim in claims if isinstance(claim, str)}


def _leads_outside(rule: Rule, port: int) -> bool:
    """Tell whether an egress rule may let a pod reach a port outside of the cluster."""
    if rule.admits_port(port) is False:
        return False
    return rule.peers is None or any(_is_outside_peer(peer) for peer in rule.peers)


def _is_outside_peer(peer: Peer) -> bool:
    if peer.block is not None:
        return is_public(peer.block)
    selectors = [item for selector in (peer.pods, peer.namespaces) for item in requirements(selector) or ()]
    is_empty = peer.pods is None and peer.namespaces is None
    return is_empty or any(_WAY_OUT.search(value) for item in selectors for value in item.values)


def _blocks_scrape(root: Root) -> Iterator[Hit]:
    if has_other_kinds(root):
        return
    for monitor in monitors(root):
        for endpoint in monitor.endpoints:
            for pod, number in scraped_ports(root, monitor, endpoint):
                policies = closing(root, pod, "ingress")
                if policies and not any(
                    _admits_scraper(root, pod, number, rule) for _, rule in opening(root, pod, "ingress")
                ):
                    yield Hit(
                        f"Prometheus cannot reach port {number} of the pods of {pod.source.kind} `{pod.source.name}`: NetworkPolicy"
                        f" `{policies[0].object.name}` closes them, and no rule admits another namespace to this port",
                        f"add an ingress rule for port {number} from the namespace of Prometheus",
                        monitor.object,
                        (*endpoint.path, "port"),
                        others=(Other("the policy that closes the pods", policies[0].object, ("spec",)),),
                    )
                    break


def _admits_scraper(root: Root, pod: KnownPod, number: int, rule: Rule) -> bool:
    if rule.admits_port(number, "TCP", pod) is False:
        return False
    here = any(is_in(pod.namespace, name) for name in prometheus_namespaces(root))
    return rule.peers is None or any(here or _is_foreign(peer, pod.namespace) for peer in rule.peers)


def _is_foreign(peer: Peer, own: str | None) -> bool:
    """Tell whether a peer may be a Prometheus in another namespace; one that is named so may be in any."""
    if peer.block is not None:
        return True
    values = [value for item in requirements(peer.pods or {}) or () for value in item.values]
    if any("prometheus" in value for value in values):
        return True
    return peer.namespaces is not None and peer.named_namespaces != frozenset({own})


CHECKS = (
    Check(
        "netpol-blocks-client",
        ERROR,
        "root",
        _blocks_client,
        why="A container is given the address of a Service that the tree's own policies keep it from: it waits until it times out.",
        fix="Admit the connection: ingress at the server, egress at the client, on the port of the pod, not of the Service.",
    ),
    Check(
        "netpol-egress-external-blocked",
        ERROR,
        "root",
        _egress_external,
        why="A model server that may only talk inside of the cluster cannot load its model from a hub or an object store outside"
        " and never becomes ready.",
        fix="Add an egress rule for port 443 that admits addresses outside, or load the model from inside of the cluster.",
    ),
    Check(
        "netpol-blocks-scrape",
        WARNING,
        "root",
        _blocks_scrape,
        why="Prometheus mostly runs in a namespace of its own. Where policies close a scraped port to other namespaces, the target"
        " is down for good and its alerts never fire.",
        fix="Admit the namespace of Prometheus to the ports that the monitors name.",
    ),
)

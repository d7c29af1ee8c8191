"""Checks that the addresses in variables, arguments and configurations lead to Services that exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mintage.check import known
from mintage.check.interface import ERROR, WARNING, Check, Hit, Other
from mintage.check.references.addresses import addresses, known_namespaces, local
from mintage.check.references.outside import may_be_made_by_operator, may_hold_more
from mintage.errors import did_you_mean
from mintage.tree.objects import items

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.check.known import KnownService
    from mintage.check.references.addresses import Address
    from mintage.tree.objects import Container, Object, Path
    from mintage.tree.tree import Root

_STAGES = frozenset(
    {
        "dev", "develop", "development", "test", "testing", "qa", "uat", "int", "integration", "stage", "staging", "stg", "pre",
        "preprod", "prod", "prd", "production", "sandbox", "demo", "preview", "ci", "base", "local", "lab",
    }
)  # fmt: skip


def _targets(root: Root) -> tuple[tuple[Address, str, str | None], ...]:
    """Return the addresses inside the cluster: Service, and namespace or None for that of the pod."""
    namespaces = root.tree.once(known_namespaces)
    found = []
    for address in root.once(addresses):
        target = local(address, namespaces)
        if target is not None:
            found.append((address, *target))
    return tuple(found)


def _service_missing(root: Root) -> Iterator[Hit]:
    for address, name, asked in root.once(_targets):
        namespace = asked or address.owner.namespace
        if asked is None and not (address.in_pod and address.owner.namespaced):
            continue
        if known.is_external_host(root.tree, address.host):
            continue
        if _is_mismatch(root, address, name, asked) or known.exists(root, "Service", name, namespace):
            continue
        if (
            _is_own_name(address, name)
            or may_be_made_by_operator(root, name)
            or may_hold_more(root, namespace)
        ):
            continue
        place = f" in namespace `{asked}`" if asked not in {None, address.owner.namespace} else ""
        near = did_you_mean(name, (service.name for service in known.services(root)))
        otherwise = "add the Service, or declare it under `externals.services`"
        advice = f"{near} Otherwise {otherwise}" if near.startswith("did you mean") else otherwise
        yield Hit(
            f"`{address.text}` needs a Service `{name}`{place}, which is not there",
            advice,
            address.owner,
            address.path,
        )


def _is_own_name(address: Address, name: str) -> bool:
    """Tell whether the pod itself resolves the name: by an entry in its hosts file, or as its own host name."""
    for pod in address.owner.pods:
        aliases = (alias for _, entry in items(pod.spec, "hostAliases") for alias in _hostnames(entry))
        if name in aliases or pod.spec.get("hostname") == name or pod.spec.get("subdomain") == name:
            return True
    return False


def _hostnames(entry: dict[str, object]) -> list[object]:
    found = entry.get("hostnames")
    return found if isinstance(found, list) else []


def _namespace_mismatch(root: Root) -> Iterator[Hit]:
    for address, name, asked in root.once(_targets):
        if asked is None or not _is_mismatch(root, address, name, asked):
            continue
        own = _own_service(root, name)
        where = own.namespace if own else None
        yield Hit(
            f"`{address.text}` names namespace `{asked}`, Service `{name}` of this root is in `{where}`",
            f"use `{name}` alone, or `{name}.{where}.svc`, or patch it in the overlay",
            address.owner,
            address.path,
            others=(Other("the Service", own.source, ("metadata", "name")),) if own and own.source else (),
        )


def _own_service(root: Root, name: str) -> KnownService | None:
    return next(
        (
            found
            for found in known.services(root)
            if found.name == name and found.namespace in root.namespaces
        ),
        None,
    )


def _is_mismatch(root: Root, address: Address, name: str, asked: str | None) -> bool:
    if asked is None or asked in root.namespaces or not address.owner.namespaced:
        return False
    if known.is_external(root.tree, "Service", name, asked):
        return False
    own = _own_service(root, name)
    return own is not None and is_anothers(root, asked)


def is_anothers(root: Root, namespace: str) -> bool:
    """Tell whether a namespace is another environment's, or the one that an overlay was meant to replace."""
    if any(namespace in other.namespaces for other in root.tree.roots):
        return any(namespace in other.namespaces for other in root.variants) and not any(
            namespace in other.namespaces for other in root.companions
        )
    return any(_are_kin(namespace, own) for own in root.namespaces)


def _are_kin(one: str, other: str) -> bool:
    """Tell whether two names differ in the word for a stage only."""
    first, second = one.split("-"), other.split("-")
    rest = [word for word in first if word not in _STAGES]
    return bool(rest) and first != second and rest == [word for word in second if word not in _STAGES]


def _port_mismatch(root: Root) -> Iterator[Hit]:
    for address, name, asked in root.once(_targets):
        if address.port is None or (asked is None and not address.owner.namespaced):
            continue
        service = known.service(root, name, asked or address.owner.namespace)
        if service is None or _is_open(service) or (len(address.labels) > 1 and address.labels[0] != name):
            continue
        ports = {port.number for port in service.ports or ()}
        if not ports or address.port in ports:
            continue
        has = ", ".join(str(port) for port in sorted(ports))
        said = f"port {address.port}" if address.explicit else f"no port, which means {address.port}"
        yield Hit(
            f"`{address.text}` has {said}; Service `{name}` has {has}",
            f"use port {has}" if len(ports) == 1 else f"use one of the ports {has}",
            address.owner,
            address.path,
            others=(Other("the Service", service.source, ("spec", "ports")),)
            if service.source and not service.generated
            else (),
        )


def _is_open(service: KnownService) -> bool:
    """Tell whether a Service answers on ports that it does not list."""
    source = service.source
    if service.ports is None or source is None:
        return True
    return not service.generated and (
        source.spec.get("clusterIP") == "None" or source.spec.get("type") == "ExternalName"
    )


def _namespace_literal(root: Root) -> Iterator[Hit]:
    known_here = root.tree.once(known_namespaces)
    for item in root.objects:
        for container in item.containers:
            for what, path, value in _namespace_values(container):
                is_named = "namespace" in what.lower() or value in known_here
                if (
                    is_named
                    and item.namespace
                    and value != item.namespace
                    and _is_literal_of_another(root, value)
                ):
                    yield _literal_hit(item, what, path, value)


def _literal_hit(item: Object, what: str, path: Path, value: str) -> Hit:
    return Hit(
        f"{what} names namespace `{value}`; this root goes to `{item.namespace}`",
        "take it from the pod (`fieldRef: metadata.namespace`), or patch it in the overlay",
        item,
        path,
    )


def _is_literal_of_another(root: Root, value: str) -> bool:
    return value not in root.namespaces and is_anothers(root, value)


def _namespace_values(container: Container) -> Iterator[tuple[str, Path, str]]:
    """Yield the texts of a container that are a namespace by their name or form."""
    for name, (path, entry) in container.env.items():
        value = entry.get("value")
        if isinstance(value, str) and ("NAMESPACE" in name.upper() or "-" in value):
            yield f"`{name}`", (*path, "value"), value
    before = ""
    for path, text in container.argv:
        flag, equals, value = text.partition("=")
        if equals and flag.startswith("--") and flag.endswith("namespace"):
            yield f"`{flag}`", path, value
        elif before.startswith("--") and before.endswith("namespace"):
            yield f"`{before}`", path, text
        before = text


CHECKS = (
    Check(
        "dns-service-missing",
        ERROR,
        "root",
        _service_missing,
        why="A pod that is told an address which no Service has gets `no such host` at run time, often only under load.",
        fix="Correct the name, add the Service, or declare it under `externals.services`.",
    ),
    Check(
        "dns-namespace-mismatch",
        ERROR,
        "root",
        _namespace_mismatch,
        why="Kustomize rewrites `metadata.namespace` but no text: an address with a namespace in it keeps pointing at another environment.",
        fix="Leave the namespace out, take it from the pod's own, or patch the text in the overlay.",
    ),
    Check(
        "dns-port-mismatch",
        ERROR,
        "root",
        _port_mismatch,
        why="A connection to a port that the Service does not have is dropped: the client waits until its timeout.",
        fix="Use a port of the Service, not that of the container.",
    ),
    Check(
        "env-namespace-literal",
        WARNING,
        "root",
        _namespace_literal,
        why="A namespace written into a variable is not rewritten by Kustomize: the pod works on another environment's objects.",
        fix="Take the namespace from the pod with `fieldRef: metadata.namespace`, or patch the value in the overlay.",
    ),
)

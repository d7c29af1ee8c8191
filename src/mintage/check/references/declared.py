"""Checks that what a tree needs from outside is declared, and that the namespaces it goes to are made."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from mintage.check import known, tables
from mintage.check.interface import INFO, WARNING, Check, Hit
from mintage.check.references.addresses import addresses, known_namespaces, local
from mintage.check.references.paths import listed
from mintage.spec.validation import Externals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.check.references.addresses import Address
    from mintage.tree.tree import Root, Tree

_PLATFORM = ("default", "kube-*", "openshift", "openshift-*")


def _namespace_undeclared(root: Root) -> Iterator[Hit]:
    if root.environment:
        return  # a workspace declares the namespaces of its environments
    made = root.tree.once(_made)
    seen: set[str] = set()
    for item in root.objects:
        own = item.metadata.get("namespace")
        if not isinstance(own, str) or own in seen or own in made:
            continue
        seen.add(own)
        if (
            any(fnmatchcase(own, pattern) for pattern in _PLATFORM)
            or tables.operator_namespace(own)
            or known.is_external(root.tree, "Namespace", own)
        ):
            continue
        yield Hit(
            f"no Namespace `{own}` is in the tree, and objects of this root go there",
            f"add the Namespace, or declare `Namespace/{own}` under `externals.objects`",
            item,
            ("metadata", "namespace"),
        )


def _made(tree: Tree) -> frozenset[str]:
    """Return the namespaces that something in the tree makes, or lets Argo CD make."""
    kinds = ("Namespace", "Project", "ProjectRequest")
    found = {item.name for item in (*tree.of(*kinds), *(own for own in tree.loose if own.kind in kinds))}
    for item in tree.of("Application", group="argoproj.io"):
        if "CreateNamespace=true" in listed(item.at("spec", "syncPolicy", "syncOptions")):
            found.add(str(item.at("spec", "destination", "namespace")))
    return frozenset(found)


def _external_undeclared(root: Root) -> Iterator[Hit]:
    if root.tree.externals == Externals():
        return
    namespaces = root.tree.once(known_namespaces)
    seen: set[str] = set()
    for address in root.once(addresses):
        if not address.in_pod or address.host in seen:
            continue
        seen.add(address.host)
        target = local(address, namespaces)
        if target is None:
            yield from _host(root, address)
        elif target[1] is not None and target[1] not in namespaces:
            yield from _service(root, address, *target)


def _host(root: Root, address: Address) -> Iterator[Hit]:
    if not known.is_external_host(root.tree, address.host):
        yield Hit(
            f"`{address.host}` is outside of the cluster and is not declared",
            "add it to `externals.hosts`",
            address.owner,
            address.path,
        )


def _service(root: Root, address: Address, name: str, namespace: str | None) -> Iterator[Hit]:
    full = f"{name}.{namespace}"
    hosts = (address.host, full)
    if known.is_external(root.tree, "Service", name, namespace) or any(
        known.is_external_host(root.tree, host) for host in hosts
    ):
        return
    if any(fnmatchcase(str(namespace), pattern) for pattern in _PLATFORM):
        return
    yield Hit(
        f"Service `{name}` in namespace `{namespace}` is outside of the tree and is not declared",
        f"add `{full}` to `externals.services`",
        address.owner,
        address.path,
    )


CHECKS = (
    Check(
        "namespace-undeclared",
        INFO,
        "root",
        _namespace_undeclared,
        why="Objects cannot be applied to a namespace that does not exist: somebody has to make it first, by hand.",
        fix="Add the Namespace to the tree, let Argo CD make it (`CreateNamespace=true`), or declare it.",
    ),
    Check(
        "external-undeclared",
        WARNING,
        "root",
        _external_undeclared,
        why="A dependency that is not written down is missed when a cluster is set up, mirrored or closed off.",
        fix="Declare it under `externals.hosts` or `externals.services`.",
    ),
)

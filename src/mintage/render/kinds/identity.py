"""Identity: a ServiceAccount, and Role, ClusterRole and their bindings as its rules need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mintage.manifest import Manifest, metadata
from mintage.spec.identity import parse_rule

if TYPE_CHECKING:
    from mintage.render.scope import Scope
    from mintage.spec.identity import Identity

RBAC = "rbac.authorization.k8s.io"


def render(spec: Identity, scope: Scope) -> list[Manifest]:
    """Return the account and its permissions."""
    labels = scope.labels(spec.name, spec.folder)
    return [
        service_account(spec.name, labels, annotations=spec.annotations),
        *permissions(spec.name, spec.name, rules_of(spec.rules), labels, scope, namespace=spec.namespace),
        *cluster_permissions(
            spec.name, spec.name, rules_of(spec.cluster_rules), labels, scope, namespace=spec.namespace
        ),
    ]


def rules_of(texts: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return RBAC rules for compact ones such as `pods, deployments.apps: read`."""
    rules = []
    for group, resources, verbs in (rule for text in texts for rule in parse_rule(text)):
        if group is None:
            rules.append({"nonResourceURLs": list(resources), "verbs": list(verbs)})
        else:
            rules.append({"apiGroups": [group], "resources": list(resources), "verbs": list(verbs)})
    return rules


def service_account(name: str, labels: dict[str, str], annotations: dict[str, str] | None = None) -> Manifest:
    """Return a ServiceAccount."""
    return Manifest(
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": metadata(name, labels=labels, annotations=annotations),
        }
    )


def permissions(
    name: str,
    account: str,
    rules: list[dict[str, Any]],
    labels: dict[str, str],
    scope: Scope,
    *,
    namespace: str | None = None,
) -> list[Manifest]:
    """Return a Role and its binding to an account of the same namespace; nothing where there are no rules."""
    return _pair("", name, name, account, rules, labels, namespace or scope.namespace) if rules else []


def cluster_permissions(
    name: str,
    account: str,
    rules: list[dict[str, Any]],
    labels: dict[str, str],
    scope: Scope,
    *,
    namespace: str | None = None,
) -> list[Manifest]:
    """Return a ClusterRole and its binding, named after the namespace so that environments do not collide."""
    return (
        _pair("Cluster", scope.cluster_name(name), name, account, rules, labels, namespace or scope.namespace)
        if rules
        else []
    )


def _pair(
    scope: str,
    name: str,
    identity: str,
    account: str,
    rules: list[dict[str, Any]],
    labels: dict[str, str],
    namespace: str,
) -> list[Manifest]:
    role: dict[str, Any] = {
        "apiVersion": f"{RBAC}/v1",
        "kind": f"{scope}Role",
        "metadata": metadata(name, labels=labels),
        "rules": rules,
    }
    binding: dict[str, Any] = {
        "apiVersion": f"{RBAC}/v1",
        "kind": f"{scope}RoleBinding",
        "metadata": metadata(name, labels=labels),
        "roleRef": {"apiGroup": RBAC, "kind": f"{scope}Role", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": namespace}],
    }
    return [Manifest(role, identity=identity), Manifest(binding, identity=identity)]

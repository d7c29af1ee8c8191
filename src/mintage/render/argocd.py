"""How Argo CD delivers the tree: an AppProject that allows what was rendered, and an Application per environment.

Field names are those of argoproj.io/v1alpha1 as of Argo CD 3.5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mintage.manifest import compact, metadata

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mintage.spec.system import ArgoCD, System

_API = "argoproj.io/v1alpha1"


def project(
    system: System, argocd: ArgoCD, namespaces: Iterable[str], cluster_kinds: Iterable[tuple[str, str]]
) -> dict[str, Any]:
    """Return the AppProject: one repository, the namespaces in use, the cluster-scoped kinds that are rendered."""
    return {
        "apiVersion": _API,
        "kind": "AppProject",
        "metadata": metadata(
            argocd.project or system.name, namespace=argocd.namespace, labels=_labels(system)
        ),
        "spec": {
            "description": f"What the {system.name} system may deploy, and where.",
            "sourceRepos": [argocd.repository],
            "destinations": [
                {"namespace": name, "server": argocd.server} for name in sorted(set(namespaces))
            ],
            # The sync option CreateNamespace is refused where the project does not allow namespaces.
            "clusterResourceWhitelist": [
                {"group": group, "kind": kind} for group, kind in sorted({("", "Namespace"), *cluster_kinds})
            ],
            "namespaceResourceWhitelist": [{"group": "*", "kind": "*"}],
        },
    }


def application(system: System, argocd: ArgoCD, environment: str) -> dict[str, Any]:
    """Return the Application of an environment."""
    path = "/".join(part for part in (argocd.path.strip("/"), system.output, "overlays", environment) if part)
    automated = {} if environment in argocd.manual_sync else {"automated": {"prune": True, "selfHeal": True}}
    return {
        "apiVersion": _API,
        "kind": "Application",
        "metadata": metadata(
            f"{system.name}-{environment}", namespace=argocd.namespace, labels=_labels(system)
        ),
        "spec": {
            "project": argocd.project or system.name,
            "source": {"repoURL": argocd.repository, "targetRevision": argocd.revision, "path": path},
            "destination": {"server": argocd.server, "namespace": system.namespace_in(environment)},
            "syncPolicy": {
                **automated,
                "syncOptions": ["CreateNamespace=true", "ServerSideApply=true"],
                **compact(managedNamespaceMetadata=compact(labels=dict(argocd.namespace_labels))),
                "retry": {"limit": 5, "backoff": {"duration": "5s", "factor": 2, "maxDuration": "3m"}},
            },
        },
    }


def _labels(system: System) -> dict[str, str]:
    return {
        "app.kubernetes.io/part-of": system.name,
        "app.kubernetes.io/managed-by": "mintage",
        **system.labels,
    }

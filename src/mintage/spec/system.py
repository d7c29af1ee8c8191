"""The root of a workspace: `specs/system.yaml`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import Meta

from mintage.errors import did_you_mean
from mintage.spec.decode import Complaint, Fields
from mintage.spec.fields import Labels, Name, layout_complaints
from mintage.spec.validation import Externals, Rules

if TYPE_CHECKING:
    from collections.abc import Iterator


class Environment(Fields, frozen=True, kw_only=True):
    """A place the system runs in: its namespace, and what differs there for many services at once."""

    namespace: Annotated[Name | None, Meta(description="Namespace; that of the system by default.")] = None
    set: Annotated[
        dict[str, dict[str, Any]],
        Meta(description="Partial specs by selector: a name, or `Kind/pattern` such as `ModelServer/*`."),
    ] = {}


class Taint(Fields, frozen=True, kw_only=True):
    """A taint of a node pool."""

    key: Annotated[str, Meta(description="Key of the taint.")]
    value: Annotated[
        str | None, Meta(description="Value of the taint; without one, any value is tolerated.")
    ] = None
    effect: Annotated[
        Literal["NoSchedule", "PreferNoSchedule", "NoExecute"],
        Meta(description="What happens to pods that do not tolerate it."),
    ] = "NoSchedule"


class NodePool(Fields, frozen=True, kw_only=True):
    """Nodes that services can ask for by name: their labels and taints."""

    labels: Annotated[
        Labels, Meta(description="Labels of the nodes; what asks for the pool selects them.")
    ] = {}
    taints: Annotated[
        tuple[Taint, ...], Meta(description="Taints of the nodes; what asks for the pool tolerates them.")
    ] = ()


class Accelerator(Fields, frozen=True, kw_only=True):
    """A kind of accelerator: the resource that counts it, and what comes with it."""

    resource: Annotated[str, Meta(description="Extended resource, such as `nvidia.com/gpu`.")]
    taints: Annotated[
        tuple[Taint, ...], Meta(description="Taints that nodes with this accelerator carry.")
    ] = ()
    env: Annotated[
        dict[str, str], Meta(description="Variables that a server on this accelerator needs.")
    ] = {}


class Catalogues(Fields, frozen=True, kw_only=True):
    """What the cluster offers, once for all services."""

    node_pools: Annotated[dict[str, NodePool], Meta(description="Node pools, by the name in `pool:`.")] = {}
    accelerators: Annotated[
        dict[str, Accelerator], Meta(description="Accelerators, by the name in `accelerator:`.")
    ] = {}


class ArgoCD(Fields, frozen=True, kw_only=True):
    """How Argo CD delivers the system: one AppProject, and one Application for each environment."""

    repository: Annotated[str, Meta(description="URL of the Git repository that holds `gitops/`.")]
    revision: Annotated[str, Meta(description="Branch, tag or commit to follow.")] = "HEAD"
    path: Annotated[
        str,
        Meta(description="Path in the repository of the folder that holds `gitops/`; empty for its root."),
    ] = ""
    namespace: Annotated[Name, Meta(description="Namespace Argo CD runs in.")] = "argocd"
    project: Annotated[
        Name | None, Meta(description="Name of the AppProject; that of the system by default.")
    ] = None
    server: Annotated[str, Meta(description="API server of the target cluster.")] = (
        "https://kubernetes.default.svc"
    )
    namespace_labels: Annotated[
        Labels, Meta(description="Labels of the namespaces that Argo CD creates.")
    ] = {}
    manual_sync: Annotated[tuple[str, ...], Meta(description="Environments that a person syncs.")] = ()


class Delivery(Fields, frozen=True, kw_only=True):
    """How the rendered tree reaches the cluster."""

    argocd: ArgoCD | None = None


# What a default cannot say, because it tells one service from another.
_OWN = frozenset({"kind", "name", "environments"})


_TAKEN = frozenset({"specs", "build", "images"})


class System(Fields, frozen=True, kw_only=True):
    """The whole system: where it runs, what it is built from, how its files are laid out and delivered."""

    kind: Literal["System"]
    name: Annotated[
        Name, Meta(description="Name of the system; `app.kubernetes.io/part-of` of every object.")
    ]
    output: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$(?!\n)",
            description="Folder of the rendered tree.",
        ),
    ] = "gitops"
    namespace: Annotated[
        Name | None,
        Meta(description="Namespace that the base names where it must name one; `name` by default."),
    ] = None
    labels: Annotated[Labels, Meta(description="Labels of every object.")] = {}
    layout: Annotated[
        dict[str, str],
        Meta(
            description="File patterns by object kind or `component/Kind`, with `{kind}`, `{name}` and `{short}`."
        ),
    ] = {}
    defaults: Annotated[
        dict[str, dict[str, Any]], Meta(description="Partial specs by kind, under every spec of that kind.")
    ] = {}
    catalogues: Catalogues = Catalogues()
    environments: Annotated[dict[Name, Environment], Meta(description="Environments by name.")] = {}
    components: Annotated[
        tuple[str, ...], Meta(description="Order of components in the base; the others follow by name.")
    ] = ()
    delivery: Delivery = Delivery()
    externals: Externals = Externals()
    validation: Rules = Rules()
    pod_security: Annotated[
        Literal["restricted", "none"],
        Meta(
            description="Security context of every container: that of the Pod Security Standard `restricted`, or none."
        ),
    ] = "restricted"
    kubernetes_version: Annotated[
        str, Meta(pattern=r"^1\.[0-9]+$(?!\n)", description="Minor version of the target cluster.")
    ] = "1.32"

    def complaints(self) -> Iterator[Complaint]:
        """Complain about unknown environments, patterns and defaults that mean nothing, and namespaces that collide."""
        if self.delivery.argocd:
            yield from self._delivery_complaints(self.delivery.argocd)
        if self.output.split("/")[0] in _TAKEN:
            yield Complaint(
                ("output",),
                f"`{self.output}` is not Mintage's to write to",
                "name a folder of its own, such as `gitops`",
            )
        for key, pattern in self.layout.items():
            yield from layout_complaints(pattern, ("layout", key))
        if "base" in self.environments:
            message = "`base` is what environments are laid over, and no environment"
            yield Complaint(("environments", "base"), message, "choose another name", on_key=True)
        for kind, fields in self.defaults.items():
            for field in sorted(_OWN & fields.keys()):
                message = f"`{field}` is each spec's own and has no default"
                yield Complaint(("defaults", kind, field), message, "set it in the specs", on_key=True)

    def _delivery_complaints(self, argocd: ArgoCD) -> Iterator[Complaint]:
        for index, name in enumerate(argocd.manual_sync):
            if name not in self.environments:
                path = ("delivery", "argocd", "manualSync", index)
                yield Complaint(
                    path,
                    f"no environment is called `{name}`",
                    did_you_mean(name, self.environments),
                    "environment-unknown",
                )
        first: dict[str, str] = {}
        for name in self.environments:
            other = first.setdefault(self.namespace_in(name), name)
            if other != name:
                message = (
                    f"`{name}` and `{other}` would be delivered to one namespace, `{self.namespace_in(name)}`"
                )
                yield Complaint(
                    ("environments", name), message, "give each a `namespace` of its own", on_key=True
                )

    def namespace_in(self, environment: str | None) -> str:
        """Return the namespace of an environment; None asks for that of the base."""
        own = self.environments[environment].namespace if environment else None
        return own or self.namespace or self.name

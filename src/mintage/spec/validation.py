"""What a validation is told: what exists outside the tree, which findings count, and which are accepted.

`specs/system.yaml` says it under `externals:` and `validation:`; a tree without specs in a file `mintage.yaml` at its top.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from mintage.spec.decode import Complaint, Fields

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = "mintage.yaml"
Level = Literal["error", "warning", "info"]


class Externals(Fields, frozen=True, kw_only=True):
    """What the system needs and does not make: it is never reported as missing, and what nothing needs is."""

    secrets: Annotated[
        dict[str, tuple[str, ...]], Meta(description="Secrets, with their keys; no keys mean any key.")
    ] = {}
    config_maps: Annotated[tuple[str, ...], Meta(description="ConfigMaps.")] = ()
    service_accounts: Annotated[tuple[str, ...], Meta(description="ServiceAccounts.")] = ()
    persistent_volume_claims: Annotated[tuple[str, ...], Meta(description="PersistentVolumeClaims.")] = ()
    services: Annotated[
        tuple[str, ...],
        Meta(description="Services: `name`, or `name.namespace` where it is in another namespace."),
    ] = ()
    hosts: Annotated[
        tuple[str, ...],
        Meta(
            description="Hosts outside the cluster that pods talk to, such as `huggingface.co` or `*.amazonaws.com`."
        ),
    ] = ()
    objects: Annotated[
        tuple[str, ...], Meta(description="Everything else: `Kind/name`, in which `*` stands for any text.")
    ] = ()
    metrics: Annotated[
        tuple[str, ...], Meta(description="Metrics that something exports, in which `*` stands for any text.")
    ] = ()
    operators: Annotated[tuple[str, ...], Meta(description="Operators that must run in the cluster.")] = ()


class Accepted(Fields, frozen=True, kw_only=True):
    """Findings that are known and accepted."""

    check: Annotated[str, Meta(description="Id of the check, such as `image-latest`.")]
    reason: Annotated[str, Meta(description="Why it is accepted.", min_length=1)]
    object: Annotated[
        str | None,
        Meta(description="`Kind/name` of the object, in which `*` stands for any text; any by default."),
    ] = None
    environment: Annotated[
        str | None, Meta(description="Environment, or folder of a root; every one by default.")
    ] = None
    file: Annotated[
        str | None, Meta(description="File of the cause, in which `*` stands for any text; any by default.")
    ] = None


class Rules(Fields, frozen=True, kw_only=True):
    """How a validation judges."""

    fail_on: Annotated[Level, Meta(description="The least severity that fails a validation.")] = "error"
    skip: Annotated[
        tuple[str, ...], Meta(description="Checks that do not run, by id; `group/*` for a group.")
    ] = ()
    accept: Annotated[tuple[Accepted, ...], Meta(description="Findings that are known and accepted.")] = ()
    exclude: Annotated[
        tuple[str, ...],
        Meta(description="Files and folders that are no part of the tree, in which `*` stands for any text."),
    ] = ()
    first_party: Annotated[
        tuple[str, ...], Meta(description="Images that this repository builds, such as `ghcr.io/acme/*`.")
    ] = ()
    capacity: Annotated[
        dict[str, Annotated[int, Meta(ge=0)]],
        Meta(description="How many accelerators the cluster has, by resource such as `nvidia.com/gpu`."),
    ] = {}
    disconnected: Annotated[bool, Meta(description="Whether the cluster reaches no network outside.")] = False
    metrics_label: Annotated[
        dict[str, str], Meta(description="Labels by which Prometheus selects monitors and rules.")
    ] = {}

    def complaints(self) -> Iterator[Complaint]:
        """Complain about an acceptance without a reason."""
        for index, accepted in enumerate(self.accept):
            if not accepted.reason.strip():
                yield Complaint(("accept", index, "reason"), "the reason is empty", "say why it is accepted")


class Validation(Fields, frozen=True, kw_only=True):
    """The file `mintage.yaml` of a tree without specs."""

    kind: Literal["Validation"]
    kubernetes_version: Annotated[
        Annotated[str, Meta(pattern=r"^1\.[0-9]+$(?!\n)")] | None,
        Meta(description="Minor version of the target cluster; 1.32 by default."),
    ] = None
    externals: Externals = Externals()
    validation: Rules = Rules()

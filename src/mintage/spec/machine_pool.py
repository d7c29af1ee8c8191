"""Machines of their own for certain pods: the AWS instances behind node pools of the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from mintage.spec.decode import Complaint, Fields
from mintage.spec.fields import CatalogueName, Count, Name, Positive, Spec

if TYPE_CHECKING:
    from collections.abc import Iterator

# The least IOPS AWS accepts, for the types of volume that take the parameter at all (EC2 API, EbsBlockDevice).
LEAST_IOPS = {"gp3": 3000, "io1": 100, "io2": 100}
# Families that AWS offers in a single size.
ONLY_SIZE = {"p4d": "24xlarge", "p4de": "24xlarge"}


class Disk(Fields, frozen=True, kw_only=True):
    """The root volume of a machine."""

    size: Annotated[Positive, Meta(description="Size in GiB.")]
    type: Annotated[Literal["gp2", "gp3", "io1", "io2"], Meta(description="EBS volume type.")] = "gp3"
    iops: Annotated[
        Count | None,
        Meta(description="I/O operations per second; AWS gives a gp3 volume 3000 when absent."),
    ] = None
    encrypted: Annotated[bool, Meta(description="Encrypt the volume.")] = True

    def complaints(self) -> Iterator[Complaint]:
        """Complain about what EC2 would refuse long after the manifest was applied."""
        least = LEAST_IOPS.get(self.type)
        if least is None and self.iops is not None:
            yield Complaint(
                ("iops",), f"a {self.type} volume takes no `iops`", "remove it, or use gp3", on_key=True
            )
        elif least is not None and self.iops is not None and self.iops < least:
            yield Complaint(
                ("iops",),
                f"a {self.type} volume has at least {least} IOPS, got {self.iops}",
                f"write {least} or more",
            )
        elif self.type in {"io1", "io2"} and self.iops is None:
            yield Complaint(
                ("iops",), f"a {self.type} volume needs `iops`", "add `iops: ...`", "spec-missing-field"
            )


class MachinePool(Spec, frozen=True, kw_only=True):
    """A MachineSet of the OpenShift Machine API on AWS (ROSA), with the labels and taints of its node pools."""

    kind: Literal["MachinePool"]
    cluster_id: Annotated[
        Name,
        Meta(
            description="Infrastructure ID of the cluster, without its first part `rosa-`; from the Infrastructure object `cluster`."
        ),
    ]
    role: Annotated[
        Name | None, Meta(description="Last part of the MachineSet's name; the name by default.")
    ] = None
    pools: Annotated[
        tuple[Name, ...],
        Meta(min_length=1, description="Node pools of the catalogue that these machines serve."),
    ]
    region: Annotated[str, Meta(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]+$(?!\n)", description="AWS region.")]
    zone: Annotated[str, Meta(min_length=1, description="Availability zone of the region.")]
    ami: Annotated[
        str,
        Meta(
            pattern=r"^ami-([0-9a-f]{8}|[0-9a-f]{17})$(?!\n)",
            description="RHCOS image of the cluster's release in the region.",
        ),
    ]
    instance_type: Annotated[
        str, Meta(pattern=r"^[a-z][a-z0-9-]*\.[a-z0-9-]+$(?!\n)", description="EC2 instance type.")
    ]
    replicas: Annotated[int, Meta(ge=0, description="Number of machines.")]
    disk: Annotated[Disk, Meta(description="Root volume.")]
    instance_profile: Annotated[
        str | None, Meta(description="IAM instance profile; the cluster's worker profile by default.")
    ] = None
    security_groups: Annotated[
        tuple[str, ...],
        Meta(description="Name tags of the security groups; those of the cluster's workers by default."),
    ] = ()
    subnet: Annotated[
        str | None,
        Meta(description="Name tag of the subnet; the cluster's private one in the zone by default."),
    ] = None
    credentials: Annotated[Name, Meta(description="Secret with the AWS credentials.")] = (
        "aws-cloud-credentials"
    )
    user_data: Annotated[Name, Meta(description="Secret with the Ignition configuration.")] = (
        "worker-user-data"
    )

    def complaints(self) -> Iterator[Complaint]:
        """Complain about a zone outside the region, an instance type AWS lacks, and a name that is no label."""
        yield from super().complaints()
        if not self.zone.startswith(self.region) or self.zone == self.region:
            yield Complaint(
                ("zone",),
                f"`{self.zone}` is no zone of `{self.region}`",
                f"write `{self.region}a` or another of its zones",
            )
        family, _, size = self.instance_type.partition(".")
        if size != ONLY_SIZE.get(family, size):
            known = f"{family}.{ONLY_SIZE[family]}"
            yield Complaint(
                ("instanceType",),
                f"AWS has no `{self.instance_type}`",
                f"write `{known}`, the family's only size",
            )
        if len(self.machine_set) > 63:
            message = f"the MachineSet's name `{self.machine_set}` is a label of its machines and longer than 63 characters"
            yield Complaint(("role",), message, "choose a shorter `role`")

    @property
    def infrastructure(self) -> str:
        """The infrastructure ID, which begins the names of everything the installer made."""
        return f"rosa-{self.cluster_id}"

    @property
    def machine_set(self) -> str:
        """The name of the MachineSet."""
        return f"{self.infrastructure}-{self.role or self.name}"

    def catalogue_names(self) -> Iterator[CatalogueName]:
        """Yield the node pools."""
        for index, name in enumerate(self.pools):
            yield CatalogueName(("pools", index), "nodePools", name)

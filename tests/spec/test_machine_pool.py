"""What a MachinePool spec refuses."""

from __future__ import annotations

import pytest

from mintage.errors import MintageError
from mintage.source import read
from mintage.spec.decode import Layer, Layers, decode, merge
from mintage.spec.machine_pool import MachinePool

TEXT = """\
kind: MachinePool
name: gpus
clusterId: demo-x7k2p
pools: [gpu]
region: eu-west-1
zone: eu-west-1a
ami: ami-0a1b2c3d4e5f67890
instanceType: g5.xlarge
replicas: 2
disk: {size: 200}
"""


def parsed(**fields: object) -> MachinePool:
    """Return a pool with these fields changed."""
    document = read("specs/gpus.yaml", TEXT.encode())
    return decode(merge(document.value, fields), MachinePool, Layers((Layer(document),)))


def refused(**fields: object) -> list[tuple[str, str, str]]:
    """Return the problems of these fields: place, message and advice."""
    with pytest.raises(MintageError) as caught:
        parsed(**fields)
    return [(str(problem.location), problem.message, problem.advice) for problem in caught.value.problems]


def test_names_follow_the_cluster_and_the_role() -> None:
    """The MachineSet is called as those of the installer are; the role is the name unless the spec says otherwise."""
    assert parsed().machine_set == "rosa-demo-x7k2p-gpus"
    assert parsed(role="llm").machine_set == "rosa-demo-x7k2p-llm"


def test_what_only_the_account_knows_must_be_given() -> None:
    """No default can be right for cluster, place, image, size or number, so none is guessed."""
    document = read("specs/gpus.yaml", b"kind: MachinePool\nname: gpus\n")
    with pytest.raises(MintageError) as caught:
        decode(document.value, MachinePool, Layers((Layer(document),)))

    assert [problem.message for problem in caught.value.problems] == [
        f"required field `{name}` is missing"
        for name in ("ami", "clusterId", "disk", "instanceType", "pools", "region", "replicas", "zone")
    ]


@pytest.mark.parametrize(
    ("disk", "message", "advice"),
    [
        ({"iops": 2000}, "a gp3 volume has at least 3000 IOPS, got 2000", "write 3000 or more"),
        ({"type": "io2", "iops": 50}, "a io2 volume has at least 100 IOPS, got 50", "write 100 or more"),
        ({"type": "io1"}, "a io1 volume needs `iops`", "add `iops: ...`"),
        ({"type": "gp2", "iops": 3000}, "a gp2 volume takes no `iops`", "remove it, or use gp3"),
    ],
)
def test_a_volume_that_ec2_refuses_is_refused_here(
    disk: dict[str, object], message: str, advice: str
) -> None:
    """The machine would fail minutes after the sync, where nobody looks."""
    assert [problem[1:] for problem in refused(disk=disk)] == [(message, advice)]


@pytest.mark.parametrize("disk", [{}, {"iops": 3000}, {"type": "io2", "iops": 100}, {"type": "gp2"}])
def test_a_volume_that_ec2_takes_is_taken(disk: dict[str, object]) -> None:
    """The least values and AWS's own defaults pass."""
    assert parsed(disk=disk).disk.encrypted


def test_an_instance_type_that_does_not_exist_is_refused() -> None:
    """The p4d family has one size, and the one people guess is another."""
    assert refused(instanceType="p4d.xlarge") == [
        ("specs/gpus.yaml:8:15", "AWS has no `p4d.xlarge`", "write `p4d.24xlarge`, the family's only size")
    ]
    assert parsed(instanceType="p4d.24xlarge").instance_type == "p4d.24xlarge"


@pytest.mark.parametrize("zone", ["eu-west-2a", "eu-west-1"])
def test_a_zone_lies_in_its_region(zone: str) -> None:
    """A subnet of another region is never found."""
    assert refused(zone=zone) == [
        (
            "specs/gpus.yaml:6:7",
            f"`{zone}` is no zone of `eu-west-1`",
            "write `eu-west-1a` or another of its zones",
        )
    ]


@pytest.mark.parametrize("ami", ["ami-123", "ami-0A1B2C3D4E5F67890", "AMI_ID"])
def test_an_image_has_an_id(ami: str) -> None:
    """A placeholder that was left in the spec does not reach the cluster."""
    assert refused(ami=ami) == [
        ("specs/gpus.yaml:7:6", f"`{ami}` does not match ^ami-([0-9a-f]{{8}}|[0-9a-f]{{17}})$", "")
    ]


def test_a_name_that_is_no_label_is_refused() -> None:
    """Machines carry the MachineSet's name as a label of at most 63 characters."""
    ((place, message, advice),) = refused(role="r" * 50)

    assert message.startswith("the MachineSet's name `rosa-demo-x7k2p-rrr")
    assert message.endswith("` is a label of its machines and longer than 63 characters")
    assert (place, advice) == ("specs/gpus.yaml:1:1", "choose a shorter `role`")

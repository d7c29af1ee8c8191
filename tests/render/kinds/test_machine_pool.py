"""What a MachinePool becomes: in general, and for the machines of this workspace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kubernetes_schemas import errors
from mintage.render.kinds.machine_pool import render
from mintage.render.passes import finished
from mintage.render.scope import Scope
from mintage.source import read
from mintage.spec.decode import Layer, Layers, decode, merge
from mintage.spec.machine_pool import MachinePool
from mintage.spec.system import System
from mintage.workspace.load import Workspace

if TYPE_CHECKING:
    from mintage.manifest import Manifest

ROOT = Path(__file__).parents[3]
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
CATALOGUE = {
    "gpu": {"labels": {"role/gpu": ""}, "taints": [{"key": "gpu", "value": "true"}, {"key": "shared"}]},
    "test": {"labels": {"role/test": "yes"}, "taints": [{"key": "shared"}, {"key": "test"}]},
    "open": {"labels": {"role/open": ""}},
}


def decoded(kind: Any, value: Any) -> Any:
    """Return a typed spec of a value."""
    document = read("specs/x.yaml", b"{}")
    return decode(value, kind, Layers((Layer(document),)))


def machine_set(**fields: Any) -> dict[str, Any]:
    """Return the MachineSet of a pool with these fields changed."""
    value = merge(read("specs/gpus.yaml", TEXT.encode()).value, fields)
    system = decoded(System, {"kind": "System", "name": "shop", "catalogues": {"nodePools": CATALOGUE}})
    (manifest,) = render(decoded(MachinePool, value), Scope(system, None, {}))
    return manifest.document


def provider(**fields: Any) -> dict[str, Any]:
    """Return the provider's part of that MachineSet."""
    found: dict[str, Any] = machine_set(**fields)["spec"]["template"]["spec"]["providerSpec"]["value"]
    return found


def test_the_set_selects_the_machines_it_makes() -> None:
    """A selector that misses them would make machines without end."""
    spec = machine_set(role="llm")["spec"]
    selected = {
        "machine.openshift.io/cluster-api-cluster": "rosa-demo-x7k2p",
        "machine.openshift.io/cluster-api-machineset": "rosa-demo-x7k2p-llm",
    }

    assert spec["selector"] == {"matchLabels": selected}
    assert spec["template"]["metadata"]["labels"] == {
        **selected,
        "machine.openshift.io/cluster-api-machine-role": "worker",
        "machine.openshift.io/cluster-api-machine-type": "worker",
    }


def test_the_provider_part_finds_what_the_installer_made() -> None:
    """Subnet, groups and profile follow from the cluster's ID and the zone."""
    assert provider() == {
        "apiVersion": "machine.openshift.io/v1beta1",
        "kind": "AWSMachineProviderConfig",
        "ami": {"id": "ami-0a1b2c3d4e5f67890"},
        "instanceType": "g5.xlarge",
        "deviceIndex": 0,
        "blockDevices": [{"ebs": {"volumeType": "gp3", "volumeSize": 200, "encrypted": True}}],
        "placement": {"region": "eu-west-1", "availabilityZone": "eu-west-1a"},
        "subnet": {
            "filters": [{"name": "tag:Name", "values": ["rosa-demo-x7k2p-subnet-private-eu-west-1a"]}]
        },
        "securityGroups": [
            {"filters": [{"name": "tag:Name", "values": ["rosa-demo-x7k2p-node"]}]},
            {"filters": [{"name": "tag:Name", "values": ["rosa-demo-x7k2p-lb"]}]},
        ],
        "iamInstanceProfile": {"id": "rosa-demo-x7k2p-worker-profile"},
        "credentialsSecret": {"name": "aws-cloud-credentials"},
        "userDataSecret": {"name": "worker-user-data"},
        "tags": [{"name": "kubernetes.io/cluster/rosa-demo-x7k2p", "value": "owned"}],
    }


def test_what_a_cluster_calls_otherwise_can_be_named() -> None:
    """Clusters older than OpenShift 4.16, and those in a network of their own, use other tags."""
    found = provider(
        securityGroups=["old-worker-sg"],
        subnet="mine",
        instanceProfile="profile",
        credentials="keys",
        userData="ignition",
        disk={"iops": 4000, "encrypted": False},
    )

    assert found["securityGroups"] == [{"filters": [{"name": "tag:Name", "values": ["old-worker-sg"]}]}]
    assert found["subnet"] == {"filters": [{"name": "tag:Name", "values": ["mine"]}]}
    assert found["iamInstanceProfile"] == {"id": "profile"}
    assert found["credentialsSecret"] == {"name": "keys"}
    assert found["userDataSecret"] == {"name": "ignition"}
    assert found["blockDevices"] == [
        {"ebs": {"volumeType": "gp3", "volumeSize": 200, "iops": 4000, "encrypted": False}}
    ]


@pytest.mark.parametrize(
    ("pools", "labels", "taints"),
    [
        (
            ["gpu"],
            {"role/gpu": ""},
            [
                {"key": "gpu", "value": "true", "effect": "NoSchedule"},
                {"key": "shared", "effect": "NoSchedule"},
            ],
        ),
        (["gpu", "test"], {"role/gpu": "", "role/test": "yes"}, [{"key": "shared", "effect": "NoSchedule"}]),
        (["gpu", "open"], {"role/gpu": "", "role/open": ""}, None),
    ],
)
def test_machines_of_several_pools_carry_all_labels_and_the_common_taints(
    pools: list[str], labels: dict[str, str], taints: list[dict[str, str]] | None
) -> None:
    """Pods find their machines by labels, and a taint that one pool lacks would keep its pods away."""
    template = machine_set(pools=pools)["spec"]["template"]["spec"]

    assert template["metadata"]["labels"] == labels
    assert template.get("taints") == taints


# The workspace.


def zelda(file: str) -> tuple[Manifest, MachinePool, System]:
    """Return a MachineSet of this workspace as prod has it, and what it was made of."""
    workspace = Workspace(ROOT, "test")
    spec = workspace.variants(f"specs/{file}.yaml")["prod"].spec
    assert isinstance(spec, MachinePool)
    (manifest,) = render(
        spec, Scope(workspace.system, "prod", workspace.exports("prod"), home=spec.namespace or "")
    )
    return finished(manifest, spec, workspace.system), spec, workspace.system


@pytest.mark.parametrize("file", ["llm-machines", "pyboy-machines"])
def test_pods_of_every_pool_tolerate_the_machines(file: str) -> None:
    """Whoever asks for one of the pools tolerates that pool's taints, and so all of the machines'."""
    manifest, spec, system = zelda(file)
    taints = manifest.document["spec"]["template"]["spec"]["taints"]

    assert taints
    for pool in spec.pools:
        tolerated = [
            {"key": taint.key, "value": taint.value, "effect": taint.effect}
            for taint in system.catalogues.node_pools[pool].taints
        ]
        assert all(taint in tolerated for taint in taints)


def test_the_gpu_machines_of_this_workspace_have_room_for_prod() -> None:
    """A p4d.24xlarge has eight GPUs; every replica fits on one machine, and all replicas on all machines."""
    workspace = Workspace(ROOT, "test")
    _, spec, _ = zelda("llm-machines")
    per_machine = {"p4d.24xlarge": 8}[spec.instance_type]
    needed = 0
    for entry in workspace.index.entries.values():
        if entry.kind == "ModelServer":
            server: Any = workspace.variants(entry.path)["prod"].spec
            assert per_machine % server.accelerator_count == 0
            needed += server.replicas * server.accelerator_count

    assert needed == 36
    assert needed <= spec.replicas * per_machine


@pytest.mark.parametrize("file", ["llm-machines", "pyboy-machines"])
def test_machine_sets_live_beside_the_others(file: str) -> None:
    """The Machine API looks in one namespace only; the name in files and keys does not follow the cluster's ID."""
    manifest, spec, _ = zelda(file)

    assert manifest.namespace == "openshift-machine-api"
    assert manifest.file == f"machineset-{file}.yaml"
    assert manifest.key == ("machine.openshift.io", "MachineSet", "openshift-machine-api", file)
    assert spec.only == ("prod",)


@pytest.mark.crds
@pytest.mark.parametrize("file", ["llm-machines", "pyboy-machines"])
def test_machine_sets_are_valid(file: str) -> None:
    """The upstream schema finds no unknown or missing field."""
    assert errors(zelda(file)[0].document) == []

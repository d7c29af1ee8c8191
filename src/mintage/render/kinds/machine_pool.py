"""MachinePool: a MachineSet of the OpenShift Machine API on AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mintage.manifest import Manifest, compact, metadata

if TYPE_CHECKING:
    from mintage.render.scope import Scope
    from mintage.spec.machine_pool import Disk, MachinePool
    from mintage.spec.system import NodePool, Taint

API = "machine.openshift.io"


def render(spec: MachinePool, scope: Scope) -> list[Manifest]:
    """Return the MachineSet."""
    cluster = {f"{API}/cluster-api-cluster": spec.infrastructure}
    selected = {**cluster, f"{API}/cluster-api-machineset": spec.machine_set}
    labels = scope.labels(spec.name, spec.folder, **cluster)
    document = {
        "apiVersion": f"{API}/v1beta1",
        "kind": "MachineSet",
        "metadata": metadata(spec.machine_set, labels=labels, annotations=spec.annotations),
        "spec": {
            "replicas": spec.replicas,
            "selector": {"matchLabels": selected},
            "template": _template(
                spec, [scope.system.catalogues.node_pools[name] for name in spec.pools], selected
            ),
        },
    }
    return [Manifest(document, identity=spec.name)]


def _template(spec: MachinePool, pools: list[NodePool], selected: dict[str, str]) -> dict[str, Any]:
    roles = {f"{API}/cluster-api-machine-role": "worker", f"{API}/cluster-api-machine-type": "worker"}
    node_labels = {key: value for pool in pools for key, value in pool.labels.items()}
    return {
        "metadata": {"labels": {**selected, **roles}},
        "spec": {
            "metadata": {"labels": node_labels},
            **compact(taints=[_taint(taint) for taint in _taints(pools)]),
            "providerSpec": {"value": _provider(spec)},
        },
    }


def _taints(pools: list[NodePool]) -> list[Taint]:
    """Return the taints all pools share: one that a single pool lacks would keep that pool's pods away."""
    first, *rest = pools
    return [taint for taint in dict.fromkeys(first.taints) if all(taint in pool.taints for pool in rest)]


def _taint(taint: Taint) -> dict[str, Any]:
    return compact(key=taint.key, value=taint.value, effect=taint.effect)


def _provider(spec: MachinePool) -> dict[str, Any]:
    infrastructure = spec.infrastructure
    # The tags the installer gives its groups and subnets since OpenShift 4.16.
    groups = spec.security_groups or (f"{infrastructure}-node", f"{infrastructure}-lb")
    return {
        "apiVersion": f"{API}/v1beta1",
        "kind": "AWSMachineProviderConfig",
        "ami": {"id": spec.ami},
        "instanceType": spec.instance_type,
        "deviceIndex": 0,
        "blockDevices": [{"ebs": _volume(spec.disk)}],
        "placement": {"region": spec.region, "availabilityZone": spec.zone},
        "subnet": _tagged(spec.subnet or f"{infrastructure}-subnet-private-{spec.zone}"),
        "securityGroups": [_tagged(name) for name in groups],
        "iamInstanceProfile": {"id": spec.instance_profile or f"{infrastructure}-worker-profile"},
        "credentialsSecret": {"name": spec.credentials},
        "userDataSecret": {"name": spec.user_data},
        "tags": [{"name": f"kubernetes.io/cluster/{infrastructure}", "value": "owned"}],
    }


def _volume(disk: Disk) -> dict[str, Any]:
    return compact(volumeType=disk.type, volumeSize=disk.size, iops=disk.iops, encrypted=disk.encrypted)


def _tagged(name: str) -> dict[str, Any]:
    return {"filters": [{"name": "tag:Name", "values": [name]}]}

"""How many accelerators a server needs is compared with how many it gets, where both can be told."""

from __future__ import annotations

from typing import Any

import pytest

from mintage.check.resources import CHECKS
from mintage.check.run import findings
from mintage.tree.tree import of_documents

IMAGE = "vllm/vllm-openai:v0.11.0"
CLAIM = {"name": "gpus"}


def container(*flags: str, gpus: Any = None, **more: Any) -> dict[str, Any]:
    """Return a container that serves a model."""
    limits = {} if gpus is None else {"nvidia.com/gpu": gpus}
    resources = {"limits": limits}
    args = ["--model=acme/some-model", *flags]
    return {"name": "vllm", "image": IMAGE, "args": args, "resources": resources, **more}


def deployment(pod: dict[str, Any]) -> dict[str, Any]:
    """Return a Deployment of a pod."""
    spec = {"template": {"spec": pod}, "strategy": {"type": "Recreate"}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}, "spec": spec}


def messages(*documents: dict[str, Any], id: str = "gpu-tp-mismatch") -> list[str]:  # noqa: A002 - the field's name
    """Return what a check says of objects in one root."""
    return [hit.message for hit in findings(of_documents({"a": documents}), CHECKS) if hit.id == id]


def said(*flags: str, gpus: Any = None, **more: Any) -> list[str]:
    """Return what is said of a Deployment with one container."""
    return messages(deployment({"containers": [container(*flags, gpus=gpus, **more)]}))


@pytest.mark.parametrize(
    ("flags", "gpus"),
    [
        (("--tensor-parallel-size=4",), "4"),
        (("-tp", "4"), 4),
        (("--tensor-parallel-size=2", "--pipeline-parallel-size", "2"), 4),
        (("--tensor-parallel-size=2", "--data-parallel-size=2"), 4),
        (("--data-parallel-size=16", "--data-parallel-size-local=8"), 8),
        (("--data-parallel-size=16", "--data-parallel-rank=3"), 1),
        (("--data-parallel-size=$(ALL)", "--data-parallel-size-local=8"), 8),
        (("--tensor-parallel-size=16", "--nnodes=2"), 8),
        ((), 1),
    ],
)
def test_a_server_that_gets_what_it_needs_is_right(flags: tuple[str, ...], gpus: Any) -> None:
    """Tensor, pipeline and local data parallelism multiply."""
    assert said(*flags, gpus=gpus) == []


def test_too_few_are_too_few() -> None:
    """With the flags and both numbers."""
    assert said("--tensor-parallel-size=2", "--pipeline-parallel-size=2", gpus=2) == [
        "vLLM in container `vllm` runs on 4 accelerators (`--tensor-parallel-size=2`, `--pipeline-parallel-size=2`), but the container gets 2 `nvidia.com/gpu`"
    ]


def test_the_local_replicas_are_what_counts() -> None:
    """However many there are in all."""
    flags = ("--tensor-parallel-size=2", "--data-parallel-size=$(ALL)", "--data-parallel-size-local=8")
    assert len(said(*flags, gpus=8)) == 1


def test_what_is_left_over_is_a_mistake_too() -> None:
    """Nothing else in the container can use it."""
    assert said(gpus=2) == [
        "vLLM in container `vllm` runs on 1 accelerator (no `--tensor-parallel-size`), but the container gets 2 `nvidia.com/gpu`"
    ]


@pytest.mark.parametrize(
    ("flags", "gpus"),
    [
        (("--tensor-parallel-size=$(TP)",), 4),
        (("--tensor-parallel-size={{ .TP }}",), 4),
        (("--tensor-parallel-size=4",), None),
        (("--tensor-parallel-size=4",), "$(GPUS)"),
        (("--tensor-parallel-size=8", "--distributed-executor-backend=ray"), 4),
        (("--data-parallel-size=16", "--data-parallel-address=10.0.0.1"), 4),
        (("--config=/etc/vllm.yaml",), 4),
        (("--tensor-parallel-size=4", "--distributed-executor-backend=external_launcher"), 1),
    ],
)
def test_what_cannot_be_told_is_not_judged(flags: tuple[str, ...], gpus: Any) -> None:
    """Templates, other nodes, files and containers without accelerators of their own."""
    assert said(*flags, gpus=gpus) == []


@pytest.mark.parametrize(
    "name", ["google.com/tpu", "nvidia.com/gpu.shared", "nvidia.com/mig-1g.10gb", "acme.com/x"]
)
def test_devices_that_are_no_ranks_are_not_counted(name: str) -> None:
    """Chips of a TPU, time slices and parts of a GPU."""
    one = container("--tensor-parallel-size=4") | {"resources": {"limits": {name: 2}}}
    assert messages(deployment({"containers": [one]})) == []


def template(**fields: Any) -> dict[str, Any]:
    """Return a ResourceClaimTemplate with one request for devices."""
    device = {"name": "gpu", "exactly": {"deviceClassName": "gpu.nvidia.com", **fields}}
    spec = {"spec": {"devices": {"requests": [device]}}}
    metadata = {"name": "four-gpus"}
    return {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "ResourceClaimTemplate",
        "metadata": metadata,
        "spec": spec,
    }


def claiming(*flags: str) -> dict[str, Any]:
    """Return a Deployment that gets its devices by a claim."""
    one = container(*flags) | {"resources": {"claims": [CLAIM]}}
    claims = [{**CLAIM, "resourceClaimTemplateName": "four-gpus"}]
    return deployment({"resourceClaims": claims, "containers": [one]})


def test_claimed_devices_count() -> None:
    """As those of dynamic resource allocation."""
    (message,) = messages(claiming("--tensor-parallel-size=8"), template(count=4))
    assert message.endswith("but the container gets 4 `gpu.nvidia.com`")
    assert messages(claiming("--tensor-parallel-size=4"), template(count=4)) == []


def test_the_form_of_older_claims_counts_as_well() -> None:
    """In v1beta1 the class and the number stand in the request itself; a pod names its template under `source`."""
    old = template()
    old["spec"]["spec"]["devices"]["requests"] = [
        {"name": "gpu", "deviceClassName": "gpu.nvidia.com", "count": 2}
    ]
    user = claiming("--tensor-parallel-size=4")
    pod = user["spec"]["template"]["spec"]
    pod["resourceClaims"] = [{**CLAIM, "source": {"resourceClaimTemplateName": "four-gpus"}}]
    assert len(messages(user, old)) == 1


@pytest.mark.parametrize(
    "fields", [{"allocationMode": "All"}, {"deviceClassName": "acme.com"}, {"count": "$(N)"}]
)
def test_claims_of_an_unknown_number_are_not_judged(fields: dict[str, Any]) -> None:
    """All devices of a node, or a class that nobody here knows."""
    assert messages(claiming("--tensor-parallel-size=8"), template(**fields)) == []
    assert messages(claiming("--tensor-parallel-size=8")) == []


def group(size: int, gpus: int, *flags: str) -> dict[str, Any]:
    """Return a LeaderWorkerSet."""
    worker = {"spec": {"containers": [container(*flags, gpus=gpus)]}}
    spec = {"leaderWorkerTemplate": {"size": size, "workerTemplate": worker}}
    return {
        "apiVersion": "leaderworkerset.x-k8s.io/v1",
        "kind": "LeaderWorkerSet",
        "metadata": {"name": "a"},
        "spec": spec,
    }


@pytest.mark.parametrize(
    ("size", "gpus", "flags"),
    [
        (2, 8, ("--tensor-parallel-size=8", "--pipeline-parallel-size=2")),
        (2, 8, ("--tensor-parallel-size=8",)),
        (4, 2, ("--tensor-parallel-size=8",)),
        (2, 8, ("--tensor-parallel-size=1", "--data-parallel-size=16", "--data-parallel-size-local=8")),
        (2, 8, ("--tensor-parallel-size=16", "--nnodes=$(LWS_GROUP_SIZE)")),
        (4, 8, ("--tensor-parallel-size=8", "--pipeline-parallel-size=4", "--nnodes", "${LWS_GROUP_SIZE}")),
    ],
)
def test_a_group_may_share_a_model_or_repeat_it(size: int, gpus: int, flags: tuple[str, ...]) -> None:
    """The accelerators of a pod, or of the whole group."""
    assert messages(group(size, gpus, *flags)) == []


def test_a_group_of_the_wrong_size_is_told() -> None:
    """Neither number fits."""
    (message,) = messages(group(2, 4, "--tensor-parallel-size=8", "--pipeline-parallel-size=2"))
    assert message.endswith("but a pod gets 4 `nvidia.com/gpu`, and the group 8")


def test_the_size_of_a_group_counts_by_its_variable() -> None:
    """LWS_GROUP_SIZE is what the object says."""
    assert len(messages(group(3, 8, "--tensor-parallel-size=16", "--nnodes=$(LWS_GROUP_SIZE)"))) == 1
    assert said("--tensor-parallel-size=16", "--nnodes=$(LWS_GROUP_SIZE)", gpus=8) == []


def test_a_leader_may_have_fewer_accelerators() -> None:
    """The group's are added up."""
    item = group(3, 4, "--tensor-parallel-size=4", "--pipeline-parallel-size=2")
    leader = {"spec": {"containers": [container(gpus=0)]}}
    item["spec"]["leaderWorkerTemplate"]["leaderTemplate"] = leader
    assert messages(item) == []


def llm(parallelism: dict[str, Any], gpus: int) -> dict[str, Any]:
    """Return an LLMInferenceService."""
    main = {"name": "main", "resources": {"limits": {"nvidia.com/gpu": gpus}}}
    spec = {"parallelism": parallelism, "template": {"containers": [main]}}
    return {
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": "LLMInferenceService",
        "metadata": {"name": "a"},
        "spec": spec,
    }


@pytest.mark.parametrize(
    ("parallelism", "gpus", "wrong"),
    [
        ({"tensor": 4}, 4, False),
        ({"tensor": 4}, 2, True),
        ({"tensor": 2}, 4, True),
        ({"tensor": 2, "data": 4}, 4, False),
        ({"tensor": 1, "data": 16, "dataLocal": 8}, 8, False),
        ({"tensor": 2, "data": 16, "dataLocal": 8}, 8, True),
        ({}, 8, False),
    ],
)
def test_the_parallelism_of_kserve_counts(parallelism: dict[str, Any], gpus: int, wrong: bool) -> None:
    """The operator makes the flags of it."""
    assert bool(messages(llm(parallelism, gpus))) is wrong


def test_what_is_only_a_part_of_a_service_is_not_judged() -> None:
    """A service that uses the runtime may ask for more accelerators."""
    spec = {"containers": [container("--tensor-parallel-size=4", gpus=1)]}
    item = {
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": "ServingRuntime",
        "metadata": {"name": "a"},
        "spec": spec,
    }
    assert messages(item) == []


MASK = "gpu-visible-devices-mismatch"


@pytest.mark.parametrize(
    ("value", "gpus", "message"),
    [
        ("0,1", 2, None),
        ("GPU-1f2e", 1, None),
        ("all", 1, None),
        (
            "0,2",
            2,
            "`CUDA_VISIBLE_DEVICES` names device 2, but container `vllm` gets 2 `nvidia.com/gpu`, which count from 0",
        ),
        (
            "0",
            2,
            "`CUDA_VISIBLE_DEVICES` leaves 1 of the accelerators visible, but 2 are needed (`--tensor-parallel-size=2`)",
        ),
        (
            "",
            2,
            "`CUDA_VISIBLE_DEVICES` leaves 0 of the accelerators visible, but 2 are needed (`--tensor-parallel-size=2`)",
        ),
        ("5,6", None, None),
    ],
)
def test_a_mask_must_leave_what_is_needed(value: str, gpus: int | None, message: str | None) -> None:
    """And may name only what is there."""
    env = [{"name": "CUDA_VISIBLE_DEVICES", "value": value}]
    one = container("--tensor-parallel-size=2", gpus=gpus, env=env)
    assert messages(deployment({"containers": [one]}), id=MASK) == ([message] if message else [])


def test_an_empty_mask_on_a_machine_without_accelerators_is_meant() -> None:
    """It hides none that the container asked for."""
    env = [{"name": "CUDA_VISIBLE_DEVICES", "value": ""}]
    one = {"name": "train", "image": "ghcr.io/acme/train:1", "env": env}
    assert messages(deployment({"containers": [one]}), id=MASK) == []


@pytest.mark.parametrize(
    ("more", "pod"),
    [
        ({"volumeMounts": [{"name": "shm", "mountPath": "/dev/shm/"}]}, {}),  # noqa: S108 - a mount point
        ({"env": [{"name": "NCCL_SHM_DISABLE", "value": "1"}]}, {}),
        ({}, {"hostIPC": True}),
    ],
)
def test_shared_memory_may_come_in_other_ways(more: dict[str, Any], pod: dict[str, Any]) -> None:
    """A mount, the host's, or none that is used."""
    plain = deployment({"containers": [container("--tensor-parallel-size=2", gpus=2)]})
    other = deployment({"containers": [container("--tensor-parallel-size=2", gpus=2, **more)], **pod})
    assert len(messages(plain, id="tp-no-shm")) == 1
    assert messages(other, id="tp-no-shm") == []

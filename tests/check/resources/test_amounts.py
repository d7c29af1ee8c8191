"""Requests, limits and their absence are judged as the API server does, and only where nothing else fills them in."""

from __future__ import annotations

from typing import Any

import pytest

from mintage.check.resources import CHECKS
from mintage.check.run import findings
from mintage.tree.tree import of_documents


def pod(resources: Any, **more: Any) -> dict[str, Any]:
    """Return a Pod with one container."""
    container = {"name": "main", "image": "ghcr.io/acme/main:1", "resources": resources}
    spec = {"containers": [container], **more}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": spec}


def messages(id: str, *documents: dict[str, Any]) -> list[str]:  # noqa: A002 - the field's name
    """Return what a check says of objects in one root."""
    return [hit.message for hit in findings(of_documents({"a": documents}), CHECKS) if hit.id == id]


@pytest.mark.parametrize(
    ("request_", "limit", "wrong"),
    [
        ("500m", "0.5", False),
        ("501m", "0.5", True),
        ("2Gi", "2048Mi", False),
        ("2G", "2Gi", False),
        ("2Gi", "2G", True),
        (2, 1, True),
        ("lots", "1", False),
        ("1", "$(LIMIT)", False),
    ],
)
def test_a_request_may_not_exceed_its_limit(request_: Any, limit: Any, wrong: bool) -> None:
    """In whatever units."""
    found = messages(
        "requests-exceed-limits", pod({"requests": {"memory": request_}, "limits": {"memory": limit}})
    )
    assert bool(found) is wrong


def test_both_amounts_are_named() -> None:
    """As they are written."""
    found = messages("requests-exceed-limits", pod({"requests": {"cpu": 4}, "limits": {"cpu": "3500m"}}))
    assert found == ["container `main` requests 4 of `cpu`, more than its limit of 3500m"]


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        ({"limits": {"nvidia.com/gpu": 1}}, None),
        ({"limits": {"nvidia.com/gpu": 1}, "requests": {"nvidia.com/gpu": "1"}}, None),
        ({"requests": {"nvidia.com/gpu": 0}}, None),
        ({"requests": {"cpu": 1}, "limits": {"cpu": 2}}, None),
        ({"requests": {"example.kubernetes.io/x": 1}}, None),
        (
            {"limits": {"hugepages-2Mi": "1Gi"}, "requests": {"hugepages-2Mi": "512Mi"}},
            "container `main` requests 512Mi `hugepages-2Mi` and limits them to 1Gi: both must be equal",
        ),
        (
            {"requests": {"rdma/ib": 1}},
            "container `main` requests 1 `rdma/ib` without a limit: such resources need one",
        ),
    ],
)
def test_what_cannot_be_shared_is_asked_for_exactly(resources: Any, message: str | None) -> None:
    """Devices and huge pages."""
    assert messages("gpu-request-limit-mismatch", pod(resources)) == ([message] if message else [])


def test_a_runtime_may_hold_the_limit() -> None:
    """KServe merges what an InferenceService says into the container of its runtime."""
    model = {"modelFormat": {"name": "vLLM"}, "resources": {"requests": {"nvidia.com/gpu": 1}}}
    item = {"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService", "metadata": {"name": "a"}, "spec": {"predictor": {"model": model}}}  # fmt: skip
    assert messages("gpu-request-limit-mismatch", item) == []
    assert messages("missing-resources", item) == []


@pytest.mark.parametrize(
    ("resources", "names"),
    [
        ({}, "`cpu` and `memory`"),
        (None, "`cpu` and `memory`"),
        ({"requests": {"cpu": 1}}, "`memory`"),
        ({"limits": {"memory": "1Gi"}}, "`cpu`"),
        ({"limits": {"memory": "1Gi", "cpu": 1}}, None),
    ],
)
def test_cpu_and_memory_must_be_asked_for(resources: Any, names: str | None) -> None:
    """A limit is a request as well."""
    message = f"container `main` asks for no {names}: the scheduler counts it as nothing"
    assert messages("missing-resources", pod(resources)) == ([message] if names else [])


LIMITS = {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "a"}, "spec": {"limits": [{"type": "Container", "defaultRequest": {"cpu": 1}}]}}  # fmt: skip
SIZER = {"apiVersion": "autoscaling.k8s.io/v1", "kind": "VerticalPodAutoscaler", "metadata": {"name": "a"}, "spec": {"targetRef": {"kind": "Pod", "name": "a"}}}  # fmt: skip


@pytest.mark.parametrize("other", [LIMITS, SIZER])
def test_something_else_may_fill_them_in(other: dict[str, Any]) -> None:
    """A LimitRange of the namespace, or an autoscaler of the workload."""
    assert messages("missing-resources", pod({}), other) == []


def test_resources_of_the_pod_count() -> None:
    """All its containers share them."""
    item = pod({})
    item["spec"]["resources"] = {"requests": {"cpu": 1, "memory": "1Gi"}}
    assert messages("missing-resources", item) == []


def test_a_container_that_only_prepares_is_not_judged() -> None:
    """Its share is that of the pod; a sidecar runs along."""
    init = {"name": "init", "image": "ghcr.io/acme/init:1"}
    amounts = {"limits": {"cpu": 1, "memory": "1Gi"}}
    assert messages("missing-resources", pod(amounts, initContainers=[init])) == []
    sidecar = {**init, "restartPolicy": "Always"}
    assert len(messages("missing-resources", pod(amounts, initContainers=[sidecar]))) == 1


@pytest.mark.parametrize(
    ("image", "resource", "wrong"),
    [
        ("vllm/vllm-openai:v0.11.0", "nvidia.com/gpu", False),
        ("vllm/vllm-openai:v0.11.0", "amd.com/gpu", True),
        ("rocm/vllm:latest", "nvidia.com/gpu", True),
        ("rocm/vllm:latest", "amd.com/gpu", False),
        ("ghcr.io/llm-d/llm-d-xpu:v0.3.0", "gpu.intel.com/xe", False),
        ("ghcr.io/llm-d/llm-d-xpu:v0.3.0", "nvidia.com/gpu", True),
        ("ghcr.io/acme/server:1", "amd.com/gpu", False),
        ("rocm/vllm:latest", "cpu", False),
    ],
)
def test_an_image_and_its_accelerator_are_of_one_vendor(image: str, resource: str, wrong: bool) -> None:
    """As far as the image's name tells."""
    item = pod({"limits": {resource: 1}})
    item["spec"]["containers"][0]["image"] = image
    assert bool(messages("accelerator-image-mismatch", item)) is wrong

"""A group's size is compared with what its containers are told, whatever else their pods hold."""

from __future__ import annotations

from typing import Any

from mintage.check.batch import CHECKS
from mintage.check.run import findings
from mintage.tree.tree import of_documents


def said(*containers: dict[str, Any], size: int = 2) -> list[str]:
    """Return what the check says of a LeaderWorkerSet."""
    template = {"size": size, "workerTemplate": {"spec": {"containers": list(containers)}}}
    document = {
        "apiVersion": "leaderworkerset.x-k8s.io/v1",
        "kind": "LeaderWorkerSet",
        "metadata": {"name": "x"},
        "spec": {"leaderWorkerTemplate": template},
    }
    found = findings(of_documents({"a": [document]}), CHECKS)
    return [hit.message for hit in found if hit.id == "lws-size-mismatch"]


def test_containers_without_a_command_are_passed_over() -> None:
    """An image's own command tells no size: kubernetes-sigs/lws docs/examples/sample/lws-multi-template.yaml."""
    assert said({"name": "nginx", "image": "nginx:1.14.2"}, {"name": "b", "command": [], "args": []}) == []


def test_the_size_of_a_ray_cluster_is_read_from_scripts() -> None:
    """With the flag and its value in one word or in two; `$(LWS_GROUP_SIZE)` always fits."""
    script = "bash /vllm-workspace/examples/online_serving/multi-node-serving.sh leader --ray_cluster_size={};\n python3 -m vllm.entrypoints.openai.api_server --model m"
    command = {"name": "vllm", "command": ["sh", "-c", script.format("$(LWS_GROUP_SIZE)")]}
    assert said(command) == []
    message = (
        "container `vllm` waits for a group of 3 pods (`--ray_cluster_size=3`), but `size` makes it 2 pods"
    )
    assert said({"name": "vllm", "command": ["sh", "-c", script.format(3)]}) == [message]
    assert said({"name": "vllm", "command": ["sh", "-c", "x --ray_cluster_size 3"]}) == [message]

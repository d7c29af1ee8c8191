"""What nothing uses is reported, and what something may find by a label or a name of its own is not."""

from __future__ import annotations

from typing import Any

import pytest

from check.references.objects import messages, named, pod, secret, tree
from mintage.tree.tree import of_documents


def test_a_name_in_any_text_is_a_use() -> None:
    """An argument, or a field of a kind that nobody here knows."""
    spare = secret("spare", "a")
    assert messages("unused-secret", tree(spare, pod())) == ["nothing in the tree uses Secret `spare`"]
    assert messages("unused-secret", tree(spare, pod(args=["--secret=models/spare"]))) == []
    other = named("acme.io/v1", "Thing", "t", {"credentials": "spare"})
    assert messages("unused-secret", tree(spare, pod(), other)) == []


@pytest.mark.parametrize(
    "more",
    [
        {"metadata": {"labels": {"grafana_dashboard": "1"}}},
        {"metadata": {"annotations": {"acme.io/mount": "true"}}},
        {"metadata": {"namespace": "openshift-config"}},
        {"metadata": {"name": "argocd-cm"}},
    ],
)
def test_what_is_found_otherwise_is_used(more: dict[str, Any]) -> None:
    """By a sidecar, an operator, or the platform."""
    item = named("v1", "ConfigMap", "spare", data={"a": "b"}, **more)
    assert messages("unused-configmap", tree(item, pod())) == []


def test_the_same_name_in_every_environment_is_no_use() -> None:
    """Copies of an object do not use each other."""
    roots = {stage: [secret("spare", "a"), pod()] for stage in ("dev", "prod")}
    for stage, objects in roots.items():
        for item in objects:
            item["metadata"]["namespace"] = stage
    assert messages("unused-secret", of_documents(roots)) == ["nothing in the tree uses Secret `spare`"] * 2


def test_volumes_of_kserve_may_be_mounted_by_the_runtime() -> None:
    """Its containers are not all in the tree."""
    spec = {"predictor": {"volumes": [{"name": "shm"}], "model": {"modelFormat": {"name": "vLLM"}}}}
    service = named("serving.kserve.io/v1beta1", "InferenceService", "m", spec)
    assert messages("unused-volume", tree(service)) == []
    assert messages("unused-volume", tree(pod(volumes=[{"name": "shm"}]))) == [
        "no container mounts the volume `shm`"
    ]


def test_declared_externals_that_nothing_needs_are_found() -> None:
    """Of every sort, with patterns."""
    item = pod(
        env={"A": "https://huggingface.co", "B": "http://otel:4317"}, priorityClassName="inference-high"
    )
    needed = {"hosts": ("*.co",), "services": ("otel",), "objects": ("PriorityClass/inference-*",)}
    assert messages("external-unused", tree(item, **needed)) == []
    stale = {
        "hosts": ("*.org",),
        "services": ("jaeger",),
        "objects": ("PriorityClass/batch",),
        "config_maps": ("rom",),
    }
    assert messages("external-unused", tree(item, **stale)) == [
        "nothing in the tree needs the declared ConfigMap `rom`",
        "nothing in the tree needs the declared Service `jaeger`",
        "nothing in the tree needs the declared host `*.org`",
        "nothing in the tree needs the declared object `PriorityClass/batch`",
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"template": {"metadata": {"annotations": {"checksum/config": "1"}}}},
        {"metadata": {"annotations": {"reloader.stakater.com/auto": "true"}}},
        {"config": {"immutable": True}},
        {"name": "settings-2b8gt6m9hk"},
    ],
)
def test_a_configuration_that_rolls_its_pods_is_fine(changes: dict[str, Any]) -> None:
    """By a checksum, a reloader, or a name that changes with the content."""
    assert messages("config-no-rollout", rolled({})) == [
        "a change of ConfigMap `settings` does not restart the pods that use it"
    ]
    assert messages("config-no-rollout", rolled(changes)) == []


def rolled(changes: dict[str, Any]) -> Any:
    """Return a Deployment that mounts a ConfigMap."""
    name = changes.get("name", "settings")
    spec = {
        "containers": [{"name": "main", "image": "a:1"}],
        "volumes": [{"name": "v", "configMap": {"name": name}}],
    }
    template = {"metadata": {}, **changes.get("template", {}), "spec": spec}
    item = named("apps/v1", "Deployment", "d", {"template": template}, metadata=changes.get("metadata", {}))
    return tree(item, named("v1", "ConfigMap", name, data={"a": "b"}, **changes.get("config", {})))

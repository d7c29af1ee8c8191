"""Numbers of pods: what a rollout adds, what the cluster has, who decides on them, and what a drain may take."""

from __future__ import annotations

from typing import Any

import pytest

from mintage.check.resources import CHECKS
from mintage.check.resources.rollout import scaled
from mintage.check.run import findings
from mintage.spec.validation import Rules
from mintage.tree.tree import of_documents

GPU = "nvidia.com/gpu"


def deployment(gpus: int = 1, **spec: Any) -> dict[str, Any]:
    """Return a Deployment that asks for accelerators."""
    container = {"name": "main", "image": "ghcr.io/acme/main:1", "resources": {"limits": {GPU: gpus}}}
    template = {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [container]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "a"},
        "spec": {"selector": {"matchLabels": {"app": "a"}}, "template": template, **spec},
    }


def found(id: str, *documents: dict[str, Any], gpus: int | None = None) -> list[str]:  # noqa: A002 - the field's name
    """Return what a check says of objects in one root."""
    rules = Rules(capacity={} if gpus is None else {GPU: gpus})
    tree = of_documents({"a": documents}, rules=rules)
    return [hit.message for hit in findings(tree, CHECKS) if hit.id == id]


def rolling(surge: Any, unavailable: Any) -> dict[str, Any]:
    """Return a strategy."""
    return {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}}


@pytest.mark.parametrize(
    ("spec", "wrong"),
    [
        ({}, True),
        ({"replicas": 3}, True),
        ({"replicas": 4}, False),
        ({"replicas": 0}, False),
        ({"strategy": {"type": "Recreate"}}, False),
        ({"strategy": rolling(0, 1)}, False),
        ({"strategy": rolling(1, 0)}, True),
        ({"replicas": 8, "strategy": rolling(1, 0)}, True),
        ({"replicas": 8, "strategy": rolling("10%", "10%")}, True),
        ({"replicas": 8, "strategy": rolling("{{ surge }}", 0)}, False),
        ({"paused": True}, False),
    ],
)
def test_a_rollout_must_end_a_pod_to_free_its_accelerators(spec: dict[str, Any], wrong: bool) -> None:
    """Rounding as the controller does: the surge up, the unavailable down."""
    assert bool(found("gpu-surge-deadlock", deployment(**spec))) is wrong


def test_a_rollout_says_what_it_needs() -> None:
    """How many pods more, with how many accelerators."""
    assert found("gpu-surge-deadlock", deployment(2)) == [
        "a rollout needs 2 `nvidia.com/gpu` more: 1 new pod starts before an old one ends"
    ]


@pytest.mark.parametrize(("capacity", "wrong"), [(2, True), (3, True), (4, False)])
def test_accelerators_to_spare_let_a_rollout_pass(capacity: int, wrong: bool) -> None:
    """As many as the surge takes, beside all that run."""
    assert bool(found("gpu-surge-deadlock", deployment(2), gpus=capacity)) is wrong


def test_a_cluster_that_grows_lets_a_rollout_pass() -> None:
    """Karpenter, or the autoscaler of machines."""
    pool = {"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": {"name": "gpus"}}
    assert found("gpu-surge-deadlock", deployment(), pool) == []


def test_pods_without_accelerators_roll_freely() -> None:
    """Nothing is scarce."""
    assert found("gpu-surge-deadlock", deployment(0)) == []


@pytest.mark.parametrize(("capacity", "wrong"), [(5, True), (6, False)])
def test_the_budget_counts_all_replicas(capacity: int, wrong: bool) -> None:
    """Those of Deployments, InferenceServices and worker groups."""
    limits = {"resources": {"limits": {GPU: 1}}}
    service = {"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService", "metadata": {"name": "b"}, "spec": {"predictor": {"minReplicas": 2, "model": limits}}}  # fmt: skip
    workers = {
        "groupName": "w",
        "replicas": 2,
        "template": {"spec": {"containers": [{"name": "ray", **limits}]}},
    }
    cluster = {"apiVersion": "ray.io/v1", "kind": "RayCluster", "metadata": {"name": "c"}, "spec": {"workerGroupSpecs": [workers]}}  # fmt: skip
    messages = found("gpu-budget", deployment(replicas=2), service, cluster, gpus=capacity)
    assert bool(messages) is wrong
    if wrong:
        assert messages[0].startswith(
            "all pods together ask for 6 `nvidia.com/gpu`, the cluster has 5; most, 2, "
        )


def scaler(own: str, **target: Any) -> dict[str, Any]:
    """Return an autoscaler."""
    group = {"HorizontalPodAutoscaler": "autoscaling/v2", "ScaledObject": "keda.sh/v1alpha1"}[own]
    spec = {"scaleTargetRef": {"name": "a", **target}, "maxReplicas": 5}
    return {"apiVersion": group, "kind": own, "metadata": {"name": "s"}, "spec": spec}


def test_an_autoscaler_alone_decides() -> None:
    """Whichever it is; KEDA scales a Deployment unless told otherwise."""
    for item in (scaler("HorizontalPodAutoscaler", kind="Deployment"), scaler("ScaledObject")):
        assert len(found("hpa-replicas-fight", deployment(replicas=2), item)) == 1
        assert found("hpa-replicas-fight", deployment(), item) == []


def test_argo_may_be_told_to_leave_replicas_alone() -> None:
    """By a JSON pointer."""
    ignored = {"group": "apps", "kind": "Deployment", "jsonPointers": ["/spec/replicas"]}
    application = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "x"}, "spec": {"ignoreDifferences": [ignored]}}  # fmt: skip
    item = scaler("HorizontalPodAutoscaler", kind="Deployment")
    assert found("hpa-replicas-fight", deployment(replicas=2), item, application) == []


def budget(**spec: Any) -> dict[str, Any]:
    """Return a PodDisruptionBudget."""
    selector = {"matchLabels": {"app": "a"}}
    return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "p"}, "spec": {"selector": selector, **spec}}  # fmt: skip


@pytest.mark.parametrize(
    ("spec", "replicas", "wrong"),
    [
        ({"maxUnavailable": 0}, 3, True),
        ({"maxUnavailable": "0%"}, 3, True),
        ({"maxUnavailable": 1}, 1, False),
        ({"maxUnavailable": "10%"}, 1, False),
        ({"minAvailable": 1}, 1, True),
        ({"minAvailable": 1}, 2, False),
        ({"minAvailable": 2}, 2, True),
        ({"minAvailable": "50%"}, 1, True),
        ({"minAvailable": "50%"}, 2, False),
        ({"minAvailable": "100%"}, 5, True),
        ({"minAvailable": 1}, 0, False),
        ({"minAvailable": "$(N)"}, 1, False),
        ({}, 1, False),
    ],
)
def test_a_budget_must_let_a_pod_go(spec: dict[str, Any], replicas: int, wrong: bool) -> None:
    """Percentages are rounded up."""
    assert bool(found("pdb-blocks-drain", deployment(replicas=replicas), budget(**spec))) is wrong


def test_a_budget_says_what_it_keeps() -> None:
    """In words for one pod and for several."""
    rest = "be evicted: a machine with one of them is never drained"
    assert found("pdb-blocks-drain", deployment(), budget(minAvailable=1)) == [
        f"`minAvailable: 1` lets not even the only pod {rest}"
    ]
    assert found("pdb-blocks-drain", deployment(replicas=2), budget(minAvailable=2)) == [
        f"`minAvailable: 2` lets none of the 2 pods {rest}"
    ]
    assert found("pdb-blocks-drain", budget(maxUnavailable=0)) == [f"`maxUnavailable: 0` lets no pod {rest}"]


def test_a_budget_of_pods_that_may_become_more_is_right() -> None:
    """An autoscaler has a bound of its own."""
    item = scaler("HorizontalPodAutoscaler", kind="Deployment")
    assert found("pdb-blocks-drain", deployment(replicas=1), budget(minAvailable=1), item) == []


def test_a_budget_of_an_operators_pods_is_not_judged() -> None:
    """Nobody here knows their number."""
    service = {"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService", "metadata": {"name": "b", "labels": {"app": "a"}}, "spec": {"predictor": {"model": {}}}}  # fmt: skip
    assert found("pdb-blocks-drain", service, budget(minAvailable=1)) == []


@pytest.mark.parametrize(
    ("value", "up", "down"),
    [(2, 2, 2), ("25%", 1, 0), ("100%", 3, 3), ("x", None, None), (True, None, None), (None, None, None)],
)
def test_a_share_of_three_is_rounded(value: Any, up: int | None, down: int | None) -> None:
    """Up or down."""
    assert scaled(value, 3, up=True) == up
    assert scaled(value, 3, up=False) == down

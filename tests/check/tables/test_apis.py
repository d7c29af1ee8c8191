"""What became of APIs of Kubernetes and of custom resources."""

from __future__ import annotations

from mintage.check import tables
from mintage.check.tables.versions import version


def test_removed_apis_of_kubernetes() -> None:
    """A target release decides whether an API is gone."""
    life = tables.api_life("policy/v1beta1", "PodDisruptionBudget")
    assert life is not None
    assert life.use == "policy/v1"
    assert life.gone(version("1.25"))
    assert life.gone(version("1.32.1"))
    assert not life.gone(version("1.24.17"))
    assert tables.api_life("apps/v1", "Deployment") is None


def test_pools_of_the_old_group_are_moved() -> None:
    """The project that removed them is named."""
    life = tables.api_life("inference.networking.x-k8s.io/v1alpha2", "InferencePool")
    assert life is not None
    assert (life.project, life.use) == (
        "the Gateway API Inference Extension",
        "inference.networking.k8s.io/v1",
    )


def test_versions_of_custom_resources() -> None:
    """What a recent release serves and deprecates; unknown kinds are unknown."""
    served = tables.api_served("ray.io", "RayCluster")
    assert served is not None
    assert (served.versions, served.deprecated) == (("v1alpha1", "v1"), frozenset({"v1alpha1"}))
    assert served.release == "ray-project/kuberay v1.7.0"
    assert tables.api_served("example.io", "Box") is None

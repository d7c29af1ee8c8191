"""Which metrics exist, and of which nobody can tell."""

from __future__ import annotations

import pytest

from mintage.check import tables


@pytest.mark.parametrize(
    ("name", "known", "exporter"),
    [
        ("up", True, "Prometheus"),
        ("vllm:num_requests_running", True, "vllm"),
        ("vllm:num_request_running", False, "vllm"),
        ("inference_pool_ready_pods", True, "endpoint picker"),
        ("inference_objective_request_duration_seconds_bucket", True, "endpoint picker"),
        ("inference_pool_something_new", None, "endpoint picker"),
        ("DCGM_FI_DEV_GPU_UTIL", True, "dcgm exporter"),
        ("nv_inference_queue_duration_us", True, "triton"),
        ("node_memory_MemAvailable_bytes", True, "node exporter"),
        ("prometheus_tsdb_head_series", True, "prometheus"),
        ("argocd_app_sync_status", False, "argo cd"),
        ("kube_pod_info", True, "kube-state-metrics"),
        ("kube_something", None, "kube-state-metrics"),
        ("zelda_unique_rooms", None, None),
    ],
)
def test_metrics_by_exporter(name: str, known: bool | None, exporter: str | None) -> None:
    """Where a list is complete, a name that is missing is wrong; elsewhere nobody can tell."""
    assert tables.metric_known(name) is known
    assert tables.metric_exporter(name) == exporter


def test_a_metric_that_is_gone_has_a_successor() -> None:
    """Advice names the metric to ask for instead."""
    assert tables.metric_successor("argocd_app_sync_status") == "argocd_app_info{sync_status=...}"
    assert tables.metric_successor("up") is None


def test_a_histogram_is_queried_by_its_parts() -> None:
    """Nobody finds a histogram under its own name."""
    assert tables.series("x_seconds", "histogram") == [
        "x_seconds_bucket",
        "x_seconds_sum",
        "x_seconds_count",
        "x_seconds_created",
    ]

"""What a Workload spec accepts, refuses and shows to other services."""

from __future__ import annotations

import pytest

from mintage.errors import MintageError
from mintage.source import read
from mintage.spec.decode import Layer, Layers, decode
from mintage.spec.exports import MetricsEndpoint, PodPort
from mintage.spec.workload import Workload


def workload(more: str = "") -> Workload:
    """Return the workload that a file of this text holds; `more` begins at line 4."""
    document = read(
        "specs/web.yaml", f"kind: Workload\nname: web\nimage: registry.test/web:1\n{more}\n".encode()
    )
    return decode(document.value, Workload, Layers((Layer(document),)))


def complaints(more: str) -> list[str]:
    """Return what is wrong with a workload, as `line: message | advice`."""
    with pytest.raises(MintageError) as caught:
        workload(more)
    return [
        f"{problem.location.line}: {problem.message} | {problem.advice}" for problem in caught.value.problems
    ]


def test_an_image_makes_a_service_that_runs_on() -> None:
    """Everything but the image has a default."""
    spec = workload()
    assert (spec.run, spec.replicas, spec.strategy) == ("service", 1, "RollingUpdate")


def test_metrics_must_be_on_a_port_that_is_there() -> None:
    """Prometheus finds metrics by the name of the port."""
    assert complaints("metrics: {}") == [
        "4: no port is called `metrics` | add it to `ports`: {metrics: 8080}"
    ]
    assert workload("ports: {metrics: 9400}\nmetrics: {}").metrics


def test_buckets_need_a_port_to_talk_to() -> None:
    """The job that creates them calls the Service."""
    given = "buckets: {names: [a], image: registry.test/mc:1, secret: s}"
    assert complaints(given) == ["4: an object store needs a port | add `ports: {api: 9000}`"]
    assert complaints(f"ports: {{api: 9000}}\n{given[:-1]}, port: http}}") == [
        "5: no port is called `http` | "
    ]


def test_a_schedule_goes_with_cron() -> None:
    """Neither means anything without the other."""
    advice = 'add both: `run: cron` and `schedule: "0 3 * * *"`'
    message = f"`schedule` and `run: cron` go together | {advice}"
    assert complaints("run: cron") == [f"1: {message}"]
    assert complaints("run: job\njob: {schedule: 0 3 * * *}") == [f"5: {message}"]
    assert workload("run: cron\njob: {schedule: 0 3 * * *}").job.schedule == "0 3 * * *"


def test_a_jobs_retries_cannot_share_a_claim_for_one_pod() -> None:
    """A second pod would wait for the first one's volume for ever."""
    claim = "volumes:\n  /data: {pvc: {size: 1Gi, accessMode: ReadWriteOncePod}}"
    assert complaints(f"run: job\n{claim}") == ["6: a job's retries cannot share a ReadWriteOncePod claim | "]
    assert workload(claim).volumes


def test_a_probe_without_any_port_is_refused() -> None:
    """Kubernetes refuses an empty port."""
    assert complaints("probes:\n  readiness: {path: /}") == [
        "5: a probe needs a port, and the workload has none | add `port` to the probe"
    ]
    assert workload("probes: {readiness: {path: /, port: 8080}}").probes.readiness


def test_a_grpc_probe_needs_its_ports_number() -> None:
    """Kubernetes takes a named port for HTTP and TCP only."""
    more = "ports: {grpc: 9000}\nprobes:\n  liveness: {grpc: health}"
    assert complaints(more) == ["6: a gRPC probe needs the number of its port | add `port` to the probe"]
    assert workload("ports: {grpc: 9000}\nprobes: {liveness: {grpc: health, port: 9000}}").probes.liveness


def test_a_delta_may_trade_a_claim_for_scratch_space() -> None:
    """One source replaces the other; both at once are refused, with the way out."""
    assert complaints("volumes:\n  /data: {pvc: {size: 1Gi}, emptyDir: {}}") == [
        "5: a volume has exactly one source, got `pvc` and `emptyDir` | in a delta, take the other away with `pvc: null`"
    ]


def test_the_identity_is_a_reference() -> None:
    """The account must be that of an Identity of the system."""
    found = [
        (reference.path, reference.name, reference.kinds)
        for reference in workload("identity: runner").references()
    ]
    assert found == [(("identity",), "runner", ("Identity",))]


def test_the_export_shows_ports_buckets_and_metrics() -> None:
    """All that `@web`, `@web:metrics` and `@web#bucket` can ask for."""
    export = workload(
        "service: front\nports: {api: 9000, metrics: 9400}\nmetrics: {path: /m}\n"
        "buckets: {names: [a, b], image: registry.test/mc:1, secret: s}"
    ).exports()
    ports = {"api": 9000, "metrics": 9400}
    assert (export.service, export.ports, export.buckets) == ("front", ports, ("a", "b"))
    assert export.pods == (PodPort(labels={"app": "web"}, ports=ports),)
    assert export.metrics == (MetricsEndpoint(service_labels={"app": "web"}, port="metrics", path="/m"),)


def test_a_workload_without_ports_has_no_service_to_refer_to() -> None:
    """An empty name tells whoever refers to it."""
    assert workload().exports().service == ""

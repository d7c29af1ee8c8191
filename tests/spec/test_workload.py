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


@pytest.mark.parametrize(
    "size", ["100GB", "64gb", "4GiB", "10K", "1,5Gi", "4 Gi", "-5Gi", "2 cores", "Gi", ""]
)
def test_a_quantity_that_kubernetes_cannot_read_is_refused(size: str) -> None:
    """It would be found by the API server, long after the merge."""
    advice = "write a Kubernetes quantity, such as `500m`, `2` or `64Gi`"
    (said,) = complaints(f'volumes: {{/data: {{pvc: {{size: "{size}"}}}}}}')
    assert said.startswith(f"4: `{size}` does not match ")
    assert said.endswith(f" | {advice}")


@pytest.mark.parametrize("size", ["100Gi", "1.5Gi", "2", "500m", "1e3", "10k", "1Ei", "0"])
def test_a_quantity_that_kubernetes_reads_is_accepted(size: str) -> None:
    """Suffixes binary and decimal, exponents, and none."""
    assert workload(f'volumes: {{/data: {{pvc: {{size: "{size}"}}}}}}').volumes["/data"].pvc


def test_resources_are_those_that_kubernetes_knows() -> None:
    """A misspelt one would reserve nothing; extended ones have a domain."""
    assert complaints("resources: {requests: {memry: 1Gi}}") == [
        "4: unknown resource `memry` | did you mean `memory`?"
    ]
    assert workload("resources: {limits: {nvidia.com/gpu: 1, hugepages-2Mi: 4Mi, ephemeral-storage: 1Gi}}")


@pytest.mark.parametrize("name", ["this-name-is-too-long", "Admin", "8080", "a--b", "-a"])
def test_a_port_has_a_name_that_pods_accept(name: str) -> None:
    """At most fifteen characters, and a letter among them."""
    (said,) = complaints(f'ports: {{"{name}": 80}}')
    assert said.endswith(
        "| use at most 15 lower-case letters, digits and single dashes, with a letter, as in `http`"
    )


def test_a_port_is_there_once() -> None:
    """A Service with one number twice is refused by the API server."""
    assert complaints("ports: {a: 80, b: 80}") == [
        "4: port 80 is called `a` already | a Service has each port once"
    ]


def test_an_environment_that_the_service_is_not_in_changes_nothing() -> None:
    """A delta for it is a mistake."""
    assert complaints("only: [dev]\nenvironments: {prod: {replicas: 2}}") == [
        "5: it changes nothing: the service is `only` in dev | remove it, or add the environment to `only`"
    ]


def test_a_name_that_ends_in_a_line_break_is_refused() -> None:
    """A block scalar brings one along unseen."""
    (said,) = complaints("service: |\n  web")
    assert said.endswith("| use lower-case letters, digits and dashes, as in `web-1`")


def test_a_label_that_selects_pods_is_not_the_users() -> None:
    """Overwriting it would part Services and monitors from their pods."""
    assert complaints("labels: {app: other, team: a}") == [
        "4: `app` selects pods and Services, and is Mintage's to set | use a label of your own"
    ]


def test_names_that_kubernetes_would_refuse_are_refused() -> None:
    """A Service begins with a letter, and a job's name leaves room for its digest."""
    advice = "set `service`, or choose another name"
    assert complaints("ports: {http: 80}\nservice: 3scale") == [
        f"2: a Service begins with a letter, got `3scale` | {advice}"
    ]
    long = "a" * 47
    document = read(
        "specs/web.yaml",
        f"kind: Workload\nname: {long}\nimage: i\n{BUCKETS}\n".encode(),
    )
    with pytest.raises(MintageError) as caught:
        decode(document.value, Workload, Layers((Layer(document),)))
    assert [p.message for p in caught.value.problems] == [
        "with `buckets`, the name has at most 46 characters, got 47"
    ]


BUCKETS = "ports: {api: 9000}\nbuckets: {names: [a], image: registry.test/mc:1, secret: s}"

"""Probes and ports: what is silent because nobody can know, and where the findings point."""

from __future__ import annotations

from typing import Any

import pytest

from mintage.check import ports
from mintage.check.ports.servers import is_model_server, listening
from mintage.check.run import findings
from mintage.tree.objects import Object
from mintage.tree.tree import of_documents


def pod(*containers: dict[str, Any], **spec: Any) -> dict[str, Any]:
    """Return a pod with some containers."""
    named = [{"name": f"c{index}", "image": "x:1", **each} for index, each in enumerate(containers)]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "labels": {"app": "p"}}, "spec": {"containers": named, **spec}}  # fmt: skip


def service(**port: Any) -> dict[str, Any]:
    """Return a Service that selects the pod."""
    spec = {"selector": {"app": "p"}, "ports": [port]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": spec}


def told(*documents: dict[str, Any]) -> dict[str, str]:
    """Return the messages of the port checks by id."""
    tree = of_documents({"a": list(documents)})
    return {finding.id: finding.message for finding in findings(tree, ports.CHECKS)}


DECLARED = {"ports": [{"name": "http", "containerPort": 8000}]}


def test_a_named_target_must_be_declared() -> None:
    """By the name of a port, of any container of the pod."""
    assert told(pod(DECLARED), service(port=80, targetPort="https")) == {
        "service-targetport-missing": "port 80 goes to the port `https`, which no container of Pod `p` declares"
    }
    assert told(pod({}, DECLARED), service(port=80, targetPort="http")) == {}


def test_a_number_is_doubted_only_against_declared_ports() -> None:
    """A container need not declare what it listens on."""
    assert told(pod({}), service(port=80, targetPort=9000)) == {}
    assert "service-targetport-missing" in told(pod(DECLARED), service(port=80, targetPort=9000))
    assert told(pod({**DECLARED, "args": ["--listen=:9000"]}), service(port=80, targetPort=9000)) == {}


def test_an_absent_target_is_the_port_itself() -> None:
    """As the API server fills it in."""
    assert told(pod(DECLARED), service(port=8000)) == {}
    assert "service-targetport-missing" in told(pod(DECLARED), service(port=80))


def test_pods_of_operators_may_have_other_ports() -> None:
    """KServe and KubeRay add some: their Services are not judged."""
    cluster = {
        "apiVersion": "ray.io/v1",
        "kind": "RayCluster",
        "metadata": {"name": "r"},
        "spec": {"headGroupSpec": {"template": {"spec": {"containers": [{"name": "head", **DECLARED}]}}}},
    }
    selecting = service(port=80, targetPort="metrics")
    selecting["spec"]["selector"] = {"ray.io/cluster": "r"}
    assert told(cluster, selecting) == {}


def test_the_port_of_another_protocol_is_another_port() -> None:
    """A name belongs to one protocol."""
    udp = {"ports": [{"name": "dns", "containerPort": 53, "protocol": "UDP"}]}
    assert "service-targetport-missing" in told(pod(udp), service(port=53, targetPort="dns"))
    assert told(pod(udp), service(port=53, targetPort="dns", protocol="UDP")) == {}


def test_a_probe_asks_by_a_name_of_its_own_container() -> None:
    """The name of a neighbour's port does not count."""
    probed = {"readinessProbe": {"tcpSocket": {"port": "http"}}}
    assert told(pod({**DECLARED, **probed})) == {}
    assert told(pod(probed, DECLARED)) == {
        "probe-port-missing": "readinessProbe of container `c0` asks the port `http`, which it does not declare"
    }


def test_a_probe_of_another_host_is_nobodys_port() -> None:
    """A probe with a `host` may ask whatever is there."""
    probed = {"readinessProbe": {"httpGet": {"port": 8000, "host": "example.com"}}}
    assert told(pod(probed, DECLARED)) == {}
    del probed["readinessProbe"]["httpGet"]["host"]
    assert set(told(pod(probed, DECLARED))) == {"probe-foreign-container"}


@pytest.mark.parametrize(
    ("argv", "numbers"),
    [
        (["vllm", "serve", "m", "--port", "8001"], {8001}),
        (["vllm", "serve", "m", "--port=8001"], {8001}),
        (["vllm", "serve", "m"], {8000}),
        (["vllm", "serve", "m", "--port=$(PORT)"], set()),
        (["vllm", "serve", "m", "--config", "c.yaml"], set()),
        (["vllm", "bench", "serve", "--port", "9"], set()),
        (["python", "-m", "vllm.entrypoints.openai.api_server", "--port=8080"], {8080}),
        (["sh", "-c", "sleep 1; exec vllm serve m --port 8001"], {8001}),
        (["tensorboard", "--logdir=x"], set()),
        (["redis-cli", "--port", "6379"], set()),
    ],
)
def test_ports_are_read_from_known_command_lines_only(argv: list[str], numbers: set[int]) -> None:
    """What a flag of an unknown program means is not guessed, nor what a variable or a file may say."""
    container = Object(pod({"command": argv})).containers[0]
    assert {found.number for found in listening(container)} == numbers


def test_a_default_port_is_compared_with_the_declared_one() -> None:
    """A server without `--port` listens on its own."""
    assert told(pod({"command": ["vllm", "serve", "m"], "ports": [{"containerPort": 8080}]})) == {
        "arg-port-mismatch": "container `c0` declares port 8080, but `vllm` without `--port` listens on 8000"
    }


def test_only_what_loads_a_model_needs_a_startup_probe() -> None:
    """A model server with an accelerator, whose liveness probe gives up early."""
    liveness: dict[str, Any] = {"livenessProbe": {"httpGet": {"path": "/", "port": 8000}}, **DECLARED}
    gpu = {"resources": {"limits": {"nvidia.com/gpu": 1}}}
    server = {"image": "vllm/vllm-openai:v0.11.0", **liveness, **gpu}
    assert told(pod(server)) == {
        "liveness-without-startup": "livenessProbe restarts container `c0` 20 s after its start if the model is not loaded by then"
    }
    patient = {**server, "livenessProbe": {**liveness["livenessProbe"], "initialDelaySeconds": 300}}
    assert told(pod(patient)) == {}
    assert told(pod({**server, "startupProbe": {"httpGet": {"port": 8000}}})) == {}
    assert told(pod({**liveness, **gpu})) == {}
    assert not is_model_server(Object(pod({"image": "vllm/vllm-openai:v0.11.0"})).containers[0])


def test_readiness_is_asked_of_what_answers_requests() -> None:
    """Not of a sidecar, of a port for metrics, nor where a Service publishes pods that are not ready."""
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "d"},
        "spec": {"template": {"metadata": {"labels": {"app": "p"}}, "spec": pod(DECLARED, {})["spec"]}},
    }
    assert set(told(deployment, service(port=80, targetPort="http"))) == {"missing-readiness"}
    assert told(deployment, service(name="metrics", port=80, targetPort="http")) == {}
    early = service(port=80, targetPort="http")
    early["spec"]["publishNotReadyAddresses"] = True
    assert told(deployment, early) == {}
    assert told(pod(DECLARED), service(port=80, targetPort="http")) == {}, (
        "a lone pod, as of a Job, is left alone"
    )


def deployment(image: str = "x:1") -> dict[str, Any]:
    """Return a Deployment without a readinessProbe."""
    template = {
        "metadata": {"labels": {"app": "p"}},
        "spec": {"containers": [{"name": "c", "image": image, **DECLARED}]},
    }
    spec = {"selector": {"matchLabels": {"app": "p"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": spec}


def test_pods_of_another_root_are_not_taken_for_those_of_a_service() -> None:
    """Where neither names a namespace, nobody knows that it is the same one."""
    one, other = [deployment(), service(port=80, targetPort="http")], [deployment()]
    other[0]["metadata"]["name"] = "e"
    found = findings(of_documents({"a": one, "b": other}), ports.CHECKS)
    assert [(finding.id, finding.subject) for finding in found] == [("missing-readiness", "Deployment d")]


def test_a_proxy_before_metrics_needs_no_readiness() -> None:
    """A scrape that comes too early is made again."""
    assert (
        told(deployment("quay.io/brancz/kube-rbac-proxy:v0.17.1"), service(port=80, targetPort="http")) == {}
    )


@pytest.mark.parametrize(
    ("args", "names", "found"),
    [
        (["vllm", "serve", "m"], [None], True),
        (["vllm", "serve", "m", "--headless"], [None], False),
        (["vllm", "serve", "m", "--port", "8001", "--headless"], ["http"], False),
        (["vllm", "serve", "m"], ["metrics", "nccl"], False),
        (["vllm", "serve", "m"], ["metrics", "http-api"], True),
        (["vllm", "serve", "m"], ["vllm"], True),
        (["tritonserver", "--grpc-port", "8001"], ["grpc"], True),
    ],
)
def test_ports_of_something_else_are_not_compared(
    args: list[str], names: list[str | None], found: bool
) -> None:
    """A headless node has no API server, and a port for metrics is not the one of the API."""
    declared = [
        {"containerPort": 9000 + index, **({"name": name} if name else {})}
        for index, name in enumerate(names)
    ]
    assert ("arg-port-mismatch" in told(pod({"command": args, "ports": declared}))) is found

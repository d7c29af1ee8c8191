"""Addresses are read out of texts, and judged only where they surely mean a Service."""

from __future__ import annotations

from typing import Any

import pytest

from check.references.objects import messages, named, pod, service, tree
from mintage.check.references.addresses import local, parsed
from mintage.spec.validation import Externals
from mintage.tree.objects import Object
from mintage.tree.tree import of_documents

OWNER = Object(pod())
LISTENERS = [{"name": "http", "port": 80, "protocol": "HTTP"}]


def read(text: str) -> list[tuple[str, int | None]]:
    """Return hosts and ports in a text of a pod."""
    return [(found.host, found.port) for found in parsed(OWNER, (), text, in_pod=True)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://minio:9000", [("minio", 9000)]),
        ("http://minio", [("minio", 80)]),
        ("https://minio/bucket", [("minio", 443)]),
        ("redis://:secret@cache:6379/0", [("cache", 6379)]),
        ("postgresql+psycopg2://me:x@db.data.svc/app", [("db.data.svc", None)]),
        ("jdbc:postgresql://db:5432/app", [("db", 5432)]),
        ("--endpoint=http://a.models.svc.cluster.local.:80", [("a.models.svc.cluster.local", 80)]),
        ("a.x.svc:9092,b.x.svc.cluster.local:9093", [("a.x.svc", 9092), ("b.x.svc.cluster.local", 9093)]),
        ("curl http://one/x && curl http://two:81", [("one", 80), ("two", 81)]),
    ],
)
def test_addresses_are_found(text: str, expected: list[tuple[str, int | None]]) -> None:
    """With the port that is said, or that of the scheme."""
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # llm-d/llm-d, guides/wide-ep-lws: what follows the command tells how to trace it
        (
            "vllm serve m\n# To enable tracing, add:\n  # --otlp-traces-endpoint http://otel-collector:4317 \\",
            [],
        ),
        ("endpoint: http://minio:9000 # was http://s3:80", [("minio", 9000)]),
        ("curl http://app/#/jobs", [("app", 80)]),
    ],
)
def test_comments_are_not_read(text: str, expected: list[tuple[str, int | None]]) -> None:
    """A `#` that begins a line or a word of its own begins a comment; one inside of a URL does not."""
    assert read(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "http://localhost:8000",
        "http://127.0.0.1:8000",
        "http://0.0.0.0",
        "http://minio.$(NAMESPACE).svc:9000",
        "http://minio-$(STAGE):9000",
        "http://$MINIO:9000",
        "http://${MINIO}",
        "http://{{ host }}:80",
        "http://minio:$(PORT)",
        "http://HOST:PORT",
        "http://api.example.com",
        "http://minio.models.svc.clusterset.local",
        "s3://bucket/model",
        "hf://Qwen/Qwen2.5",
        "pvc://models",
        "oci://quay.io/acme/model:1",
        "minio:9000",
    ],
)
def test_what_is_no_address_is_left_out(text: str) -> None:
    """The pod itself, templates, placeholders, and other schemes."""
    assert read(text) == []


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("minio", ("minio", None)),
        ("minio.models", ("minio", "models")),
        ("minio.models.svc", ("minio", "models")),
        ("minio.models.svc.cluster.local", ("minio", "models")),
        ("minio-0.minio.models.svc.cluster.local", ("minio", "models")),
        ("minio-0.minio.models", ("minio", "models")),
        ("huggingface.co", None),
        ("index-abc.svc.us-east1.pinecone.io", None),
        ("minio.models.svc.acme.corp", None),
    ],
)
def test_hosts_in_the_cluster_are_told_by_their_form(
    host: str, expected: tuple[str, str | None] | None
) -> None:
    """A domain of two labels is a Service only where its second is a namespace that the tree knows."""
    found = next(parsed(OWNER, (), f"http://{host}", in_pod=True))
    assert local(found, frozenset({"models"})) == expected


def test_operators_services_are_not_missed() -> None:
    """KubeRay's, Istio's, KServe's, and those of operators nobody here knows."""
    ray = named("ray.io/v1", "RayCluster", "train", {"headGroupSpec": {}})
    gateway = named(
        "gateway.networking.k8s.io/v1",
        "Gateway",
        "edge",
        {"gatewayClassName": "istio", "listeners": LISTENERS},
    )
    tenant = named("minio.min.io/v2", "Tenant", "store", {"pools": []})
    urls = {"A": "http://train-head-svc:8265", "B": "http://edge-istio", "C": "http://store-hl:9000"}
    assert messages("dns-service-missing", tree(pod(env=urls), ray, gateway, tenant)) == []


def test_a_chart_in_the_namespace_may_hold_any_service() -> None:
    """Nobody renders it here, so nothing is said."""
    spec = {"source": {"chart": "minio"}, "destination": {"namespace": "models"}}
    chart = named("argoproj.io/v1alpha1", "Application", "minio", spec)
    assert messages("dns-service-missing", tree(pod(env={"A": "http://minio:9000"}))) == [
        "`http://minio:9000` needs a Service `minio`, which is not there"
    ]
    assert messages("dns-service-missing", tree(pod(env={"A": "http://minio:9000"}), chart)) == []


def test_a_hosts_file_answers_for_a_name() -> None:
    """`hostAliases` of the pod."""
    aliases = [{"ip": "10.0.0.1", "hostnames": ["registry"]}]
    assert (
        messages("dns-service-missing", tree(pod(env={"A": "http://registry:5000"}, hostAliases=aliases)))
        == []
    )


def test_a_declared_host_is_not_missed() -> None:
    """However it looks."""
    item = pod(env={"A": "http://gone.models.svc:80"})
    assert messages("dns-service-missing", tree(item, hosts=("*.models.svc",))) == []


def test_texts_that_no_pod_reads_need_a_namespace() -> None:
    """A ConfigMap may speak of any host; only a full name is surely a Service."""
    short = named("v1", "ConfigMap", "c", data={"a": "see http://docs/ and http://gone.models.svc"})
    found = tree(short, service("minio", 9000))
    assert messages("dns-service-missing", found) == [
        "`http://gone.models.svc` needs a Service `gone`, which is not there"
    ]


@pytest.mark.parametrize("spec", [{"clusterIP": "None"}, {"type": "ExternalName"}])
def test_some_services_answer_on_any_port(spec: dict[str, Any]) -> None:
    """Headless ones, and names for something outside."""
    found = tree(pod(env={"A": "http://minio:9001"}), service("minio", 9000, **spec))
    assert messages("dns-port-mismatch", found) == []


def test_a_url_without_port_means_that_of_its_scheme() -> None:
    """The Service must have it."""
    found = tree(pod(env={"A": "https://minio"}), service("minio", 9000))
    assert messages("dns-port-mismatch", found) == [
        "`https://minio` has no port, which means 443; Service `minio` has 9000"
    ]


def stages(url: str, **externals: Any) -> Any:
    """Return a tree with one root for each of two stages, in which a pod has an address."""
    roots = {}
    for stage in ("dev", "prod"):
        objects = [pod(env={"A": url}), service("minio", 9000)]
        for item in objects:
            item["metadata"]["namespace"] = f"app-{stage}"
        roots[stage] = objects
    return of_documents(roots, externals=Externals(**externals))


def test_a_namespace_that_an_overlay_was_to_replace_is_found() -> None:
    """The base's namespace is in no root, but differs from ours by the stage only."""
    assert messages("dns-namespace-mismatch", stages("http://minio.app.svc:9000")) == [
        f"`http://minio.app.svc:9000` names namespace `app`, Service `minio` of this root is in `app-{stage}`"
        for stage in ("dev", "prod")
    ]


def test_a_service_of_another_system_is_no_mismatch() -> None:
    """Nor is a declared one."""
    assert messages("dns-namespace-mismatch", stages("http://minio.storage.svc:9000")) == []
    assert (
        messages("dns-namespace-mismatch", stages("http://minio.app.svc:9000", services=("minio.app",))) == []
    )


def test_a_shared_service_of_one_stage_is_no_mismatch() -> None:
    """The root has none of that name itself, and the other one has."""
    found = stages("http://hub.app-prod.svc:80")
    shared = service("hub", 80, namespace="app-prod")
    roots = {root.folder: [item.document for item in root.objects] for root in found.roots}
    roots["prod"].append(shared)
    found = of_documents(roots)
    assert messages("dns-namespace-mismatch", found) == messages("dns-service-missing", found) == []


def test_values_that_only_look_like_a_namespace_are_left_alone() -> None:
    """A name of a run is not one, unless the variable or the tree says so."""
    roots = {
        "dev": [pod(env={"RUN": "app-test"})],
        "prod": [pod(env={"RUN": "app"})],
    }
    for stage, objects in roots.items():
        objects[0]["metadata"]["namespace"] = f"app-{stage}"
    assert messages("env-namespace-literal", of_documents(roots)) == []


def test_outside_hosts_need_a_declaration_once_there_are_any() -> None:
    """A tree without `externals:` is not asked."""
    item = pod(env={"A": "https://huggingface.co", "B": "http://grafana.monitoring.svc:3000"})
    assert messages("external-undeclared", tree(item)) == []
    assert messages("external-undeclared", tree(item, hosts=("quay.io",))) == [
        "Service `grafana` in namespace `monitoring` is outside of the tree and is not declared",
        "`huggingface.co` is outside of the cluster and is not declared",
    ]
    declared = tree(item, hosts=("*.co",), services=("grafana.monitoring",))
    assert messages("external-undeclared", declared) == []


@pytest.mark.parametrize("user", ["u", "u:s3cret", ":s3cret", "u:s3@cret"])
def test_who_asks_and_the_password_are_not_told(user: str) -> None:
    """The text of an address stands in messages, which many people read."""
    (found,) = parsed(OWNER, (), f"postgres://{user}@nodb:5432/x", in_pod=True)
    assert (found.text, found.host, found.port) == ("postgres://...@nodb:5432", "nodb", 5432)

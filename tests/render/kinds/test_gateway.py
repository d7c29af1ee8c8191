"""What a Gateway becomes: in general, and for the gateway of this workspace."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import pytest

from kubernetes_schemas import errors
from mintage.render.kinds.gateway import render
from mintage.render.scope import Scope
from mintage.source import read
from mintage.spec.decode import Fields, Layer, Layers, decode, merge
from mintage.spec.exports import Export, PodPort
from mintage.spec.gateway import Gateway
from mintage.spec.system import System

SPECS = Path(__file__).parents[3] / "specs"
IMAGE = "ghcr.io/llm-d/llm-d-inference-scheduler"
MINIMAL = {"kind": "Gateway", "name": "gate", "routes": {"/chat": "chat"}}
T = TypeVar("T", bound=Fields)
POOL_GROUP = "inference.networking.k8s.io"


def server(name: str, role: str = "decode", block_size: int | None = None) -> Export:
    """Return what a model server shows."""
    return Export(
        kind="ModelServer",
        name=name,
        component="models",
        service=f"{name}-vllm",
        ports={"http": 80},
        pods=(PodPort(labels={"app": name, "llm-d.ai/role": role}, ports={"http": 8000}),),
        role=role,
        block_size=block_size,
    )


@cache
def zelda() -> tuple[Gateway, Scope]:
    """Return the gateway of this workspace, as the base has it."""
    names = ("qwen25-vl-32b", "qwen25-32b", "qwen25-7b")
    return from_file("gateway", Gateway), Scope(
        from_file("system", System), None, {name: server(name) for name in names}
    )


def from_file(name: str, kind: type[T]) -> T:
    """Return a spec of this workspace."""
    document = read(f"specs/{name}.yaml", (SPECS / f"{name}.yaml").read_bytes())
    return decode(document.value, kind, Layers((Layer(document),)))


def small(delta: dict[str, Any] | None = None, *servers: Export) -> list[dict[str, Any]]:
    """Return the objects of a gateway with one route, in a system of its own."""
    empty = Layers((Layer(read("specs/gate.yaml", b"{}")),))
    spec = decode(merge(MINIMAL, delta or {}), Gateway, empty)
    system = decode({"kind": "System", "name": "sys", "podSecurity": "none"}, System, empty)
    exports = {export.name: export for export in servers or (server("chat"),)}
    return [manifest.document for manifest in render(spec, Scope(system, None, exports))]


def of(kind: str, documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the documents of a kind."""
    return [document for document in documents if document["kind"] == kind]


def zelda_of(kind: str) -> dict[str, dict[str, Any]]:
    """Return the objects of a kind in this workspace's gateway, by name."""
    found = of(kind, [manifest.document for manifest in render(*zelda())])
    return {document["metadata"]["name"]: document for document in found}


def picker(document: dict[str, Any]) -> dict[str, Any]:
    """Return the container of a picker."""
    container: dict[str, Any] = document["spec"]["template"]["spec"]["containers"][0]
    return container


def config(documents: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the first configuration that a picker reads."""
    text = of("ConfigMap", documents)[0]["data"]["endpoint-picker.yaml"]
    value: dict[str, Any] = read("endpoint-picker.yaml", text.encode()).value
    return value


def weights(value: dict[str, Any]) -> dict[str, int]:
    """Return the weights of the first profile."""
    return {
        use["pluginRef"]: use["weight"]
        for use in value["schedulingProfiles"][0]["plugins"]
        if "weight" in use
    }


@pytest.mark.crds
def test_every_object_is_valid() -> None:
    """The API server takes every object, and no field of one is unknown to it."""
    assert [error for manifest in render(*zelda()) for error in errors(manifest.document)] == []


def test_short_names_place_the_files() -> None:
    """Routes are called after their path and pools after what the spec says, whatever their names are."""
    shorts = [(manifest.kind, manifest.short) for manifest in render(*zelda()) if manifest.short]
    assert shorts == [
        ("HTTPRoute", "vision"),
        ("HTTPRoute", "dialog"),
        ("HTTPRoute", "puzzle"),
        ("HTTPRoute", "state"),
        ("InferencePool", "vision"),
        ("InferencePool", "text"),
        ("InferencePool", "puzzle"),
    ]


def test_one_listener_takes_routes_of_its_own_namespace() -> None:
    """The gateway is Istio's, has one HTTP listener on port 80, and no load balancer unless asked."""
    gateway = zelda_of("Gateway")["llm-d-gateway"]
    assert gateway["spec"] == {
        "gatewayClassName": "istio",
        "listeners": [
            {
                "name": "http",
                "port": 80,
                "protocol": "HTTP",
                "allowedRoutes": {"namespaces": {"from": "Same"}},
            }
        ],
    }
    assert gateway["metadata"]["annotations"] == {"networking.istio.io/service-type": "ClusterIP"}
    assert "annotations" not in of("Gateway", small({"expose": "loadBalancer"}))[0]["metadata"]


def test_a_route_takes_its_path_away() -> None:
    """A request to /vision/v1/... reaches the model server as /v1/..., with its headers and time limits."""
    assert zelda_of("HTTPRoute")["llm-d-gateway-vision"]["spec"] == {
        "parentRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "llm-d-gateway"}],
        "rules": [
            {
                "matches": [{"path": {"type": "PathPrefix", "value": "/vision"}}],
                "filters": [
                    {
                        "type": "URLRewrite",
                        "urlRewrite": {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}},
                    },
                    {
                        "type": "RequestHeaderModifier",
                        "requestHeaderModifier": {
                            "set": [
                                {"name": "x-model-type", "value": "vision"},
                                {"name": "x-cache-enabled", "value": "true"},
                            ]
                        },
                    },
                ],
                "backendRefs": [
                    {
                        "group": POOL_GROUP,
                        "kind": "InferencePool",
                        "name": "qwen25-vl-pool",
                        "port": 8000,
                        "weight": 1,
                    }
                ],
                "timeouts": {"request": "90s", "backendRequest": "60s"},
            }
        ],
    }


@pytest.mark.parametrize(
    ("route", "pool"),
    [("dialog", "qwen25-text-pool"), ("state", "qwen25-text-pool"), ("puzzle", "qwen25-puzzle-pool")],
)
def test_text_routes_lead_to_their_pools(route: str, pool: str) -> None:
    """Dialog and state share a pool, puzzle has its own, and all have the shorter limits."""
    rule = zelda_of("HTTPRoute")[f"llm-d-gateway-{route}"]["spec"]["rules"][0]
    assert [backend["name"] for backend in rule["backendRefs"]] == [pool]
    assert rule["timeouts"] == {"request": "45s", "backendRequest": "30s"}


def test_a_route_can_keep_its_path() -> None:
    """Without a rewrite and without headers there is no filter at all."""
    route = of("HTTPRoute", small({"routes": {"/chat": {"to": "chat", "rewrite": False}}}))[0]
    assert "filters" not in route["spec"]["rules"][0]


def test_a_listener_can_end_tls_for_a_host() -> None:
    """A host name binds listener and routes; a certificate ends TLS at the gateway."""
    web = {"port": 443, "protocol": "HTTPS", "hostname": "llm.example.com", "secret": "cert"}
    documents = small({"listeners": {"web": web}, "allow": ["team-a"]})
    assert of("Gateway", documents)[0]["spec"]["listeners"] == [
        {
            "name": "web",
            "hostname": "llm.example.com",
            "port": 443,
            "protocol": "HTTPS",
            "tls": {"mode": "Terminate", "certificateRefs": [{"kind": "Secret", "name": "cert"}]},
            "allowedRoutes": {
                "namespaces": {
                    "from": "Selector",
                    "selector": {
                        "matchExpressions": [
                            {"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["team-a"]}
                        ]
                    },
                }
            },
        }
    ]
    assert of("HTTPRoute", documents)[0]["spec"]["hostnames"] == ["llm.example.com"]
    both = small({"listeners": {"web": web, "open": {"port": 80}}})
    assert "hostnames" not in of("HTTPRoute", both)[0]["spec"]


def test_a_pool_selects_the_pods_of_its_server() -> None:
    """A pool leads to pods: their labels, their port (not that of the Service), and its own picker."""
    pool = of("InferencePool", small())[0]
    assert pool["spec"] == {
        "selector": {"matchLabels": {"app": "chat", "llm-d.ai/role": "decode"}},
        "targetPorts": [{"number": 8000}],
        "endpointPickerRef": {
            "group": "",
            "kind": "Service",
            "name": "chat-pool-epp",
            "port": {"number": 9002},
            "failureMode": "FailClose",
        },
    }


def test_prefix_hash_stands_on_the_vision_pool() -> None:
    """The affinity is written where people look for it; no field of an InferencePool could hold it."""
    pools = zelda_of("InferencePool")
    assert pools["qwen25-vl-pool"]["metadata"]["annotations"] == {
        "llm-d.ai/session-affinity": "PrefixHash",
        "llm-d.ai/session-affinity-header": "x-session-id",
        "llm-d.ai/session-affinity-prefix-length": "16",
    }
    assert all("annotations" not in pools[f"qwen25-{name}-pool"]["metadata"] for name in ("text", "puzzle"))


def test_each_pool_has_a_picker() -> None:
    """Three pools make three Deployments and Services, which the pools name and one label selects."""
    expected = {f"qwen25-{name}-pool-epp" for name in ("vl", "text", "puzzle")}
    for kind in ("Deployment", "Service", "ConfigMap"):
        found = zelda_of(kind)
        assert found.keys() == expected
        assert {
            document["metadata"]["labels"]["mintage.dev/endpoint-picker"] for document in found.values()
        } == {"llm-d-gateway"}
    assert {
        pool["spec"]["endpointPickerRef"]["name"] for pool in zelda_of("InferencePool").values()
    } == expected


def test_a_picker_gets_exactly_the_flags_it_knows() -> None:
    """The flags are those of scheduler 0.4, and no namespace stands in them."""
    assert picker(zelda_of("Deployment")["qwen25-vl-pool-epp"])["args"] == [
        "--pool-name=qwen25-vl-pool",
        "--pool-namespace=$(NAMESPACE)",
        "--pool-group=inference.networking.k8s.io",
        "--config-file=/config/endpoint-picker.yaml",
        "--grpc-port=9002",
        "--grpc-health-port=9003",
        "--metrics-port=9090",
        "--secure-serving=false",
        "--metrics-endpoint-auth=false",
        "--tracing=true",
        "--kv-cache-usage-percentage-metric=vllm:kv_cache_usage_perc",
        "--zap-encoder=json",
        "--v=1",
    ]


def test_an_older_picker_gets_no_flag_it_does_not_know() -> None:
    """Release 0.3 would not start with the flags that came later."""
    documents = small({"scheduler": {"image": f"{IMAGE}:v0.3.2", "metricsAuth": True, "otel": {}}})
    flags = [word.partition("=")[0] for word in picker(of("Deployment", documents)[0])["args"]]
    assert "--metrics-endpoint-auth" not in flags
    assert "--tracing" not in flags
    assert "--kv-cache-usage-percentage-metric" in flags
    assert config(documents)["plugins"][1] == {
        "type": "prefix-cache-scorer",
        "parameters": {"hashBlockSize": 64},
    }


def test_every_picker_has_the_variables_of_the_seed() -> None:
    """The four switches are there literally, beside the namespace and OpenTelemetry."""
    for name, document in zelda_of("Deployment").items():
        env = {item["name"]: item.get("value") for item in picker(document)["env"]}
        assert env == {
            "NAMESPACE": None,
            "OTEL_SERVICE_NAME": name,
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://otel-collector:4317",
            "OTEL_TRACES_EXPORTER": "otlp",
            "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
            "OTEL_TRACES_SAMPLER_ARG": "0.1",
            "OTEL_METRICS_EXPORTER": "otlp",
            "ENABLE_KVCACHE_AWARE_SCORER": "true",
            "PD_ENABLED": "true",
            "BATCH_MAX_TOKENS": "1024",
            "ROUTING_STRATEGY": "route_by_path",
        }
        assert picker(document)["env"][0]["valueFrom"] == {"fieldRef": {"fieldPath": "metadata.namespace"}}


def test_without_a_collector_nothing_is_traced() -> None:
    """Tracing is off by default in the flag too, or the picker would print its traces."""
    deployment = of("Deployment", small())[0]
    assert "--tracing=false" in picker(deployment)["args"]
    assert [item["name"] for item in picker(deployment)["env"]] == ["NAMESPACE"]


def test_health_is_asked_on_the_health_port() -> None:
    """Kubelet asks for the service that a picker without election has, on 9003."""
    container = picker(of("Deployment", small())[0])
    for probe in ("readinessProbe", "livenessProbe"):
        assert container[probe]["grpc"] == {
            "port": 9003,
            "service": "envoy.service.ext_proc.v3.ExternalProcessor",
        }
    assert [port["containerPort"] for port in container["ports"]] == [9002, 9003, 9090]


def test_envoy_and_prometheus_find_their_ports() -> None:
    """The Service says that 9002 speaks HTTP/2, and shows metrics on 9090."""
    assert of("Service", small())[0]["spec"] == {
        "selector": {"app": "chat-pool-epp"},
        "ports": [
            {"name": "grpc", "port": 9002, "targetPort": "grpc", "appProtocol": "http2"},
            {"name": "metrics", "port": 9090, "targetPort": "metrics", "appProtocol": "http"},
        ],
    }


def test_text_pools_are_scored_by_cache_and_queue() -> None:
    """A pool without affinity has one profile with the upstream weights, and a block of 16 tokens in characters."""
    text = zelda_of("ConfigMap")["qwen25-text-pool-epp"]["data"]["endpoint-picker.yaml"]
    assert text == (
        "apiVersion: inference.networking.x-k8s.io/v1alpha1\n"
        "kind: EndpointPickerConfig\n"
        "plugins:\n"
        "- type: single-profile-handler\n"
        "- type: prefix-cache-scorer\n"
        "  parameters:\n"
        "    blockSize: 64\n"
        "- type: kv-cache-utilization-scorer\n"
        "- type: queue-scorer\n"
        "- type: max-score-picker\n"
        "schedulingProfiles:\n"
        "- name: default\n"
        "  plugins:\n"
        "  - pluginRef: prefix-cache-scorer\n"
        "    weight: 3\n"
        "  - pluginRef: kv-cache-utilization-scorer\n"
        "    weight: 2\n"
        "  - pluginRef: queue-scorer\n"
        "    weight: 2\n"
        "  - pluginRef: max-score-picker\n"
    )


def test_prefix_hash_outweighs_the_rest() -> None:
    """On a pool with affinity, prefix and session together outweigh load."""
    documents = small({"pools": {"chat": {"affinity": "prefixHash"}}})
    assert weights(config(documents)) == {
        "prefix-cache-scorer": 6,
        "kv-cache-utilization-scorer": 2,
        "queue-scorer": 2,
        "session-affinity-scorer": 4,
    }
    assert {"type": "session-affinity-scorer"} in config(documents)["plugins"]


def test_blocks_are_as_large_as_those_of_the_server() -> None:
    """The scorer counts characters, four to the token, so 32 tokens are 128 of them."""
    plugins = config(small(None, server("chat", block_size=32)))["plugins"]
    assert plugins[1] == {"type": "prefix-cache-scorer", "parameters": {"blockSize": 128}}


def test_weights_of_a_pool_go_over_those_of_the_scheduler() -> None:
    """The nearer weight wins, and 0 leaves a scorer out of profile and plugins."""
    documents = small(
        {
            "scheduler": {"weights": {"queue-scorer": 5, "prefix-cache-scorer": 1}},
            "pools": {"chat": {"weights": {"queue-scorer": 7, "kv-cache-utilization-scorer": 0}}},
        }
    )
    assert weights(config(documents)) == {"prefix-cache-scorer": 1, "queue-scorer": 7}
    assert "kv-cache-utilization-scorer" not in [plugin["type"] for plugin in config(documents)["plugins"]]


def test_a_whole_configuration_is_taken_as_it_is() -> None:
    """A configuration of one's own replaces the computed one; that of a pool goes before that of all."""
    own = {
        "plugins": [{"type": "random-picker", "name": "any", "parameters": {"maxNumOfEndpoints": 2}}],
        "schedulingProfiles": [{"name": "a", "plugins": [{"pluginRef": "any"}]}],
    }
    header = {"apiVersion": "inference.networking.x-k8s.io/v1alpha1", "kind": "EndpointPickerConfig"}
    assert config(small({"scheduler": {"config": own}})) == {**header, **own}
    nearer = {**own, "schedulingProfiles": [{"name": "b", "plugins": [{"pluginRef": "any"}]}]}
    assert config(small({"scheduler": {"config": own}, "pools": {"chat": {"config": nearer}}})) == {
        **header,
        **nearer,
    }


def test_prefill_has_a_profile_where_it_has_servers() -> None:
    """A pool with a prefill server is scheduled in two profiles, and its handler counts in the same blocks."""
    pool = {"prefill": "chat-prefill", "selector": {"llm-d.ai/model": "chat"}}
    documents = small(
        {"pools": {"chat": pool}}, server("chat", block_size=32), server("chat-prefill", role="prefill")
    )
    value = config(documents)
    assert [plugin["type"] for plugin in value["plugins"][:4]] == [
        "pd-profile-handler",
        "prefill-header-handler",
        "prefill-filter",
        "decode-filter",
    ]
    assert value["plugins"][0]["parameters"] == {"threshold": 0, "hashBlockSize": 128}
    first = [(profile["name"], profile["plugins"][0]) for profile in value["schedulingProfiles"]]
    assert first == [("prefill", {"pluginRef": "prefill-filter"}), ("decode", {"pluginRef": "decode-filter"})]
    assert of("InferencePool", documents)[0]["spec"]["selector"] == {
        "matchLabels": {"llm-d.ai/model": "chat"}
    }


def test_no_profile_without_pods() -> None:
    """Whatever PD_ENABLED says, a pool without a prefill server has one profile: the other would find no pod."""
    for document in zelda_of("ConfigMap").values():
        value = config([document])
        assert [profile["name"] for profile in value["schedulingProfiles"]] == ["default"]


def test_a_changed_configuration_replaces_the_pods() -> None:
    """Pods read the file at start, so another file makes another pod template; the same file the same one."""

    def digest(delta: dict[str, Any]) -> str:
        template = of("Deployment", small(delta))[0]["spec"]["template"]
        return str(template["metadata"]["annotations"]["mintage.dev/config"])

    assert digest({"scheduler": {"weights": {"queue-scorer": 9}}}) != digest({})
    assert digest({"scheduler": {"replicas": 2}}) == digest({})


def rules(documents: list[dict[str, Any]], kind: str) -> set[tuple[str, str, str]]:
    """Return what a role permits, one verb and resource at a time."""
    return {
        (group, resource, verb)
        for role in of(kind, documents)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def test_a_picker_may_read_and_no_more() -> None:
    """The account reads four kinds in its own namespace, and nothing in the cluster."""
    objectives = "inference.networking.x-k8s.io"
    resources = [("", "pods"), (POOL_GROUP, "inferencepools")]
    resources += [(objectives, "inferenceobjectives"), (objectives, "inferencemodelrewrites")]
    expected = {(*resource, verb) for resource in resources for verb in ("get", "list", "watch")}
    assert rules(small(), "Role") == expected
    assert of("ClusterRole", small()) == []
    assert of("Deployment", small())[0]["spec"]["template"]["spec"]["serviceAccountName"] == "gate-epp"
    assert of("RoleBinding", small())[0]["subjects"] == [
        {"kind": "ServiceAccount", "name": "gate-epp", "namespace": "sys"}
    ]


def test_a_token_is_checked_with_the_cluster() -> None:
    """Where metrics need a token, the picker may have it checked, and nothing else in the cluster."""
    documents = small({"scheduler": {"metricsAuth": True}})
    assert rules(documents, "ClusterRole") == {
        ("authentication.k8s.io", "tokenreviews", "create"),
        ("authorization.k8s.io", "subjectaccessreviews", "create"),
    }
    assert of("ClusterRole", documents)[0]["metadata"]["name"] == "sys:gate-epp"
    assert "--metrics-endpoint-auth=true" in picker(of("Deployment", documents)[0])["args"]


def test_one_of_several_pickers_leads() -> None:
    """Replicas elect a leader: with leases, the election's health services, and no rolling update to wait for."""
    documents = small({"scheduler": {"replicas": 3}})
    deployment = of("Deployment", documents)[0]
    assert deployment["spec"]["replicas"] == 3
    assert deployment["spec"]["strategy"] == {"type": "Recreate"}
    container = picker(deployment)
    assert "--ha-enable-leader-election=true" in container["args"]
    services = [container[probe]["grpc"]["service"] for probe in ("readinessProbe", "livenessProbe")]
    assert services == ["readiness", "liveness"]
    assert ("coordination.k8s.io", "leases", "update") in rules(documents, "Role")


def test_the_system_decides_on_security() -> None:
    """Pickers have the security context that the system asks for, or none, and resources of their own."""
    container = picker(zelda_of("Deployment")["qwen25-vl-pool-epp"])
    assert container["securityContext"]["runAsNonRoot"] is True
    assert container["resources"]["requests"] == {"cpu": "250m", "memory": "512Mi"}
    assert "securityContext" not in picker(of("Deployment", small())[0])


def test_no_object_names_a_namespace() -> None:
    """The overlay says where objects live, so no metadata does."""
    assert [manifest.name for manifest in render(*zelda()) if manifest.namespace] == []

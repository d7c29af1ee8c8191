"""What operators and controllers make of an object: Services, pods, Secrets and other names.

Sources: KServe v0.20.0 (InferenceService, LLMInferenceService), KubeRay v1.7.0, LeaderWorkerSet v0.10.0, Istio 1.30 and
Gateway API v1.6.1, cert-manager v1.21, External Secrets v2.9, Sealed Secrets v0.36, the OpenShift 4.20 service CA.
Labels and ports that such software may add beyond these are not known here: who asks treats the lists as open.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mintage.tree.objects import at, items, mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mintage.tree.objects import Object, Pod

Port = tuple[str, int, int | str]  # name, number, target
_TLS = frozenset({"tls.crt", "tls.key"})
_SERVING_CERTIFICATE = (
    "service.beta.openshift.io/serving-cert-secret-name",
    "service.alpha.openshift.io/serving-cert-secret-name",
)
_FILLED_BY_ANNOTATION = frozenset(
    {"service.beta.openshift.io/inject-cabundle", "kubernetes.io/service-account.name"}
)
_FILLED_BY_LABEL = "config.openshift.io/inject-trusted-cabundle"


@dataclass(frozen=True, slots=True)
class Made:
    """An object by kind and name; `keys` of a Secret or ConfigMap, None where it may have any."""

    kind: str
    name: str
    keys: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class MadeService:
    """A Service; `ports` is None where they depend on what is not in the tree."""

    name: str
    ports: tuple[Port, ...] | None = None
    selector: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class MadePod:
    """Pods, by the labels they surely have; `pod` is the template in the object, if there is one."""

    labels: dict[str, str]
    pod: Pod | None = None
    ports: dict[str, int] = field(default_factory=dict)


def is_filled(item: Object) -> bool:
    """Tell whether a controller adds keys to a Secret or ConfigMap that stands in the tree."""
    return (
        bool(_FILLED_BY_ANNOTATION & item.annotations.keys()) or item.labels.get(_FILLED_BY_LABEL) == "true"
    )


def objects(item: Object) -> Iterator[Made]:
    """Yield the objects, other than Services and pods, that are made of one."""
    for annotation in _SERVING_CERTIFICATE:
        if name := item.annotations.get(annotation):
            yield Made("Secret", name, _TLS)
    if make := _OBJECTS.get((item.group, item.kind)):
        yield from make(item)


def _certificate(item: Object) -> Iterator[Made]:
    if isinstance(name := item.spec.get("secretName"), str):
        yield Made("Secret", name, None if item.spec.get("additionalOutputFormats") else _TLS | {"ca.crt"})


def _external_secret(item: Object) -> Iterator[Made]:
    target = mapping(item.spec, "target")
    written = {str(entry.get("secretKey")) for _, entry in items(item.spec, "data")}
    written |= mapping(target, "template", "data").keys()
    is_open = bool(item.spec.get("dataFrom") or at(target, "template", "templateFrom"))
    yield Made("Secret", str(target.get("name") or item.name), None if is_open else frozenset(written))


def _sealed_secret(item: Object) -> Iterator[Made]:
    template = mapping(item.spec, "template")
    name = at(template, "metadata", "name", default=item.name)
    found = {*mapping(item.spec, "encryptedData"), *mapping(template, "data")}
    yield Made("Secret", str(name), frozenset(found))


def _bucket_claim(item: Object) -> Iterator[Made]:
    yield Made("Secret", item.name, frozenset({"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}))
    yield Made("ConfigMap", item.name, None)


def _vault_secret(item: Object) -> Iterator[Made]:
    if isinstance(name := at(item.spec, "destination", "name"), str):
        yield Made("Secret", name)


def _cnpg(item: Object) -> Iterator[Made]:
    for suffix in ("app", "superuser", "ca", "server", "replication"):
        yield Made("Secret", f"{item.name}-{suffix}")


def _postgres_cluster(item: Object) -> Iterator[Made]:
    users = [str(user.get("name")) for _, user in items(item.spec, "users")] or [item.name]
    yield from (Made("Secret", f"{item.name}-pguser-{user}") for user in users)


def _rabbit(item: Object) -> Iterator[Made]:
    yield Made("Secret", f"{item.name}-default-user")


def _same_name(kind: str) -> Callable[[Object], Iterator[Made]]:
    def make(item: Object) -> Iterator[Made]:
        yield Made(kind, item.name)

    return make


def _stateful_set(item: Object) -> Iterator[Made]:
    replicas = item.spec.get("replicas")
    for _, claim in items(item.spec, "volumeClaimTemplates"):
        name = at(claim, "metadata", "name")
        for index in range(replicas if isinstance(replicas, int) else 1):
            yield Made("PersistentVolumeClaim", f"{name}-{item.name}-{index}")


def _gateway(item: Object) -> Iterator[Made]:
    name = f"{item.name}-{item.spec.get('gatewayClassName')}"
    yield Made("ServiceAccount", name)
    yield Made("Deployment", name)
    yield Made("ServiceAccount", item.name)  # kgateway and Envoy Gateway name things as the Gateway
    yield Made("Deployment", item.name)


def _inference_service(item: Object) -> Iterator[Made]:
    for part in ("predictor", "transformer", "explainer"):
        if part in item.spec:
            yield Made("Deployment", f"{item.name}-{part}")
            yield Made("HorizontalPodAutoscaler", f"{item.name}-{part}")


def _llm_inference_service(item: Object) -> Iterator[Made]:
    name = item.name
    yield Made("Deployment", f"{name}-kserve")
    yield Made("Deployment", f"{name}-kserve-prefill")
    yield Made("Deployment", f"{name}-kserve-router-scheduler")
    yield Made("LeaderWorkerSet", f"{name}-kserve-mn")
    yield Made("InferencePool", f"{name}-inference-pool")
    yield Made("HTTPRoute", f"{name}-kserve-route")
    yield Made("ServiceAccount", f"{name}-epp-sa")


def _ray_cluster(item: Object) -> Iterator[Made]:
    yield Made("ServiceAccount", item.name)  # of the autoscaler
    yield Made("Role", item.name)


_OBJECTS: dict[tuple[str, str], Callable[[Object], Iterator[Made]]] = {
    ("cert-manager.io", "Certificate"): _certificate,
    ("external-secrets.io", "ExternalSecret"): _external_secret,
    ("bitnami.com", "SealedSecret"): _sealed_secret,
    ("objectbucket.io", "ObjectBucketClaim"): _bucket_claim,
    ("secrets.hashicorp.com", "VaultStaticSecret"): _vault_secret,
    ("secrets.hashicorp.com", "VaultDynamicSecret"): _vault_secret,
    ("postgresql.cnpg.io", "Cluster"): _cnpg,
    ("postgres-operator.crunchydata.com", "PostgresCluster"): _postgres_cluster,
    ("rabbitmq.com", "RabbitmqCluster"): _rabbit,
    ("kafka.strimzi.io", "KafkaUser"): _same_name("Secret"),
    ("secrets-store.csi.x-k8s.io", "SecretProviderClass"): _same_name("Secret"),
    ("apps", "StatefulSet"): _stateful_set,
    ("gateway.networking.k8s.io", "Gateway"): _gateway,
    ("serving.kserve.io", "InferenceService"): _inference_service,
    ("serving.kserve.io", "LLMInferenceService"): _llm_inference_service,
    ("ray.io", "RayCluster"): _ray_cluster,
}


def services(item: Object) -> Iterator[MadeService]:
    """Yield the Services that are made of an object."""
    if make := _SERVICES.get((item.group, item.kind)):
        yield from make(item)


def _isvc_services(item: Object) -> Iterator[MadeService]:
    yield MadeService(item.name)
    for part in ("predictor", "transformer", "explainer"):
        if part in item.spec:
            labels = {"app": f"isvc.{item.name}-{part}"}
            yield MadeService(f"{item.name}-{part}", None, labels)
            yield MadeService(f"{item.name}-{part}-default")  # before KServe 0.11


def _llm_services(item: Object) -> Iterator[MadeService]:
    yield MadeService(f"{item.name}-kserve-workload-svc", (("https", 8000, 8000),))
    ports: tuple[Port, ...] = (("grpc", 9002, 9002), ("health", 9003, 9003), ("metrics", 9090, 9090))
    yield MadeService(f"{item.name}-epp-service", ports)


def _gateway_services(item: Object) -> Iterator[MadeService]:
    ports: tuple[Port, ...] = tuple(
        (str(listener.get("name") or ""), listener["port"], listener["port"])
        for _, listener in items(item.spec, "listeners")
        if isinstance(listener.get("port"), int)
    )
    status: Port = ("status-port", 15021, 15021)  # of Istio's proxy
    labels = {"gateway.networking.k8s.io/gateway-name": item.name}
    yield MadeService(f"{item.name}-{item.spec.get('gatewayClassName')}", (*ports, status), labels)
    yield MadeService(item.name, None, labels)


_RAY_PORTS: tuple[Port, ...] = (
    ("gcs-server", 6379, 6379),
    ("dashboard", 8265, 8265),
    ("client", 10001, 10001),
    ("metrics", 8080, 8080),
    ("serve", 8000, 8000),
)


def _ray_services(item: Object) -> Iterator[MadeService]:
    declared: tuple[Port, ...] = tuple(
        (str(port.get("name") or ""), port["containerPort"], port["containerPort"])
        for container in item.containers
        for _, port in container.ports
        if isinstance(port.get("containerPort"), int)
    )
    labels = {"ray.io/cluster": item.name, "ray.io/node-type": "head"}
    yield MadeService(f"{item.name}-head-svc", (*declared, *_RAY_PORTS), labels)
    yield MadeService(f"{item.name}-serve-svc")
    yield MadeService(f"{item.name}-headless")


def _same_name_service(item: Object) -> Iterator[MadeService]:
    yield MadeService(item.name)


def _cnpg_services(item: Object) -> Iterator[MadeService]:
    for suffix in ("rw", "ro", "r"):
        yield MadeService(f"{item.name}-{suffix}", (("postgres", 5432, 5432),))


_SERVICES: dict[tuple[str, str], Callable[[Object], Iterator[MadeService]]] = {
    ("serving.kserve.io", "InferenceService"): _isvc_services,
    ("serving.kserve.io", "LLMInferenceService"): _llm_services,
    ("gateway.networking.k8s.io", "Gateway"): _gateway_services,
    ("ray.io", "RayCluster"): _ray_services,
    ("ray.io", "RayService"): _ray_services,
    ("leaderworkerset.x-k8s.io", "LeaderWorkerSet"): _same_name_service,
    ("serving.knative.dev", "Service"): _same_name_service,
    ("rabbitmq.com", "RabbitmqCluster"): _same_name_service,
    ("postgresql.cnpg.io", "Cluster"): _cnpg_services,
    ("monitoring.coreos.com", "Prometheus"): lambda _: iter(
        [MadeService("prometheus-operated", (("web", 9090, "web"),))]
    ),
    ("monitoring.coreos.com", "Alertmanager"): lambda _: iter([MadeService("alertmanager-operated")]),
}


def pods(item: Object) -> tuple[MadePod, ...] | None:
    """Return the pods that an operator makes of an object; None where its own pod templates say it all."""
    make = _PODS.get((item.group, item.kind))
    return tuple(make(item)) if make else None


def _isvc_pods(item: Object) -> Iterator[MadePod]:
    templates = {pod.role: pod for pod in item.pods}
    for part in ("predictor", "transformer", "explainer"):
        if part in item.spec:
            own = templates[part].labels if part in templates else {}
            labels = {
                **item.labels,
                **own,
                "app": f"isvc.{item.name}-{part}",
                "component": part,
                "serving.kserve.io/inferenceservice": item.name,
            }
            yield MadePod(labels, templates.get(part))


def _llm_pods(item: Object) -> Iterator[MadePod]:
    has_prefill = "prefill" in item.spec
    templates = {pod.role: pod for pod in item.pods}
    shared = {
        **_text_labels(item.spec.get("labels")),
        "app.kubernetes.io/name": item.name,
        "app.kubernetes.io/part-of": "llminferenceservice",
        "kserve.io/component": "workload",
    }
    yield MadePod(
        {**shared, "llm-d.ai/role": "decode" if has_prefill else "both"},
        templates.get("decode"),
        {"https": 8000},
    )
    if has_prefill:
        yield MadePod({**shared, "llm-d.ai/role": "prefill"}, templates.get("prefill"), {"https": 8000})
    if at(item.spec, "router", "scheduler") is not None:
        labels = {key: shared[key] for key in ("app.kubernetes.io/name", "app.kubernetes.io/part-of")}
        yield MadePod(
            labels, templates.get("scheduler"), {"grpc": 9002, "grpc-health": 9003, "metrics": 9090}
        )


def _text_labels(value: object) -> dict[str, str]:
    pairs = value.items() if isinstance(value, dict) else ()
    return {key: text for key, text in pairs if isinstance(text, str)}


def _ray_pods(item: Object) -> Iterator[MadePod]:
    named = {"ray.io/cluster": item.name} if item.kind == "RayCluster" else {}
    for pod in item.pods:
        if pod.role == "submitter":
            yield MadePod(pod.labels, pod)
            continue
        group = (
            "headgroup" if pod.role == "head" else at(item.document, *pod.path[:-2], "groupName", default="")
        )
        labels = {
            **named,
            "ray.io/is-ray-node": "yes",
            "ray.io/node-type": pod.role,
            "ray.io/group": str(group),
            "app.kubernetes.io/name": "kuberay",
            "app.kubernetes.io/created-by": "kuberay-operator",
        }
        yield MadePod({**labels, **pod.labels}, pod)


def _gateway_pods(item: Object) -> Iterator[MadePod]:
    ports = {
        str(listener.get("name") or listener["port"]): listener["port"]
        for _, listener in items(item.spec, "listeners")
        if isinstance(listener.get("port"), int)
    }
    yield MadePod({"gateway.networking.k8s.io/gateway-name": item.name}, None, ports)


def _labelled(*pairs: str) -> Callable[[Object], Iterator[MadePod]]:
    """Return what adds labels with the object's name to the pods of its templates."""

    def make(item: Object) -> Iterator[MadePod]:
        for pod in item.pods:
            yield MadePod({**pod.labels, **dict.fromkeys(pairs, item.name)}, pod)

    return make


_PODS: dict[tuple[str, str], Callable[[Object], Iterator[MadePod]]] = {
    ("serving.kserve.io", "InferenceService"): _isvc_pods,
    ("serving.kserve.io", "LLMInferenceService"): _llm_pods,
    ("gateway.networking.k8s.io", "Gateway"): _gateway_pods,
    ("ray.io", "RayCluster"): _ray_pods,
    ("ray.io", "RayJob"): _ray_pods,
    ("ray.io", "RayService"): _ray_pods,
    ("batch", "Job"): _labelled("job-name", "batch.kubernetes.io/job-name"),
    ("batch", "CronJob"): _labelled(),
    ("apps", "StatefulSet"): _labelled(),
    ("leaderworkerset.x-k8s.io", "LeaderWorkerSet"): _labelled("leaderworkerset.sigs.k8s.io/name"),
    ("serving.knative.dev", "Service"): _labelled("serving.knative.dev/service"),
}

"""Where objects name other objects: the shapes that every pod shares, and the fields of single kinds.

The shapes of the core API (`secretKeyRef`, `volumes`, `envFrom`, ...) are found anywhere in an object, so kinds nobody
here knows are covered. Fields that name what a controller is to *make* (`Certificate.spec.secretName`) are not references.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard

from mintage.tree.objects import at, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.tree.objects import Object, Path
    from mintage.tree.tree import Root


@dataclass(frozen=True, slots=True)
class Reference:
    """One object that names another: kind and name, the path of the name, and the key where one is asked for.

    `required` is False where the name may be missing. `namespace` is None where nobody knows it.
    """

    owner: Object
    path: Path
    kind: str
    name: str
    namespace: str | None
    key: str | None = None
    key_path: Path = ()
    required: bool = True
    role: str = ""  # how it is used: `pull`, `push`, `storage`, or empty


# Groups of fields below, from the CustomResourceDefinitions: prometheus-operator v0.93.0, KubeRay v1.7.0, Gateway API v1.6.1,
# cert-manager v1.21.1, External Secrets v2.9.0, OLM API v0.45.0, MetalLB v0.16.1, Argo CD v3.5.1, Istio 1.30, OpenShift 4.20.
_TLS = (
    ("ConfigMap", "tlsConfig.ca.configMap"),
    ("Secret", "tlsConfig.ca.secret"),
    ("ConfigMap", "tlsConfig.cert.configMap"),
    ("Secret", "tlsConfig.cert.secret"),
    ("Secret", "tlsConfig.keySecret"),
)
_SCRAPE = (
    *_TLS,
    ("Secret", "basicAuth.username"),
    ("Secret", "basicAuth.password"),
    ("Secret", "bearerTokenSecret"),
    ("Secret", "authorization.credentials"),
    ("Secret", "oauth2.clientId.secret"),
    ("ConfigMap", "oauth2.clientId.configMap"),
    ("Secret", "oauth2.clientSecret"),
    *((kind, f"oauth2.{path}") for kind, path in _TLS),
)
_RAY_CLUSTER = (
    ("Secret", "authOptions.secretName"),
    ("Secret", "headGroupSpec.ingressOptions.tls.*.secretName"),
)
_ISSUER = (
    ("Secret", "spec.acme.externalAccountBinding.keySecretRef"),
    ("Secret", "spec.ca.secretName"),
    ("Secret", "spec.vault.auth.tokenSecretRef"),
    ("Secret", "spec.vault.auth.appRole.secretRef"),
    ("Secret", "spec.vault.auth.kubernetes.secretRef"),
    ("Secret", "spec.vault.caBundleSecretRef"),
    ("Secret", "spec.acme.solvers.*.dns01.cloudflare.apiTokenSecretRef"),
    ("Secret", "spec.acme.solvers.*.dns01.cloudflare.apiKeySecretRef"),
    ("Secret", "spec.acme.solvers.*.dns01.route53.secretAccessKeySecretRef"),
    ("Secret", "spec.acme.solvers.*.dns01.cloudDNS.serviceAccountSecretRef"),
    ("Secret", "spec.acme.solvers.*.dns01.azureDNS.clientSecretSecretRef"),
    ("Secret", "spec.acme.solvers.*.dns01.digitalocean.tokenSecretRef"),
)


def _below(prefix: str, fields: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((kind, f"{prefix}.{path}") for kind, path in fields)


# (group, kind) -> what is named, and where. A value is a name, or a mapping with `name`, `key`, `namespace`, `optional`.
_FIELDS: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("", "ServiceAccount"): (("Secret", "secrets.*"),),
    ("networking.k8s.io", "Ingress"): (("Secret", "spec.tls.*.secretName"),),
    ("gateway.networking.k8s.io", "Gateway"): (
        ("Secret", "spec.listeners.*.tls.certificateRefs.*"),
        ("ConfigMap", "spec.tls.frontend.default.validation.caCertificateRefs.*"),
        ("ConfigMap", "spec.tls.frontend.perPort.*.tls.validation.caCertificateRefs.*"),
    ),
    ("gateway.networking.k8s.io", "BackendTLSPolicy"): (("ConfigMap", "spec.validation.caCertificateRefs.*"),),
    ("route.openshift.io", "Route"): (("Secret", "spec.tls.externalCertificate"),),
    ("monitoring.coreos.com", "ServiceMonitor"): _below("spec.endpoints.*", _SCRAPE),
    ("monitoring.coreos.com", "PodMonitor"): _below("spec.podMetricsEndpoints.*", _SCRAPE),
    ("monitoring.coreos.com", "Probe"): _below("spec", _SCRAPE),
    ("monitoring.coreos.com", "ScrapeConfig"): _below("spec", _SCRAPE),
    ("ray.io", "RayCluster"): _below("spec", _RAY_CLUSTER),
    ("ray.io", "RayJob"): _below("spec.rayClusterSpec", _RAY_CLUSTER),
    ("ray.io", "RayService"): _below("spec.rayClusterConfig", _RAY_CLUSTER),
    ("cert-manager.io", "Issuer"): _ISSUER,
    ("cert-manager.io", "Certificate"): (
        ("Secret", "spec.keystores.jks.passwordSecretRef"),
        ("Secret", "spec.keystores.pkcs12.passwordSecretRef"),
    ),
    ("external-secrets.io", "ExternalSecret"): (
        ("ConfigMap", "spec.target.template.templateFrom.*.configMap"),
        ("Secret", "spec.target.template.templateFrom.*.secret"),
    ),
    ("operators.coreos.com", "CatalogSource"): (("ConfigMap", "spec.configMap"), ("Secret", "spec.secrets.*")),
    ("metallb.io", "BGPPeer"): (("Secret", "spec.passwordSecret"),),
    ("extensions.istio.io", "WasmPlugin"): (("Secret", "spec.imagePullSecret"),),
    ("build.openshift.io", "BuildConfig"): (
        ("Secret", "spec.output.pushSecret"),
        ("Secret", "spec.source.sourceSecret"),
        ("Secret", "spec.source.secrets.*.secret"),
        ("ConfigMap", "spec.source.configMaps.*.configMap"),
        ("Secret", "spec.strategy.dockerStrategy.pullSecret"),
        ("Secret", "spec.strategy.sourceStrategy.pullSecret"),
        ("Secret", "spec.strategy.customStrategy.pullSecret"),
    ),
    ("keda.sh", "TriggerAuthentication"): (("Secret", "spec.secretTargetRef.*"), ("ConfigMap", "spec.configMapTargetRef.*")),
}  # fmt: skip
# Annotations that name a Secret (opendatahub-operator v3.0.0, the connection API).
_CONNECTIONS = "opendatahub.io/connections"
_CONNECTED = frozenset({"InferenceService", "LLMInferenceService"})
_STORAGE = "storage-config"  # KServe v0.20.0, `storageSecretNameAnnotation` left alone
# Where KServe v0.20.0 takes models from, by kind.
_URIS = {
    "InferenceService": (
        "spec.predictor.model.storageUri",
        "spec.predictor.model.storageUris.*.uri",
        "spec.predictor.storageUris.*.uri",
    ),
    "LLMInferenceService": ("spec.model.uri", "spec.model.lora.adapters.*.uri"),
}
_ROLES = {"pushSecret": "push", "pullSecret": "pull", "imagePullSecrets": "pull", "imagePullSecret": "pull"}
# In these kinds names are meant for another place, or for a later object.
_NOT_HERE = frozenset(
    {
        "CustomResourceDefinition", "Template", "ClusterServingRuntime", "LLMInferenceServiceConfig", "ApplicationSet",
        "ClusterWorkflowTemplate", "ClusterExternalSecret", "ClusterPolicy", "Policy", "PolicyTemplate", "ConstraintTemplate",
        "ClusterServiceVersion", "HelmRelease", "HelmChart", "HelmChartConfig", "HelmChartProxy", "Application", "ManifestWork",
        "Composition", "ResourceGraphDefinition", "ConsoleYAMLSample",
    }
)  # fmt: skip
_GENERATED = ("-dockercfg-", "-token-")  # Secrets that OpenShift lists in a ServiceAccount
_TEMPLATES = ("$(", "${", "{{", "<", "%(")


def is_literal(name: Any) -> TypeGuard[str]:
    """Tell whether a value is a name as it stands: text in which nothing is filled in later."""
    return isinstance(name, str) and bool(name) and not any(sign in name for sign in _TEMPLATES)


def references(root: Root) -> tuple[Reference, ...]:
    """Return every Secret, ConfigMap, claim and ServiceAccount that the objects of a root name; once a root: `root.once`."""
    return tuple(found for item in root.objects for found in item.once(of_object))


def of_object(item: Object) -> tuple[Reference, ...]:
    """Return what an object names; once an object: `item.once`."""
    if item.kind in _NOT_HERE or not item.namespaced:
        return ()
    found = [*_walked(item), *_of_kind(item), *_of_annotations(item)]
    return (*found, *_of_storage(item), *_of_uris(item))


def listed(value: Any) -> list[Any]:
    """Return a list, or an empty one where something else stands."""
    return value if isinstance(value, list) else []


def _of_kind(item: Object) -> Iterator[Reference]:
    for kind, pattern in _FIELDS.get((item.group, item.kind), ()):
        for path, value in expanded(item.document, tuple(pattern.split("."))):
            if item.kind == "ServiceAccount" and _is_generated(value):
                continue
            yield from _made(item, path, kind, value)


def _of_storage(item: Object) -> Iterator[Reference]:
    """Yield the keys that an InferenceService takes from the Secret with its storage's credentials."""
    for path, key in expanded(item.document, ("spec", "predictor", "model", "storage", "key")):
        if is_literal(key) and item.kind == "InferenceService":
            yield Reference(item, path, "Secret", _STORAGE, item.namespace, key, path, role="storage")


def _of_uris(item: Object) -> Iterator[Reference]:
    """Yield the claims that models are loaded from: `pvc://CLAIM/path`."""
    for pattern in _URIS.get(item.kind, ()):
        for path, uri in expanded(item.document, tuple(pattern.split("."))):
            claim = uri.removeprefix("pvc://").partition("/")[0] if isinstance(uri, str) else ""
            if is_literal(claim) and claim != uri.partition("/")[0]:
                yield Reference(item, path, "PersistentVolumeClaim", claim, item.namespace)


def _is_generated(value: Any) -> bool:
    name = value.get("name") if isinstance(value, dict) else None
    return isinstance(name, str) and any(sign in name for sign in _GENERATED)


def _of_annotations(item: Object) -> Iterator[Reference]:
    if item.kind not in _CONNECTED:
        return
    value = item.annotations.get(_CONNECTIONS)
    if value and "," not in value and "/" not in value:
        yield from _made(item, ("metadata", "annotations", _CONNECTIONS), "Secret", value)


def expanded(document: Any, pattern: tuple[str, ...], path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield what stands at a pattern of keys, in which `*` is every item of a list, with the path of each."""
    if not pattern:
        if document is not None:
            yield path, document
        return
    step, rest = pattern[0], pattern[1:]
    if step == "*":
        for index, item in enumerate(listed(document)):
            yield from expanded(item, rest, (*path, index))
    elif isinstance(document, dict) and step in document:
        yield from expanded(document[step], rest, (*path, step))


def _walked(item: Object) -> Iterator[Reference]:
    """Yield the references of the shapes that all kinds share."""
    todo: list[tuple[Path, Any]] = [((), item.document)]
    while todo:  # no recursion: this looks at every part of every object
        path, value = todo.pop()
        if isinstance(value, list):
            todo += [
                ((*path, index), inner) for index, inner in enumerate(value) if isinstance(inner, dict | list)
            ]
            continue
        for key, inner in value.items():
            if key in _SHAPES:
                yield from _SHAPES[key](item, (*path, key), inner)
            if isinstance(inner, dict | list) and key not in _OPAQUE:
                todo.append(((*path, key), inner))


_OPAQUE = frozenset({"data", "stringData", "binaryData", "labels", "annotations", "matchLabels", "status"})


def _key_of(kind: str) -> Any:
    def make(item: Object, path: Path, value: Any) -> Iterator[Reference]:
        if isinstance(value, dict) and "key" in value:
            yield from _made(item, path, kind, value)

    return make


def _env_from(item: Object, path: Path, value: Any) -> Iterator[Reference]:
    for index, source in enumerate(listed(value)):
        for field, kind in (("secretRef", "Secret"), ("configMapRef", "ConfigMap")):
            if isinstance(at(source, field), dict):
                yield from _made(item, (*path, index, field), kind, source[field])


def _volumes(item: Object, path: Path, value: Any) -> Iterator[Reference]:
    for index, volume in enumerate(listed(value)):
        where = (*path, index)
        yield from _volume_source(item, where, volume)
        for number, source in enumerate(listed(at(volume, "projected", "sources"))):
            yield from _volume_source(item, (*where, "projected", "sources", number), source)
        claim = at(volume, "persistentVolumeClaim", "claimName")
        if claim is not None:
            yield from _made(
                item, (*where, "persistentVolumeClaim", "claimName"), "PersistentVolumeClaim", claim
            )
        csi = at(volume, "csi", "nodePublishSecretRef")
        if csi is not None:
            yield from _made(item, (*where, "csi", "nodePublishSecretRef"), "Secret", csi)


def _volume_source(item: Object, path: Path, volume: Any) -> Iterator[Reference]:
    for field, kind in (("secret", "Secret"), ("configMap", "ConfigMap")):
        source = mapping(volume, field)
        name_field = "secretName" if isinstance(source.get("secretName"), str) else "name"
        name = source.get(name_field)
        if not is_literal(name):
            continue
        where, required = (*path, field), source.get("optional") is not True
        yield Reference(item, (*where, name_field), kind, str(name), item.namespace, required=required)
        for number, entry in enumerate(listed(at(source, "items"))):
            key = at(entry, "key")
            if is_literal(key):
                yield Reference(
                    item, (*where, name_field), kind, str(name), item.namespace,
                    key, (*where, "items", number, "key"), required,
                )  # fmt: skip


def _pull_secrets(item: Object, path: Path, value: Any) -> Iterator[Reference]:
    for index, entry in enumerate(listed(value)):
        if not (item.kind == "ServiceAccount" and _is_generated(entry)):
            yield from _made(item, (*path, index), "Secret", entry)


def _account(item: Object, path: Path, value: Any) -> Iterator[Reference]:
    if isinstance(value, str):
        yield from _made(item, path, "ServiceAccount", value)


def _made(item: Object, path: Path, kind: str, value: Any) -> Iterator[Reference]:
    """Yield the reference that a name, or a mapping with a name, makes."""
    role = next((_ROLES[step] for step in path if step in _ROLES), "")
    if isinstance(value, dict):
        own_kind = value.get("kind")
        if isinstance(own_kind, str) and own_kind != kind:
            kind = own_kind if own_kind in {"Secret", "ConfigMap"} else ""
        name, key = value.get("name"), value.get("key")
        namespace = value.get("namespace") or item.namespace
        if kind and is_literal(name):
            yield Reference(
                item, (*path, "name"), kind, str(name), str(namespace) if namespace else None,
                key if is_literal(key) else None, (*path, "key"), value.get("optional") is not True, role,
            )  # fmt: skip
    elif is_literal(value):
        yield Reference(item, path, kind, value, item.namespace, role=role)


_SHAPES = {
    "secretKeyRef": _key_of("Secret"),
    "configMapKeyRef": _key_of("ConfigMap"),
    "envFrom": _env_from,
    "volumes": _volumes,
    "imagePullSecrets": _pull_secrets,
    "serviceAccountName": _account,
}

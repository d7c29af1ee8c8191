"""Endpoint pickers: for each pool a Deployment of the llm-d scheduler, its Service and its configuration.

The seed's switches (`ENABLE_KVCACHE_AWARE_SCORER`, `PD_ENABLED` and their kin) belong to the first scheduler;
later releases ignore them, so what they ask for stands in the configuration file as well:

* awareness of the KV cache: `prefix-cache-scorer` and `kv-cache-utilization-scorer`. `precise-prefix-cache-scorer`
  would need cache events from the model servers and a tokenizer in the picker; a `config` of one's own can name it;
* disaggregation: profiles for prefill and decode, and the handler that chooses between them, but only where the pool
  has a model server in the role `prefill`. Without one, the prefill profile would find no pod for any request;
* routing by path: the HTTPRoutes, one pool behind each.

`affinity: prefixHash` makes the prefix scorer outweigh the others and adds `session-affinity-scorer`, which keeps a
session by a token of its own that the client sends back.

Pickers serve plain gRPC. With TLS they sign their own certificate, and Istio would need a DestinationRule that does
not verify it. Nothing here knows routes, listeners or the Gateway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mintage.canonical import yaml_text
from mintage.digest import digest_of
from mintage.manifest import Manifest, compact, metadata
from mintage.render import pods
from mintage.render.kinds import identity
from mintage.spec.endpoint_picker import (
    CHARACTERS_PER_TOKEN,
    EndpointPickerConfig,
    Plugin,
    Profile,
    ProfilePlugin,
)
from mintage.spec.fields import Probe, Probes, ValueFrom
from mintage.spec.gateway import PICKER_LABEL, PICKER_PORTS, picker_name, pool_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mintage.render.scope import Scope
    from mintage.spec.endpoint_picker import Scorer
    from mintage.spec.gateway import Gateway, Pool, Scheduler

POOL_GROUP = "inference.networking.k8s.io"
OBJECTIVES_GROUP = "inference.networking.x-k8s.io"
CONFIG_API = f"{OBJECTIVES_GROUP}/v1alpha1"
CONFIG_FILE = "endpoint-picker.yaml"
_BLOCK_SIZE = 16  # vLLM's own default, in tokens
# The upstream chart's weights, and stronger ones for what an affinity is about.
_WEIGHTS: dict[Scorer, int] = {"prefix-cache-scorer": 3, "kv-cache-utilization-scorer": 2, "queue-scorer": 2}
_AFFINITY_WEIGHTS: dict[Scorer, int] = {"prefix-cache-scorer": 6, "session-affinity-scorer": 4}
_RULES = (
    "pods: read",
    f"inferencepools.{POOL_GROUP}: read",
    f"inferenceobjectives.{OBJECTIVES_GROUP}, inferencemodelrewrites.{OBJECTIVES_GROUP}: read",
)
_ELECTION_RULES = ("leases.coordination.k8s.io: get, create, update",)
_AUTH_RULES = ("tokenreviews.authentication.k8s.io, subjectaccessreviews.authorization.k8s.io: create",)
_EXT_PROC = (
    "envoy.service.ext_proc.v3.ExternalProcessor"  # the one health service a picker without election lists
)


def render(spec: Gateway, scope: Scope) -> list[Manifest]:
    """Return the pickers of all pools, and the account they share."""
    configs = {server: _config_text(server, pool, spec, scope) for server, pool in spec.backends.items()}
    return [
        *(_deployment(server, pool, configs[server], spec, scope) for server, pool in spec.backends.items()),
        *(_service(server, pool, spec, scope) for server, pool in spec.backends.items()),
        *(_config_map(server, pool, configs[server], spec, scope) for server, pool in spec.backends.items()),
        *_account(spec, scope),
    ]


def _labels(name: str, spec: Gateway, scope: Scope) -> dict[str, str]:
    return scope.labels(name, spec.folder, app=name, **{PICKER_LABEL: spec.name})


def _account(spec: Gateway, scope: Scope) -> list[Manifest]:
    name = f"{spec.name}-epp"
    labels = scope.labels(name, spec.folder)
    rules = identity.rules_of((*_RULES, *(_ELECTION_RULES if spec.scheduler.replicas > 1 else ())))
    checks = identity.rules_of(_AUTH_RULES if spec.scheduler.metrics_auth else ())
    return [
        identity.service_account(name, labels),
        *identity.permissions(name, name, rules, labels, scope, namespace=spec.namespace),
        *identity.cluster_permissions(name, name, checks, labels, scope, namespace=spec.namespace),
    ]


def _service(server: str, pool: Pool, spec: Gateway, scope: Scope) -> Manifest:
    name = picker_name(server, pool)
    ports = [
        {"name": "grpc", "port": PICKER_PORTS["grpc"], "targetPort": "grpc", "appProtocol": "http2"},
        {"name": "metrics", "port": PICKER_PORTS["metrics"], "targetPort": "metrics", "appProtocol": "http"},
    ]
    meta = metadata(name, labels=_labels(name, spec, scope))
    return Manifest(
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": meta,
            "spec": {"selector": {"app": name}, "ports": ports},
        }
    )


def _config_map(server: str, pool: Pool, config: str, spec: Gateway, scope: Scope) -> Manifest:
    name = picker_name(server, pool)
    meta = metadata(name, labels=_labels(name, spec, scope))
    return Manifest(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {CONFIG_FILE: config}}
    )


def _deployment(server: str, pool: Pool, config: str, spec: Gateway, scope: Scope) -> Manifest:
    name = picker_name(server, pool)
    labels = _labels(name, spec, scope)
    # Only the leader of several is ready, so a rolling update would wait for ever for the next one to become it.
    strategy = {"strategy": {"type": "Recreate"}} if spec.scheduler.replicas > 1 else {}
    template = {
        # The file is read at start: the digest replaces the pods when it changes.
        "metadata": {
            "labels": labels,
            "annotations": {"mintage.dev/config": digest_of(config.encode())[:16]},
        },
        "spec": {
            "serviceAccountName": f"{spec.name}-epp",
            "terminationGracePeriodSeconds": 130,  # streams in flight end first; upstream's value
            "containers": [_container(server, pool, spec, scope)],
            "volumes": [{"name": "config", "configMap": {"name": name}}],
        },
    }
    return Manifest(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": metadata(name, labels=labels),
            "spec": {
                "replicas": spec.scheduler.replicas,
                **strategy,
                "selector": {"matchLabels": {"app": name}},
                "template": template,
            },
        }
    )


def _container(server: str, pool: Pool, spec: Gateway, scope: Scope) -> dict[str, Any]:
    scheduler = spec.scheduler
    return {
        "name": "epp",
        "image": scheduler.image,
        "args": list(_arguments(pool_name(server, pool), scheduler)),
        "ports": [{"name": name, "containerPort": port} for name, port in PICKER_PORTS.items()],
        "env": pods.environment(_environment(picker_name(server, pool), scheduler)),
        **pods.probes(_probes(scheduler), PICKER_PORTS["grpc-health"]),
        **compact(resources=pods.resources(scheduler.resources)),
        "volumeMounts": [{"name": "config", "mountPath": "/config", "readOnly": True}],
        **pods.security(scope),
    }


def _arguments(pool: str, scheduler: Scheduler) -> Iterator[str]:
    """Yield the flags; one that a release does not know would keep it from starting."""
    generation = scheduler.generation
    yield f"--pool-name={pool}"
    yield "--pool-namespace=$(NAMESPACE)"
    yield f"--pool-group={POOL_GROUP}"
    yield f"--config-file=/config/{CONFIG_FILE}"
    yield from (f"--{name}-port={port}" for name, port in PICKER_PORTS.items())
    yield "--secure-serving=false"
    if generation.metrics_auth_flag:
        yield f"--metrics-endpoint-auth={_flag(scheduler.metrics_auth)}"
    if generation.tracing_flag:
        yield f"--tracing={_flag(scheduler.otel is not None)}"
    yield f"--kv-cache-usage-percentage-metric={scheduler.kv_cache_metric}"
    if scheduler.replicas > 1:
        yield "--ha-enable-leader-election=true"
    yield "--zap-encoder=json"
    yield f"--v={scheduler.verbosity}"


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _environment(name: str, scheduler: Scheduler) -> dict[str, Any]:
    """Return the variables; what the spec says goes last and wins."""
    otel = scheduler.otel
    telemetry: dict[str, Any] = {}
    if otel:
        telemetry = {
            "OTEL_SERVICE_NAME": name,
            "OTEL_EXPORTER_OTLP_ENDPOINT": otel.endpoint,
            "OTEL_TRACES_EXPORTER": "otlp",
            "OTEL_TRACES_SAMPLER": otel.sampler,
            "OTEL_TRACES_SAMPLER_ARG": str(otel.ratio),
            "OTEL_METRICS_EXPORTER": "otlp",
        }
    return {"NAMESPACE": ValueFrom(field="metadata.namespace"), **telemetry, **scheduler.env}


def _probes(scheduler: Scheduler) -> Probes:
    ready, alive = ("readiness", "liveness") if scheduler.replicas > 1 else (_EXT_PROC, _EXT_PROC)
    return Probes(
        readiness=Probe(grpc=ready, initial_delay=5),
        liveness=Probe(grpc=alive, initial_delay=5),
    )


def _config_text(server: str, pool: Pool, spec: Gateway, scope: Scope) -> str:
    config = pool.config or spec.scheduler.config or _computed(server, pool, spec, scope)
    plugins = [
        compact(name=plugin.name, type=plugin.type, parameters=plugin.parameters) for plugin in config.plugins
    ]
    profiles = [
        {
            "name": profile.name,
            "plugins": [compact(pluginRef=use.plugin_ref, weight=use.weight) for use in profile.plugins],
        }
        for profile in config.scheduling_profiles
    ]
    return yaml_text(
        {
            "apiVersion": CONFIG_API,
            "kind": "EndpointPickerConfig",
            "plugins": plugins,
            "schedulingProfiles": profiles,
        }
    )


def _computed(server: str, pool: Pool, spec: Gateway, scope: Scope) -> EndpointPickerConfig:
    """Return the configuration that follows from the pool: one profile, or two where prefill has servers of its own."""
    names = [server, *([pool.prefill] if pool.prefill else [])]
    block = (scope.export(server).block_size or _BLOCK_SIZE) * CHARACTERS_PER_TOKEN
    weights = _weights(pool, spec.scheduler)
    parameters: dict[str, dict[str, Any]] = {
        "prefix-cache-scorer": {spec.scheduler.generation.block_parameter: block}
    }
    scorers = tuple(Plugin(type=scorer, parameters=parameters.get(scorer, {})) for scorer in weights)
    if any(scope.export(name).role == "prefill" for name in names):
        return _disaggregated(scorers, weights, block)
    return EndpointPickerConfig(
        plugins=(Plugin(type="single-profile-handler"), *scorers, Plugin(type="max-score-picker")),
        scheduling_profiles=(_profile("default", weights),),
    )


def _weights(pool: Pool, scheduler: Scheduler) -> dict[Scorer, int]:
    affinity = _AFFINITY_WEIGHTS if pool.affinity else {}
    weights: dict[Scorer, int] = {**_WEIGHTS, **affinity, **scheduler.weights, **pool.weights}
    return {name: weight for name, weight in weights.items() if weight}


def _disaggregated(
    scorers: tuple[Plugin, ...], weights: Mapping[Scorer, int], block: int
) -> EndpointPickerConfig:
    # A threshold of 0 sends every prompt through prefill first.
    handler = Plugin(type="pd-profile-handler", parameters={"threshold": 0, "hashBlockSize": block})
    return EndpointPickerConfig(
        plugins=(
            handler,
            Plugin(type="prefill-header-handler"),
            Plugin(type="prefill-filter"),
            Plugin(type="decode-filter"),
            *scorers,
            Plugin(type="max-score-picker"),
        ),
        scheduling_profiles=(
            _profile("prefill", weights, "prefill-filter"),
            _profile("decode", weights, "decode-filter"),
        ),
    )


def _profile(name: str, weights: Mapping[Scorer, int], *filters: str) -> Profile:
    scorers = (ProfilePlugin(plugin_ref=scorer, weight=weight) for scorer, weight in weights.items())
    return Profile(
        name=name,
        plugins=(
            *(ProfilePlugin(plugin_ref=filtering) for filtering in filters),
            *scorers,
            ProfilePlugin(plugin_ref="max-score-picker"),
        ),
    )

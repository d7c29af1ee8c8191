"""The inference gateway: listeners, routes to model servers, and the endpoint picker of each pool.

An endpoint picker serves exactly one InferencePool, so every model server behind a route gets a pool and a picker
of its own. This module knows what users write and what others may know of a gateway, not the objects made of it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta, field

from mintage.spec.decode import Complaint, Fields, Path
from mintage.spec.endpoint_picker import GENERATIONS, EndpointPickerConfig, Release, Weights, release_of
from mintage.spec.exports import Export, MetricsEndpoint, PodPort
from mintage.spec.fields import Count, Env, Labels, Name, Port, Positive, Reference, Resources, Spec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mintage.spec.endpoint_picker import Generation, Scorer

PICKER_LABEL = "mintage.dev/endpoint-picker"  # on all pickers of a gateway, with the gateway's name
PICKER_PORTS = {"grpc": 9002, "grpc-health": 9003, "metrics": 9090}
_GATEWAY_LABEL = "gateway.networking.k8s.io/gateway-name"  # set by Istio on the pods it makes for a Gateway

# GEP-2257, as the HTTPRoute CRD has it.
Duration = Annotated[
    str,
    Meta(
        pattern=r"^([0-9]{1,5}(h|m|s|ms)){1,4}$(?!\n)",
        description="A duration: `90s`, `1m30s`; `0s` for no limit.",
    ),
]
RoutePath = Annotated[
    str,
    Meta(
        pattern=r"^/([a-z0-9]([-a-z0-9]*[a-z0-9])?(/[a-z0-9]([-a-z0-9]*[a-z0-9])?)*)?$(?!\n)", max_length=50
    ),
]
# `<name>-epp` is the name of a Service, which begins with a letter and has at most 63 characters.
PoolName = Annotated[str, Meta(pattern=r"^[a-z]([-a-z0-9]*[a-z0-9])?$(?!\n)", max_length=59)]
_PART = re.compile(r"([0-9]+)(h|ms|m|s)")
_MILLISECONDS = {"h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}


def milliseconds(duration: str) -> int:
    """Return the length of a duration."""
    return sum(int(number) * _MILLISECONDS[unit] for number, unit in _PART.findall(duration))


class Listener(Fields, frozen=True, kw_only=True):
    """A port the gateway listens on."""

    port: Annotated[Port, Meta(description="Port of the gateway.")]
    protocol: Annotated[
        Literal["HTTP", "HTTPS"], Meta(description="Protocol; HTTPS ends at the gateway.")
    ] = "HTTP"
    hostname: Annotated[str | None, Meta(description="Host name to answer for; any by default.")] = None
    secret: Annotated[Name | None, Meta(description="Secret with the certificate of an HTTPS listener.")] = (
        None
    )

    def complaints(self) -> Iterator[Complaint]:
        """Complain about HTTPS without a certificate, or the reverse."""
        if (self.protocol == "HTTPS") != (self.secret is not None):
            yield Complaint(("secret",), "`secret` and `protocol: HTTPS` go together", "add both or neither")


class Timeouts(Fields, frozen=True, kw_only=True):
    """How long a request may take."""

    request: Annotated[Duration, Meta(description="From the client's request to the end of the answer.")] = (
        "45s"
    )
    backend_request: Annotated[Duration, Meta(description="One attempt at a model server.")] = "30s"

    def complaints(self) -> Iterator[Complaint]:
        """Complain about an attempt that may take longer than the whole, unless the whole has no limit."""
        limit = milliseconds(self.request)
        if limit and milliseconds(self.backend_request) > limit:
            message = f"an attempt may take {self.backend_request}, longer than the whole request with {self.request}"
            yield Complaint(("backendRequest",), message, "lower `backendRequest` or raise `request`")


class Route(Fields, frozen=True, kw_only=True):
    """Where requests under a path go."""

    to: Annotated[Name, Meta(description="Model server behind the route.")]
    timeouts: Annotated[Timeouts | None, Meta(description="Timeouts; those of the gateway by default.")] = (
        None
    )
    rewrite: Annotated[
        bool,
        Meta(
            description="Take the path away before the request reaches the model server, which serves `/v1/...`."
        ),
    ] = True


class Pool(Fields, frozen=True, kw_only=True):
    """The pods of one model server, and how requests are spread over them."""

    name: Annotated[
        PoolName | None, Meta(description="Name of the InferencePool; `<server>-pool` by default.")
    ] = None
    short: Annotated[
        Name | None, Meta(description="`{short}` in file patterns; the server's name by default.")
    ] = None
    affinity: Annotated[
        Literal["prefixHash"] | None,
        Meta(
            description="Keep requests with the same prefix on the same pod; no field of an InferencePool says so, the picker does it."
        ),
    ] = None
    session_header: Annotated[
        str, Meta(description="Header that names the session, for the affinity's annotations.")
    ] = "x-session-id"
    prefix_length: Annotated[
        int, Meta(ge=1, description="Length of the hashed prefix, for the affinity's annotations.")
    ] = 16
    prefill: Annotated[
        Name | None, Meta(description="Model server in the role `prefill` that belongs to the pool.")
    ] = None
    selector: Annotated[
        Labels, Meta(description="Labels that select the pods; the server's by default.")
    ] = {}
    weights: Weights = {}
    config: Annotated[
        EndpointPickerConfig | None,
        Meta(description="The picker's whole configuration, instead of a computed one."),
    ] = None

    def complaints(self) -> Iterator[Complaint]:
        """Complain about two servers in one pool without labels that both have."""
        if self.prefill is not None and not self.selector:
            yield Complaint(
                ("prefill",),
                "a pool of two servers needs a `selector`",
                "add labels that the pods of both have",
            )


class Tracing(Fields, frozen=True, kw_only=True):
    """Where the pickers send what OpenTelemetry records."""

    endpoint: Annotated[str, Meta(description="OTLP endpoint (gRPC) of the collector.")] = (
        "http://otel-collector:4317"
    )
    sampler: Annotated[
        Literal["parentbased_traceidratio"], Meta(description="Sampler; the scheduler knows this one.")
    ] = "parentbased_traceidratio"
    ratio: Annotated[float, Meta(ge=0, le=1, description="Part of the traces that are kept.")] = 0.1


class Scheduler(Fields, frozen=True, kw_only=True):
    """The endpoint pickers: one Deployment of the llm-d scheduler for each pool."""

    image: Annotated[str, Meta(min_length=1, description="Image of the llm-d scheduler.")] = (
        "ghcr.io/llm-d/llm-d-inference-scheduler:v0.4.0"
    )
    release: Annotated[
        Release | None,
        Meta(
            description="Release whose flags and plugins the image understands; read from its tag by default."
        ),
    ] = None
    replicas: Annotated[
        Positive, Meta(description="Pods of each picker; of several, one leads and the others wait.")
    ] = 1
    env: Env = {}
    weights: Weights = {}
    config: Annotated[
        EndpointPickerConfig | None, Meta(description="A whole configuration for every pool.")
    ] = None
    kv_cache_metric: Annotated[
        str, Meta(description="Metric of the model server that tells how full its KV cache is.")
    ] = "vllm:kv_cache_usage_perc"
    metrics_auth: Annotated[
        bool, Meta(description="Ask whoever scrapes the metrics for a token of the cluster.")
    ] = False
    otel: Annotated[Tracing | None, Meta(description="OpenTelemetry; off by default.")] = None
    failure_mode: Annotated[
        Literal["FailClose", "FailOpen"],
        Meta(description="Refuse requests, or pick pods at random, while the picker does not answer."),
    ] = "FailClose"
    resources: Resources = Resources(
        requests={"cpu": "250m", "memory": "512Mi"}, limits={"cpu": 1, "memory": "1Gi"}
    )
    verbosity: Annotated[Count, Meta(description="Verbosity of the log.")] = 1

    @property
    def generation(self) -> Generation:
        """What this release of the scheduler understands."""
        return GENERATIONS[self.release or release_of(self.image)]

    def complaints(self) -> Iterator[Complaint]:
        """Complain about a release that is unknown, or lacks what is asked of it."""
        if self.release is None and release_of(self.image) not in GENERATIONS:
            known = ", ".join(f'"{release}"' for release in GENERATIONS)
            yield Complaint(
                ("image",),
                f"`{self.image}` names no release that is known",
                f"say what it understands: add `release`, one of {known}",
            )
        elif not (self.metrics_auth or self.generation.metrics_auth_flag):
            yield Complaint(
                ("metricsAuth",),
                "this release always asks scrapers for a token",
                "set `metricsAuth: true`, or use a later release",
            )


class Gateway(Spec, frozen=True, kw_only=True):
    """A Gateway with a route and an InferencePool for each model server behind it."""

    kind: Literal["Gateway"]
    gateway_class: Annotated[
        Name, Meta(description="GatewayClass; `istio` makes a Deployment and a Service of its own.")
    ] = field(name="class", default="istio")
    expose: Annotated[
        Literal["cluster", "loadBalancer"],
        Meta(description="Who can reach the gateway's Service: the cluster, or the world."),
    ] = "cluster"
    listeners: Annotated[
        dict[Name, Listener],
        Meta(min_length=1, description="Listeners by name; `http` on port 80 by default."),
    ] = field(default_factory=lambda: {"http": Listener(port=80)})
    allow: Annotated[
        Literal["same", "all"] | tuple[Name, ...],
        Meta(description="Namespaces whose routes may attach: that of the gateway, all, or these."),
    ] = "same"
    routes: Annotated[
        dict[RoutePath, str | Route],
        Meta(
            min_length=1, description="Routes by path: the name of a model server, or more about the route."
        ),
    ]
    timeouts: Annotated[Timeouts, Meta(description="Timeouts of routes that have none of their own.")] = (
        Timeouts()
    )
    headers: Annotated[
        dict[str, str],
        Meta(description="Request headers to set; `{route}` stands for the short name of the route."),
    ] = {}
    pools: Annotated[
        dict[Name, Pool], Meta(description="Pools by model server, where the defaults do not fit.")
    ] = {}
    scheduler: Scheduler = Scheduler()

    def complaints(self) -> Iterator[Complaint]:
        """Complain about names used twice, pools without a route, and plugins that the picker lacks."""
        yield from super().complaints()
        yield from self._about_routes()
        yield from self._about_pools()
        yield from self._about_plugins()

    def _about_routes(self) -> Iterator[Complaint]:
        paths: dict[str, str] = {}
        for path in self.routes:
            first = paths.setdefault(route_name(path), path)
            if first != path:
                message = f"routes `{first}` and `{path}` are both called `{route_name(path)}`"
                yield Complaint(("routes", path), message, "give one of them another path", on_key=True)

    def _about_pools(self) -> Iterator[Complaint]:
        for server in self.pools:
            if server not in self.backends:
                yield Complaint(
                    ("pools", server), f"no route leads to `{server}`", "add one to `routes`", on_key=True
                )
        owners: dict[str, str] = {}
        for server, pool in self.backends.items():
            name = pool_name(server, pool)
            first = owners.setdefault(name, server)
            if first != server:
                message = f"`{first}` has a pool called `{name}` already"
                yield Complaint(("pools", server, "name"), message, "an endpoint picker serves one pool")
            if len(name) > 59:
                message = f"the name of a pool has at most 59 characters, got {len(name)}"
                yield Complaint(("pools", server, "name"), message, f"set `name` of the pool of `{server}`")

    def _about_plugins(self) -> Iterator[Complaint]:
        scheduler = self.scheduler
        release = scheduler.release or release_of(scheduler.image)
        lacks = GENERATIONS[release].lacks if release in GENERATIONS else frozenset[str]()
        yield from _lacking(("scheduler",), scheduler.weights, scheduler.config, lacks, release)
        for server, pool in self.pools.items():
            yield from _lacking(("pools", server), pool.weights, pool.config, lacks, release)

    def references(self) -> Iterator[Reference]:
        """Yield the model servers of routes and pools."""
        for path, route in self.routes.items():
            where = ("routes", path) if isinstance(route, str) else ("routes", path, "to")
            yield Reference(where, target(route), ("ModelServer",))
        for server, pool in self.pools.items():
            if pool.prefill is not None:
                yield Reference(("pools", server, "prefill"), pool.prefill, ("ModelServer",))

    @property
    def backends(self) -> dict[str, Pool]:
        """The pool of every model server behind a route, in the order of the routes."""
        return {server: self.pools.get(server, Pool()) for server in map(target, self.routes.values())}

    @property
    def service_name(self) -> str:
        """The name of the Service that the class makes for a Gateway."""
        return f"{self.name}-{self.gateway_class}"

    def exports(self) -> Export:
        """Return the export: the gateway's Service and routes, its pods, and the pickers with their metrics."""
        ports = {name: listener.port for name, listener in self.listeners.items()}
        first = next(iter(self.listeners.values()))
        pickers = {PICKER_LABEL: self.name}
        return Export(
            kind=self.kind,
            name=self.name,
            component=self.folder,
            namespace=self.namespace or "",
            service=self.service_name,
            ports=ports,
            scheme="https" if first.protocol == "HTTPS" else "http",
            routes={path: target(route) for path, route in self.routes.items()},
            pods=(
                PodPort(labels={_GATEWAY_LABEL: self.name}, ports=ports),
                PodPort(labels=pickers, ports={name: PICKER_PORTS[name] for name in ("grpc", "metrics")}),
            ),
            metrics=(MetricsEndpoint(service_labels=pickers, port="metrics"),),
        )


def _lacking(
    path: Path,
    weights: Mapping[Scorer, int],
    config: EndpointPickerConfig | None,
    lacks: frozenset[str],
    release: str,
) -> Iterator[Complaint]:
    """Complain about plugins that came with a later release."""
    advice = "use a later release"
    for scorer in weights:
        if scorer in lacks:
            yield Complaint(
                (*path, "weights", scorer), f"scheduler {release} has no `{scorer}`", advice, on_key=True
            )
    for index, plugin in enumerate(config.plugins if config else ()):
        if plugin.type in lacks:
            yield Complaint(
                (*path, "config", "plugins", index, "type"),
                f"scheduler {release} has no `{plugin.type}`",
                advice,
            )


def target(route: str | Route) -> str:
    """Return the model server behind a route."""
    return route if isinstance(route, str) else route.to


def pool_name(server: str, pool: Pool) -> str:
    """Return the name of a model server's InferencePool."""
    return pool.name or f"{server}-pool"


def picker_name(server: str, pool: Pool) -> str:
    """Return the name of everything that belongs to the pool's endpoint picker."""
    return f"{pool_name(server, pool)}-epp"


def route_name(path: str) -> str:
    """Return the short name of a route: its path without slashes at the ends."""
    return path.strip("/").replace("/", "-") or "root"

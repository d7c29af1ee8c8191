"""What a service shows to the others: all that a reference can ask of it.

A component is rendered again when its own specs change or when an export it refers to does; nothing else of
another spec can reach it. Exports are values and know nothing of namespaces.
"""

from __future__ import annotations

import msgspec


class MetricsEndpoint(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something Prometheus can scrape: the labels of a Service, the name of its port, and the path."""

    service_labels: dict[str, str]
    port: str
    path: str = "/metrics"


class PodPort(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A set of pods and the ports they listen on, for network policies."""

    labels: dict[str, str]
    ports: dict[str, int]


class Export(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One service as the others see it."""

    kind: str
    name: str
    component: str
    namespace: str = ""  # where the spec pins one; empty for "wherever the environment is"
    service: str = ""  # name of the Service, empty where it has none
    ports: dict[str, int] = {}  # name -> port of the Service; the first is the default
    scheme: str = "http"
    routes: dict[str, str] = {}  # path -> name of the model server behind it
    buckets: tuple[str, ...] = ()
    pods: tuple[PodPort, ...] = ()
    metrics: tuple[MetricsEndpoint, ...] = ()
    secrets: tuple[str, ...] = ()
    service_account: str = ""
    block_size: int | None = None  # model servers: tokens of a KV-cache block
    role: str = ""  # model servers: decode, prefill or both
    accelerators: int = 0  # model servers: accelerators of one replica

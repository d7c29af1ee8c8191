"""Checks of InferencePools: inference.networking.k8s.io/v1 of GIE v1.6.0 and x-k8s.io/v1alpha2 of v1.4.0, its last release."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mintage.check import known
from mintage.check.interface import ERROR, WARNING, Check, Hit, Other
from mintage.check.network.services import blamed
from mintage.check.routing.backend_checks import is_partial
from mintage.check.routing.routes import is_text
from mintage.check.selectors import (
    Selector,
    of_labels,
    pods_in,
    selected,
    selects_nothing,
    shown,
)
from mintage.errors import did_you_mean
from mintage.tree.objects import items, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintage.check.known import KnownPod
    from mintage.tree.objects import Object, Path
    from mintage.tree.tree import Root

_POOL = "InferencePool"
V1, V1ALPHA2 = "inference.networking.k8s.io", "inference.networking.x-k8s.io"
_EPP_PORT = 9002  # the default of v1alpha2; v1 has none
# Kinds whose pods listen on what their templates say; others get proxies and ports from their operators.
_PLAIN = frozenset(
    {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Pod", "LeaderWorkerSet", "InferenceService"}
)


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool of either API; paths are the places of its selector, its ports and its endpoint picker."""

    object: Object
    selector: Selector
    labels_path: Path
    ports: tuple[tuple[Path, int], ...]
    picker: dict[str, Any]
    picker_path: Path
    picker_port: int | None
    picker_port_path: Path


def pools(root: Root) -> tuple[Pool, ...]:
    """Return the pools of a root."""
    return root.once(_pools)


def _pools(root: Root) -> tuple[Pool, ...]:
    return (*map(_v1, root.of(_POOL, group=V1)), *map(_v1alpha2, root.of(_POOL, group=V1ALPHA2)))


def _v1(item: Object) -> Pool:
    picker: Path = ("spec", "endpointPickerRef")
    number = item.at(*picker, "port", "number")
    return Pool(
        item,
        mapping(item.spec, "selector"),
        ("spec", "selector", "matchLabels"),
        tuple(
            (("spec", "targetPorts", index, "number"), port["number"])
            for index, port in items(item.spec, "targetPorts")
            if isinstance(port.get("number"), int)
        ),
        mapping(item.spec, "endpointPickerRef"),
        picker,
        number if isinstance(number, int) else None,
        (*picker, "port", "number"),
    )


def _v1alpha2(item: Object) -> Pool:
    picker: Path = ("spec", "extensionRef")
    target = item.spec.get("targetPortNumber")
    number = item.at(*picker, "portNumber", default=_EPP_PORT)
    return Pool(
        item,
        of_labels(mapping(item.spec, "selector")),
        ("spec", "selector"),
        ((("spec", "targetPortNumber"), target),) if isinstance(target, int) else (),
        mapping(item.spec, "extensionRef"),
        picker,
        number if isinstance(number, int) else None,
        (*picker, "portNumber"),
    )


def _no_pod(root: Root) -> Iterator[Hit]:
    for pool in pools(root):
        namespace = pool.object.namespace
        if not selects_nothing(root, pool.selector, namespace):
            continue
        labels = mapping(pool.selector, "matchLabels")
        texts = {key: value for key, value in labels.items() if isinstance(value, str)}
        key, advice = blamed(texts, list(_of_servers(root, pool)))
        yield Hit(
            f"the pool selects `{shown(pool.selector)}`, which no pod here has",
            advice,
            pool.object,
            (*pool.labels_path, *key),
        )


def _of_servers(root: Root, pool: Pool) -> Iterator[dict[str, str]]:
    """Yield the labels of the pods that may be meant: not those of the endpoint picker itself."""
    namespace = pool.object.namespace
    picker = known.service(root, str(pool.picker.get("name")), namespace)
    chosen = picker.selector if picker else None
    for pod in pods_in(root, namespace):
        if not chosen or not chosen.items() <= pod.labels.items():
            yield pod.labels


def _port_mismatch(root: Root) -> Iterator[Hit]:
    for pool in pools(root):
        for path, number in pool.ports:
            for pod in selected(root, pool.selector, pool.object.namespace):
                if _does_not_listen(pod, number):
                    shown_ports = ", ".join(str(port) for port in sorted(set(pod.ports.values())))
                    source = pod.source
                    yield Hit(
                        f"the pool sends requests to port {number}; the pods of {source.kind} `{source.name}` listen on {shown_ports}",
                        "use the port on which the model servers listen",
                        pool.object,
                        path,
                        others=(
                            Other(
                                f"the pods of {source.kind} `{source.name}`",
                                source,
                                pod.pod.path if pod.pod else (),
                            ),
                        ),
                    )
                    break


def _does_not_listen(pod: KnownPod, number: int) -> bool:
    """Tell whether a pod declares ports and this is none of them, nor named in what its containers are given."""
    if pod.source.kind not in _PLAIN or not pod.ports or number in pod.ports.values() or pod.pod is None:
        return False
    for container in pod.pod.containers:
        values = (entry.get("value") for _, entry in container.env.values())
        texts = [text for _, text in container.argv] + [value for value in values if isinstance(value, str)]
        if any(str(number) in text for text in texts):
            return False
    return True


def _epp_missing(root: Root) -> Iterator[Hit]:
    for pool in pools(root):
        name = pool.picker.get("name")
        if (
            not isinstance(name, str)
            or not is_text(name)
            or pool.picker.get("kind") not in (None, "Service")
            or pool.picker.get("group")
        ):
            continue
        if is_partial(root, pool.object.namespace):
            continue
        if not known.exists(root, "Service", name, pool.object.namespace):
            near = did_you_mean(name, (service.name for service in known.services(root)))
            yield Hit(
                f"the pool asks the endpoint picker `{name}`, and there is no such Service",
                near
                if near.startswith("did")
                else "add the endpoint picker with its Service, or declare it under `externals.services`",
                pool.object,
                (*pool.picker_path, "name"),
            )
            continue
        service = known.service(root, name, pool.object.namespace)
        numbers = [port.number for port in service.ports or ()] if service else []
        if service and numbers and pool.picker_port is not None and pool.picker_port not in numbers:
            stands = pool.object.at(*pool.picker_port_path) is not None
            yield Hit(
                f"the pool asks the endpoint picker at port {pool.picker_port}, and Service `{name}` has {', '.join(map(str, numbers))}",
                "use the port of the Service that leads to the picker's gRPC port",
                pool.object,
                pool.picker_port_path if stands else (*pool.picker_path, "name"),
                others=(Other(f"the ports of Service `{name}`", service.source, ("spec", "ports")),),
            )


def _mixed(root: Root) -> Iterator[Hit]:
    old, new = root.of(_POOL, group=V1ALPHA2), root.of(_POOL, group=V1)
    for item in old if new else ():
        yield Hit(
            f"this pool is of `{V1ALPHA2}`, and {len(new)} of this root are of `{V1}`",
            f"use `{V1}/v1` for all: its selector has `matchLabels`, its ports are `targetPorts`, its picker `endpointPickerRef`",
            item,
            ("apiVersion",),
            others=(Other(f"{_POOL} `{new[0].name}` of `{V1}`", new[0], ("apiVersion",)),),
        )


CHECKS = (
    Check(
        "inferencepool-no-pod",
        ERROR,
        "root",
        _no_pod,
        why="A pool whose selector matches no pod has nobody to send requests to: the endpoint picker answers 503.",
        fix="Let the selector name labels that the model servers' pods have; for KServe, the labels that it gives them.",
    ),
    Check(
        "inferencepool-port-mismatch",
        ERROR,
        "root",
        _port_mismatch,
        why="The gateway sends a request to the pod's address and the pool's port, and the picker reads metrics there. A port on which"
        " the server does not listen refuses both.",
        fix="Use the port on which the model servers listen.",
    ),
    Check(
        "inferencepool-epp-missing",
        ERROR,
        "root",
        _epp_missing,
        why="Without its endpoint picker a pool fails closed: each request is answered with an error.",
        fix="Name the Service of the endpoint picker, and its gRPC port.",
    ),
    Check(
        "inference-api-mixed",
        WARNING,
        "root",
        _mixed,
        why="A gateway and an endpoint picker serve one of the two groups, by their version. Pools of the other are not served.",
        fix="Move all pools to one group: `inference.networking.k8s.io/v1`.",
    ),
)

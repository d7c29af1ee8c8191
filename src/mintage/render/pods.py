"""The parts of a pod that all kinds build alike: containers, variables, probes, volumes, placement."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from mintage.manifest import compact
from mintage.spec.fields import Probe, Probes, Resources, ValueFrom, Volume

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mintage.render.scope import Scope
    from mintage.spec.fields import Quantity
    from mintage.spec.system import Taint


def quantity(value: Quantity) -> str:
    """Return a number or a quantity as text, with every digit that it has."""
    return json.dumps(value) if isinstance(value, float) else str(value)


def resources(given: Resources, counted: Mapping[str, int] | None = None) -> dict[str, Any]:
    """Return a container's resources; `counted` are extended resources, whose requests must equal their limits."""
    extra = {name: str(count) for name, count in (counted or {}).items() if count}
    return compact(
        requests={**{key: quantity(value) for key, value in given.requests.items()}, **extra},
        limits={**{key: quantity(value) for key, value in given.limits.items()}, **extra},
    )


def environment(variables: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a container's `env`, in the order of the spec, with values as strings."""
    return [{"name": name, **_variable(value)} for name, value in variables.items()]


def _variable(value: Any) -> dict[str, Any]:
    if isinstance(value, ValueFrom):
        return {"valueFrom": _source(value)}
    if isinstance(value, bool):
        return {"value": "true" if value else "false"}
    return {"value": value if isinstance(value, str) else quantity(value)}


def _source(value: ValueFrom) -> dict[str, Any]:
    if value.field is not None:
        return {"fieldRef": {"fieldPath": value.field}}
    name = "secretKeyRef" if value.secret is not None else "configMapKeyRef"
    key: dict[str, Any] = {"name": value.secret or value.config_map, "key": value.key}
    return {name: {**key, "optional": True} if value.optional else key}


def probe(given: Probe, port: int | str) -> dict[str, Any]:
    """Return a probe; `port` is the container's own, for a probe that names none."""
    where = given.port or port
    if given.grpc is not None:
        action: dict[str, Any] = {"grpc": {"port": where, "service": given.grpc}}
    elif given.path is not None:
        scheme = {} if given.scheme == "HTTP" else {"scheme": given.scheme}
        action = {"httpGet": {"path": given.path, "port": where, **scheme}}
    else:
        action = {"tcpSocket": {"port": where}}
    delay = {"initialDelaySeconds": given.initial_delay} if given.initial_delay else {}
    return {
        **action,
        **delay,
        "periodSeconds": given.period,
        "timeoutSeconds": given.timeout,
        "failureThreshold": given.failures,
    }


def probes(given: Probes, port: int | str) -> dict[str, Any]:
    """Return the probes of a container under their Kubernetes names."""
    named = {
        "startupProbe": given.startup,
        "readinessProbe": given.readiness,
        "livenessProbe": given.liveness,
    }
    return {name: probe(value, port) for name, value in named.items() if value is not None}


def volume_name(path: str, given: Volume) -> str:
    """Return the name of the volume mounted at a path."""
    return given.name or re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-")[:63] or "root"


def mounts(volumes: Mapping[str, Volume]) -> list[dict[str, Any]]:
    """Return a container's `volumeMounts`."""
    return [
        {
            "name": volume_name(path, given),
            "mountPath": path,
            **({"readOnly": True} if given.read_only else {}),
        }
        for path, given in volumes.items()
    ]


def volumes(given: Mapping[str, Volume], claim_prefix: str) -> list[dict[str, Any]]:
    """Return a pod's `volumes`; `claim_prefix` begins the names of claims that have none of their own."""
    return [_volume(volume_name(path, value), value, claim_prefix) for path, value in given.items()]


def _volume(name: str, given: Volume, claim_prefix: str) -> dict[str, Any]:
    if given.pvc is not None:
        return {
            "name": name,
            "persistentVolumeClaim": {"claimName": given.pvc.name or f"{claim_prefix}-{name}"},
        }
    if given.empty_dir is not None:
        size = None if given.empty_dir.size is None else quantity(given.empty_dir.size)
        return {
            "name": name,
            "emptyDir": compact(medium="Memory" if given.empty_dir.memory else None, sizeLimit=size),
        }
    if given.config_map is not None:
        source = given.config_map
        return {
            "name": name,
            "configMap": compact(name=source.name, defaultMode=source.mode, optional=source.optional or None),
        }
    assert given.secret is not None
    secret = given.secret
    return {
        "name": name,
        "secret": compact(secretName=secret.name, defaultMode=secret.mode, optional=secret.optional or None),
    }


def security(scope: Scope) -> dict[str, Any]:
    """Return the container security context that the system asks for.

    The fields are those the Pod Security Standard `restricted` requires (Kubernetes 1.32 documentation).
    """
    if scope.system.pod_security == "none":
        return {}
    return {
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": True,
            "seccompProfile": {"type": "RuntimeDefault"},
        }
    }


def toleration(taint: Taint) -> dict[str, Any]:
    """Return the toleration of exactly this taint."""
    if taint.value is None:
        return {"key": taint.key, "operator": "Exists", "effect": taint.effect}
    return {"key": taint.key, "operator": "Equal", "value": taint.value, "effect": taint.effect}


def placement(scope: Scope, pool: str | None, accelerator: str | None = None) -> dict[str, Any]:
    """Return `nodeSelector` and `tolerations` for a node pool and an accelerator of the catalogues."""
    catalogues = scope.system.catalogues
    nodes = catalogues.node_pools[pool] if pool else None
    taints: Iterable[Taint] = [
        *(nodes.taints if nodes else ()),
        *(catalogues.accelerators[accelerator].taints if accelerator else ()),
    ]
    return compact(
        nodeSelector=dict(nodes.labels) if nodes else None,
        tolerations=[toleration(taint) for taint in taints],
    )

"""What the server refuses and the published schemas do not: each rule with the words it is told in."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from mintage.schemas.core import core, known_minors
from mintage.schemas.rules import ADDED, REPLACED, UNIQUE
from mintage.schemas.store import Schemas
from schemas.corpus import manifest

SCHEMAS = Schemas("1.32")
CONTAINER = "spec.template.spec.containers.0"
QUANTITY = "a quantity such as 500m, 1.5 or 2Gi"
REMOVE = object()

CASES: list[tuple[str, str, Any, str]] = [
    ("Deployment", "spec.replicas", -1, "got -1, want at least 0"),
    ("Deployment", "spec.replicas", 2**31, "got 2147483648, want at most 2147483647"),
    ("Deployment", "spec.strategy.type", "Recreate", "want nothing, because `type` is Recreate"),
    ("Deployment", f"{CONTAINER}.imagePullPolicy", "always", 'got "always", want one of "Always", "IfNotPresent", "Never"'),
    ("Deployment", f"{CONTAINER}.image", REMOVE, "field `image` is missing"),
    ("Deployment", f"{CONTAINER}.resources.limits.cpu", "5 cores", f'got "5 cores", want {QUANTITY}, not negative'),
    ("Deployment", f"{CONTAINER}.resources.limits.memory", "-1Gi", f'got "-1Gi", want {QUANTITY}, not negative'),
    ("Deployment", f"{CONTAINER}.ports.0.containerPort", 0, "got 0, want at least 1"),
    ("Deployment", f"{CONTAINER}.ports.0.containerPort", 65536, "got 65536, want at most 65535"),
    ("Deployment", f"{CONTAINER}.ports.0.protocol", "tcp", 'got "tcp", want one of "TCP", "UDP", "SCTP"'),
    ("Deployment", f"{CONTAINER}.ports.0.name", "a-name-that-is-too-long", 'got "a-name-that-is-too-long", want at most 15 lower-case letters, digits and `-`, with a letter'),
    ("Deployment", f"{CONTAINER}.readinessProbe.httpGet.scheme", "https", 'got "https", want one of "HTTP", "HTTPS"'),
    ("Deployment", f"{CONTAINER}.readinessProbe.periodSeconds", -5, "got -5, want at least 0"),
    ("Deployment", "spec.template.spec.restartPolicy", "Never", 'got "Never", want "Always"'),
    ("Deployment", "spec.template.spec.volumes.1.emptyDir.sizeLimit", "1 Gi", f'got "1 Gi", want {QUANTITY}'),
    ("Deployment", "spec.template.spec.volumes.1.emptyDir.medium", "Disk", 'got "Disk", want Memory, HugePages, HugePages-<size> or nothing'),
    ("Deployment", "spec.template.spec.volumes.2.configMap.defaultMode", 1000, "got 1000, want file permissions from 0 to 0777, octal (511)"),
    ("Deployment", "spec.template.spec.tolerations.0.effect", "NoRun", 'got "NoRun", want one of "NoSchedule", "PreferNoSchedule", "NoExecute"'),
    ("Deployment", "spec.template.spec.containers", [], "got 0 items, want at least 1"),
    ("Job", "spec.template.spec.restartPolicy", "Always", 'got "Always", want one of "OnFailure", "Never"'),
    ("Job", "spec.template.spec.restartPolicy", REMOVE, "field `restartPolicy` is missing"),
    ("CronJob", "spec.concurrencyPolicy", "Deny", 'got "Deny", want one of "Allow", "Forbid", "Replace"'),
    ("Service", "spec.type", "Loadbalancer", 'got "Loadbalancer", want one of "ClusterIP", "NodePort", "LoadBalancer", "ExternalName"'),
    ("Service", "spec.ports.0.targetPort", "8080", 'got "8080", want a port from 1 to 65535, or the name of one, in which a letter stands'),
    ("Deployment", f"{CONTAINER}.livenessProbe.tcpSocket.port", 0, "got 0, want a port from 1 to 65535, or the name of one, in which a letter stands"),
    ("Service", "spec.ports.0.port", 0, "got 0, want at least 1"),
    ("Service", "metadata.name", REMOVE, "want a `name` (or a `generateName`)"),
    ("Service", "metadata.name", "", "want a `name` (or a `generateName`)"),
    ("Service", "metadata", REMOVE, "field `metadata` is missing"),
    ("Secret", "data.k", "not base64!", 'got "not base64!", want text in base64'),
    ("Secret", "data.k", "aGVsbG8", 'got "aGVsbG8", want text in base64'),
    ("ConfigMap", "binaryData.b", "@", 'got "@", want text in base64'),
    ("ConfigMap", "data.a", 8080, "got integer, want string or null"),
    ("PersistentVolumeClaim", "spec.accessModes.0", "ReadWriteMulti", 'got "ReadWriteMulti", want one of "ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"'),
    ("PersistentVolumeClaim", "spec.resources.requests.storage", REMOVE, "field `storage` is missing"),
    ("RoleBinding", "roleRef.kind", "role", 'got "role", want one of "Role", "ClusterRole"'),
    ("RoleBinding", "subjects.0.namespace", REMOVE, "field `namespace` is missing"),
    ("Role", "rules.0.verbs", [], "got 0 items, want at least 1"),
    ("NetworkPolicy", "spec.policyTypes.0", "ingress", 'got "ingress", want one of "Ingress", "Egress"'),
    ("Ingress", "spec.rules.0.http.paths.0.pathType", "prefix", 'got "prefix", want one of "Exact", "Prefix", "ImplementationSpecific"'),
    ("HorizontalPodAutoscaler", "spec.maxReplicas", 0, "got 0, want at least 1"),
    ("StatefulSet", "spec.podManagementPolicy", "Serial", 'got "Serial", want one of "OrderedReady", "Parallel"'),
    ("PodDisruptionBudget", "metadata.creationTimestamp", "yesterday", 'got "yesterday", want a time such as 2026-01-31T08:00:00Z'),
]  # fmt: skip


def changed(kind: str, path: str, value: Any) -> dict[str, Any]:
    """Return the manifest of a kind with one value replaced or removed."""
    document = deepcopy(manifest(kind))
    holder: Any = document
    *way, last = path.split(".")
    for step in way:
        holder = holder[int(step) if step.isdecimal() else step]
    key = int(last) if last.isdecimal() else last
    if value is REMOVE:
        del holder[key]
    else:
        holder[key] = value
    return document


@pytest.mark.parametrize(("kind", "path", "value", "message"), CASES)
def test_the_server_refuses_it_and_so_do_we(kind: str, path: str, value: Any, message: str) -> None:
    """One thing is wrong, and one thing is said."""
    document = changed(kind, path, value)
    judge = SCHEMAS.judge(document["apiVersion"], kind)
    assert judge is not None
    assert [error.message for error in judge.errors(document)] == [message]


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("Deployment", f"{CONTAINER}.imagePullPolicy", None),
        ("Deployment", f"{CONTAINER}.imagePullPolicy", ""),
        ("Deployment", f"{CONTAINER}.resources.limits.cpu", 2),
        ("Deployment", f"{CONTAINER}.resources.limits.cpu", 1.5),
        ("Deployment", f"{CONTAINER}.resources.limits.cpu", "1e3"),
        ("Deployment", f"{CONTAINER}.resources.limits.cpu", ".5"),
        ("Deployment", "spec.strategy", {"type": "Recreate"}),
        ("Deployment", "spec.strategy", {"type": "Recreate", "rollingUpdate": None}),
        ("Deployment", "spec.template.spec.volumes.1.emptyDir.medium", "HugePages-2Mi"),
        ("Deployment", "metadata.creationTimestamp", None),
        ("Secret", "data.k", "aGVs\nbG8=\n"),
        ("Secret", "data.k", ""),
        ("Service", "spec.ports.0.targetPort", ""),
        ("Service", "spec.ports.0.targetPort", 0),
        ("Service", "spec.ports.0.targetPort", 8080),
    ],
)
def test_what_defaults_may_be_empty(kind: str, path: str, value: Any) -> None:
    """False positives decide whether people keep using a validator."""
    document = changed(kind, path, value)
    judge = SCHEMAS.judge(document["apiVersion"], kind)
    assert judge is not None
    assert judge.errors(document) == []


@pytest.mark.parametrize("name", [*ADDED, *REPLACED, *UNIQUE])
def test_every_rule_is_about_a_definition_that_exists(name: str) -> None:
    """Every field as well, in one minor at least: a typing error would make a rule that never speaks."""
    fields: set[str] = set()
    for minor in known_minors():
        try:
            fields |= core(minor).plain(name).get("properties", {}).keys()
        except KeyError:
            continue
    assert ADDED.get(name, {}).get("properties", {}).keys() <= fields
    assert UNIQUE.get(name, {}).keys() <= fields


def test_two_containers_of_one_name() -> None:
    """Also volumes and mounts; two variables of one name are only a warning of the server."""
    document = deepcopy(manifest("Deployment"))
    pod = document["spec"]["template"]["spec"]
    pod["containers"].append(deepcopy(pod["containers"][0]))
    pod["volumes"].append({"name": "shm", "emptyDir": {}})
    pod["containers"][0]["volumeMounts"].append({"name": "shm", "mountPath": "/data"})
    pod["containers"][0]["env"].append({"name": "A", "value": "2"})
    judge = SCHEMAS.judge("apps/v1", "Deployment")
    assert judge is not None
    assert [(error.path[3:], error.message) for error in judge.errors(document)] == [
        (
            ("containers", 0, "volumeMounts", 2),
            'item with `mountPath` "/data" stands already at index 0 of the list',
        ),
        (("containers", 1), 'item with `name` "web" stands already at index 0 of the list'),
        (("volumes", 4), 'item with `name` "shm" stands already at index 1 of the list'),
    ]


def test_two_ports_of_a_service() -> None:
    """They differ by port and protocol, which is TCP where it is not said, and by name."""
    document = deepcopy(manifest("Service"))
    document["spec"]["ports"] = [
        {"name": "a", "port": 80},
        {"name": "b", "port": 80, "protocol": "TCP"},
        {"name": "a", "port": 81},
    ]
    judge = SCHEMAS.judge("v1", "Service")
    assert judge is not None
    assert [error.message for error in judge.errors(document)] == [
        'item with `port` 80, `protocol` "TCP" stands already at index 0 of the list',
        'item with `name` "a" stands already at index 0 of the list',
    ]

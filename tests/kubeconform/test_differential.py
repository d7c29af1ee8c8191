"""Mutated manifests get the verdict that the Python library jsonschema gives them, and always an explanation."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kubeconform.formats import PREDICATES
from kubeconform.schemas import Schema, compile_schema

POD = {
    "metadata": {"labels": {"app": "a"}, "creationTimestamp": None},
    "spec": {
        "terminationGracePeriodSeconds": 30,
        "containers": [
            {
                "name": "main",
                "image": "i",
                "command": ["a", "b"],
                "env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}],
                "ports": [{"containerPort": 80, "name": "http"}],
                "resources": {"limits": {"cpu": 1, "memory": "1Gi"}},
                "readinessProbe": {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 3},
            }
        ],
        "volumes": [{"name": "v", "emptyDir": {"sizeLimit": "1Gi"}}],
        "tolerations": [{"key": "a", "operator": "Exists"}],
    },
}
META = {"name": "x", "labels": {"a": "b"}, "creationTimestamp": "2024-01-01T00:00:00Z"}
MANIFESTS: list[dict[str, Any]] = [
    {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": META,
     "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "a"}}, "template": POD,
              "strategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": "25%"}}}},
    {"apiVersion": "v1", "kind": "Service", "metadata": META,
     "spec": {"ports": [{"port": 80, "targetPort": "http"}], "selector": {"a": "b"}, "type": "ClusterIP"}},
    {"apiVersion": "batch/v1", "kind": "Job", "metadata": META, "spec": {"backoffLimit": 1, "template": POD}},
    {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": META,
     "spec": {"podSelector": {}, "ingress": [{"from": [{"podSelector": {"matchLabels": {"a": "b"}}}], "ports": [{"port": 80}]}]}},
    {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": META,
     "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}},
    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": META, "data": {"a": "b"}},
]  # fmt: skip
SCRAPS = st.sampled_from(
    [
        None,
        True,
        0,
        1,
        -5,
        2.5,
        "",
        "a",
        "5",
        "25%",
        "2024-01-01T00:00:00Z",
        [],
        {},
        ["a"],
        [1],
        {"name": "a"},
        {"a": 1},
    ]
)
ORACLES = {
    4: jsonschema.Draft4Validator,
    7: jsonschema.Draft7Validator,
    2020: jsonschema.Draft202012Validator,
}
DIALECTS = {4: "http://json-schema.org/draft-04/schema#", 7: "http://json-schema.org/draft-07/schema#",
            2020: "https://json-schema.org/draft/2020-12/schema"}  # fmt: skip


def _checker() -> jsonschema.FormatChecker:
    checker = jsonschema.FormatChecker(formats=())
    for name, predicate in PREDICATES.items():
        checker.checks(name)(
            lambda value, predicate=predicate: not isinstance(value, str) or predicate(value)
        )
    return checker


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Return every (container, key) of a value."""
    if isinstance(value, dict):
        own: list[tuple[Any, Any]] = [(value, key) for key in value]
        return own + [place for item in value.values() for place in _places(item)]
    if isinstance(value, list):
        own = [(value, index) for index in range(len(value))]
        return own + [place for item in value for place in _places(item)]
    return []


@st.composite
def mutants(draw: st.DrawFn) -> dict[str, Any]:
    """Return a manifest with one to three things changed, removed or added."""
    manifest: dict[str, Any] = copy.deepcopy(draw(st.sampled_from(MANIFESTS)))
    for _change in range(draw(st.integers(1, 3))):
        holder, key = draw(st.sampled_from(_places(manifest)))
        action = draw(st.sampled_from(["replace", "replace", "remove", "add"]))
        if action == "replace" and key not in {"kind", "apiVersion"}:
            holder[key] = copy.deepcopy(draw(SCRAPS))
        elif action == "remove" and key not in {"kind", "apiVersion"}:
            del holder[key]
        elif isinstance(holder, dict):
            holder[draw(st.sampled_from(["replicsa", "name", "spec", "labels"]))] = copy.deepcopy(
                draw(SCRAPS)
            )
    return manifest


@pytest.fixture(scope="module")
def judges(core: str) -> dict[tuple[int, str], tuple[Schema, Any]]:
    """Compile the schema of every manifest in three drafts, for both libraries."""
    made = {}
    for manifest in MANIFESTS:
        kind, version = manifest["kind"], manifest["apiVersion"].split("/")
        suffix = "-".join(part.split(".")[0] for part in version)
        path = Path(core).parent / f"{kind.lower()}-{suffix}.json"
        for draft, dialect in DIALECTS.items():
            schema = {**json.loads(path.read_bytes()), "$schema": dialect}
            checker = _checker() if draft <= 7 else None
            oracle = ORACLES[draft](schema, format_checker=checker)
            made[draft, kind] = compile_schema("http://it/s.json", schema, _nowhere), oracle
    return made


def _nowhere(url: str) -> Any:
    raise ValueError(url)


@pytest.mark.parametrize("draft", sorted(DIALECTS))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(manifest=mutants())
def test_mutated_manifests_get_the_same_verdict(
    judges: dict[tuple[int, str], tuple[Schema, Any]], draft: int, manifest: dict[str, Any]
) -> None:
    """And the explanation exists exactly where the verdict is no."""
    schema, oracle = judges[draft, manifest["kind"]]
    valid = oracle.is_valid(manifest)
    assert schema.validator.is_valid(manifest) == valid
    assert (schema.explainer().problems(manifest) == ()) == valid


def test_the_manifests_themselves_are_valid(judges: dict[tuple[int, str], tuple[Schema, Any]]) -> None:
    """Or their mutants would prove little."""
    for manifest in MANIFESTS:
        assert judges[7, manifest["kind"]][0].problems(manifest) == ()
